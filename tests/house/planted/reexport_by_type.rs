//! Planted in `store/planted.rs`: a type alias that passes on what another room owns.
//! Fails as: `store` may not re-export `world::World`

use crate::world::World;

pub type Outside = World;
