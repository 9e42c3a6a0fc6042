//! The source in Python: confluent-kafka, with the same offsets, types and policies.

use flowloom_flow::value::code::python_string as quoted;
use flowloom_flow::value::dtype_code;
use flowloom_flow::{CodeWriter, Problem, Target};
use flowloom_kafka::codec::payload_key;
use flowloom_kafka::read::MetadataColumn;
use polars::prelude::DataType;

use super::choices::{BadMessages, End, Format, KeyColumn, Tombstones};
use super::export_place::Place;
use super::exportable;
use super::python_lines::{
    AS_WRITTEN, BOOLEAN, BRING_FORWARD, COMMIT, CONTENT, DECODE, DECODE_PATHS, DECODE_WITH_TEXT, INSTANT,
    INTEGER, LIMIT, LIST_OF, MESSAGES, NO_TIMES, NOTHING, NUMBER, REFUSE_CONSTANT, SHARES, STRUCT_OF, TEXT,
    TIMES,
};
use super::source::group;
use super::{client, columns, max_messages, python_place, servers_variable};
use crate::kafka_source::KafkaSource;

/// Writes the reader, the helpers that its types need, the step, and the commit of its offsets.
pub(crate) fn write(settings: &KafkaSource, out: &mut CodeWriter<'_>) -> Result<(), Problem> {
    let node = out.node().to_string();
    let keeps_offsets = out.has_writers() && settings.start.keeps_offsets();
    let has_rejects = out.output(1).is_some();
    out.polars(&[]);
    out.import("import os");
    out.import("from collections.abc import Callable");
    out.import("from collections.abc import Iterator");
    out.import("from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition");
    out.package("confluent-kafka", ">=2.6", &[]);
    let reached = reached(settings, out)?;

    let fields = columns::fields(settings)?;
    let decode = if settings.format == Format::Json {
        decode_json(settings, out, &fields)?
    } else {
        out.function("content", CONTENT);
        Decode { fields: None, row: content(settings).to_owned() }
    };
    let place = Place::of(settings)?;
    let marks = python_place::lines(settings, out, &place);
    let resume = python_place::resume(settings, out);
    out.function("messages", MESSAGES);
    if max_messages(settings).is_some() {
        out.function("shares", SHARES);
    }
    out.function(&format!("{node}_consumer"), consumer(settings, out, &reached));
    let shape = Shape { keeps_offsets, has_rejects };
    out.function(&format!("read_{node}"), read(settings, out, &fields, &shape, &decode, (marks, resume)));

    let rows = out.output(0).unwrap_or("_").to_owned();
    let rejects = out.output(1).filter(|_| has_rejects).map(str::to_owned);
    let offsets = keeps_offsets.then(|| format!("{node}_offsets"));
    let count = keeps_offsets.then(|| format!("{node}_count"));
    let names = std::iter::once(rows).chain(rejects).chain(offsets.clone()).chain(count.clone());
    let names: Vec<String> = names.collect();
    out.step(format!("{} = read_{node}()", names.join(", ")));
    if let Some(count) = count {
        out.news(count);
    }
    if let Some(offsets) = offsets {
        out.function("commit_offsets", COMMIT);
        out.acknowledge(format!("commit_offsets({node}_consumer(), {offsets})"));
    }
    Ok(())
}

/// What `read_…` gives beside the rows.
struct Shape {
    keeps_offsets: bool,
    has_rejects: bool,
}

/// How a message becomes the values of its fields.
struct Decode {
    /// The line that says what reads each of them.
    fields: Option<String>,
    row: String,
}

/// The content of a message of one value.
fn content(settings: &KafkaSource) -> &'static str {
    match settings.format {
        Format::Raw => "[content(message.value())]",
        _ => "[content(message.value()).decode()]",
    }
}

/// How JSON is read, and the helpers that its types need.
fn decode_json(
    settings: &KafkaSource,
    out: &mut CodeWriter<'_>,
    fields: &[(String, DataType)],
) -> Result<Decode, Problem> {
    out.import("import json");
    out.import("from typing import Any");
    for (_, dtype) in fields {
        reader(dtype, out);
    }
    out.function("refuse_constant", REFUSE_CONSTANT);
    let has_text = fields.iter().any(|(_, dtype)| *dtype == DataType::String);
    let has_times = fields.iter().any(|(_, dtype)| matches!(dtype, DataType::Datetime(..)));
    let has_paths = has_times || settings.fields.0.iter().any(|field| field.from.is_some());
    if has_text || has_paths {
        out.import("import re");
        out.function("as_written", AS_WRITTEN);
    }
    let name = match (has_paths, has_text) {
        (true, _) => {
            out.function("text", TEXT);
            if has_times {
                out.import("from datetime import date");
                out.import("from decimal import ROUND_FLOOR, Context, Decimal");
                out.function("Instant", INSTANT);
            }
            let how = if has_times { TIMES } else { NO_TIMES };
            let text =
                how.iter().fold(DECODE_PATHS.to_owned(), |text, (mark, line)| text.replace(mark, line));
            let name = if has_times { "decode_times" } else { "decode_paths" };
            out.function(name, text.replacen("decode_paths", name, 1));
            name
        }
        (false, true) => {
            out.function("decode_with_text", DECODE_WITH_TEXT);
            "decode_with_text"
        }
        (false, false) => {
            out.function("decode", DECODE);
            "decode"
        }
    };
    let row = format!("{name}(message.value(), fields)");
    let of_key =
        |(name, dtype): &(String, DataType)| format!("{}: {}", quoted(payload_key(name)), reader_name(dtype));
    let fields = if has_paths {
        let paths = exportable::paths(settings)?;
        let readers = paths.iter().zip(fields).zip(&settings.fields.0).map(|((path, (_, dtype)), field)| {
            let keys: Vec<String> = path.iter().map(|key| quoted(key)).collect();
            let reader = match exportable::digits(dtype, field) {
                Some((column, number)) => format!("Instant({column}, {number})"),
                None => reader_name(dtype),
            };
            format!("([{}], {reader})", keys.join(", "))
        });
        assigned("fields", '[', readers, ']')
    } else {
        assigned("fields", '{', fields.iter().map(of_key), '}')
    };
    Ok(Decode { fields: Some(fields), row })
}

/// How the cluster is reached: entries of the client's configuration.
fn reached(settings: &KafkaSource, out: &mut CodeWriter<'_>) -> Result<Vec<String>, Problem> {
    if settings.connection.0.is_empty() {
        let variable = quoted(&servers_variable(settings, out));
        let servers = quoted(settings.bootstrap_servers.trim());
        return Ok(vec![format!("\"bootstrap.servers\": os.environ.get({variable}, {servers})")]);
    }
    let properties = client::properties(settings, out)?.into_iter();
    Ok(properties.map(|(name, value)| format!("{}: {value}", quoted(&name))).collect())
}

fn consumer(settings: &KafkaSource, out: &CodeWriter<'_>, reached: &[String]) -> String {
    let mut entries = reached.to_vec();
    let group = quoted(&group(settings, out.flow(), out.node().as_str()));
    // A run that ends where another group stands asks for that group too.
    let (parameter, group) = match settings.end {
        End::Committed => (format!("group: str = {group}"), "group".to_owned()),
        _ => (String::new(), group),
    };
    entries.extend([
        format!("\"group.id\": {group}"),
        format!("\"isolation.level\": \"{}\"", settings.isolation.level()),
        "\"auto.offset.reset\": \"error\"".to_owned(),
        "\"enable.auto.commit\": False".to_owned(),
        "\"enable.partition.eof\": True".to_owned(),
    ]);
    let rack = settings.rack.trim();
    entries.extend((!rack.is_empty()).then(|| format!("\"client.rack\": {}", quoted(rack))));
    let own = settings.properties.0.iter();
    entries.extend(own.map(|(name, value)| format!("{}: {}", quoted(name), quoted(value))));
    format!(
        "def {}_consumer({parameter}) -> Consumer:\n    return Consumer(\n        {{\n            {},\n        }}\n    )",
        out.node(),
        entries.join(",\n            ")
    )
}

/// What the script does with a message that is no row.
fn on_bad_message(settings: &KafkaSource, shape: &Shape) -> &'static [&'static str] {
    match settings.bad_messages {
        BadMessages::Fail => &[
            "where = f\"offset {offset} of partition {partition}\"",
            "raise ValueError(f\"bad message at {where}: {error}\") from error",
        ],
        BadMessages::Skip => {
            &["print(f\"skipped offset {offset} of partition {partition}: {error}\")", "continue"]
        }
        _ if !shape.has_rejects => &["continue"],
        _ => &[
            "source = (message.value(), message.key(), message.topic())",
            "rejects[partition].append((str(error), *source, partition, offset, time))",
            "continue",
        ],
    }
}

fn read(
    settings: &KafkaSource,
    out: &CodeWriter<'_>,
    fields: &[(String, DataType)],
    shape: &Shape,
    decode: &Decode,
    (marks, resume): (Vec<String>, &str),
) -> String {
    let (node, topic) = (out.node(), quoted(exportable::topic(settings)));
    let metadata = columns::metadata(settings);
    let mut given = vec!["pl.LazyFrame"];
    given.extend(shape.has_rejects.then_some("pl.LazyFrame"));
    given.extend(shape.keeps_offsets.then_some("list[TopicPartition], int"));
    let given = if given.len() == 1 { given.concat() } else { format!("tuple[{}]", given.join(", ")) };
    let mut lines = vec![format!("def read_{node}() -> {given}:")];
    let about = exportable::about(settings);
    let offsets = if shape.keeps_offsets { "; with the offsets to commit" } else { "" };
    lines.push(format!("    \"\"\"{about}{offsets}.\"\"\""));
    lines.extend(decode.fields.clone());
    lines.push(format!("    consumer = {node}_consumer()"));
    lines.extend(marks);
    let limit = max_messages(settings);
    lines.extend(limit.map(|limit| LIMIT.replace("TOTAL", &limit.to_string())));
    lines.push("    rows = {partition: [] for partition in ends}".to_owned());
    if shape.has_rejects {
        lines.push("    rejects = {partition: [] for partition in ends}".to_owned());
    }
    lines.extend(shape.keeps_offsets.then(|| "    count = 0".to_owned()));
    let each = format!("    for message in messages(consumer, {topic}, starts, ends, {resume}):");
    lines.push(if each.len() <= 88 {
        each
    } else {
        format!("    for message in messages(\n        consumer, {topic}, starts, ends, {resume}\n    ):")
    });
    lines.extend(shape.keeps_offsets.then(|| "        count += 1".to_owned()));
    lines.push("        partition, offset = message.partition(), message.offset()".to_owned());
    lines.extend(limit.map(|_| BRING_FORWARD.to_owned()));
    if settings.tombstones == Tombstones::Skip {
        lines.push("        if message.value() is None:\n            continue".to_owned());
    }
    let has_time = settings.timestamp_column || shape.has_rejects;
    if has_time || settings.timestamp_type_column {
        lines.push("        time_type, time_ms = message.timestamp()".to_owned());
    }
    if has_time {
        lines.push("        time = time_ms * 1000 if time_type else None".to_owned());
    }
    lines.push("        try:".to_owned());
    if settings.tombstones == Tombstones::Nulls {
        lines.push(format!("            row = [None] * {}", fields.len()));
        lines.push("            if message.value() is not None:".to_owned());
        lines.push(format!("                row = {}", decode.row));
    } else {
        lines.push(format!("            row = {}", decode.row));
    }
    if settings.key_column == KeyColumn::Text {
        lines.push("            key = message.key()".to_owned());
        lines.push("            key = key.decode() if key is not None else None".to_owned());
    }
    lines.push("        except ValueError as error:".to_owned());
    lines.extend(on_bad_message(settings, shape).iter().map(|line| format!("            {line}")));
    let values = metadata.iter().map(|column| metadata_value(column.column).to_owned());
    let row: Vec<String> = std::iter::once("*row".to_owned()).chain(values).collect();
    match row.as_slice() {
        [_] => lines.push("        rows[partition].append(row)".to_owned()),
        row => lines.push(format!("        rows[partition].append(({}))", row.join(", "))),
    }
    let types = fields.iter().map(|(name, dtype)| (name.as_str(), dtype.clone()));
    let types = types
        .chain(metadata.iter().map(|column| (column.name.as_str(), columns::metadata_type(column.column))));
    let types =
        types.map(|(name, dtype)| format!("{}: {}", quoted(name), dtype_code(&dtype, Target::Python)));
    lines.push("    consumer.close()".to_owned());
    lines.push(assigned("schema", '{', types, '}'));
    lines.push("    found = [row for part in rows.values() for row in part]".to_owned());
    let mut results = vec!["pl.DataFrame(found, schema=schema, orient=\"row\").lazy()".to_owned()];
    if shape.has_rejects {
        let types = columns::rejects();
        let types = types
            .iter()
            .map(|(name, dtype)| format!("{}: {}", quoted(name), dtype_code(dtype, Target::Python)));
        lines.push(assigned("reject_schema", '{', types, '}'));
        lines.push("    bad = [row for part in rejects.values() for row in part]".to_owned());
        results.push("pl.DataFrame(bad, schema=reject_schema, orient=\"row\").lazy()".to_owned());
    }
    if shape.keeps_offsets {
        lines.push(format!("    offsets = [TopicPartition({topic}, *end) for end in ends.items()]"));
        results.extend(["offsets", "count"].map(str::to_owned));
    }
    match results.join(", ") {
        line if line.len() + 11 <= 88 => lines.push(format!("    return {line}")),
        _ => lines.push(format!("    return (\n        {},\n    )", results.join(",\n        "))),
    }
    lines.join("\n")
}

/// `name = {…}`, on one line where it fits.
pub(super) fn assigned(name: &str, open: char, items: impl Iterator<Item = String>, close: char) -> String {
    let items: Vec<String> = items.collect();
    let line = format!("    {name} = {open}{}{close}", items.join(", "));
    if line.len() <= 88 {
        return line;
    }
    format!("    {name} = {open}\n        {},\n    {close}", items.join(",\n        "))
}

fn metadata_value(column: MetadataColumn) -> &'static str {
    match column {
        MetadataColumn::Key => "key",
        MetadataColumn::KeyBytes => "message.key()",
        MetadataColumn::Topic => "message.topic()",
        MetadataColumn::Partition => "partition",
        MetadataColumn::Offset => "offset",
        MetadataColumn::Timestamp => "time",
        MetadataColumn::TimestampType => "(None, \"create\", \"append\")[time_type]",
        MetadataColumn::Headers => {
            "[{\"key\": name, \"value\": value} for name, value in message.headers() or []]"
        }
    }
}

/// The expression that reads a value of `dtype`.
fn reader_name(dtype: &DataType) -> String {
    let integer = |low: String, high: String| format!("lambda value: integer(value, {low}, {high})");
    match dtype {
        DataType::Int8 => integer("-(2**7)".into(), "2**7 - 1".into()),
        DataType::Int16 => integer("-(2**15)".into(), "2**15 - 1".into()),
        DataType::Int32 => integer("-(2**31)".into(), "2**31 - 1".into()),
        DataType::Int64 => "integer".to_owned(),
        DataType::UInt8 => integer("0".into(), "2**8 - 1".into()),
        DataType::UInt16 => integer("0".into(), "2**16 - 1".into()),
        DataType::UInt32 => integer("0".into(), "2**32 - 1".into()),
        DataType::UInt64 => integer("0".into(), "2**64 - 1".into()),
        DataType::Float32 | DataType::Float64 => "number".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::List(item) => format!("list_of({})", reader_name(item)),
        DataType::Struct(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|field| format!("{}: {}", quoted(&field.name), reader_name(&field.dtype)))
                .collect();
            format!("struct_of({{{}}})", fields.join(", "))
        }
        DataType::Null => "nothing".to_owned(),
        _ => "text".to_owned(),
    }
}

/// Asks for the helpers that read a value of `dtype`.
fn reader(dtype: &DataType, out: &mut CodeWriter<'_>) {
    match dtype {
        DataType::Float32 | DataType::Float64 => {
            out.import("import sys");
            out.function("number", NUMBER);
        }
        DataType::Boolean => out.function("boolean", BOOLEAN),
        DataType::List(item) => {
            reader(item, out);
            out.function("list_of", LIST_OF);
        }
        DataType::Struct(fields) => {
            for field in fields {
                reader(&field.dtype, out);
            }
            out.function("struct_of", STRUCT_OF);
        }
        DataType::Null => out.function("nothing", NOTHING),
        DataType::String => out.function("text", TEXT),
        DataType::Datetime(..) => {}
        _ => out.function("integer", INTEGER),
    }
}
