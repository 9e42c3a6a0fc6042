//! The one end-to-end test binary: each one links Polars again, so there is no second.
//!
//! Every module is one subject; the first group is the harness that the others stand on.

mod broker;
mod cache;
mod eventually;
mod flowloom;
mod group;
mod message;
mod producer;
mod topic;

mod arrows;
mod harness;
mod kafka_source;
mod kafka_trouble;
mod registry;
mod repo;
