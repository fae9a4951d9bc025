//! Planted in `render/planted.rs`: text to the terminal.
//! Fails as: `render` is pure and may not use `println`

fn planted() {
    println!("passed");
}
