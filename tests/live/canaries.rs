//! Personal data that must not leak: while a stack stands, no canary of the backup is anywhere on the staging side.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use aho_corasick::{AhoCorasick, MatchKind};
use rustix::fs::{SeekFrom, seek};

use super::engine::{assert_same, listing, output_of};
use super::incident::checked;
use super::stage::{Stage, repository, tell};

const CHUNK_BYTES: usize = 8 << 20;

/// What is looked for: what must be nowhere, and a word that must be found. Apart, so that no hit hides another.
struct Needles {
    canaries: AhoCorasick,
    kept: AhoCorasick,
}

/// Bytes looked at; canaries by number, and places of the word, with where.
#[derive(Default)]
struct Hits {
    bytes: u64,
    leaked: BTreeSet<(usize, PathBuf)>,
    kept: BTreeSet<PathBuf>,
}

impl Hits {
    fn look_at(&mut self, needles: &Needles, bytes: &[u8], place: &Path) {
        let leaks = needles.canaries.find_iter(bytes);
        self.leaked.extend(leaks.map(|hit| (hit.pattern().as_usize(), place.to_owned())));
        if !self.kept.contains(place) && needles.kept.is_match(bytes) {
            self.kept.insert(place.to_owned());
        }
    }

    /// Only the parts of a file that hold something: the pool's is mostly holes.
    fn look_at_file(&mut self, needles: &Needles, path: &Path) {
        let Ok(mut file) = File::open(path) else { return };
        let overlap = 256;
        let mut at = 0_u64;
        while let Ok(data) = seek(&file, SeekFrom::Data(at)) {
            let Ok(hole) = seek(&file, SeekFrom::Hole(data)) else { return };
            if seek(&file, SeekFrom::Start(data)).is_err() {
                return;
            }
            let mut left = hole - data;
            let mut buffer: Vec<u8> = Vec::new();
            while left > 0 {
                let keep = buffer.len().min(overlap);
                buffer.drain(..buffer.len() - keep);
                let wanted = left.min(CHUNK_BYTES as u64);
                let Ok(read) = (&mut file).take(wanted).read_to_end(&mut buffer) else { return };
                if read == 0 {
                    break;
                }
                left -= read as u64;
                self.bytes += read as u64;
                self.look_at(needles, &buffer, path);
            }
            at = hole;
        }
    }

    fn look_at_folder(&mut self, needles: &Needles, folder: &Path) {
        for file in files_of(folder) {
            self.look_at_file(needles, &file);
        }
    }

    /// The engine's data root, whose files are shared out among two threads.
    fn of_engine(needles: &Needles, root: &Path) -> Self {
        let mut files = files_of(root);
        // The pool's is as long as half of the others: whoever takes it has done its share.
        files.sort_by_cached_key(|file| Reverse(fs::metadata(file).map_or(0, |found| found.blocks())));
        let open = Mutex::new(files.into_iter());
        let look = || {
            let mut hits = Self::default();
            while let Some(file) = { open.lock().unwrap().next() } {
                hits.look_at_file(needles, &file);
            }
            hits
        };
        thread::scope(|scope| {
            let other = scope.spawn(look);
            let mut hits = look();
            let other = other.join().unwrap();
            hits.bytes += other.bytes;
            hits.leaked.extend(other.leaked);
            hits.kept.extend(other.kept);
            hits
        })
    }

    /// Arguments and environment of every process but this one.
    fn look_at_processes(&mut self, needles: &Needles) {
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.parse::<u32>().is_err() || name == std::process::id().to_string() {
                continue;
            }
            for file in ["cmdline", "environ"] {
                if let Ok(bytes) = fs::read(entry.path().join(file)) {
                    self.bytes += bytes.len() as u64;
                    self.look_at(needles, &bytes, &entry.path().join(file));
                }
            }
        }
    }
}

/// All files of a folder, in no order.
fn files_of(folder: &Path) -> Vec<PathBuf> {
    let (mut files, mut open) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                Ok(kind) if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files
}

#[test]
fn while_a_stack_stands_no_canary_is_in_volumes_pool_images_logs_reports_journals_or_processes() {
    let canaries = fs::read_to_string(repository("environments/incident/canaries.txt")).unwrap();
    let patterns: Vec<&str> = canaries.lines().filter(|line| !line.is_empty()).collect();
    assert!(patterns.len() >= 20, "only {} canaries", patterns.len());
    // What is kept must be found, or the search would prove nothing.
    let kept = AhoCorasick::new(["item_datafeed"]).unwrap();
    // The only kind of match for which bytes are compared many at a time.
    let canaries = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(&patterns).unwrap();
    let needles = Needles { canaries, kept };

    let stage = Stage::of_the_demo();
    let checked = checked(&stage);
    for part in ["stdout", "stderr", "r.md", "r.xml", "state"] {
        let is_there = checked.files.iter().any(|(path, _)| path.iter().any(|name| name == part));
        assert!(is_there, "the check wrote no {part}");
    }
    let before = listing();

    // Killed when it is about to take the stack down, so that the stack stands as after `stage up`, suite and all.
    let killed = stage.run_with_fault("kill-before:undo#1", &["check", "incident"]);
    assert_eq!(killed.code, None, "{}", killed.stderr);
    let standing = listing();
    assert!(standing.iter().any(|line| line.starts_with("container stage-incident-")), "{standing:?}");
    // What PostgreSQL holds in memory reaches the pool's file.
    output_of("sync", &[]);

    let root = output_of("docker", &["info", "--format", "{{.DockerRootDir}}"]);
    let mut hits = Hits::of_engine(&needles, Path::new(root.trim()));
    let engine_bytes = hits.bytes;
    hits.look_at_folder(&needles, stage.state.path());
    for (path, bytes) in &checked.files {
        hits.bytes += bytes.len() as u64;
        hits.look_at(&needles, bytes, path);
    }
    hits.look_at_processes(&needles);

    stage.run(&["sweep"]).exits(0);
    assert_same(&before, &listing(), "after the sweep");
    tell(&format!("bytes searched for canaries: {engine_bytes} of the engine, {} in all", hits.bytes));
    assert!(hits.leaked.is_empty(), "canaries by number and place: {:?}", hits.leaked);
    let is_of_pool = |place: &PathBuf| place.to_string_lossy().contains("stage-pool");
    assert!(hits.kept.iter().any(is_of_pool), "the pool was not read");
    assert!(engine_bytes > 500_000_000, "only {engine_bytes} bytes were there to search");
}
