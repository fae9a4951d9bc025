//! What a command works with: the real world, this machine's settings, and listeners.

use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;

use super::Global;
use super::output::Output;
use super::progress::Progress;
use crate::model::error::{Error, ErrorKind, Result};
use crate::model::queue::QueueTerms;
use crate::run::Settings;
use crate::store::{format, holder, mask_key};
use crate::world::clock::SystemClock;
use crate::world::faults::Fault;
use crate::world::state::DiskState;
use crate::world::{Clock, StateFiles, World};

/// Everything that a command works with.
pub struct Session {
    /// The outside.
    pub world: World,
    /// This machine and its user.
    pub settings: Settings,
    /// Draws what the story tells.
    pub progress: Progress,
}

/// Reaches the engine and opens the state folder.
pub async fn open(global: &Global, output: Output) -> Result<Session> {
    let state = open_state(global)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let holder = holder::holder(state.as_ref(), &clock.fresh_run_id().0)?;
    let loaded = mask_key::load(state.as_ref(), global.mask_key.as_ref(), &clock.fresh_key())?;
    if loaded.is_new {
        output.say(&format!(
            "a new mask key was made in {} of the state folder; keep it: another key changes every masked value",
            mask_key::FILE
        ));
    }
    let world = reach(global, state, clock, &holder).await?;
    let settings = Settings { holder, mask_key: loaded.key, queue: QueueTerms::default() };
    Ok(Session { world, settings, progress: Progress::start(output) })
}

/// Reaches the engine for a command that only works with what stands: it needs no mask key, and makes none.
pub async fn look(global: &Global) -> Result<World> {
    let state = open_state(global)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let holder = holder::holder(state.as_ref(), &clock.fresh_run_id().0)?;
    reach(global, state, clock, &holder).await
}

async fn reach(
    global: &Global,
    state: Arc<dyn StateFiles>,
    clock: Arc<dyn Clock>,
    holder: &str,
) -> Result<World> {
    let fault = fault()?;
    let world = World::real(state, clock, holder, global.clones).await?;
    Ok(match fault {
        Some(fault) => fault.wrap(world),
        None => world,
    })
}

/// The state folder, once it is known to be of this build's version.
pub fn open_state(global: &Global) -> Result<Arc<dyn StateFiles>> {
    let state: Arc<dyn StateFiles> = Arc::new(DiskState::new(state_folder(global)?));
    format::open(state.as_ref())?;
    Ok(state)
}

/// The mask key that the environment holds, taken once.
pub fn mask_key_from_environment() -> Option<SecretString> {
    std::env::var("STAGE_MASK_KEY").ok().filter(|key| !key.trim().is_empty()).map(SecretString::from)
}

fn state_folder(global: &Global) -> Result<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    global
        .state
        .clone()
        .or_else(|| variable("XDG_STATE_HOME").map(|folder| folder.join("stage")))
        .or_else(|| variable("HOME").map(|home| home.join(".local/state/stage")))
        .ok_or_else(|| {
            Error::new(ErrorKind::Usage, "there is no place for the state folder: HOME is not set")
                .hint("name one with --state or STAGE_STATE")
        })
}

/// A fault that the tests ask for; see `world::faults`.
fn fault() -> Result<Option<Fault>> {
    let Ok(text) = std::env::var("STAGE_FAULT") else { return Ok(None) };
    Fault::parse(&text)
        .map(Some)
        .ok_or_else(|| Error::new(ErrorKind::Usage, format!("STAGE_FAULT is `{text}`, which is no fault")))
}
