//! The one end-to-end test binary: each one links Polars again, so there is no second.
//!
//! Every module is one subject; the first group is the harness that the others stand on.

mod acl;
mod broker;
mod cache;
mod eventually;
mod flowloom;
mod gate;
mod group;
mod heaps;
mod held;
mod http;
mod job;
mod leaks;
mod message;
mod oidc;
mod passwords;
mod producer;
mod rows;
mod service;
mod topic;
mod vault;

mod studio;

mod arrows;
mod codec_avro;
mod codec_binary;
mod codec_reading;
mod codec_text;
mod connections;
mod export;
mod golden;
mod harness;
mod harness_services;
mod kafka_export;
mod kafka_export_lost;
mod kafka_export_settings;
mod kafka_live;
mod kafka_reading;
mod kafka_settings;
mod kafka_source;
mod kafka_trouble;
mod offsets;
mod python_export;
mod registry;
mod repo;
mod rust_export;
mod suggest;
#[cfg(target_os = "linux")]
mod window;
