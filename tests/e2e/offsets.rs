//! Offsets on a real broker: what is shown, moved, exported and put back.

mod runs;
mod sync;

use serde_json::{Value, json};

use crate::broker::Broker;
use crate::flowloom::{Answer, Workshop, node};
use crate::group;
use crate::kafka_source::source_to_file;
use crate::message::Message;
use crate::topic::Topic;

const FIELDS: &str = "fields: [{name: id, type: Int64}]";

/// One message a second from 2026-01-01, message `id` in partition `id % partitions`.
fn numbers(ids: std::ops::Range<i64>, partitions: i32) -> Vec<Message> {
    ids.map(|id| {
        Message::new(format!(r#"{{"id": {id}}}"#))
            .timestamp_ms(1_767_225_600_000 + id * 1_000)
            .partition((id % i64::from(partitions)) as i32)
    })
    .collect()
}

/// From the topic into a folder that knows its batches; `settings` are lines of the source's.
fn appending(topic: &str, settings: &[&str]) -> Workshop {
    let settings: Vec<&str> = [FIELDS].iter().chain(settings).copied().collect();
    let flow = source_to_file(topic, &settings);
    Workshop::with(&flow.replace("path: out.jsonl", "path: out\n      format: jsonl\n      mode: append"))
}

fn sync_of(topic: &Topic<'_>) -> String {
    format!("{}-sync", topic.name)
}

/// `flowloom offsets VERB test.flow.yaml …`
fn offsets(shop: &Workshop, broker: &Broker, verb: &str, args: &[&str]) -> Answer {
    let bootstrap = format!("bootstrap={}", broker.bootstrap());
    let mut all = vec!["offsets", verb, "test.flow.yaml"];
    all.extend(args);
    all.extend(["--set", &bootstrap]);
    shop.call(&all)
}

/// The partitions of the only source, as `show --json` has them.
#[track_caller]
fn shown(shop: &Workshop, broker: &Broker) -> Vec<Value> {
    let answer = offsets(shop, broker, "show", &["--json"]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    let shown: Value = serde_json::from_str(&answer.stdout).expect("one JSON object");
    shown["sources"][0]["partitions"].as_array().expect("partitions").clone()
}

#[track_caller]
fn committed(shop: &Workshop, broker: &Broker) -> Vec<Option<i64>> {
    shown(shop, broker).iter().map(|partition| partition["committed"].as_i64()).collect()
}

/// A reset, or its dry run, that must succeed.
#[track_caller]
fn reset(shop: &Workshop, broker: &Broker, args: &[&str]) -> Value {
    let mut all = vec!["source"];
    all.extend(args);
    all.push("--json");
    let answer = offsets(shop, broker, "reset", &all);
    assert_eq!(answer.code, Some(0), "{args:?}: {answer:?}");
    serde_json::from_str(&answer.stdout).expect("one JSON object")
}

/// Every id that the folder has, sorted; as often as it has it.
fn ids(shop: &Workshop) -> Vec<i64> {
    let mut ids: Vec<i64> = shop.appended("out").iter().map(|row| row["id"].as_i64().expect("id")).collect();
    ids.sort_unstable();
    ids
}

/// Each of the ids `0..count` is there so many times; a long list would say less.
#[track_caller]
fn assert_ids(ids: &[i64], count: i64, times: usize, what: &str) {
    let distinct: std::collections::BTreeSet<i64> = ids.iter().copied().collect();
    let found = (ids.len(), distinct.len(), distinct.last().map_or(0, |last| last + 1));
    assert_eq!(found, (count as usize * times, count as usize, count), "{what}: rows, ids, the last one");
}

#[test]
fn what_is_shown_is_what_the_broker_says() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "shown", 3);
    topic.send(numbers(0..90, 3));
    group::commit(&topic, &sync_of(&topic), &[10, 3]);
    topic.delete_before(1, 8);
    let shop = appending(&topic.name, &[]);
    let shown = shown(&shop, broker);
    let expected: Vec<Value> = topic
        .watermarks()
        .into_iter()
        .zip(group::committed(&topic, &sync_of(&topic)))
        .zip([(20, 0), (22, 5), (30, 0)])
        .enumerate()
        .map(|(partition, (((low, high), committed), (lag, lost)))| {
            json!({"topic": topic.name, "partition": partition, "low": low, "committed": committed, "high": high,
                   "lag": lag, "lost": lost})
        })
        .collect();
    assert_eq!(shown, expected);
    assert_eq!((shown[1]["low"].as_i64(), shown[2]["committed"].as_i64()), (Some(8), None));
    let answer = offsets(&shop, broker, "show", &["source"]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    for text in ["72 messages wait", "5 messages were removed by retention", "kept in Kafka"] {
        assert!(answer.stdout.contains(text), "no `{text}` in {}", answer.stdout);
    }
    // Looking has made nothing and moved nothing.
    assert_eq!(group::committed(&topic, &sync_of(&topic)), [Some(10), Some(3), None]);
}

#[test]
fn each_reset_does_what_its_dry_run_says() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "reset", 2);
    let mut count = 40;
    topic.send(numbers(0..count, 2));
    // The folder knows its last batch: a reset must not be taken for a run that died.
    let shop = appending(&topic.name, &[]);
    shop.run_well(broker);
    assert_eq!(ids(&shop).len(), 40);
    let one = format!("{}:1", topic.name);
    // Partitions hold 20 each. Where to, how many wait beforehand, and what the next run reads.
    let resets: [(&[&str], i64, u64); 8] = [
        (&["--earliest"], 0, 40),
        (&["--shift", "-3"], 0, 6),
        (&["--offset", "15"], 0, 10),
        (&["--at", "2026-01-01T00:00:30Z"], 0, 10),
        (&["--latest"], 10, 0),
        (&["--shift", "+2"], 10, 6),
        (&["--earliest", "--partition", &one], 0, 30),
        (&["--offset", "1000000"], 0, 0),
    ];
    for (args, more, expected) in resets {
        topic.send(numbers(count..count + more, 2));
        count += more;
        let before = committed(&shop, broker);
        let lag: u64 = shown(&shop, broker).iter().filter_map(|one| one["lag"].as_u64()).sum();
        let planned = reset(&shop, broker, &[args, &["--dry-run"]].concat());
        assert_eq!(committed(&shop, broker), before, "{args:?}: a dry run moves nothing");
        let done = reset(&shop, broker, &[args, &["--yes"]].concat());
        assert_eq!((&planned["applied"], &done["applied"]), (&json!(false), &json!(true)));
        for fact in ["partitions", "again", "skipped"] {
            assert_eq!(planned[fact], done[fact], "{args:?}: {fact}");
        }
        for (planned, committed) in done["partitions"].as_array().expect("partitions").iter().zip(0..) {
            let at = planned["partition"].as_i64().expect("a number") as usize;
            let now = group::committed(&topic, &sync_of(&topic))[at];
            assert_eq!(now, planned["to"].as_i64(), "{args:?}: partition {at}, row {committed}");
        }
        let report = shop.run_well(broker);
        let read = node(&report, "source")["counts"]["read"].as_u64().unwrap_or(0);
        let number = |fact: &str| done[fact].as_u64().expect("a number");
        assert_eq!(read, lag + number("again") - number("skipped"), "{args:?}: {done}");
        assert_eq!(read, expected, "{args:?}");
        assert_eq!(report["repeated"], false, "{args:?}");
    }
    let clamped = reset(&shop, broker, &["--offset", "1000000", "--dry-run"]);
    assert_eq!(clamped["notes"].as_array().map(Vec::len), Some(2), "{clamped}");
}

#[test]
fn a_reset_asks_and_names_what_is_not_there() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "asked", 1);
    topic.send(numbers(0..5, 1));
    let shop = appending(&topic.name, &[]);
    let unasked = offsets(&shop, broker, "reset", &["source", "--earliest"]);
    assert_eq!(unasked.code, Some(2));
    assert!(unasked.stderr.contains("--yes"), "{unasked:?}");
    let nowhere =
        offsets(&shop, broker, "reset", &["source", "--earliest", "--yes", "--partition", "other:0"]);
    assert_eq!(nowhere.code, Some(2));
    assert!(nowhere.stderr.contains("no partition 0 of topic `other`"), "{nowhere:?}");
    let no_source = offsets(&shop, broker, "reset", &["out", "--earliest", "--yes"]);
    assert_eq!(no_source.code, Some(2));
    assert!(no_source.stderr.contains("keeps no offsets"), "{no_source:?}");
    assert_eq!(group::committed(&topic, &sync_of(&topic)), [None]);
}

#[test]
fn offsets_are_exported_and_put_back() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "exported", 2);
    topic.send(numbers(0..20, 2));
    let shop = appending(&topic.name, &[]);
    shop.run_well(broker);
    let exported = offsets(&shop, broker, "show", &["--json"]);
    shop.put("offsets.json", &exported.stdout);
    topic.send(numbers(20..30, 2));
    shop.run_well(broker);
    assert_eq!(committed(&shop, broker), [Some(15), Some(15)]);
    let table = offsets(&shop, broker, "set", &["source", "offsets.json", "--dry-run"]);
    assert_eq!(table.code, Some(0), "{table:?}");
    assert!(table.stdout.contains("10 messages are read again"), "{table:?}");
    let done = offsets(&shop, broker, "set", &["source", "offsets.json", "--yes"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert_eq!(committed(&shop, broker), [Some(10), Some(10)]);
    shop.run_well(broker);
    let twice: Vec<i64> = (0..20).chain((20..30).flat_map(|id| [id, id])).collect();
    assert_eq!(ids(&shop), twice);
    shop.put("offsets.json", "{}");
    let wrong = offsets(&shop, broker, "set", &["source", "offsets.json", "--yes"]);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
}
