//! The harness itself: a broker, topics, transactions, groups and restarts do what the tests believe.

use std::process::Command;

use crate::broker::Broker;
use crate::cache::python;
use crate::group::{commit, committed, join};
use crate::message::Message;
use crate::topic::{Isolation, Topic, unique};

fn numbered(count: usize) -> impl Iterator<Item = Message> {
    (0..count).map(|i| Message::new(i.to_string()))
}

#[test]
fn ten_messages_come_back_as_they_were_sent() {
    let topic = Topic::create(Broker::shared(), "orders", 3);
    let sent: Vec<Message> = (0..10)
        .map(|i: i32| {
            Message::new(format!("{{\"id\":{i}}}"))
                .key(&format!("key-{i}"))
                .header("source", "test")
                .timestamp_ms(1_700_000_000_000 + i64::from(i))
                .partition(i % 3)
        })
        .chain([Message::tombstone("key-0").timestamp_ms(1_700_000_000_010).partition(1)])
        .collect();
    topic.send(sent.clone());

    let mut read = topic.read(Isolation::Committed);
    assert_eq!(topic.watermarks(), [(0, 4), (0, 4), (0, 3)]);
    read.sort_by_key(|message| message.timestamp_ms);
    let read: Vec<Message> = read.into_iter().map(|message| Message { offset: None, ..message }).collect();
    assert_eq!(read, sent);
}

#[test]
fn an_aborted_transaction_is_invisible_to_readers_of_committed_messages() {
    let topic = Topic::create(Broker::shared(), "orders", 1);
    topic.begin().send([Message::new("lost")]).abort();
    topic.begin().send([Message::new("kept")]).commit();
    let open = topic.begin().send([Message::new("undecided")]);

    let texts = |isolation| topic.read(isolation).iter().map(Message::text).collect::<Vec<_>>();
    assert_eq!(texts(Isolation::Uncommitted), ["lost", "kept", "undecided"]);
    assert_eq!(texts(Isolation::Committed), ["kept"]);
    // Two transactions of a message and its marker, and the open one's message.
    assert_eq!(topic.watermarks(), [(0, 5)]);
    open.commit();
    assert_eq!(texts(Isolation::Committed), ["kept", "undecided"]);
}

#[test]
fn offsets_are_committed_and_members_hold_them() {
    let topic = Topic::create(Broker::shared(), "orders", 2);
    topic.send(numbered(10).map(|message| message.partition(0)));
    let group = unique("group");
    assert_eq!(committed(&topic, &group), [None, None]);
    commit(&topic, &group, &[7, 0]);
    assert_eq!(committed(&topic, &group), [Some(7), Some(0)]);
    drop(join(&topic, &group));
    assert_eq!(committed(&topic, &group), [Some(7), Some(0)]);
}

#[test]
fn records_and_topics_can_be_deleted() {
    let topic = Topic::create(Broker::shared(), "orders", 1);
    topic.send(numbered(10));
    topic.delete_before(0, 4);
    assert_eq!(topic.watermarks(), [(4, 10)]);
    topic.delete();
}

#[test]
fn a_private_broker_keeps_its_messages_over_a_stop_and_a_kill() {
    let broker = Broker::private();
    let topic = Topic::create(&broker, "orders", 1);
    topic.send(numbered(10));
    broker.stop();
    broker.restart();
    topic.send(numbered(10));
    broker.kill();
    broker.restart();
    assert_eq!(topic.read(Isolation::Committed).len(), 20);
}

#[test]
fn exported_scripts_have_a_python_with_their_packages() {
    let imports = "import confluent_kafka, polars; print(polars.sql_expr('1 + 1'))";
    let output = Command::new(python()).args(["-c", imports]).output().expect("Python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
