//! Killed or interrupted around every call: afterwards one sweep leaves the engine as it was: seeds to the byte, and a stack
//! beside it that is none of it.

use super::engine::{Untouched, listing};
use super::points::{Bystander, Points, at_once, stand_up_missing, take_down_what_stands};
use super::stage::Stage;

/// How many runs with a fault one sweep follows. One in three dies.
const OF_A_BATCH: usize = 144;
/// The same where each of them has a stack that stands before: more would wait for their turn.
const OF_A_BATCH_THAT_STANDS: usize = 48;

#[test]
fn a_check_that_ends_around_any_call_is_swept() {
    let stage = Stage::of_the_tests();
    stage.run(&["seed", "build", "brief"]).exits(0);
    let bystander = Bystander::stand_up(&stage);
    let before = Untouched::look();
    let check = |_| stage.command(&["check", "brief"]);
    let mut points = Points::of("check", check(0));
    before.assert("after a check that nobody ended");
    for batch in points.batches(OF_A_BATCH) {
        points.happen(&batch, check);
        stage.run(&["sweep"]).exits(0);
        before.assert(&format!("{batch:?}, swept"));
    }
    before.assert_to_the_byte("after all points of a check");
    bystander.assert_untouched(&stage);
    points.tell(380);
    assert_no_journal(&stage);
}

#[test]
fn a_stack_whose_up_ends_around_any_call_stands_whole_or_is_swept() {
    let stage = Stage::of_the_tests();
    stage.run(&["seed", "build", "tiny"]).exits(0);
    let bystander = Bystander::stand_up(&stage);
    let before = Untouched::look();
    let up = |number| stage.command(&["up", "tiny", "--name", &format!("up-{number}")]);
    let mut points = Points::of("up", up(0));
    take_down_what_stands(&stage);
    for batch in points.batches(OF_A_BATCH) {
        points.happen(&batch, up);
        stage.run(&["sweep"]).exits(0);
        take_down_what_stands(&stage);
        before.assert(&format!("{batch:?}, swept"));
    }
    before.assert_to_the_byte("after all points of an up");
    bystander.assert_untouched(&stage);
    points.tell(200);
    assert_no_journal(&stage);
}

#[test]
fn a_stack_whose_down_ends_around_any_call_stands_whole_or_is_swept() {
    let stage = Stage::of_the_tests();
    stage.run(&["seed", "build", "tiny"]).exits(0);
    let bystander = Bystander::stand_up(&stage);
    let before = Untouched::look();
    stand_up_missing(&stage, &["traced".to_owned()]);
    let mut points = Points::of("down", stage.command(&["down", "traced"]));
    before.assert("after a down that nobody ended");
    for batch in points.batches(OF_A_BATCH_THAT_STANDS) {
        let names: Vec<String> = (0..batch.len()).map(|number| format!("down-{number}")).collect();
        stand_up_missing(&stage, &names);
        points.happen(&batch, |number| stage.command(&["down", &names[number]]));
        stage.run(&["sweep"]).exits(0);
        // Those whose end came before anything was to go stand whole.
        take_down_what_stands(&stage);
        before.assert(&format!("{batch:?}, swept"));
    }
    before.assert_to_the_byte("after all points of a down");
    bystander.assert_untouched(&stage);
    points.tell(160);
    assert_no_journal(&stage);
}

#[test]
fn a_seed_whose_build_ends_around_any_call_is_whole_or_swept() {
    let stage = Stage::of_the_tests();
    // One that no fault may damage.
    stage.run(&["seed", "build", "small"]).exits(0);
    let bystander = Bystander::stand_up(&stage);
    let before = Untouched::look();
    // Under another key the same backup is another seed, so builds need not wait for each other.
    let build = |number: usize| {
        let mut command = stage.command(&["seed", "build", "small"]);
        command.env("STAGE_MASK_KEY", format!("{:032x}", number + 1));
        command
    };
    let mut points = Points::of("seed build", build(0));
    remove_other_seeds(&stage, &before);
    for batch in points.batches(OF_A_BATCH) {
        points.happen(&batch, build);
        stage.run(&["sweep"]).exits(0);
        // From its registration on, a seed is meant to stay.
        remove_other_seeds(&stage, &before);
        before.assert(&format!("{batch:?}, swept"));
    }
    before.assert_to_the_byte("after all points of a seed build");
    bystander.assert_untouched(&stage);
    points.tell(260);
    assert_no_journal(&stage);
}

/// Removes the seeds that were not there before; each of them must be whole.
fn remove_other_seeds(stage: &Stage, before: &Untouched) {
    let now = listing();
    let others: Vec<&str> =
        now.difference(&before.listing).filter_map(|line| line.strip_prefix("volume stage-seed-")).collect();
    for key in &others {
        assert!(now.contains(&format!("subvolume {key}")), "seed {key} has no content");
    }
    for ran in at_once(others.iter().map(|key| stage.command(&["seed", "remove", key]))) {
        ran.exits(0);
    }
}

fn assert_no_journal(stage: &Stage) {
    let left: Vec<_> = stage.state_files().into_iter().filter(|file| file.starts_with("journals")).collect();
    assert!(left.is_empty(), "journals left: {left:?}");
}
