//! Planted in `main.rs`: a doorbell that does more than ring.
//! Fails as: `main` may not import `run::check`

fn main() {
    stage::run::check();
}
