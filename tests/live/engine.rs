//! The engine as anybody sees it, asked by its own command line and by the kernel, not by `stage`.

use std::collections::BTreeSet;
use std::process::Command;

/// What a command prints; it must succeed.
pub fn output_of(program: &str, arguments: &[&str]) -> String {
    let output =
        Command::new(program).args(arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Everything on the engine and every loop device in use, labelled or not, and the clones in the pool.
pub fn listing() -> BTreeSet<String> {
    let mut listing = BTreeSet::new();
    let mut add = |kind: &str, text: &str| {
        listing
            .extend(text.lines().filter(|line| !line.trim().is_empty()).map(|line| format!("{kind} {line}")));
    };
    add("container", &output_of("docker", &["ps", "--all", "--format", "{{.Names}} {{.Image}}"]));
    add("network", &output_of("docker", &["network", "ls", "--format", "{{.Name}} {{.ID}}"]));
    add("volume", &output_of("docker", &["volume", "ls", "--format", "{{.Name}}"]));
    add("image", &output_of("docker", &["images", "--all", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}"]));
    add("loop", &loops());
    if listing.contains("container stage-pool-keeper stage-helper:1") {
        let clones = output_of("docker", &["exec", "stage-pool-keeper", "ls", "/pool/clones", "/pool/seeds"]);
        listing.extend(clones.lines().map(|line| format!("subvolume {line}")));
    }
    listing.extend(denied().into_iter().map(|bridge| format!("rules of {bridge}")));
    listing
}

/// The interfaces that have rules of the firewall, as the kernel tells them.
fn denied() -> Vec<String> {
    let script = "nft list table ip stage | sed -n 's/^.chain \\(stage-[^ ]*\\) {$/\\1/p'";
    let rules = output_of("docker", &["exec", "stage-firewall", "sh", "-c", script]);
    rules.lines().map(str::to_owned).collect()
}

fn loops() -> String {
    let mut lines = Vec::new();
    for entry in std::fs::read_dir("/sys/block").unwrap() {
        let path = entry.unwrap().path();
        if let Ok(file) = std::fs::read_to_string(path.join("loop/backing_file")) {
            lines.push(format!("{} {}", path.file_name().unwrap().to_string_lossy(), file.trim()));
        }
    }
    lines.join("\n")
}

/// What a fault must not touch: what is on the engine, and the content of seeds.
pub struct Untouched {
    pub listing: BTreeSet<String>,
    seeds: BTreeSet<String>,
}

impl Untouched {
    pub fn look() -> Self {
        Self { listing: listing(), seeds: seeds() }
    }

    /// Asserts that all is there as it was.
    #[track_caller]
    pub fn assert(&self, when: &str) {
        assert_same(&self.listing, &listing(), when);
    }

    /// Asserts that all is there as it was, and no byte of a seed another one. That takes seconds: once, at the end.
    #[track_caller]
    pub fn assert_to_the_byte(&self, when: &str) {
        self.assert(when);
        assert_same(&self.seeds, &seeds(), &format!("{when}: content of seeds"));
    }
}

/// The seeds in the pool, each with the hash of its files: their names, owners, modes, times and bytes.
fn seeds() -> BTreeSet<String> {
    const HASH: &str = r#"cd /pool/seeds && for seed in *; do
        [ -d "$seed" ] || continue
        { find "$seed" -printf '%p %U:%G %m %T@\n' | sort; find "$seed" -type f -print0 | xargs -0 -P 2 -n 64 b2sum | sort -k 2; } |
            b2sum | sed "s/-/$seed/"
    done"#;
    output_of("docker", &["exec", "stage-pool-keeper", "sh", "-c", HASH]).lines().map(str::to_owned).collect()
}

/// Asserts that two listings are equal, and names the difference.
#[track_caller]
pub fn assert_same(before: &BTreeSet<String>, after: &BTreeSet<String>, when: &str) {
    let added: Vec<_> = after.difference(before).collect();
    let gone: Vec<_> = before.difference(after).collect();
    assert!(added.is_empty() && gone.is_empty(), "{when}: added {added:#?}, gone {gone:#?}");
}

/// The only container whose name matches both ends.
pub fn container(prefix: &str, suffix: &str) -> String {
    let names = output_of("docker", &["ps", "--format", "{{.Names}}"]);
    let matching: Vec<_> =
        names.lines().filter(|name| name.starts_with(prefix) && name.ends_with(suffix)).collect();
    assert_eq!(matching.len(), 1, "{prefix}*{suffix} among {names}");
    matching[0].to_owned()
}

/// What psql prints in a database container.
pub fn psql(container: &str, user: &str, sql: &str) -> String {
    output_of(
        "docker",
        &["exec", container, "psql", "-X", "-U", user, "-At", "-v", "ON_ERROR_STOP=1", "-c", sql],
    )
}
