//! The main job on a real broker: from a topic to a file, whatever the topic holds.

use flowloom_engine::Limits;
use polars::prelude::{ParquetReader, SerReader as _};
use serde_json::{Value, json};

use crate::broker::Broker;
use crate::flowloom::{Workshop, node};
use crate::group;
use crate::job::{Job, flow};
use crate::message::Message;
use crate::topic::Topic;

/// Lines of a node's settings.
pub(crate) fn indented<S: AsRef<str>>(settings: &[S]) -> String {
    settings.iter().flat_map(|line| ["      ", line.as_ref(), "\n"]).collect()
}

/// Kafka source → JSON lines; `settings` are lines of the source's settings.
pub(crate) fn source_to_file(topic: &str, settings: &[&str]) -> String {
    let extra = indented(settings);
    format!(
        "flowloom: 1
name: {topic}
parameters:
  bootstrap:
    default: localhost:9092
nodes:
  source:
    kind: kafka_source
    settings:
      bootstrap_servers: ${{bootstrap}}
      topic: {topic}
      sync_name: {topic}-sync
{extra}  out:
    kind: write_file
    inputs: [source]
    settings:
      path: out.jsonl
"
    )
}

const FIELDS: &str = "fields: [{name: id, type: Int64}, {name: amount, type: Float64}]";

fn orders(ids: impl IntoIterator<Item = i64>, partitions: i32) -> Vec<Message> {
    ids.into_iter()
        .map(|id| {
            let text = format!(r#"{{"id": {id}, "amount": {}.5, "other": "x{id}"}}"#, id % 7);
            Message::new(text).key(&id.to_string()).partition((id % i64::from(partitions)) as i32)
        })
        .collect()
}

fn ids(rows: &[Value]) -> Vec<i64> {
    rows.iter().map(|row| row["id"].as_i64().expect("id")).collect()
}

#[test]
fn an_empty_topic_is_a_run_without_news() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "empty", 3);
    let shop = Workshop::with(&source_to_file(&topic.name, &[FIELDS]));
    let report = shop.run_well(broker);
    assert_eq!(node(&report, "out")["state"], "skipped");
    assert!(!shop.path("out.jsonl").exists(), "no batch, no file");
}

#[test]
fn three_partitions_come_in_order_and_are_committed() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "three", 3);
    topic.send(orders(0..300, 3));
    let shop = Workshop::with(&source_to_file(&topic.name, &[FIELDS]));
    let report = shop.run_well(broker);
    let rows = shop.rows("out.jsonl");
    let mut expected: Vec<i64> = (0..300).collect();
    expected.sort_by_key(|id| (id % 3, *id));
    assert_eq!(ids(&rows), expected, "by partition and offset");
    let first = &rows[0];
    assert_eq!(
        (&first["_kafka_key"], &first["_kafka_partition"], &first["_kafka_offset"]),
        (&json!("0"), &json!(0), &json!(0))
    );
    assert!(first["_kafka_timestamp"].is_string(), "{first}");
    assert_eq!(node(&report, "source")["counts"]["read"], 300);
    assert_eq!(node(&report, "source")["rows"]["out"], 300);
    assert_eq!(node(&report, "out")["rows"]["in"], 300);
    let sync = format!("{}-sync", topic.name);
    assert_eq!(group::committed(&topic, &sync), [Some(100); 3]);
}

#[test]
fn a_restart_goes_on_where_the_last_run_ended() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "restart", 2);
    topic.send(orders(0..10, 2));
    let shop = Workshop::with(&source_to_file(&topic.name, &[FIELDS]));
    shop.run_well(broker);
    topic.send(orders(10..14, 2));
    shop.run_well(broker);
    assert_eq!(ids(&shop.rows("out.jsonl")), [10, 12, 11, 13]);
    shop.run_well(broker);
    assert_eq!(ids(&shop.rows("out.jsonl")), [10, 12, 11, 13], "nothing new leaves the file as it was");
}

#[test]
fn a_preview_shows_rows_and_commits_and_writes_nothing() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "preview", 3);
    topic.send(orders(0..30, 3));
    let shop = Workshop::with(&source_to_file(&topic.name, &[FIELDS]));
    let bootstrap = format!("bootstrap={}", broker.bootstrap());
    let answer = shop.call(&["preview", "test.flow.yaml", "--json", "--rows", "9", "--set", &bootstrap]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let shown: Value = serde_json::from_str(&answer.stdout).expect("JSON");
    assert_eq!(node(&shown, "source")["ports"][0]["rows"], 9);
    assert_eq!(node(&shown, "source")["ports"][0]["profile"][0]["column"], "id");
    assert!(!shop.path("out.jsonl").exists());
    assert_eq!(group::committed(&topic, &format!("{}-sync", topic.name))[0], None);
}

#[test]
fn gaps_of_compaction_neither_hang_nor_cut_short() {
    let broker = Broker::shared();
    let compact = [
        ("cleanup.policy", "compact"),
        ("segment.ms", "100"),
        ("min.cleanable.dirty.ratio", "0.001"),
        ("max.compaction.lag.ms", "100"),
    ];
    let topic = Topic::create_with(broker, "compacted", 1, &compact);
    let again = |round: i64| -> Vec<Message> {
        (0..20)
            .map(|key| Message::new(format!(r#"{{"id": {}}}"#, round * 100 + key)).key(&format!("k{key}")))
            .collect()
    };
    topic.send(again(0));
    topic.send(again(1));
    // A closed segment is compacted; messages keep their offsets, so the first ones leave a gap.
    crate::eventually::eventually("the first round is compacted away", || {
        topic.send([Message::new(r#"{"id": 999}"#).key("filler")]);
        let seen = topic.read(crate::topic::Isolation::Committed);
        let is_gone = !seen.iter().any(|message| message.text().contains(r#""id": 5}"#));
        is_gone.then_some(())
    });
    let shop = Workshop::with(&source_to_file(&topic.name, &[FIELDS]));
    let report = shop.run_well(broker);
    let seen = ids(&shop.rows("out.jsonl"));
    assert!((100..120).all(|id| seen.contains(&id)), "{seen:?}");
    let ranges = &node(&report, "source")["offsets"]["topics"][&topic.name]["0"];
    assert_eq!(ranges["to"], topic.watermarks()[0].1, "the gap is covered up to the end");
}

#[test]
fn aborted_messages_are_not_there_and_markers_do_not_hang() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "transactions", 1);
    topic.begin().send(orders(0..5, 1)).commit();
    topic.begin().send(orders(100..105, 1)).abort();
    topic.begin().send(orders(5..8, 1)).commit();
    topic.begin().send(orders(200..203, 1)).abort();
    let shop = Workshop::with(&source_to_file(&topic.name, &[FIELDS]));
    let report = shop.run_well(broker);
    assert_eq!(ids(&shop.rows("out.jsonl")), (0..8).collect::<Vec<_>>());
    assert_eq!(node(&report, "source")["counts"]["read"], 8);
    let all = Workshop::with(&source_to_file(
        &topic.name,
        &[FIELDS, "isolation: read_uncommitted", "start: earliest"],
    ));
    all.run_well(broker);
    assert_eq!(all.rows("out.jsonl").len(), 16);
}

#[test]
fn the_schema_of_a_sample_keeps_late_keys_and_loses_no_fraction() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "drift", 2);
    let mut messages: Vec<Message> =
        (0..150).map(|id| Message::new(format!(r#"{{"id": {id}, "n": {id}}}"#)).partition(0)).collect();
    messages.push(Message::new(r#"{"id": 150, "n": 120.5, "late": "here", "mixed": null}"#).partition(0));
    messages.push(Message::new(r#"{"id": 151, "n": 1, "mixed": "text"}"#).partition(1));
    messages.push(Message::new(r#"{"id": 152, "n": 2, "mixed": 7}"#).partition(1));
    topic.send(messages);
    let shop = Workshop::with(&source_to_file(&topic.name, &[]));
    let bootstrap = format!("bootstrap={}", broker.bootstrap());
    let inferred = shop.call(&["infer", "test.flow.yaml", "--set", &bootstrap]);
    assert_eq!(inferred.code, Some(0), "{inferred:?}");
    let flow = shop.text("test.flow.yaml");
    for field in
        [r#"{name: "n", type: Float64}"#, "{name: late, type: String}", "{name: mixed, type: String}"]
    {
        assert!(flow.contains(field), "no {field} in\n{flow}");
    }
    shop.run_well(broker);
    let rows = shop.rows("out.jsonl");
    assert_eq!((&rows[150]["n"], &rows[150]["late"]), (&json!(120.5), &json!("here")));
    assert_eq!((&rows[151]["mixed"], &rows[152]["mixed"]), (&json!("text"), &json!("7")));
}

#[test]
fn a_flow_without_fields_runs_and_says_that_they_were_inferred() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "unfielded", 1);
    topic.send(orders(0..3, 1));
    let shop = Workshop::with(&source_to_file(&topic.name, &[]));
    let report = shop.run_well(broker);
    assert_eq!(shop.rows("out.jsonl")[2]["other"], "x2");
    assert!(!shop.text("test.flow.yaml").contains("fields"), "a run does not change the flow");
    assert!(report.to_string().contains("flowloom infer"), "{report}");
}

fn poisoned(broker: &Broker) -> Topic<'_> {
    let topic = Topic::create(broker, "poison", 1);
    topic.send([
        Message::new(r#"{"id": 1, "amount": 1}"#),
        Message::new(r#"{"id": 2, "amount": "#),
        Message::new(r#"{"id": 1.5, "amount": 1}"#),
        Message::new(r#"{"id": 3}{"id": 4}"#),
        Message::new(b"\xff\xfe"),
        Message::tombstone("gone"),
        Message::new(r#"{"id": 5, "amount": 2.5}"#),
    ]);
    topic
}

#[test]
fn a_poison_message_fails_the_run_by_name() {
    let broker = Broker::shared();
    let topic = poisoned(broker);
    let shop = Workshop::with(&source_to_file(&topic.name, &[FIELDS]));
    shop.put("out.jsonl", "before\n");
    let (answer, report) = shop.run(broker);
    assert_eq!(answer.code, Some(1), "{answer:?}");
    let problem = report["problems"][0].to_string();
    assert!(problem.contains("partition 0") && problem.contains("offset 1"), "{problem}");
    assert_eq!(shop.text("out.jsonl"), "before\n");
    assert_eq!(group::committed(&topic, &format!("{}-sync", topic.name))[0], None);
}

#[test]
fn poison_messages_are_skipped_and_counted_or_put_aside() {
    let broker = Broker::shared();
    let topic = poisoned(broker);
    let shop = Workshop::with(&source_to_file(&topic.name, &[FIELDS, "bad_messages: skip"]));
    let report = shop.run_well(broker);
    let counts = &node(&report, "source")["counts"];
    assert_eq!([&counts["read"], &counts["decoded"], &counts["skipped"]], [7, 2, 5]);
    assert_eq!(ids(&shop.rows("out.jsonl")), [1, 5]);

    let mut flow = source_to_file(&topic.name, &[FIELDS, "bad_messages: reject", "start: earliest"]);
    flow += "  bad:\n    kind: write_file\n    inputs: [source.rejects]\n    settings:\n      path: bad.parquet\n";
    let aside = Workshop::with(&flow);
    let report = aside.run_well(broker);
    let counts = &node(&report, "source")["counts"];
    assert_eq!([&counts["read"], &counts["decoded"], &counts["rejected"]], [7, 2, 5]);
    assert_eq!(node(&report, "bad")["rows"]["in"], 5);
    assert!(aside.path("bad.parquet").exists());
}

#[test]
fn spilled_rows_are_the_rows() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "spilled", 3);
    topic.send((0..30_000).map(|id: i64| {
        let tags = if id % 5 == 0 {
            "null".to_owned()
        } else {
            format!(r#"["a", "tag {id} long enough to leave the view"]"#)
        };
        let name =
            if id % 2 == 0 { "short".to_owned() } else { format!("a name that no view holds inline {id}") };
        Message::new(format!(r#"{{"id": {id}, "name": "{name}", "tags": {tags}, "at": {{"x": {id}.5}}}}"#))
            .key(&id.to_string())
            .header("trace", &format!("{id}"))
            .partition((id % 3) as i32)
    }));
    let fields = "fields: [{name: id, type: Int64}, {name: name, type: String}, {name: tags, type: List(String)}, \
                  {name: at, type: \"Struct{x: Float64}\"}]";
    let text = source_to_file(&topic.name, &[fields, "start: earliest", "headers_column: true"]);
    let flow = flow(&text.replace("out.jsonl", "out.parquet"));
    let [held, spilled] = [64 << 20, 1].map(|memory_bytes| {
        let folder = tempfile::tempdir().expect("a folder");
        let limits = Limits { memory_bytes, ..Limits::default() };
        let report = Job::within(limits, &flow, folder.path(), broker.bootstrap()).run_well();
        assert_eq!(report.nodes[0].rows["out"], 30_000);
        let file = std::fs::File::open(folder.path().join("out.parquet")).expect("written");
        ParquetReader::new(file).finish().expect("Parquet")
    });
    assert!(held.equals_missing(&spilled), "{held} {spilled}");
}
