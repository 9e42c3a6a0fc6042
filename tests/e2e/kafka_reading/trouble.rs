//! Brokers and topics that change while they are read.

use std::thread;
use std::time::{Duration, Instant};

use flowloom_kafka::Error;
use flowloom_kafka::read::{Ended, Fallback, Rate, ReadRequest, Start};
use futures_executor::block_on;
use rdkafka::admin::{AdminOptions, NewPartitions};
use rdkafka::consumer::Consumer as _;

use super::{fill_slowly_read, hand_to_mouth, ids, message, read, read_with, request, rows};
use crate::broker::Broker;
use crate::eventually::{DEADLINE, eventually};
use crate::topic::Topic;

/// All of `topic` in several seconds.
fn slowly(topic: &Topic<'_>) -> ReadRequest {
    let mut request = request(topic.name.as_str());
    request.rate = Rate { messages_per_s: Some(400), bytes_per_s: None };
    request
}

#[test]
fn partitions_that_are_added_meanwhile_are_for_the_next_read() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "growing", 2);
    fill_slowly_read(&topic, 800);
    let mut is_grown = false;
    let reading = read_with(&hand_to_mouth(broker), &slowly(&topic), &mut |progress| {
        if progress.messages > 0 && !std::mem::replace(&mut is_grown, true) {
            let more = NewPartitions::new(&topic.name, 4);
            let grown = block_on(broker.admin().create_partitions([&more], &AdminOptions::new()));
            grown.expect("the broker answers").into_iter().for_each(|grown| drop(grown.expect("grown")));
            eventually("the new partitions have leaders", || {
                let consumer = broker.consumer("looking");
                let metadata = consumer.fetch_metadata(Some(&topic.name), DEADLINE).ok()?;
                let partitions = metadata.topics().first()?.partitions();
                (partitions.len() == 4 && partitions.iter().all(|each| each.leader() >= 0)).then_some(())
            });
            topic.send([message(5000, 3), message(5001, 2)]);
        }
    });
    let reading = reading.expect("it ends as if nothing had happened");
    assert!(is_grown);
    assert_eq!((reading.ended, reading.counts.read, reading.partitions.len()), (Ended::AtEnd, 800, 2));
    let mut next = request(topic.name.as_str());
    next.start = Start::Known { offsets: reading.next_offsets(), fallback: Fallback::Earliest };
    assert_eq!(ids(&read(broker, &next)), [5001, 5000]);
}

#[test]
fn a_broker_that_is_killed_and_comes_back_is_waited_for() {
    let broker = Broker::private();
    let topic = Topic::create(&broker, "restarted", 2);
    fill_slowly_read(&topic, 2000);
    let before = rows(&read(&broker, &request(topic.name.as_str())));
    let mut cluster = hand_to_mouth(&broker);
    cluster.connect_timeout = Duration::from_mins(1);
    let (tell, told) = std::sync::mpsc::sync_channel(1);
    let reading = thread::scope(|scope| {
        let broker = &broker;
        scope.spawn(move || {
            told.recv().expect("the read begins");
            broker.kill();
            broker.restart();
        });
        let mut is_told = false;
        read_with(&cluster, &slowly(&topic), &mut |progress| {
            if progress.messages > 100 && !std::mem::replace(&mut is_told, true) {
                tell.send(()).expect("somebody waits");
            }
        })
    });
    let reading = reading.expect("it goes on");
    assert_eq!(reading.ended, Ended::AtEnd);
    assert_eq!(rows(&reading), before, "nothing is missing, nothing comes twice");
    assert_eq!(reading.lost(), 0);
}

#[test]
fn a_broker_that_does_not_come_back_fails_the_read() {
    let broker = Broker::private();
    let topic = Topic::create(&broker, "killed", 1);
    fill_slowly_read(&topic, 2000);
    let mut cluster = hand_to_mouth(&broker);
    cluster.connect_timeout = Duration::from_secs(2);
    let mut killed = None;
    let outcome = read_with(&cluster, &slowly(&topic), &mut |progress| {
        if progress.messages > 0 && killed.is_none() {
            broker.kill();
            killed = Some(Instant::now());
        }
    });
    let error = outcome.expect_err("nobody answers");
    assert!(matches!(error, Error::ConnectionLost { .. }) && error.is_retriable(), "{error}");
    let waited = killed.expect("killed").elapsed();
    assert!(waited < Duration::from_secs(10), "{waited:?}");
}
