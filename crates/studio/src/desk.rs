//! What survives between sessions of the studio: preferences, recent files, drafts of unsaved flows.
//!
//! A window must not wait for a disk, so every call here only leaves a wish for the desk's own thread, or
//! takes what that thread has found. Wishes about one thing replace each other: a slow disk costs
//! intermediate drafts, never memory and never a frame.

mod wishes;
mod work;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Sender, TrySendError, bounded};
use flowloom_flow::Problem;
use flowloom_store::Store;
use parking_lot::{Condvar, Mutex};
use serde_json::Value;

pub use flowloom_store::Draft;

pub use self::wishes::{Loaded, Recent};
use self::wishes::{Shared, Wishes};
use crate::remember::{PastRun, now_ms};
use crate::store::store_notices;

/// The way to the store for a window. Dropping it writes what is still to be written.
pub struct Desk {
    shared: Arc<Mutex<Shared>>,
    settled: Arc<Condvar>,
    /// One bell is enough: whoever hears it takes all wishes.
    bell: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Desk {
    /// The desk of this user's store. Never fails: what is wrong with the store is among [`Desk::problems`].
    pub fn open() -> Self {
        Self::of(Store::home)
    }

    /// The desk of the store in `folder`.
    pub fn open_in(folder: PathBuf) -> Self {
        Self::of(move || Ok(folder.clone()))
    }

    fn of(home: impl Fn() -> Result<PathBuf, flowloom_store::Error> + Send + 'static) -> Self {
        let shared = Arc::new(Mutex::new(Shared::default()));
        let settled = Arc::new(Condvar::new());
        let (bell, rung) = bounded(1);
        let (of_thread, is_settled) = (Arc::clone(&shared), Arc::clone(&settled));
        let thread = std::thread::Builder::new()
            .name("flowloom-desk".to_owned())
            .spawn(move || work::run(&of_thread, &is_settled, &rung, home));
        let thread = match thread {
            Ok(thread) => Some(thread),
            Err(error) => {
                let mut shared = shared.lock();
                shared.loaded = Some(Loaded::default());
                shared.problems.push(
                    Problem::external("nothing is kept for the next start: no thread could be started")
                        .source(error),
                );
                None
            }
        };
        Self { shared, settled, bell: Some(bell), thread }
    }

    /// What earlier sessions left; once, when it has been read. With a broken store it is empty.
    pub fn loaded(&self) -> Option<Loaded> {
        self.shared.lock().loaded.take()
    }

    /// What went wrong since the last call.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = std::mem::take(&mut self.shared.lock().problems);
        problems.extend(store_notices());
        problems
    }

    pub fn set_preference(&self, key: impl Into<String>, value: Value) {
        self.wish(|wishes| {
            wishes.preferences.insert(key.into(), value);
        });
    }

    /// Puts a file first among the recent ones; it was opened or saved.
    pub fn remember(&self, path: &Path) {
        // The path counts from the folder that the program stands in now.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        self.wish(|wishes| {
            wishes.recent.insert(path, Some(now_ms()));
        });
    }

    /// Takes a file off the recent ones.
    pub fn forget(&self, path: &Path) {
        self.wish(|wishes| {
            wishes.recent.insert(path.to_owned(), None);
        });
    }

    /// Keeps `draft` in place of an earlier one of its id, until it is dropped or this program's next
    /// start finds it. Durable once [`Desk::is_settled`].
    pub fn keep_draft(&self, draft: Draft) {
        self.wish(|wishes| {
            wishes.drafts.insert(draft.id.clone(), Some(draft));
        });
    }

    /// Its flow was saved, or given up.
    pub fn drop_draft(&self, id: &str) {
        self.wish(|wishes| {
            wishes.drafts.insert(id.to_owned(), None);
        });
    }

    /// An id for the draft of one open flow; no other process makes the same.
    pub fn new_draft_id(&self) -> String {
        let mut shared = self.shared.lock();
        shared.draft_ids += 1;
        let number = shared.draft_ids;
        let base = *shared.draft_base.get_or_insert_with(now_ms);
        format!("{:x}-{base:x}-{number}", std::process::id())
    }

    /// Asks for the newest `limit` runs; [`Desk::runs`] gives them.
    pub fn look_up_runs(&self, limit: u32) {
        self.wish(|wishes| wishes.runs = Some(limit));
    }

    /// The runs that were asked for, newest first; once for each answer.
    pub fn runs(&self) -> Option<Vec<PastRun>> {
        self.shared.lock().runs.take()
    }

    /// Whether all that was asked for is in the store.
    pub fn is_settled(&self) -> bool {
        self.shared.lock().is_settled()
    }

    /// Waits until all that was asked for is in the store; whether it is. For the exit.
    pub fn flush(&self, within: Duration) -> bool {
        let deadline = Instant::now() + within;
        let mut shared = self.shared.lock();
        while !shared.is_settled() {
            if self.settled.wait_until(&mut shared, deadline).timed_out() {
                return shared.is_settled();
            }
        }
        true
    }

    fn wish(&self, change: impl FnOnce(&mut Wishes)) {
        let mut shared = self.shared.lock();
        change(&mut shared.wishes);
        shared.asked += 1;
        drop(shared);
        if let Some(Err(TrySendError::Disconnected(()))) = self.bell.as_ref().map(|bell| bell.try_send(())) {
            tracing::debug!("the desk has no thread; this is not kept");
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        drop(self.bell.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::warn!("the desk's thread panicked");
        }
    }
}

#[cfg(test)]
mod tests;
