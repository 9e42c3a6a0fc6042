//! What the document knows of each node, asked once and kept until something may have changed.

use egui::Context;
use polars::prelude::Schema;

use super::scene::Scene;
use crate::doc::{Doc, NodeView};
use crate::format;
use crate::status::Status;

/// A node as it is drawn near enough to be read.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) view: NodeView,
    /// Rows at each output, as wires say it.
    pub(super) rows: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Key {
    serial: u64,
    revision: u64,
    compiled: usize,
    is_running: bool,
    log: u64,
    tick: u64,
}

/// Facts of the nodes that were seen under one key.
#[derive(Debug, Default)]
pub(super) struct Known {
    key: Key,
    facts: Vec<Option<Box<Fact>>>,
    states: Vec<Option<Status>>,
}

impl Known {
    /// Forgets everything when something may have changed; while a job runs, twenty times a second.
    pub(super) fn refresh(&mut self, doc: &Doc, scene: &Scene, ctx: &Context) {
        let is_running = doc.job.is_some();
        let rate = if scene.items.len() > 2_000 { 5.0 } else { 20.0 };
        let key = Key {
            serial: scene.serial,
            revision: doc.revision,
            compiled: doc.compiled.as_ref().map_or(0, |compiled| std::sync::Arc::as_ptr(compiled) as usize),
            is_running,
            log: doc.log.written(),
            tick: if is_running { ctx.input(|input| (input.time * rate) as u64) } else { 0 },
        };
        if key != self.key || self.facts.len() != scene.items.len() {
            self.key = key;
            self.facts.clear();
            self.facts.resize_with(scene.items.len(), || None);
            self.states.clear();
            self.states.resize(scene.items.len(), None);
        }
    }

    pub(super) fn fill(&mut self, doc: &Doc, scene: &Scene, item: usize) {
        if self.facts[item].is_some() {
            return;
        }
        let id = &scene.items[item].id;
        let mut view = doc.view(id);
        if view.is_trouble {
            view.caption = format::sentence(&view.caption);
        } else if view.left.is_empty() {
            let columns = doc.made(id).and_then(|made| made.schemas.as_ref()?.first()).map(Schema::len);
            view.left = match columns {
                Some(1) => "1 column".to_owned(),
                Some(count) => format!("{count} columns"),
                None => String::new(),
            };
        }
        let rows = scene.items[item]
            .outputs
            .iter()
            .map(|spot| {
                doc.rows_at(id, &spot.name).map_or_else(String::new, |rows| format::short(rows as f64))
            })
            .collect();
        self.states[item] = Some(view.status);
        self.facts[item] = Some(Box::new(Fact { view, rows }));
    }

    pub(super) fn fact(&self, item: usize) -> Option<&Fact> {
        self.facts.get(item)?.as_deref()
    }

    pub(super) fn status(&mut self, doc: &Doc, scene: &Scene, item: usize) -> Status {
        *self.states[item].get_or_insert_with(|| doc.status(&scene.items[item].id))
    }

    /// The state as far as it was asked for.
    pub(super) fn state(&self, item: usize) -> Option<Status> {
        self.states.get(item).copied().flatten()
    }
}
