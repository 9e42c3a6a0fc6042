//! One file for each kind of connection, and the table that lists them.

mod azure_blob;
mod encryption;
mod gcs;
mod kafka;
mod local_folder;
mod mysql;
mod postgres;
mod s3;
mod schema_registry;
mod sql_server;
mod sqlite;
#[cfg(test)]
pub(crate) mod tests;

pub use azure_blob::{AzureBlob, AzureLogin};
pub use gcs::{Gcs, GcsLogin};
pub use kafka::Kafka;
pub(crate) use kafka::cluster::in_a_sentence;
pub use kafka::cluster::problem as kafka_problem;
pub use kafka::exported::Exported;
pub use local_folder::LocalFolder;
pub use mysql::Mysql;
pub use postgres::Postgres;
pub use s3::{S3, S3Login};
pub use schema_registry::SchemaRegistry;
pub use sql_server::{Connected, Encrypt, SqlServer};
pub use sqlite::Sqlite;

use crate::Entry;

/// In the order that people see.
pub const KINDS: &[Entry] = &[
    Entry::of::<Kafka>(),
    Entry::of::<SchemaRegistry>(),
    Entry::of::<Postgres>(),
    Entry::of::<Mysql>(),
    Entry::of::<SqlServer>(),
    Entry::of::<Sqlite>(),
    Entry::of::<S3>(),
    Entry::of::<Gcs>(),
    Entry::of::<AzureBlob>(),
    Entry::of::<LocalFolder>(),
];
