//! `kafka_source`: reads a topic from where the last run ended up to its end.

use flowloom_flow::{Card, CodeWriter, Form, Group, Kind, Port, Problem, Site, Step};
use polars::prelude::{LazyFrame, Schema};
use serde::{Deserialize, Serialize};

/// Reads a topic from where the last run ended up to its end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KafkaSource {}

impl Kind for KafkaSource {
    const CARD: &'static Card = &Card {
        id: "kafka_source",
        name: "Kafka source",
        group: Group::Source,
        blurb: "Reads a topic from where the last run ended up to its end",
        tags: &["topic", "stream", "consumer"],
        inputs: &[],
        outputs: &[Port::OUT, Port::one("rejects", "Messages that could not be decoded")],
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
