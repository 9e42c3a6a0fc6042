//! Exported programs on a real broker: the same rows, the same offsets, and either goes on where the other ended.

use std::path::Path;
use std::process::Command;

use flowloom_codegen::Project;
use flowloom_engine::Outcome;
use flowloom_flow::{Cancel, Flow, Target};
use serde_json::Value;

use crate::broker::Broker;
use crate::cache::python;
use crate::export::{at, keep, project, said, source};
use crate::group::committed;
use crate::job::{Job, flow, with_setting};
use crate::kafka_export_lost;
use crate::kafka_export_settings::{MESSAGES, STARTS_AND_ENDS};
use crate::kafka_source::indented;
use crate::message::Message;
use crate::rows::{Rows, assert_same, left_over, written};
use crate::rust_export;
use crate::topic::Topic;

/// Where a program's own text says that its broker is; each run says otherwise by its environment.
pub(crate) const NOWHERE: &str = "localhost:9092";

pub(crate) const FIELDS: &str = "fields: [{name: id, type: Int64}, {name: amount, type: Float64}]";

/// A topic's messages, by round, and the settings that read them; `TOPIC` in them stands for its name.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) settings: &'static [&'static str],
    /// A writer for the output `rejects` too.
    pub(crate) has_rejects: bool,
    /// Rust takes it; otherwise it is refused by name.
    pub(crate) in_rust: bool,
    pub(crate) fill: fn(&Topic<'_>, i64),
}

const CASES: &[Case] = &[
    Case { name: "plain", settings: &[FIELDS], has_rejects: false, in_rust: true, fill: orders },
    Case {
        name: "types",
        settings: &[
            "fields: [{name: yes, type: Boolean}, {name: i8, type: Int8}, {name: i64, type: Int64}, \
             {name: u64, type: UInt64}, {name: f32, type: Float32}, {name: f64, type: Float64}, \
             {name: text, type: String}, {name: \"a b\", type: String}, {name: late, type: Int64}]",
        ],
        has_rejects: false,
        in_rust: true,
        fill: types,
    },
    Case {
        name: "nested",
        settings: &["fields: [{name: tags, type: List(String)}, \
             {name: who, type: \"Struct{name: String, age: Int64, at: Struct{x: Float64}}\"}, \
             {name: lines, type: \"List(Struct{sku: String, n: Int64})\"}, {name: none, type: \"Null\"}]"],
        has_rejects: false,
        in_rust: true,
        fill: nested,
    },
    Case {
        name: "skip",
        settings: &[FIELDS, "bad_messages: skip"],
        has_rejects: false,
        in_rust: true,
        fill: poison,
    },
    Case {
        name: "reject",
        settings: &[FIELDS, "bad_messages: reject"],
        has_rejects: true,
        in_rust: true,
        fill: poison,
    },
    Case {
        name: "metadata",
        settings: &[
            FIELDS,
            "key_column: bytes",
            "topic_column: true",
            "headers_column: true",
            "timestamp_type_column: true",
        ],
        has_rejects: false,
        in_rust: true,
        fill: metadata,
    },
    Case {
        name: "bare",
        settings: &[
            FIELDS,
            "key_column: none",
            "partition_column: false",
            "offset_column: false",
            "timestamp_column: false",
        ],
        has_rejects: false,
        in_rust: true,
        fill: orders,
    },
    Case { name: "transactions", settings: &[FIELDS], has_rejects: false, in_rust: true, fill: transactions },
    Case {
        name: "uncommitted",
        settings: &[FIELDS, "isolation: read_uncommitted"],
        has_rejects: false,
        in_rust: true,
        fill: transactions,
    },
    Case {
        name: "limit",
        settings: &[FIELDS, "max_messages: 20"],
        has_rejects: false,
        in_rust: true,
        fill: transactions,
    },
    Case { name: "empty", settings: &[FIELDS], has_rejects: false, in_rust: true, fill: |_, _| {} },
    Case {
        name: "all_bad",
        settings: &[FIELDS, "bad_messages: skip"],
        has_rejects: false,
        in_rust: true,
        fill: all_bad,
    },
];

pub(crate) fn orders(topic: &Topic<'_>, round: i64) {
    topic.send((round * 100..round * 100 + 30).map(|id| {
        // A whole number among fractions, keys in another order, one that no field names.
        let amount = if id % 3 == 0 { id.to_string() } else { format!("{id}.25") };
        let message = if id % 2 == 0 {
            format!(r#"{{"id": {id}, "amount": {amount}, "other": [1, {{"x": null}}]}}"#)
        } else {
            format!(r#"{{"amount":{amount},"id":{id}}}"#)
        };
        Message::new(message)
            .key(&format!("kü-{id}"))
            .partition((id % 3) as i32)
            .timestamp_ms(1_767_225_600_000 + id)
    }));
}

fn types(topic: &Topic<'_>, round: i64) {
    let texts = [
        r#"{"yes": true, "i8": -128, "i64": -9223372036854775808, "u64": 18446744073709551615, "f32": 0.1, "f64": 1e-300, "text": "ü 🦊 \"q\" \\ \u00e9 \ud83e\udd8a\n", "a b": "x"}"#,
        r#"{"yes": null, "i8": 127, "i64": 9223372036854775807, "u64": 0, "f32": -3, "f64": 123456789012345680, "text": 12.50, "a b": {"k": [1, 2.0, null]}}"#,
        r#"{"yes": false, "i8": 0, "i64": 1.0, "u64": 2e3, "f32": 16777217, "f64": -0.0, "text": true, "a b": [], "late": 5}"#,
        "{}",
        r#"{"text": null, "a b": "", "unknown": 1}"#,
        // A key that comes twice.
        r#"{"i64": 1, "text": "first", "i64": 2, "text": [ 3 ]}"#,
    ];
    let messages =
        texts.iter().zip(0..).map(|(text, i)| Message::new(text).partition((i + round as i32) % 3));
    topic.send(messages);
}

fn nested(topic: &Topic<'_>, round: i64) {
    let texts = [
        format!(
            r#"{{"tags": ["a", null, "ü"], "who": {{"name": "Ann", "age": {round}, "at": {{"x": 1}}}}, "lines": [{{"sku": "s", "n": 1}}, {{"n": 2}}, null]}}"#
        ),
        r#"{"tags": [], "who": {"age": null, "more": 1}, "lines": []}"#.to_owned(),
        r#"{"tags": null, "who": null, "lines": null}"#.to_owned(),
        "{}".to_owned(),
        r#"{"tags": [1, true], "who": {"at": {}}, "lines": [{"sku": 5, "n": 7}, {"n": 8, "n": 9}], "none": null}"#.to_owned(),
    ];
    topic.send(texts.iter().zip(0..).map(|(text, i)| Message::new(text).partition(i % 3)));
}

pub(crate) fn poison(topic: &Topic<'_>, round: i64) {
    topic.send(
        [
            Message::new(r#"{"id": 1, "amount": 1}"#).partition(0),
            Message::new(r#"{"id": 2, "amount": "#).key("torn").partition(0),
            Message::new(r#"{"id": 1.5, "amount": 1}"#).partition(1),
            Message::new(r#"{"id": "7", "amount": 1}"#).partition(1),
            Message::new(r#"{"id": 3}{"id": 4}"#).partition(1),
            Message::new(r#"{"id": 9223372036854775808}"#).partition(1),
            Message::new(r#"{"id": 01}"#).partition(1),
            Message::new(r#"{"amount": NaN}"#).partition(1),
            Message::new("[1]").partition(2),
            Message::new("7").partition(2),
            Message::new("").partition(2),
            Message::new(b"\xff\xfe").partition(2),
            Message::tombstone("gone").partition(2),
            Message { key: Some(vec![0xff]), ..Message::new(r#"{"id": 6}"#).partition(2) },
            Message::new(format!(r#"{{"id": {}, "amount": 2.5}}"#, 5 + round)).partition(2),
        ]
        .map(|message| message.timestamp_ms(1_767_225_600_000)),
    );
}

fn all_bad(topic: &Topic<'_>, _round: i64) {
    topic.send((0..3).map(|partition| Message::new("{").partition(partition)));
}

fn metadata(topic: &Topic<'_>, round: i64) {
    topic.send([
        Message::new(r#"{"id": 1}"#)
            .key("k")
            .header("source", "test")
            .header("source", "ü")
            .timestamp_ms(1_767_225_600_123 + round)
            .partition(0),
        Message {
            headers: vec![("none".to_owned(), None)],
            key: Some(vec![0xff, 0]),
            ..Message::new(r#"{"id": 2}"#).timestamp_ms(0).partition(1)
        },
        Message::new(r#"{"id": 3}"#).timestamp_ms(1_767_225_600_000).partition(2),
    ]);
}

pub(crate) fn transactions(topic: &Topic<'_>, round: i64) {
    let numbers = |from: i64| {
        (from..from + 4).map(|id| {
            Message::new(format!(r#"{{"id": {id}}}"#))
                .partition((id % 3) as i32)
                .timestamp_ms(1_767_225_600_000)
        })
    };
    topic.begin().send(numbers(round * 100)).commit();
    topic.begin().send(numbers(round * 100 + 50)).abort();
    topic.begin().send(numbers(round * 100 + 10)).commit();
    topic.begin().send(numbers(round * 100 + 60)).abort();
}

impl Case {
    pub(crate) fn topic(&self, target: Target) -> String {
        format!("export-{}-{}", self.name, target.name())
    }

    /// The flow; `group`: who keeps its offsets.
    pub(crate) fn flow(&self, target: Target, group: &str) -> Flow {
        let topic = self.topic(target);
        let mut settings = vec![format!("sync_name: {topic}-{group}")];
        if !self.settings.iter().any(|line| line.starts_with("topic:")) {
            settings.push(format!("topic: {topic}"));
        }
        settings.push("bootstrap_servers: ${bootstrap}".to_owned());
        settings.extend(self.settings.iter().map(|line| line.replace("TOPIC", &topic)));
        let settings = indented(&settings);
        let writer = |id: &str, from: &str| {
            format!(
                "  {id}:\n    kind: write_file\n    inputs: [{from}]\n    settings: {{path: out/{id}.parquet}}\n"
            )
        };
        let rejects = if self.has_rejects { writer("bad", "orders.rejects") } else { String::new() };
        flow(&format!(
            "flowloom: 1\nname: {}\nparameters:\n  bootstrap:\n    default: {NOWHERE}\nnodes:\n  orders:\n    kind: kafka_source\n    settings:\n{settings}{}{rejects}",
            self.name,
            writer("good", "orders"),
        ))
    }

    fn project(&self, target: Target) -> Project {
        let folder = tempfile::tempdir().expect("a folder");
        project(&self.flow(target, "program"), folder.path(), NOWHERE, target)
    }

    /// Four rounds: the first, one without news, and two more of which the engine does the first in the program's name.
    fn keeps(&self, target: Target, program: impl Fn() -> Command) {
        let broker = Broker::shared();
        let topic = Topic::create_named(broker, &self.topic(target), 3, &[]);
        let [engine, own] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let reference = Job::with(&self.flow(target, "engine"), engine.path(), broker.bootstrap());
        let stand_in = Job::with(&self.flow(target, "program"), own.path(), broker.bootstrap());
        let what = |round: &str| format!("{} in {}, {round}", self.name, target.name());
        let groups = ["engine", "program"].map(|group| format!("{}-{group}", topic.name));
        let same = |round: &str| {
            let rows = [&engine, &own].map(|folder| without_reasons(written(folder.path())));
            assert_same(&what(round), &rows[0], &rows[1]);
            assert_eq!(left_over(own.path()), Vec::<String>::new(), "{}", what(round));
            let [expected, found] = groups.each_ref().map(|group| committed(&topic, group));
            assert_eq!(found, expected, "offsets of {}", what(round));
        };
        let run = |round: &str| {
            let output = at(&mut program(), broker).current_dir(own.path()).output().expect("it starts");
            assert!(output.status.success(), "{}: {}", what(round), said(&output));
        };

        (self.fill)(&topic, 0);
        reference.run_well();
        run("first");
        same("first");
        let before = written(own.path());
        reference.run_well();
        run("nothing new");
        same("nothing new");
        assert_same(&what("nothing new"), &before, &written(own.path()));
        (self.fill)(&topic, 1);
        reference.run_well();
        stand_in.run_well();
        same("the engine goes on");
        (self.fill)(&topic, 2);
        reference.run_well();
        run("the program goes on");
        same("the program goes on");
    }
}

/// Each language says in words of its own why a message is bad.
fn without_reasons(mut rows: Rows) -> Rows {
    for row in rows.values_mut().flatten().filter_map(Value::as_object_mut) {
        row.remove("reason");
    }
    rows
}

/// Every Kafka flow as a Rust program, by module.
pub(crate) fn rust_projects() -> impl Iterator<Item = (String, Project)> {
    let sample = ("sample".to_owned(), project(&sample(), Path::new("."), NOWHERE, Target::Rust));
    let all = CASES.iter().chain(STARTS_AND_ENDS).chain(MESSAGES).chain(kafka_export_lost::cases());
    let cases = all.filter(|case| case.in_rust);
    cases.map(|case| (format!("kafka_{}", case.name), case.project(Target::Rust))).chain([sample])
}

/// A script in a folder of its own, which lives as long as the closure.
pub(crate) fn script(name: &str, project: &Project) -> impl Fn() -> Command + use<> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(format!("{name}_flow.py"));
    std::fs::write(&path, source(project)).expect("written");
    keep(&format!("kafka_{name}.py"), source(project));
    move || {
        let mut command = Command::new(python());
        command.arg(folder.path().join(&path));
        command
    }
}

pub(crate) fn in_python(cases: &[Case]) {
    for case in cases {
        case.keeps(Target::Python, script(case.name, &case.project(Target::Python)));
    }
}

pub(crate) fn in_rust(cases: &[Case]) {
    for case in cases.iter().filter(|case| case.in_rust) {
        case.keeps(Target::Rust, || rust_export::program(&format!("kafka_{}", case.name)));
    }
}

#[test]
fn scripts_read_values_as_the_engine_does() {
    in_python(&CASES[..4]);
}

#[test]
fn scripts_keep_metadata_and_rejects() {
    in_python(&CASES[4..7]);
}

#[test]
fn scripts_read_transactions_and_no_news() {
    in_python(&CASES[7..]);
}

#[test]
fn programs_read_values_as_the_engine_does() {
    in_rust(&CASES[..4]);
}

#[test]
fn programs_keep_metadata_and_rejects() {
    in_rust(&CASES[4..7]);
}

#[test]
fn programs_read_transactions_and_no_news() {
    in_rust(&CASES[7..]);
}

/// `flows/orders_by_currency.flow.yaml`, which users open first.
fn sample() -> Flow {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../flows/orders_by_currency.flow.yaml");
    flow(&std::fs::read_to_string(path).expect("the sample flow"))
}

#[test]
fn the_sample_flow_and_its_programs_agree() {
    let broker = Broker::shared();
    let topic = Topic::create_named(broker, "orders", 3, &[]);
    topic.send((0..2_000).map(|id: i64| {
        let currency = ["EUR", "USD", "GBP", "CHF"][(id % 4) as usize];
        let status = ["created", "paid", "shipped"][(id % 3) as usize];
        let text = format!(
            r#"{{"order_id":{id},"customer":"cust-{:04}","amount":{}.{:02},"currency":"{currency}","status":"{status}","created_at":"2026-01-01T00:00:00Z","items":{},"priority":{}}}"#,
            id % 50, id % 90, id % 100, 1 + id % 9, id % 10 == 0
        );
        Message::new(text).key(&format!("cust-{:04}", id % 50))
    }));
    let [engine, own] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let reference = with_setting(&sample(), "orders", "sync_name", "orders-engine");
    Job::with(&reference, engine.path(), broker.bootstrap()).run_well();
    let python = script("sample", &project(&sample(), own.path(), NOWHERE, Target::Python));
    let output = at(&mut python(), broker).current_dir(own.path()).output().expect("it starts");
    assert!(output.status.success(), "{}", said(&output));
    assert_same("the sample flow", &written(engine.path()), &written(own.path()));
    assert_eq!(committed(&topic, "orders-by-currency"), committed(&topic, "orders-engine"));

    let rust = tempfile::tempdir().expect("a folder");
    crate::group::commit(&topic, "orders-by-currency", &[0; 3]);
    let project = project(&sample(), rust.path(), NOWHERE, Target::Rust);
    let mut program = rust_export::alone("sample", &project);
    let output = at(&mut program, broker).current_dir(rust.path()).output().expect("it starts");
    assert!(output.status.success(), "{}", said(&output));
    assert_same("the sample flow in Rust", &written(engine.path()), &written(rust.path()));
    assert_eq!(committed(&topic, "orders-by-currency"), committed(&topic, "orders-engine"));
}

#[test]
fn a_bad_message_fails_engine_and_script_alike() {
    let broker = Broker::shared();
    let topic = Topic::create_named(broker, "export-fail", 3, &[]);
    poison(&topic, 0);
    let case = Case { name: "fail", settings: &[FIELDS], has_rejects: false, in_rust: true, fill: poison };
    let flow = with_setting(&case.flow(Target::Python, "program"), "orders", "topic", "export-fail");
    let folder = tempfile::tempdir().expect("a folder");
    let report = Job::with(&flow, folder.path(), broker.bootstrap()).run(&Cancel::default());
    assert_eq!(report.outcome, Outcome::Failed);
    let python = script("fail", &project(&flow, folder.path(), NOWHERE, Target::Python));
    let output = at(&mut python(), broker).current_dir(folder.path()).output().expect("it starts");
    assert!(!output.status.success());
    assert!(said(&output).contains("bad message at offset "), "{}", said(&output));
    assert!(written(folder.path()).is_empty() && left_over(folder.path()).is_empty());
    assert_eq!(committed(&topic, "export-fail-python-program"), [None; 3]);
}
