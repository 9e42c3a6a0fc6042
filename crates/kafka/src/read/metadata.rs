//! Columns that say where a message comes from.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, Int32Array, Int64Array, ListBuilder, StringBuilder, StringViewBuilder,
    StructBuilder, TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Field, Fields, TimeUnit};

use super::queue::MessageView;

/// A column of a message's metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MetadataColumn {
    /// `_kafka_key` as text (`Utf8View`); a key that is not UTF-8 makes the message bad.
    Key,
    /// `_kafka_key` as it is (Binary).
    KeyBytes,
    /// `_kafka_topic` (`Utf8View`).
    Topic,
    /// `_kafka_partition` (Int32).
    Partition,
    /// `_kafka_offset` (Int64).
    Offset,
    /// `_kafka_timestamp` (Timestamp in µs, UTC); null when the message has none.
    Timestamp,
    /// `_kafka_timestamp_type` (`Utf8View`): `create` or `append`, who set the time: producer or broker.
    TimestampType,
    /// `_kafka_headers` (List of Struct of `key`: Utf8 and `value`: Binary), in their order.
    Headers,
}

impl MetadataColumn {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Key,
        Self::KeyBytes,
        Self::Topic,
        Self::Partition,
        Self::Offset,
        Self::Timestamp,
        Self::TimestampType,
        Self::Headers,
    ];

    /// The column's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Key | Self::KeyBytes => "_kafka_key",
            Self::Topic => "_kafka_topic",
            Self::Partition => "_kafka_partition",
            Self::Offset => "_kafka_offset",
            Self::Timestamp => "_kafka_timestamp",
            Self::TimestampType => "_kafka_timestamp_type",
            Self::Headers => "_kafka_headers",
        }
    }

    /// The column's field; nullable where a message may lack it.
    pub fn field(self) -> Field {
        let (data_type, nullable) = match self {
            Self::KeyBytes => (DataType::Binary, true),
            Self::Topic => (DataType::Utf8View, false),
            Self::Partition => (DataType::Int32, false),
            Self::Offset => (DataType::Int64, false),
            Self::Timestamp => (timestamp_type(), true),
            Self::Key | Self::TimestampType => (DataType::Utf8View, true),
            Self::Headers => (headers_type(), false),
        };
        Field::new(self.name(), data_type, nullable)
    }
}

/// A metadata column and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    pub column: MetadataColumn,
    pub name: String,
}

impl Metadata {
    /// The column's field.
    pub fn field(&self) -> Field {
        self.column.field().with_name(&self.name)
    }
}

impl From<MetadataColumn> for Metadata {
    /// The column by its usual name.
    fn from(column: MetadataColumn) -> Self {
        Self { column, name: column.name().to_owned() }
    }
}

/// Microseconds since 1970, UTC.
pub(super) fn timestamp_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC")))
}

/// A builder of [`timestamp_type`].
pub(super) fn timestamps() -> TimestampMicrosecondBuilder {
    TimestampMicrosecondBuilder::new().with_data_type(timestamp_type())
}

/// A message's time in microseconds.
pub(super) fn timestamp_us(message: MessageView<'_>) -> Option<i64> {
    message.timestamp().map(|(time_ms, _)| time_ms.saturating_mul(1000))
}

fn header_fields() -> Fields {
    Fields::from(vec![Field::new("key", DataType::Utf8, true), Field::new("value", DataType::Binary, true)])
}

/// A metadata column under construction.
pub(super) enum MetadataBuilder {
    Key(StringViewBuilder),
    KeyBytes(BinaryBuilder),
    /// Rows.
    Topic(usize),
    Partition(Vec<i32>),
    Offset(Vec<i64>),
    Timestamp(TimestampMicrosecondBuilder),
    TimestampType(StringViewBuilder),
    Headers(Box<ListBuilder<StructBuilder>>),
}

impl MetadataBuilder {
    pub(super) fn new(column: MetadataColumn) -> Self {
        match column {
            MetadataColumn::Key => Self::Key(StringViewBuilder::new().with_fixed_block_size(1 << 18)),
            MetadataColumn::KeyBytes => Self::KeyBytes(BinaryBuilder::new()),
            MetadataColumn::Topic => Self::Topic(0),
            MetadataColumn::Partition => Self::Partition(Vec::new()),
            MetadataColumn::Offset => Self::Offset(Vec::new()),
            MetadataColumn::Timestamp => Self::Timestamp(timestamps()),
            MetadataColumn::TimestampType => Self::TimestampType(StringViewBuilder::new()),
            MetadataColumn::Headers => Self::Headers(Box::new(headers())),
        }
    }

    /// Appends what `message` says; `key` is its key as text, where that is wanted.
    #[inline]
    pub(super) fn push(&mut self, message: MessageView<'_>, key: Option<&str>) {
        match self {
            Self::Key(builder) => builder.append_option(key),
            Self::KeyBytes(builder) => builder.append_option(message.key()),
            Self::Topic(rows) => *rows += 1,
            Self::Partition(values) => values.push(message.partition()),
            Self::Offset(values) => values.push(message.offset()),
            Self::Timestamp(builder) => builder.append_option(timestamp_us(message)),
            Self::TimestampType(builder) => {
                builder.append_option(
                    message.timestamp().map(|(_, append)| if append { "append" } else { "create" }),
                );
            }
            Self::Headers(builder) => push_headers(builder, message),
        }
    }

    /// The column of messages that are all of `topic`.
    pub(super) fn finish(&mut self, topic: &str) -> ArrayRef {
        match self {
            Self::Key(builder) | Self::TimestampType(builder) => Arc::new(builder.finish()),
            Self::KeyBytes(builder) => Arc::new(builder.finish()),
            Self::Topic(rows) => {
                let mut builder = StringViewBuilder::with_capacity(*rows);
                for _ in 0..std::mem::take(rows) {
                    builder.append_value(topic);
                }
                Arc::new(builder.finish())
            }
            Self::Partition(values) => Arc::new(Int32Array::from(std::mem::take(values))),
            Self::Offset(values) => Arc::new(Int64Array::from(std::mem::take(values))),
            Self::Timestamp(builder) => Arc::new(builder.finish()),
            Self::Headers(builder) => Arc::new(builder.finish()),
        }
    }
}

/// A builder of [`headers_type`].
pub(super) fn headers() -> ListBuilder<StructBuilder> {
    ListBuilder::new(StructBuilder::from_fields(header_fields(), 0))
}

/// A list of structs of `key` and `value`.
pub(super) fn headers_type() -> DataType {
    DataType::new_list(DataType::Struct(header_fields()), true)
}

/// Appends all headers of `message` as one row.
pub(super) fn push_headers(headers: &mut ListBuilder<StructBuilder>, message: MessageView<'_>) {
    message.headers(|name, value| push_header(headers.values(), &name.to_string_lossy(), value));
    headers.append(true);
}

fn push_header(headers: &mut StructBuilder, name: &str, value: Option<&[u8]>) {
    if let Some(names) = headers.field_builder::<StringBuilder>(0) {
        names.append_value(name);
    }
    if let Some(values) = headers.field_builder::<BinaryBuilder>(1) {
        values.append_option(value);
    }
    headers.append(true);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builder_makes_its_field() {
        for column in MetadataColumn::ALL {
            let array = MetadataBuilder::new(column).finish("orders");
            assert_eq!(array.data_type(), column.field().data_type(), "{column:?}");
        }
    }
}
