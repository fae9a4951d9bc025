//! Planted in `seed/planted.rs`: supers that climb out of the room.
//! Fails as: `seed` may not import `world::Files`

use super::super::world::Files;
