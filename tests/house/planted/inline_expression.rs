//! Planted in `plan/planted.rs`: an inline path in an expression.
//! Fails as: `plan` may not import `execute::apply`

fn planted() {
    let _ = crate::execute::apply;
}
