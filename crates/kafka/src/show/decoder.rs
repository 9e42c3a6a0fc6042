//! Messages in Confluent's wire format: a zero, the schema's id in four bytes, then the message.

use std::sync::Arc;

use super::avro::Avro;
use super::out::{Out, Stop};
use super::protobuf::Protobuf;
use super::{MOST_TEXT, SHORTENED};
use crate::registry::{RegistrySchema, SchemaKind};

const MAGIC: u8 = 0;

/// The schema that bytes name, and what follows.
pub(crate) fn header(bytes: &[u8]) -> Option<(i32, &[u8])> {
    let (head, body) = bytes.split_first_chunk::<5>()?;
    let [MAGIC, id @ ..] = *head else { return None };
    let id = i32::from_be_bytes(id);
    (id > 0).then_some((id, body))
}

/// Reads messages of one schema.
#[derive(Debug)]
pub(crate) enum Decoder {
    Avro(Arc<Avro>),
    Json,
    Protobuf(Protobuf),
}

impl Decoder {
    /// A decoder of `schema`, which builds on `references`, or why the schema cannot be used.
    pub(crate) fn new(
        schema: &RegistrySchema,
        references: &[(String, Arc<RegistrySchema>)],
    ) -> Result<Self, String> {
        let unusable = |reason: String| format!("schema {} cannot be used: {reason}", schema.id);
        match schema.kind {
            SchemaKind::Avro => {
                let references = references.iter().map(|(_, schema)| schema.text.as_str());
                Avro::new(&schema.text, references).map(Arc::new).map(Self::Avro).map_err(unusable)
            }
            SchemaKind::Protobuf => Protobuf::new(schema, references).map(Self::Protobuf).map_err(unusable),
            SchemaKind::Json => Ok(Self::Json),
        }
    }

    /// The message as JSON, and what there is to know about it; or why it is none of this schema.
    pub(super) fn json(&self, body: &[u8]) -> Result<(String, Option<String>), String> {
        let mut out = Out::new(MOST_TEXT);
        let written = match self {
            Self::Avro(avro) => avro.write(body, &mut out),
            Self::Protobuf(protobuf) => protobuf.write(body, &mut out),
            Self::Json => {
                let text = std::str::from_utf8(body).map_err(|error| error.to_string())?;
                serde_json::from_str::<serde::de::IgnoredAny>(text)
                    .map_err(|error| format!("not JSON: {error}"))?;
                return Ok((text.to_owned(), None));
            }
        };
        match written {
            Ok(note) => Ok((out.finish(), note)),
            Err(Stop::Full) => Ok((out.finish(), Some(SHORTENED.to_owned()))),
            Err(Stop::Wrong(reason)) => Err(reason),
        }
    }
}
