//! Whose settings a form draws, and what its editors may ask for there.

use std::path::{Path, PathBuf};

use egui::Id;
use flowloom_flow::{Card, NodeId, Problem, Suggestion};
use flowloom_studio::connections::Listed;

use super::At;
use crate::doc::{Doc, Facts};
use crate::request::{Pick, PickFor, Request};

/// A node of a flow, or a connection.
#[derive(Clone, Copy)]
pub enum Owner<'a> {
    Node { id: &'a NodeId, card: &'static Card, doc: &'a Doc },
    Connection(&'a OfConnection<'a>),
}

/// A connection that is edited.
pub struct OfConnection<'a> {
    /// Another one for each time that a connection is opened, so that nothing typed is found again.
    pub serial: u64,
    /// Id of its kind.
    pub kind: &'static str,
    /// All connections.
    pub listed: &'a [Listed],
    /// The file that was picked for a setting.
    pub picked: Option<&'a (String, PathBuf)>,
}

impl Owner<'_> {
    /// Of the widget of the setting `key`.
    pub(super) fn id(&self, key: &str) -> Id {
        match self {
            Self::Node { id, .. } => Id::unique(("setting", id.as_str(), key)),
            Self::Connection(of) => Id::unique(("connection", of.serial, key)),
        }
    }

    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Node { card, .. } => card.id,
            Self::Connection(of) => of.kind,
        }
    }
}

/// Options for a setting, or why there are none.
pub(crate) type Found<'a> = Option<Result<&'a [Suggestion], &'a [Problem]>>;

impl At<'_> {
    /// The folder that relative paths start at; `None`: none is known.
    pub fn folder(&self) -> Option<&Path> {
        match self.owner {
            Owner::Node { doc, .. } => doc.path.as_deref().and_then(Path::parent),
            Owner::Connection(_) => None,
        }
    }

    /// Opens the system's dialog for a path.
    pub fn pick(&mut self) {
        let (what, is_save) = match self.owner {
            Owner::Node { id, card, .. } => (PickFor::Node(id.clone()), card.outputs.is_empty()),
            Owner::Connection(of) => (PickFor::Connection(of.serial), false),
        };
        self.out.push(Request::Pick(Pick { what, key: self.key.to_owned(), is_save }));
    }

    /// The path that was picked since the last frame.
    pub fn take_picked(&mut self) -> Option<PathBuf> {
        let (what, path) = match self.owner {
            Owner::Node { id, doc, .. } => {
                let path = doc.picked.get(&(id.clone(), self.key.to_owned()))?;
                (PickFor::Node(id.clone()), path.clone())
            }
            Owner::Connection(of) => {
                let (_, path) = of.picked.filter(|(key, _)| key == self.key)?;
                (PickFor::Connection(of.serial), path.clone())
            }
        };
        self.out.push(Request::TakePicked { what, key: self.key.to_owned() });
        Some(path)
    }

    /// Asks the node's outside for options.
    pub fn suggest(&mut self) {
        if let Owner::Node { id, .. } = self.owner {
            self.out.push(Request::Suggest { node: id.clone(), key: self.key.to_owned() });
        }
    }

    /// What is known of the options.
    pub(crate) fn facts(&self) -> Option<&Facts> {
        let Owner::Node { id, doc, .. } = self.owner else { return None };
        doc.facts(id, self.key)
    }

    /// Asks what there is to know of these options, unless it is known or was asked.
    pub(crate) fn look_up(&mut self, of: impl Iterator<Item = String>) {
        let Owner::Node { id, .. } = self.owner else { return };
        let facts = self.facts();
        if facts.is_some_and(Facts::is_coming) {
            return;
        }
        let of: Vec<String> = of.filter(|value| facts.is_none_or(|facts| !facts.is_asked(value))).collect();
        if !of.is_empty() {
            self.out.push(Request::Facts { node: id.clone(), key: self.key.to_owned(), of });
        }
    }

    /// Options that came, and whether others are under way.
    pub(crate) fn suggestions(&self) -> (Found<'_>, bool) {
        let Owner::Node { id, doc, .. } = self.owner else { return (None, false) };
        let (found, is_coming) = doc.suggestions(id, self.key);
        let found = found.map(|found| found.as_deref().map_err(Vec::as_slice));
        (found, is_coming)
    }
}
