//! Given messages on an embedded broker, when read, then rows, positions and counts.

use std::sync::OnceLock;

use flowloom_flow::testing::host;
use flowloom_flow::value::{FieldSpec, Topics};
use flowloom_flow::{Ask, Counts, Domain, NodeId, Position, Range, Read, Sample, Scope, Source};
use flowloom_kafka::embedded::{EmbeddedBroker, Record, produce};
use polars::prelude::{DataFrame, DataType};
use serde_json::json;

use super::*;

/// One broker for all tests; each has a topic of its own.
fn broker() -> &'static EmbeddedBroker {
    static BROKER: OnceLock<EmbeddedBroker> = OnceLock::new();
    BROKER.get_or_init(|| EmbeddedBroker::start().expect("a broker"))
}

/// `n: Int64, s: String` of a topic with these payloads; message `i` goes to partition `i % 2`.
fn source(topic: &str, payloads: &[&str]) -> KafkaSource {
    broker().create_topic(topic, 2).expect("a topic");
    write(topic, payloads);
    KafkaSource {
        bootstrap_servers: broker().bootstrap_servers().to_owned(),
        topic: Topics::from(topic),
        fields: fields(&[("n", "Int64"), ("s", "String")]),
        timestamp_column: false,
        ..KafkaSource::default()
    }
}

fn write(topic: &str, payloads: &[&str]) {
    let records = payloads.iter().enumerate().map(|(i, payload)| Record {
        partition: Some(i as i32 % 2),
        key: Some(b"k"),
        value: Some(payload.as_bytes()),
        timestamp_ms: Some(1_700_000_000_000 + i as i64),
    });
    produce(&broker().cluster(), topic, records).expect("written");
}

fn fields(fields: &[(&str, &str)]) -> Fields {
    let fields = fields.iter().map(|(name, dtype)| FieldSpec::new(*name, *dtype));
    Fields(fields.collect())
}

fn opened(settings: &KafkaSource) -> Box<dyn Source> {
    let (id, host) = (NodeId::nearest("orders"), host());
    match Kind::plan(settings, vec![], &Site { node: &id, flow: "test flow", host: &host }) {
        Ok(Step::Source(source)) => source,
        Ok(_) => panic!("a source"),
        Err(problem) => panic!("{problem}"),
    }
}

struct Asked<'a> {
    scope: Scope,
    columns: Vec<Option<Vec<String>>>,
    range: Option<&'a Position>,
    after: Option<&'a Position>,
}

const RUN: Asked<'static> = Asked { scope: Scope::Run, columns: Vec::new(), range: None, after: None };

fn read(source: &mut dyn Source, asked: Asked<'_>) -> Result<Read, Problem> {
    let Asked { scope, columns, range, after } = asked;
    source.read(&Ask {
        scope,
        columns,
        range,
        after,
        go_on: None,
        progress: &|_| (),
        cancel: &Cancel::default(),
    })
}

fn collected(read: &Read, port: usize) -> DataFrame {
    read.frames[port].clone().collect().expect("rows")
}

fn numbers(read: &Read) -> Vec<Option<i64>> {
    collected(read, 0).column("n").expect("there").i64().expect("integers").to_vec()
}

#[test]
fn rows_have_the_announced_schema_and_come_by_partition_and_offset() {
    let mut settings = source("typed", &[r#"{"n":1,"s":"a"}"#, r#"{"n":2,"s":1.50}"#, r#"{"s":{"x": 1}}"#]);
    (settings.timestamp_column, settings.headers_column) = (true, true);
    (settings.topic_column, settings.timestamp_type_column) = (true, true);
    let read = read(opened(&settings).as_mut(), RUN).expect("read");
    let rows = collected(&read, 0);
    assert_eq!(**rows.schema(), columns::rows(&settings).expect("known"));
    assert_eq!(**collected(&read, 1).schema(), columns::rejects());
    insta::assert_snapshot!(rows.drop("_kafka_headers").expect("there"), @r#"
    shape: (3, 8)
    ┌──────┬──────────┬────────────┬─────────────┬─────────────┬─────────────┬────────────┬────────────┐
    │ n    ┆ s        ┆ _kafka_key ┆ _kafka_part ┆ _kafka_offs ┆ _kafka_time ┆ _kafka_tim ┆ _kafka_top │
    │ ---  ┆ ---      ┆ ---        ┆ ition       ┆ et          ┆ stamp       ┆ estamp_typ ┆ ic         │
    │ i64  ┆ str      ┆ str        ┆ ---         ┆ ---         ┆ ---         ┆ e          ┆ ---        │
    │      ┆          ┆            ┆ i64         ┆ i64         ┆ datetime[μs ┆ ---        ┆ str        │
    │      ┆          ┆            ┆             ┆             ┆ , UTC]      ┆ str        ┆            │
    ╞══════╪══════════╪════════════╪═════════════╪═════════════╪═════════════╪════════════╪════════════╡
    │ 1    ┆ a        ┆ k          ┆ 0           ┆ 0           ┆ 2023-11-14  ┆ create     ┆ typed      │
    │      ┆          ┆            ┆             ┆             ┆ 22:13:20    ┆            ┆            │
    │      ┆          ┆            ┆             ┆             ┆ UTC         ┆            ┆            │
    │ null ┆ {"x": 1} ┆ k          ┆ 0           ┆ 1           ┆ 2023-11-14  ┆ create     ┆ typed      │
    │      ┆          ┆            ┆             ┆             ┆ 22:13:20.00 ┆            ┆            │
    │      ┆          ┆            ┆             ┆             ┆ 2 UTC       ┆            ┆            │
    │ 2    ┆ 1.50     ┆ k          ┆ 1           ┆ 0           ┆ 2023-11-14  ┆ create     ┆ typed      │
    │      ┆          ┆            ┆             ┆             ┆ 22:13:20.00 ┆            ┆            │
    │      ┆          ┆            ┆             ┆             ┆ 1 UTC       ┆            ┆            │
    └──────┴──────────┴────────────┴─────────────┴─────────────┴─────────────┴────────────┴────────────┘
    "#);
    assert_eq!(read.counts, Counts { read: 3, decoded: 3, bytes: read.counts.bytes, ..Counts::default() });
}

#[test]
fn an_empty_topic_gives_typed_columns() {
    let settings = source("empty", &[]);
    let read = read(opened(&settings).as_mut(), RUN).expect("read");
    assert_eq!(**collected(&read, 0).schema(), columns::rows(&settings).expect("known"));
    assert_eq!((collected(&read, 0).height(), collected(&read, 1).height()), (0, 0));
}

#[test]
fn a_run_goes_on_where_the_acknowledged_one_ended() {
    let settings = source("continued", &[r#"{"n":1}"#, r#"{"n":2}"#, r#"{"n":3}"#]);
    let mut source = opened(&settings);
    let first = read(source.as_mut(), RUN).expect("read");
    let position = first.position.clone().expect("kept");
    assert_eq!(position.sync, "flowloom-test-flow-orders");
    assert_eq!(position.topics["continued"][&0], Range { from: 0, to: 2 });
    assert!(!source.is_acknowledged(&position).expect("asked"));
    assert_eq!(numbers(&read(source.as_mut(), RUN).expect("read")), numbers(&first), "not acknowledged yet");
    source.acknowledge(&position).expect("committed");
    assert!(source.is_acknowledged(&position).expect("asked"));
    write("continued", &[r#"{"n":4}"#]);
    assert_eq!(numbers(&read(source.as_mut(), RUN).expect("read")), [Some(4)]);
    let again = read(source.as_mut(), Asked { range: Some(&position), ..RUN }).expect("read");
    assert_eq!(numbers(&again), numbers(&first), "the same batch");
    assert_eq!(again.position, Some(position));
}

#[test]
fn what_every_sink_has_is_not_read_again() {
    let settings = source("after", &[r#"{"n":1}"#, r#"{"n":2}"#, r#"{"n":3}"#, r#"{"n":4}"#]);
    let ranges = [(0, Range { from: 0, to: 1 }), (1, Range { from: 0, to: 2 })];
    let after = Position {
        sync: String::new(),
        topics: [("after".to_owned(), ranges.into_iter().collect())].into_iter().collect(),
        resets: 0,
    };
    let read = read(opened(&settings).as_mut(), Asked { after: Some(&after), ..RUN }).expect("read");
    assert_eq!(numbers(&read), [Some(3)]);
}

#[test]
fn start_and_fallback_choose_where_a_run_begins() {
    let settings = source("starts", &[r#"{"n":1}"#]);
    let from = |start, fallback| {
        let settings =
            KafkaSource { start, fallback, sync_name: format!("{start:?}{fallback:?}"), ..settings.clone() };
        let mut source = opened(&settings);
        let read = read(source.as_mut(), RUN).expect("read");
        (numbers(&read).len(), source.sync().is_some(), read.position.is_some())
    };
    assert_eq!(from(Start::Committed, Fallback::Earliest), (1, true, true));
    assert_eq!(from(Start::Committed, Fallback::Latest), (0, true, true));
    assert_eq!(from(Start::Earliest, Fallback::Latest), (1, false, false));
    assert_eq!(from(Start::Latest, Fallback::Earliest), (0, true, true));
}

#[test]
fn a_preview_shows_either_end_and_is_fresh_until_something_arrives() {
    let settings = source("preview", &[r#"{"n":1}"#, r#"{"n":2}"#, r#"{"n":3}"#, r#"{"n":4}"#]);
    let mut source = opened(&settings);
    let scope = |from| Scope::Preview { rows: 2, from };
    let preview = |source: &mut dyn Source, from| {
        numbers(&read(source, Asked { scope: scope(from), ..RUN }).expect("read"))
    };
    assert_eq!(preview(source.as_mut(), Sample::Oldest), [Some(1), Some(2)]);
    assert_eq!(preview(source.as_mut(), Sample::Newest), [Some(3), Some(4)]);
    let print =
        |source: &dyn Source| source.fingerprint(scope(Sample::Newest), &Cancel::default()).expect("asked");
    let before = print(source.as_ref());
    assert_eq!(before, print(source.as_ref()));
    write("preview", &["{}"]);
    assert_ne!(before, print(source.as_ref()));
    assert_eq!(source.fingerprint(Scope::Run, &Cancel::default()).expect("asked"), None);
}

#[test]
fn bad_messages_fail_are_skipped_or_rejected_whatever_the_plan_needs() {
    let mut settings = source("bad", &[r#"{"n":1.5,"s":"x"}"#, r#"{"n":2}"#, "no json"]);
    settings.fields = fields(&[("n", "Int64"), ("s", "String")]);
    let wants_s = || Asked { columns: vec![Some(vec!["s".to_owned()]), Some(vec![])], ..RUN };

    let problem = read(opened(&settings).as_mut(), RUN).err().expect("bad");
    assert_eq!((problem.domain, problem.at.field.as_deref()), (Domain::User, Some("bad_messages")));
    assert!(
        problem.message.contains("partition 0 of topic `bad`: field `n`: expected an integer, found 1.5"),
        "{problem}"
    );

    settings.bad_messages = BadMessages::Skip;
    let read_skipped = read(opened(&settings).as_mut(), wants_s()).expect("read");
    assert_eq!((read_skipped.counts.decoded, read_skipped.counts.skipped), (1, 2));
    assert_eq!(collected(&read_skipped, 0).height(), 1);
    assert!(
        read_skipped.notes[0].message.starts_with("2 bad messages were skipped; first at offset 0"),
        "{}",
        read_skipped.notes[0]
    );

    settings.bad_messages = BadMessages::Reject;
    let rejected = collected(&read(opened(&settings).as_mut(), wants_s()).expect("read"), 1);
    insta::assert_snapshot!(rejected.drop("timestamp").expect("there"), @r#"
    shape: (2, 6)
    ┌─────────────────────────────────┬──────────────────────┬────────┬───────┬───────────┬────────┐
    │ reason                          ┆ value                ┆ key    ┆ topic ┆ partition ┆ offset │
    │ ---                             ┆ ---                  ┆ ---    ┆ ---   ┆ ---       ┆ ---    │
    │ str                             ┆ binary               ┆ binary ┆ str   ┆ i64       ┆ i64    │
    ╞═════════════════════════════════╪══════════════════════╪════════╪═══════╪═══════════╪════════╡
    │ field `n`: expected an integer… ┆ b"{"n":1.5,"s":"x"}" ┆ b"k"   ┆ bad   ┆ 0         ┆ 0      │
    │ not valid JSON at byte 0: expe… ┆ b"no\x20json"        ┆ b"k"   ┆ bad   ┆ 0         ┆ 1      │
    └─────────────────────────────────┴──────────────────────┴────────┴───────┴───────────┴────────┘
    "#);
}

#[test]
fn only_the_columns_that_are_needed_are_decoded() {
    let settings = source("projected", &[r#"{"n":"not a number","s":"x"}"#]);
    let asked = Asked { columns: vec![Some(vec!["s".to_owned(), "_kafka_offset".to_owned()])], ..RUN };
    let rows = collected(&read(opened(&settings).as_mut(), asked).expect("read"), 0);
    assert_eq!(rows.get_column_names(), ["s", "_kafka_offset"]);
    let asked = Asked { columns: vec![Some(vec![])], ..RUN };
    assert_eq!(read(opened(&settings).as_mut(), asked).expect("read").counts.decoded, 1);
}

#[test]
fn spilled_rows_are_those_of_memory() {
    let payloads: Vec<String> =
        (0..2_000).map(|n| format!(r#"{{"n":{n},"s":"a text of some length, {n}"}}"#)).collect();
    let settings = source("spilled", &payloads.iter().map(String::as_str).collect::<Vec<_>>());
    let id = NodeId::nearest("orders");
    let host = host();
    let mut source =
        kafka::TopicSource::new(&settings, &Site { node: &id, flow: "test", host: &host }).expect("made");
    let held = read(&mut source, RUN).expect("read");
    source.spill_beyond(1);
    let spilled = read(&mut source, RUN).expect("read");
    assert!(collected(&held, 0).equals_missing(&collected(&spilled, 0)));
    assert_eq!(collected(&spilled, 0).height(), 2_000);
}

#[test]
fn fields_are_inferred_from_the_topic() {
    let mut settings = source("inferred", &[r#"{"n":1,"tags":["a"]}"#, r#"{"n":1.5,"late":true}"#]);
    settings.fields = Fields::default();
    assert!(settings.needs_inference());
    let host = host();
    let site = Site { node: &NodeId::nearest("orders"), flow: "test", host: &host };
    let found = settings.infer(&site, &Cancel::default()).expect("it infers").expect("inferred");
    assert_eq!(
        json!(found.settings),
        json!({"fields": [
            {"name": "n", "type": "Float64"},
            {"name": "tags", "type": "List(String)"},
            {"name": "late", "type": "Boolean"},
        ]})
    );
    let empty = source("inferred_empty", &[]);
    let problem = empty.infer(&site, &Cancel::default()).expect("it infers").expect_err("nothing there");
    assert!(problem.message.contains("it holds no message with a value"), "{problem}");
}

#[test]
fn a_wrong_topic_or_a_dead_broker_is_a_failed_read() {
    let settings = source("wrong", &[]);
    let unknown = KafkaSource { topic: Topics::from("wrnog"), ..settings.clone() };
    let problem = read(opened(&unknown).as_mut(), RUN).err().expect("unknown");
    assert_eq!(problem.at.field.as_deref(), Some("topic"));
    assert!(problem.hint.is_some_and(|hint| hint.starts_with("check the spelling")));
    let dead =
        KafkaSource { bootstrap_servers: "localhost:1".to_owned(), connect_timeout_ms: 500, ..settings };
    let problem = opened(&dead)
        .fingerprint(Scope::Preview { rows: 1, from: Sample::Newest }, &Cancel::default())
        .expect_err("dead");
    assert_eq!((problem.domain, problem.retry), (Domain::External, true), "{problem}");
    let cancelled = Cancel::default();
    cancelled.cancel();
    let ask = Ask {
        scope: Scope::Run,
        columns: vec![],
        range: None,
        after: None,
        go_on: None,
        progress: &|_| (),
        cancel: &cancelled,
    };
    assert_eq!(opened(&dead).read(&ask).err().expect("cancelled").message, Problem::cancelled().message);
}

fn problems(settings: &KafkaSource) -> Vec<String> {
    let mut problems = Problems::default();
    settings.check(&[], &mut problems);
    problems.into_vec().iter().map(ToString::to_string).collect()
}

#[test]
fn wrong_settings_are_found_without_a_broker() {
    let mut settings = KafkaSource::default();
    assert_eq!(problems(&settings), ["topic: no topic is chosen"]);
    settings.topic = Topics::from("orders");
    settings.properties.0.insert("group.id".to_owned(), "mine".to_owned());
    let told = problems(&settings);
    assert!(
        told[0]
            .starts_with("properties: the client property `group.id` cannot be set here; use the sync name"),
        "{told:?}"
    );
    assert!(
        told[1].starts_with("fields: the fields of topic `orders` are not known yet; infer them"),
        "{told:?}"
    );
    let schema = |written: &[(&str, &str)]| {
        let settings = KafkaSource { fields: fields(written), ..settings.clone() };
        columns::rows(&settings).expect_err("wrong").to_string()
    };
    let duration = schema(&[("at", "Duration(us)")]);
    assert!(duration.starts_with("fields[0].type: field `at` cannot be Duration(us)"), "{duration}");
    assert!(schema(&[("n", "Int64"), ("n", "String")]).starts_with("fields[1].name: field `n` stands twice"));
    let taken = schema(&[("_kafka_offset", "Int64")]);
    assert!(taken.starts_with("fields[0].name: `_kafka_offset` is the name of a metadata column"), "{taken}");
}

fn suggested(settings: &KafkaSource, key: &str) -> Option<Result<Vec<Suggestion>, Problem>> {
    let (id, host) = (NodeId::nearest("orders"), host());
    settings.suggest(key, &Site { node: &id, flow: "test flow", host: &host }, &Cancel::default())
}

#[test]
fn topics_of_the_cluster_are_suggested_without_kafkas_own() {
    let own = EmbeddedBroker::start().expect("a broker");
    for (topic, partitions) in [("payments", 1), ("__consumer_offsets", 2), ("orders", 3)] {
        own.create_topic(topic, partitions).expect("a topic");
    }
    let settings =
        KafkaSource { bootstrap_servers: own.bootstrap_servers().to_owned(), ..KafkaSource::default() };
    let found = suggested(&settings, "topic").expect("a setting with suggestions").expect("a broker answers");
    let found: Vec<_> = found.iter().map(|each| (each.value.as_str(), each.detail.as_str())).collect();
    assert_eq!(found, [("orders", "3 partitions"), ("payments", "1 partition")]);
    assert!(suggested(&settings, "sync_name").is_none());
}

#[test]
fn suggestions_of_a_broker_that_is_down_say_so() {
    let settings = KafkaSource { bootstrap_servers: "127.0.0.1:1".to_owned(), ..KafkaSource::default() };
    let problem = suggested(&settings, "topic").expect("a setting with suggestions").expect_err("no broker");
    assert_eq!(problem.domain, Domain::External);
    assert!(problem.message.contains("127.0.0.1:1"), "{problem}");
}

#[test]
fn the_caption_says_what_is_read() {
    let mut settings = KafkaSource::default();
    assert_eq!(settings.caption(), "");
    settings.topic = Topics::from("orders");
    assert_eq!(settings.caption(), "orders");
    settings.fields = fields(&[("n", "Int64")]);
    settings.sync_name = "orders-sync".to_owned();
    assert_eq!(settings.caption(), "orders · group orders-sync · 5 columns");
}

#[test]
fn metadata_columns_are_switched_one_by_one() {
    let settings =
        KafkaSource { key_column: KeyColumn::Bytes, partition_column: false, ..KafkaSource::default() };
    let schema = columns::rows(&settings).expect("known");
    assert_eq!(schema.get("_kafka_key"), Some(&DataType::Binary));
    assert_eq!(
        schema.iter_names_cloned().map(|name| name.to_string()).collect::<Vec<_>>(),
        ["_kafka_key", "_kafka_offset", "_kafka_timestamp"]
    );
}
