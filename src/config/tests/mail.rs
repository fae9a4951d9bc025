//! Whether mail is caught, and by which names.

use super::{check_problems, environment};

const COMPOSE: &str = "services:
  db: {image: 'postgres:15'}
  web:
    image: shop
    environment:
      SMTP_HOST: smtp.prod.example.com
      MAILER_DSN: 'smtp://robot:secret@mx.example.com:587'
      BACKUP_SMTP_SERVER: post
      MAIL_SERVER: sandbox.example.com
  post: {image: mailpit}
";

fn names(stage: &str, compose: &str) -> Option<Vec<String>> {
    environment(&[("stage.yaml", stage), ("compose.yaml", compose)]).mail.map(|sink| sink.names)
}

#[test]
fn mail_is_caught_under_every_name_that_a_service_sends_it_to() {
    let found = ["mail", "mx.example.com", "sandbox.example.com", "smtp.prod.example.com"];
    assert_eq!(names("name: shop\nmail: sink\n", COMPOSE).unwrap(), found);
    let listed =
        names("name: shop\nmail: {sink: true, hosts: [Relay.example.com, mx.example.com]}\n", COMPOSE);
    let more =
        ["mail", "mx.example.com", "relay.example.com", "sandbox.example.com", "smtp.prod.example.com"];
    assert_eq!(listed.unwrap(), more);
    let allowed = "name: shop\nmail: sink\negress: {allow: [sandbox.example.com]}\n";
    assert_eq!(names(allowed, COMPOSE).unwrap(), ["mail", "mx.example.com", "smtp.prod.example.com"]);
    let own = "services: {mail: {image: mailpit}, web: {image: shop, environment: {SMTP_HOST: mail}}}";
    assert_eq!(names("name: shop\nmail: sink\n", own).unwrap(), Vec::<String>::new());
}

#[test]
fn nothing_is_caught_unless_somebody_says_so() {
    let compose = "services: {web: {image: shop, environment: {SMTP_HOST: mx.example.com}}}";
    assert_eq!(names("name: shop\n", compose), None);
    assert_eq!(names("name: shop\nmail: {sink: false, hosts: [a.example]}\n", compose), None);
}

#[test]
fn a_mail_server_of_production_is_refused_where_its_mail_is_not_caught() {
    let live = "compose.yaml:6:7: `SMTP_HOST` of service `web` names a host of production (*.prod.*) | a copy of production \
        must not reach it: name a service of the Compose file instead | if it can do no harm, `credentials: {allow: [{name: \
        SMTP_HOST, service: web, because: \"…\"}]}` in stage.yaml lets it through";
    check_problems(&[("stage.yaml", "name: shop\n"), ("compose.yaml", COMPOSE)], &[live]);
}

#[test]
fn what_is_no_sink_is_told_with_its_place() {
    let check = |stage: &str, expected: &[&str]| {
        let compose = ("compose.yaml", "services: {web: {image: shop}}");
        check_problems(&[("stage.yaml", stage), compose], expected);
    };
    let expected = "expected `sink`, or a map with `sink: true` and `hosts`";
    let without = "without `mail:` nothing catches what a stack sends";
    check(
        "name: s\nmail: sikn\n",
        &[&format!("stage.yaml:2:7: {expected}, found `sikn` | did you mean `sink`?")],
    );
    check("name: s\nmail: off\n", &[&format!("stage.yaml:2:7: {expected}, found `off` | {without}")]);
    check("name: s\nmail: [sink]\n", &[&format!("stage.yaml:2:7: {expected}, found a list | {without}")]);
    check(
        "name: s\nmail: {sink: yes, host: [a]}\n",
        &[
            "stage.yaml:2:14: expected `true` or `false`, found `yes`",
            "stage.yaml:2:19: unknown key `host` | did you mean `hosts`?",
        ],
    );
    check("name: s\nmail: {hosts: [a]}\n", &["stage.yaml:2:7: `mail` has no `sink`"]);
    let no_host = "is not the name of a host, without a port | an address cannot be caught, and names stand for themselves, without `*`";
    check(
        "name: s\negress: {allow: [b.example]}\nmail: {sink: true, hosts: [10.1.2.3, 'a:25', web, b.example]}\n",
        &[
            &format!("stage.yaml:3:28: `10.1.2.3` {no_host}"),
            &format!("stage.yaml:3:38: `a:25` {no_host}"),
            "stage.yaml:3:46: `web` is a service of the Compose file | what is sent to it stays in the stack: it needs no sink",
            "stage.yaml:3:51: `b.example` is caught here, and `egress:` allows to reach it | one of the two has to go",
        ],
    );
}
