//! One file for each kind of connection, and the table that lists them.

mod encryption;
mod kafka;
mod local_folder;
mod schema_registry;

pub use kafka::Kafka;
pub(crate) use kafka::cluster::in_a_sentence;
pub use kafka::cluster::problem as kafka_problem;
pub use kafka::exported::Exported;
pub use local_folder::LocalFolder;
pub use schema_registry::SchemaRegistry;

use crate::Entry;

/// In the order that people see.
pub const KINDS: &[Entry] =
    &[Entry::of::<Kafka>(), Entry::of::<SchemaRegistry>(), Entry::of::<LocalFolder>()];
