//! A kind's panel on egui: [`EguiForm`] is the form that draws and edits, of nodes and of connections.
//!
//! A setting that the flow writes with `${name}` is shown as it is written, and edited so: its value stands
//! in the node only so that the panel can be drawn.

mod at;
pub(crate) mod chrome;
mod faults;
mod loaded;
mod owner;
mod written;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use egui::{Id, Rect, Ui};
use flowloom_flow::form::Editable;
use flowloom_flow::{Choice, Form, Setting};
use polars::prelude::Schema;
use serde_json::{Value as Json, json};

pub use at::At;
pub use faults::Faults;
pub(crate) use loaded::Loaded;
pub use owner::{OfConnection, Owner};
use written::Written;

use crate::editor;
use crate::request::Requests;
use crate::widget::choice::choice;
use crate::widget::field::Field;
use crate::widget::{switch, text};

/// What a form remembers between frames.
#[derive(Debug, Default)]
pub struct FormState {
    /// Sections that are closed, by kind and title.
    folded: BTreeSet<String>,
    /// Keys that each section has shown.
    sections: BTreeMap<String, BTreeSet<String>>,
    /// Keys that the last frame has shown.
    pub(crate) shown: BTreeSet<String>,
    /// The setting that was jumped to, and until when it is marked, in egui's seconds.
    marked: Option<(String, f64)>,
}

/// Draws a panel into `ui` and takes the user's edits.
pub struct EguiForm<'a> {
    pub ui: &'a mut Ui,
    pub owner: Owner<'a>,
    pub faults: &'a Faults<'a>,
    /// Settings as the flow has them, where they are no plain values.
    pub written: &'a BTreeMap<String, Json>,
    /// Why the inputs' columns are not known.
    pub unknown: Option<&'a str>,
    /// A setting to scroll to, as a path.
    pub jump: Option<&'a str>,
    pub state: &'a mut FormState,
    pub out: &'a mut Requests,
    /// What became of `written`, where the user has changed it.
    pub changed: BTreeMap<String, Json>,
    /// Keys that were shown.
    pub shown: BTreeSet<String>,
}

impl EguiForm<'_> {
    /// One setting with its label above and what is wrong under it.
    fn field(&mut self, setting: Setting<'_>, inputs: &[Schema], body: impl FnOnce(&mut Ui, &mut At<'_>)) {
        self.shown.insert(setting.key.to_owned());
        let id = self.id(setting.key);
        let Self { ui, owner, faults, unknown, out, .. } = self;
        let mut at = At {
            id,
            owner: *owner,
            key: setting.key,
            label: setting.label,
            inputs,
            unknown: *unknown,
            faults,
            out,
        };
        let shown = ui.scope(|ui| {
            chrome::label(ui, setting);
            body(ui, &mut at);
            at.tell(ui, "");
        });
        self.arrive(setting.key, shown.response.rect);
        self.ui.add_space(8.0);
    }

    fn id(&self, key: &str) -> Id {
        self.owner.id(key)
    }

    /// Scrolls to the setting that was jumped to, and marks it.
    fn arrive(&mut self, key: &str, rect: Rect) {
        if self.jump.is_some_and(|jump| faults::is_in(jump, key)) {
            self.ui.scroll_to_rect(rect.expand(24.0), None);
            let until = self.ui.input(|input| input.time) + chrome::MARK_S;
            self.state.marked = Some((key.to_owned(), until));
        }
        chrome::mark(self.ui, &mut self.state.marked, key, rect);
    }

    /// How the flow writes a setting that is no plain value.
    fn raw(&self, key: &str) -> Option<String> {
        self.written.get(key).map(written::plain)
    }

    /// A setting that is not text in a text field: a value, or a `${name}` for it. The value, where it is one.
    fn typed<V: PartialEq + ToString>(
        &mut self,
        setting: Setting<'_>,
        value: V,
        draw: impl FnOnce(&mut Ui, &At<'_>, &mut Written<V>) -> Option<String>,
    ) -> Option<V> {
        let raw = self.raw(setting.key);
        let filled = raw.is_some().then(|| value.to_string());
        let mut shown = raw.clone().map_or_else(|| Written::Value(value), Written::Text);
        self.field(setting, &[], |ui, at| {
            let error = draw(ui, at, &mut shown);
            At::stands_for(ui, filled.as_deref());
            if let Some(error) = error {
                At::error(ui, &error);
            }
        });
        match shown {
            Written::Value(value) => Some(value),
            Written::Text(text) => {
                if raw.as_ref() != Some(&text) {
                    self.changed.insert(setting.key.to_owned(), json!(text));
                }
                None
            }
        }
    }

    /// Puts a value where the flow had something else.
    fn replace(&mut self, key: &str, json: Json) {
        if self.written.contains_key(key) {
            self.changed.insert(key.to_owned(), json);
        }
    }
}

impl Form for EguiForm<'_> {
    fn section(&mut self, title: &str, body: &mut dyn FnMut(&mut dyn Form)) {
        let name = format!("{} {title}", self.owner.kind());
        let keys = self.state.sections.get(&name).cloned().unwrap_or_default();
        if self.jump.is_some_and(|jump| keys.iter().any(|key| faults::is_in(jump, key))) {
            self.state.folded.remove(&name);
        }
        let is_open = !self.state.folded.contains(&name);
        let troubles =
            if is_open { 0 } else { keys.iter().filter(|key| self.faults.has_inside(key)).count() };
        if chrome::section(self.ui, title, is_open, troubles) {
            if is_open {
                self.state.folded.insert(name);
            } else {
                self.state.folded.remove(&name);
            }
            return self.shown.extend(keys);
        }
        if !is_open {
            return self.shown.extend(keys);
        }
        let outer = std::mem::take(&mut self.shown);
        body(self);
        let inner = std::mem::replace(&mut self.shown, outer);
        self.shown.extend(inner.iter().cloned());
        self.state.sections.insert(name, inner);
    }

    fn note(&mut self, text: &str) {
        text::paragraph(self.ui, text);
        self.ui.add_space(8.0);
    }

    fn text(&mut self, setting: Setting<'_>, value: &mut String) {
        let raw = self.raw(setting.key);
        let before = raw.clone().unwrap_or_else(|| value.clone());
        let mut text = before.clone();
        self.field(setting, &[], |ui, at| {
            let is_wrong = at.is_wrong("");
            Field::new(at.id, at.label).wrong(is_wrong).show(ui, &mut text);
            At::stands_for(ui, raw.is_some().then_some(value.as_str()));
        });
        if text != before {
            match raw {
                Some(_) => self.replace(setting.key, json!(text)),
                None => *value = text,
            }
        }
    }

    fn switch(&mut self, setting: Setting<'_>, value: &mut bool) {
        if self.written.contains_key(setting.key) {
            let read = |text: &str| match text.trim() {
                "true" => Ok(true),
                "false" => Ok(false),
                other => Err(format!("`{other}` is neither `true` nor `false`")),
            };
            let new = self
                .typed(setting, *value, |ui, at, shown| written::field(ui, at, shown, bool::to_string, read));
            if let Some(new) = new {
                self.replace(setting.key, json!(new));
            }
            return;
        }
        self.shown.insert(setting.key.to_owned());
        let id = self.id(setting.key);
        let faults = self.faults;
        let shown = self.ui.scope(|ui| {
            chrome::beside(ui, setting, |ui| switch::switch(ui, id, setting.label, value));
            if *value && !setting.danger.is_empty() {
                chrome::danger(ui, setting.danger);
                // It says the same, and more of it.
                faults.silence_warnings(setting.key);
            }
            for problem in faults.inside(setting.key) {
                chrome::problem(ui, problem);
            }
        });
        self.arrive(setting.key, shown.response.rect);
        self.ui.add_space(4.0);
    }

    fn integer(&mut self, setting: Setting<'_>, value: &mut i64, range: RangeInclusive<i64>) {
        let read =
            |text: &str| text.parse().map_err(|_not_a_number| format!("`{text}` is not a whole number"));
        let new = self.typed(setting, *value, |ui, at, shown| written::number(ui, at, shown, &range, read));
        if let Some(new) = new {
            *value = new;
            self.replace(setting.key, json!(new));
        }
    }

    fn number(&mut self, setting: Setting<'_>, value: &mut f64, range: RangeInclusive<f64>) {
        let read = |text: &str| {
            let number: Option<f64> = text.parse().ok().filter(|number: &f64| number.is_finite());
            number.ok_or_else(|| format!("`{text}` is not a number"))
        };
        let new = self.typed(setting, *value, |ui, at, shown| written::number(ui, at, shown, &range, read));
        if let Some(new) = new {
            *value = new;
            self.replace(setting.key, json!(new));
        }
    }

    fn choice(&mut self, setting: Setting<'_>, options: &[Choice], selected: &mut usize) {
        if self.written.contains_key(setting.key) {
            let read = |text: &str| {
                let names: Vec<_> = options.iter().map(|option| format!("`{}`", option.key)).collect();
                let known = options.iter().any(|option| option.key == text.trim());
                let text = text.trim().to_owned();
                if known { Ok(text) } else { Err(format!("`{text}` is none of {}", names.join(", "))) }
            };
            let picked = options.get(*selected).map_or("", |option| option.key).to_owned();
            let new = self
                .typed(setting, picked, |ui, at, shown| written::field(ui, at, shown, String::clone, read));
            if let Some(new) = new {
                self.replace(setting.key, json!(new));
            }
            return;
        }
        self.field(setting, &[], |ui, at| {
            let labels: Vec<&str> = options.iter().map(|option| option.label).collect();
            choice(ui, at.id, at.label, &labels, selected);
        });
    }

    fn value(&mut self, setting: Setting<'_>, value: &mut dyn Editable, inputs: &[Schema]) {
        let Some(raw) = self.written.get(setting.key) else {
            self.field(setting, inputs, |ui, at| editor::edit(ui, value, at));
            return;
        };
        let filled = value.to_json();
        let mut new = raw.clone();
        self.field(setting, inputs, |ui, at| {
            if value.set_json(raw.clone()).is_ok() {
                editor::edit(ui, value, at);
                new = value.to_json();
            } else {
                editor::json(ui, &mut new, at);
            }
            let text = raw.is_string().then(|| written::plain(&filled));
            At::stands_for(ui, text.as_deref());
        });
        if value.set_json(filled).is_err() {
            tracing::debug!(key = setting.key, "a value did not take its own JSON");
        }
        if new != *raw {
            self.changed.insert(setting.key.to_owned(), new);
        }
    }
}
