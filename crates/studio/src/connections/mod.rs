//! Connections: where they are found, how they are kept, tried and looked through.

mod book;
#[cfg(test)]
mod tests;
mod uses;
mod work;

use std::sync::Arc;

pub use flowloom_connections::{Card, Entry, Group, KINDS, Origin, Preset, Settings, credentials, kind};
use flowloom_flow::Problem;
pub use flowloom_net::{State, Step};
use parking_lot::Mutex;

pub use book::{Book, Rotated};
pub use uses::Use;
pub(crate) use work::start;

/// Something that grows while a job goes on. Locked for moments only.
pub type Live<T> = Arc<Mutex<T>>;

/// A connection in a list.
#[derive(Clone, Debug)]
pub struct Listed {
    pub name: String,
    /// `None`: a newer Flowloom has made it.
    pub card: Option<&'static Card>,
    pub kind: String,
    /// What it reaches, without secrets.
    pub caption: String,
    pub origin: Origin,
    /// Milliseconds since 1970 UTC; `None`: it is not in the store.
    pub changed_ms: Option<i64>,
    /// Why it cannot be used.
    pub problem: Option<Problem>,
}

/// A connection as it is edited.
#[derive(Clone, Debug)]
pub struct Draft {
    pub name: String,
    /// Its name in the store; `None`: it is new.
    pub before: Option<String>,
    pub settings: Box<dyn Settings>,
}

impl PartialEq for Draft {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.before == other.before && *self.settings == *other.settings
    }
}

/// What somebody wants of connections.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// All of them, by name.
    List,
    /// One of the store, to edit it.
    Draft { name: String },
    /// Puts it into the store.
    Keep { draft: Draft },
    /// Takes it out of the store, with its secrets.
    Remove { name: String },
    /// Flows that name it, among those that this person has used.
    Uses { name: String },
    /// Tries it step by step; [`crate::Reply::Test`] shows the steps as they come.
    Test { draft: Draft },
    /// As [`Ask::Test`], of one that may come from anywhere.
    TestNamed { name: String },
}

/// What came of an [`Ask`].
#[derive(Debug)]
pub enum Answer {
    List(Vec<Listed>),
    Draft(Draft),
    /// It is in the store under this name. The notice is about the key that locks its secrets, once.
    Kept {
        name: String,
        notice: Option<String>,
    },
    Removed {
        name: String,
    },
    Uses(Vec<Use>),
    Tested(Vec<Step>),
}
