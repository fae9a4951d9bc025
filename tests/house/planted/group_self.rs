//! Planted in `world/planted.rs`: a room as self of a group.
//! Fails as: `world` may not import `store`

use crate::store::{self};
