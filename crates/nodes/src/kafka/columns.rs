//! The columns of a Kafka source, as settings, as Arrow and as Polars' schema.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::datatypes::{Field, Schema as ArrowSchema};
use flowloom_flow::Problem;
use flowloom_flow::value::{parse_dtype, show_dtype};
use flowloom_kafka::codec::payload_column;
use flowloom_kafka::read::MetadataColumn;
use polars::prelude::{DataType, Field as PolarsField, Schema, TimeUnit, TimeZone};

use crate::arrow::to_arrow;
use crate::kafka_source::{KafkaSource, KeyColumn};

/// The payload columns with their types.
pub(crate) fn fields(settings: &KafkaSource) -> Result<Vec<(String, DataType)>, Problem> {
    settings.fields.refuse_paths("this source").map_err(|problem| {
        let part = problem.at.field.clone().unwrap_or_default();
        problem.at_field(format!("fields{part}"))
    })?;
    let mut names = BTreeSet::new();
    let mut fields = Vec::new();
    for (i, field) in settings.fields.0.iter().enumerate() {
        let at = |part: &str| format!("fields[{i}].{part}");
        if MetadataColumn::ALL.iter().any(|column| column.name() == field.name) {
            let column = payload_column(&field.name);
            return Err(Problem::user(format!("`{}` is the name of a metadata column", field.name))
                .hint(format!("the payload's key of that name is the field `{column}`"))
                .at_field(at("name")));
        }
        if !names.insert(field.name.as_str()) {
            return Err(Problem::user(format!("field `{}` stands twice", field.name)).at_field(at("name")));
        }
        let dtype = parse_dtype(&field.dtype).map_err(|problem| problem.at_field(at("type")))?;
        if to_arrow(&dtype).is_none() {
            return Err(Problem::user(format!(
                "field `{}` cannot be {}: JSON has no such values",
                field.name,
                show_dtype(&dtype)
            ))
            .hint("read it as `String` or a number, and cast it in a `select` after this node")
            .at_field(at("type")));
        }
        fields.push((field.name.clone(), dtype));
    }
    Ok(fields)
}

/// The metadata columns that are switched on, in column order.
pub(crate) fn metadata(settings: &KafkaSource) -> Vec<MetadataColumn> {
    let key = match settings.key_column {
        KeyColumn::Text => Some(MetadataColumn::Key),
        KeyColumn::Bytes => Some(MetadataColumn::KeyBytes),
        KeyColumn::None => None,
    };
    let switched = [
        (settings.partition_column, MetadataColumn::Partition),
        (settings.offset_column, MetadataColumn::Offset),
        (settings.timestamp_column, MetadataColumn::Timestamp),
        (settings.timestamp_type_column, MetadataColumn::TimestampType),
        (settings.topic_column, MetadataColumn::Topic),
        (settings.headers_column, MetadataColumn::Headers),
    ];
    key.into_iter()
        .chain(switched.into_iter().filter(|(is_on, _)| *is_on).map(|(_, column)| column))
        .collect()
}

/// The type of a metadata column in frames.
pub(crate) fn metadata_type(column: MetadataColumn) -> DataType {
    match column {
        MetadataColumn::Key | MetadataColumn::Topic | MetadataColumn::TimestampType => DataType::String,
        MetadataColumn::KeyBytes => DataType::Binary,
        MetadataColumn::Partition | MetadataColumn::Offset => DataType::Int64,
        MetadataColumn::Timestamp => timestamp(),
        MetadataColumn::Headers => DataType::List(Box::new(DataType::Struct(vec![
            PolarsField::new("key".into(), DataType::String),
            PolarsField::new("value".into(), DataType::Binary),
        ]))),
    }
}

/// Microseconds, UTC.
fn timestamp() -> DataType {
    DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))
}

/// Schema of the first output: the payload's columns, then the metadata's.
pub(crate) fn rows(settings: &KafkaSource) -> Result<Schema, Problem> {
    let metadata =
        metadata(settings).into_iter().map(|column| (column.name().to_owned(), metadata_type(column)));
    Ok(fields(settings)?.into_iter().chain(metadata).map(|(name, dtype)| (name.into(), dtype)).collect())
}

/// Schema of the second output: one row for each rejected message.
pub(crate) fn rejects() -> Schema {
    let columns = [
        ("reason", DataType::String),
        ("value", DataType::Binary),
        ("key", DataType::Binary),
        ("topic", DataType::String),
        ("partition", DataType::Int64),
        ("offset", DataType::Int64),
        ("timestamp", timestamp()),
    ];
    columns.into_iter().map(|(name, dtype)| (name.into(), dtype)).collect()
}

/// The payload columns that are `wanted`, as the decoder takes them.
pub(crate) fn payload(
    settings: &KafkaSource,
    wanted: impl Fn(&str) -> bool,
) -> Result<Arc<ArrowSchema>, Problem> {
    let fields = fields(settings)?.into_iter().filter(|(name, _)| wanted(name));
    let fields = fields.filter_map(|(name, dtype)| Some(Field::new(name, to_arrow(&dtype)?, true)));
    Ok(Arc::new(ArrowSchema::new(fields.collect::<Vec<_>>())))
}
