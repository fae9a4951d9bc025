//! Planted in `archive/planted.rs`: a runtime in a group.
//! Fails as: `archive` is pure and may not use `tokio::fs`

use {std::io::Read, tokio::fs};
