//! Where an editor stands: what it may look at, and ask for.

use egui::{Id, Ui};
use flowloom_flow::value::show_dtype;
use polars::prelude::{DataType, Schema};

use super::chrome;
use super::faults::Faults;
use super::owner::Owner;
use crate::format::sentence;
use crate::request::Requests;
use crate::theme::{self, Tokens};
use crate::widget::pick::Entry;
use crate::widget::text;

/// A setting in its panel.
pub struct At<'a> {
    /// Of the setting's widget; parts of it are `id.with(…)`.
    pub id: Id,
    pub owner: Owner<'a>,
    pub key: &'a str,
    /// What the setting is called; its parts are called after it.
    pub label: &'a str,
    /// What the setting may refer to; without columns where they are not known.
    pub inputs: &'a [Schema],
    /// Why the columns of an input are not known.
    pub unknown: Option<&'a str>,
    pub faults: &'a Faults<'a>,
    pub out: &'a mut Requests,
}

impl At<'_> {
    /// The full path of a part: `[0].column` of `keys` is `keys[0].column`.
    fn path(&self, part: &str) -> String {
        format!("{}{part}", self.key)
    }

    /// Whether something is wrong with exactly this part, such as `[0].column`.
    pub fn is_wrong(&self, part: &str) -> bool {
        self.faults.has(&self.path(part))
    }

    /// Says what is wrong with this part and everything in it, and was not said yet.
    pub fn tell(&self, ui: &mut Ui, part: &str) {
        for problem in self.faults.inside(&self.path(part)) {
            chrome::problem(ui, problem);
        }
    }

    /// Keeps what is wrong with this part from being said: the editor says it better.
    pub fn silence(&self, part: &str) {
        self.faults.inside(&self.path(part));
    }

    /// Something that is wrong with what was typed, and is no setting yet.
    pub fn error(ui: &mut Ui, message: &str) {
        text::trouble(ui, &sentence(message), Tokens::of(ui).error);
    }

    /// The value of a `${name}`, under its field; `None`: there is none.
    pub(super) fn stands_for(ui: &mut Ui, value: Option<&str>) {
        let Some(value) = value else { return };
        let words =
            if value.is_empty() { "Stands for nothing".to_owned() } else { format!("Stands for {value}") };
        let line = text::line(ui, &words, theme::small(), Tokens::of(ui).faint, ui.available_width());
        ui.label(line);
    }

    /// The columns of input `i` with their types.
    pub fn columns(&self, i: usize) -> Vec<Entry> {
        self.inputs.get(i).map(entries).unwrap_or_default()
    }

    /// The type of a column of input `i`.
    pub fn dtype(&self, i: usize, column: &str) -> Option<&DataType> {
        self.inputs.get(i)?.get(column)
    }

    /// Whether the columns of input `i` are known.
    pub fn is_known(&self, i: usize) -> bool {
        self.inputs.get(i).is_some_and(|schema| !schema.is_empty())
    }

    /// Whether `column` is not in input `i` any more.
    pub fn is_gone(&self, i: usize, column: &str) -> bool {
        !column.is_empty() && self.is_known(i) && self.dtype(i, column).is_none()
    }

    /// Why no columns are offered; empty where they are.
    pub fn why_unknown(&self, i: usize) -> &str {
        if self.is_known(i) {
            ""
        } else {
            self.unknown.unwrap_or("The columns are not known yet; type a name")
        }
    }
}

fn entries(schema: &Schema) -> Vec<Entry> {
    schema.iter().map(|(name, dtype)| Entry::new(name.as_str(), show_dtype(dtype))).collect()
}
