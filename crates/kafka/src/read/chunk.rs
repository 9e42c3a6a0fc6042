//! Consecutive messages of one partition to one record batch.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, StructArray};
use arrow::compute::{filter, not};
use arrow::datatypes::{DataType, Schema, SchemaRef};

use super::metadata::{MetadataBuilder, MetadataColumn};
use super::queue::{MessageBatch, MessageView};
use super::reading::{BadExample, Counts};
use super::rejects::Rejects;
use super::request::{BadMessages, DecodedKey, ReadRequest, Tombstones};
use crate::cancel::Cancel;
use crate::codec::{Decode, Drift, Envelope, Fault, Outline, Shape, WRAPPED};
use crate::error::{Error, Result};

/// Why a message without a value is bad.
const TOMBSTONE: &str = "null payload (tombstone)";

/// A decoded chunk.
pub(super) struct Chunk {
    pub(super) rows: RecordBatch,
    pub(super) rejects: Option<RecordBatch>,
    pub(super) counts: Counts,
    pub(super) first_bad: Option<BadExample>,
    pub(super) drift: Drift,
}

/// Decodes chunks, one after the other, on one thread.
pub(super) struct ChunkDecoder {
    /// Of the chunk.
    topic: Arc<str>,
    schema: SchemaRef,
    outline: Outline,
    value: Box<dyn Decode>,
    key: Option<KeyDecoder>,
    metadata: Vec<MetadataBuilder>,
    text_key: bool,
    tombstones: Tombstones,
    policy: BadMessages,
    rejects: Rejects,
    counts: Counts,
    first_bad: Option<BadExample>,
    /// The message of each row, where a row may turn out to be bad when the chunk is complete.
    origins: Option<Vec<usize>>,
}

impl ChunkDecoder {
    /// A decoder into `schema`, which is what [`ReadRequest::check`] gave.
    pub(super) fn new(request: &ReadRequest, schema: &SchemaRef, cancel: &Cancel) -> Result<Self> {
        let shape = Shape {
            schema: Arc::clone(request.columns.payload()),
            known: Arc::clone(&request.known),
            unknown: request.unknown,
        };
        let metadata = request.metadata.iter();
        Ok(Self {
            topic: Arc::default(),
            schema: Arc::clone(schema),
            outline: request.columns.clone(),
            value: request.value.decoder(&shape, cancel)?,
            key: request.key.as_ref().map(|key| KeyDecoder::new(key, cancel)).transpose()?,
            metadata: metadata.map(|wanted| MetadataBuilder::new(wanted.column)).collect(),
            text_key: request.metadata.iter().any(|wanted| wanted.column == MetadataColumn::Key),
            tombstones: request.tombstones,
            policy: request.bad_messages,
            rejects: Rejects::new(),
            counts: Counts::default(),
            first_bad: None,
            origins: (request.columns.envelope() != Envelope::None).then(Vec::new),
        })
    }

    /// Decodes `messages` of `topic`; under the policy `Fail` the first bad one is the error.
    pub(super) fn decode(
        &mut self,
        topic: &Arc<str>,
        messages: &MessageBatch,
        cancel: &Cancel,
    ) -> Result<Chunk> {
        const CANCEL_CHECK: usize = 1024;
        self.topic = Arc::clone(topic);
        self.counts = Counts::default();
        self.first_bad = None;
        for (index, message) in messages.iter().enumerate() {
            if index % CANCEL_CHECK == 0 {
                cancel.check()?;
            }
            self.counts.read += 1;
            self.counts.bytes += message.size_bytes() as u64;
            match self.row(message) {
                Ok(true) => {
                    if let Some(origins) = &mut self.origins {
                        origins.push(index);
                    }
                }
                Ok(false) => {
                    self.counts.skipped += 1;
                    self.counts.tombstones += 1;
                }
                Err(Bad::Message(reason)) => self.bad(message, reason)?,
                Err(Bad::Read(error)) => return Err(*error),
            }
        }
        let rows = self.finish(messages)?;
        self.counts.decoded = rows.num_rows() as u64;
        let rejects = self.rejects.finish().map_err(building)?;
        let drift = self.value.drift();
        Ok(Chunk { rows, rejects, counts: self.counts, first_bad: self.first_bad.take(), drift })
    }

    /// Appends `message`; false when it is a tombstone, which are left out whatever their keys are.
    #[inline]
    fn row(&mut self, message: MessageView<'_>) -> std::result::Result<bool, Bad> {
        if self.tombstones == Tombstones::Skip && message.payload().is_none() {
            return Ok(false);
        }
        let key = match message.key() {
            Some(key) if self.text_key => Some(std::str::from_utf8(key).map_err(|wrong| {
                Bad::Message(format!("the key is not valid UTF-8 at byte {}", wrong.valid_up_to()))
            })?),
            _ => None,
        };
        match (message.payload(), self.tombstones) {
            (Some(payload), _) => self.value.decode(payload)?,
            (None, Tombstones::Nulls) => self.value.decode_null(),
            (None, _) => return Err(Bad::Message(TOMBSTONE.to_owned())),
        }
        if let Some(decoder) = &mut self.key
            && let Err(bad) = decoder.push(message.key())
        {
            self.value.undo();
            return Err(bad);
        }
        for column in &mut self.metadata {
            column.push(message, key);
        }
        Ok(true)
    }

    /// Treats a bad message as the policy says.
    fn bad(&mut self, message: MessageView<'_>, reason: String) -> Result<()> {
        let (partition, offset) = (message.partition(), message.offset());
        match self.policy {
            BadMessages::Fail => {
                return Err(Error::BadMessage { topic: self.topic.to_string(), partition, offset, reason });
            }
            BadMessages::Skip => self.counts.skipped += 1,
            BadMessages::Reject => {
                self.rejects.push(&self.topic, message, &reason);
                self.counts.rejected += 1;
            }
        }
        let is_first = self.first_bad.as_ref().is_none_or(|first| offset < first.offset);
        if is_first {
            let topic = self.topic.to_string();
            self.first_bad = Some(BadExample { topic, partition, offset, reason });
        }
        Ok(())
    }

    /// Counts the drift again, without the rows that turned out to be bad.
    #[cold]
    fn recount(&mut self, messages: &MessageBatch, origins: &[usize], is_bad: &[bool]) -> Result<()> {
        if !is_bad.contains(&true) || self.value.drift().is_empty() {
            return Ok(());
        }
        let good = origins.iter().zip(is_bad).filter(|(_, is_bad)| !**is_bad);
        for payload in good.filter_map(|(origin, _)| messages.get(*origin)?.payload()) {
            // It became a row before, so it is not bad now.
            if let Err(Fault::Failed(error)) = self.value.decode(payload) {
                return Err(*error);
            }
        }
        self.value.finish().map(drop)
    }

    fn finish(&mut self, messages: &MessageBatch) -> Result<RecordBatch> {
        let payload = self.value.finish()?;
        let missing = self.outline.without_envelope(&payload).map_err(building)?;
        let mut rows = payload.num_rows();
        let mut columns = self.outline.project(&payload).map_err(building)?;
        if let Some(key) = &mut self.key {
            columns.push(key.finish()?);
        }
        columns.extend(self.metadata.iter_mut().map(|column| column.finish(&self.topic)));
        let origins = self.origins.as_mut().map(std::mem::take).unwrap_or_default();
        if let Some(missing) = missing {
            let reason = self.outline.no_envelope();
            let mut is_bad = vec![false; missing.len()];
            for (row, is_bad) in is_bad.iter_mut().enumerate().filter(|(row, _)| missing.value(*row)) {
                // A tombstone is a row of nulls without any envelope.
                if let Some(message) = origins.get(row).and_then(|origin| messages.get(*origin))
                    && message.payload().is_some()
                {
                    *is_bad = true;
                    self.bad(message, reason.to_owned())?;
                }
            }
            self.recount(messages, &origins, &is_bad)?;
            let whole = not(&BooleanArray::from(is_bad)).map_err(building)?;
            rows = whole.true_count();
            let kept = columns.iter().map(|column| filter(column, &whole));
            columns = kept.collect::<std::result::Result<_, _>>().map_err(building)?;
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options).map_err(building)
    }
}

/// Why a message gives no row.
enum Bad {
    Message(String),
    /// Not its own fault: the read ends.
    Read(Box<Error>),
}

impl From<Fault> for Bad {
    #[cold]
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Bad(reason) => Self::Message(reason.to_string()),
            Fault::Failed(error) => Self::Read(error),
        }
    }
}

/// The column of decoded keys.
struct KeyDecoder {
    decoder: Box<dyn Decode>,
    data_type: DataType,
    is_object: bool,
    /// For each row whether there is a key.
    present: Vec<bool>,
}

impl KeyDecoder {
    fn new(key: &DecodedKey, cancel: &Cancel) -> Result<Self> {
        let data_type = key.field.data_type().clone();
        let (fields, is_object) = match &data_type {
            DataType::Struct(fields) => (fields.clone(), true),
            _ => (vec![Arc::new(key.field.clone().with_name(WRAPPED))].into(), false),
        };
        let decoder = key.codec.decoder(&Shape::new(Arc::new(Schema::new(fields))), cancel)?;
        Ok(Self { decoder, data_type, is_object, present: Vec::new() })
    }

    fn push(&mut self, key: Option<&[u8]>) -> std::result::Result<(), Bad> {
        match key {
            Some(bytes) => self.decoder.decode(bytes).map_err(|fault| match fault {
                Fault::Bad(reason) => Bad::Message(format!("the key: {reason}")),
                Fault::Failed(error) => Bad::Read(error),
            })?,
            None => self.decoder.decode_null(),
        }
        self.present.push(key.is_some());
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        let batch = self.decoder.finish()?;
        let present = std::mem::take(&mut self.present);
        if !self.is_object {
            return Ok(Arc::clone(batch.column(0)));
        }
        let nulls = BooleanArray::from(present).values().clone().into();
        let DataType::Struct(fields) = &self.data_type else { return Ok(Arc::new(StructArray::from(batch))) };
        let object = StructArray::try_new_with_length(
            fields.clone(),
            batch.columns().to_vec(),
            Some(nulls),
            batch.num_rows(),
        );
        Ok(Arc::new(object.map_err(building)?))
    }
}

fn building(source: arrow::error::ArrowError) -> Error {
    Error::Arrow { doing: "building a batch of messages", source }
}
