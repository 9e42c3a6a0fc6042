//! A kind whose panel has one of everything, for the tests of forms.

use polars::prelude::{LazyFrame, Schema};
use serde::{Deserialize, Serialize};

use super::{Choice, Choices, Form, Setting};
use crate::value::{Columns, Expression};
use crate::{Card, CodeWriter, Group, Kind, Port, Problem, Site, Step};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    #[default]
    Simple,
    Sql,
}

impl Choices for Mode {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Simple, Choice { key: "simple", label: "Simple" }),
        (Self::Sql, Choice { key: "sql", label: "SQL" }),
    ];
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Panel {
    pub(crate) mode: Mode,
    pub(crate) name: String,
    pub(crate) sql: Expression,
    pub(crate) columns: Columns,
    pub(crate) limit: i64,
    pub(crate) share: f64,
    pub(crate) strict: bool,
    pub(crate) reason: String,
    /// Shown with two choices together.
    pub(crate) trace: bool,
    /// Makes the panel change with each pass.
    pub(crate) restless: bool,
}

impl Kind for Panel {
    const CARD: &'static Card = &Card {
        id: "panel",
        name: "Panel",
        group: Group::Transform,
        blurb: "One of everything",
        tags: &[],
        inputs: &[Port::IN],
        outputs: &[Port::OUT, Port::one("reject", "The others")],
        version: 1,
    };

    fn form(&mut self, form: &mut dyn Form, inputs: &[Schema]) {
        if self.restless {
            self.limit += 1;
        }
        form.pick(Setting::new("mode", "Mode").help("How rows are chosen."), &mut self.mode);
        match self.mode {
            Mode::Simple => form.value(Setting::new("columns", "Columns"), &mut self.columns, inputs),
            Mode::Sql => form.value(Setting::new("sql", "Expression"), &mut self.sql, inputs),
        }
        form.text(Setting::new("name", "Name").hint("optional"), &mut self.name);
        form.section("Limits", &mut |form| {
            form.note("Both at once.");
            form.integer(Setting::new("limit", "Limit"), &mut self.limit, 0..=10);
            form.number(Setting::new("share", "Share"), &mut self.share, 0.0..=1.0);
            form.switch(Setting::new("strict", "Strict"), &mut self.strict);
            if self.strict {
                form.text(Setting::new("reason", "Reason"), &mut self.reason);
            }
            if self.strict && self.mode == Mode::Sql {
                form.switch(Setting::new("trace", "Trace"), &mut self.trace);
            }
        });
    }

    fn plan(&self, inputs: Vec<LazyFrame>, _site: &Site<'_>) -> Result<Step, Problem> {
        Ok(Step::Frames(inputs.iter().chain(&inputs).cloned().collect()))
    }

    fn code(&self, _out: &mut CodeWriter<'_>) -> Result<(), Problem> {
        Ok(())
    }
}
