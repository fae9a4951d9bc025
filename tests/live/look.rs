//! Looking round in a stack that stands: its output, commands in it, psql.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::engine::output_of;
use super::stage::{Ran, Stage};

/// A stack of `talk` that goes with the test.
struct Standing {
    stage: Stage,
}

impl Standing {
    fn up() -> Self {
        let standing = Self { stage: Stage::of_the_tests() };
        standing.stage.run(&["up", "talk", "--name", "look"]).exits(0);
        standing
    }

    /// The container of a service.
    fn container(&self, service: &str) -> String {
        let shown = self.stage.run(&["show", "look", "--json"]).exits(0).json();
        let services = shown["services"].as_array().unwrap();
        let found = services.iter().find(|it| it["service"] == service).unwrap();
        found["container"].as_str().unwrap().to_owned()
    }

    /// Runs with an input.
    fn run_with(&self, arguments: &[&str], input: &[u8]) -> Ran {
        let mut child = self.stage.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        child.wait_with_output().unwrap().into()
    }

    /// Runs until a line of its output is `line`; what it says after that can be read.
    fn until(&self, arguments: &[&str], line: &str) -> (Child, BufReader<ChildStdout>) {
        let mut child = self.stage.spawn(arguments);
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while !said.ends_with(&format!("{line}\n")) {
            assert_ne!(stdout.read_line(&mut said).unwrap(), 0, "it ended before `{line}`: {said}");
        }
        (child, stdout)
    }

    fn processes(&self, service: &str) -> String {
        output_of("docker", &["top", &self.container(service), "-o", "pid,args"])
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        self.stage.run(&["down", "look"]);
    }
}

fn interrupt(child: &Child) {
    kill_process(Pid::from_child(child), Signal::INT).unwrap();
}

#[test]
fn logs_of_several_services_are_one_story() {
    let standing = Standing::up();
    let stage = &standing.stage;
    let told = stage.run(&["logs", "look", "first", "later"]).exits(0).stdout;
    assert_eq!(told, "first  | first is here\nfirst  | first worries\nlater  | later is here\n");
    let last = stage.run(&["logs", "look", "first", "--tail", "1", "--no-prefix"]).exits(0).stdout;
    assert_eq!(last, "first worries\n");
    let json = stage.run(&["logs", "look", "first", "--since", "1h", "--json"]).exits(0).stdout;
    let lines: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[1]["service"], &lines[1]["line"]), (&"first".into(), &"first worries".into()));
    assert_eq!((&lines[0]["stream"], &lines[1]["stream"]), (&"stdout".into(), &"stderr".into()));
    assert!(lines[0]["time"].as_str().unwrap() < lines[1]["time"].as_str().unwrap(), "{json}");
    let unknown = stage.run(&["logs", "look", "frist"]).exits(2);
    assert!(unknown.stderr.contains("did you mean `first`?"), "{}", unknown.stderr);

    let (mut child, reader) = standing.until(&["logs", "look", "later", "-f"], "later  | later is here");
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    drop(reader);
    let (mut child, reader) = standing.until(&["logs", "look", "later", "-f"], "later  | later is here");
    drop(reader);
    assert_eq!(child.wait().unwrap().code(), Some(0), "nobody reads any more, and no service writes");

    let (first, later) = (standing.container("first"), standing.container("later"));
    let follow = ["logs", "look", "first", "later", "--follow"];
    let (mut child, mut rest) = standing.until(&follow, "later  | later is here");
    output_of("docker", &["restart", &first]);
    let mut said = String::new();
    while !said.contains("first  | first worries\n") {
        assert_ne!(rest.read_line(&mut said).unwrap(), 0, "it ended with the restart: {said}");
    }
    output_of("docker", &["stop", &first, &later]);
    rest.read_to_string(&mut said).unwrap();
    assert_eq!(said, "first  | first is here\nfirst  | first worries\nlater  | later leaves\n");
    assert_eq!(child.wait().unwrap().code(), Some(0), "nothing runs any more");
    let stopped = stage.run(&["exec", "look", "first", "--", "true"]).exits(2);
    assert!(stopped.stderr.contains("is not running: it has exited with 0"), "{}", stopped.stderr);
    assert!(stopped.stderr.contains("`stage up talk --name look`"), "{}", stopped.stderr);
}

#[test]
fn a_command_in_a_service_is_as_one_that_runs_here() {
    let standing = Standing::up();
    let stage = &standing.stage;
    let both = stage.run(&["exec", "look", "first", "--", "sh", "-c", "echo out; echo err >&2; exit 7"]);
    let both = both.exits(7);
    assert_eq!((both.stdout.as_str(), both.stderr.as_str()), ("out\n", "err\n"));
    let input = vec![b'x'; 5_000_000];
    let counted = standing.run_with(&["exec", "look", "first", "wc", "-c"], &input).exits(0);
    assert_eq!(counted.stdout.trim(), "5000000", "its input has an end");
    let told = [
        "exec",
        "look",
        "first",
        "-u",
        "1",
        "-w",
        "/tmp",
        "-e",
        "A=b",
        "--",
        "sh",
        "-c",
        "id -u; pwd; echo $A",
    ];
    assert_eq!(stage.run(&told).exits(0).stdout, "1\n/tmp\nb\n");
    stage.run(&["exec", "look", "first", "--", "no-such-program"]).exits(126);

    let sleep = ["exec", "look", "first", "--", "sh", "-c", "echo ready; sleep 1000"];
    let (mut child, _stdout) = standing.until(&sleep, "ready");
    assert!(standing.processes("first").contains("sleep 1000"));
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!standing.processes("first").contains("sleep 1000"), "nothing of it stays behind");

    let (mut child, stdout) = standing.until(&["exec", "look", "first", "--", "yes"], "y");
    drop(stdout);
    assert_eq!(child.wait().unwrap().code(), Some(141), "as if it had written to a closed pipe here");
}

#[test]
fn a_command_on_a_terminal_has_it_and_gives_it_back() {
    let standing = Standing::up();
    let stage = standing.stage.command(&[]);
    let program = stage.get_program().to_string_lossy().into_owned();
    // The engine tells a command the size of its terminal only once it runs.
    let size = "for i in $(seq 100); do [ \"$(stty size)\" != '0 0' ] && break; sleep 0.05; done; stty size";
    let command = format!("{program} exec look first -- sh -c '{}; exit 5'", size.replace('\'', "'\\''"));
    let inside = format!("stty rows 33 cols 77; {command}; echo $?; stty -a");
    // A terminal of its own, as no test has one; its keyboard is there until the end.
    let mut script = std::process::Command::new("script");
    script.args(["-qec", &inside, "/dev/null"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    script.envs(stage.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut child = script.spawn().unwrap();
    let keyboard = child.stdin.take();
    let ran = Ran::from(child.wait_with_output().unwrap()).exits(0);
    drop(keyboard);
    let mut lines = ran.stdout.lines();
    assert_eq!((lines.next(), lines.next()), (Some("33 77"), Some("5")), "{}", ran.stdout);
    let settings: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    assert!(settings.contains(&"icanon") && settings.contains(&"echo"), "{settings:?}");
}

#[test]
fn psql_needs_no_client_here() {
    let standing = Standing::up();
    let sql = "select current_user, current_database(), count(*) from people";
    let ran = standing.stage.run(&["psql", "look", "--", "-Atc", sql]).exits(0);
    assert_eq!(ran.stdout, "small|small|105\n");
    let file = b"create table by_hand (id int);\ninsert into by_hand values (7);\nselect id from by_hand;\n";
    let ran = standing.run_with(&["psql", "look", "--", "-qAt"], file).exits(0);
    assert_eq!(ran.stdout, "7\n");
    let seen = r"\! tr '\0' ' ' < /proc/$PPID/cmdline; echo; echo $PGPASSWORD";
    let ran = standing.stage.run(&["psql", "look", "--", "-c", seen]).exits(0);
    assert!(ran.stdout.starts_with("psql -c ") && ran.stdout.ends_with("\nsmall-dev\n"), "{}", ran.stdout);
    assert_eq!(ran.stdout.matches("small-dev").count(), 1, "no password among the arguments: {}", ran.stdout);
    let stops = ["psql", "look", "--", "-v", "ON_ERROR_STOP=1", "-c", "select oops"];
    let ran = standing.stage.run(&stops).exits(1);
    assert!(ran.stderr.contains("column \"oops\" does not exist"), "{}", ran.stderr);
    let ran = standing.stage.run(&["psql", "look", "--database", "first"]).exits(2);
    assert!(ran.stderr.contains("there are: db"), "{}", ran.stderr);
}
