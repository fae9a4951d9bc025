//! Mail that a stack has sent: all of it a line a message, one message to be read, and both as JSON.

use comfy_table::{Table, presets};
use jiff::Timestamp;
use serde::Serialize;

use super::paint::clean;
use crate::model::mail::{Attachment, Mail};
use crate::model::quantity::size;

/// Characters of a cell of the list.
const MAX_CELL: usize = 60;

/// All messages, one a line; ends with a line break.
pub fn mails(mails: &[Mail]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["ID", "TIME", "SERVICE", "FROM", "TO", "SUBJECT"]);
    for mail in mails {
        table.add_row([
            mail.id.to_string(),
            second(mail.time),
            cell(&mail.service),
            cell(sender(mail)),
            cell(&recipients(mail)),
            cell(&mail.subject),
        ]);
    }
    format!("{}\n", table.trim_fmt())
}

/// One message: its envelope, its headers and its text; ends with a line break.
pub fn mail(mail: &Mail) -> String {
    let mut lines = vec![
        format!(
            "mail {} of {}, caught at {}, {}",
            mail.id,
            clean(&mail.service),
            second(mail.time),
            size(mail.size_bytes)
        ),
        format!("from {} to {}", clean(sender(mail)), clean(&mail.to.join(", "))),
        String::new(),
    ];
    lines.extend(mail.headers.iter().map(|(name, value)| format!("{}: {}", clean(name), clean(value))));
    lines.push(String::new());
    lines.extend(mail.text.trim_end().lines().map(|line| clean(&line.replace('\t', "    ")).into_owned()));
    let attachment = |it: &Attachment| {
        let name = if it.name.is_empty() { String::new() } else { format!(" {}", clean(&it.name)) };
        format!("with{name}: {}, {}", clean(&it.media_type), size(it.size_bytes))
    };
    for part in [links(mail), mail.attachments.iter().map(attachment).collect()] {
        lines.extend((!part.is_empty()).then(String::new));
        lines.extend(part);
    }
    if mail.is_truncated {
        lines.push(String::new());
        lines.push("it was longer than 10 MiB: this is its beginning".to_owned());
    }
    lines.iter().flat_map(|line| [line.trim_end(), "\n"]).collect()
}

/// Links that the text does not hold itself.
fn links(mail: &Mail) -> Vec<String> {
    let links = mail.links.iter().filter(|link| !mail.text.contains(link.as_str()));
    links.map(|link| format!("link: {}", clean(link))).collect()
}

/// All messages as a value of JSON, an object each, without headers and text.
pub fn mails_value(mails: &[Mail]) -> serde_json::Value {
    serde_json::to_value(mails.iter().map(listed).collect::<Vec<_>>()).unwrap_or_default()
}

/// One message as a value of JSON.
pub fn mail_value(mail: &Mail) -> serde_json::Value {
    let headers = mail.headers.iter().map(|(name, value)| Header { name, value });
    let read =
        Read { listed: listed(mail), headers: headers.collect(), text: &mail.text, links: &mail.links };
    serde_json::to_value(read).unwrap_or_default()
}

/// Keys are only ever added; times are RFC 3339 in UTC.
#[derive(Serialize)]
struct Listed<'a> {
    id: u64,
    time: Timestamp,
    /// The service that sent it; its address if it is none's.
    service: &'a str,
    /// Of the envelope; empty for a message about a message.
    from: &'a str,
    /// Of the envelope.
    to: &'a [String],
    subject: &'a str,
    size_bytes: u64,
    /// Whether it was longer than what was kept of it.
    is_truncated: bool,
    attachments: Vec<Attached<'a>>,
}

#[derive(Serialize)]
struct Attached<'a> {
    name: &'a str,
    media_type: &'a str,
    size_bytes: u64,
}

#[derive(Serialize)]
struct Read<'a> {
    #[serde(flatten)]
    listed: Listed<'a>,
    headers: Vec<Header<'a>>,
    text: &'a str,
    /// Where the links of its HTML lead.
    links: &'a [String],
}

#[derive(Serialize)]
struct Header<'a> {
    name: &'a str,
    value: &'a str,
}

fn listed(mail: &Mail) -> Listed<'_> {
    Listed {
        id: mail.id,
        time: mail.time,
        service: &mail.service,
        from: &mail.from,
        to: &mail.to,
        subject: &mail.subject,
        size_bytes: mail.size_bytes,
        is_truncated: mail.is_truncated,
        attachments: mail.attachments.iter().map(attached).collect(),
    }
}

fn attached(of: &Attachment) -> Attached<'_> {
    Attached { name: &of.name, media_type: &of.media_type, size_bytes: of.size_bytes }
}

/// A message about a message has no sender, so that nobody answers it.
fn sender(mail: &Mail) -> &str {
    if mail.from.is_empty() { "<>" } else { &mail.from }
}

fn recipients(mail: &Mail) -> String {
    match mail.to.split_first() {
        Some((first, [])) => first.clone(),
        Some((first, others)) => format!("{first} and {} more", others.len()),
        None => String::new(),
    }
}

fn second(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn cell(text: &str) -> String {
    let text = clean(text);
    if text.chars().count() <= MAX_CELL {
        return text.into_owned();
    }
    text.chars().take(MAX_CELL - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Mail {
        Mail {
            id: 2,
            time: Timestamp::from_second(1_767_225_600).unwrap(),
            service: "web".into(),
            from: "shop@example.com".into(),
            to: vec!["ada@example.com".into(), "bob@example.com".into()],
            subject: "Your order\u{1b}[2J".into(),
            headers: vec![("Subject".into(), "Your order\u{1b}[2J".into())],
            text: "Dear Ada,\n\n\tit is here.\n".into(),
            links: vec!["https://shop.example/orders/7".into()],
            attachments: vec![Attachment {
                name: "bill.pdf".into(),
                media_type: "application/pdf".into(),
                size_bytes: 2048,
            }],
            size_bytes: 4096,
            is_truncated: true,
        }
    }

    #[test]
    fn messages_are_listed_a_line_each() {
        let mut about = Mail { id: 3, from: String::new(), to: vec!["a@b.example".into()], ..sample() };
        about.subject = "x".repeat(100);
        insta::assert_snapshot!("mails", mails(&[sample(), about]));
    }

    #[test]
    fn a_message_is_read_and_moves_no_cursor() {
        insta::assert_snapshot!("mail", mail(&sample()));
    }

    #[test]
    fn a_message_is_told_to_machines() {
        let value = mail_value(&sample());
        assert_eq!(value["id"], 2);
        assert_eq!(value["time"], "2026-01-01T00:00:00Z");
        assert_eq!(value["to"][1], "bob@example.com");
        assert_eq!(value["headers"][0]["name"], "Subject");
        assert_eq!(value["attachments"][0]["media_type"], "application/pdf");
        let listed = &mails_value(&[sample()])[0];
        assert_eq!((&listed["service"], listed.get("text")), (&"web".into(), None));
    }
}
