//! What is told of Compose files with mistakes, or with settings that a stack must not or does not have.

use super::{check_compose_problems, check_problems};

/// Checks the problems of the service `app`, whose settings begin in line 4, column 5.
#[track_caller]
fn check(settings: &str, expected: &[&str]) {
    let indented = settings.trim_end().replace('\n', "\n    ");
    check_compose_problems(&format!("services:\n  app:\n    image: x\n    {indented}\n"), expected);
}

#[test]
fn unknown_keys_get_a_suggestion() {
    check(
        "enviroment: {A: 1}\nfrobnicate: 1",
        &[
            "compose.yaml:4:5: unknown key `enviroment` | did you mean `environment`?",
            "compose.yaml:5:5: unknown key `frobnicate`",
        ],
    );
    check_compose_problems(
        "service: {}\nservices: {app: {image: x}}",
        &["compose.yaml:1:1: unknown key `service` | did you mean `services`?"],
    );
}

#[test]
fn a_stack_must_not_reach_the_host() {
    let reason = "is refused: a stack must not reach the host";
    check(
        "privileged: true
pid: host
ipc: host
devices: [/dev/kvm]
network_mode: host
volumes: ['/var/run/docker.sock:/var/run/docker.sock']
",
        &[
            &format!("compose.yaml:4:17: `privileged` {reason}"),
            &format!("compose.yaml:5:5: `pid` {reason}"),
            &format!("compose.yaml:6:5: `ipc` {reason}"),
            &format!("compose.yaml:7:5: `devices` {reason}"),
            "compose.yaml:8:19: `network_mode` is refused: every service of a stack is in the stack's own network | remove it, or run the service with Compose alone",
            &format!("compose.yaml:9:15: a mount of the engine's socket {reason}"),
        ],
    );
}

#[test]
fn no_way_to_the_socket_of_an_engine_is_mounted() {
    let refused = "a mount of the engine's socket is refused: a stack must not reach the host";
    for source in ["/", "/run", "/var/run/", "/run/containerd", "/srv/podman.sock", "../containerd.sock"] {
        let problem = format!("compose.yaml:4:15: {refused}");
        check(&format!("volumes: ['{source}:/mnt']\n"), &[&problem]);
    }
}

#[test]
fn what_leads_to_the_host_is_not_mounted_in_any_way() {
    let refused = "is refused: a stack must not reach the host";
    for source in ["/proc", "/proc/1/root", "/sys/fs", "/dev", "/run/systemd/private", "/var/lib/docker/x"] {
        let problem = format!("compose.yaml:4:15: a mount of `{source}` {refused}");
        check(&format!("volumes: ['{source}:/mnt:ro']\n"), &[&problem]);
    }
    let compose = "services:
  app:
    image: x
    volumes: ['./docker:/a', './docker/deep:/b', './agent:/c', '/etc/cron.d/:/d', '/etc/cron.d:/e:ro', '/etc/hosts:/f', '/dev/null:/g']
    secrets: [key]
secrets: {key: {file: /run/docker.sock}}
";
    let files = [
        ("stage.yaml", "name: shop\n"),
        ("compose.yaml", compose),
        ("docker@", "/var/run"),
        ("agent@", "/shop/agent.of.host"),
        ("agent.of.host=", ""),
        ("/etc/cron.d/", ""),
    ];
    check_problems(
        &files,
        &[
            &format!("compose.yaml:4:15: a mount of the engine's socket {refused} | it leads to `/var/run`"),
            &format!("compose.yaml:4:30: a mount of `/var/run/deep` {refused} | it leads to `/var/run/deep`"),
            &format!(
                "compose.yaml:4:50: a mount of a socket of this machine {refused} | it leads to `agent.of.host`"
            ),
            &format!(
                "compose.yaml:4:64: a mount of `/etc/cron.d` to be written {refused} | mount it read-only: `:ro`"
            ),
            &format!("compose.yaml:6:23: a mount of the engine's socket {refused}"),
        ],
    );
}

#[test]
fn capabilities_that_reach_beyond_a_container_are_not_given() {
    let refused = "is refused: a stack must not reach the host";
    check(
        "cap_add: [NET_ADMIN, cap_sys_ptrace, ALL, CAP_SYS_ADMIN, dac_read_search]",
        &[
            &format!("compose.yaml:4:42: `cap_add` ALL {refused} | name those that the service needs"),
            &format!("compose.yaml:4:47: `cap_add` CAP_SYS_ADMIN {refused}"),
            &format!("compose.yaml:4:62: `cap_add` dac_read_search {refused}"),
        ],
    );
}

#[test]
fn labels_of_stage_cannot_be_forged() {
    check(
        "labels: [dev.stage.env=x, team=a]",
        &["compose.yaml:4:14: label `dev.stage.env` belongs to stage itself"],
    );
}

#[test]
fn what_is_not_kept_is_refused_by_name() {
    let later = "is not supported by this version of stage yet";
    check(
        "dns: 1.1.1.1\nvolumes_from: [db]\nsecurity_opt: ['seccomp:unconfined']",
        &[
            &format!("compose.yaml:4:5: `dns` {later}"),
            &format!("compose.yaml:5:5: `volumes_from` {later}"),
            &format!("compose.yaml:6:20: `security_opt` `seccomp:unconfined` {later}"),
        ],
    );
    check_compose_problems(
        "services: {app: {image: x, secrets: [a, b]}}\nsecrets: {a: {environment: A}, b: {file: none.txt}}",
        &[
            "compose.yaml:2:14: `a` of `secrets` is not a `file`; other kinds are not supported by this version of stage yet",
            "compose.yaml:2:42: there is no file `none.txt`",
        ],
    );
    check_compose_problems(
        "services: {app: {image: x}}\nvolumes:\n  a: {external: true}\n  b: {driver: nfs}\n  c: {driver_opts: {type: nfs}}",
        &[
            "compose.yaml:3:3: volume `a` is external: a stack must own all that it uses | mount a volume of the Compose file, or bind a directory",
            "compose.yaml:4:3: volume `b` needs a driver; only `local` is supported",
            "compose.yaml:5:3: volume `c` has `driver_opts`, which this version of stage does not keep | bind the directory in the service's `volumes` instead",
        ],
    );
}

#[test]
fn wrong_types_are_told_with_what_was_expected() {
    const PORT: &str = "expected a port such as `8080`, `8080:80` or `127.0.0.1:8080:80/tcp`, found";
    const MOUNT: &str = "expected a mount such as `data:/var/lib/data` or `./site:/srv:ro`, found";
    check(
        "ports: [http, 0, 70000, '9-1', '80/sctp', '+80', {published: 1}]",
        &[
            &format!("compose.yaml:4:13: {PORT} `http`"),
            &format!("compose.yaml:4:19: {PORT} `0`"),
            &format!("compose.yaml:4:22: {PORT} `70000`"),
            &format!("compose.yaml:4:29: {PORT} `9-1`"),
            &format!("compose.yaml:4:36: {PORT} `80/sctp`"),
            &format!("compose.yaml:4:47: {PORT} `+80`"),
            "compose.yaml:4:54: the port has no `target`",
        ],
    );
    check(
        "volumes: ['data:relative', ':/x', 'a:/b:c:d', [x], data:/d]",
        &[
            &format!("compose.yaml:4:15: {MOUNT} `data:relative`"),
            &format!("compose.yaml:4:32: {MOUNT} `:/x`"),
            &format!("compose.yaml:4:39: {MOUNT} `a:/b:c:d`"),
            &format!("compose.yaml:4:51: {MOUNT} a list"),
            "compose.yaml:4:56: volume `data` is not among `volumes` | add it to `volumes` of the Compose file, or write `./data` for a path",
        ],
    );
    check(
        "init: maybe\nmem_limit: lots\ncpus: x\ntmpfs: run\nhealthcheck: {test: [curl], interval: 5}\ncommand: {a: 1}",
        &[
            "compose.yaml:4:11: expected `true` or `false`, found `maybe`",
            "compose.yaml:5:16: expected a size such as `64m`, found `lots`",
            "compose.yaml:6:11: expected a number of CPUs such as `0.5`, found `x`",
            "compose.yaml:7:12: expected an absolute path such as `/run`, found `run`",
            "compose.yaml:8:25: expected a command, or a list that begins with `CMD`, `CMD-SHELL` or `NONE`",
            "compose.yaml:8:43: expected a duration such as `1m30s` or `500ms`, found `5`",
            "compose.yaml:9:14: expected a command: a text or a list of words, found a map",
        ],
    );
}

#[test]
fn a_project_has_services_and_a_service_an_image() {
    check_compose_problems("volumes: {}\n", &["compose.yaml:1:1: the Compose file has no `services`"]);
    check_compose_problems(
        "- a\n",
        &["compose.yaml:1:1: expected a Compose file with `services`, found a list"],
    );
    check_compose_problems(
        "services: {app: {}, 'a b': {image: x}, none: }",
        &[
            "compose.yaml:1:17: service `app` has neither `image` nor `build`",
            "compose.yaml:1:21: `a b` is no name for a service | a name has letters, digits, `.`, `_` and `-`",
            "compose.yaml:1:44: expected a map of a service's settings, found nothing",
        ],
    );
}

#[test]
fn dependencies_exist_and_do_not_go_in_circles() {
    check(
        "depends_on: [apq]\nnetworks: [front]",
        &[
            "compose.yaml:4:18: service `app` depends on `apq`, which is not there | did you mean `app`?",
            "compose.yaml:5:16: network `front` is not among `networks` | known are `default`",
        ],
    );
    check(
        "depends_on: {app: {condition: healthy}}",
        &[
            "compose.yaml:4:35: expected `service_started`, `service_healthy` or `service_completed_successfully`, found `healthy`",
        ],
    );
    check("depends_on: [app]", &["compose.yaml:2:3: services wait for each other: app → app"]);
    check_compose_problems(
        "services:
  z: {image: x, depends_on: [a]}
  a: {image: x, depends_on: [b, free]}
  b: {image: x, depends_on: {c: {condition: service_healthy}}}
  c: {image: x, links: [a]}
  free: {image: x}
",
        &["compose.yaml:3:3: services wait for each other: a → b → c → a"],
    );
}

#[test]
fn a_dependency_on_a_broken_service_is_no_second_problem() {
    check_compose_problems(
        "services: {app: {image: x, depends_on: [db]}, db: {}}",
        &["compose.yaml:1:51: service `db` has neither `image` nor `build`"],
    );
}

#[test]
fn variables_that_cannot_be_replaced_are_told() {
    check(
        "command: echo $\nuser: ${USER_ID:?set it in .env}",
        &[
            "compose.yaml:4:14: a `$` that names no variable; write `$$` for a dollar sign",
            "compose.yaml:5:11: variable `USER_ID` must be set: set it in .env",
        ],
    );
    check_problems(
        &[
            ("stage.yaml", "name: shop"),
            ("compose.yaml", "services: {app: {image: x, env_file: [a.env, b.env]}}"),
            ("a.env", "A=1\nnot this"),
            (".env", "B='"),
        ],
        &[
            ".env:1:1: the quote is never closed",
            "a.env:2:1: expected `NAME=value`",
            "compose.yaml:1:46: cannot read `b.env`: no such file",
        ],
    );
}

#[test]
fn extends_and_include_find_what_they_name_and_end() {
    check_compose_problems(
        "services:
  a: {image: x, extends: b}
  b: {image: x, extends: {service: a}}
  c: {image: x, extends: d}
  e: {image: x, extends: {service: a, file: none.yaml}}
",
        &[
            "compose.yaml:2:26: `extends` goes in a circle: a → b → a",
            "compose.yaml:3:26: `extends` goes in a circle: b → a → b",
            "compose.yaml:4:26: `extends` names service `d`, which is not there | did you mean `a`?",
            "compose.yaml:5:45: cannot read `none.yaml`: no such file",
        ],
    );
    check_problems(
        &[
            ("stage.yaml", "name: shop"),
            ("compose.yaml", "include: [a.yaml, none.yaml]\nservices: {app: {image: x}}"),
            ("a.yaml", "include: [compose.yaml]\nservices: {app: {image: y}}"),
        ],
        &[
            "a.yaml:1:11: `compose.yaml` includes itself",
            "compose.yaml:1:19: cannot read `none.yaml`: no such file",
            "compose.yaml:2:12: `app` of `services` is in an included file too | the other is at a.yaml:2:12",
        ],
    );
}
