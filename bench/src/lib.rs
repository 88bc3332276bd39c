//! What measuring and tormenting the service both need: its process, a world to serve, a server of PostgreSQL, HTTP, and
//! made-up data. The commands of `bench` stand in its program, those of `torture` in theirs.

pub mod cluster;
pub mod dice;
pub mod http;
pub mod projects;
pub mod service;
pub mod usage;
pub mod world;

/// Whatever goes wrong ends the run.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
/// What a step gives.
pub type Done<T> = Result<T, Failure>;
