//! The columns of a Kafka source, as settings, as Arrow and as Polars' schema.

use std::collections::BTreeSet;

use arrow::datatypes::{Field, SchemaRef};
use flowloom_flow::Problem;
use flowloom_flow::form::Choices as _;
use flowloom_flow::value::{parse_dtype, show_dtype};
use flowloom_kafka::codec::{self, EXTRA, Outline, Output, payload_column, payload_key};
use flowloom_kafka::read::{Metadata, MetadataColumn};
use polars::prelude::{DataType, Field as PolarsField, Schema, TimeUnit, TimeZone};

use super::choices::{Envelope, KeyColumn};
use super::problem;
use crate::arrow::to_arrow;
use crate::kafka_source::KafkaSource;

/// The column that says what a change did to its row.
pub(crate) const OP: &str = "_op";

/// A column of the message.
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) dtype: DataType,
    output: Output,
}

/// The payload columns with their types.
pub(crate) fn fields(settings: &KafkaSource) -> Result<Vec<(String, DataType)>, Problem> {
    Ok(columns(settings)?.into_iter().map(|column| (column.name, column.dtype)).collect())
}

/// The columns of the message's fields.
fn columns(settings: &KafkaSource) -> Result<Vec<Column>, Problem> {
    let taken = others(settings)?;
    let mut names = BTreeSet::new();
    let mut columns = Vec::new();
    for (i, field) in settings.fields.0.iter().enumerate() {
        let at = |part: &str| format!("fields[{i}].{part}");
        let in_row = |mut problem: Problem| {
            let part = problem.at.field.take().unwrap_or_default();
            problem.at_field(at(&part))
        };
        if taken.contains(field.name.as_str()) {
            return Err(Problem::user(format!("`{}` is the name of a metadata column", field.name))
                .hint("give the field another name, and say `from` where it is read")
                .at_field(at("name")));
        }
        if !names.insert(field.name.as_str()) {
            return Err(Problem::user(format!("field `{}` stands twice", field.name)).at_field(at("name")));
        }
        let dtype = field.dtype().map_err(in_row)?;
        let Some(arrow) = to_arrow(&dtype) else {
            return Err(Problem::user(format!(
                "field `{}` cannot be {}: messages have no such values",
                field.name,
                show_dtype(&dtype)
            ))
            .hint("read it as `String` or a number, and cast it in a `select` after this node")
            .at_field(at("type")));
        };
        let path = match field.from {
            Some(_) => field.path().map_err(in_row)?.0,
            None => vec![payload_key(&field.name).to_owned()],
        };
        let encoding = field.encoding.and_then(|encoding| codec::Encoding::named(encoding.choice().key));
        let column = encoding.unwrap_or_default().on(Field::new(&field.name, arrow, true));
        columns.push(Column { name: field.name.clone(), dtype, output: Output::new(column, path) });
    }
    Ok(columns)
}

/// The name of the field that a payload's key becomes unless somebody chooses another.
pub(crate) fn field_name(settings: &KafkaSource, key: &str) -> String {
    let is_taken = others(settings).is_ok_and(|taken| taken.contains(key));
    if is_taken { format!("{key}_payload") } else { payload_column(key).into_owned() }
}

/// The columns that are made of the wanted fields.
pub(crate) fn outline(settings: &KafkaSource, wanted: impl Fn(&str) -> bool) -> Result<Outline, Problem> {
    let around = match envelope(settings) {
        Envelope::None => codec::Envelope::None,
        Envelope::Structured => codec::Envelope::Structured,
        Envelope::Debezium => codec::Envelope::Debezium { wrapped: false },
        Envelope::DebeziumWithSchema => codec::Envelope::Debezium { wrapped: true },
    };
    let mut outputs: Vec<_> = columns(settings)?.into_iter().map(|column| column.output).collect();
    if settings.drift.keeps() {
        outputs.push(Output::extra());
    }
    if envelope(settings) != Envelope::None {
        let op = Field::new(OP, arrow::datatypes::DataType::Utf8View, true);
        outputs.push(Output { of_envelope: true, ..Output::new(op, vec!["op".to_owned()]) });
    }
    outputs.retain(|output| wanted(output.field.name()));
    Outline::new(outputs, around).map_err(problem)
}

/// What stands around the fields: nothing in a format that cannot have an envelope, whatever is set.
pub(super) fn envelope(settings: &KafkaSource) -> Envelope {
    if settings.format.has_fields() { settings.envelope } else { Envelope::None }
}

/// All fields that are known: others are drift.
pub(crate) fn known(settings: &KafkaSource) -> Result<SchemaRef, Problem> {
    outline(settings, |name| name != EXTRA)?.known().map_err(problem)
}

/// The metadata columns that are switched on, in column order, and what they are called.
pub(crate) fn metadata(settings: &KafkaSource) -> Vec<Metadata> {
    let named = |column| Metadata { column, name: name_of(settings, column) };
    metadata_columns(settings).into_iter().map(named).collect()
}

/// The metadata columns that are switched on, in column order.
pub(crate) fn metadata_columns(settings: &KafkaSource) -> Vec<MetadataColumn> {
    let key = match settings.key_column {
        KeyColumn::Text => Some(MetadataColumn::Key),
        KeyColumn::Bytes => Some(MetadataColumn::KeyBytes),
        _ => None,
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

/// What a metadata column is called.
fn name_of(settings: &KafkaSource, column: MetadataColumn) -> String {
    let usual = column.name();
    settings.column_names.0.get(usual).map_or_else(|| usual.to_owned(), Clone::clone)
}

/// What is wrong with the names that metadata columns are given.
pub(crate) fn check_names(settings: &KafkaSource) -> Result<(), Problem> {
    for (usual, name) in &settings.column_names.0 {
        let wrong = |what: String, hint: String| Err(Problem::user(what).hint(hint).at_field("column_names"));
        if !MetadataColumn::ALL.iter().any(|column| column.name() == usual) {
            let known = BTreeSet::from(MetadataColumn::ALL.map(|column| format!("`{}`", column.name())));
            let known = known.into_iter().collect::<Vec<_>>().join(", ");
            return wrong(format!("`{usual}` is no metadata column"), format!("they are {known}"));
        }
        if name.trim().is_empty() {
            return wrong(format!("`{usual}` has no name"), "remove the line, or give it one".to_owned());
        }
    }
    Ok(())
}

/// The column of the decoded key; `None`: it is not decoded.
pub(crate) fn key(settings: &KafkaSource) -> Result<Option<Field>, Problem> {
    if settings.key_column.format().is_none() {
        return Ok(None);
    }
    let dtype = parse_dtype(&settings.key_type).map_err(|problem| problem.at_field("key_type"))?;
    let Some(arrow) = to_arrow(&dtype) else {
        return Err(Problem::user(format!("a key cannot be {}", show_dtype(&dtype)))
            .hint("infer it from the topic, or read it as `String`")
            .at_field("key_type"));
    };
    Ok(Some(Field::new(name_of(settings, MetadataColumn::Key), arrow, true)))
}

/// The columns that are not of the message's fields, with their types, in their order.
fn others(settings: &KafkaSource) -> Result<Schema, Problem> {
    let mut columns = Schema::default();
    if settings.drift.keeps() {
        columns.insert(EXTRA.into(), DataType::String);
    }
    if envelope(settings) != Envelope::None {
        columns.insert(OP.into(), DataType::String);
    }
    if let Some(key) = key(settings)? {
        let dtype = parse_dtype(&settings.key_type).map_err(|problem| problem.at_field("key_type"))?;
        columns.insert(key.name().as_str().into(), dtype);
    }
    for wanted in metadata(settings) {
        let name = wanted.name.as_str();
        if columns.insert(name.into(), metadata_type(wanted.column)).is_some() {
            return Err(Problem::user(format!("two columns are named `{name}`"))
                .hint("give one of them another name")
                .at_field("column_names"));
        }
    }
    Ok(columns)
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

/// Schema of the first output: the payload's columns, then the key's and the metadata's.
pub(crate) fn rows(settings: &KafkaSource) -> Result<Schema, Problem> {
    let others = others(settings)?;
    let fields = fields(settings)?.into_iter().map(|(name, dtype)| (name.into(), dtype));
    Ok(fields.chain(others).collect())
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

/// The columns of a dead letter: those of a reject, and its headers.
pub(crate) fn dead_letters() -> Schema {
    let mut columns = rejects();
    columns.insert("headers".into(), metadata_type(MetadataColumn::Headers));
    columns
}
