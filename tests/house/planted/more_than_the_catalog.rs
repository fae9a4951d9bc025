//! Planted in `config/planted.rs`: more of a room than its catalog.
//! Fails as: `config` may not import `mask::apply`

use crate::mask;

fn planted() {
    mask::apply(mask::catalog());
}
