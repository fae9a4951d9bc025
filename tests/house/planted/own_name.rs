//! Planted in `cli/planted.rs`: the crate by its own name.
//! Fails as: `cli` may not import `execute::apply`

use stage::execute::apply;
