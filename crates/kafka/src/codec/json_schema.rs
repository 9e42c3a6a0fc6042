//! JSON by a JSON Schema: the schema says the columns, the messages are read as any JSON is.
//!
//! Schemas are those of a registry, each message naming its own in Confluent's wire format, or one that the person has.
//! What a schema says beyond types (lengths, patterns, ranges) is not held against the messages.

mod resolve;
#[cfg(test)]
mod tests;
mod typed;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema};

use super::json::Decoder as Json;
use super::reason::Reason;
use super::{Codec, Decode, Drift, Fault, Framing, Inference, Shape, facts, payload_column};
use crate::cancel::Cancel;
use crate::error::{Error, Result};
use crate::registry::{Registry, SchemaKind, Unusable};

use resolve::Documents;
use typed::Typed;

/// JSON by a registry's schemas, or by one that the person has.
#[derive(Clone, Debug)]
pub struct JsonSchema {
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    /// Each message names its schema.
    Registry(Box<Registry>),
    Local {
        typed: Arc<Typed>,
        framing: Framing,
    },
}

impl JsonSchema {
    /// Messages that name their schema in `registry`. All that come fill the columns by the names of their fields.
    pub fn by_registry(registry: Registry) -> Self {
        Self { source: Source::Registry(Box::new(registry)) }
    }

    /// Messages by the text of a schema, whose `$ref`s lead to `references` by name or by `$id`.
    ///
    /// Fails with [`Error::InvalidRequest`] on a text that is no schema.
    pub fn by_text(schema: &str, references: &BTreeMap<String, String>, framing: Framing) -> Result<Self> {
        let references = references.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let documents = Documents::new(schema, references).map_err(|reason| Error::InvalidRequest {
            reason: format!("the JSON schema cannot be used: {reason}"),
        })?;
        Ok(Self { source: Source::Local { typed: Arc::new(Typed::of(&documents)), framing } })
    }

    /// What the schemas that `payloads` name say together; those that cannot be had say nothing.
    fn fields(&self, payloads: &[&[u8]], cancel: &Cancel) -> Result<Vec<Field>> {
        let registry = match &self.source {
            Source::Local { typed, .. } => return Ok(typed.fields()),
            Source::Registry(registry) => &registry.heeding(cancel),
        };
        let mut seen = BTreeSet::new();
        let mut together: Option<Typed> = None;
        for payload in payloads {
            cancel.check()?;
            let Ok((id, _)) = Framing::id(payload) else { continue };
            if !seen.insert(id) {
                continue;
            }
            match registered(registry, id) {
                Ok(typed) => {
                    together = Some(match together {
                        Some(others) => others.or(typed),
                        None => typed,
                    });
                }
                Err(Fault::Bad(_)) => {}
                Err(Fault::Failed(error)) => return Err(*error),
            }
        }
        Ok(together.map(|typed| typed.fields()).unwrap_or_default())
    }
}

/// What the schema `id` says.
fn registered(registry: &Registry, id: i32) -> std::result::Result<Typed, Fault> {
    let schema = registry.schema(id).map_err(Unusable::from)?;
    if schema.kind != SchemaKind::Json {
        return Err(Reason::new(format!("schema {id} is not a JSON schema")).into());
    }
    let references = registry.references(&schema).map_err(Unusable::from)?;
    let references = references.iter().map(|(name, schema)| (name.as_str(), schema.text.as_str()));
    match Documents::new(&schema.text, references) {
        Ok(documents) => Ok(Typed::of(&documents)),
        Err(reason) => Err(Reason::new(format!("schema {id} cannot be used: {reason}")).into()),
    }
}

impl Codec for JsonSchema {
    fn name(&self) -> &'static str {
        "JSON Schema"
    }

    fn decoder(&self, shape: &Shape, cancel: &Cancel) -> Result<Box<dyn Decode>> {
        let (registry, framing) = match &self.source {
            Source::Registry(registry) => (Some(registry.heeding(cancel)), Framing::Confluent),
            Source::Local { framing, .. } => (None, *framing),
        };
        Ok(Box::new(Decoder { json: Json::of(shape)?, registry, framing, last: 0, known: BTreeSet::new() }))
    }

    fn infer(&self, payloads: &[&[u8]], cancel: &Cancel) -> Result<Inference> {
        let fields = self.fields(payloads, cancel)?;
        let mut found = facts::of_schema(self, Schema::new(fields.clone()), payloads, cancel)?;
        for facts in &mut found.facts {
            facts.key = payload_column(&facts.key).into_owned();
        }
        let named = fields.into_iter().map(|field| {
            let name = payload_column(field.name()).into_owned();
            field.with_name(name)
        });
        found.schema = Schema::new(named.collect::<Vec<_>>());
        Ok(found)
    }
}

struct Decoder {
    json: Json,
    /// Where the schemas are that messages name.
    registry: Option<Registry>,
    framing: Framing,
    /// The schema of the message before; ids are positive.
    last: i32,
    /// Schemas that are there and are JSON schemas.
    known: BTreeSet<i32>,
}

impl Decoder {
    /// That the schema `id` is one of JSON, which a message by a schema of another kind cannot be.
    #[cold]
    fn look_up(&mut self, id: i32) -> std::result::Result<(), Fault> {
        if !self.known.contains(&id)
            && let Some(registry) = &self.registry
        {
            let schema = registry.schema(id).map_err(Unusable::from)?;
            if schema.kind != SchemaKind::Json {
                return Err(Reason::new(format!("schema {id} is not a JSON schema")).into());
            }
            self.known.insert(id);
        }
        self.last = id;
        Ok(())
    }
}

impl Decode for Decoder {
    #[inline]
    fn decode(&mut self, payload: &[u8]) -> std::result::Result<(), Fault> {
        let mut message = payload;
        if self.framing == Framing::Confluent {
            let (id, at) = Framing::id(payload)?;
            if id != self.last {
                self.look_up(id)?;
            }
            message = payload.get(at..).unwrap_or_default();
        }
        self.json.decode(message).map_err(Fault::Bad)
    }

    fn decode_null(&mut self) {
        self.json.decode_null();
    }

    fn undo(&mut self) {
        Decode::undo(&mut self.json);
    }

    fn rows(&self) -> usize {
        self.json.rows()
    }

    fn finish(&mut self) -> Result<RecordBatch> {
        self.json.finish()
    }

    fn drift(&mut self) -> Drift {
        Decode::drift(&mut self.json)
    }
}
