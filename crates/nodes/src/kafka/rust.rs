//! The source in Rust: rdkafka and serde, with the same offsets, types and policies.

use flowloom_flow::value::code::rust_string as quoted;
use flowloom_flow::value::lists::listed;
use flowloom_flow::value::{dtype_code, dtype_features};
use flowloom_flow::{CodeWriter, NodeId, Problem, Target};
use flowloom_kafka::read::MetadataColumn;
use polars::prelude::DataType;

use super::choices::{BadMessages, Format, KeyColumn, Tombstones};
use super::export_place::Place;
use super::exportable;
use super::rust_client::{consumer, opened, reached};
use super::rust_lines::{
    ASSIGN, BOOLEAN, BRING_FORWARD, COMMIT, DECODE, FAIL, FIELD, FIELD_AT, FIELDS, HEADERS, INTEGER,
    KEYWORDS, LIMIT, NESTED, NUMBER, OFFSETS, READ_MESSAGES, REJECT, REJECTED, RESUME, SHARES, SKIP, TEXT,
    TIMESTAMP_TYPE, UTC, WATERMARKS,
};
use super::rust_times::{INSTANT, PARSE_INSTANT, SCALED};
use super::{columns, max_messages, rust_place};
use crate::kafka_source::KafkaSource;

/// Where rustfmt breaks lines.
pub(super) const WIDTH: usize = 100;

/// A payload column and the member of the struct that it is read into.
struct Member {
    column: String,
    dtype: DataType,
    name: String,
    /// Where it stands in the payload.
    path: Vec<String>,
    /// Of a time: [`exportable::digits`].
    digits: Option<(i32, i32)>,
}

impl Member {
    /// Neither of Rust's own types nor of those that Polars takes from Rust.
    fn is_nested(&self) -> bool {
        self.dtype.is_nested() || self.dtype == DataType::Null
    }
}

/// Writes the message's struct, the reader, the helpers that its types need, the step and the commit.
pub(crate) fn write(settings: &KafkaSource, out: &mut CodeWriter<'_>) -> Result<(), Problem> {
    let node = out.node().to_string();
    let keeps_offsets = out.has_writers() && settings.start.keeps_offsets();
    let has_rejects = out.output(1).is_some();
    let members = members(settings)?;
    needs(settings, out, &members, has_rejects);
    let reached = reached(settings, out)?;
    out.constant("const TIMEOUT: Duration = Duration::from_secs(30);");
    out.constant(RESUME);
    if settings.format == Format::Json {
        out.constant(FIELDS);
    }
    out.constant(message_struct(settings, &node, &members));
    out.constant(reader(settings, &node, &members));
    if has_rejects {
        out.constant(REJECT);
    }
    out.function(&format!("{node}_consumer"), consumer(settings, out, &reached));
    let marks = rust_place::lines(settings, out, &Place::of(settings)?);
    let marks = (marks, rust_place::resume(settings, out));
    out.function(&format!("read_{node}"), read(settings, out, &members, keeps_offsets, has_rejects, marks));
    for (name, text) in [("watermarks", WATERMARKS), ("read_messages", READ_MESSAGES), ("assign", ASSIGN)] {
        out.function(name, text);
    }
    if settings.format == Format::Json {
        out.function("decode", DECODE);
        readers(out, &members);
    }
    helpers(settings, out);

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
        out.function("commit_offsets", COMMIT);
        let consumer = opened(settings, out);
        out.acknowledge(format!("commit_offsets(&{consumer}, &{offsets})?;"));
    }
    Ok(())
}

/// The functions that read the values of the fields.
fn readers(out: &mut CodeWriter<'_>, members: &[Member]) {
    out.function("field", FIELD);
    if members.iter().any(|member| member.path.len() > 1) {
        out.function("field_at", FIELD_AT);
    }
    if members.iter().any(|member| member.digits.is_some()) {
        out.package("chrono", "0.4", &["std"]);
        out.import("use chrono::NaiveDate;");
        for (name, text) in [("instant", INSTANT), ("parse_instant", PARSE_INSTANT), ("scaled", SCALED)] {
            out.function(name, text);
        }
    }
    let has_nested = members.iter().any(Member::is_nested);
    let has = |is: fn(&DataType) -> bool| has_nested || members.iter().any(|member| is(&member.dtype));
    for member in members.iter().filter(|member| member.is_nested()) {
        let name = nested_reader(out.node().as_str(), member);
        let mut head = format!("fn {name}(written: &str) -> Result<AnyValue<'static>, Box<dyn Error>> {{");
        if head.len() > WIDTH {
            head = head.replace("(written: &str)", "(\n    written: &str,\n)");
        }
        out.function(&name, format!("{head}\n    nested(written, &{name}_type())\n}}"));
        out.function(&format!("{name}_type"), type_function(&name, &member.dtype));
    }
    if has_nested {
        out.function("nested", NESTED);
    }
    if has(DataType::is_integer) {
        out.function("integer", INTEGER);
    }
    if has(DataType::is_float) {
        out.import("use std::str::FromStr;");
        out.function("number", NUMBER);
    }
    if has(|dtype| *dtype == DataType::Boolean) {
        out.function("boolean", BOOLEAN);
    }
    if has(|dtype| *dtype == DataType::String) {
        out.function("text", TEXT);
    }
}

/// The functions that no field needs.
fn helpers(settings: &KafkaSource, out: &mut CodeWriter<'_>) {
    if settings.headers_column {
        out.import("use rdkafka::message::Headers;");
        out.function("headers", HEADERS);
        out.function(
            "headers_type",
            type_function("headers", &columns::metadata_type(MetadataColumn::Headers)),
        );
    }
    if max_messages(settings).is_some() {
        out.import("use std::cmp::Reverse;");
        out.function("shares", SHARES);
    }
}

/// The function that reads a nested field.
fn nested_reader(node: &str, member: &Member) -> String {
    format!("{node}_{}", member.name.trim_end_matches('_'))
}

fn type_function(name: &str, dtype: &DataType) -> String {
    let code = type_lines(dtype).replace('\n', "\n    ");
    format!("fn {name}_type() -> DataType {{\n    {code}\n}}")
}

/// A type as rustfmt has it.
fn type_lines(dtype: &DataType) -> String {
    match dtype {
        DataType::List(item) => format!("DataType::List(Box::new({}))", type_lines(item)),
        DataType::Struct(fields) => {
            let fields = fields.iter().map(|field| {
                let arguments = [format!("{}.into()", quoted(&field.name)), type_lines(&field.dtype)];
                listed(Target::Rust, "Field::new(", &arguments, ")")
            });
            listed(Target::Rust, "DataType::Struct(vec![", &fields.collect::<Vec<_>>(), "])")
        }
        dtype => dtype_code(dtype, Target::Rust),
    }
}

fn needs(settings: &KafkaSource, out: &mut CodeWriter<'_>, members: &[Member], has_rejects: bool) {
    let mut features: Vec<&str> = members.iter().flat_map(|member| dtype_features(&member.dtype)).collect();
    if settings.timestamp_column || has_rejects {
        features.extend(["dtype-datetime", "timezones"]);
    }
    if settings.headers_column || members.iter().any(Member::is_nested) {
        features.push("dtype-struct");
    }
    out.polars(&features);
    out.package("rdkafka", "0.39", &["cmake-build", "libz", "ssl", "zstd"]);
    if settings.format == Format::Json {
        out.package("serde_json", "1", &["raw_value", "std"]);
        out.import("use serde_json::value::RawValue;");
    }
    if settings.timestamp_type_column {
        out.import("use rdkafka::message::Timestamp;");
    }
    for import in [
        "use std::collections::BTreeMap;",
        "use std::env;",
        "use std::error::Error;",
        "use std::time::Duration;",
        "use rdkafka::config::ClientConfig;",
        "use rdkafka::consumer::{BaseConsumer, Consumer};",
        "use rdkafka::error::KafkaError;",
        "use rdkafka::message::BorrowedMessage;",
        "use rdkafka::{Message, Offset, TopicPartitionList};",
        "use rdkafka::types::RDKafkaErrorCode;",
    ] {
        out.import(import);
    }
}

fn members(settings: &KafkaSource) -> Result<Vec<Member>, Problem> {
    let mut members: Vec<Member> = Vec::new();
    let fields = columns::fields(settings)?.into_iter().zip(exportable::paths(settings)?);
    for (((column, dtype), path), field) in fields.zip(&settings.fields.0) {
        let mut name = NodeId::nearest(&column).to_string();
        if KEYWORDS.contains(&name.as_str()) || name.starts_with("kafka_") {
            name.push('_');
        }
        while members.iter().any(|member| member.name == name) {
            name.push('_');
        }
        members.push(Member { digits: exportable::digits(&dtype, field), column, dtype, name, path });
    }
    Ok(members)
}

/// The type of a message of `paid_orders`: `PaidOrdersRow`.
fn type_name(node: &str) -> String {
    let words = node.split('_').map(|word| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_uppercase().chain(chars).collect::<String>()).unwrap_or_default()
    });
    words.chain(["Row".to_owned()]).collect()
}

fn message_struct(settings: &KafkaSource, node: &str, members: &[Member]) -> String {
    let mut lines = vec![
        format!("/// A message of the topic `{}`.", settings.topic.caption()),
        format!("struct {} {{", type_name(node)),
    ];
    for member in members {
        lines.push(format!("    {}: Option<{}>,", member.name, rust_type(&member.dtype)));
    }
    for (name, kind) in carried(settings) {
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
        _ => vec![],
    };
    carried.extend([("kafka_partition", "i64"), ("kafka_offset", "i64")]);
    carried.extend(settings.timestamp_column.then_some(("kafka_timestamp", "Option<i64>")));
    carried
        .extend(settings.timestamp_type_column.then_some(("kafka_timestamp_type", "Option<&'static str>")));
    carried.extend(settings.headers_column.then_some(("kafka_headers", "AnyValue<'static>")));
    carried
}

fn rust_type(dtype: &DataType) -> &'static str {
    match dtype {
        DataType::Int8 => "i8",
        DataType::Int16 => "i16",
        DataType::Int32 => "i32",
        DataType::Int64 | DataType::Datetime(..) => "i64",
        DataType::UInt8 => "u8",
        DataType::UInt16 => "u16",
        DataType::UInt32 => "u32",
        DataType::UInt64 => "u64",
        DataType::Float32 => "f32",
        DataType::Float64 => "f64",
        DataType::Boolean => "bool",
        DataType::String => "String",
        DataType::Binary => "Vec<u8>",
        _ => "AnyValue<'static>",
    }
}

fn read(
    settings: &KafkaSource,
    out: &CodeWriter<'_>,
    members: &[Member],
    keeps_offsets: bool,
    has_rejects: bool,
    (marks, resume): (Vec<String>, &str),
) -> String {
    let (node, topic) = (out.node().as_str(), quoted(exportable::topic(settings)));
    let mut given = vec!["LazyFrame"];
    given.extend(has_rejects.then_some("LazyFrame"));
    given.extend(keeps_offsets.then_some("TopicPartitionList, usize"));
    let given = if given.len() == 1 { given.concat() } else { format!("({})", given.join(", ")) };
    let about = exportable::about(settings);
    let offsets = if keeps_offsets { "; with the offsets to commit" } else { "" };
    let mut lines = vec![
        format!("/// {about}{offsets}."),
        format!("fn read_{node}() -> Result<{given}, Box<dyn Error>> {{"),
        format!("    let topic = {topic};"),
        format!("    let consumer = {};", opened(settings, out)),
    ];
    lines.extend(marks);
    let limit = max_messages(settings);
    lines.extend(limit.map(|limit| LIMIT.replace("TOTAL", &limit.to_string())));
    lines.push(format!("    let mut rows: Vec<{}> = Vec::new();", type_name(node)));
    if has_rejects {
        lines.push("    let mut rejects = Vec::new();".to_owned());
    }
    lines.extend(keeps_offsets.then(|| "    let mut count = 0;".to_owned()));
    let end = if limit.is_some() { "end" } else { "_" };
    lines.push(format!(
        "    read_messages(&consumer, topic, &starts, &mut ends, {resume}, |message, {end}| {{"
    ));
    lines.extend(limit.map(|_| BRING_FORWARD.to_owned()));
    lines.extend(keeps_offsets.then(|| "        count += 1;".to_owned()));
    lines.push(take(settings, node, has_rejects));
    lines.push("    })?;".to_owned());
    lines.push("    rows.sort_by_key(|row| (row.kafka_partition, row.kafka_offset));".to_owned());
    lines.push("    let rows = df!(".to_owned());
    for member in members {
        let take = match member.dtype {
            DataType::String | DataType::Binary => format!("row.{}.as_deref()", member.name),
            _ if member.is_nested() => format!("row.{}.clone().unwrap_or(AnyValue::Null)", member.name),
            _ => format!("row.{}", member.name),
        };
        lines.push(column(&member.column, &take));
    }
    let metadata = columns::metadata(settings);
    lines.extend(metadata.iter().map(|each| column(&each.name, metadata_value(each.column))));
    let named = |wanted| metadata.iter().find(|each| each.column == wanted).map(|each| each.name.as_str());
    lines.push("    )?\n    .lazy();".to_owned());
    let has_times = settings.timestamp_column || has_rejects;
    lines.extend(has_times.then(|| UTC.to_owned()));
    let mut casts: Vec<String> = members
        .iter()
        .filter_map(|member| {
            let dtype = match member.digits {
                Some(_) => dtype_code(&member.dtype, Target::Rust),
                None if member.is_nested() => format!("{}_type()", nested_reader(node, member)),
                None => return None,
            };
            Some(cast(&member.column, &dtype))
        })
        .collect();
    let utc = if has_rejects { "utc.clone()" } else { "utc" };
    casts.extend(named(MetadataColumn::Timestamp).map(|name| cast(name, utc)));
    casts.extend(named(MetadataColumn::Headers).map(|name| cast(name, "headers_type()")));
    let mut results = vec![match casts.as_slice() {
        [] => "rows".to_owned(),
        [one] => format!("rows.with_column({one})"),
        _ => listed(Target::Rust, "rows.with_columns([", &casts, "])"),
    }];
    if has_rejects {
        lines.push(REJECTED.to_owned());
        results.push("rejected.lazy().with_column(col(\"timestamp\").cast(utc))".to_owned());
    }
    if keeps_offsets {
        lines.push(OFFSETS.to_owned());
        results.extend(["offsets", "count"].map(str::to_owned));
    }
    let result = match results.as_slice() {
        [one] => format!("Ok({one})"),
        many => listed(Target::Rust, "Ok((", many, "))"),
    };
    lines.push(format!("    {}", result.replace('\n', "\n    ")));
    lines.push("}".to_owned());
    lines.join("\n")
}

fn cast(column: &str, dtype: &str) -> String {
    format!("col({}).cast({dtype})", quoted(column))
}

/// What the members are read from.
fn value_line(settings: &KafkaSource) -> &'static str {
    match (settings.format, settings.tombstones) {
        (Format::Json, Tombstones::Nulls) => {
            "        let fields = match message.payload() {\n            None => Fields::new(),\n            \
             payload => decode(payload)?,\n        };"
        }
        (Format::Json, _) => "        let fields = decode(message.payload())?;",
        (_, Tombstones::Nulls) => "        let value = message.payload();",
        _ => "        let value = Some(message.payload().ok_or(\"null payload (tombstone)\")?);",
    }
}

/// How one message becomes the struct.
fn reader(settings: &KafkaSource, node: &str, members: &[Member]) -> String {
    let mut lines = vec![
        format!("impl {} {{", type_name(node)),
        "    fn read(message: &BorrowedMessage) -> Result<Self, Box<dyn Error>> {".to_owned(),
        value_line(settings).to_owned(),
    ];
    if settings.key_column == KeyColumn::Text {
        lines.push("        let key = message.key().map(Vec::from);".to_owned());
    }
    lines.push("        Ok(Self {".to_owned());
    lines.extend(members.iter().map(|member| member_line(settings, node, member)));
    lines.extend(carried(settings).into_iter().map(|(name, _)| {
        let value = match name {
            "kafka_key" if settings.key_column == KeyColumn::Text => {
                "key.map(String::from_utf8).transpose()?"
            }
            "kafka_key" => "message.key().map(Vec::from)",
            "kafka_partition" => "message.partition().into()",
            "kafka_offset" => "message.offset()",
            "kafka_timestamp" => "message.timestamp().to_millis().map(|ms| ms * 1000)",
            "kafka_headers" => "headers(message)?",
            _ => TIMESTAMP_TYPE,
        };
        format!("            {name}: {value},")
    }));
    lines.push("        })\n    }\n}".to_owned());
    lines.join("\n")
}

/// How one member is read.
fn member_line(settings: &KafkaSource, node: &str, member: &Member) -> String {
    match settings.format {
        Format::Text => {
            let text = "value.map(std::str::from_utf8).transpose()?.map(str::to_owned)";
            return format!("            {}: {text},", member.name);
        }
        Format::Raw => return format!("            {}: value.map(<[u8]>::to_vec),", member.name),
        _ => {}
    }
    let reader = match &member.dtype {
        _ if member.is_nested() => nested_reader(node, member),
        DataType::Datetime(..) => {
            let (digits, unit) = member.digits.unwrap_or_default();
            format!("|written| instant(written, {digits}, {unit})")
        }
        DataType::String => "text".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        dtype if dtype.is_integer() => "integer".to_owned(),
        _ => "number".to_owned(),
    };
    let keys: Vec<String> = member.path.iter().map(|key| quoted(key)).collect();
    let (call, place) = match keys.as_slice() {
        [key] => ("field(", key.clone()),
        keys => ("field_at(", format!("&[{}]", keys.join(", "))),
    };
    let arguments = ["&fields".to_owned(), place, reader];
    let call = listed(Target::Rust, &format!("{}: {call}", member.name), &arguments, ")?");
    format!("            {},", call.replace('\n', "\n            "))
}

/// The lines that take one message.
fn take(settings: &KafkaSource, node: &str, has_rejects: bool) -> String {
    let bad = match settings.bad_messages {
        BadMessages::Fail => FAIL,
        BadMessages::Reject if has_rejects => {
            "            Err(error) => rejects.push(Reject::new(message, &*error)),"
        }
        _ => SKIP,
    };
    let read = type_name(node);
    let skipped = match settings.tombstones {
        Tombstones::Skip => {
            "        if message.payload().is_none() {\n            return Ok(());\n        }\n"
        }
        _ => "",
    };
    format!(
        "{skipped}        match {read}::read(message) {{\n            Ok(row) => rows.push(row),\n{bad}\n        }}\n        Ok(())"
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
        MetadataColumn::TimestampType => "row.kafka_timestamp_type",
        MetadataColumn::Headers => "row.kafka_headers.clone()",
    }
}
