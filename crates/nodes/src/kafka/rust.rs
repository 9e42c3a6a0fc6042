//! The source in Rust: rdkafka and serde, with the same offsets, types and policies.

use flowloom_flow::value::code::rust_string as quoted;
use flowloom_flow::value::{dtype_features, show_dtype};
use flowloom_flow::{CodeWriter, NodeId, Problem};
use flowloom_kafka::codec::payload_key;
use flowloom_kafka::read::MetadataColumn;
use polars::prelude::DataType;

use super::columns;
use super::rust_lines::{
    DECODE, FAIL, INTEGER, KEYWORDS, OFFSETS, READ_MESSAGES, REJECT, REJECTED, SKIP, TEXT, TIMESTAMP_TYPE,
    UTC, WATERMARKS,
};
use super::source::group;
use crate::kafka_source::{BadMessages, Fallback, KafkaSource, KeyColumn, Start};

/// A payload column and the member of the struct that it is read into.
struct Member {
    column: String,
    dtype: DataType,
    name: String,
}

/// Writes the message's struct, the reader, the helpers that its types need, the step and the commit.
pub(crate) fn write(settings: &KafkaSource, out: &mut CodeWriter<'_>) -> Result<(), Problem> {
    let node = out.node().to_string();
    let keeps_offsets = out.has_writers() && settings.start != Start::Earliest;
    let has_rejects = out.output(1).is_some();
    if settings.headers_column {
        return Err(out.refuse("the column `_kafka_headers`").hint("switch it off, or export to python"));
    }
    let members = members(settings, out)?;
    needs(settings, out, &members, has_rejects);
    out.constant("const TIMEOUT: Duration = Duration::from_secs(30);");
    out.constant(message_struct(settings, &node, &members));
    out.constant(reader(settings, &node));
    if has_rejects {
        out.constant(REJECT);
    }
    out.function(&format!("{node}_consumer"), consumer(settings, out));
    out.function(&format!("read_{node}"), read(settings, out, &members, keeps_offsets, has_rejects));
    for (name, text) in [("watermarks", WATERMARKS), ("read_messages", READ_MESSAGES), ("decode", DECODE)] {
        out.function(name, text);
    }
    let has_integers = members.iter().any(|member| member.dtype.is_integer());
    let has_texts = members.iter().any(|member| member.dtype == DataType::String);
    if has_integers || has_texts {
        out.import("use serde::Deserializer;");
        out.import("use serde::de::Error as _;");
    }
    if has_integers {
        out.import("use serde_json::Number;");
        out.function("integer", INTEGER);
    }
    if has_texts {
        out.function("text", TEXT);
    }

    let rows = out.output(0).unwrap_or("_").to_owned();
    let rejects = out.output(1).filter(|_| has_rejects).map(str::to_owned);
    let offsets = keeps_offsets.then(|| format!("{node}_offsets"));
    let count = keeps_offsets.then(|| format!("{node}_count"));
    let names = std::iter::once(rows).chain(rejects).chain(offsets.clone()).chain(count.clone());
    let names: Vec<String> = names.collect();
    let names = if names.len() == 1 { names.concat() } else { format!("({})", names.join(", ")) };
    out.step(format!("let {names} = read_{node}()?;"));
    if let Some(count) = count {
        out.news(format!("{count} > 0"));
    }
    if let Some(offsets) = offsets {
        out.import("use rdkafka::consumer::CommitMode;");
        out.acknowledge(format!("{node}_consumer()?.commit(&{offsets}, CommitMode::Sync)?;"));
    }
    Ok(())
}

fn needs(settings: &KafkaSource, out: &mut CodeWriter<'_>, members: &[Member], has_rejects: bool) {
    let mut features: Vec<&str> = members.iter().flat_map(|member| dtype_features(&member.dtype)).collect();
    if settings.timestamp_column || has_rejects {
        features.extend(["dtype-datetime", "timezones"]);
    }
    out.polars(&features);
    out.package("rdkafka", "0.39", &["cmake-build", "libz", "ssl", "zstd"]);
    out.package("serde", "1", &["derive", "std"]);
    out.package("serde_json", "1", &["raw_value", "std"]);
    let servers = settings.bootstrap_servers.trim();
    out.environment(
        "KAFKA_BOOTSTRAP_SERVERS",
        Some(servers),
        "`host:port` of the brokers, separated by commas",
    );
    if settings.timestamp_type_column {
        out.import("use rdkafka::message::Timestamp;");
    }
    for import in [
        "use std::collections::{BTreeMap, BTreeSet};",
        "use std::env;",
        "use std::error::Error;",
        "use std::time::Duration;",
        "use rdkafka::config::ClientConfig;",
        "use rdkafka::consumer::{BaseConsumer, Consumer};",
        "use rdkafka::error::KafkaError;",
        "use rdkafka::message::BorrowedMessage;",
        "use rdkafka::{Message, Offset, TopicPartitionList};",
        "use serde::de::DeserializeOwned;",
        "use rdkafka::types::RDKafkaErrorCode;",
        "use serde::Deserialize;",
        "use serde_json::value::RawValue;",
    ] {
        out.import(import);
    }
}

fn members(settings: &KafkaSource, out: &CodeWriter<'_>) -> Result<Vec<Member>, Problem> {
    let mut members: Vec<Member> = Vec::new();
    for (column, dtype) in columns::fields(settings)? {
        if dtype.is_nested() || dtype == DataType::Null {
            let what = format!("the field `{column}` of type {}", show_dtype(&dtype));
            return Err(out.refuse(&what).hint("make it a `String`, or export to python"));
        }
        let mut name = NodeId::nearest(&column).to_string();
        if KEYWORDS.contains(&name.as_str()) || name.starts_with("kafka_") {
            name.push('_');
        }
        while members.iter().any(|member| member.name == name) {
            name.push('_');
        }
        members.push(Member { column, dtype, name });
    }
    Ok(members)
}

/// `paid_orders` as a type: `PaidOrders`.
fn type_name(node: &str) -> String {
    let words = node.split('_').map(|word| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_uppercase().chain(chars).collect::<String>()).unwrap_or_default()
    });
    words.collect()
}

fn message_struct(settings: &KafkaSource, node: &str, members: &[Member]) -> String {
    let mut lines = vec![
        format!("/// A message of the topic `{}`.", settings.topic.0),
        "#[derive(Deserialize)]".to_owned(),
        format!("struct {} {{", type_name(node)),
    ];
    for member in members {
        let key = payload_key(&member.column);
        let mut attributes = Vec::new();
        if key != member.name {
            attributes.push(format!("rename = {}", quoted(key)));
        }
        let reader = match &member.dtype {
            DataType::String => Some("text"),
            dtype if dtype.is_integer() => Some("integer"),
            _ => None,
        };
        attributes.extend(reader.map(|reader| format!("default, deserialize_with = \"{reader}\"")));
        if !attributes.is_empty() {
            lines.push(format!("    #[serde({})]", attributes.join(", ")));
        }
        lines.push(format!("    {}: Option<{}>,", member.name, rust_type(&member.dtype)));
    }
    for (name, kind) in carried(settings) {
        lines.push("    #[serde(skip)]".to_owned());
        lines.push(format!("    {name}: {kind},"));
    }
    lines.push("}".to_owned());
    lines.join("\n")
}

/// What a row carries beside the payload. Partition and offset give the order.
fn carried(settings: &KafkaSource) -> Vec<(&'static str, &'static str)> {
    let mut carried = match settings.key_column {
        KeyColumn::Text => vec![("kafka_key", "Option<String>")],
        KeyColumn::Bytes => vec![("kafka_key", "Option<Vec<u8>>")],
        KeyColumn::None => vec![],
    };
    carried.extend([("kafka_partition", "i64"), ("kafka_offset", "i64")]);
    carried.extend(settings.timestamp_column.then_some(("kafka_timestamp", "Option<i64>")));
    carried
        .extend(settings.timestamp_type_column.then_some(("kafka_timestamp_type", "Option<&'static str>")));
    carried
}

fn rust_type(dtype: &DataType) -> &'static str {
    match dtype {
        DataType::Int8 => "i8",
        DataType::Int16 => "i16",
        DataType::Int32 => "i32",
        DataType::Int64 => "i64",
        DataType::UInt8 => "u8",
        DataType::UInt16 => "u16",
        DataType::UInt32 => "u32",
        DataType::UInt64 => "u64",
        DataType::Float32 => "f32",
        DataType::Float64 => "f64",
        DataType::Boolean => "bool",
        _ => "String",
    }
}

fn consumer(settings: &KafkaSource, out: &CodeWriter<'_>) -> String {
    let mut lines = vec![
        format!("fn {}_consumer() -> Result<BaseConsumer, Box<dyn Error>> {{", out.node()),
        "    let servers = env::var(\"KAFKA_BOOTSTRAP_SERVERS\");".to_owned(),
        format!(
            "    let servers = servers.unwrap_or_else(|_| {}.into());",
            quoted(settings.bootstrap_servers.trim())
        ),
        "    let consumer = ClientConfig::new()".to_owned(),
        "        .set(\"bootstrap.servers\", servers)".to_owned(),
    ];
    let group = group(settings, out.flow(), out.node().as_str());
    let set = |name: &str, value: &str| format!("        .set({}, {})", quoted(name), quoted(value));
    lines.extend([
        set("group.id", &group),
        set("isolation.level", settings.isolation.level()),
        set("auto.offset.reset", "error"),
        set("enable.auto.commit", "false"),
        set("enable.partition.eof", "true"),
    ]);
    lines.extend(settings.properties.0.iter().map(|(name, value)| set(name, value)));
    lines.extend(["        .create()?;", "    Ok(consumer)", "}"].map(str::to_owned));
    lines.join("\n")
}

fn read(
    settings: &KafkaSource,
    out: &CodeWriter<'_>,
    members: &[Member],
    keeps_offsets: bool,
    has_rejects: bool,
) -> String {
    let (node, topic) = (out.node().as_str(), quoted(&settings.topic.0));
    let mut given = vec!["LazyFrame"];
    given.extend(has_rejects.then_some("LazyFrame"));
    given.extend(keeps_offsets.then_some("TopicPartitionList, usize"));
    let given = if given.len() == 1 { given.concat() } else { format!("({})", given.join(", ")) };
    let about = match settings.start {
        Start::Committed => "New messages of the topic, by partition and offset",
        Start::Earliest => "All messages of the topic, by partition and offset",
        Start::Latest => "No messages: those that wait are skipped",
    };
    let offsets = if keeps_offsets { "; with the offsets to commit" } else { "" };
    let mut lines = vec![
        format!("/// {about}{offsets}."),
        format!("fn read_{node}() -> Result<{given}, Box<dyn Error>> {{"),
        format!("    let topic = {topic};"),
        format!("    let consumer = {node}_consumer()?;"),
        "    let marks = watermarks(&consumer, topic)?;".to_owned(),
    ];
    lines.extend(starts(settings).into_iter().map(str::to_owned));
    lines.push(format!("    let mut rows: Vec<{}> = Vec::new();", type_name(node)));
    if has_rejects {
        lines.push("    let mut rejects = Vec::new();".to_owned());
    }
    lines.extend(keeps_offsets.then(|| "    let mut count = 0;".to_owned()));
    lines.push("    read_messages(&consumer, topic, &starts, &marks, |message| {".to_owned());
    lines.extend(keeps_offsets.then(|| "        count += 1;".to_owned()));
    lines.push(take(settings, node, has_rejects));
    lines.push("    })?;".to_owned());
    lines.push("    rows.sort_by_key(|row| (row.kafka_partition, row.kafka_offset));".to_owned());
    lines.push("    let rows = df!(".to_owned());
    for member in members {
        let take = match member.dtype {
            DataType::String => format!("row.{}.as_deref()", member.name),
            _ => format!("row.{}", member.name),
        };
        lines.push(column(&member.column, &take));
    }
    let metadata = columns::metadata(settings);
    lines.extend(metadata.iter().map(|each| column(each.name(), metadata_value(*each))));
    lines.push("    )?\n    .lazy();".to_owned());
    let mut results = vec!["rows".to_owned()];
    if settings.timestamp_column {
        lines.push(UTC.to_owned());
        results = vec!["rows.with_column(col(\"_kafka_timestamp\").cast(utc))".to_owned()];
    }
    if has_rejects {
        if settings.timestamp_column {
            results[0] = results[0].replace("cast(utc)", "cast(utc.clone())");
        } else {
            lines.push(UTC.to_owned());
        }
        lines.push(REJECTED.to_owned());
        results.push("rejected.lazy().with_column(col(\"timestamp\").cast(utc))".to_owned());
    }
    if keeps_offsets {
        lines.push(OFFSETS.to_owned());
        results.extend(["offsets", "count"].map(str::to_owned));
    }
    match results.as_slice() {
        [one] => lines.push(format!("    Ok({one})")),
        many => {
            let line = format!("    Ok(({}))", many.join(", "));
            if line.len() <= 60 {
                lines.push(line);
            } else {
                lines.push(format!("    Ok((\n        {},\n    ))", many.join(",\n        ")));
            }
        }
    }
    lines.push("}".to_owned());
    lines.join("\n")
}

fn starts(settings: &KafkaSource) -> Vec<&'static str> {
    let fixed = |mark: &'static str| vec!["    let starts: BTreeMap<i32, i64> =", mark];
    let start: &[&str] = match (settings.start, settings.fallback) {
        (Start::Earliest, _) => {
            return fixed("        marks.iter().map(|(&partition, &(low, _))| (partition, low)).collect();");
        }
        (Start::Latest, _) => {
            return fixed(
                "        marks.iter().map(|(&partition, &(_, high))| (partition, high)).collect();",
            );
        }
        // No offset is a negative number.
        (Start::Committed, Fallback::Earliest) => &[
            "        let (low, _) = marks[&found.partition()];",
            "        let start = found.offset().to_raw().unwrap_or(low).max(low);",
        ],
        (Start::Committed, Fallback::Latest) => &[
            "        let (low, high) = marks[&found.partition()];",
            "        let start = match found.offset() {",
            "            Offset::Offset(committed) => committed.max(low),",
            "            _ => high,",
            "        };",
        ],
    };
    let mut lines = vec![
        "    let mut partitions = TopicPartitionList::new();",
        "    for &partition in marks.keys() {",
        "        partitions.add_partition(topic, partition);",
        "    }",
        "    let mut starts = BTreeMap::new();",
        "    for found in consumer.committed_offsets(partitions, TIMEOUT)?.elements() {",
    ];
    lines.extend(start);
    lines.extend(["        starts.insert(found.partition(), start);", "    }"]);
    lines
}

/// How one message becomes the struct.
fn reader(settings: &KafkaSource, node: &str) -> String {
    let mut lines = vec![
        format!("impl {} {{", type_name(node)),
        "    fn read(message: &BorrowedMessage) -> Result<Self, Box<dyn Error>> {".to_owned(),
        "        let mut row: Self = decode(message.payload())?;".to_owned(),
    ];
    let key = match settings.key_column {
        KeyColumn::Text => {
            "        let key = message.key().map(Vec::from);\n        row.kafka_key = key.map(String::from_utf8).transpose()?;"
        }
        KeyColumn::Bytes => "        row.kafka_key = message.key().map(Vec::from);",
        KeyColumn::None => "",
    };
    lines.extend((!key.is_empty()).then(|| key.to_owned()));
    lines.push("        row.kafka_partition = message.partition().into();".to_owned());
    lines.push("        row.kafka_offset = message.offset();".to_owned());
    if settings.timestamp_column {
        lines.push(
            "        row.kafka_timestamp = message.timestamp().to_millis().map(|ms| ms * 1000);".to_owned(),
        );
    }
    if settings.timestamp_type_column {
        lines.push(TIMESTAMP_TYPE.to_owned());
    }
    lines.push("        Ok(row)\n    }\n}".to_owned());
    lines.join("\n")
}

/// The lines that take one message.
fn take(settings: &KafkaSource, node: &str, has_rejects: bool) -> String {
    let bad = match settings.bad_messages {
        BadMessages::Fail => FAIL,
        BadMessages::Reject if has_rejects => {
            "            Err(error) => rejects.push(Reject::new(message, &*error)),"
        }
        BadMessages::Reject | BadMessages::Skip => SKIP,
    };
    let read = type_name(node);
    format!(
        "        match {read}::read(message) {{\n            Ok(row) => rows.push(row),\n{bad}\n        }}\n        Ok(())"
    )
}

fn column(name: &str, take: &str) -> String {
    if take == "topic" {
        return format!("        {} => vec![topic; rows.len()],", quoted(name));
    }
    format!("        {} => rows.iter().map(|row| {take}).collect::<Vec<_>>(),", quoted(name))
}

fn metadata_value(column: MetadataColumn) -> &'static str {
    match column {
        MetadataColumn::Key | MetadataColumn::KeyBytes => "row.kafka_key.as_deref()",
        MetadataColumn::Topic => "topic",
        MetadataColumn::Partition => "row.kafka_partition",
        MetadataColumn::Offset => "row.kafka_offset",
        MetadataColumn::Timestamp => "row.kafka_timestamp",
        MetadataColumn::TimestampType | MetadataColumn::Headers => "row.kafka_timestamp_type",
    }
}
