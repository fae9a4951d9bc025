#![doc = include_str!("README.md")]

pub mod model;

pub mod config;
pub mod plan;

pub mod archive;
pub mod mask;
pub mod seed;

pub mod judge;
pub mod observe;
pub mod render;

pub mod execute;
pub mod run;
pub mod store;
pub mod world;

pub mod cli;
