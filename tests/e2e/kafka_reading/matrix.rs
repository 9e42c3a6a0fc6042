//! Every start with every end, against what a consumer of another kind reads.

use flowloom_kafka::read::End;
use flowloom_kafka::read::{Ended, Fallback, Lost, Others, Start};

use super::{offsets_of, read, request, rows};
use crate::broker::Broker;
use crate::group;
use crate::message::Message;
use crate::topic::{Isolation, Topic};

/// The time of the message with this id.
fn time_ms(id: i64) -> i64 {
    1_700_000_000_000 + id * 1000
}

fn messages(ids: std::ops::Range<i64>, partition: i32) -> Vec<Message> {
    ids.map(|id| super::message(id, partition).timestamp_ms(time_ms(id))).collect()
}

/// A partition as it is.
struct Partition {
    low: i64,
    high: i64,
    /// Offset, time and id of each committed message.
    messages: Vec<(i64, i64, i64)>,
}

/// Where a start wants to begin in a partition with an index and an end; where an end wants to stop.
type Wants = Box<dyn Fn(usize, &Partition, i64) -> Option<i64>>;
type Stops = Box<dyn Fn(usize, &Partition) -> Option<i64>>;

impl Partition {
    fn at_time(&self, time_ms: i64) -> Option<i64> {
        self.messages.iter().find(|(_, time, _)| *time >= time_ms).map(|(offset, ..)| *offset)
    }
}

fn partitions(topic: &Topic<'_>) -> Vec<Partition> {
    let all = topic.read(Isolation::Committed);
    let facts = |message: &Message| {
        let text = message.text();
        let id = text.trim_start_matches(r#"{"id": "#).trim_end_matches('}').parse().expect("an id");
        (message.offset.expect("an offset"), message.timestamp_ms.expect("a time"), id)
    };
    (0..)
        .zip(topic.watermarks())
        .map(|(partition, (low, high))| {
            let of = all.iter().filter(|message| message.partition == Some(partition));
            Partition { low, high, messages: of.map(facts).collect() }
        })
        .collect()
}

/// Three partitions: with transactions, without its first messages, and empty.
fn topic(broker: &Broker) -> Topic<'_> {
    let topic = Topic::create(broker, "matrix", 3);
    topic.send(messages(0..10, 0));
    topic.begin().send(messages(10..14, 0)).abort();
    topic.begin().send(messages(14..20, 0)).commit();
    topic.send(messages(20..26, 0));
    topic.begin().send(messages(26..28, 0)).abort();
    topic.send(messages(0..18, 1));
    topic.delete_before(1, 5);
    topic
}

#[test]
fn every_start_with_every_end_is_what_a_full_read_has_there() {
    let broker = Broker::shared();
    let topic = topic(broker);
    let known = partitions(&topic);
    let (sync, other) = (format!("{}-sync", topic.name), format!("{}-other", topic.name));
    group::commit(&topic, &sync, &[12]);
    group::commit(&topic, &other, &[20, 9]);
    let committed = |fallback| Start::Committed { group: sync.clone(), fallback };
    let kept = |fallback| Start::Known { offsets: offsets_of(&topic, &[(1, 3), (0, 21)]), fallback };
    let given = |others| Start::Offsets { offsets: offsets_of(&topic, &[(1, 11)]), others };
    let starts: Vec<(Start, Wants)> = vec![
        (Start::Earliest, Box::new(|_, of, _| Some(of.low))),
        (Start::Latest, Box::new(|_, _, end| Some(end))),
        (Start::Timestamp(time_ms(12)), Box::new(|_, of, end| Some(of.at_time(time_ms(12)).unwrap_or(end)))),
        (Start::Timestamp(time_ms(99)), Box::new(|_, _, end| Some(end))),
        (Start::Timestamp(-5), Box::new(|_, of, end| Some(of.at_time(0).unwrap_or(end)))),
        (committed(Fallback::Earliest), Box::new(|at, of, _| Some(if at == 0 { 12 } else { of.low }))),
        (committed(Fallback::Latest), Box::new(|at, _, end| Some(if at == 0 { 12 } else { end }))),
        // Offset 3 of the second partition is gone.
        (kept(Fallback::Latest), Box::new(|at, of, end| Some([21, of.low.min(end).max(3), end][at]))),
        (given(Others::Omitted), Box::new(|at, _, _| (at == 1).then_some(11))),
        (given(Others::Earliest), Box::new(|at, of, _| Some(if at == 1 { 11 } else { of.low }))),
        (given(Others::Latest), Box::new(|at, _, end| Some(if at == 1 { 11 } else { end }))),
    ];
    let all: Vec<(i32, i64)> = vec![(0, 16), (1, 9), (2, 0)];
    let ends: Vec<(End, Stops)> = vec![
        (End::HighWatermark, Box::new(|_, of| Some(of.high))),
        (End::Committed { group: other }, Box::new(|at, of| Some([20, 9, of.low][at]))),
        (End::Timestamp(time_ms(13)), Box::new(|_, of| Some(of.at_time(time_ms(13)).unwrap_or(of.high)))),
        (End::Timestamp(time_ms(99)), Box::new(|_, of| Some(of.high))),
        (End::Offsets(offsets_of(&topic, &all)), Box::new(|at, _| Some([16, 9, 0][at]))),
        (End::Offsets(offsets_of(&topic, &all[1..2])), Box::new(|at, _| (at == 1).then_some(9))),
    ];
    for (start, wanted) in &starts {
        for (end, stop) in &ends {
            let mut request = request(topic.name.as_str());
            (request.start, request.end, request.lost) = (start.clone(), end.clone(), Lost::Earliest);
            let reading = read(broker, &request);
            assert_eq!(reading.ended, Ended::AtEnd);
            let (mut expected, mut next) = (Vec::new(), Vec::new());
            for (at, (partition, of)) in (0..).zip(&known).enumerate() {
                let Some(stop) = stop(at, of) else { continue };
                let Some(from) = wanted(at, of, stop) else { continue };
                next.push((partition, from.max(of.low.min(stop)).max(stop)));
                let inside = of.messages.iter().filter(|(offset, ..)| (from..stop).contains(offset));
                expected.extend(inside.map(|(offset, _, id)| (topic.name.clone(), partition, *offset, *id)));
            }
            assert_eq!(rows(&reading), expected, "{start:?} to {end:?}");
            assert_eq!(reading.next_offsets(), offsets_of(&topic, &next), "{start:?} to {end:?}");
        }
    }
}

#[test]
fn a_group_is_never_read_past_and_a_position_never_goes_back() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "behind", 1);
    topic.send(messages(0..20, 0));
    let (sync, other) = (format!("{}-sync", topic.name), format!("{}-other", topic.name));
    group::commit(&topic, &sync, &[15]);
    let mut request = request(topic.name.as_str());
    request.start = Start::Committed { group: sync, fallback: Fallback::Earliest };
    request.end = End::Committed { group: other.clone() };
    for (stands, ids) in [(None, 0..0), (Some(8), 0..0), (Some(17), 15..17), (Some(20), 15..20)] {
        if let Some(stands) = stands {
            group::commit(&topic, &other, &[stands]);
        }
        let reading = read(broker, &request);
        assert_eq!(super::ids(&reading), ids.collect::<Vec<_>>(), "{stands:?}");
        let only = &reading.partitions[0];
        assert_eq!((only.committed, only.from, only.low, only.high), (Some(15), 15, 0, 20));
        assert_eq!(only.to, stands.unwrap_or(0).max(15));
    }
}
