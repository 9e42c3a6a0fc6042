//! Against librdkafka's mock cluster; times and transactions are looked at on a real broker.

use std::sync::mpsc::channel;
use std::thread;

use super::*;
use crate::embedded::{EmbeddedBroker, Record, produce};

/// A broker whose topic `t` has three partitions with the values `0 0`, `0 1`, … of partition and offset, times rising.
fn filled(count: usize) -> (EmbeddedBroker, Cluster) {
    let broker = EmbeddedBroker::start().unwrap();
    broker.create_topic("t", 3).unwrap();
    broker.create_topic("empty", 2).unwrap();
    let cluster = broker.cluster();
    send(&cluster, 0, count);
    (broker, cluster)
}

fn send(cluster: &Cluster, from: usize, count: usize) {
    let values: Vec<_> = (from..from + count)
        .flat_map(|index| (0..3).map(move |partition| (partition, format!("{partition} {index}"))))
        .collect();
    let records = values.iter().map(|(partition, value)| Record {
        partition: Some(*partition),
        value: Some(value.as_bytes()),
        ..Record::default()
    });
    produce(cluster, "t", records).unwrap();
}

fn look(cluster: &Cluster, change: impl FnOnce(&mut PeekAsk)) -> Result<Peeked> {
    let mut ask = PeekAsk::new("t");
    change(&mut ask);
    peek(cluster, &ask, &Cancel::default())
}

fn values(peeked: &Peeked) -> Vec<String> {
    let mut values: Vec<_> = peeked
        .messages
        .iter()
        .map(|message| String::from_utf8(message.value.clone().unwrap()).unwrap())
        .collect();
    values.sort();
    values
}

#[test]
fn the_newest_and_the_oldest() {
    let (_broker, cluster) = filled(500);
    let newest = look(&cluster, |ask| ask.count = 9).unwrap();
    assert_eq!((newest.messages.len(), newest.ended), (9, PeekEnd::Count));
    assert!(newest.messages.is_sorted_by(|one, other| one.timestamp_ms >= other.timestamp_ms));
    assert!(newest.messages[0].timestamp_type.is_some(), "{:?}", newest.messages[0]);
    let one = |ask: &mut PeekAsk| {
        (ask.partitions, ask.count) = (Some(vec![1]), 3);
    };
    assert_eq!(values(&look(&cluster, one).unwrap()), ["1 497", "1 498", "1 499"]);
    let oldest = look(&cluster, |ask| {
        one(ask);
        ask.from = PeekFrom::Oldest;
    });
    assert_eq!(values(&oldest.unwrap()), ["1 0", "1 1", "1 2"]);
    let at = look(&cluster, |ask| {
        one(ask);
        ask.from = PeekFrom::Offset(498);
    });
    let at = at.unwrap();
    assert_eq!(
        (values(&at).as_slice(), at.ended),
        (["1 498".to_owned(), "1 499".to_owned()].as_slice(), PeekEnd::Everything)
    );
    let all = look(&cluster, |ask| ask.count = 10_000).unwrap();
    assert_eq!((all.messages.len(), all.scanned, all.ended), (1500, 1500, PeekEnd::Everything));
}

#[test]
fn bytes_text_and_scans_are_bounded() {
    let (_broker, cluster) = filled(500);
    let few = look(&cluster, |ask| ask.max_bytes = 20).unwrap();
    assert_eq!((few.messages.len(), few.ended), (4, PeekEnd::Bytes));
    let found = look(&cluster, |ask| ask.contains = Some("2 7".to_owned())).unwrap();
    assert_eq!((found.messages.len(), found.scanned, found.ended), (11, 1500, PeekEnd::Everything));
    let nothing = look(&cluster, |ask| {
        ask.contains = Some("no such text".to_owned());
        ask.max_scanned = 50;
    });
    let nothing = nothing.unwrap();
    assert_eq!((nothing.messages.len(), nothing.ended), (0, PeekEnd::Scanned));
    assert!((50..60).contains(&nothing.scanned), "{}", nothing.scanned);
}

#[test]
fn what_is_not_there() {
    let (_broker, cluster) = filled(5);
    let empty = look(&cluster, |ask| ask.topic = "empty".to_owned()).unwrap();
    assert_eq!(empty, Peeked { messages: Vec::new(), scanned: 0, ended: PeekEnd::Everything });
    let said = |change: fn(&mut PeekAsk)| look(&cluster, change).unwrap_err().to_string();
    assert!(said(|ask| ask.topic = "nowhere".to_owned()).contains("`nowhere` does not exist"));
    let partition = said(|ask| ask.partitions = Some(vec![1, 7]));
    assert_eq!(partition, "topic `t` has no partition 7: it has 3, counted from 0");
    let offset = said(|ask| {
        (ask.partitions, ask.from) = (Some(vec![1]), PeekFrom::Offset(9));
    });
    assert_eq!(offset, "partition 1 of topic `t` does not have offset 9: it holds 0 to 5");
    let of_several = look(&cluster, |ask| ask.from = PeekFrom::Offset(9)).unwrap();
    assert_eq!((of_several.messages.len(), of_several.ended), (0, PeekEnd::Everything));
}

#[test]
fn a_tail_gives_what_comes_and_ends_when_it_is_cancelled() {
    let (_broker, cluster) = filled(5);
    let (cancel, ready) = (Cancel::default(), Cancel::default());
    let (tell, told) = channel();
    thread::scope(|scope| {
        let tailing = scope.spawn(|| {
            let mut ask = PeekAsk::new("t");
            ask.from = PeekFrom::Offset(3);
            tail(&cluster, &ask, &cancel, &mut |messages| {
                for message in messages {
                    tell.send(String::from_utf8(message.value.unwrap()).unwrap()).unwrap();
                }
            })
        });
        let mut come = Vec::new();
        while come.len() < 12 {
            come.push(told.recv_timeout(Duration::from_secs(20)).unwrap());
            if come.len() == 6 && !ready.is_cancelled() {
                ready.cancel();
                send(&cluster, 5, 2);
            }
        }
        come.sort();
        let expected: Vec<_> =
            (0..3).flat_map(|partition| (3..7).map(move |index| format!("{partition} {index}"))).collect();
        assert_eq!(come, expected);
        cancel.cancel();
        tailing.join().unwrap().unwrap();
    });
}
