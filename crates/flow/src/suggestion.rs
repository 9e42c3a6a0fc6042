//! A value that a setting may take, found outside: a topic of the cluster.

use serde::{Deserialize, Serialize};

/// One of the values that [`crate::Kind::suggest`] found for a setting.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Suggestion {
    /// What the setting would be.
    pub value: String,
    /// What helps to choose: `3 partitions`.
    pub detail: String,
}
