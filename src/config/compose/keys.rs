//! Keys of a service that are left out on purpose, and keys that are refused, each with its reason.

/// Harmless to leave out; each group with its reason.
#[rustfmt::skip]
pub const IGNORED: &[&str] = &[
    // Images are built and fetched before.
    "build", "platform", "pull_policy", "pull_refresh_after", "develop",
    // Two instances of a stack would collide, or a restart would hide a failure.
    "container_name", "mac_address", "restart",
    // One instance of a service is enough to check a change.
    "scale",
    // Terminals, logs and stopping are the business of stage; any port is open inside the stack.
    "attach", "tty", "stdin_open", "logging", "stop_grace_period", "annotations", "expose",
    // Priorities and raised limits change no result, and fail on hosts without `CAP_SYS_RESOURCE`.
    "ulimits", "sysctls", "blkio_config", "oom_score_adj", "oom_kill_disable", "pids_limit",
    "cpu_count", "cpu_percent", "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime", "cpu_shares", "cpuset",
    "mem_reservation", "mem_swappiness", "memswap_limit",
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
