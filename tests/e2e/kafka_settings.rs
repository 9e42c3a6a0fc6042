//! The settings of a Kafka source, each on the real broker through the command line: what is read, from where to where,
//! in which shape, and what becomes of what does not fit.

use std::process::Command;

use polars::prelude::{ParquetReader, SerReader as _};
use serde_json::{Value, json};

use crate::broker::Broker;
use crate::cache::services_python;
use crate::flowloom::{Answer, Workshop, node};
use crate::kafka_source::{indented, source_to_file};
use crate::message::Message;
use crate::service::Service;
use crate::topic::{Isolation, Topic, unique};

const ID: &str = "fields: [{name: id, type: Int64}]";

/// Kafka source → JSON lines, with a line for the topics.
fn flow(topics: &str, settings: &[&str]) -> String {
    let extra = indented(settings);
    format!(
        "flowloom: 1
name: {name}
parameters:
  bootstrap:
    default: localhost:9092
nodes:
  source:
    kind: kafka_source
    settings:
      bootstrap_servers: ${{bootstrap}}
      topic: {topics}
{extra}  out:
    kind: write_file
    inputs: [source]
    settings:
      path: out.jsonl
",
        name = unique("settings"),
    )
}

fn numbered(ids: impl IntoIterator<Item = i64>, partitions: i64) -> Vec<Message> {
    let message = |id: i64| {
        Message::new(format!(r#"{{"id":{id}}}"#))
            .partition(i32::try_from(id % partitions).expect("small"))
            .timestamp_ms(1_700_000_000_000 + id * 1000)
    };
    ids.into_iter().map(message).collect()
}

fn column(rows: &[Value], name: &str) -> Vec<Value> {
    rows.iter().map(|row| row[name].clone()).collect()
}

fn ids(shop: &Workshop) -> Vec<i64> {
    shop.rows("out.jsonl").iter().map(|row| row["id"].as_i64().expect("id")).collect()
}

/// Everything that a call said.
fn said(answer: &Answer) -> String {
    format!("{}{}", answer.stdout, answer.stderr)
}

/// Warnings of the report of `id`.
fn notes(report: &Value, id: &str) -> String {
    node(report, id)["notes"].to_string()
}

#[test]
fn lists_partitions_and_patterns_are_read_in_order_and_committed() {
    let broker = Broker::shared();
    let prefix = unique("many");
    let topics: Vec<_> = ["a", "b"]
        .iter()
        .map(|name| Topic::create_named(broker, &format!("{prefix}-{name}"), 2, &[]))
        .collect();
    topics[0].send(numbered(0..4, 2));
    topics[1].send(numbered(10..14, 2));
    let listed = format!("[{prefix}-b, {{topic: {prefix}-a, partitions: \"1\"}}]");
    let shop = Workshop::with(&flow(&listed, &[ID, "topic_column: true"]));
    shop.run_well(broker);
    assert_eq!(ids(&shop), [1, 3, 10, 12, 11, 13]);
    shop.run_well(broker);
    assert_eq!(ids(&shop), [1, 3, 10, 12, 11, 13], "nothing new leaves the file as it was");

    let pattern = flow(&format!("{{pattern: \"{prefix}-.*\"}}"), &[ID, "topic_column: true"]);
    let shop = Workshop::with(&pattern);
    shop.run_well(broker);
    assert_eq!(ids(&shop), [0, 2, 1, 3, 10, 12, 11, 13]);
    let late = Topic::create_named(broker, &format!("{prefix}-c"), 1, &[]);
    late.send(numbered(20..22, 1));
    shop.run_well(broker);
    assert_eq!(ids(&shop), [20, 21], "a topic that was made later");
    assert_eq!(column(&shop.rows("out.jsonl"), "_kafka_topic"), [json!(late.name), json!(late.name)]);

    let shop =
        Workshop::with(&flow(&format!("[{prefix}-a, {{topic: {prefix}-b, partitions: \"7\"}}]"), &[ID]));
    let (answer, _) = shop.run(broker);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert!(said(&answer).contains("partition 7"), "{answer:?}");
}

#[test]
fn windows_offsets_and_last_messages_are_read_each_time() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "places", 2);
    topic.send(numbered(0..20, 2));
    let window = [
        "start: timestamp",
        "start_at: 2023-11-14T22:13:25Z",
        "end: timestamp",
        "end_at: 2023-11-14T22:13:30Z",
    ];
    for (settings, expected) in [
        (&window[..], vec![6, 8, 5, 7, 9]),
        (&["start: offsets", "start_offsets: \"0=8, 1=9\""], vec![16, 18, 19]),
        (&["start: offsets", "start_offsets: \"1=9\""], vec![19]),
        (&["start: earliest", "end: offsets", "end_offsets: \"0=1, 1=2\""], vec![0, 1, 3]),
        (&["start: last", "last_messages: 3"], vec![16, 18, 19]),
    ] {
        let settings = [&[ID], settings].concat();
        let shop = Workshop::with(&flow(&topic.name, &settings));
        for _ in 0..2 {
            shop.run_well(broker);
            let mut found = ids(&shop);
            found.sort_by_key(|id| (id % 2, *id));
            assert_eq!(found, expected, "{settings:?}");
        }
    }
    let shop = Workshop::with(&flow(&topic.name, &[ID, "start: timestamp", "start_at: soon"]));
    let (answer, _) = shop.run(broker);
    assert!(said(&answer).contains("`soon` is no time"), "{answer:?}");
}

#[test]
fn a_run_ends_where_another_group_stands() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "follow", 1);
    topic.send(numbered(0..6, 1));
    let leader = Workshop::with(&source_to_file(&topic.name, &[ID, "max_messages: 4"]));
    leader.run_well(broker);
    let group = format!("end_group: {}-sync", topic.name);
    let shop = Workshop::with(&flow(&topic.name, &[ID, "end: committed", &group]));
    shop.run_well(broker);
    assert_eq!(ids(&shop), [0, 1, 2, 3]);
    leader.run_well(broker);
    shop.run_well(broker);
    assert_eq!(ids(&shop), [4, 5]);
}

#[test]
fn what_retention_took_is_told_or_fails_the_run() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "gone", 1);
    topic.send(numbered(0..5, 1));
    let flow = |lost: &str| source_to_file(&topic.name, &[ID, &format!("lost: {lost}")]);
    let shop = Workshop::with(&flow("fail"));
    shop.run_well(broker);
    topic.send(numbered(5..20, 1));
    topic.delete_before(0, 12);
    let (answer, _) = shop.run(broker);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert!(said(&answer).contains("7 ") && said(&answer).contains("partition 0"), "{answer:?}");
    shop.put("test.flow.yaml", &flow("earliest"));
    let report = shop.run_well(broker);
    assert_eq!(ids(&shop), (12..20).collect::<Vec<_>>());
    assert!(notes(&report, "source").contains("7 offsets were removed by retention"), "{report}");
}

#[test]
fn bad_messages_go_where_they_are_looked_after() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "bad", 1);
    let letters = Topic::create(broker, "letters", 1);
    let bad = Message::new("{broken").key("k1").header("trace", "t-1").timestamp_ms(1_700_000_000_123);
    topic.send([
        Message::new(r#"{"id":1}"#),
        bad.clone(),
        Message::new(r#"{"id":"x"}"#).key("k2"),
        Message::tombstone("k3"),
    ]);
    let to_topic = format!("dead_letter_topic: {}", letters.name);
    let settings = [ID, "bad_messages: dead_letter_topic", &to_topic];
    let shop = Workshop::with(&source_to_file(&topic.name, &settings));
    let report = shop.run_well(broker);
    assert_eq!(ids(&shop), [1]);
    assert_eq!(node(&report, "source")["counts"]["rejected"], 3);
    let found = letters.read(Isolation::Committed);
    assert_eq!(found.len(), 3);
    assert_eq!((&found[0].key, &found[0].payload), (&bad.key, &bad.payload));
    assert_eq!(found[0].timestamp_ms, bad.timestamp_ms);
    let header = |message: &Message, name: &str| {
        let found = message.headers.iter().find(|(key, _)| key == name).and_then(|(_, value)| value.clone());
        String::from_utf8(found.unwrap_or_default()).expect("text")
    };
    assert_eq!(header(&found[0], "trace"), "t-1");
    assert_eq!(header(&found[0], "flowloom.topic"), topic.name);
    assert_eq!(
        (header(&found[0], "flowloom.partition"), header(&found[0], "flowloom.offset")),
        ("0".into(), "1".into())
    );
    assert!(header(&found[1], "flowloom.reason").contains("field `id`"), "{found:?}");
    assert_eq!(found[2].payload, None, "a tombstone stays one");
    shop.run_well(broker);
    assert_eq!(letters.read(Isolation::Committed).len(), 3, "once");

    let settings = [ID, "bad_messages: dead_letter_folder", "dead_letter_folder: bad", "sync_name: to-files"];
    let shop = Workshop::with(&flow(&topic.name, &settings));
    shop.run_well(broker);
    let files: Vec<_> = std::fs::read_dir(shop.path("bad"))
        .expect("the folder")
        .map(|entry| entry.expect("a file").path())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let rows = ParquetReader::new(std::fs::File::open(&files[0]).expect("open")).finish().expect("Parquet");
    assert_eq!(rows.height(), 3);
    assert_eq!(rows.column("offset").expect("it").i64().expect("numbers").get(0), Some(1));
    assert_eq!(rows.column("value").expect("it").binary().expect("bytes").get(0), Some(&b"{broken"[..]));
    assert!(rows.column("headers").is_ok());

    let nowhere =
        ["bad_messages: dead_letter_topic", "dead_letter_topic: nobody-made-it", "start: earliest", ID];
    let shop = Workshop::with(&flow(&topic.name, &nowhere));
    let (answer, _) = shop.run(broker);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert!(!shop.path("out.jsonl").exists(), "nothing is half-written");
}

#[test]
fn fields_are_renamed_flattened_and_typed_and_drift_is_kept() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "shape", 1);
    topic.send([
        Message::new(r#"{"id":1,"customer":{"name":"Ada","tier":2},"at":1700000000,"price":"12.50","_kafka_offset":9}"#),
        Message::new(r#"{"id":2,"customer":null,"at":1700000001,"price":"0.10","new":[1,2]}"#),
    ]);
    let fields = "fields: [{name: number, type: Int64, from: id}, {name: who, type: String, from: customer.name}, \
                  {name: at, type: \"Datetime(ms, UTC)\", encoding: epoch_s}, {name: price, type: \"Decimal(10, 2)\"}, \
                  {name: theirs, type: Int64, from: _kafka_offset}]";
    let settings = [fields, "drift: extra", "column_names: {_kafka_offset: position}"];
    let shop = Workshop::with(&flow(&topic.name, &settings));
    let report = shop.run_well(broker);
    let rows = shop.rows("out.jsonl");
    assert_eq!(column(&rows, "number"), [json!(1), json!(2)]);
    assert_eq!(column(&rows, "who"), [json!("Ada"), Value::Null]);
    assert_eq!(column(&rows, "theirs"), [json!(9), Value::Null]);
    assert_eq!(column(&rows, "position"), [json!(0), json!(1)]);
    assert!(rows[0]["at"].as_str().is_some_and(|at| at.starts_with("2023-11-14")), "{rows:?}");
    assert_eq!(rows[0]["price"].to_string().trim_matches('"'), "12.50");
    let extra = |row: &Value| -> Value {
        row["_extra"].as_str().map_or(Value::Null, |text| serde_json::from_str(text).expect("JSON"))
    };
    assert_eq!(extra(&rows[0]), json!({"customer.tier": 2}));
    assert_eq!(extra(&rows[1]), json!({"new": [1, 2]}));
    let told = notes(&report, "source");
    assert!(told.contains("`customer.tier` in 1 message") && told.contains("`new` in 1 message"), "{told}");

    let shop = Workshop::with(&flow(&topic.name, &[fields, "drift: add", "sync_name: growing"]));
    let report = shop.run_well(broker);
    let proposed = node(&report, "source")["proposed"]["fields"].as_array().expect("fields").clone();
    assert_eq!(
        proposed[5..],
        [
            json!({"name": "tier", "type": "Int64", "from": "customer.tier"}),
            json!({"name": "new", "type": "List(Int64)"}),
        ],
        "{proposed:?}"
    );

    let shop = Workshop::with(&flow(&topic.name, &[fields, "drift: fail", "sync_name: strict"]));
    let (answer, _) = shop.run(broker);
    assert!(said(&answer).contains("customer.tier"), "{answer:?}");
}

#[test]
fn changes_of_debezium_become_rows() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "changes", 1);
    let change = |text: &str| Message::new(format!(r#"{{"schema":{{"type":"struct"}},"payload":{text}}}"#));
    topic.send([
        change(r#"{"before":null,"after":{"id":1,"name":"a"},"source":{"db":"x"},"op":"c","ts_ms":1}"#),
        change(r#"{"before":{"id":1,"name":"a"},"after":{"id":1,"name":"b"},"source":{"db":"x"},"op":"u","ts_ms":2}"#),
        change(r#"{"before":{"id":1,"name":"b"},"after":null,"source":{"db":"x"},"op":"d","ts_ms":3}"#),
        Message::tombstone("1"),
    ]);
    let shop = Workshop::with(&flow(&topic.name, &["tombstones: skip", "start: earliest"]));
    let bootstrap = format!("bootstrap={}", broker.bootstrap());
    let answer = shop.call(&["infer", "test.flow.yaml", "--set", &bootstrap]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let saved = shop.text("test.flow.yaml");
    assert!(saved.contains("envelope: debezium_with_schema"), "{saved}");
    let report = shop.run_well(broker);
    let rows = shop.rows("out.jsonl");
    assert_eq!(column(&rows, "name"), [json!("a"), json!("b"), json!("b")]);
    assert_eq!(column(&rows, "_op"), [json!("c"), json!("u"), json!("d")]);
    assert_eq!(node(&report, "source")["counts"]["skipped"], 1);
    topic.send([change(r#"{"id":1}"#)]);
    let (answer, _) = shop.run(broker);
    assert!(said(&answer).contains("no Debezium change"), "{answer:?}");
}

#[test]
fn avro_by_the_registry_with_avro_keys() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "avro-node", 1);
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/e2e/kafka_settings/produce.py");
    let registry = Service::registry().env("REGISTRY_URL");
    let output =
        Command::new(services_python()).args([program, broker.bootstrap(), registry, &topic.name]).output();
    let output = output.expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let settings = ["format: avro", "registry: schemas", "key_column: avro", "start: earliest"];
    let shop = Workshop::with(&flow(&topic.name, &settings));
    let bootstrap = format!("bootstrap={}", broker.bootstrap());
    let connection = json!({"kind": "schema_registry", "url": registry}).to_string();
    let variables = [("FLOWLOOM_CONNECTION_SCHEMAS", &*connection)];
    let call = |args: &[&str]| shop.tell(&variables, args, "");
    let answer = call(&["infer", "test.flow.yaml", "--set", &bootstrap]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let answer = call(&["run", "test.flow.yaml", "--json", "--set", &bootstrap]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let rows = shop.rows("out.jsonl");
    assert_eq!(column(&rows, "id"), [json!(1), json!(2), json!(3)]);
    assert_eq!(rows[2]["_kafka_key"], json!({"region": "eu", "number": 3}));
    assert_eq!(rows[0]["tags"], json!(["a", "b"]));
}
