// Planted in `run/planted.rs`: a file that does not say what it is.
// The next line is read by the test; the `//!` in it begins no header, as it stands in a comment.
/*
//! Fails as: has no `//!` header
*/

fn planted() {}
