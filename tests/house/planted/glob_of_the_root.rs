//! Planted in `mask/planted.rs`: everything of the root.
//! Fails as: `mask` may not import the whole crate

use crate::*;
