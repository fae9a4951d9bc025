//! Live tests: the built command on a real Docker Engine. One that cannot run fails; none is skipped.
//!
//! They compare full listings of the engine, so they run one at a time: `cargo test --test live -- --test-threads=1`
//! is what `scripts/test` runs, and a lock holds it for anybody else.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "live/bad_input.rs"]
mod bad_input;
#[path = "live/canaries.rs"]
mod canaries;
#[path = "live/clones.rs"]
mod clones;
#[path = "live/comparison.rs"]
mod comparison;
#[path = "live/crashes.rs"]
mod crashes;
#[path = "live/doubts.rs"]
mod doubts;
#[path = "live/egress.rs"]
mod egress;
#[path = "live/engine.rs"]
mod engine;
#[path = "live/engines.rs"]
mod engines;
#[path = "live/faults.rs"]
mod faults;
#[path = "live/frameworks.rs"]
mod frameworks;
#[path = "live/incident.rs"]
mod incident;
#[path = "live/leases.rs"]
mod leases;
#[path = "live/locks.rs"]
mod locks;
#[path = "live/look.rs"]
mod look;
#[path = "live/mail.rs"]
mod mail;
#[path = "live/objects.rs"]
mod objects;
#[path = "live/observer.rs"]
mod observer;
#[path = "live/points.rs"]
mod points;
#[path = "live/queue.rs"]
mod queue;
#[path = "live/rows.rs"]
mod rows;
#[path = "live/schema.rs"]
mod schema;
#[path = "live/second_engine.rs"]
mod second_engine;
#[path = "live/sequences.rs"]
mod sequences;
#[path = "live/several.rs"]
mod several;
#[path = "live/signals.rs"]
mod signals;
#[path = "live/stacks.rs"]
mod stacks;
#[path = "live/stage.rs"]
mod stage;
#[path = "live/state.rs"]
mod state;
#[path = "live/teardown.rs"]
mod teardown;
#[path = "live/tools.rs"]
mod tools;
#[path = "live/traffic.rs"]
mod traffic;
