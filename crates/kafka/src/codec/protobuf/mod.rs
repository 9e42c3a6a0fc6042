//! Protobuf, with or without Confluent's wire format in front of each message.
//!
//! Messages are read by a table of their fields, made once for each message type that comes and the columns wanted of
//! it. What is not wanted is passed over by its length; messages within it are looked through as far as the fields that
//! are known say, so that what is bad or unknown in them is found whatever the columns.
//!
//! | in the schema | in the columns |
//! |---|---|
//! | a field that is not there | null where the schema tells it from a default (`optional`, proto2, messages, oneofs), else its default, also one that proto2 declares |
//! | numbers, text, bytes | the type of the same width; text that is not UTF-8 is bad |
//! | `enum` | its name; a number without one as text |
//! | `repeated`, `map` | a list, empty when it is not there; a map's items are `{key, value}`, of one key the last |
//! | `oneof` | its fields, of which the last that came is set |
//! | `Timestamp` | a timestamp, microseconds unless the column has nanoseconds; integers take microseconds |
//! | `Duration` | nanoseconds as an integer, or such as `1.5s` as text |
//! | `StringValue` and its kin | the value, or null |
//! | `Struct`, `Value`, `ListValue`, `Any`, and a message within one of its own type | JSON text |
//!
//! A message field that comes in several parts is their sum, as the specification says.

mod columns;
mod decode;
mod decoder;
mod known;
mod maps;
mod scalar;
mod source;
mod strays;
mod table;
mod wire;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::{Fields, Schema};
use prost_reflect::MessageDescriptor;

use super::{Codec, Decode, Fault, Framing, Inference, Shape, facts, payload_column};
use crate::cancel::Cancel;
use crate::error::Result;
use crate::registry::Registry;
use decoder::Decoder;
use source::Local;

/// Protobuf by a registry's schemas, or by one that the person has.
#[derive(Clone, Debug)]
pub struct Protobuf {
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    /// Each message names its schema. `wanted`: messages of other types are bad.
    Registry { registry: Registry, wanted: Option<String> },
    /// All messages are of the type, or of the one that they name in front.
    Local { files: Local, message: Option<MessageDescriptor>, framing: Framing },
}

impl Source {
    /// This source for a call that `cancel` ends.
    fn heeding(&self, cancel: &Cancel) -> Self {
        match self {
            Self::Registry { registry, wanted } => {
                Self::Registry { registry: registry.heeding(cancel), wanted: wanted.clone() }
            }
            local @ Self::Local { .. } => local.clone(),
        }
    }
}

impl Protobuf {
    /// Messages that name their schema in `registry`. With the full name of a message type those of other types are bad,
    /// without one all that come fill the columns by the names of their fields.
    pub fn by_registry(registry: Registry, message: Option<&str>) -> Self {
        let wanted = message.map(|name| name.trim_start_matches('.').to_owned());
        Self { source: Source::Registry { registry, wanted } }
    }

    /// Messages by `source`, the text of a `.proto` file, which imports `imports` by their paths; Google's files need
    /// not be among them. `message` names the type, with or without its package; it may be missing when the file
    /// declares but one, and when each message names its type in front.
    ///
    /// Fails with [`Error::InvalidRequest`](crate::Error::InvalidRequest) on a schema that cannot be used.
    pub fn by_source(
        source: &str,
        imports: &BTreeMap<String, String>,
        message: Option<&str>,
        framing: Framing,
    ) -> Result<Self> {
        Self::local(Local::source(source, imports)?, message, framing)
    }

    /// As [`by_source`](Self::by_source), by the bytes of a `FileDescriptorSet`, whose last file is the one that is meant.
    pub fn by_descriptor_set(bytes: &[u8], message: Option<&str>, framing: Framing) -> Result<Self> {
        Self::local(Local::descriptor_set(bytes)?, message, framing)
    }

    fn local(files: Local, message: Option<&str>, framing: Framing) -> Result<Self> {
        let message = match (message, framing) {
            (None, Framing::Confluent) => None,
            _ => Some(files.message(message)?),
        };
        Ok(Self { source: Source::Local { files, message, framing } })
    }

    /// The columns of messages of the types that `payloads` name; those that cannot be had say nothing.
    fn fields(&self, payloads: &[&[u8]], cancel: &Cancel) -> Result<Fields> {
        if let Source::Local { message: Some(message), .. } = &self.source {
            return Ok(columns::of(message));
        }
        let source = self.source.heeding(cancel);
        let mut seen = BTreeSet::new();
        let mut fields = Fields::empty();
        for payload in payloads {
            cancel.check()?;
            let Ok((id, indexes, _)) = source::frame(payload) else { continue };
            if !seen.insert((id, indexes.clone())) {
                continue;
            }
            match source.message(id, &indexes) {
                Ok(message) => fields = columns::merge(&fields, &columns::of(&message)),
                Err(Fault::Bad(_)) => {}
                Err(Fault::Failed(error)) => return Err(*error),
            }
        }
        Ok(fields)
    }
}

impl Codec for Protobuf {
    fn name(&self) -> &'static str {
        "Protobuf"
    }

    fn decoder(&self, shape: &Shape, cancel: &Cancel) -> Result<Box<dyn Decode>> {
        Ok(Box::new(Decoder::new(self.source.heeding(cancel), shape)?))
    }

    fn infer(&self, payloads: &[&[u8]], cancel: &Cancel) -> Result<Inference> {
        let fields = self.fields(payloads, cancel)?;
        let mut found = facts::of_schema(self, Schema::new(fields.clone()), payloads, cancel)?;
        let named = fields.iter().map(|field| {
            let name = payload_column(field.name());
            field.as_ref().clone().with_name(name)
        });
        found.schema = Schema::new(named.collect::<Vec<_>>());
        Ok(found)
    }
}
