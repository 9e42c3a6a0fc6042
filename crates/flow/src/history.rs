//! Undo and redo by snapshot: a flow is small and shared, so that each step keeps the whole of it.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::{Edit, Flow, Problem, Registry};

/// The states of one open flow.
#[derive(Clone, Debug)]
pub struct History {
    past: VecDeque<Arc<Flow>>,
    now: Arc<Flow>,
    future: Vec<Arc<Flow>>,
    saved: Option<Arc<Flow>>,
    /// Key of the gesture that made `now`, while it goes on.
    gesture: Option<String>,
    /// Steps that can be undone.
    limit: usize,
}

impl History {
    /// Steps that can be undone, unless [`History::with_limit`] says otherwise.
    pub const LIMIT: usize = 1000;

    /// Starts at `flow`, which is in its file already or is new and empty.
    pub fn new(flow: Flow) -> Self {
        let now = Arc::new(flow);
        Self {
            past: VecDeque::new(),
            saved: Some(Arc::clone(&now)),
            now,
            future: Vec::new(),
            gesture: None,
            limit: Self::LIMIT,
        }
    }

    #[must_use]
    pub fn with_limit(mut self, steps: usize) -> Self {
        self.limit = steps;
        self
    }

    pub fn flow(&self) -> &Arc<Flow> {
        &self.now
    }

    /// Applies `edit` as a step of its own.
    pub fn edit(&mut self, edit: &Edit, registry: Registry) -> Result<(), Problem> {
        self.edit_during(edit, registry, None)
    }

    /// Applies `edit`. Edits in a row with one `gesture` are one step: a drag, typing into one field.
    pub fn edit_during(
        &mut self,
        edit: &Edit,
        registry: Registry,
        gesture: Option<&str>,
    ) -> Result<(), Problem> {
        let flow = edit.apply(&self.now, registry)?;
        self.push(flow, gesture);
        Ok(())
    }

    /// Goes on to `flow`; a flow that is equal is no step.
    pub fn push(&mut self, flow: Flow, gesture: Option<&str>) {
        if flow == *self.now {
            return;
        }
        let is_going_on = gesture.is_some() && self.gesture.as_deref() == gesture;
        let before = std::mem::replace(&mut self.now, Arc::new(flow));
        if !is_going_on {
            self.past.push_back(before);
            self.gesture = gesture.map(str::to_owned);
        }
        while self.past.len() > self.limit {
            self.past.pop_front();
        }
        self.future.clear();
    }

    /// The next edit is a new step, whatever its gesture: the mouse was released, the field was left.
    pub fn end_gesture(&mut self) {
        self.gesture = None;
    }

    /// One step back; whether there was one.
    pub fn undo(&mut self) -> bool {
        self.end_gesture();
        while let Some(before) = self.past.pop_back() {
            // A gesture may have ended where it began.
            if before != self.now {
                self.future.push(std::mem::replace(&mut self.now, before));
                return true;
            }
        }
        false
    }

    /// One undone step forward again; whether there was one.
    pub fn redo(&mut self) -> bool {
        self.end_gesture();
        let Some(next) = self.future.pop() else { return false };
        self.past.push_back(std::mem::replace(&mut self.now, next));
        true
    }

    pub fn can_undo(&self) -> bool {
        self.past.iter().any(|before| *before != self.now)
    }

    pub fn can_redo(&self) -> bool {
        !self.future.is_empty()
    }

    /// The file now holds `flow`: this state, or one that it was while the file was written.
    pub fn mark_saved(&mut self, flow: &Arc<Flow>) {
        self.saved = Some(Arc::clone(flow));
    }

    /// The file is gone or holds something else.
    pub fn mark_unsaved(&mut self) {
        self.saved = None;
    }

    /// Whether the file holds this state, also when undo or edits came back to it.
    pub fn is_saved(&self) -> bool {
        self.saved.as_ref().is_some_and(|saved| Arc::ptr_eq(saved, &self.now) || saved == &self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Registry = Registry(&[]);

    fn name(history: &mut History, name: &str, gesture: Option<&str>) {
        history.edit_during(&Edit::SetName { name: name.to_owned() }, NONE, gesture).expect("renamed");
    }

    #[test]
    fn a_gesture_is_one_step() {
        let mut history = History::new(Flow::default());
        for text in ["a", "ab", "abc"] {
            name(&mut history, text, Some("name"));
        }
        history.end_gesture();
        name(&mut history, "abcd", Some("name"));
        name(&mut history, "x", None);
        name(&mut history, "y", None);
        let mut seen = Vec::new();
        while history.undo() {
            seen.push(history.flow().name.clone());
        }
        assert_eq!(seen, ["x", "abcd", "abc", ""]);
        assert!(history.redo() && history.flow().name == "abc");
        name(&mut history, "z", Some("name"));
        assert!(!history.redo(), "a new edit ends what could be redone");
        assert!(history.undo() && history.flow().name == "abc", "undo ends a gesture");
    }

    #[test]
    fn nothing_changed_is_no_step() {
        let mut history = History::new(Flow::default());
        name(&mut history, "", None);
        assert!(!history.can_undo());
        name(&mut history, "a", Some("g"));
        name(&mut history, "", Some("g"));
        assert!(!history.can_undo() && !history.undo() && history.is_saved());
    }

    #[test]
    fn the_oldest_steps_go_first() {
        let mut history = History::new(Flow::default()).with_limit(2);
        for text in ["a", "b", "c"] {
            name(&mut history, text, None);
        }
        while history.undo() {}
        assert_eq!(history.flow().name, "a");
    }

    #[test]
    fn saved_is_a_state_that_undo_finds_again() {
        let mut history = History::new(Flow::default());
        assert!(history.is_saved());
        name(&mut history, "a", None);
        assert!(!history.is_saved());
        let now = Arc::clone(history.flow());
        name(&mut history, "b", None);
        history.mark_saved(&now);
        assert!(!history.is_saved(), "edited while it was written");
        assert!(history.undo() && history.is_saved());
        assert!(history.undo() && !history.is_saved());
        history.mark_unsaved();
        assert!(!history.is_saved());
    }

    #[test]
    fn a_refused_edit_leaves_everything() {
        let mut history = History::new(Flow::default());
        let edit = Edit::RemoveParameter { name: "x".to_owned() };
        assert!(history.edit(&edit, NONE).is_err());
        assert!(history.is_saved() && !history.can_undo());
    }
}
