//! Planted in `render/planted.rs`: supers that climb out of a test module.
//! Fails as: `render` may not import `judge::judge`

#[cfg(test)]
mod tests {
    use super::super::super::judge::judge;
}
