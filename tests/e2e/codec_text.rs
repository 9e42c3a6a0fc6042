//! JSON, JSON by schemas, CSV, text and raw bytes as Python writes them, with the real registry.

use std::process::Command;
use std::sync::{Arc, OnceLock};

use arrow::datatypes::{DataType, Field};
use flowloom_kafka::Cancel;
use flowloom_kafka::codec::{Codec, Csv, EXTRA, Json, JsonSchema, Outline, Output, Raw, Text, Unknown};
use flowloom_kafka::read::{self, BadMessages, ReadRequest, Tombstones};

use crate::broker::Broker;
use crate::cache::services_python;
use crate::codec_reading::{self, cluster, column, fields, inferred, read, registry};
use crate::service::Service;
use crate::topic::Topic;

struct Topics3 {
    schema: Topic<'static>,
    json: Topic<'static>,
    csv: Topic<'static>,
}

/// Topics that Python filled, once.
fn topics() -> &'static Topics3 {
    static TOPICS: OnceLock<Topics3> = OnceLock::new();
    TOPICS.get_or_init(|| {
        let broker = Broker::shared();
        let topic = |name| Topic::create(broker, name, 1);
        let topics = Topics3 { schema: topic("json_schema"), json: topic("json"), csv: topic("csv") };
        let output = Command::new(services_python())
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/e2e/codec_text/produce.py"))
            .args([broker.bootstrap(), Service::registry().env("REGISTRY_URL")])
            .args([&topics.schema.name, &topics.json.name, &topics.csv.name])
            .output()
            .expect("Python runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        topics
    })
}

/// A read that keeps bad messages beside the rows.
fn request(topic: &Topic<'_>, codec: impl Codec + 'static, fields: Vec<Field>) -> ReadRequest {
    ReadRequest { bad_messages: BadMessages::Reject, ..codec_reading::request(topic, codec, fields) }
}

fn text(name: &str) -> Field {
    Field::new(name, DataType::Utf8View, true)
}

#[test]
fn json_schemas_of_two_generations_in_one_topic() {
    let topic = &topics().schema;
    let codec = JsonSchema::by_registry(registry());
    let found = inferred(topic, &codec);
    assert_eq!((found.messages, found.bad), (5, 2), "{:?}", found.first_bad);
    let types: Vec<_> = found
        .schema
        .fields()
        .iter()
        .map(|field| format!("{}: {}", field.name(), field.data_type()))
        .collect();
    assert_eq!(types[0], "id: Int64");
    assert!(types[2].starts_with("at: Timestamp") && types[3] == "day: Date32", "{types:?}");
    let (reading, rows) = read(&request(topic, codec, fields(&found)));
    assert_eq!((reading.counts.decoded, reading.counts.rejected), (5, 2));
    assert!(reading.drift.is_empty(), "{:?}", reading.drift);
    for (name, expected) in [
        ("id", ["0", "1", "2", "3", "4"]),
        ("price", ["0.5", "1.5", "2.5", "-", "-"]),
        ("day", ["2026-01-01", "2026-01-02", "2026-01-03", "-", "-"]),
        ("tags", ["[]", "[a]", "[a, ü]", "-", "-"]),
        ("note", ["x", "-", "x", "-", "-"]),
        ("address", ["-", "-", "-", "{city: Köln, zip: }", "{city: Köln, zip: 50667}"]),
    ] {
        assert_eq!(column(&rows, name), expected, "{name}");
    }
    assert_eq!(column(&rows, "at")[0], "2026-01-01T12:30:00.250Z");
}

#[test]
fn json_as_python_writes_it_and_what_is_none() {
    let topic = &topics().json;
    let found = inferred(topic, &Json);
    // NaN, Infinity, no UTF-8, two values, a lone surrogate, nothing.
    assert_eq!((found.messages, found.bad), (8, 6), "{:?}", found.first_bad);
    let notes: Vec<_> = found.facts.iter().map(|facts| (facts.key.as_str(), facts.note.as_str())).collect();
    assert!(
        notes.contains(&("at", "RFC 3339")) && notes.contains(&("updated_ms", "epoch milliseconds")),
        "{notes:?}"
    );
    assert!(notes.contains(&("price", "decimal text: Decimal(4, 2)")), "{notes:?}");

    let columns = ["id", "at", "price", "big", "nested"];
    let mut fields: Vec<_> =
        fields(&found).into_iter().filter(|field| columns.contains(&field.name().as_str())).collect();
    for field in &mut fields {
        *field = match field.name().as_str() {
            "id" => Field::new("id", DataType::Int64, true),
            "price" => Field::new("price", DataType::Decimal128(10, 2), true),
            "big" => Field::new("big", DataType::Decimal128(38, 0), true),
            _ => continue,
        };
    }
    let mut asked = request(topic, Json, fields);
    let outputs = [asked.columns.outputs().to_vec(), vec![Output::extra()]].concat();
    asked.columns = Outline::new(outputs, flowloom_kafka::codec::Envelope::None).expect("columns");
    asked.known = Arc::clone(asked.columns.payload());
    asked.unknown = Unknown::Keep;
    for (tombstones, decoded, rejected, skipped) in
        [(Tombstones::Bad, 7, 8, 0), (Tombstones::Nulls, 8, 7, 0), (Tombstones::Skip, 7, 7, 1)]
    {
        asked.tombstones = tombstones;
        let (reading, rows) = read(&asked);
        let counts = reading.counts;
        assert_eq!((counts.decoded, counts.rejected, counts.skipped), (decoded, rejected, skipped));
        assert_eq!(column(&rows, "id")[..7], ["0", "1", "2", "3", "-", "8", "11"]);
        assert_eq!(column(&rows, "at")[0], "2026-01-01T12:30:00.250Z");
        assert_eq!(column(&rows, "price")[0], "12.50");
        assert_eq!(column(&rows, "big")[3], format!("1{}3", "0".repeat(29)));
        assert_eq!(
            column(&rows, EXTRA)[..7],
            [
                r#"{"updated_ms":1767225600000}"#,
                r#"{"updated_ms":1767225600001}"#,
                r#"{"updated_ms":1767225600002}"#,
                r#"{"updated_ms":1767225600003}"#,
                "-",
                "-",
                r#"{"surprise":{"x": [1, 2.50]}}"#
            ]
        );
        let met: Vec<_> =
            reading.drift.unknown.iter().map(|(path, it)| (path.as_str(), it.messages)).collect();
        assert_eq!(met, [("surprise", 1), ("updated_ms", 4)]);
    }
    asked.unknown = Unknown::Fail;
    asked.tombstones = Tombstones::Skip;
    assert_eq!(read(&asked).0.counts.decoded, 2);
    asked.bad_messages = BadMessages::Fail;
    let failed = read::read(&cluster(), &asked, &Cancel::default(), &mut |_| {}).expect_err("a bad message");
    assert!(failed.to_string().contains("`updated_ms`"), "{failed}");
}

#[test]
fn csv_text_and_bytes_as_python_writes_them() {
    let topic = &topics().csv;
    let names = ["n", "text", "number", "is", "note"].map(str::to_owned).to_vec();
    let csv = Csv { names, ..Csv::default() };
    let found = inferred(topic, &csv);
    assert_eq!((found.messages, found.bad), (3, 2));
    assert_eq!(found.first_bad.as_ref().expect("a reason").to_string(), "expected 5 values, found 2");
    let (reading, rows) = read(&request(topic, csv, fields(&found)));
    assert_eq!((reading.counts.decoded, reading.counts.rejected), (3, 2));
    assert_eq!(column(&rows, "n"), ["1", "2", "3"]);
    assert_eq!(column(&rows, "text"), ["plain", "a \"quote\", and\r\na line", "ä;b"]);
    assert_eq!(column(&rows, "number"), ["1.5", "-0.25", "1e-7"]);
    assert_eq!(column(&rows, "is"), ["true", "false", "true"]);
    assert_eq!(column(&rows, "note"), ["-", "-", "x"]);

    let (reading, rows) = read(&request(topic, Text, vec![text("value")]));
    assert_eq!((reading.counts.decoded, column(&rows, "value")[3].as_str()), (5, "4,too few\n"));
    let json = &topics().json;
    let (reading, _) = read(&request(json, Text, vec![text("value")]));
    assert_eq!((reading.counts.decoded, reading.counts.rejected), (13, 2), "no UTF-8 and a tombstone");
    let mut raw = request(json, Raw, vec![Field::new("value", DataType::Binary, true)]);
    raw.tombstones = Tombstones::Nulls;
    let (reading, rows) = read(&raw);
    assert_eq!((reading.counts.decoded, column(&rows, "value")[14].as_str()), (15, "-"));
}
