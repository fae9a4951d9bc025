//! A message read: its headers and its text, decoded.

use mail_parser::{HeaderValue, Message, MessageParser, MessagePart, MimeHeaders};

use crate::model::mail::{Attachment, Caught, Mail};

/// Reads a message, the `id`-th that was caught, of a service. Whatever was sent is readable: what is no message at all is
/// all text.
pub fn read(id: u64, service: &str, caught: &Caught) -> Mail {
    let parser = MessageParser::new().with_mime_headers().default_header_text();
    let message = parser.parse(&caught.raw);
    let mail = Mail {
        id,
        time: caught.time,
        service: service.to_owned(),
        from: caught.from.clone(),
        to: caught.to.clone(),
        subject: String::new(),
        headers: Vec::new(),
        text: String::new(),
        links: Vec::new(),
        attachments: Vec::new(),
        size_bytes: caught.raw.len() as u64,
        is_truncated: caught.is_truncated,
    };
    let Some(message) = message else {
        return Mail { text: String::from_utf8_lossy(&caught.raw).into_owned(), ..mail };
    };
    let headers = headers(&message);
    let subject = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("subject"));
    Mail {
        subject: subject.map(|(_, value)| value.clone()).unwrap_or_default(),
        text: text(&message),
        links: links(&message),
        attachments: message.attachments().map(attachment).collect(),
        headers,
        ..mail
    }
}

fn headers(message: &Message<'_>) -> Vec<(String, String)> {
    let raw = |from: u32, to: u32| {
        let range = usize::try_from(from).unwrap_or(0)..usize::try_from(to).unwrap_or(0);
        String::from_utf8_lossy(message.raw_message.get(range).unwrap_or_default()).into_owned()
    };
    let value = |header: &mail_parser::Header<'_>| match &header.value {
        HeaderValue::Text(text) => text.to_string(),
        HeaderValue::TextList(texts) => texts.join(", "),
        // Those that say how a message is put together are read as they stand.
        _ => raw(header.offset_start, header.offset_end),
    };
    let headers = message.headers().iter();
    headers.map(|header| (header.name().to_owned(), one_line(&value(header)))).collect()
}

/// A header may be folded over several lines.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// All parts that are text, HTML as text where a part is nothing else.
fn text(message: &Message<'_>) -> String {
    let bodies = 0..message.text_body_count();
    let texts = bodies.filter_map(|at| message.body_text(at).map(std::borrow::Cow::into_owned));
    texts.map(|text| text.replace("\r\n", "\n")).collect::<Vec<_>>().join("\n")
}

/// What `href` says in parts that are HTML: a text made of them has no place for it.
fn links(message: &Message<'_>) -> Vec<String> {
    let mut links = Vec::new();
    for html in
        message.html_bodies().filter(|part| part.is_text_html()).filter_map(MessagePart::text_contents)
    {
        for (at, _) in html.match_indices('=') {
            let (before, after) = (html[..at].trim_end(), html[at + 1..].trim_start());
            let is_href = before.len() >= 4
                && before.get(before.len() - 4..).is_some_and(|it| it.eq_ignore_ascii_case("href"));
            let Some(quote) = after.chars().next().filter(|c| is_href && ['"', '\''].contains(c)) else {
                continue;
            };
            let Some(link) = after[1..].split(quote).next() else { continue };
            let link = link.trim().replace("&amp;", "&");
            if link.starts_with("http") && !links.contains(&link) {
                links.push(link);
            }
        }
    }
    links
}

fn attachment(part: &MessagePart<'_>) -> Attachment {
    let media_type = part.content_type().map(|of| {
        let kind = of.subtype().map(|subtype| format!("/{subtype}")).unwrap_or_default();
        format!("{}{kind}", of.ctype())
    });
    Attachment {
        name: part.attachment_name().unwrap_or_default().to_owned(),
        media_type: media_type.unwrap_or_else(|| "application/octet-stream".to_owned()),
        size_bytes: part.contents().len() as u64,
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use jiff::Timestamp;
    use proptest::prelude::{prop_assert_eq, proptest};

    use super::*;

    fn caught(raw: &str) -> Caught {
        Caught {
            time: Timestamp::UNIX_EPOCH,
            peer: Ipv4Addr::LOCALHOST,
            from: "shop@example.com".into(),
            to: vec!["ada@example.com".into()],
            is_truncated: false,
            raw: raw.replace('\n', "\r\n").into_bytes(),
        }
    }

    fn mail(raw: &str) -> Mail {
        read(1, "web", &caught(raw))
    }

    #[test]
    fn headers_and_text_are_decoded() {
        let mail = mail(
            "From: =?utf-8?q?Caf=C3=A9?= <shop@example.com>\nTo: Ada <ada@example.com>\nSubject: =?utf-8?b?WmHFvMOzxYLEhw==?= is\n =?utf-8?q?_paid?=\n\
             Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nTotal:=\n 12=E2=82=AC\n",
        );
        assert_eq!(mail.subject, "Zażółć is paid");
        assert_eq!(mail.headers[0], ("From".to_owned(), "Café <shop@example.com>".to_owned()));
        assert_eq!(mail.headers[3].1, "text/plain; charset=utf-8");
        assert_eq!(mail.text, "Total: 12€\n");
    }

    #[test]
    fn a_message_of_several_parts_is_read_by_its_text_and_tells_what_comes_with_it() {
        let mail = mail(
            "Subject: two\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n\
             --b\nContent-Type: multipart/alternative; boundary=c\n\n\
             --c\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n\
             --c\nContent-Type: text/html\n\n<p>other</p>\n--c--\n\
             --b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=bill.pdf\n\
             Content-Transfer-Encoding: base64\n\nJVBERg==\n--b--\n",
        );
        assert_eq!(mail.text, "hello");
        let bill =
            Attachment { name: "bill.pdf".into(), media_type: "application/pdf".into(), size_bytes: 4 };
        assert_eq!(mail.attachments, [bill]);
    }

    #[test]
    fn a_message_of_html_alone_is_read_as_text() {
        let mail = mail(
            "Subject: x\nContent-Type: text/html\n\n<p>Dear <b>Ada</b>,</p><p>it is &lt;<a HREF = 'https://shop.example/r?a=1&amp;b=2'>here</a>&gt;.\
             </p><a href=\"#top\">up</a> <a href=\"https://shop.example/r?a=1&amp;b=2\">again</a>\n",
        );
        assert_eq!(
            mail.text.split_whitespace().collect::<Vec<_>>().join(" "),
            "Dear Ada, it is <here>. up again"
        );
        assert_eq!(mail.links, ["https://shop.example/r?a=1&b=2"]);
        assert!(mail.attachments.is_empty());
    }

    #[test]
    fn what_is_no_message_is_read_all_the_same() {
        for raw in ["", "\n", "no header at all\n", "Subject\n\nx", "\u{0}\u{1}"] {
            let mail = mail(raw);
            assert_eq!(mail.subject, "", "{raw:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_was_sent_can_be_read(body in "(?s)(.|=|<a href=|[\"'<>&;=\r\n -]|--b\r\n){0,200}", html: bool, bytes: Vec<u8>) {
            let kind = if html { "text/html; charset=utf-8" } else { "multipart/mixed; boundary=b" };
            let mut raw = format!("Subject: =?utf-8?q?{body}?=\r\nContent-Type: {kind}\r\n\r\n{body}").into_bytes();
            raw.extend(&bytes);
            for raw in [raw, bytes] {
                let size = raw.len() as u64;
                let caught = Caught { raw, ..caught("") };
                prop_assert_eq!(read(1, "web", &caught).size_bytes, size);
            }
        }
    }
}
