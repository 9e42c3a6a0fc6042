//! What exported programs cannot do yet: refused by name, before anything is written.

use flowloom_flow::form::Choices as _;
use flowloom_flow::value::{Encoding, FieldSpec, show_dtype};
use flowloom_flow::{CodeWriter, Problem, Target};
use flowloom_kafka::codec::{WRAPPED, payload_key};
use polars::prelude::{DataType, TimeUnit};

use super::choices::{BadMessages, Drift, Envelope, Format, KeyColumn, Start};
use super::columns;
use crate::kafka_source::KafkaSource;

/// Fails for the first setting that an export would not follow.
pub(crate) fn check(settings: &KafkaSource, out: &CodeWriter<'_>) -> Result<(), Problem> {
    for (key, limit) in [
        ("max_bytes", settings.max_bytes),
        ("max_seconds", settings.max_seconds),
        ("messages_per_second", settings.messages_per_second),
        ("bytes_per_second", settings.bytes_per_second),
    ] {
        if limit > 0 {
            let refused = out.refuse(&format!("the limit `{key}`"));
            return Err(refused.hint("set it to 0; `max_messages` can be exported").at_field(key));
        }
    }
    if settings.topic.pattern().is_some() {
        return Err(out.refuse("a pattern of topics").hint("choose one topic").at_field("topic"));
    }
    if settings.topic.names().len() > 1 {
        return Err(out.refuse("a list of topics").hint("choose one topic").at_field("topic"));
    }
    if let Some(elsewhere) = settings.offsets.elsewhere().filter(|_| settings.start.keeps_offsets()) {
        return Err(out.refuse(elsewhere).hint("keep them in Kafka").at_field("offsets"));
    }
    if settings.properties.0.iter().any(|(name, _)| name == "client.rack") {
        near(out, "properties")?;
    }
    if !settings.rack.trim().is_empty() {
        near(out, "rack")?;
    }
    let is_known = matches!(settings.format, Format::Json | Format::Text | Format::Raw);
    let key_is_plain = matches!(settings.key_column, KeyColumn::Text | KeyColumn::Bytes | KeyColumn::None);
    let refused = [
        (
            !is_known,
            "format",
            format!("the format {}", settings.format.choice().label),
            "JSON, text and bytes can be exported",
        ),
        (
            !key_is_plain,
            "key_column",
            format!("keys in {}", settings.key_column.choice().label),
            "keep the key as text or bytes, and decode it after this node",
        ),
        (
            settings.envelope != Envelope::None,
            "envelope",
            "an envelope".to_owned(),
            "read its fields by `from`, such as `data.amount`",
        ),
        (
            settings.drift != Drift::Ignore,
            "drift",
            "unknown fields that are kept or refused".to_owned(),
            "leave them out",
        ),
        (
            matches!(settings.bad_messages, BadMessages::DeadLetterTopic | BadMessages::DeadLetterFolder),
            "bad_messages",
            "dead letters".to_owned(),
            "send bad messages to the output `rejects`, and write that",
        ),
        (
            settings.start == Start::Last,
            "start",
            format!("the start `{}`", settings.start.choice().label),
            "start at a time or at offsets",
        ),
    ];
    if let Some((_, key, what, hint)) = refused.into_iter().find(|(is_set, ..)| *is_set) {
        return Err(out.refuse(&what).hint(hint).at_field(key));
    }
    check_fields(settings, out)
}

/// Fails for a program in Rust that would read replicas nearby: one that lags behind says that its partition ends
/// before the end that is read to, and rust-rdkafka does not say at which offset.
pub(super) fn near(out: &CodeWriter<'_>, key: &str) -> Result<(), Problem> {
    match out.target() {
        Target::Python => Ok(()),
        Target::Rust => Err(out
            .refuse("a rack")
            .hint("leave it empty to read from the leaders, or export to Python")
            .at_field(key)),
    }
}

/// Fails for the first field that an export would not read.
fn check_fields(settings: &KafkaSource, out: &CodeWriter<'_>) -> Result<(), Problem> {
    let fields = columns::fields(settings)?;
    let paths = paths(settings)?;
    if settings.format != Format::Json {
        let (whole, dtype) = match settings.format {
            Format::Raw => ("bytes", DataType::Binary),
            _ => ("text", DataType::String),
        };
        return match (fields.as_slice(), paths.as_slice()) {
            ([(_, found)], [path]) if path == &[WRAPPED] && *found == dtype => Ok(()),
            _ => Err(out
                .refuse(&format!("{whole} with fields other than `{WRAPPED}`"))
                .hint(format!("let `{WRAPPED}` be the only field, with the type {}", show_dtype(&dtype)))
                .at_field("fields")),
        };
    }
    for (i, (name, dtype)) in fields.iter().enumerate() {
        if !is_read(dtype) && !matches!(dtype, DataType::Datetime(..)) {
            return Err(out
                .refuse(&format!("the field `{name}` as {}", show_dtype(dtype)))
                .hint("read it as `String` or a number, and cast it in a `select` after this node")
                .at_field(format!("fields[{i}].type")));
        }
    }
    Ok(())
}

/// Whether programs read values of `dtype` out of JSON.
fn is_read(dtype: &DataType) -> bool {
    match dtype {
        DataType::List(item) => is_read(item),
        DataType::Struct(fields) => fields.iter().all(|field| is_read(&field.dtype)),
        DataType::Null | DataType::Boolean | DataType::String => true,
        dtype => dtype.is_primitive_numeric(),
    }
}

/// The topic that is read.
pub(super) fn topic(settings: &KafkaSource) -> &str {
    settings.topic.names().first().copied().unwrap_or_default()
}

/// How many digits of a second a time's column has, and how many the numbers have that it is read from; `None`: it is
/// no time.
pub(super) fn digits(dtype: &DataType, field: &FieldSpec) -> Option<(i32, i32)> {
    let DataType::Datetime(unit, _) = dtype else { return None };
    let column = match unit {
        TimeUnit::Milliseconds => 3,
        TimeUnit::Microseconds => 6,
        TimeUnit::Nanoseconds => 9,
    };
    let number = match field.encoding {
        None | Some(Encoding::Rfc3339) => column,
        Some(Encoding::EpochS) => 0,
        Some(Encoding::EpochMs) => 3,
        Some(Encoding::EpochUs) => 6,
        Some(Encoding::EpochNs) => 9,
    };
    Some((column, number))
}

/// Where each field stands in the payload.
pub(super) fn paths(settings: &KafkaSource) -> Result<Vec<Vec<String>>, Problem> {
    let path = |(i, field): (usize, &FieldSpec)| match field.from {
        None => Ok(vec![payload_key(&field.name).to_owned()]),
        Some(_) => match field.path() {
            Ok(path) => Ok(path.0),
            Err(problem) => Err(problem.at_field(format!("fields[{i}].from"))),
        },
    };
    settings.fields.0.iter().enumerate().map(path).collect()
}

/// What a program's reader says about itself.
pub(super) fn about(settings: &KafkaSource) -> &'static str {
    match settings.start {
        Start::Committed => "New messages of the topic, by partition and offset",
        Start::Earliest => "All messages of the topic, by partition and offset",
        Start::Timestamp | Start::Offsets | Start::Last => "Messages of the topic, by partition and offset",
        Start::Latest => "No messages: those that wait are skipped",
    }
}
