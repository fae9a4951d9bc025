//! What the keys of one Compose service mean.

use super::services;
use crate::model::service::{
    Dependency, DependencyCondition, Healthcheck, Port, Runtime, Service, ServiceVolume, VolumeOrigin,
};

/// The service `app` of one whose settings are written in flow or block style, with what they refer to.
fn app(settings: &str) -> Service {
    let indented = settings.trim_end().replace('\n', "\n    ");
    let compose = format!(
        "services:\n  app:\n    image: app\n    {indented}\n  db: {{image: db}}\n  cache: {{image: cache}}
volumes: {{data: , logs: {{driver: local}}}}\nnetworks: {{front: , back: {{external: true}}}}
secrets: {{key: {{file: ./key.txt}}}}\nconfigs: {{site: {{file: ./site.conf}}}}\n"
    );
    services(&compose, &[("key.txt", "k"), ("site.conf", "c"), ("$HOME", "/home/me")]).remove("app").unwrap()
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn commands_are_lists_or_lines() {
    for (settings, command) in [
        ("command: [redis-server, --port, 6379]", Some(words(&["redis-server", "--port", "6379"]))),
        ("command: gunicorn -b 0.0.0.0:80 'a b'", Some(words(&["gunicorn", "-b", "0.0.0.0:80", "a b"]))),
        ("command: sh -c \"echo $$HOME\"", Some(words(&["sh", "-c", "echo $HOME"]))),
        ("command: []", Some(words(&[]))),
        ("command: ''", Some(words(&[]))),
        ("command:", None),
    ] {
        assert_eq!(app(settings).runtime.command, command, "{settings}");
        let entrypoint = settings.replace("command", "entrypoint");
        assert_eq!(app(&entrypoint).runtime.entrypoint, command, "{entrypoint}");
    }
}

#[test]
fn plain_settings_are_taken_over() {
    let runtime = app("user: 1000:1000
working_dir: /srv
hostname: web
stop_signal: SIGQUIT
init: true
read_only: true
cap_add: [NET_ADMIN]
cap_drop: [ALL]
tmpfs: [/run, '/tmp:size=64m,mode=1777']
shm_size: 256mb
mem_limit: 1.5g
cpus: 0.5
extra_hosts: ['a:10.0.0.1', 'b=::1', 'c:[::2]']
labels: [team=shop, plain]")
    .runtime;
    assert_eq!(runtime.user.as_deref(), Some("1000:1000"));
    assert_eq!(runtime.working_dir.as_deref(), Some("/srv"));
    assert_eq!(runtime.hostname.as_deref(), Some("web"));
    assert_eq!(runtime.stop_signal.as_deref(), Some("SIGQUIT"));
    assert!(runtime.init && runtime.read_only);
    assert_eq!((runtime.cap_add, runtime.cap_drop), (vec!["NET_ADMIN".to_owned()], vec!["ALL".to_owned()]));
    let tmpfs: Vec<_> = runtime.tmpfs.iter().map(|(path, options)| format!("{path} {options}")).collect();
    assert_eq!(tmpfs, ["/run ", "/tmp size=64m,mode=1777"]);
    assert_eq!(runtime.shm_size_bytes, Some(256 << 20));
    assert_eq!(runtime.memory_bytes, Some(3 << 29));
    assert_eq!(runtime.nano_cpus, Some(500_000_000));
    assert_eq!(runtime.extra_hosts, ["a:10.0.0.1", "b:::1", "c:::2"]);
    assert_eq!(runtime.labels["team"], "shop");
    assert_eq!(runtime.labels["plain"], "");
}

#[test]
fn limits_of_deploy_count_and_the_rest_of_it_does_not() {
    let runtime =
        app("deploy: {replicas: 3, resources: {limits: {memory: 64M, cpus: '2'}, reservations: {cpus: 1}}}")
            .runtime;
    assert_eq!((runtime.memory_bytes, runtime.nano_cpus), (Some(64 << 20), Some(2_000_000_000)));
}

#[test]
fn a_service_that_says_nothing_has_nothing() {
    let service = app("ports:\nenvironment:\nvolumes:");
    assert_eq!(service.runtime, Runtime { image: "app".into(), ..Runtime::default() });
    assert!(service.ports.is_empty() && service.volumes.is_empty() && service.depends_on.is_empty());
}

#[test]
fn healthchecks_are_probes_or_disabled() {
    let probe = |test: &[&str]| Healthcheck::Probe {
        test: words(test),
        interval_ns: None,
        timeout_ns: None,
        start_period_ns: None,
        retries: None,
    };
    for (settings, expected) in [
        ("{test: pg_isready -U app}", probe(&["CMD-SHELL", "pg_isready -U app"])),
        ("{test: [CMD, redis-cli, ping]}", probe(&["CMD", "redis-cli", "ping"])),
        (
            "{test: [CMD-SHELL, 'curl -f http://localhost || exit 1']}",
            probe(&["CMD-SHELL", "curl -f http://localhost || exit 1"]),
        ),
        ("{test: [NONE]}", Healthcheck::Disabled),
        ("{disable: true}", Healthcheck::Disabled),
        (
            "{interval: 1m30s, timeout: 500ms, start_period: 2s, start_interval: 1s, retries: 5}",
            Healthcheck::Probe {
                test: Vec::new(),
                interval_ns: Some(90_000_000_000),
                timeout_ns: Some(500_000_000),
                start_period_ns: Some(2_000_000_000),
                retries: Some(5),
            },
        ),
    ] {
        assert_eq!(
            app(&format!("healthcheck: {settings}")).runtime.healthcheck,
            Some(expected),
            "{settings}"
        );
    }
}

#[test]
fn only_the_containers_side_of_a_port_is_kept() {
    for (settings, expected) in [
        ("[8080]", &["8080/tcp"][..]),
        ("[22:22]", &["22/tcp"]),
        ("['8080:80', '81:80']", &["80/tcp"]),
        ("['127.0.0.1:5432:5432', '127.0.0.1::53/udp', '[::1]:80:81']", &["5432/tcp", "53/udp", "81/tcp"]),
        ("['3000-3002:4000-4002']", &["4000/tcp", "4001/tcp", "4002/tcp"]),
        ("[{target: 80, published: '8080', protocol: udp, mode: host, host_ip: 127.0.0.1}]", &["80/udp"]),
    ] {
        let ports = app(&format!("ports: {settings}")).ports;
        let ports: Vec<_> = ports
            .iter()
            .map(|Port { container_port, protocol }| format!("{container_port}/{protocol}"))
            .collect();
        assert_eq!(ports, expected, "{settings}");
    }
}

#[test]
fn mounts_are_named_bound_or_anonymous() {
    let named = |name: &str| VolumeOrigin::Named(name.to_owned());
    let bind = |path: &str| VolumeOrigin::Bind(path.into());
    for (settings, origin, target, read_only) in [
        ("data:/var/lib/data", named("data"), "/var/lib/data", false),
        ("data:/d:ro", named("data"), "/d", true),
        ("./site:/srv:ro,z", bind("/shop/site"), "/srv", true),
        ("../lib:/lib", bind("/lib"), "/lib", false),
        (".:/app", bind("/shop"), "/app", false),
        ("/etc/hosts:/etc/hosts", bind("/etc/hosts"), "/etc/hosts", false),
        ("~/x:/x", bind("/home/me/x"), "/x", false),
        ("/anonymous", VolumeOrigin::Anonymous, "/anonymous", false),
        (
            "{type: volume, source: logs, target: /logs, read_only: true, volume: {nocopy: true}}",
            named("logs"),
            "/logs",
            true,
        ),
        (
            "{type: bind, source: ./site, target: /srv, bind: {create_host_path: false}}",
            bind("/shop/site"),
            "/srv",
            false,
        ),
        ("{type: volume, target: /x}", VolumeOrigin::Anonymous, "/x", false),
    ] {
        let volumes = app(&format!("volumes:\n  - {settings}")).volumes;
        assert_eq!(volumes, [ServiceVolume { origin, target: target.to_owned(), read_only }], "{settings}");
    }
    let service = app("volumes: [{type: tmpfs, target: /t, tmpfs: {size: 1m, mode: 0755}}]");
    assert!(service.volumes.is_empty());
    assert_eq!(service.runtime.tmpfs["/t"], "size=1048576,mode=0755");
}

#[test]
fn secrets_and_configs_are_files_mounted_read_only() {
    let volumes = app("secrets: [key, {source: key, target: k2, mode: 0400}]\nconfigs: [site, {source: site, target: /etc/s}]").volumes;
    let printed: Vec<_> = volumes
        .iter()
        .map(|volume| match &volume.origin {
            VolumeOrigin::Bind(path) if volume.read_only => {
                format!("{} at {}", path.display(), volume.target)
            }
            _ => panic!("not bound read-only"),
        })
        .collect();
    assert_eq!(
        printed,
        [
            "/shop/key.txt at /run/secrets/key",
            "/shop/key.txt at /run/secrets/k2",
            "/shop/site.conf at /site",
            "/shop/site.conf at /etc/s",
        ]
    );
}

#[test]
fn dependencies_have_conditions() {
    use DependencyCondition::{CompletedSuccessfully, Healthy, Started};
    let on = |service: &str, condition| Dependency { service: service.to_owned(), condition };
    for (settings, expected) in [
        ("[db, cache]", vec![on("db", Started), on("cache", Started)]),
        ("{db: {condition: service_healthy, restart: true}}", vec![on("db", Healthy)]),
        (
            "{db: {condition: service_completed_successfully}, cache: {condition: service_started}}",
            vec![on("db", CompletedSuccessfully), on("cache", Started)],
        ),
        ("{nowhere: {condition: service_started, required: false}}", vec![]),
    ] {
        assert_eq!(app(&format!("depends_on: {settings}")).depends_on, expected, "{settings}");
    }
}

#[test]
fn networks_collapse_and_their_aliases_stay() {
    let service = app(
        "networks: {front: {aliases: [web, www]}, back: {aliases: [www], ipv4_address: 10.0.0.2}, default: }",
    );
    assert_eq!(service.aliases, ["web", "www"]);
    assert!(app("networks: [front, back]").aliases.is_empty());
}

#[test]
fn links_are_dependencies_and_names() {
    let services = services(
        "services: {app: {image: a, links: ['db:database', cache]}, db: {image: d}, cache: {image: c}}",
        &[],
    );
    assert_eq!(services["db"].aliases, ["database"]);
    assert!(services["cache"].aliases.is_empty());
    assert_eq!(services["app"].depends_on.len(), 2);
}

#[test]
fn a_service_that_is_built_has_the_name_that_compose_gives_its_image() {
    let compose = "services: {app: {build: .}, web: {build: ., image: web:2}}";
    assert_eq!(services(compose, &[])["app"].runtime.image, "shop-app");
    assert_eq!(services(compose, &[])["web"].runtime.image, "web:2");
    assert_eq!(services(&format!("name: store\n{compose}"), &[])["app"].runtime.image, "store-app");
    let variable = ("$COMPOSE_PROJECT_NAME", "other");
    assert_eq!(services(compose, &[variable])["app"].runtime.image, "other-app");
}

#[test]
fn profiles_are_kept_and_what_is_harmless_is_left_out() {
    let service = app("profiles: [debug, qa]
container_name: fixed
restart: always
logging: {driver: none}
platform: linux/amd64
ulimits: {nofile: 100000}
sysctls: [net.core.somaxconn=1]
privileged: false
network_mode: bridge
security_opt: ['no-new-privileges:true']
expose: [80]
stop_grace_period: 1m
x-mine: {any: [thing]}");
    assert_eq!(service.profiles, ["debug", "qa"]);
}
