//! Planted in `config/planted.rs`: a file read in a pure room.
//! Fails as: `config` is pure and may not use `std::fs::read`

fn planted() {
    let _ = std::fs::read("stage.yaml");
}
