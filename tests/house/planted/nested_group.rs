//! Planted in `render/planted.rs`: a nested group.
//! Fails as: `render` may not import `judge::guards::Guard`

use crate::{
    model::{guard::Finding, report::Report},
    judge::{guards::{Guard}},
};
