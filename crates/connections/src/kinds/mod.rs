//! One file for each kind of connection, and the table that lists them.

mod local_folder;

pub use local_folder::LocalFolder;

use crate::Entry;

/// In the order that people see.
pub const KINDS: &[Entry] = &[Entry::of::<LocalFolder>()];
