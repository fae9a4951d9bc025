//! Planted in `judge/planted.rs`: an item of the root.
//! Fails as: `judge` may not import `Anything`

use crate::Anything;
