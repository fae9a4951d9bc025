//! The mail of a stack: caught as long as it stands, told by reports, and gone with it.

use std::net::Ipv4Addr;

use super::stacks::{down, name_of, on, up, up_of};
use super::story::{assert_clean, check_of, events, left, seeded, settings, shop, sweep};
use crate::model::call::Call;
use crate::model::environment::Environment;
use crate::model::error::{ErrorKind, Result};
use crate::model::mail::{MailSink, MailSummary};
use crate::model::report::{Report, Verdict};
use crate::model::stack::StackView;
use crate::run;
use crate::world::Stop;
use crate::world::memory::{MemoryWorld, Moment};

fn posting() -> Environment {
    Environment { mail: Some(MailSink { names: vec!["mail".into()] }), ..shop() }
}

async fn check(world: &MemoryWorld) -> Result<Report> {
    check_of(&posting(), world, Stop::new().1, events()).await
}

/// What a sink tells of a message without a text.
fn line(peer: Ipv4Addr, to: &str) -> String {
    // `Subject: Hi` and a line break.
    format!(
        r#"{{"peer":"{peer}","from":"shop@a.example","to":["{to}"],"parts":1,"part":1,"raw":"U3ViamVjdDogSGkNCg=="}}"#
    )
}

fn address(view: &StackView, service: &str) -> Ipv4Addr {
    view.containers.iter().find(|container| container.service == service).unwrap().address.unwrap()
}

fn told(summary: &MailSummary) -> Vec<String> {
    let of = |it: &crate::model::mail::MailKind| {
        let domains: Vec<&str> = it.domains.iter().map(String::as_str).collect();
        format!("{} {} {} {}", it.service, it.count, domains.join(","), it.subject)
    };
    summary.kinds.iter().map(of).collect()
}

#[tokio::test]
async fn the_report_tells_who_sent_what_to_whom() {
    // Two worlds alike choose the same addresses.
    let world = seeded().await;
    check(&world).await.unwrap();
    let done = world.done();
    let network = done.iter().rfind(|line| line.starts_with("create network stage-shop-")).unwrap();
    let first: Ipv4Addr = network.rsplit([' ', '/']).nth(1).unwrap().parse().unwrap();
    // The engine has the first address; the database, the job and then the web service follow.
    let web = Ipv4Addr::from(u32::from(first) + 4);
    let tls = format!(r#"{{"peer":"{web}","tls":true}}"#);
    let lines = [line(web, "ada@x.example"), line(web, "bob@X.example"), tls].join("\n");
    let report = check(&seeded().await.sink_tells(&lines)).await.unwrap();
    let mail = report.mail.unwrap();
    assert_eq!(told(&mail), ["web 2 x.example Hi"]);
    assert_eq!(mail.tls["web"], 1);
    assert_eq!(report.verdict, Verdict::Passed);
    assert_clean(&world, "after a check");
}

#[tokio::test]
async fn without_a_sink_nothing_is_asked_and_nothing_is_told() {
    let world = seeded().await;
    let (with, without) = (posting(), shop());
    let mut calls = Vec::new();
    for environment in [&without, &with] {
        let before = world.calls();
        let report = check_of(environment, &world, Stop::new().1, events()).await.unwrap();
        assert_eq!(report.mail.is_some(), environment.mail.is_some());
        calls.push(world.calls() - before);
    }
    // Made, started, awaited, looked at, read, removed.
    assert_eq!(calls[1] - calls[0], 6);
}

#[tokio::test]
async fn a_stack_that_stands_keeps_its_mail_and_its_suite_is_told_what_it_sent_itself() {
    let world = seeded().await;
    let Ok(view) = up_of(&posting(), &world, "pr-1").await else { panic!("it fell") };
    let web = address(&view, "web");
    let stranger = Ipv4Addr::new(10, 213, 255, 254);
    let world = world.sink_tells(&[line(web, "ada@x.example"), line(stranger, "bob@y.example")].join("\n"));
    let name = name_of("pr-1");
    let mails = run::list_mail(&world.world(), &name).await.unwrap();
    let listed: Vec<_> = mails.iter().map(|it| (it.id, it.service.as_str(), it.subject.as_str())).collect();
    assert_eq!(listed, [(1, "web", "Hi"), (2, "10.213.255.254", "Hi")]);
    let (mail, raw) = run::one_mail(&world.world(), &name, 2).await.unwrap();
    assert_eq!((mail.to[0].as_str(), raw.as_slice()), ("bob@y.example", &b"Subject: Hi\r\n"[..]));
    for (id, hint) in [(0, "there are 1 to 2"), (3, "there are 1 to 2")] {
        let error = run::one_mail(&world.world(), &name, id).await.unwrap_err();
        assert_eq!(
            (error.kind, error.message.as_str()),
            (ErrorKind::Usage, format!("pr-1 has no mail {id}").as_str())
        );
        assert!(error.hints[0].starts_with(hint), "{:?}", error.hints);
    }
    let settings = settings("here");
    let report = run::test(world.world(), on(&name, &settings), &posting()).await.unwrap();
    assert_eq!(report.mail, Some(MailSummary::default()), "all of it was sent before");
    let killed = Call::StopContainer { name: view.stack.sink.clone().unwrap(), timeout_s: 1 };
    world.world().engine.perform(&killed).await.unwrap();
    let report = run::test(world.world(), on(&name, &settings), &posting()).await.unwrap();
    assert!(report.mail.unwrap().sink_ended.is_some(), "what was sent after that is missing");
    down(&world, "pr-1").await.unwrap().unwrap();
    assert_eq!(run::list_mail(&world.world(), &name).await.unwrap_err().message, "no stack `pr-1` stands");
    assert_clean(&world, "down");
}

#[tokio::test]
async fn a_stack_whose_mail_nothing_catches_says_how_to_catch_it() {
    let world = seeded().await;
    up(&world, "pr-1").await.unwrap();
    let error = run::list_mail(&world.world(), &name_of("pr-1")).await.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Usage, "nothing catches the mail of pr-1"));
    assert!(error.hints[0].contains("`mail: sink` in stage.yaml of `shop`"), "{:?}", error.hints);
    // Whoever asks for a sink later must not believe that there is one.
    let Err(error) = up_of(&posting(), &world, "pr-1").await else { panic!("it stands without a sink") };
    assert_eq!(error.message, "pr-1 stands without what catches its mail");
}

#[tokio::test]
async fn a_sink_that_does_not_come_up_ends_the_run_before_anything_could_send() {
    let world = seeded().await.sink_exits(2);
    let earlier = world.started().len();
    let error = check(&world).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable);
    assert!(error.message.ends_with(".mail exited with 2"), "{}", error.message);
    let started = world.started();
    assert!(!started[earlier..].iter().any(|name| name.ends_with("-web")), "{started:?}");
    assert_clean(&world, "a sink that fell");
}

#[tokio::test]
async fn every_call_may_fail_or_be_the_last_and_no_sink_stays() {
    let reference = seeded().await;
    let first = reference.calls();
    check(&reference).await.unwrap();
    for number in first + 1..=reference.calls() {
        for world in [
            seeded().await.fail_call(number),
            seeded().await.fail_after(number),
            seeded().await.crash_at(number, Moment::Before),
            seeded().await.crash_at(number, Moment::After),
        ] {
            let result = check(&world).await;
            world.revive();
            if result.is_ok() && left(&result).is_none() {
                continue;
            }
            assert_eq!(sweep(&world).await.left, Vec::<String>::new(), "call {number}");
            assert_clean(&world, &format!("call {number}"));
        }
    }
}
