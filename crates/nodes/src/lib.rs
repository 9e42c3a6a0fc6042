//! Every node kind: one file each, and the table that lists them.

mod arrow;
mod facts;
mod file;
mod filter;
mod formula;
mod group_by;
mod join;
mod kafka;
mod kafka_source;
mod read_file;
mod select;
mod sort;
mod table;
mod union;
mod unique;
mod write_file;

use flowloom_flow::{Entry, Registry};

/// The table of kinds, sorted by id. A new kind is its file, its `mod` line with its row here, and `icons/<id>.svg`.
pub static KINDS: &[Entry] = &[
    Entry::of::<filter::Filter>(),
    Entry::of::<formula::FormulaNode>(),
    Entry::of::<group_by::GroupBy>(),
    Entry::of::<join::Join>(),
    Entry::of::<kafka_source::KafkaSource>(),
    Entry::of::<read_file::ReadFile>(),
    Entry::of::<select::Select>(),
    Entry::of::<sort::Sort>(),
    Entry::of::<table::Table>(),
    Entry::of::<union::Union>(),
    Entry::of::<unique::Unique>(),
    Entry::of::<write_file::WriteFile>(),
];

/// The table as engine, code generator and interface take it.
pub const REGISTRY: Registry = Registry(KINDS);
