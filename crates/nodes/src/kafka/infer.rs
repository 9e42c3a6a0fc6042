//! The fields of a node's messages, from a sample of its topics.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use flowloom_flow::value::{FieldSpec, Fields, show_dtype};
use flowloom_flow::{Cancel, FieldFacts, Inferred, Problem, Site};
use flowloom_kafka::codec::{self, Decoder};
use flowloom_kafka::read::{Topics, Wanted};
use flowloom_kafka::sample::{self, RawMessage};
use serde_json::Map;

use super::{Reach, problem, topics};
use crate::arrow::{frame, from_arrow};
use crate::facts::facts;
use crate::kafka_source::KafkaSource;

/// Topics that a sample is taken of; those of a pattern are alike, or their messages are bad.
const MOST_TOPICS: usize = 20;

/// Settings that decide what a sample holds.
const WENT_BY: &[&str] = &["connection", "bootstrap_servers", "topic", "properties"];

/// The setting `fields`, and what the sample says of each.
pub(crate) fn infer(settings: &KafkaSource, site: &Site<'_>, cancel: &Cancel) -> Result<Inferred, Problem> {
    if settings.topic.is_empty() {
        return Err(Problem::user("no topic is chosen").at_field("topic"));
    }
    let cluster = Reach::of(settings, site.host)?.cluster()?;
    let mut names = topics::names(settings, &cluster, cancel)?;
    if names.is_empty() {
        return Err(Problem::user(format!("there are no {}", topics::called(&settings.topic)))
            .hint("choose other topics, or try again when there are some")
            .at_field("topic"));
    }
    names.truncate(MOST_TOPICS);
    let wanted = names.iter().map(|name| Wanted { topic: name.clone(), partitions: None });
    let wanted = Topics::Named(wanted.collect());
    let messages = sample::sample(&cluster, &wanted, sample::DEFAULT_MESSAGES, &cancel.flag().into());
    let messages = messages.map_err(problem)?;
    let found = codec::infer(payloads(&messages));
    let fields =
        found.schema.fields().iter().filter_map(|field| {
            Some(FieldSpec::new(field.name(), show_dtype(&from_arrow(field.data_type())?)))
        });
    let fields = Fields(fields.collect());
    if fields.0.is_empty() {
        let of_one = names.len() == 1;
        let why = match &found.first_bad {
            Some(reason) => {
                format!("{} messages are not JSON ({reason})", if of_one { "its" } else { "their" })
            }
            None => format!("{} no message with a value", if of_one { "it holds" } else { "they hold" }),
        };
        let topics = topics::called(&settings.topic);
        return Err(Problem::user(format!("the fields of {topics} cannot be inferred: {why}"))
            .hint("type the fields in, or try again when there are messages")
            .at_field("fields"));
    }
    let facts = facts_of(&Arc::new(found.schema), &messages)?;
    let fields = serde_json::to_value(fields)
        .map_err(|error| Problem::internal("the inferred fields cannot be written").source(error))?;
    let settings = Map::from_iter([("fields".to_owned(), fields)]);
    Ok(Inferred { settings, facts, went_by: WENT_BY.to_vec() })
}

fn payloads(messages: &[RawMessage]) -> impl Iterator<Item = &[u8]> {
    messages.iter().filter_map(|message| message.value.as_deref())
}

/// What the messages say of each field of `schema`, which was inferred from them.
fn facts_of(schema: &SchemaRef, messages: &[RawMessage]) -> Result<Vec<FieldFacts>, Problem> {
    let mut decoder = Decoder::new(Arc::clone(schema)).map_err(problem)?;
    for payload in payloads(messages) {
        if let Err(reason) = decoder.decode(payload) {
            tracing::debug!(%reason, "a message of the sample is left out");
        }
    }
    let batch = decoder.finish().map_err(problem)?;
    Ok(facts(&frame(schema, &[batch])?))
}
