//! Runs whose offsets are kept in the table or by the writers, ended at any moment.

use std::fs;

use super::{appending, assert_ids, committed, ids, numbers, offsets, reset, shown, sync_of};
use crate::broker::Broker;
use crate::eventually::eventually;
use crate::flowloom::{Workshop, node};
use crate::group;
use crate::kafka_source::source_to_file;
use crate::topic::Topic;

/// Runs and kills the run when its first file of that name appears; whether it was killed.
fn kill_when(shop: &Workshop, broker: &Broker, mut is_time: impl FnMut(&Workshop) -> bool) -> bool {
    let mut run = shop.start(broker);
    let ended = eventually("the moment comes, or the run ends", || {
        if is_time(shop) {
            return Some(false);
        }
        run.try_wait().expect("a process").map(|_| true)
    });
    // A run that ended by itself meanwhile is as good.
    drop(run.kill());
    run.wait().expect("gone");
    !ended
}

pub(super) fn has_file(shop: &Workshop, folder: &str, is_it: impl Fn(&str) -> bool) -> bool {
    let entries = fs::read_dir(shop.path(folder)).into_iter().flatten().flatten();
    { entries }.any(|entry| is_it(&entry.file_name().to_string_lossy()))
}

/// However often a run is killed while it stages, while it commits and while it keeps its offsets, each message is
/// written once.
fn killed_anywhere(settings: &[&str], name: &str) -> (Workshop, Topic<'static>) {
    let broker = Broker::shared();
    let topic = Topic::create(broker, name, 2);
    let shop = appending(&topic.name, settings);
    let mut killed = 0;
    for round in 0..6_i64 {
        topic.send(numbers(round * 500..(round + 1) * 500, 2));
        let log = format!("{:06}.json", round + 1);
        killed += usize::from(kill_when(&shop, broker, |shop| match round % 3 {
            0 => has_file(shop, "out", |name| name.contains("part")),
            1 => has_file(shop, "out/_flowloom", |name| name == log),
            _ => has_file(shop, "out/_flowloom", |name| name.ends_with(&log)),
        }));
        // What died is finished, and what is new is read.
        shop.run_well(broker);
        shop.run_well(broker);
        assert_ids(&ids(&shop), (round + 1) * 500, 1, &format!("round {round}"));
    }
    assert!(killed > 0, "no run lived long enough to be killed");
    (shop, topic)
}

#[test]
fn a_table_keeps_offsets_through_kills() {
    let (shop, topic) = killed_anywhere(&["offsets: table"], "in-table");
    let broker = Broker::shared();
    assert_eq!(group::committed(&topic, &sync_of(&topic)), [None, None], "nothing is committed to Kafka");
    assert_eq!(committed(&shop, broker), [Some(1_500), Some(1_500)]);
    let answer = offsets(&shop, broker, "show", &[]);
    assert!(answer.stdout.contains("kept in Flowloom's table"), "{answer:?}");
    let done = reset(&shop, broker, &["--offset", "1490", "--yes"]);
    assert_eq!(done["again"], 20);
    let report = shop.run_well(broker);
    assert_eq!(node(&report, "source")["counts"]["read"], 20);
    assert_eq!(ids(&shop).len(), 3_020);
    assert_eq!(group::committed(&topic, &sync_of(&topic)), [None, None]);
}

#[test]
fn writers_keep_offsets_through_kills() {
    let (shop, topic) = killed_anywhere(&["offsets: sink"], "in-sink");
    let broker = Broker::shared();
    assert_eq!(group::committed(&topic, &sync_of(&topic)), [None, None], "nothing is committed to Kafka");
    assert_eq!(committed(&shop, broker), [Some(1_500), Some(1_500)], "what the folder has");
    assert!(shown(&shop, broker).iter().all(|partition| partition["lag"] == 0));
    let refused = offsets(&shop, broker, "reset", &["source", "--earliest", "--yes"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("cannot be reset alone"), "{refused:?}");
}

#[test]
fn a_writer_that_forgets_cannot_keep_offsets() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "forgotten", 1);
    topic.send(numbers(0..5, 1));
    let flow = source_to_file(&topic.name, &[super::FIELDS, "offsets: sink"]);
    let shop = Workshop::with(&flow);
    for verb in ["check", "run"] {
        let answer =
            shop.call(&[verb, "test.flow.yaml", "--set", &format!("bootstrap={}", broker.bootstrap())]);
        assert_eq!(answer.code, Some(2), "{verb}: {answer:?}");
        assert!(answer.stderr.contains("`out` cannot keep the offsets"), "{verb}: {answer:?}");
    }
    assert!(!shop.path("out.jsonl").exists());
}

#[test]
fn two_writers_of_one_source_are_brought_to_the_same_batch() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "two-writers", 1);
    let mut flow = source_to_file(&topic.name, &[super::FIELDS, "offsets: sink"])
        .replace("path: out.jsonl", "path: out\n      format: jsonl\n      mode: append");
    flow += "  other:\n    kind: write_file\n    inputs: [source]\n    settings:\n      path: other\n      \
             format: jsonl\n      mode: append\n";
    let shop = Workshop::with(&flow);
    for round in 0..4_i64 {
        topic.send(numbers(round * 500..(round + 1) * 500, 1));
        let log = format!("{:06}.json", round + 1);
        kill_when(&shop, broker, |shop| has_file(shop, "out/_flowloom", |name| name == log));
        shop.run_well(broker);
        shop.run_well(broker);
        for folder in ["out", "other"] {
            let ids: Vec<i64> =
                shop.appended(folder).iter().map(|row| row["id"].as_i64().expect("id")).collect();
            assert_ids(&ids, (round + 1) * 500, 1, &format!("{folder}, round {round}"));
        }
    }
}

#[test]
fn a_reset_survives_a_kill_and_is_not_undone() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "again", 1);
    topic.send(numbers(0..500, 1));
    let shop = appending(&topic.name, &[]);
    shop.run_well(broker);
    reset(&shop, broker, &["--earliest", "--yes"]);
    // The batch after the reset has the same offsets as the one before, and is another one all the same.
    kill_when(&shop, broker, |shop| has_file(shop, "out/_flowloom", |name| name == "000002.json"));
    shop.run_well(broker);
    shop.run_well(broker);
    assert_ids(&ids(&shop), 500, 2, "read again");
    assert_eq!(group::committed(&topic, &sync_of(&topic)), [Some(500)]);
}
