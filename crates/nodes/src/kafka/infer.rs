//! The fields of a node's messages, from a sample of its topics.

use arrow::datatypes::{DataType, Field};
use flowloom_flow::form::Choices as _;
use flowloom_flow::value::{Encoding, FieldPath, FieldSpec, Fields, show_dtype};
use flowloom_flow::{Cancel, FieldFacts, Inferred, Problem, Site};
use flowloom_kafka::codec::{self, Facts, Inference, WRAPPED};
use flowloom_kafka::sample;
use serde::Serialize;
use serde_json::{Map, Value};

use super::choices::Envelope;
use super::format::Codecs;
use super::{Reach, columns, format, problem, topics};
use crate::arrow::from_arrow;
use crate::kafka_source::KafkaSource;

/// Settings that decide what a sample holds, beside those of its [format](format::DECIDING).
const WENT_BY: &[&str] = &["connection", "bootstrap_servers", "topic", "properties"];

/// The settings `fields`, `envelope` and `key_type`, and what the sample says of each field.
pub(crate) fn infer(settings: &KafkaSource, site: &Site<'_>, cancel: &Cancel) -> Result<Inferred, Problem> {
    let topics = topics::wanted(settings)?;
    let Codecs { value: values, key: keys, .. } = Codecs::new(settings, site.host)?;
    let (cluster, cancel) = (Reach::of(settings, site.host)?.cluster()?, cancel.flag().into());
    let messages = sample::sample(&cluster, &topics, sample::DEFAULT_MESSAGES, &cancel).map_err(problem)?;
    let payloads: Vec<_> = messages.iter().filter_map(|message| message.value.as_deref()).collect();
    let found = values.infer(&payloads, &cancel).map_err(problem)?;
    let envelope = match found.envelope {
        codec::Envelope::None => Envelope::None,
        codec::Envelope::Structured => Envelope::Structured,
        codec::Envelope::Debezium { wrapped: false } => Envelope::Debezium,
        codec::Envelope::Debezium { wrapped: true } => Envelope::DebeziumWithSchema,
    };
    let about = KafkaSource { envelope, ..settings.clone() };
    let fields = Fields(found.schema.fields().iter().filter_map(|field| spec(&about, field)).collect());
    if fields.0.is_empty() {
        return Err(nothing(settings, values.name(), &found));
    }
    let mut inferred = Map::from_iter([("fields".to_owned(), json(&fields)?)]);
    if envelope != settings.envelope {
        inferred.insert("envelope".to_owned(), json(&envelope)?);
    }
    if let Some(keys) = keys {
        let sample: Vec<_> = messages.iter().filter_map(|message| message.key.as_deref()).collect();
        let found = keys.infer(&sample, &cancel).map_err(problem)?;
        if let Some(dtype) = key_type(&found) {
            inferred.insert("key_type".to_owned(), Value::String(dtype));
        }
    }
    let mut facts: Vec<_> = found.facts.iter().map(facts).collect();
    for (facts, field) in facts.iter_mut().zip(found.schema.fields()) {
        facts.encoding = encoding(field);
    }
    let went_by = WENT_BY.iter().chain(format::DECIDING).copied().collect();
    Ok(Inferred { settings: inferred, facts, went_by })
}

/// The column of one field, under a name that no other column has.
fn spec(settings: &KafkaSource, field: &Field) -> Option<FieldSpec> {
    let dtype = show_dtype(&from_arrow(field.data_type())?);
    let mut spec = FieldSpec::new(columns::field_name(settings, field.name()), dtype);
    if codec::payload_key(&spec.name) != field.name() {
        spec.set_path(&FieldPath::key(field.name()));
    }
    spec.encoding = encoding(field);
    Some(spec)
}

/// How the messages write a time.
pub(super) fn encoding(field: &Field) -> Option<Encoding> {
    let name = codec::Encoding::of(field).name()?;
    Encoding::ALL.iter().find(|(_, choice)| choice.key == name).map(|(encoding, _)| *encoding)
}

/// The type of keys: of those that are no objects what stands alone in them.
fn key_type(found: &Inference) -> Option<String> {
    let fields = found.schema.fields();
    let dtype = match fields.as_ref() {
        [] => return None,
        [field] if field.name() == WRAPPED => field.data_type().clone(),
        _ => DataType::Struct(fields.clone()),
    };
    from_arrow(&dtype).map(|dtype| show_dtype(&dtype))
}

fn facts(found: &Facts) -> FieldFacts {
    FieldFacts {
        key: found.key.clone(),
        dtype: from_arrow(&found.data_type).map_or_else(String::new, |dtype| show_dtype(&dtype)),
        seen: found.seen,
        of: found.of,
        encoding: None,
        nulls: found.nulls,
        examples: found.examples.clone(),
        note: found.note.clone(),
        children: found.children.iter().map(facts).collect(),
    }
}

fn nothing(settings: &KafkaSource, format: &str, found: &Inference) -> Problem {
    let of_one = settings.topic.single().is_some();
    let why = match &found.first_bad {
        Some(reason) => {
            format!("{} messages are not {format} ({reason})", if of_one { "its" } else { "their" })
        }
        None => format!("{} no message with a value", if of_one { "it holds" } else { "they hold" }),
    };
    let topics = topics::called(&settings.topic);
    Problem::user(format!("the fields of {topics} cannot be inferred: {why}"))
        .hint("choose another format, type the fields in, or try again when there are messages")
        .at_field("fields")
}

pub(super) fn json(value: &impl Serialize) -> Result<Value, Problem> {
    serde_json::to_value(value)
        .map_err(|error| Problem::internal("what was inferred cannot be written").source(error))
}
