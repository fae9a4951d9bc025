//! Planted in `mask/planted.rs`: a group in the body of a macro.
//! Fails as: `mask` may not import `world::clock::Clock`

macro_rules! planted {
    () => {
        use $crate::{model::name::TableName, world::{clock::Clock}};
    };
}
