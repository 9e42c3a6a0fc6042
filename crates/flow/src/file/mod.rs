//! The flow file: YAML that a person reads top-down and that diffs by line.
//!
//! ```yaml
//! flowloom: 1
//! name: Paid orders
//! nodes:
//!   orders:
//!     kind: kafka_source
//!     settings:
//!       topic: orders
//!   paid:
//!     kind: filter
//!     inputs: [orders]
//!     settings:
//!       conditions:
//!         - {column: status, op: "=", value: paid}
//! ```
//!
//! Defaults are left out, unknown fields and kinds are kept, comments are not: notes are the place for words.

mod disk;
mod emit;
mod inputs;
mod lines;
mod read;
pub(crate) mod scalar;
mod tree;
mod write;

#[cfg(test)]
mod round_trip;

pub use disk::{read, write};
pub use lines::Lines;
pub use write::save;

use crate::{Flow, Problem};
use tree::Tree;

/// Lifts a file of one version to the next. The first entry lifts version 1.
type Upgrade = fn(&mut Tree) -> Result<(), Problem>;

/// One entry for each older version of the format.
const UPGRADES: &[Upgrade] = &[];

/// The version that [`save`] writes.
pub const VERSION: usize = UPGRADES.len() + 1;

/// A flow that was read, and what is worth saying about its file.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub flow: Flow,
    /// What is odd but kept: fields that look like slips.
    pub warnings: Vec<Problem>,
    /// Where everything stands, for problems that are found later.
    pub lines: Lines,
}

/// The flow in `text`, or everything that is wrong with it, with lines.
pub fn load(text: &str) -> Result<Flow, Vec<Problem>> {
    parse(text).map(|loaded| loaded.flow)
}

/// Any YAML as its value, under the same rules as a flow: no tags, no anchors, no key twice.
pub fn value(text: &str) -> Result<serde_json::Value, Vec<Problem>> {
    tree::parse(text).map(Tree::into_value)
}

/// A map as YAML, in block style.
pub fn yaml(map: &serde_json::Map<String, serde_json::Value>) -> String {
    let mut out = String::new();
    for (key, value) in map {
        emit::entry(&mut out, 0, key, value);
    }
    out
}

/// As [`load`], with warnings and lines.
pub fn parse(text: &str) -> Result<Loaded, Vec<Problem>> {
    read::flow(tree::parse(text)?, UPGRADES)
}
