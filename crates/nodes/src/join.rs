//! `join`: matches rows of two inputs by keys.

use flowloom_flow::{Card, CodeWriter, Form, Group, Kind, Port, Problem, Site, Step};
use polars::prelude::{LazyFrame, Schema};
use serde::{Deserialize, Serialize};

/// Matches rows of two inputs by keys.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Join {}

impl Kind for Join {
    const CARD: &'static Card = &Card {
        id: "join",
        name: "Join",
        group: Group::Combine,
        blurb: "Matches rows of two inputs by keys",
        tags: &["merge", "vlookup", "lookup"],
        inputs: &[Port::one("left", "Left rows"), Port::one("right", "Right rows")],
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
