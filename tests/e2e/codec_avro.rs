//! Avro by the reference serializers, with the real registry and without it.

use std::process::Command;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use flowloom_kafka::codec::{Avro, AvroReader, AvroSchemas, Framing, Unknown};
use flowloom_kafka::read::{BadMessages, DecodedKey};

use crate::broker::Broker;
use crate::cache::services_python;
use crate::codec_reading::{column, fields, inferred, read, registry, request};
use crate::message::Message;
use crate::service::Service;
use crate::topic::Topic;

const PLAIN: &str = r#"{"type":"record","name":"Plain","namespace":"shop","fields":[
    {"name":"n","type":"long"},
    {"name":"at","type":{"type":"long","logicalType":"timestamp-micros"}},
    {"name":"note","type":["null","string"]},
    {"name":"span","type":{"type":"fixed","name":"Span","size":12,"logicalType":"duration"}}]}"#;

/// A topic of three generations of orders and one of bare messages.
fn produced() -> (Topic<'static>, Topic<'static>) {
    let broker = Broker::shared();
    let (orders, bare) = (Topic::create(broker, "avro", 1), Topic::create(broker, "avro_bare", 1));
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/e2e/codec_avro/produce.py");
    let output = Command::new(services_python())
        .args([
            program,
            broker.bootstrap(),
            Service::registry().env("REGISTRY_URL"),
            &orders.name,
            &bare.name,
        ])
        .output()
        .expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (orders, bare)
}

#[test]
fn three_generations_of_a_schema_with_references_and_keys() {
    let (orders, _) = produced();
    let avro = Avro::new(AvroSchemas::Registry(registry()));
    let found = inferred(&orders, &avro);
    assert_eq!((found.messages, found.bad), (6, 0), "{:?}", found.first_bad);
    let mut asked = request(&orders, avro.clone(), fields(&found));
    let key = vec![Field::new("n", DataType::Int64, true), Field::new("tenant", DataType::Utf8View, true)];
    let field = Field::new("key", DataType::Struct(key.into()), true);
    asked.key = Some(DecodedKey { codec: Arc::new(avro.clone()), field });
    let (reading, rows) = read(&asked);
    assert_eq!((reading.counts.decoded, reading.drift.is_empty()), (6, true));
    for (name, expected) in [
        ("id", ["1", "1099511627776", "3", "4", "5", "7"]),
        ("name", ["Ann", "-", "-", "-", "-", "Eve"]),
        ("customer", ["-", "-", "Bob", "Zoë", "Zoë", "-"]),
        ("state", ["PAID", "LOST", "NEW", "-", "-", "NEW"]),
        ("tags", ["-", "[]", "[x, y]", "-", "-", "-"]),
        ("ratio", ["-", "-", "-", "1.5", "1.5", "-"]),
        ("day", ["-", "-", "-", "2024-02-29", "2024-02-29", "-"]),
        ("clock", ["-", "-", "-", "12:34:56.789", "12:34:56.789", "-"]),
        ("clock_us", ["-", "-", "-", "00:00:00.000007", "00:00:00.000007", "-"]),
        ("at_ms", ["-", "-", "-", "2024-02-29T12:00:00.005Z", "2024-02-29T12:00:00.005Z", "-"]),
        ("at_us", ["-", "-", "-", "1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z", "-"]),
        ("local_ms", ["-", "-", "-", "2024-02-29T12:00:00.005", "2024-02-29T12:00:00.005", "-"]),
        ("exact", ["-", "-", "-", "12345678901234.5678", "12345678901234.5678", "-"]),
        ("hash", ["-", "-", "-", "00ff1041", "00ff1041", "-"]),
        ("raw", ["-", "-", "-", "0102", "0102", "-"]),
        ("either", ["-", "-", "-", "7", "7", "-"]),
    ] {
        assert_eq!(column(&rows, name), expected, "{name}");
    }
    let shown = |name: &str, row: usize| column(&rows, name)[row].clone();
    assert_eq!(shown("uuid", 3), "12345678-1234-5678-1234-567812345678");
    assert_eq!(shown("paid", 0), "{currency: EUR, amount: 12.34}");
    assert_eq!(shown("paid", 1), "-");
    assert_eq!(shown("paid", 3), "{currency: EUR, amount: -0.05}");
    assert_eq!(shown("counts", 3), "[{key: x, value: 1}, {key: y, value: -2}]");
    assert_eq!(shown("lines", 4), "[{sku: a, qty: 3}, {sku: b, qty: }]");
    assert_eq!(shown("parent", 3), "-");
    let parent: serde_json::Value = serde_json::from_str(&shown("parent", 4)).expect("JSON text");
    assert_eq!(
        (&parent["id"], &parent["paid"]["amount"]),
        (&serde_json::json!(6), &serde_json::json!(-0.05))
    );
    assert_eq!(column(&rows, "key")[1], "{n: 1099511627776, tenant: t}");

    // Two columns are the same as among all, and the others are not drift unless nobody knows them.
    let mut two = request(
        &orders,
        avro.clone(),
        vec![found.schema.field_with_name("id").expect("it is there").clone()],
    );
    two.known = Arc::clone(asked.columns.payload());
    let (reading, some) = read(&two);
    assert_eq!(column(&some, "id"), column(&rows, "id"));
    assert!(reading.drift.is_empty());
    two.known = Arc::clone(two.columns.payload());
    let (reading, _) = read(&two);
    let drift = &reading.drift.unknown;
    assert_eq!((drift["paid"].messages, drift["name"].messages, drift["tags"].messages), (6, 2, 2));
    assert_eq!(drift["name"].example, "\"Ann\"");
    two.unknown = Unknown::Fail;
    two.bad_messages = BadMessages::Skip;
    assert_eq!(read(&two).0.counts.skipped, 6);
}

#[test]
fn a_readers_schema_from_the_registry_takes_every_generation() {
    let (orders, _) = produced();
    let reader = AvroReader::Latest { registry: registry(), subject: format!("{}-reader", orders.name) };
    let avro = Avro::new(AvroSchemas::Registry(registry())).read_as(reader);
    let found = inferred(&orders, &avro);
    let names: Vec<_> = found.schema.fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["id", "customer", "state", "tags", "paid"]);
    let (_, rows) = read(&request(&orders, avro.clone(), fields(&found)));
    for (name, expected) in [
        ("id", ["1.0", "1099511627776.0", "3.0", "4.0", "5.0", "7.0"]),
        ("customer", ["Ann", "-", "Bob", "Zoë", "Zoë", "Eve"]),
        ("state", ["PAID", "UNKNOWN", "NEW", "UNKNOWN", "UNKNOWN", "NEW"]),
        ("tags", ["[none]", "[]", "[x, y]", "[none]", "[none]", "[none]"]),
    ] {
        assert_eq!(column(&rows, name), expected, "{name}");
    }
}

#[test]
fn bare_messages_by_a_schema_of_our_own_and_bad_ones_among_them() {
    let (_, bare) = produced();
    bare.send([Message::new([1]), Message::new([0x80; 20]), Message::new(b"{}")]);
    let avro = Avro::new(AvroSchemas::local(PLAIN, Framing::Bare));
    let found = inferred(&bare, &avro);
    assert_eq!((found.messages, found.bad), (5, 3));
    let mut asked = request(&bare, avro.clone(), fields(&found));
    asked.bad_messages = BadMessages::Reject;
    let key = Avro::new(AvroSchemas::local(r#"{"type":"fixed","name":"Byte","size":1}"#, Framing::Bare));
    asked.key = Some(DecodedKey { codec: Arc::new(key), field: Field::new("key", DataType::Binary, true) });
    let (reading, rows) = read(&asked);
    assert_eq!((reading.counts.decoded, reading.counts.rejected), (5, 3));
    assert_eq!(column(&rows, "n")[0], (-2_i64 * (1 << 40)).to_string());
    assert_eq!(column(&rows, "at")[3], "2024-01-01T00:00:00.000001Z");
    assert_eq!(column(&rows, "note"), ["-", "-", "zero", "-", "-"]);
    assert_eq!(column(&rows, "span")[4], "P1M2DT3.004S");
    assert_eq!(column(&rows, "key"), ["fe", "ff", "00", "01", "02"]);
    let rejects = reading.rejects.collect().expect("the rejects");
    let reasons = column(&rejects, "reason");
    assert!(reasons[0].starts_with("field `at`: not valid Avro at byte 1: it ends too early"), "{reasons:?}");
    assert!(reasons[1].starts_with("field `n`: not valid Avro at byte 0: a number has more"), "{reasons:?}");

    // With the registry none of them has a schema.
    let mut framed = request(&bare, Avro::new(AvroSchemas::Registry(registry())), fields(&found));
    framed.bad_messages = BadMessages::Skip;
    assert_eq!(read(&framed).0.counts.skipped, 8);
}

#[test]
fn ids_that_the_registry_does_not_know_make_bad_messages() {
    let topic = Topic::create(Broker::shared(), "avro_unknown", 1);
    topic.send([Message::new([0, 0x7f, 0xff, 0xff, 0xff, 2]), Message::new(b"{}")]);
    let avro = Avro::new(AvroSchemas::Registry(registry()));
    let mut asked = request(&topic, avro.clone(), vec![Field::new("id", DataType::Int64, true)]);
    asked.bad_messages = BadMessages::Reject;
    let (reading, _) = read(&asked);
    let reasons = column(&reading.rejects.collect().expect("the rejects"), "reason");
    assert_eq!(reasons[0], "schema 2147483647 is not in the registry");
    assert!(reasons[1].starts_with("no schema's id stands in front of the message"), "{reasons:?}");
}
