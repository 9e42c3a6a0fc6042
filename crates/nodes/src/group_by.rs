//! `group_by`: aggregates rows that share keys.

use flowloom_flow::{Card, CodeWriter, Form, Group, Kind, Port, Problem, Site, Step};
use polars::prelude::{LazyFrame, Schema};
use serde::{Deserialize, Serialize};

/// Aggregates rows that share keys.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupBy {}

impl Kind for GroupBy {
    const CARD: &'static Card = &Card {
        id: "group_by",
        name: "Group by",
        group: Group::Aggregate,
        blurb: "Aggregates rows that share keys",
        tags: &["aggregate", "sum", "count", "summarize"],
        inputs: &[Port::IN],
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
