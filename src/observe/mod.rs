//! Facts to Change; pure.
