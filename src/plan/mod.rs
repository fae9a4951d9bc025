//! Decides; pure.
