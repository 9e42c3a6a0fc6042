//! Brokers that are down, topics that are not there, groups that are taken, runs that are killed.

use std::fs;
use std::time::{Duration, Instant};

use rdkafka::consumer::Consumer as _;
use serde_json::Value;

use crate::broker::Broker;
use crate::eventually::eventually;
use crate::flowloom::{Answer, Workshop, answer, node};
use crate::group;
use crate::kafka_source::source_to_file;
use crate::message::Message;
use crate::topic::Topic;

const FIELDS: &str = "fields: [{name: id, type: Int64}]";

fn numbers(ids: std::ops::Range<i64>) -> Vec<Message> {
    ids.map(|id| Message::new(format!(r#"{{"id": {id}}}"#))).collect()
}

/// The run failed in plain words and left the earlier output alone.
fn failed_untouched(shop: &Workshop, answer: &Answer, words: &[&str]) {
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert_eq!(answer.stderr, "", "the one object says it all");
    let report: Value = serde_json::from_str(&answer.stdout).expect("JSON");
    let message = report["problems"][0]["message"].as_str().expect("message").to_lowercase();
    for word in words {
        assert!(message.contains(&word.to_lowercase()), "no `{word}` in `{message}`");
    }
    assert_eq!(shop.text("out.jsonl"), "before\n", "the earlier output is untouched");
}

#[test]
fn a_broker_that_is_down_fails_within_the_timeout() {
    let shop = Workshop::with(&source_to_file("orders", &[FIELDS, "connect_timeout_ms: 2000"]));
    shop.put("out.jsonl", "before\n");
    let start = Instant::now();
    let answer = shop.call(&["run", "test.flow.yaml", "--json", "--set", "bootstrap=127.0.0.1:1"]);
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    failed_untouched(&shop, &answer, &["127.0.0.1:1"]);
}

#[test]
fn an_unknown_topic_is_named() {
    let broker = Broker::shared();
    let shop = Workshop::with(&source_to_file("nobody-made-this", &[FIELDS]));
    shop.put("out.jsonl", "before\n");
    let (answer, _) = shop.run(broker);
    failed_untouched(&shop, &answer, &["nobody-made-this"]);
}

#[test]
fn a_group_with_live_members_is_refused_before_anything_is_read() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "taken", 1);
    topic.send(numbers(0..5));
    let sync = format!("{}-sync", topic.name);
    let member = group::join(&topic, &sync);
    let shop = Workshop::with(&source_to_file(&topic.name, &[FIELDS]));
    shop.put("out.jsonl", "before\n");
    let (answer, _) = shop.run(broker);
    failed_untouched(&shop, &answer, &[&sync]);
    drop(member);
}

#[test]
fn a_topic_deleted_mid_run_fails_the_run() {
    let broker = Broker::private();
    let topic = Topic::create(&broker, "doomed", 1);
    topic.send(numbers(0..200_000));
    let shop = Workshop::with(&source_to_file(&topic.name, &[FIELDS]));
    shop.put("out.jsonl", "before\n");
    // A paused broker holds the run in its read; the topic goes while it waits.
    let run = shop.start(&broker);
    topic.delete();
    let answer = answer(run.wait_with_output().expect("it ends"));
    // Deleted before the first look-up or in the middle: a failed run either way, unless it was quicker.
    if answer.code == Some(0) {
        assert_eq!(shop.rows("out.jsonl").len(), 200_000);
    } else {
        failed_untouched(&shop, &answer, &[&topic.name]);
    }
}

#[test]
fn offsets_follow_the_writers_even_when_the_run_is_killed_between_them() {
    let broker = Broker::private();
    let topic = Topic::create(&broker, "killed", 2);
    topic.send(numbers(0..1_000));
    let sync = format!("{}-sync", topic.name);
    let flow = source_to_file(&topic.name, &[FIELDS])
        .replace("path: out.jsonl", "path: out\n      format: jsonl\n      mode: append");
    let shop = Workshop::with(&flow);
    let mut run = shop.start(&broker);
    // The rows are staged once the read is over: from then on a frozen broker cannot take the offsets.
    eventually("rows are staged", || {
        let entries = fs::read_dir(shop.path("out")).ok()?;
        entries.flatten().any(|entry| entry.file_name().to_string_lossy().contains("part")).then_some(())
    });
    broker.freeze();
    let log = shop.path("out/_flowloom/000001.json");
    let committed = eventually("the writer commits", || {
        (log.exists() || run.try_wait().ok()?.is_some()).then(|| log.exists())
    });
    assert!(committed);
    run.kill().expect("killed");
    run.wait().expect("gone");
    broker.thaw();
    assert_eq!(group::committed(&topic, &sync), [None, None], "killed before the offsets were committed");
    topic.send(numbers(1_000..1_100));
    shop.run_well(&broker);
    shop.run_well(&broker);
    let mut seen: Vec<i64> = shop.appended("out").iter().map(|row| row["id"].as_i64().expect("id")).collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..1_100).collect::<Vec<_>>(), "no row is lost, none is doubled");
}

#[test]
fn ctrl_c_cancels_cleanly() {
    let broker = Broker::private();
    let topic = Topic::create(&broker, "interrupted", 1);
    topic.send(numbers(0..1_000));
    let shop = Workshop::with(&source_to_file(&topic.name, &[FIELDS, "connect_timeout_ms: 30000"]));
    shop.put("out.jsonl", "before\n");
    // A frozen broker holds the run for as long as its timeout.
    broker.freeze();
    let run = shop.start(&broker);
    let pid = run.id().to_string();
    eventually("the run has its signal handler", || {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?.trim().to_owned();
        // Bit 1 is SIGINT.
        (u64::from_str_radix(&caught, 16).ok()? & 0b10 != 0).then_some(())
    });
    let sent = std::process::Command::new("kill").args(["-INT", &pid]).status().expect("kill");
    assert!(sent.success());
    let start = Instant::now();
    let answer = answer(run.wait_with_output().expect("it ends"));
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    broker.thaw();
    assert_eq!(answer.code, Some(1), "{answer:?}");
    assert!(answer.stdout.contains("cancelled"), "{answer:?}");
    assert_eq!(shop.text("out.jsonl"), "before\n");
    let left: Vec<_> =
        fs::read_dir(shop.path(".")).expect("folder").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left.len(), 2, "nothing is left behind: {left:?}");
    let consumer = broker.consumer("after");
    assert!(consumer.fetch_metadata(Some(&topic.name), Duration::from_secs(10)).is_ok());
    let shown = shop.run_well(&broker);
    assert_eq!(node(&shown, "out")["rows"]["in"], 1_000);
}
