//! What somebody sees and does in a stack that stands: its output, commands in it, psql.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use futures_util::StreamExt;
use tokio::io::AsyncWrite;

use super::stacks::{down, on, up};
use super::story::{assert_clean, seeded, settings, shop};
use crate::model::call::Undo;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::log::LogWindow;
use crate::model::stack::StackName;
use crate::run::{self, ExecOrder, LogsOrder, PsqlOrder, Streams};
use crate::world::memory::{MemoryWorld, ScriptedCommand};
use crate::world::{Stop, StopSwitch};

fn name() -> StackName {
    "pr-1".parse().unwrap()
}

async fn standing(world: MemoryWorld) -> MemoryWorld {
    up(&world, "pr-1").await.unwrap();
    world
}

async fn lines(world: &MemoryWorld, services: &[&str], window: LogWindow) -> Result<Vec<String>> {
    let (name, services) = (name(), services.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
    let order = LogsOrder { name: &name, services: &services, window };
    let logs = run::logs(&world.world(), order).await?;
    let told = logs.lines.map(|line| {
        let line = line.unwrap();
        format!("{}: {}", line.service, String::from_utf8(line.line.bytes).unwrap())
    });
    Ok(told.take(9).collect().await)
}

#[tokio::test]
async fn lines_of_several_services_come_in_order_of_time() {
    let world = standing(seeded().await.service_says("db", "d0\nd1\nd2").service_says("web", "w0\nw1")).await;
    let all = lines(&world, &[], LogWindow::default()).await.unwrap();
    assert_eq!(all, ["db: d0", "web: w0", "db: d1", "web: w1", "db: d2"]);
    let last = LogWindow { tail: Some(1), ..LogWindow::default() };
    assert_eq!(lines(&world, &["web", "db"], last).await.unwrap(), ["web: w1", "db: d2"]);
}

#[tokio::test]
async fn following_tells_each_line_once_and_ends_when_no_service_runs() {
    let world = seeded().await.service_exits("worker", 0).service_says("worker", "w0\nw1");
    let world = standing(world).await;
    let follow = LogWindow { follow: true, ..LogWindow::default() };
    // The job of the shop has ended too.
    assert_eq!(lines(&world, &["worker", "warmup"], follow).await.unwrap(), ["worker: w0", "worker: w1"]);
    let (db, name) = (["db".to_owned()], name());
    let order = LogsOrder { name: &name, services: &db, window: follow };
    let mut logs = run::logs(&world.world(), order).await.unwrap();
    assert!(futures_util::poll!(logs.lines.next()).is_pending(), "a server that runs may say more");
}

/// What a command wrote, shared with the test.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl AsyncWrite for Written {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// The user's side of a command.
struct User {
    stdout: Written,
    stderr: Written,
    signals: StopSwitch,
}

fn user(stdin: &'static [u8]) -> (User, Streams<'static>) {
    let (signals, stop) = Stop::new();
    let (stdout, stderr) = (Written::default(), Written::default());
    let streams = Streams {
        stdin: Box::new(stdin),
        stdout: Box::new(stdout.clone()),
        stderr: Box::new(stderr.clone()),
        sizes: futures_util::stream::pending().boxed(),
        stop,
        kill: Stop::new().1,
    };
    (User { stdout, stderr, signals }, streams)
}

fn order<'a>(name: &'a StackName, service: &'a str) -> ExecOrder<'a> {
    ExecOrder {
        name,
        service,
        command: vec!["sh".into(), "-c".into(), "cat; exit 7".into()],
        user: None,
        folder: None,
        environment: [("TOKEN".to_owned(), "secret".to_owned())].into(),
        terminal: None,
    }
}

#[tokio::test]
async fn a_command_has_its_streams_and_its_code() {
    let answer = ScriptedCommand { stdout: "out ".into(), stderr: "err".into(), code: 7 };
    let world = standing(seeded().await.service_answers("web", answer)).await;
    let (user, streams) = user(b"and its input");
    let code = run::exec(&world.world(), order(&name(), "web"), streams).await.unwrap();
    assert_eq!((code, user.stdout.text(), user.stderr.text()), (7, "out and its input".into(), "err".into()));
}

#[tokio::test]
async fn a_signal_is_passed_on_to_a_command() {
    let world = standing(seeded().await).await.service_hangs("web");
    let (user, streams) = user(b"");
    user.signals.stop(2);
    let code = run::exec(&world.world(), order(&name(), "web"), streams).await.unwrap();
    assert_eq!(code, 130);
    assert_eq!(world.done().last().unwrap(), "signal 2 to sh -c cat; exit 7");
}

async fn refused(world: &MemoryWorld, service: &str) -> Error {
    run::exec(&world.world(), order(&name(), service), user(b"").1).await.unwrap_err()
}

#[tokio::test]
async fn what_is_not_there_or_does_not_run_is_named_with_a_way_out() {
    let world = standing(seeded().await).await;
    let error = refused(&world, "wbe").await;
    assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Usage, "pr-1 has no service `wbe`"));
    assert_eq!(error.hints, ["did you mean `web`?", "there are: db, warmup, web, worker"]);
    let error = refused(&world, "warmup").await;
    assert_eq!(error.message, "service `warmup` of pr-1 is not running: it has exited with 0");
    assert!(error.hints[1].starts_with("`stage up shop --name pr-1`"), "{:?}", error.hints);
    let error = lines(&world, &["web", "queue"], LogWindow::default()).await.unwrap_err();
    assert_eq!(error.message, "pr-1 has no service `queue`");
}

#[tokio::test]
async fn psql_is_the_role_that_compose_names() {
    let world = standing(seeded().await).await;
    let name = name();
    let psql = |database| PsqlOrder {
        name: &name,
        database,
        arguments: vec!["-c".into(), "select 1".into()],
        terminal: None,
    };
    assert_eq!(run::psql(&world.world(), psql(None), user(b"").1).await.unwrap(), 0);
    let (container, spec) = world.commands().pop().unwrap();
    assert!(container.ends_with("-db"), "{container}");
    assert_eq!(spec.command, ["psql", "-c", "select 1"]);
    assert_eq!(
        (spec.environment["PGUSER"].as_str(), spec.environment["PGDATABASE"].as_str()),
        ("shop", "shop")
    );
    let error = run::psql(&world.world(), psql(Some("web")), user(b"").1).await.unwrap_err();
    assert_eq!(error.message, "pr-1 has no database `web`");
}

#[tokio::test]
async fn whoever_works_on_a_stack_that_lost_its_database_hears_so() {
    let world = seeded().await;
    let view = up(&world, "pr-1").await.unwrap();
    let remove = async |service: &str| {
        let (name, run) = (view.stack.containers[service].clone(), view.stack.run.0.clone());
        world.world().engine.undo(&Undo::RemoveContainer { name, run }).await.unwrap();
    };
    let (name, settings, shop) = (name(), settings("here"), shop());
    let stack = || on(&name, &settings);
    // What is about databases alone needs no other service.
    remove("web").await;
    assert_eq!(run::diff(world.world(), stack(), &shop).await.unwrap().len(), 1);
    remove("db").await;
    let psql = PsqlOrder { name: &name, database: None, arguments: Vec::new(), terminal: None };
    let errors = [
        refused(&world, "db").await,
        run::psql(&world.world(), psql, user(b"").1).await.unwrap_err(),
        run::diff(world.world(), stack(), &shop).await.unwrap_err(),
        run::migrate(world.world(), stack(), &shop).await.unwrap_err(),
        run::test(world.world(), stack(), &shop).await.unwrap_err(),
    ];
    for error in errors {
        let told = (error.kind, error.message.as_str());
        assert_eq!(told, (ErrorKind::Unreachable, "pr-1 stands without db"), "{error:?}");
        assert!(error.hints[0].starts_with("`stage down pr-1`"), "{error:?}");
    }
    down(&world, "pr-1").await.unwrap().unwrap();
    assert_clean(&world, "down");
}
