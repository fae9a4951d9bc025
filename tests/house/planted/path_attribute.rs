//! Planted in `run/planted.rs`: a file out of its place.
//! Fails as: without `#[path]`

#[path = "../world/docker.rs"]
mod docker;
