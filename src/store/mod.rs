//! What we remember: versioned formats, folds over what `world` reads and writes.

pub mod fingerprints;
pub mod format;
pub mod holder;
pub mod journal;
pub mod mask_key;
pub mod reports;
