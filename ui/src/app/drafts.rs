//! Unsaved work is kept aside a moment after each change, so that a crash loses seconds at most.

use std::time::{Duration, Instant};

use egui::Context;
use flowloom_flow::{Flow, file};
use flowloom_studio::{Command, Draft, FlowKey, Reply};

use super::App;
use super::disk::Then;
use crate::dialog::Dialog;

/// After the last change, so that typing does not write at each key.
const QUIET: Duration = Duration::from_millis(700);

/// What the store has of an unsaved flow.
#[derive(Debug)]
pub(super) struct Kept {
    id: String,
    /// Revision of the document that is kept.
    revision: u64,
    /// Revision that was last seen, and since when it stands still.
    seen: u64,
    since: Instant,
}

impl App {
    /// Keeps each unsaved flow aside once it stands still.
    pub(super) fn keep_drafts(&mut self, ctx: &Context) {
        if !self.is_loaded {
            return;
        }
        for doc in self.docs.iter().filter(|doc| !doc.is_saved) {
            let kept = self.drafts.entry(doc.key).or_insert_with(|| Kept {
                id: self.desk.new_draft_id(),
                revision: 0,
                seen: 0,
                since: Instant::now(),
            });
            if kept.seen != doc.revision {
                kept.seen = doc.revision;
                kept.since = Instant::now();
            }
            if kept.revision == doc.revision {
                continue;
            }
            match QUIET.checked_sub(kept.since.elapsed()) {
                Some(rest) if !rest.is_zero() => ctx.request_repaint_after(rest),
                _ => {
                    kept.revision = doc.revision;
                    self.desk.keep_draft(Draft {
                        id: kept.id.clone(),
                        path: doc.path.clone(),
                        flow: doc.title(),
                        text: file::save(&doc.flow),
                        saved_ms: flowloom_studio::now_ms(),
                    });
                }
            }
        }
        let done: Vec<FlowKey> = self
            .docs
            .iter()
            .filter(|doc| doc.is_saved && self.drafts.contains_key(&doc.key))
            .map(|doc| doc.key)
            .collect();
        for key in done {
            self.drop_draft(key);
        }
    }

    pub(super) fn drop_draft(&mut self, key: FlowKey) {
        if let Some(kept) = self.drafts.remove(&key) {
            self.desk.drop_draft(&kept.id);
        }
    }

    /// Asks what is to become of the next piece of unsaved work that was found.
    pub(super) fn offer_draft(&mut self) {
        if self.dialog.is_none()
            && let Some(draft) = self.found.front()
        {
            self.dialog = Some(Dialog::recover(draft, self.found.len()));
        }
    }

    /// Opens the found draft as unsaved work, or lets it go.
    pub(super) fn decide_draft(&mut self, is_wanted: bool) {
        let Some(draft) = self.found.pop_front() else { return };
        if is_wanted {
            self.recover(draft);
        } else {
            self.desk.drop_draft(&draft.id);
        }
        self.offer_draft();
    }

    fn recover(&mut self, draft: Draft) {
        let flow = match file::load(&draft.text) {
            Ok(flow) => flow,
            Err(problems) => return self.tell_all(problems),
        };
        // Over its file where that still opens, so that saving goes where it came from.
        match draft.path.clone() {
            Some(path) => self.load_file(path, Then::Recover(draft, Box::new(flow))),
            None => self.recover_alone(&draft, flow),
        }
    }

    /// Unsaved work in place of what the open flow `key` holds.
    pub(super) fn recover_over(&mut self, key: FlowKey, draft: &Draft, flow: Flow) {
        self.show_tab(key);
        if self.send(Command::Replace { flow: key, with: flow }) {
            self.desk.drop_draft(&draft.id);
        }
    }

    /// Unsaved work as a flow without a file.
    pub(super) fn recover_alone(&mut self, draft: &Draft, flow: Flow) {
        let folder = self.folder();
        match self.session.send(Command::New { flow: Flow::default(), folder }) {
            Ok(Reply::Opened { flow: key, .. }) => {
                if self.show(key).is_some() {
                    self.recover_over(key, draft, flow);
                }
            }
            Ok(_) => {}
            Err(problems) => self.tell_all(problems),
        }
    }
}
