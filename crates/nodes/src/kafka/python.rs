//! The source in Python: confluent-kafka, with the same offsets, types and policies.

use flowloom_flow::value::code::python_string as quoted;
use flowloom_flow::value::dtype_code;
use flowloom_flow::{CodeWriter, Problem, Target};
use flowloom_kafka::codec::payload_key;
use flowloom_kafka::read::MetadataColumn;
use polars::prelude::DataType;

use super::choices::{BadMessages, Fallback, KeyColumn, Start};
use super::source::group;
use super::{client, columns, max_messages, servers_variable};
use crate::kafka_source::KafkaSource;

/// Writes the reader, the helpers that its types need, the step, and the commit of its offsets.
pub(crate) fn write(settings: &KafkaSource, out: &mut CodeWriter<'_>) -> Result<(), Problem> {
    let node = out.node().to_string();
    let keeps_offsets = out.has_writers() && settings.start.keeps_offsets();
    let has_rejects = out.output(1).is_some();
    out.polars(&[]);
    out.import("import json");
    out.import("import os");
    out.import("from collections.abc import Callable, Iterator");
    out.import("from typing import Any");
    out.import("from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition");
    out.package("confluent-kafka", ">=2.6", &[]);
    let reached = reached(settings, out)?;

    let fields = columns::fields(settings)?;
    for (_, dtype) in &fields {
        reader(dtype, out);
    }
    for (name, text) in
        [("watermarks", WATERMARKS), ("messages", MESSAGES), ("refuse_constant", REFUSE_CONSTANT)]
    {
        out.function(name, text);
    }
    let has_text = fields.iter().any(|(_, dtype)| *dtype == DataType::String);
    if has_text {
        out.import("import re");
        out.function("as_written", AS_WRITTEN);
    }
    if max_messages(settings).is_some() {
        out.function("shares", SHARES);
    }
    out.function("decode", if has_text { DECODE_WITH_TEXT } else { DECODE });
    out.function(&format!("{node}_consumer"), consumer(settings, out, &reached));
    let shape = Shape { keeps_offsets, has_rejects };
    out.function(&format!("read_{node}"), read(settings, out, &fields, &shape));

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
    entries.extend([
        format!("\"group.id\": {}", quoted(&group(settings, out.flow(), out.node().as_str()))),
        format!("\"isolation.level\": \"{}\"", settings.isolation.level()),
        "\"auto.offset.reset\": \"error\"".to_owned(),
        "\"enable.auto.commit\": False".to_owned(),
        "\"enable.partition.eof\": True".to_owned(),
    ]);
    let own = settings.properties.0.iter();
    entries.extend(own.map(|(name, value)| format!("{}: {}", quoted(name), quoted(value))));
    format!(
        "def {}_consumer() -> Consumer:\n    return Consumer(\n        {{\n            {},\n        }}\n    )",
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
) -> String {
    let (node, topic) = (out.node(), quoted(settings.topic.single().unwrap_or_default()));
    let metadata = columns::metadata_columns(settings);
    let mut given = vec!["pl.LazyFrame"];
    given.extend(shape.has_rejects.then_some("pl.LazyFrame"));
    given.extend(shape.keeps_offsets.then_some("list[TopicPartition], int"));
    let given = if given.len() == 1 { given.concat() } else { format!("tuple[{}]", given.join(", ")) };
    let mut lines = vec![format!("def read_{node}() -> {given}:")];
    let about = match settings.start {
        Start::Committed => "New messages of the topic, by partition and offset",
        Start::Earliest | Start::Timestamp | Start::Offsets | Start::Last => {
            "All messages of the topic, by partition and offset"
        }
        Start::Latest => "No messages: those that wait are skipped",
    };
    let offsets = if shape.keeps_offsets { "; with the offsets to commit" } else { "" };
    lines.push(format!("    \"\"\"{about}{offsets}.\"\"\""));
    let readers =
        fields.iter().map(|(name, dtype)| format!("{}: {}", quoted(payload_key(name)), reader_name(dtype)));
    lines.push(assigned("fields", '{', readers, '}'));
    lines.push(format!("    consumer = {node}_consumer()"));
    lines.push(format!("    marks = watermarks(consumer, {topic})"));
    lines.push("    ends = {partition: high for partition, (_, high) in marks.items()}".to_owned());
    lines.push(starts(settings, &topic));
    let limit = max_messages(settings);
    lines.extend(limit.map(|limit| LIMIT.replace("TOTAL", &limit.to_string())));
    lines.push("    rows = {partition: [] for partition in ends}".to_owned());
    if shape.has_rejects {
        lines.push("    rejects = {partition: [] for partition in ends}".to_owned());
    }
    lines.extend(shape.keeps_offsets.then(|| "    count = 0".to_owned()));
    lines.push(format!("    for message in messages(consumer, {topic}, starts, ends):"));
    lines.extend(shape.keeps_offsets.then(|| "        count += 1".to_owned()));
    lines.push("        partition, offset = message.partition(), message.offset()".to_owned());
    lines.extend(limit.map(|_| BRING_FORWARD.to_owned()));
    let has_time = metadata.contains(&MetadataColumn::Timestamp) || shape.has_rejects;
    if has_time || metadata.contains(&MetadataColumn::TimestampType) {
        lines.push("        time_type, time_ms = message.timestamp()".to_owned());
    }
    if has_time {
        lines.push("        time = time_ms * 1000 if time_type else None".to_owned());
    }
    lines.push("        try:".to_owned());
    lines.push("            row = decode(message.value(), fields)".to_owned());
    if settings.key_column == KeyColumn::Text {
        lines.push("            key = message.key()".to_owned());
        lines.push("            key = key.decode() if key is not None else None".to_owned());
    }
    lines.push("        except ValueError as error:".to_owned());
    lines.extend(on_bad_message(settings, shape).iter().map(|line| format!("            {line}")));
    let values = metadata.iter().map(|column| metadata_value(*column).to_owned());
    let row: Vec<String> = std::iter::once("*row".to_owned()).chain(values).collect();
    match row.as_slice() {
        [_] => lines.push("        rows[partition].append(row)".to_owned()),
        row => lines.push(format!("        rows[partition].append(({}))", row.join(", "))),
    }
    let types = fields.iter().map(|(name, dtype)| (name.as_str(), dtype.clone()));
    let types = types.chain(metadata.iter().map(|column| (column.name(), columns::metadata_type(*column))));
    let types =
        types.map(|(name, dtype)| format!("{}: {}", quoted(name), dtype_code(&dtype, Target::Python)));
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

fn starts(settings: &KafkaSource, topic: &str) -> String {
    let offset = match (settings.start, settings.fallback) {
        // The others are refused before.
        (Start::Earliest | Start::Timestamp | Start::Offsets | Start::Last, _) => {
            return "    starts = {partition: low for partition, (low, _) in marks.items()}".to_owned();
        }
        (Start::Latest, _) => return "    starts = ends".to_owned(),
        // No offset is a negative number.
        (Start::Committed, Fallback::Earliest) => "max(found.offset, marks[found.partition][0])",
        (Start::Committed, Fallback::Latest) => {
            "(\n            max(found.offset, marks[found.partition][0])\n            if found.offset >= 0\n            \
             else ends[found.partition]\n        )"
        }
    };
    format!(
        "    committed = consumer.committed(\n        [TopicPartition({topic}, partition) for partition in marks], timeout=10\n    )\n    \
         starts = {{\n        found.partition: {offset}\n        for found in committed\n    }}"
    )
}

/// `name = {…}`, on one line where it fits.
fn assigned(name: &str, open: char, items: impl Iterator<Item = String>, close: char) -> String {
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
        _ => out.function("integer", INTEGER),
    }
}

const WATERMARKS: &str = r#"def watermarks(consumer: Consumer, topic: str) -> dict[int, tuple[int, int]]:
    """The first offset of each partition, and the next one to be written."""
    found = consumer.list_topics(topic, timeout=10).topics[topic]
    if found.error:
        raise KafkaException(found.error)
    return {
        partition: consumer.get_watermark_offsets(
            TopicPartition(topic, partition), timeout=10
        )
        for partition in sorted(found.partitions)
    }"#;

const MESSAGES: &str = r#"def messages(
    consumer: Consumer, topic: str, starts: dict[int, int], ends: dict[int, int]
) -> Iterator[Message]:
    """Messages from `starts` up to `ends`, whatever is written meanwhile."""
    for partition, start in starts.items():
        if start > ends[partition]:
            raise ValueError(f"partition {partition} of {topic} has no offset {start}")
    unread = {partition for partition in ends if starts[partition] < ends[partition]}
    consumer.assign([TopicPartition(topic, each, starts[each]) for each in unread])
    while unread:
        message = consumer.poll(30)
        if message is None:
            raise TimeoutError("Kafka has not answered for 30 seconds")
        partition = message.partition()
        if message.error():
            if message.error().code() != KafkaError._PARTITION_EOF:
                raise KafkaException(message.error())
            unread.discard(partition)
            continue
        if message.offset() < ends[partition]:
            yield message
        if message.offset() + 1 >= ends[partition]:
            unread.discard(partition)
    consumer.close()"#;

/// `TOTAL`: the limit.
const LIMIT: &str = r"    left = shares(starts, ends, TOTAL)
    ends = {
        partition: end if left[partition] else starts[partition]
        for partition, end in ends.items()
    }";

const BRING_FORWARD: &str = r"        left[partition] -= 1
        if not left[partition]:
            ends[partition] = offset + 1";

const SHARES: &str = r#"def shares(
    starts: dict[int, int], ends: dict[int, int], total: int
) -> dict[int, int]:
    """How many messages each partition gives so that all give `total`."""
    waiting = {partition: end - starts[partition] for partition, end in ends.items()}
    order = sorted(waiting, key=lambda partition: (waiting[partition], -partition))
    for takers, partition in zip(range(len(order), 0, -1), order):
        waiting[partition] = min(waiting[partition], total // takers)
        total -= waiting[partition]
    return waiting"#;

const COMMIT: &str = r#"def commit_offsets(consumer: Consumer, offsets: list[TopicPartition]) -> None:
    """Keeps offsets, or fails: a partition may fail alone."""
    for kept in consumer.commit(offsets=offsets, asynchronous=False):
        if kept.error:
            raise RuntimeError(
                "the rows are written, but Kafka has not kept the offset of partition "
                f"{kept.partition} of {kept.topic}: {kept.error.str()}"
            )"#;

const REFUSE_CONSTANT: &str = r#"def refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")"#;

const DECODE: &str = r#"def decode(payload: bytes | None, fields: dict[str, Callable[[Any], Any]]) -> list[Any]:
    """The fields of a message; a value that does not fit is a ValueError."""
    if payload is None:
        raise ValueError("null payload (tombstone)")
    record = json.loads(payload.decode(), parse_constant=refuse_constant)
    if not isinstance(record, dict):
        record = {"value": record}
    row = []
    for name, read in fields.items():
        try:
            row.append(read(record.get(name)))
        except ValueError as error:
            raise ValueError(f"field `{name}`: {error}") from error
    return row"#;

const DECODE_WITH_TEXT: &str = r#"def decode(payload: bytes | None, fields: dict[str, Callable[[Any], Any]]) -> list[Any]:
    """The fields of a message; a value that does not fit is a ValueError."""
    if payload is None:
        raise ValueError("null payload (tombstone)")
    written = payload.decode()
    record = json.loads(written, parse_constant=refuse_constant)
    if not isinstance(record, dict):
        record, written = {"value": record}, f'{{"value": {written.strip()}}}'
    row = []
    for name, read in fields.items():
        value = record.get(name)
        if read is text and value is not None and not isinstance(value, str):
            value = as_written(written, name)
        try:
            row.append(read(value))
        except ValueError as error:
            raise ValueError(f"field `{name}`: {error}") from error
    return row"#;

const AS_WRITTEN: &str = r#"def as_written(record: str, key: str) -> str:
    """The value of `key` in a JSON object, as the text that stands there."""
    decoder, at, written = json.JSONDecoder(), 0, ""
    while (at := record.find('"', at)) >= 0:
        name, at = decoder.raw_decode(record, at)
        start = re.compile(r"\s*:\s*").match(record, at).end()
        _, at = decoder.raw_decode(record, start)
        if name == key:
            written = record[start:at]
    return written"#;

const INTEGER: &str = r#"def integer(value: Any, low: int = -(2**63), high: int = 2**63 - 1) -> int | None:
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"expected an integer, found {value}")
    return value"#;

const NUMBER: &str = r#"def number(value: Any) -> float | None:
    if value is None:
        return None
    if type(value) not in (int, float) or abs(value) > sys.float_info.max:
        raise ValueError(f"expected a number, found {value}")
    return float(value)"#;

const BOOLEAN: &str = r#"def boolean(value: Any) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise ValueError(f"expected true or false, found {value}")
    return value"#;

const TEXT: &str = r"def text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)";

const NOTHING: &str = r#"def nothing(value: Any) -> None:
    if value is not None:
        raise ValueError(f"expected null, found {value}")"#;

const LIST_OF: &str = r#"def list_of(item: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def read(value: Any) -> list[Any] | None:
        if value is not None and not isinstance(value, list):
            raise ValueError(f"expected a list, found {value}")
        return value and [item(each) for each in value]

    return read"#;

const STRUCT_OF: &str = r#"def struct_of(fields: dict[str, Callable[[Any], Any]]) -> Callable[[Any], Any]:
    def read(value: Any) -> dict[str, Any] | None:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise ValueError(f"expected an object, found {value}")
        return {name: field(value.get(name)) for name, field in fields.items()}

    return read"#;
