//! Several topics, patterns and sets of partitions in one read.

use std::collections::BTreeSet;

use arrow::array::AsArray as _;
use flowloom_kafka::read::{BadMessages, Others, Start, Topics};
use flowloom_kafka::{Cancel, Error, sample};

use super::{cluster, ids, message, named, read, request, rows, selection, try_read};
use crate::broker::Broker;
use crate::message::Message;
use crate::topic::{Topic, unique};

#[test]
fn several_topics_are_one_read_in_order() {
    let broker = Broker::shared();
    let [first, second] = ["several-b", "several-a"].map(|name| Topic::create(broker, name, 3));
    first.send((0..300).map(|id| message(id, (id % 3) as i32)));
    second.send((1000..1030).map(|id| message(id, (id % 2) as i32)));
    let reading = read(broker, &request(named([&first, &second])));
    assert_eq!((reading.counts.read, reading.partitions.len()), (330, 6));
    let topics: BTreeSet<_> = rows(&reading).into_iter().map(|(topic, ..)| topic).collect();
    assert_eq!(topics, BTreeSet::from([first.name.clone(), second.name.clone()]));
    for (topic, _, _, id) in rows(&reading) {
        assert_eq!(topic == second.name, id >= 1000, "each row has the topic that it is of");
    }
    let next = reading.next_offsets();
    assert_eq!(next[&first.name].values().sum::<i64>(), 300);
    assert_eq!(next[&second.name].values().copied().collect::<Vec<_>>(), [15, 15, 0]);
    // The same in files, by many threads, and what comes later from there on.
    let mut again = request(named([&first, &second]));
    (again.memory_budget_bytes, again.decode_threads) = (1, 4);
    assert_eq!(rows(&read(broker, &again)), rows(&reading));
    second.send([message(2000, 2)]);
    again.start = Start::Offsets { offsets: next, others: Others::Omitted };
    assert_eq!(ids(&read(broker, &again)), [2000]);
}

#[test]
fn a_pattern_is_for_whole_names_and_sees_new_topics() {
    let broker = Broker::shared();
    let prefix = unique("pattern");
    let create = |name: &str, id: i64| {
        let topic = Topic::create(broker, &format!("{prefix}-{name}"), 1);
        topic.send([message(id, 0)]);
        topic
    };
    let _kept = [create("orders", 1), create("payments", 2), create("orders", 3)];
    let pattern = |text: &str| Topics::Pattern(format!("{prefix}-{text}"));
    assert_eq!(ids(&read(broker, &request(pattern("orders-.*")))), [1, 3]);
    assert_eq!(ids(&read(broker, &request(pattern("(orders|payments)-[0-9]+")))), [1, 3, 2]);
    let error = try_read(&cluster(broker), &request(pattern("orders"))).unwrap_err();
    assert!(matches!(error, Error::NoTopicMatches { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains(&format!("`{prefix}-orders`")) && text.contains(broker.bootstrap()), "{text}");
    let _new = create("orders", 4);
    let found = pattern("orders.*").partitions(&cluster(broker), &Cancel::default()).expect("topics");
    assert_eq!(found.values().flatten().collect::<Vec<_>>(), [&0, &0, &0]);
    let internal = Topics::Pattern("__consumer_offsets".into());
    assert!(matches!(try_read(&cluster(broker), &request(internal)), Err(Error::NoTopicMatches { .. })));
}

#[test]
fn only_the_partitions_that_are_asked_for_are_read() {
    let broker = Broker::shared();
    let [some, all] = ["some", "all"].map(|name| Topic::create(broker, name, 4));
    for topic in [&some, &all] {
        topic.send((0..40).map(|id| message(id, (id % 4) as i32)));
    }
    let both = Topics::Named(vec![selection(&some, &[1, 3]), super::selection(&all, &[0, 1, 2, 3])]);
    let reading = read(broker, &request(both));
    let of_some: BTreeSet<_> =
        rows(&reading).into_iter().filter(|row| row.0 == some.name).map(|row| row.1).collect();
    assert_eq!((of_some, reading.counts.read), (BTreeSet::from([1, 3]), 60));
    assert_eq!(reading.next_offsets()[&some.name].keys().collect::<Vec<_>>(), [&1, &3]);
    let strange = Topics::Named(vec![selection(&some, &[0, 4, 9, -1])]);
    let error = try_read(&cluster(broker), &request(strange)).unwrap_err().to_string();
    let expected = format!("topic `{}` has no partitions -1, 4, 9: it has 4, counted from 0", some.name);
    assert_eq!(error, expected);
}

#[test]
fn bad_messages_and_samples_name_their_topic() {
    let broker = Broker::shared();
    let [good, bad] = ["good", "bad"].map(|name| Topic::create(broker, name, 1));
    good.send([message(1, 0), Message::new("{").partition(0)]);
    bad.send([Message::new("no").partition(0), message(2, 0)]);
    let mut request = request(named([&good, &bad]));
    request.bad_messages = BadMessages::Reject;
    let reading = read(broker, &request);
    let rejects = reading.rejects.collect().expect("rejects");
    let topics: Vec<String> = rejects
        .iter()
        .flat_map(|batch| batch.column_by_name("topic").expect("topics").as_string::<i32>().iter().flatten())
        .map(str::to_owned)
        .collect();
    assert_eq!(topics, [bad.name.clone(), good.name.clone()]);
    let first = reading.first_bad.expect("a bad message");
    assert_eq!((first.topic, first.offset), (bad.name.clone(), 0), "by the topic's name");
    let sampled =
        sample::sample(&cluster(broker), &named([&good, &bad]), 10, &Cancel::default()).expect("a sample");
    let places: Vec<_> = sampled.iter().map(|message| (message.topic.as_str(), message.offset)).collect();
    assert_eq!(places, [(bad.name.as_str(), 0), (&bad.name, 1), (&good.name, 0), (&good.name, 1)]);
}
