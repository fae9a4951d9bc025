//! How Compose files come together: variables, anchors, environment files, `extends`, `include`, merging.

use super::{environment, services};
use crate::model::service::{Service, VolumeOrigin};

/// The environment of a service, one `NAME=value` a word.
fn variables(service: &Service) -> String {
    let lines: Vec<_> = service.runtime.environment.iter().map(|(n, v)| format!("{n}={v}")).collect();
    lines.join(" ")
}

/// Checks the environment of the service `app`.
#[track_caller]
fn check(compose: &str, entries: &[(&str, &str)], expected: &str) {
    assert_eq!(variables(&services(compose, entries)["app"]), expected, "{compose}");
}

#[test]
fn the_environment_is_a_map_or_a_list() {
    let with = |environment: &str| format!("services: {{app: {{image: x, environment: {environment}}}}}");
    check(
        &with("{A: 1, B: 'two words', C: true, D: '', E: 1.10, F: 0123}"),
        &[],
        "A=1 B=two words C=true D= E=1.10 F=0123",
    );
    check(&with("[A=1, B=x=y, 'C=', A=2]"), &[], "A=2 B=x=y C=");
    check(&with("[OUTER, NONE]"), &[("$OUTER", "o")], "OUTER=o");
    check(&with("{OUTER: , NONE: }"), &[("$OUTER", "o")], "OUTER=o");
    check(&with("{E: '${EMPTY}'}"), &[("$EMPTY", "")], "E=");
    check(&with("{E: '${NONE}'}"), &[], "E=");
}

#[test]
fn variables_come_from_outside_and_then_from_dot_env() {
    let compose = "services: {app: {image: 'x:${TAG:-1}', environment: {A: $A, B: '${B}', C: $$C}}}";
    check(compose, &[(".env", "A=file\nB=file\nTAG=9\n"), ("$A", "outside")], "A=outside B=file C=$C");
    let services = services(compose, &[(".env", "TAG=9")]);
    assert_eq!(services["app"].runtime.image, "x:9");
}

#[test]
fn a_replaced_variable_may_stand_for_a_number_or_flag() {
    let services = services(
        "services: {app: {image: x, init: '${INIT}', ports: ['${PORT}:80'], mem_limit: $MEMORY}}",
        &[("$INIT", "true"), ("$PORT", "8080"), ("$MEMORY", "1g")],
    );
    let app = &services["app"];
    assert!(app.runtime.init);
    assert_eq!((app.ports.len(), app.runtime.memory_bytes), (1, Some(1 << 30)));
}

#[test]
fn environment_files_stand_under_the_services_own_variables() {
    let with = |settings: &str| format!("services: {{app: {{image: x, {settings}}}}}");
    let files = &[("a.env", "A=a\nB=a\nC=a"), ("conf/b.env", "B=b\nQ='$X'\nR=${X}\n"), ("$X", "x")];
    check(&with("env_file: a.env"), files, "A=a B=a C=a");
    check(&with("env_file: [a.env, conf/b.env], environment: {C: own}"), files, "A=a B=b C=own Q=$X R=x");
    check(&with("env_file: [{path: a.env}, {path: no.env, required: false}]"), files, "A=a B=a C=a");
    check(&with("env_file: [{path: conf/b.env, format: raw}]"), files, "B=b Q='$X' R=${X}");
    check(&with("env_file: a.env, environment: [A]"), files, "B=a C=a");
}

#[test]
fn anchors_and_merge_keys_share_settings() {
    check(
        "x-base: &base
  image: x
  environment: &env {A: 1, B: 1}
services:
  app:
    <<: *base
    environment: {<<: *env, B: 2}
",
        &[],
        "A=1 B=2",
    );
}

#[test]
fn a_service_extends_one_of_its_own_file() {
    let services = services(
        "
services:
  base:
    image: x
    command: [a, b]
    environment: [A=1, B=1]
    ports: ['80:80']
    volumes: ['./one:/data', './two:/two']
    healthcheck: {test: [CMD, a], retries: 3}
  middle: {extends: base, environment: {B: 2}}
  app:
    extends: {service: middle}
    command: [c]
    ports: ['81:81', '80:80']
    volumes: ['./three:/data:ro']
    healthcheck: {test: [CMD, b]}
",
        &[],
    );
    let app = &services["app"];
    assert_eq!(app.runtime.image, "x");
    assert_eq!(app.runtime.command.as_deref().unwrap(), ["c"]);
    assert_eq!(variables(app), "A=1 B=2");
    assert_eq!(app.ports.iter().map(|port| port.container_port).collect::<Vec<_>>(), [80, 81]);
    let volumes: Vec<_> = app.volumes.iter().map(|volume| (&volume.origin, volume.target.as_str())).collect();
    let bind = |path: &str| VolumeOrigin::Bind(path.into());
    assert_eq!(volumes, [(&bind("/shop/two"), "/two"), (&bind("/shop/three"), "/data")]);
    let healthcheck = format!("{:?}", app.runtime.healthcheck);
    assert!(
        healthcheck.contains(r#"["CMD", "b"]"#) && healthcheck.contains("retries: Some(3)"),
        "{healthcheck}"
    );
}

#[test]
fn paths_of_an_extended_file_go_from_that_file() {
    let services = services(
        "services: {app: {extends: {file: common/base.yaml, service: base}, volumes: ['./own:/own']}}",
        &[
            (
                "common/base.yaml",
                "services: {base: {extends: root, env_file: base.env, volumes: ['./lib:/lib']}, root: {image: x}}",
            ),
            ("common/base.env", "A=${X}"),
            (".env", "X=1"),
        ],
    );
    let app = &services["app"];
    assert_eq!((app.runtime.image.as_str(), variables(app).as_str()), ("x", "A=1"));
    let origins: Vec<_> = app.volumes.iter().map(|volume| &volume.origin).collect();
    assert_eq!(
        origins,
        [&VolumeOrigin::Bind("/shop/common/lib".into()), &VolumeOrigin::Bind("/shop/own".into())]
    );
    assert_eq!(services.len(), 1, "services of the other file are not taken over");
}

#[test]
fn an_included_project_brings_services_with_paths_and_variables_of_its_own() {
    let services = services(
        "include: [lib/compose.yaml, {path: other/c.yaml, project_directory: ., env_file: other/e}]
services: {app: {image: x, depends_on: [db]}}",
        &[
            (
                "lib/compose.yaml",
                "services: {db: {image: 'db:$V', volumes: ['./d:/d', 'data:/x']}}\nvolumes: {data: }",
            ),
            ("lib/.env", "V=lib"),
            ("other/c.yaml", "services: {mail: {image: 'mail:$V', volumes: ['./m:/m']}}"),
            ("other/e", "V=other"),
        ],
    );
    assert_eq!(services["db"].runtime.image, "db:lib");
    assert_eq!(services["db"].volumes[0].origin, VolumeOrigin::Bind("/shop/lib/d".into()));
    assert_eq!(services["mail"].runtime.image, "mail:other");
    assert_eq!(services["mail"].volumes[0].origin, VolumeOrigin::Bind("/shop/m".into()));
}

#[test]
fn a_later_file_resets_and_overrides_by_tag() {
    let environment = environment(&[
        ("stage.yaml", "compose: [a/a.yaml, b/b.yaml]"),
        (
            "a/a.yaml",
            "services: {app: {image: x, ports: ['80:80'], command: [a], tmpfs: /a, volumes: ['./v:/v']}, old: {image: y}}",
        ),
        (
            "b/b.yaml",
            "services: {app: {ports: !override ['81:81'], command: !reset null, tmpfs: [/b], volumes: ['./w:/w']}, old: !reset null}",
        ),
    ]);
    assert_eq!(environment.services.len(), 1);
    let app = &environment.services["app"];
    assert_eq!(app.ports.iter().map(|port| port.container_port).collect::<Vec<_>>(), [81]);
    assert_eq!(app.runtime.command, None);
    assert_eq!(app.runtime.tmpfs.keys().collect::<Vec<_>>(), ["/a", "/b"]);
    let bind = |path: &str| VolumeOrigin::Bind(path.into());
    let origins: Vec<_> = app.volumes.iter().map(|volume| volume.origin.clone()).collect();
    assert_eq!(origins, [bind("/shop/a/v"), bind("/shop/a/w")], "all paths go from the first file's folder");
}
