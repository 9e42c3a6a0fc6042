//! Bad messages, kept with their reason.

use std::sync::Arc;

use arrow::array::{
    BinaryBuilder, Int32Builder, Int64Builder, ListBuilder, RecordBatch, StringBuilder, StructBuilder,
    TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;

use super::metadata::{headers, headers_type, push_headers, timestamp_type, timestamp_us, timestamps};
use super::queue::MessageView;

/// The columns of [`Reading::rejects`](super::Reading::rejects).
pub(super) fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("value", DataType::Binary, true),
        Field::new("key", DataType::Binary, true),
        Field::new("topic", DataType::Utf8, false),
        Field::new("partition", DataType::Int32, false),
        Field::new("offset", DataType::Int64, false),
        Field::new("timestamp", timestamp_type(), true),
        Field::new("reason", DataType::Utf8, false),
        Field::new("headers", headers_type(), false),
    ]))
}

/// Rejected messages of one chunk.
pub(super) struct Rejects {
    value: BinaryBuilder,
    key: BinaryBuilder,
    topic: StringBuilder,
    partition: Int32Builder,
    offset: Int64Builder,
    timestamp: TimestampMicrosecondBuilder,
    reason: StringBuilder,
    headers: ListBuilder<StructBuilder>,
    rows: usize,
}

impl Rejects {
    pub(super) fn new() -> Self {
        Self {
            value: BinaryBuilder::new(),
            key: BinaryBuilder::new(),
            topic: StringBuilder::new(),
            partition: Int32Builder::new(),
            offset: Int64Builder::new(),
            timestamp: timestamps(),
            reason: StringBuilder::new(),
            headers: headers(),
            rows: 0,
        }
    }

    pub(super) fn push(&mut self, topic: &str, message: MessageView<'_>, reason: &str) {
        self.value.append_option(message.payload());
        self.key.append_option(message.key());
        self.topic.append_value(topic);
        self.partition.append_value(message.partition());
        self.offset.append_value(message.offset());
        self.timestamp.append_option(timestamp_us(message));
        self.reason.append_value(reason);
        push_headers(&mut self.headers, message);
        self.rows += 1;
    }

    /// The rejects since the last call, if there are any.
    pub(super) fn finish(&mut self) -> Result<Option<RecordBatch>, ArrowError> {
        if std::mem::take(&mut self.rows) == 0 {
            return Ok(None);
        }
        let batch = RecordBatch::try_new(
            schema(),
            vec![
                Arc::new(self.value.finish()),
                Arc::new(self.key.finish()),
                Arc::new(self.topic.finish()),
                Arc::new(self.partition.finish()),
                Arc::new(self.offset.finish()),
                Arc::new(self.timestamp.finish()),
                Arc::new(self.reason.finish()),
                Arc::new(self.headers.finish()),
            ],
        )?;
        Ok(Some(batch))
    }
}
