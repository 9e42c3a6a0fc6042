//! The last messages of topics with gaps.

use flowloom_kafka::read::{Ended, Start};

use super::{ids, message, read, request};
use crate::broker::Broker;
use crate::eventually::eventually;
use crate::message::Message;
use crate::topic::{Isolation, Topic};

#[test]
fn the_last_messages_are_as_many_as_asked_for_whatever_lies_between() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "tail", 2);
    // One message and one marker at a time in the first partition; the second has few and only old ones.
    topic.send((100..103).map(|id| message(id, 1)));
    for id in 0..12 {
        topic.begin().send([message(id, 0)]).commit();
        topic.begin().send([message(-2, 0), message(-2, 0)]).abort();
    }
    topic.begin().send((0..400).map(|_| message(-2, 0))).abort();
    topic.begin().send((0..50).map(|_| message(-2, 1))).abort();
    let last = |count: u64| {
        let mut request = request(topic.name.as_str());
        request.start = Start::Tail(count);
        let reading = read(broker, &request);
        assert_eq!(reading.ended, Ended::AtEnd);
        ids(&reading)
    };
    assert_eq!(last(0), [0; 0]);
    assert_eq!(last(1).len(), 1);
    assert_eq!(last(4), [10, 11, 101, 102], "two of each");
    assert_eq!(last(10), [5, 6, 7, 8, 9, 10, 11, 100, 101, 102], "one has fewer, so the other gives more");
    let everything: Vec<i64> = (0..12).chain(100..103).collect();
    assert_eq!(last(15), everything);
    assert_eq!(last(1_000_000), everything);
}

#[test]
fn the_last_messages_of_a_compacted_topic() {
    let broker = Broker::shared();
    let compact = [
        ("cleanup.policy", "compact"),
        ("segment.ms", "100"),
        ("min.cleanable.dirty.ratio", "0.001"),
        ("max.compaction.lag.ms", "100"),
    ];
    let topic = Topic::create_with(broker, "tail-compacted", 1, &compact);
    topic.send((0..5).map(|id| message(id, 0).key(&format!("k{id}"))));
    topic.send((5..500).map(|id| message(id, 0).key("same")));
    let seen = eventually("most messages are compacted away", || {
        topic.send([Message::new(r#"{"id": 999}"#).key("same")]);
        let seen = topic.read(Isolation::Committed);
        (seen.len() < 20).then_some(seen)
    });
    let mut request = request(topic.name.as_str());
    // As far as it was seen: what the cleaner takes later is at most the last ones of the one key.
    request.start = Start::Tail(seen.len() as u64);
    let reading = read(broker, &request);
    assert_eq!(ids(&reading)[..5], [0, 1, 2, 3, 4], "the first keys are among the last messages");
}
