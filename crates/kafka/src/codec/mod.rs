//! Payload bytes to Arrow columns.
//!
//! A format is a [`Codec`]: it finds the fields of a topic in a sample of its messages ([`Codec::infer`]) and makes
//! [`Decode`]rs, one for each thread, that append one message after the other to the columns wanted of them. Each format
//! has one file here. What is common stands once: the growing columns of every type (`slot`), and the way from the
//! payload's own tree of fields to the columns that a person chose ([`Outline`]: renamed, flattened, dropped).
//!
//! Decoders are strict: a value that its column cannot hold makes the message bad, and a bad message harms no other.

mod avro;
mod cbor;
mod column;
mod csv;
mod cursor;
mod facts;
mod framing;
mod infer;
mod instant;
mod json;
mod json_schema;
mod keys;
mod messagepack;
mod met;
mod nested;
mod number;
mod outline;
mod protobuf;
mod raw;
mod reason;
mod reserved;
mod single;
mod slot;
mod string;
mod text;
mod tokens;
mod typed;
mod utf8;
mod watch;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;

use crate::cancel::Cancel;
use crate::error::{Error, Result};

pub use avro::{Avro, AvroReader, AvroSchemas};
pub(crate) use avro::{Input, deeper};
pub use cbor::Cbor;
pub use csv::{Csv, Escape};
pub use facts::{Facts, facts};
pub use framing::Framing;
pub use infer::{Inference, infer};
pub use instant::parse_instant;
pub use json::{Decoder, Json};
pub use json_schema::JsonSchema;
pub use messagepack::MessagePack;
pub use outline::{Envelope, Outline, Output};
pub use protobuf::Protobuf;
pub use raw::Raw;
pub(crate) use reason::Parsed;
pub use reason::Reason;
pub use reserved::{payload_column, payload_key};
pub use slot::Encoding;
pub use utf8::Text;

/// The column that holds a message whose value is not an object.
pub const WRAPPED: &str = "value";

/// The column that holds the fields that are not in the schema, as the JSON text of an object.
pub const EXTRA: &str = "_extra";

/// Objects and lists nested deeper than this make a message bad, so no input can exhaust the stack.
pub const MAX_DEPTH: usize = 128;

/// The longest text that is made of one message, in bytes: a few bytes can stand for any number of empty values.
const MOST_TEXT: usize = 64 << 20;

/// A format of keys or values. Plain data and shared by all threads of a read.
pub trait Codec: fmt::Debug + Send + Sync {
    /// What it is called, for people: `JSON`, `Avro`.
    fn name(&self) -> &'static str;

    /// A decoder into the columns of `shape`.
    ///
    /// Fails with [`Error::UnsupportedType`] on a type that the format cannot fill, and where a schema that the
    /// settings name cannot be had.
    fn decoder(&self, shape: &Shape, cancel: &Cancel) -> Result<Box<dyn Decode>>;

    /// The fields of `payloads`, a sample of a topic, so that each of them is taken without loss.
    fn infer(&self, payloads: &[&[u8]], cancel: &Cancel) -> Result<Inference>;
}

/// What a decoder fills.
#[derive(Clone, Debug)]
pub struct Shape {
    /// The columns wanted, a part of the payload's own tree: names are those of the payload. All are nullable.
    /// A field [`EXTRA`] of it is the text of what `known` does not name.
    pub schema: SchemaRef,
    /// All fields that the person has chosen or dropped: a field that is not here is drift.
    pub known: SchemaRef,
    pub unknown: Unknown,
}

impl Shape {
    /// The columns of `schema`; fields that it does not name are passed over.
    pub fn new(schema: SchemaRef) -> Self {
        Self { known: Arc::clone(&schema), schema, unknown: Unknown::Ignore }
    }
}

/// What becomes of a field that is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unknown {
    /// It is passed over, and counted.
    #[default]
    Ignore,
    /// It is kept in the column [`EXTRA`], where that is wanted, and counted.
    Keep,
    /// Its message is bad.
    Fail,
}

/// Fills columns, one message after the other, on one thread.
pub trait Decode: Send {
    /// Appends one message as a row; on error nothing was appended.
    ///
    /// Call [`finish`](Self::finish) at least once in each GiB of payload.
    fn decode(&mut self, payload: &[u8]) -> std::result::Result<(), Fault>;

    /// Appends a row of nulls.
    fn decode_null(&mut self);

    /// Takes back the last row since the last [`finish`](Self::finish).
    fn undo(&mut self);

    /// Rows since the last [`finish`](Self::finish).
    fn rows(&self) -> usize;

    /// The rows so far, in the order of their messages; the next row starts a new batch.
    fn finish(&mut self) -> Result<RecordBatch>;

    /// The drift met since the last call.
    fn drift(&mut self) -> Drift {
        Drift::default()
    }
}

/// Why a message could not become a row.
#[derive(Debug)]
pub enum Fault {
    /// The message is bad.
    Bad(Reason),
    /// It cannot be known what the message says: the schema registry does not answer. The read ends.
    Failed(Box<Error>),
}

impl From<Reason> for Fault {
    fn from(reason: Reason) -> Self {
        Self::Bad(reason)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Failed(Box::new(error))
    }
}

/// Decoded rows as a batch; all columns may be missing, so their number is told.
fn batch(
    schema: &SchemaRef,
    rows: usize,
    columns: std::result::Result<Vec<ArrayRef>, ArrowError>,
) -> Result<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    columns
        .and_then(|columns| RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options))
        .map_err(|source| Error::Arrow { doing: "building a batch of decoded messages", source })
}

/// How messages differ from the schema without being bad.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// Fields that are not known, by path (`customer.tier`): in how many messages, and what the first value was like.
    pub unknown: BTreeMap<String, UnknownField>,
    /// Names were met that are counted in no entry: more than [`MOST`](Self::MOST), or very long ones.
    pub more: bool,
}

/// A field that was not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownField {
    pub messages: u64,
    /// The first value, shortened, as JSON text.
    pub example: String,
}

impl Drift {
    /// Names remembered: objects that are used as maps would fill the memory.
    pub const MOST: usize = 256;

    /// Counts one message with the field `path`; `example` is asked for once.
    pub fn met(&mut self, path: &str, example: impl FnOnce() -> String) {
        if let Some(field) = self.unknown.get_mut(path) {
            field.messages += 1;
        } else if self.unknown.len() < Self::MOST {
            self.unknown.insert(path.to_owned(), UnknownField { messages: 1, example: example() });
        } else {
            self.more = true;
        }
    }

    /// Counts `messages` with the field `path`.
    pub(crate) fn count(&mut self, path: &str, messages: u64, example: String) {
        if let Some(field) = self.unknown.get_mut(path) {
            field.messages += messages;
        } else if self.unknown.len() < Self::MOST {
            self.unknown.insert(path.to_owned(), UnknownField { messages, example });
        } else {
            self.more = true;
        }
    }

    /// Adds what another decoder met.
    pub fn add(&mut self, other: Self) {
        self.more |= other.more;
        for (path, field) in other.unknown {
            self.count(&path, field.messages, field.example);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.unknown.is_empty()
    }
}
