//! Messages that retention takes before they are read.

use flowloom_kafka::Error;
use flowloom_kafka::read::{Ended, Fallback, Lost, Rate, ReadRequest, Reading, Start};

use super::{
    cluster, fill_slowly_read, hand_to_mouth, ids, message, offsets_of, read, read_with, request, try_read,
};
use crate::broker::Broker;
use crate::group;
use crate::topic::Topic;

#[test]
fn a_committed_offset_that_is_gone_is_told_and_treated_as_asked() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "gone", 2);
    topic.send((0..40).map(|id| message(id, (id % 2) as i32)));
    let sync = format!("{}-sync", topic.name);
    group::commit(&topic, &sync, &[3, 15]);
    topic.delete_before(0, 12);
    let kept = offsets_of(&topic, &[(0, 3), (1, 15)]);
    for start in [
        Start::Committed { group: sync, fallback: Fallback::Latest },
        Start::Known { offsets: kept, fallback: Fallback::Latest },
    ] {
        let mut request = ReadRequest { start, ..request(topic.name.as_str()) };
        let error = try_read(&cluster(broker), &request).unwrap_err();
        let expected = format!(
            "retention removed 9 messages of partition 0 of topic `{}` before they were read, from offset 3 on",
            topic.name
        );
        assert_eq!(error.to_string(), expected);
        assert!(error.hint().is_some_and(|hint| hint.contains("reset the offsets")));

        let of = |reading: &Reading| {
            let [first, second] = &reading.partitions[..] else { panic!("{:?}", reading.partitions) };
            assert_eq!((second.lost, second.from, second.to), (0, 15, 20));
            assert_eq!((first.low, first.high, first.committed), (12, 20, Some(3)));
            (first.lost, first.from, first.to, reading.lost())
        };
        request.lost = Lost::Earliest;
        let reading = read(broker, &request);
        assert_eq!((of(&reading), reading.counts.read), ((9, 12, 20, 9), 13));
        request.lost = Lost::Latest;
        let reading = read(broker, &request);
        assert_eq!((of(&reading), reading.counts.read), ((17, 20, 20, 17), 5));
    }
}

/// Reads slowly, and deletes what stands before offset 1500 once the first message has come.
fn with_retention(topic: &Topic<'_>, lost: Lost) -> Result<Reading, Error> {
    let mut request = request(topic.name.as_str());
    request.lost = lost;
    request.rate = Rate { messages_per_s: Some(100), bytes_per_s: None };
    request.limits.messages = Some(600);
    let mut is_deleted = false;
    read_with(&hand_to_mouth(topic.broker), &request, &mut |progress| {
        if progress.messages > 0 && !std::mem::replace(&mut is_deleted, true) {
            topic.delete_before(0, 1500);
        }
    })
}

#[test]
fn what_goes_while_it_is_read_is_told_and_treated_as_asked() {
    let broker = Broker::shared();
    let filled = || {
        let topic = Topic::create(broker, "going", 1);
        fill_slowly_read(&topic, 2000);
        topic
    };
    let topic = filled();
    let error = with_retention(&topic, Lost::Fail).unwrap_err();
    let Error::OffsetRemoved { partition: 0, offset, lost, .. } = error else { panic!("{error}") };
    assert!(0 < offset && offset < 1500 && lost == 1500 - offset, "{offset} {lost}");

    let topic = filled();
    let reading = with_retention(&topic, Lost::Earliest).expect("it goes on");
    let only = &reading.partitions[0];
    let before = 1500 - only.lost;
    assert!(0 < before && before < 1500, "{only:?}");
    assert_eq!((reading.ended, only.from), (Ended::AtEnd, 0));
    assert_eq!(ids(&reading), (0..before).chain(1500..2000).collect::<Vec<_>>());

    let topic = filled();
    let reading = with_retention(&topic, Lost::Latest).expect("it goes on");
    let only = &reading.partitions[0];
    let before = 2000 - only.lost;
    assert!(0 < before && before < 1500, "{only:?}");
    assert_eq!((reading.ended, only.to), (Ended::AtEnd, 2000));
    assert_eq!(ids(&reading), (0..before).collect::<Vec<_>>());
}
