//! The format settings of a Kafka source as codecs.

use std::sync::Arc;

use flowloom_flow::{Host, Problem};
use flowloom_kafka::codec::{Codec, Json, Raw, Text};
use flowloom_kafka::read::DecodedKey;

use super::choices::Format;
use super::columns;
use crate::kafka_source::KafkaSource;

/// Settings that decide how a message is read.
pub(super) const DECIDING: &[&str] = &[
    "format",
    "schema_from",
    "registry",
    "schema_file",
    "has_schema_id",
    "message",
    "reader_subject",
    "delimiter",
    "quote",
    "null_text",
    "key_column",
    "key_schema_file",
    "key_message",
];

/// Reads the values and keys of a node.
pub(super) struct Formats {
    pub(super) value: Arc<dyn Codec>,
    /// `None`: keys are not decoded.
    pub(super) key: Option<DecodedKey>,
}

impl Formats {
    pub(super) fn new(settings: &KafkaSource, host: &dyn Host) -> Result<Self, Problem> {
        let key = match (columns::key(settings)?, key(settings, host)?) {
            (Some(field), Some(codec)) => Some(DecodedKey { codec, field }),
            _ => None,
        };
        Ok(Self { value: value(settings, host)?, key })
    }
}

/// Reads values.
pub(super) fn value(settings: &KafkaSource, host: &dyn Host) -> Result<Arc<dyn Codec>, Problem> {
    codec(settings, host, settings.format)
}

/// Reads keys of any type; `None`: they are not decoded.
pub(super) fn key(settings: &KafkaSource, host: &dyn Host) -> Result<Option<Arc<dyn Codec>>, Problem> {
    settings.key_column.format().map(|format| codec(settings, host, format)).transpose()
}

fn codec(_settings: &KafkaSource, _host: &dyn Host, format: Format) -> Result<Arc<dyn Codec>, Problem> {
    Ok(match format {
        Format::Json => Arc::new(Json),
        Format::Text => Arc::new(Text),
        Format::Raw => Arc::new(Raw),
        other => return Err(Problem::internal(format!("{other:?} is on its way"))),
    })
}
