//! `read_file`: reads Parquet, CSV, JSON lines or Arrow IPC files.

use flowloom_flow::{Card, CodeWriter, Form, Group, Kind, Port, Problem, Site, Step};
use polars::prelude::{LazyFrame, Schema};
use serde::{Deserialize, Serialize};

/// Reads Parquet, CSV, JSON lines or Arrow IPC files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReadFile {}

impl Kind for ReadFile {
    const CARD: &'static Card = &Card {
        id: "read_file",
        name: "Read file",
        group: Group::Source,
        blurb: "Reads Parquet, CSV, JSON lines or Arrow IPC files",
        tags: &["csv", "parquet", "json", "ipc", "import"],
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
