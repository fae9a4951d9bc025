//! Rows to masked rows.
