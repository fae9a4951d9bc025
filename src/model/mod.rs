//! The nouns. Values only: no async, no I/O, no clock, no randomness; imports nothing of this crate.

pub mod approval;
pub mod backup;
pub mod call;
pub mod catalog;
pub mod change;
pub mod container;
pub mod digest;
pub mod environment;
pub mod error;
pub mod event;
pub mod exec;
pub mod guard;
pub mod inventory;
pub mod label;
pub mod log;
pub mod lsn;
pub mod masking;
pub mod migration;
pub mod name;
pub mod plan;
pub mod quantity;
pub mod report;
pub mod seed;
pub mod service;
pub mod stack;
pub mod suite;
