//! Avro messages to Arrow columns.
//!
//! For each schema that messages were written with, and the columns wanted, a tree of operations is made once
//! (`compile`), which then reads every message of the schema (`op`) or passes over what no column wants (`skip`). With a
//! reader's schema the two are resolved as the Avro specification says (`resolve`), otherwise a column takes the field
//! of its name. Text columns take a value of any shape as JSON, by the renderer that shows messages to people.

mod compile;
mod decoder;
mod drift;
mod encode;
mod infer;
mod input;
mod op;
mod plan;
mod resolve;
mod skip;

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::Schema;
use parking_lot::Mutex;

use super::{Codec, Decode, Fault, Framing, Inference, Shape, facts, payload_column};
use crate::cancel::Cancel;
use crate::error::{Error, Result};
use crate::registry::Registry;
use crate::show::{self, Decoder};

use decoder::AvroDecoder;
pub(crate) use input::{Input, deeper};

/// Avro: records as rows, any other value in the column [`WRAPPED`](super::WRAPPED).
///
/// Of a union of several records each branch fills the columns that it has. A value that is passed over is checked as
/// one that is read, so whether a message is bad does not depend on the columns.
///
/// ```
/// use std::sync::Arc;
/// use arrow::datatypes::{DataType, Field, Schema};
/// use flowloom_kafka::Cancel;
/// use flowloom_kafka::codec::{Avro, AvroSchemas, Codec, Framing, Shape};
///
/// let schema = r#"{"type": "record", "name": "Order", "fields": [{"name": "amount", "type": "long"}]}"#;
/// let avro = Avro::new(AvroSchemas::local(schema, Framing::Bare));
/// let columns = Schema::new(vec![Field::new("amount", DataType::Int64, true)]);
/// let mut decoder = avro.decoder(&Shape::new(Arc::new(columns)), &Cancel::default())?;
/// decoder.decode(&[14]).map_err(|fault| format!("{fault:?}"))?;
/// assert_eq!(decoder.finish()?.num_rows(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Avro {
    written: AvroSchemas,
    reader: Option<AvroReader>,
    /// The reader's schema, once it is known; of a subject the newest as the read began.
    resolved: Arc<Mutex<Option<Arc<show::avro::Avro>>>>,
}

/// The schemas that messages were written with.
#[derive(Clone, Debug)]
pub enum AvroSchemas {
    /// Each message names its own, in Confluent's wire format.
    Registry(Registry),
    /// All have this one. With [`Framing::Confluent`] the id in front is passed over.
    Local { schema: String, references: Vec<String>, framing: Framing },
}

impl AvroSchemas {
    /// All messages have the schema `schema`, an `.avsc`.
    pub fn local(schema: impl Into<String>, framing: Framing) -> Self {
        Self::Local { schema: schema.into(), references: Vec::new(), framing }
    }
}

/// The schema that messages are read as: its field names, its defaults, its aliases.
#[derive(Clone, Debug)]
pub enum AvroReader {
    /// An `.avsc`, and the named types that it builds on.
    Local { schema: String, references: Vec<String> },
    /// The newest of a subject, as the first decoder is made.
    Latest { registry: Registry, subject: String },
}

impl Avro {
    /// Messages as they were written: columns take the field of their name, and a field that is missing is null.
    pub fn new(written: AvroSchemas) -> Self {
        Self { written, reader: None, resolved: Arc::default() }
    }

    /// Messages as `reader` has them.
    #[must_use]
    pub fn read_as(self, reader: AvroReader) -> Self {
        Self { reader: Some(reader), resolved: Arc::default(), ..self }
    }

    fn reader(&self, cancel: &Cancel) -> Result<Option<Arc<show::avro::Avro>>> {
        let Some(reader) = &self.reader else { return Ok(None) };
        let mut resolved = self.resolved.lock();
        if let Some(known) = &*resolved {
            return Ok(Some(Arc::clone(known)));
        }
        let made = match reader {
            AvroReader::Local { schema, references } => parsed("the reader's schema", schema, references)?,
            AvroReader::Latest { registry, subject } => {
                let registry = registry.heeding(cancel);
                let decoder = registry.decoder_of(&*registry.latest(subject)?)?;
                let Decoder::Avro(avro) = &*decoder else {
                    let reason = format!("the newest schema of the subject `{subject}` is no Avro schema");
                    return Err(Error::InvalidRequest { reason });
                };
                Arc::clone(avro)
            }
        };
        *resolved = Some(Arc::clone(&made));
        Ok(Some(made))
    }

    /// The schemas that say what fields there are.
    fn schemas(&self, payloads: &[&[u8]], cancel: &Cancel) -> Result<Vec<Arc<show::avro::Avro>>> {
        if let Some(reader) = self.reader(cancel)? {
            return Ok(vec![reader]);
        }
        let registry = match &self.written {
            AvroSchemas::Local { schema, references, .. } => {
                return Ok(vec![parsed("the schema", schema, references)?]);
            }
            AvroSchemas::Registry(registry) => &registry.heeding(cancel),
        };
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for payload in payloads {
            let Ok((id, _)) = Framing::id(payload) else { continue };
            if seen.insert(id) {
                cancel.check()?;
                match decoder::written(registry, id) {
                    Ok(avro) => found.push(avro),
                    // Reading the sample counts it and tells why.
                    Err(Fault::Bad(_)) => {}
                    Err(Fault::Failed(error)) => return Err(*error),
                }
            }
        }
        Ok(found)
    }
}

impl Codec for Avro {
    fn name(&self) -> &'static str {
        "Avro"
    }

    fn decoder(&self, shape: &Shape, cancel: &Cancel) -> Result<Box<dyn Decode>> {
        let reader = self.reader(cancel)?;
        Ok(Box::new(match &self.written {
            AvroSchemas::Registry(registry) => {
                AvroDecoder::registry(shape, registry.heeding(cancel), reader)?
            }
            AvroSchemas::Local { schema, references, framing } => {
                AvroDecoder::local(shape, parsed("the schema", schema, references)?, *framing, reader)?
            }
        }))
    }

    fn infer(&self, payloads: &[&[u8]], cancel: &Cancel) -> Result<Inference> {
        let mut fields = Vec::new();
        for avro in self.schemas(payloads, cancel)? {
            infer::merge(&mut fields, infer::fields(&avro));
        }
        let mut found = facts::of_schema(self, Schema::new(fields), payloads, cancel)?;
        let columns = found.schema.fields().iter();
        let columns = columns.map(|field| field.as_ref().clone().with_name(payload_column(field.name())));
        found.schema = Schema::new(columns.collect::<Vec<_>>());
        Ok(found)
    }
}

/// The schema in `text`; `which` is what it is called.
fn parsed(which: &str, text: &str, references: &[String]) -> Result<Arc<show::avro::Avro>> {
    match show::avro::Avro::new(text, references.iter().map(String::as_str)) {
        Ok(avro) => Ok(Arc::new(avro)),
        Err(reason) => Err(Error::InvalidRequest { reason: format!("{which} is no Avro schema: {reason}") }),
    }
}

#[cfg(test)]
mod tests;
