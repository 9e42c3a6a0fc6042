//! `formula`: computes columns from others.

use flowloom_flow::{Card, CodeWriter, Form, Group, Kind, Port, Problem, Site, Step};
use polars::prelude::{LazyFrame, Schema};
use serde::{Deserialize, Serialize};

/// Computes columns from others.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FormulaNode {}

impl Kind for FormulaNode {
    const CARD: &'static Card = &Card {
        id: "formula",
        name: "Formula",
        group: Group::Transform,
        blurb: "Computes columns from others",
        tags: &["calculate", "expression", "sql"],
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
