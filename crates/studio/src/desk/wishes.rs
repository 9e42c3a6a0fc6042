//! What the window and the desk's thread hand each other.

use std::collections::BTreeMap;
use std::path::PathBuf;

use flowloom_flow::Problem;
use flowloom_store::Draft;
use serde_json::Value;

use crate::remember::PastRun;

/// What earlier sessions left.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    pub preferences: BTreeMap<String, Value>,
    /// Newest first.
    pub recent: Vec<Recent>,
    /// Unsaved flows of programs that died, newest first. They are this program's now: drop each one that
    /// the user does not want, or that was saved.
    pub drafts: Vec<Draft>,
}

/// A flow file that was in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recent {
    pub path: PathBuf,
    /// Milliseconds since 1970 UTC.
    pub opened_ms: i64,
    /// It was not there at the start: deleted, or on a drive that is not.
    pub is_missing: bool,
}

/// What is to be written, or looked up; the last wish about a thing counts.
#[derive(Default)]
pub(super) struct Wishes {
    pub(super) preferences: BTreeMap<String, Value>,
    /// When it was opened; `None`: forget it.
    pub(super) recent: BTreeMap<PathBuf, Option<i64>>,
    /// `None`: drop it.
    pub(super) drafts: BTreeMap<String, Option<Draft>>,
    pub(super) runs: Option<u32>,
}

impl Wishes {
    /// Puts back what could not be done, except where there is a newer wish.
    pub(super) fn put_back(&mut self, old: Self) {
        for (key, value) in old.preferences {
            self.preferences.entry(key).or_insert(value);
        }
        for (path, opened_ms) in old.recent {
            self.recent.entry(path).or_insert(opened_ms);
        }
        for (id, draft) in old.drafts {
            self.drafts.entry(id).or_insert(draft);
        }
        self.runs = self.runs.or(old.runs);
    }
}

#[derive(Default)]
pub(super) struct Shared {
    pub(super) wishes: Wishes,
    /// Wishes that were ever made, and those of them that are fulfilled.
    pub(super) asked: u64,
    pub(super) done: u64,
    pub(super) loaded: Option<Loaded>,
    pub(super) runs: Option<Vec<PastRun>>,
    pub(super) problems: Vec<Problem>,
    pub(super) draft_ids: u64,
    pub(super) draft_base: Option<i64>,
}

impl Shared {
    pub(super) fn is_settled(&self) -> bool {
        self.done == self.asked
    }
}
