//! Report to text; pure.
