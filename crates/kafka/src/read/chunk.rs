//! Consecutive messages of one partition to one record batch.

use std::sync::Arc;

use arrow::array::{RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;

use super::metadata::{MetadataBuilder, MetadataColumn};
use super::queue::{MessageBatch, MessageView};
use super::reading::{BadExample, Counts};
use super::rejects::Rejects;
use super::request::{BadMessages, ReadRequest};
use crate::cancel::Cancel;
use crate::codec::Decoder;
use crate::error::{Error, Result};

/// Why a message without a value is bad.
const TOMBSTONE: &str = "null payload (tombstone)";

/// A decoded chunk.
pub(super) struct Chunk {
    pub(super) rows: RecordBatch,
    pub(super) rejects: Option<RecordBatch>,
    pub(super) counts: Counts,
    pub(super) first_bad: Option<BadExample>,
}

/// Decodes chunks, one after the other, on one thread.
pub(super) struct ChunkDecoder {
    topic: Arc<str>,
    schema: SchemaRef,
    decoder: Decoder,
    metadata: Vec<MetadataBuilder>,
    text_key: bool,
    policy: BadMessages,
    rejects: Rejects,
}

impl ChunkDecoder {
    /// A decoder into `schema`, which is the request's payload columns and then its metadata columns.
    pub(super) fn new(request: &ReadRequest, schema: SchemaRef, topic: Arc<str>) -> Result<Self> {
        let metadata = request.metadata.iter().map(|column| MetadataBuilder::new(*column, &topic)).collect();
        Ok(Self {
            topic,
            schema,
            decoder: Decoder::new(Arc::clone(&request.schema))?,
            metadata,
            text_key: request.metadata.contains(&MetadataColumn::Key),
            policy: request.bad_messages,
            rejects: Rejects::new(),
        })
    }

    /// Decodes `messages`; under the policy `Fail` the first bad one is the error.
    pub(super) fn decode(&mut self, messages: &MessageBatch, cancel: &Cancel) -> Result<Chunk> {
        const CANCEL_CHECK: usize = 1024;
        let mut counts = Counts::default();
        let mut first_bad = None;
        for (index, message) in messages.iter().enumerate() {
            if index % CANCEL_CHECK == 0 {
                cancel.check()?;
            }
            counts.read += 1;
            counts.bytes += message.size_bytes() as u64;
            if let Err(reason) = self.row(message) {
                let (partition, offset) = (message.partition(), message.offset());
                match self.policy {
                    BadMessages::Fail => {
                        return Err(Error::BadMessage {
                            topic: self.topic.to_string(),
                            partition,
                            offset,
                            reason,
                        });
                    }
                    BadMessages::Skip => counts.skipped += 1,
                    BadMessages::Reject => {
                        self.rejects.push(&self.topic, message, &reason);
                        counts.rejected += 1;
                    }
                }
                first_bad.get_or_insert(BadExample { partition, offset, reason });
            }
        }
        let rows = self.finish()?;
        counts.decoded = rows.num_rows() as u64;
        let rejects = self.rejects.finish().map_err(building)?;
        Ok(Chunk { rows, rejects, counts, first_bad })
    }

    #[inline]
    fn row(&mut self, message: MessageView<'_>) -> std::result::Result<(), String> {
        let key = match message.key() {
            Some(key) if self.text_key => Some(
                std::str::from_utf8(key)
                    .map_err(|wrong| format!("the key is not valid UTF-8 at byte {}", wrong.valid_up_to()))?,
            ),
            _ => None,
        };
        let payload = message.payload().ok_or(TOMBSTONE)?;
        self.decoder.decode(payload).map_err(|reason| reason.to_string())?;
        for column in &mut self.metadata {
            column.push(message, key);
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<RecordBatch> {
        let payload = self.decoder.finish()?;
        let options = RecordBatchOptions::new().with_row_count(Some(payload.num_rows()));
        let mut columns = payload.columns().to_vec();
        columns.extend(self.metadata.iter_mut().map(MetadataBuilder::finish));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &options).map_err(building)
    }
}

fn building(source: arrow::error::ArrowError) -> Error {
    Error::Arrow { doing: "building a batch of messages", source }
}
