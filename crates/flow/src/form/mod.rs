//! The settings panel as an immediate-mode twin of serde's `Serializer`.
//!
//! A kind walks its settings through a [`Form`]; who implements the form decides what that means: egui
//! draws and edits, [`Scripted`] edits as a test says, [`Described`] writes docs. A kind never knows which.
//!
//! A setting's key is its name in the flow file, so that an error in the file, a field on screen and a
//! line of a script are the same thing.

mod described;
mod markdown;
#[cfg(test)]
mod panel;
mod scripted;

use std::any::Any;
use std::ops::RangeInclusive;

use polars::prelude::Schema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

pub use described::{
    Described, DescribedNote, DescribedSetting, Description, Shown, describe, describe_panels,
};
pub use markdown::panels_markdown;
pub use scripted::{Filled, Scripted, fill, script};

/// One setting's labels.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// Name in the flow file.
    pub key: &'a str,
    pub label: &'a str,
    /// A few words at the right of the label: a unit, "optional".
    pub hint: &'a str,
    /// One or two sentences, on hover and in the docs.
    pub help: &'a str,
    /// What goes wrong where a switch is on: shown as a danger, in the docs too.
    pub danger: &'a str,
}

impl<'a> Setting<'a> {
    pub const fn new(key: &'a str, label: &'a str) -> Self {
        Self { key, label, hint: "", help: "", danger: "" }
    }

    #[must_use]
    pub const fn hint(self, hint: &'a str) -> Self {
        Self { hint, ..self }
    }

    #[must_use]
    pub const fn help(self, help: &'a str) -> Self {
        Self { help, ..self }
    }

    #[must_use]
    pub const fn danger(self, danger: &'a str) -> Self {
        Self { danger, ..self }
    }
}

/// One of a fixed set: its name in the flow file and its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Choice {
    pub key: &'static str,
    pub label: &'static str,
}

/// An enum that a user picks from.
pub trait Choices: Copy + PartialEq + 'static {
    const ALL: &'static [(Self, Choice)];

    /// This value's choice; the first where a variant is not listed.
    fn choice(self) -> Choice {
        Self::ALL.iter().find(|(value, _)| *value == self).map_or(Self::ALL[0].1, |(_, choice)| *choice)
    }
}

/// A value with an editor of its own, found by its type: conditions, a column, a topic.
pub trait Value: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Name of the type in docs: `Conditions`.
    const NAME: &'static str;
    /// How it is written in the flow file, for docs: `[{column: amount, op: ">", value: 100}]`.
    const SHAPE: &'static str;
}

/// The object-safe twin of [`Value`].
pub trait Editable: Any {
    fn type_name(&self) -> &'static str;
    fn shape(&self) -> &'static str;
    fn to_json(&self) -> Json;
    /// Takes `json`, or says why not and stays as it was.
    fn set_json(&mut self, json: Json) -> Result<(), String>;
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl<V: Value> Editable for V {
    fn type_name(&self) -> &'static str {
        V::NAME
    }

    fn shape(&self) -> &'static str {
        V::SHAPE
    }

    fn to_json(&self) -> Json {
        serde_json::to_value(self).unwrap_or(Json::Null)
    }

    fn set_json(&mut self, json: Json) -> Result<(), String> {
        *self = serde_json::from_value(json).map_err(|error| error.to_string())?;
        Ok(())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// What a panel may contain.
pub trait Form {
    /// A titled part; `body` may be left out by a form that shows it folded.
    fn section(&mut self, title: &str, body: &mut dyn FnMut(&mut dyn Form));
    /// A line of explanation.
    fn note(&mut self, text: &str);
    fn text(&mut self, setting: Setting<'_>, value: &mut String);
    fn switch(&mut self, setting: Setting<'_>, value: &mut bool);
    fn integer(&mut self, setting: Setting<'_>, value: &mut i64, range: RangeInclusive<i64>);
    fn number(&mut self, setting: Setting<'_>, value: &mut f64, range: RangeInclusive<f64>);
    /// Picks `selected` out of `options`; up to four stand side by side.
    fn choice(&mut self, setting: Setting<'_>, options: &[Choice], selected: &mut usize);
    /// A value with its own editor; `inputs` are the schemas that it may refer to.
    fn value(&mut self, setting: Setting<'_>, value: &mut dyn Editable, inputs: &[Schema]);
}

impl dyn Form + '_ {
    /// [`Form::choice`] over an enum.
    pub fn pick<C: Choices>(&mut self, setting: Setting<'_>, value: &mut C) {
        let options: Vec<Choice> = C::ALL.iter().map(|(_, choice)| *choice).collect();
        let mut selected = C::ALL.iter().position(|(each, _)| each == value).unwrap_or(0);
        self.choice(setting, &options, &mut selected);
        if let Some((picked, _)) = C::ALL.get(selected) {
            *value = *picked;
        }
    }
}
