//! Planted in `store/planted.rs`: a glob.
//! Fails as: `store` may not import `execute`

use crate::execute::*;
