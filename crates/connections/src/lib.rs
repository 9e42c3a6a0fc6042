//! Connections: named access to a cluster, a registry, a database or a bucket.
//!
//! One file for each kind, listed in [`KINDS`]. A kind's file has its form, its test and what it is built of; nothing
//! else knows a kind by name but who builds a client of it.

mod bucket;
mod described;
mod details;
pub mod environment;
pub mod file;
mod host;
mod kind;
pub mod kinds;
mod named;
mod open;
pub mod reference;
mod runtime;
mod ssl_mode;
mod uri;
mod walk;
mod wire;

use flowloom_flow::Problem;

pub use described::{Description, describe};
pub use kind::{Card, Entry, Group, Kind, Parts, Preset, Settings, Variables};
pub use kinds::kafka_problem;
pub use named::{Named, Origin, check_name};
pub use open::{locked, open, resolved};
pub use ssl_mode::SslMode;
pub use uri::parts;
pub use walk::{Held, Walk, credentials, open_key, put_credentials, with_kept};

/// Every kind of connection, in the order that people see.
pub const KINDS: &[Entry] = kinds::KINDS;

/// The kind of this id.
pub fn kind(id: &str) -> Result<&'static Entry, Problem> {
    KINDS.iter().find(|entry| entry.card.id == id).ok_or_else(|| {
        let known: Vec<_> = KINDS.iter().map(|entry| format!("`{}`", entry.card.id)).collect();
        Problem::user(format!("there is no kind of connection `{id}`"))
            .hint(format!("known are {}", known.join(", ")))
    })
}
