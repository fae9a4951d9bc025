//! Planted in `mask/planted.rs`: a path in the tokens of a macro.
//! Fails as: `mask` may not import `seed::load`

fn planted() {
    assert!(matches!(crate::seed::load(), Ok(_)));
}
