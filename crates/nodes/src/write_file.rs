//! `write_file`: writes Parquet, CSV, JSON lines or Arrow IPC files.

use flowloom_flow::{Card, CodeWriter, Form, Group, Kind, Port, Problem, Site, Step};
use polars::prelude::{LazyFrame, Schema};
use serde::{Deserialize, Serialize};

/// Writes Parquet, CSV, JSON lines or Arrow IPC files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WriteFile {}

impl Kind for WriteFile {
    const CARD: &'static Card = &Card {
        id: "write_file",
        name: "Write file",
        group: Group::Writer,
        blurb: "Writes Parquet, CSV, JSON lines or Arrow IPC files",
        tags: &["export", "save", "output", "sink"],
        inputs: &[Port::IN],
        outputs: &[],
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
