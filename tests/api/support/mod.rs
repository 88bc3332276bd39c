//! What several tests share.

pub mod cluster;
pub mod compare;
pub mod conformance;
pub mod cpu;
pub mod data;
pub mod database;
pub mod dice;
pub mod disclosures;
pub mod document;
pub mod docx;
pub mod dump;
pub mod executor;
pub mod facts;
pub mod generated;
pub mod graph;
pub mod introspection;
pub mod operand;
pub mod price;
pub mod sample;
pub mod tls;
pub mod world;
pub mod write;
