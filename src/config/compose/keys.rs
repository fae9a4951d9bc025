//! Keys of a service that are left out on purpose, and keys that are refused, each with its reason.

/// Harmless to leave out. The reasons, in order of the groups: building and fetching is done before; names and restarts
/// would make instances collide or hide a failure; terminals and logs are `stage`'s own; raised limits and priorities
/// fail on hosts without `CAP_SYS_RESOURCE` and change no result; one instance of a service is enough to check a change.
pub const IGNORED: &[&str] = &[
    "build",
    "platform",
    "pull_policy",
    "pull_refresh_after",
    "develop",
    "container_name",
    "restart",
    "mac_address",
    "attach",
    "tty",
    "stdin_open",
    "logging",
    "stop_grace_period",
    "annotations",
    "expose",
    "ulimits",
    "sysctls",
    "blkio_config",
    "oom_score_adj",
    "oom_kill_disable",
    "pids_limit",
    "cpu_count",
    "cpu_percent",
    "cpu_period",
    "cpu_quota",
    "cpu_rt_period",
    "cpu_rt_runtime",
    "cpu_shares",
    "cpuset",
    "mem_reservation",
    "mem_swappiness",
    "memswap_limit",
    "scale",
];

const REACHES_HOST: &str = "is refused: a stack must not reach the host";
const NOT_KEPT: &str = "is not supported by this version of stage yet";

/// Refused. Privileges and namespaces of the host would let a copy of production act on the world outside.
pub const REFUSED: &[(&str, &str)] = &[
    ("pid", REACHES_HOST),
    ("ipc", REACHES_HOST),
    ("uts", REACHES_HOST),
    ("cgroup", REACHES_HOST),
    ("cgroup_parent", REACHES_HOST),
    ("userns_mode", REACHES_HOST),
    ("devices", REACHES_HOST),
    ("device_cgroup_rules", REACHES_HOST),
    ("gpus", REACHES_HOST),
    ("use_api_socket", REACHES_HOST),
    ("external_links", "is refused: a stack must not reach containers outside of it"),
    ("volumes_from", NOT_KEPT),
    ("dns", NOT_KEPT),
    ("dns_opt", NOT_KEPT),
    ("dns_search", NOT_KEPT),
    ("domainname", NOT_KEPT),
    ("group_add", NOT_KEPT),
    ("label_file", NOT_KEPT),
    ("runtime", NOT_KEPT),
    ("isolation", NOT_KEPT),
    ("credential_spec", NOT_KEPT),
    ("storage_opt", NOT_KEPT),
    ("post_start", NOT_KEPT),
    ("pre_stop", NOT_KEPT),
    ("provider", NOT_KEPT),
    ("models", NOT_KEPT),
];
