//! Watching a migration changes nothing: set against a server of the same data that nobody watches.

use std::process::{Command, Stdio};

use super::bad_input::copy;
use super::engine::output_of;
use super::stacks::container;
use super::stage::{Stage, repository};

/// A server with the data of the small environment, of which `stage` knows nothing. Dropping it removes it.
struct Unwatched {
    container: &'static str,
}

impl Unwatched {
    fn start() -> Self {
        let container = "stage-test-unwatched";
        // One that was left by a test that was killed.
        output_of("docker", &["rm", "--force", "--volumes", container]);
        let scripts = format!("{}:/app:ro", repository("tests/environments/observed/app").display());
        let variables = ["POSTGRES_USER=small", "POSTGRES_PASSWORD=small-dev", "POSTGRES_DB=small"];
        let variables = variables.iter().flat_map(|it| ["--env", it]);
        let arguments = ["run", "--detach", "--name", container, "--network", "none", "--volume", &scripts];
        let arguments: Vec<&str> = arguments.into_iter().chain(variables).chain(["postgres:15"]).collect();
        output_of("docker", &arguments);
        let server = Self { container };
        let is_up = || server.shell("pg_isready --quiet --host 127.0.0.1 --username small").1;
        while !is_up() {
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        let backup = std::fs::File::open(repository("tests/environments/small/backup.sql")).unwrap();
        let psql = ["exec", "--interactive", container, "psql", "--quiet", "--username=small", "small"];
        let mut restore = Command::new("docker");
        restore.args(psql).stdin(Stdio::from(backup)).stdout(Stdio::null());
        assert!(restore.status().unwrap().success());
        server
    }

    /// What a command in its container says, and whether it succeeds.
    fn shell(&self, command: &str) -> (String, bool) {
        let environment = ["--env", "PGUSER=small", "--env", "PGDATABASE=small"];
        let mut docker = Command::new("docker");
        docker.arg("exec").args(environment).args([self.container, "sh", "-c", command]);
        let output = docker.output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), output.status.success())
    }
}

impl Drop for Unwatched {
    fn drop(&mut self) {
        let removed = Command::new("docker").args(["rm", "--force", "--volumes", self.container]).output();
        assert!(removed.is_ok_and(|output| output.status.success()));
    }
}

/// The schema without what every dump has of its own.
fn schema(dump: &str) -> Vec<&str> {
    let is_schema = |line: &&str| !line.starts_with('\\') && !line.starts_with("--") && !line.is_empty();
    dump.lines().filter(is_schema).collect()
}

/// A copy of the environment whose command is another one.
pub fn with_command(command: &str) -> (tempfile::TempDir, Stage) {
    let environments = tempfile::tempdir().unwrap();
    for name in ["small", "observed"] {
        copy(&repository("tests/environments").join(name), &environments.path().join(name));
    }
    std::fs::write(environments.path().join("observed/app/migrate"), command).unwrap();
    let stage = Stage::with(environments.path().to_owned());
    (environments, stage)
}

#[test]
fn an_index_that_is_built_concurrently_waits_for_nobody_and_the_schema_has_nothing_of_ours() {
    let stage = Stage::of_the_tests();
    let unwatched = Unwatched::start();
    assert!(unwatched.shell("sh /app/migrate").1);
    stage.run(&["up", "observed", "--name", "watched"]).exits(0);
    let watched = container(&stage, "watched", "db");
    let dump = ["pg_dump", "--schema-only", "--username=small", "small"];
    let ours = output_of("docker", &[&["exec", &watched][..], &dump].concat());
    let theirs = unwatched.shell(&dump.join(" ")).0;
    let traces = "SELECT (SELECT count(*) FROM pg_replication_slots) + (SELECT count(*) FROM pg_publication) \
                  + (SELECT count(*) FROM pg_event_trigger) + (SELECT count(*) FROM pg_prepared_xacts)";
    let psql = [
        "exec",
        &watched,
        "psql",
        "--username=small",
        "--tuples-only",
        "--no-align",
        "--command",
        traces,
        "small",
    ];
    let traces = output_of("docker", &psql);
    stage.run(&["down", "watched"]).exits(0);
    assert!(schema(&ours).iter().any(|line| line.contains("reading_value")), "{ours}");
    assert_eq!(schema(&ours), schema(&theirs));
    assert_eq!(traces.trim(), "0");
}

#[test]
fn an_index_does_wait_for_a_snapshot_that_somebody_holds() {
    let held = "set -eu; cd /app; psql --quiet --set=ON_ERROR_STOP=1 --file=fill.sql
        psql --command='BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM people; SELECT pg_sleep(60)' >/dev/null 2>&1 &
        holder=\"query LIKE 'BEGIN%pg_sleep(60)' AND backend_xmin IS NOT NULL\"
        until psql -At --command=\"SELECT pid FROM pg_stat_activity WHERE $holder\" | grep -q .; do sleep 0.1; done
        failed=0; psql --quiet --set=ON_ERROR_STOP=1 --file=index.sql 2>&1 || failed=$?
        psql -At --command=\"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE $holder\"; exit $failed";
    let (_environments, stage) = with_command(held);
    let report = stage.run(&["check", "observed", "--json"]).exits(1).json();
    let said = report["migrations"][0]["output_tail"].as_str().unwrap();
    assert!(said.contains("canceling statement due to lock timeout"), "{said}");
}

#[test]
fn what_fails_fails_in_the_same_way_when_it_is_watched() {
    let fail = "psql --quiet --no-align --file=/app/failing.sql 2>&1; exit 3";
    let (_environments, stage) = with_command(fail);
    let unwatched = Unwatched::start();
    let alone = unwatched.shell(fail).0;
    let report = stage.run(&["check", "observed", "--json"]).exits(1).json();
    assert_eq!(report["migrations"][0]["failure"]["message"], "exited with 3");
    let watched = report["migrations"][0]["output_tail"].as_str().unwrap();
    let errors = alone.lines().filter(|line| line.contains("ERROR: ")).count();
    assert!(errors >= 6, "{alone}");
    assert_eq!(watched.trim(), alone.trim());
}
