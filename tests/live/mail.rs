//! The mail of a stack is caught, whatever name it is sent to, and told; it is gone with the stack.

use serde_json::Value;

use super::bad_input::{copy, replace};
use super::engine::{assert_same, listing, output_of};
use super::stage::{Stage, repository};

/// What a report says of mail: `service count domains subject`.
fn kinds(report: &Value) -> Vec<String> {
    let kinds = report["mail"]["kinds"].as_array().unwrap_or_else(|| panic!("no mail: {report:#}"));
    let of = |kind: &Value| {
        let domains: Vec<&str> =
            kind["domains"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let text = |key: &str| kind[key].as_str().unwrap().to_owned();
        format!("{} {} {} {}", text("service"), kind["count"], domains.join(","), text("subject"))
    };
    kinds.iter().map(of).collect()
}

const OF_SHOP: [&str; 2] =
    ["shop 1 customers.example Reset", "shop 1 customers.example,outside.example Twoja płatność"];
const OF_TESTS: [&str; 2] = ["tests 1 customers.example long", "tests 1 customers.example short"];

#[test]
fn mail_that_a_stack_sends_is_caught_told_and_gone_with_it() {
    let stage = Stage::of_the_tests();
    let before = listing();
    let up = stage.run(&["up", "post", "--name", "letters"]).exits(0);
    assert!(up.stderr.contains("2 messages caught, none has left the stack"), "{}", up.stderr);

    let list = stage.run(&["mail", "letters"]).exits(0).stdout;
    assert!(list.contains("ada@customers.example and 1 more") && list.contains("Twoja płatność"), "{list}");
    let list = stage.run(&["mail", "letters", "--json"]).exits(0).json();
    assert_eq!((list[0]["service"].as_str(), list[1]["subject"].as_str()), (Some("shop"), Some("Reset")));
    assert_eq!(list[0]["to"][1], "archive@outside.example", "a blind copy is in the envelope: {list:#}");
    assert_eq!(list[0]["attachments"][0]["name"], "bill.pdf");

    let shown = stage.run(&["mail", "letters", "1"]).exits(0).stdout;
    assert!(shown.contains("From: Café <shop@outside.example>"), "{shown}");
    assert!(shown.contains("Razem: 12 € ąę\n.a line that begins with a dot\n"), "{shown}");
    assert!(shown.contains("with bill.pdf: application/pdf, 4 B"), "{shown}");
    let page = stage.run(&["mail", "letters", "2", "--json"]).exits(0).json();
    let text = page["text"].as_str().unwrap();
    assert!(text.contains("Dear Bob") && !text.contains("<p>"), "{text}");
    assert_eq!(page["links"][0], "https://shop.example/reset?id=7&to=bob");
    let raw = stage.run(&["mail", "letters", "2", "--raw"]).exits(0).stdout;
    assert!(raw.starts_with("Subject: Reset\r\n") && raw.contains("<p>Dear <b>Bob</b>,</p>"), "{raw}");

    let tested = stage.run(&["test", "letters", "--json"]).exits(0).json();
    assert_eq!(kinds(&tested), OF_TESTS, "only what the suite sent");
    let refused = &tested["egress"].as_array().unwrap()[0];
    assert_eq!(
        (refused["service"].as_str(), refused["host"].as_str()),
        (Some("tests"), Some("mx.outside.example"))
    );
    let long = stage.run(&["mail", "letters", "4", "--json"]).exits(0).json();
    assert_eq!((long["is_truncated"].as_bool(), long["size_bytes"].as_u64()), (Some(true), Some(10 << 20)));
    assert_eq!(long["service"], "tests", "its container is gone by now");
    let shown = stage.run(&["show", "letters"]).exits(0).stdout;
    assert!(shown.contains("its mail is caught: `stage mail letters` shows it"), "{shown}");

    let sink = super::engine::container("stage-post-", ".mail");
    let told = output_of("docker", &["logs", &sink]);
    for secret in ["mail-secret", "bWFpbC1zZWNyZXQ", "AHJvYm90AG1haWwtc2VjcmV0"] {
        assert!(!told.contains(secret), "a password reached the log");
    }
    // It stands as long as its stack, and after a stop as well.
    let containers = output_of("docker", &["ps", "--quiet", "--filter", "name=stage-post-"]);
    let containers: Vec<&str> = containers.lines().collect();
    output_of("docker", &[&["stop", "--time", "2"][..], &containers].concat());
    stage.run(&["up", "post", "--name", "letters"]).exits(0);
    let list = stage.run(&["mail", "letters", "--json"]).exits(0).json();
    assert_eq!(list.as_array().unwrap().len(), 6, "the former ones, and those of the second start: {list:#}");

    let unknown = stage.run(&["mail", "letters", "7"]).exits(2).stderr;
    assert!(unknown.contains("letters has no mail 7") && unknown.contains("there are 1 to 6"), "{unknown}");
    stage.run(&["down", "letters"]).exits(0);
    let gone = stage.run(&["mail", "letters"]).exits(2).stderr;
    assert!(gone.contains("no stack `letters` stands"), "{gone}");
    assert_same(&before, &listing(), "taken down");
}

#[test]
fn a_check_tells_what_mail_was_sent_in_every_form() {
    let stage = Stage::of_the_tests();
    let comment = stage.state.path().join("comment.md");
    let markdown = comment.to_string_lossy();
    let report = stage.run(&["check", "post", "--json", "--markdown", &markdown]).exits(0).json();
    let mut told = kinds(&report);
    told.sort();
    assert_eq!(told, [OF_SHOP, OF_TESTS].concat());
    assert_eq!((&report["mail"]["messages"], &report["mail"]["tls"]["shop"]), (&4.into(), &1.into()));
    let comment = std::fs::read_to_string(&comment).unwrap();
    assert!(comment.contains("**Mail** 4 messages caught, none has left the stack"), "{comment}");
    assert!(comment.contains("- `shop` sent 1 message to customers.example: Reset"), "{comment}");

    stage.run(&["up", "tiny", "--name", "silent"]).exits(0);
    let refused = stage.run(&["mail", "silent"]).exits(2).stderr;
    assert!(
        refused.contains("nothing catches the mail of silent") && refused.contains("`mail: sink`"),
        "{refused}"
    );
    stage.run(&["down", "silent"]).exits(0);
}

#[test]
fn names_lead_to_the_sink_where_everything_may_be_reached_as_well() {
    let environments = tempfile::tempdir().unwrap();
    for folder in ["small", "post"] {
        copy(&repository("tests/environments").join(folder), &environments.path().join(folder));
    }
    replace(&environments.path().join("post/stage.yaml"), "name: post", "name: post\negress: allow");
    let stage = Stage::with(environments.path().to_owned());
    let report = stage.run(&["check", "post", "--json"]).exits(0).json();
    assert!(report["egress"].is_null(), "nothing is denied: {report:#}");
    let mut told = kinds(&report);
    told.sort();
    assert_eq!(told, [OF_SHOP, OF_TESTS].concat());
}
