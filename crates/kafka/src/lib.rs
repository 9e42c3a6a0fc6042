//! Kafka for Flowloom: topics, offsets, schemas from samples, and the bounded read into Arrow.
//!
//! A leaf crate: it knows nothing of flows. The node `kafka_source` is written on top of it:
//!
//! 1. [`sample::infer_schema`] finds the value columns once;
//! 2. [`offsets::Group::ensure_idle`] says early that a later commit would be refused;
//! 3. [`read::read`] reads `[start, pinned end)` of every partition into record batches or, beyond a
//!    memory budget, into Arrow IPC files;
//! 4. [`offsets::Group::keep`] stores [`read::Reading::next_offsets`] under the group, once every sink has
//!    committed.
//!
//! Every call takes a [`Cancel`] and answers it within 200 ms, and fails within the cluster's connect
//! timeout with an [`Error`] in plain words when no broker answers.

mod cancel;
pub mod client;
pub mod codec;
pub mod dead_letter;
pub mod diagnose;
pub mod embedded;
mod error;
pub mod inspect;
mod memory;
pub mod offsets;
pub mod peek;
pub mod read;
pub mod registry;
pub mod sample;
pub mod show;
pub mod topic;
mod wire;

pub use cancel::Cancel;
pub use client::{
    AwsCredentials, Cluster, Kerberos, KnownProperty, Login, Mechanism, MskIam, Oidc, Security, Token,
    known_properties,
};
pub use error::{Domain, Error, Result};
pub use memory::share_c_heap;
