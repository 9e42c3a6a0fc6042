//! The connection at the right: as it is kept, as it is edited, and how it was tried.

use std::collections::BTreeSet;
use std::path::PathBuf;

use flowloom_flow::{Problem, Problems};
use flowloom_studio::Session;
use flowloom_studio::connections::{Card, Draft, Listed, Origin, check_name, credentials};

use super::testing::Testing;
use super::topics::Topics;
use crate::form::FormState;

/// What is shown of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Part {
    #[default]
    Settings,
    Topics,
}

/// The connection that is looked at.
pub(super) struct Shown {
    /// Another one for each opening.
    pub(super) serial: u64,
    /// As the list has it; `None`: it is new.
    pub(super) listed: Option<Listed>,
    /// `None`: it is not edited here, or has not been read yet.
    pub(super) edited: Option<Edited>,
    /// Why it could not be read.
    pub(super) problems: Vec<Problem>,
    pub(super) testing: Testing,
    pub(super) part: Part,
    pub(super) topics: Topics,
    pub(super) form: FormState,
    /// The file that was picked for a setting.
    pub(super) picked: Option<(String, PathBuf)>,
    /// The name gets the keyboard in the next frame.
    pub(super) wants_name: bool,
    /// The setting to scroll to.
    pub(super) jump: Option<String>,
}

impl Shown {
    pub(super) fn of(serial: u64, listed: Listed) -> Self {
        Self { listed: Some(listed), ..Self::empty(serial) }
    }

    /// A new one; `note`: what the preset says.
    pub(super) fn new(serial: u64, draft: Draft, note: &'static str) -> Self {
        Self { edited: Some(Edited::new(draft, note)), wants_name: true, ..Self::empty(serial) }
    }

    fn empty(serial: u64) -> Self {
        Self {
            serial,
            listed: None,
            edited: None,
            problems: Vec::new(),
            testing: Testing::default(),
            part: Part::default(),
            topics: Topics::default(),
            form: FormState::default(),
            picked: None,
            wants_name: false,
            jump: None,
        }
    }

    /// Its name in the list.
    pub(super) fn name(&self) -> Option<&str> {
        self.listed.as_ref().map(|listed| listed.name.as_str())
    }

    pub(super) fn card(&self) -> Option<&'static Card> {
        let edited = self.edited.as_ref().map(|edited| edited.draft.settings.card());
        edited.or_else(|| self.listed.as_ref()?.card)
    }

    /// It is one to Kafka that is kept somewhere: its topics can be looked through.
    pub(super) fn has_topics(&self) -> bool {
        let is_usable = |listed: &Listed| listed.kind == "kafka" && listed.problem.is_none();
        self.listed.as_ref().is_some_and(is_usable)
    }

    /// Takes in what came of tests and looks; whether one goes on.
    pub(super) fn poll(&mut self, session: &mut Session) -> bool {
        let is_testing = self.testing.poll();
        let name = self.listed.as_ref().filter(|_| self.part == Part::Topics && self.has_topics());
        let name = name.map(|listed| listed.name.clone());
        name.is_some_and(|name| self.topics.poll(&name, session)) || is_testing
    }

    /// Whether something was asked of the cluster and not answered.
    pub(super) fn is_looking(&self) -> bool {
        self.part == Part::Topics && self.topics.is_busy()
    }

    /// Ends what goes on.
    pub(super) fn leave(&mut self) {
        self.testing.cancel();
        self.topics.leave();
    }

    /// The store has it as it is edited.
    pub(super) fn kept(&mut self) {
        let Some(edited) = &mut self.edited else { return };
        let mut saved = edited.sent.take().unwrap_or_else(|| edited.draft.clone());
        saved.before = Some(saved.name.clone());
        edited.draft.before.clone_from(&saved.before);
        let draft = &saved;
        let card = draft.settings.card();
        self.listed = Some(Listed {
            name: draft.name.clone(),
            card: Some(card),
            kind: card.id.to_owned(),
            caption: draft.settings.caption(),
            origin: Origin::Store,
            changed_ms: None,
            problem: None,
        });
        edited.saved = saved;
        // Another cluster perhaps.
        self.topics.leave();
        self.topics = Topics::default();
    }

    /// It is in the store.
    pub(super) fn is_stored(&self) -> bool {
        self.listed.as_ref().is_some_and(|listed| listed.origin == Origin::Store)
    }

    pub(super) fn is_dirty(&self) -> bool {
        self.edited.as_ref().is_some_and(Edited::is_dirty)
    }

    /// It was never kept.
    pub(super) fn is_new(&self) -> bool {
        self.edited.as_ref().is_some_and(|edited| edited.draft.before.is_none())
    }

    /// It is used and tried here, and written elsewhere.
    pub(super) fn is_foreign(&self) -> bool {
        self.listed.is_some() && !self.is_stored() && self.is_testable()
    }

    /// Its settings can be read.
    pub(super) fn is_testable(&self) -> bool {
        self.listed.as_ref().is_none_or(|listed| listed.problem.is_none())
    }
}

/// A connection that is edited.
pub(super) struct Edited {
    pub(super) draft: Draft,
    /// As it was read.
    pub(super) saved: Draft,
    /// As it is being kept: somebody may go on typing meanwhile.
    pub(super) sent: Option<Draft>,
    /// What its preset says.
    pub(super) note: &'static str,
    /// Settings that were changed since.
    changed: BTreeSet<String>,
    /// It was to be kept or tried: everything that is missing is told.
    has_tried: bool,
    found: Vec<Problem>,
    /// Why the store did not take it.
    pub(super) refused: Vec<Problem>,
}

impl Edited {
    /// Whether this is what was kept under `name`.
    pub(super) fn is_sent_as(&self, name: &str) -> bool {
        self.sent.as_ref().unwrap_or(&self.draft).name == name
    }

    pub(super) fn new(draft: Draft, note: &'static str) -> Self {
        let found = check(&draft);
        let saved = draft.clone();
        let (changed, refused) = (BTreeSet::new(), Vec::new());
        Self { draft, saved, sent: None, note, changed, has_tried: false, found, refused }
    }

    pub(super) fn is_dirty(&self) -> bool {
        self.draft != self.saved
    }

    /// Takes in what was edited since it was `before`; whether anything was.
    pub(super) fn notice(&mut self, before: &Draft) -> bool {
        if self.draft == *before {
            return false;
        }
        self.changed.extend(differences(before, &self.draft));
        self.found = check(&self.draft);
        self.refused.clear();
        true
    }

    /// It is to be kept or tried: from now on everything that is missing is told. The first setting that is wrong.
    pub(super) fn try_it(&mut self) -> Option<String> {
        self.has_tried = true;
        let wrong = self.found.iter().find(|problem| problem.is_error())?;
        Some(wrong.at.field.clone().unwrap_or_default())
    }

    /// What is to be told now: of what was never touched nothing but warnings.
    pub(super) fn troubles(&self) -> Vec<&Problem> {
        let is_told = |problem: &&Problem| {
            let field = problem.at.field.as_deref().unwrap_or_default();
            let root = field.split(['.', '[']).next().unwrap_or_default();
            !problem.is_error() || self.has_tried || self.changed.contains(root)
        };
        self.refused.iter().chain(self.found.iter().filter(is_told)).collect()
    }
}

fn check(draft: &Draft) -> Vec<Problem> {
    let mut problems = Problems::default();
    if let Err(problem) = check_name(&draft.name) {
        problems.push(problem);
    }
    draft.settings.check(&mut problems);
    problems.into_vec()
}

/// Keys of the settings that differ.
fn differences(before: &Draft, now: &Draft) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    if before.name != now.name {
        keys.push("name".to_owned());
    }
    let (old, new) = (before.settings.written(), now.settings.written());
    keys.extend(new.iter().filter(|(key, value)| old.get(*key) != Some(value)).map(|(key, _)| key.clone()));
    keys.extend(old.keys().filter(|key| !new.contains_key(*key)).cloned());
    let old = credentials(&*before.settings);
    let secrets = credentials(&*now.settings).into_iter().filter(|secret| !old.contains(secret));
    keys.extend(secrets.map(|(key, _)| key));
    keys
}
