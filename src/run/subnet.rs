//! Two runs that plan at once may choose the same subnet: the slower one plans again.

use crate::execute::Run;
use crate::model::error::{Error, ErrorKind, Result};
use crate::plan::Identity;

/// How often another subnet is tried when somebody else took the chosen one in the meantime.
pub const TRIES: u32 = 5;

/// Whether what failed did so because somebody else took the subnet first, with tries left. The network that was not made
/// tells it: the other's may not be listed yet, or be gone again.
pub async fn was_taken(run: &Run, identity: &Identity, error: &Error, attempt: u32) -> Result<bool> {
    if error.kind != ErrorKind::NoRoom || attempt + 1 >= TRIES {
        return Ok(false);
    }
    let now = run.world.engine.inventory(&[]).await?;
    let own = identity.names().network();
    Ok(!now.networks.iter().any(|network| network.name == own))
}

/// None of the tries had one.
pub fn none_left() -> Error {
    Error::new(ErrorKind::NoRoom, format!("no subnet could be had in {TRIES} tries"))
        .hint("run fewer stacks at once")
}
