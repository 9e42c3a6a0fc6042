//! `filter`: splits rows into those that pass and those that do not.

use flowloom_flow::{Card, CodeWriter, Form, Group, Kind, Port, Problem, Site, Step};
use polars::prelude::{LazyFrame, Schema};
use serde::{Deserialize, Serialize};

/// Splits rows into those that pass and those that do not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {}

impl Kind for Filter {
    const CARD: &'static Card = &Card {
        id: "filter",
        name: "Filter",
        group: Group::Transform,
        blurb: "Splits rows into those that pass and those that do not",
        tags: &["where", "condition", "split"],
        inputs: &[Port::IN],
        outputs: &[Port::one("pass", "Rows that match"), Port::one("reject", "Rows that do not match")],
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
