//! One run of a sync name at a time: on this machine by a lock, on others by a compare.

use std::fs;
use std::process::{Child, Command};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use serde_json::Value;

use super::runs::has_file;
use super::{appending, assert_ids, ids, numbers, offsets, sync_of};
use crate::broker::Broker;
use crate::eventually::eventually;
use crate::flowloom::{Workshop, answer};
use crate::group;
use crate::job::{Job, flow};
use crate::kafka_source::source_to_file;
use crate::topic::Topic;

const MANY: i64 = 20_000;

fn signal(run: &Child, signal: &str) {
    let sent = Command::new("kill").args([signal, &run.id().to_string()]).status().expect("kill");
    assert!(sent.success(), "{signal}");
}

/// Who holds the sync name of this home, as its lock says.
fn holder(shop: &Workshop) -> Option<String> {
    let entry = fs::read_dir(shop.home().join("locks")).ok()?.flatten().next()?;
    fs::read_to_string(entry.path()).ok().filter(|text| !text.is_empty())
}

/// A run that has begun and stands still before it has kept any offsets.
fn stopped(shop: &Workshop, topic: &Topic<'_>) -> Child {
    let run = shop.start(topic.broker);
    eventually("the run has the lock", || holder(shop));
    signal(&run, "-STOP");
    assert!(holder(shop).is_some(), "it stopped in time");
    assert_eq!(group::committed(topic, &sync_of(topic)), [None], "nothing is committed yet");
    run
}

#[test]
fn a_second_run_is_refused_until_the_first_is_gone() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "at-once", 1);
    topic.send(numbers(0..MANY, 1));
    let shop = appending(&topic.name, &[]);
    let mut first = stopped(&shop, &topic);
    let (second, report) = shop.run(broker);
    assert_eq!(second.code, Some(1), "{second:?}");
    let problem = &report["problems"][0];
    let message = problem["message"].as_str().expect("a message");
    for word in [sync_of(&topic), topic.name.clone(), format!("process {}", first.id())] {
        assert!(message.contains(&word), "no `{word}` in `{message}`");
    }
    assert_eq!(problem["at"]["field"], "sync_name", "{problem}");
    let reset = offsets(&shop, broker, "reset", &["source", "--latest", "--yes"]);
    assert_eq!(reset.code, Some(1), "{reset:?}");
    assert!(reset.stderr.contains("is in use by another run"), "{reset:?}");
    // Neither a look nor a preview takes anything.
    assert_eq!(offsets(&shop, broker, "show", &[]).code, Some(0));
    let bootstrap = format!("bootstrap={}", broker.bootstrap());
    assert_eq!(shop.call(&["preview", "test.flow.yaml", "--rows", "5", "--set", &bootstrap]).code, Some(0));
    first.kill().expect("killed");
    first.wait().expect("gone");
    shop.run_well(broker);
    assert_ids(&ids(&shop), MANY, 1, "after the kill");
}

#[test]
fn another_machine_that_was_faster_is_noticed_before_the_commit() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "machines", 1);
    topic.send(numbers(0..MANY, 1));
    // Each has its own home, so no lock is between them.
    let (slow, fast) = (appending(&topic.name, &[]), appending(&topic.name, &[]));
    let run = slow.start(broker);
    eventually("it has read and stages its rows", || {
        has_file(&slow, "out", |name| name.contains("part")).then_some(())
    });
    signal(&run, "-STOP");
    assert_eq!(group::committed(&topic, &sync_of(&topic)), [None], "it stopped in time");
    fast.run_well(broker);
    assert_eq!(group::committed(&topic, &sync_of(&topic)), [Some(MANY)]);
    topic.send(numbers(MANY..MANY + 10, 1));
    fast.run_well(broker);
    signal(&run, "-CONT");
    let ended = answer(run.wait_with_output().expect("it ends"));
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let report: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    let message = report["problems"][0]["message"].as_str().expect("a message");
    assert!(message.contains(&format!("moved from nothing to {} by somebody else", MANY + 10)), "{message}");
    assert_eq!(group::committed(&topic, &sync_of(&topic)), [Some(MANY + 10)], "the newer offset stays");
}

#[test]
fn consumers_of_the_newer_protocol_are_seen_before_anything_is_read() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "kip-848", 1);
    topic.send(numbers(0..5, 1));
    let sync = sync_of(&topic);
    let member: BaseConsumer = broker
        .client_config()
        .set("group.id", &sync)
        .set("group.protocol", "consumer")
        .set("enable.auto.commit", "false")
        .create()
        .expect("a consumer's properties are right");
    member.subscribe(&[&topic.name]).expect("a topic that exists");
    eventually("the member is assigned", || {
        if let Some(Err(error)) = member.poll(Duration::from_millis(20)) {
            panic!("joining {sync}: {error}");
        }
        (member.assignment().expect("an assignment").count() > 0).then_some(())
    });
    let shop = appending(&topic.name, &[]);
    let (refused, report) = shop.run(broker);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    let message = report["problems"][0]["message"].as_str().expect("a message");
    assert!(message.contains(&sync) && message.contains("1 live member"), "{message}");
    assert!(!message.contains("rows are written"), "it is refused at the start: {message}");
    assert!(!shop.path("out").exists());
    let reset = offsets(&shop, broker, "reset", &["source", "--latest", "--yes"]);
    assert!(reset.code == Some(1) && reset.stderr.contains("live member"), "{reset:?}");
    drop(member);
}

#[test]
fn two_sources_of_one_sync_name_are_refused() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "shared-name", 1);
    topic.send(numbers(0..5, 1));
    let mut text = source_to_file(&topic.name, &[super::FIELDS]);
    text +=
        &text.split("nodes:\n").nth(1).expect("nodes").replace("source", "second").replace("out", "other");
    let text = text.replace("kind: kafka_second", "kind: kafka_source");
    let folder = tempfile::tempdir().expect("a folder");
    let job = Job::with(&flow(&text), folder.path(), broker.bootstrap());
    let report = job.run(&flowloom_flow::Cancel::default());
    let message = &report.problems.first().expect("a problem").message;
    assert!(message.contains("under one sync name"), "{message}");
}
