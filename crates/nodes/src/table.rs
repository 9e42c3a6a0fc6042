//! `table`: a small table, typed in.

use flowloom_flow::{Card, CodeWriter, Form, Group, Kind, Port, Problem, Site, Step};
use polars::prelude::{LazyFrame, Schema};
use serde::{Deserialize, Serialize};

/// A small table, typed in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Table {}

impl Kind for Table {
    const CARD: &'static Card = &Card {
        id: "table",
        name: "Table",
        group: Group::Source,
        blurb: "A small table, typed in",
        tags: &["manual", "input", "lookup"],
        inputs: &[],
        outputs: &[Port::OUT],
        version: 1,
    };

    fn form(&mut self, _form: &mut dyn Form, _inputs: &[Schema]) {}

    fn plan(&self, inputs: Vec<LazyFrame>, _site: &Site<'_>) -> Result<Step, Problem> {
        Ok(Step::Frames(inputs))
    }

    fn code(&self, out: &mut CodeWriter<'_>) -> Result<(), Problem> {
        Err(out.refuse("this kind"))
    }
}
