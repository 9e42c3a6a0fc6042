//! `select`: chooses, renames, casts and reorders columns.

use flowloom_flow::{Card, CodeWriter, Form, Group, Kind, Port, Problem, Site, Step};
use polars::prelude::{LazyFrame, Schema};
use serde::{Deserialize, Serialize};

/// Chooses, renames, casts and reorders columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Select {}

impl Kind for Select {
    const CARD: &'static Card = &Card {
        id: "select",
        name: "Select",
        group: Group::Transform,
        blurb: "Chooses, renames, casts and reorders columns",
        tags: &["rename", "cast", "drop", "reorder"],
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
