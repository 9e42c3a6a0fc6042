//! Rate limits, and messages of any size.

use std::time::{Duration, Instant};

use flowloom_kafka::read::Rate;
use flowloom_kafka::{Cancel, Error};

use super::{cluster, ids, message, read, request, try_read};
use crate::broker::Broker;
use crate::message::Message;
use crate::producer::{producer, send};
use crate::topic::Topic;

#[test]
fn a_rate_is_kept_and_nothing_is_left_out() {
    let broker = Broker::shared();
    let topic = Topic::create(broker, "rate", 2);
    topic.send((0..400).map(|id| message(id, (id % 2) as i32)));
    let mut limited = request(topic.name.as_str());
    let all = ids(&read(broker, &limited));
    assert_eq!(all.len(), 400);
    let payload = 400 * r#"{"id": 100}"#.len() as u64;
    for rate in [
        Rate { messages_per_s: Some(200), bytes_per_s: None },
        Rate { messages_per_s: None, bytes_per_s: Some(payload / 2) },
    ] {
        limited.rate = rate;
        let start = Instant::now();
        let reading = read(broker, &limited);
        assert!(start.elapsed() >= Duration::from_millis(1700), "{rate:?}: {:?}", start.elapsed());
        assert_eq!(ids(&reading), all);
    }
    // Who waits for the next message at one a minute hears cancel all the same.
    limited.rate = Rate { messages_per_s: None, bytes_per_s: Some(1) };
    let (cancel, start) = (Cancel::default(), Instant::now());
    let outcome = read::read(&cluster(broker), &limited, &cancel, &mut |progress| {
        if progress.messages > 0 {
            cancel.cancel();
        }
    });
    assert!(matches!(outcome, Err(Error::Cancelled)), "{outcome:?}");
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
}

#[test]
fn a_large_message_is_read_whatever_a_fetch_asks_for() {
    let broker = Broker::shared();
    let topic = Topic::create_with(broker, "large", 1, &[("max.message.bytes", "12582912")]);
    let pad = "x".repeat(10_000_000);
    let large = |id: i64| Message::new(format!(r#"{{"id": {id}, "pad": "{pad}"}}"#)).partition(0);
    let producer = producer(broker, &[("message.max.bytes", "12000000")]);
    send(&producer, &topic.name, [message(0, 0), large(1), message(2, 0), large(3), message(4, 0)]);
    let expected = [0, 1, 2, 3, 4];
    let reading = read(broker, &request(topic.name.as_str()));
    assert_eq!(ids(&reading), expected);
    assert!(reading.counts.bytes > 20_000_000);
    for bytes in ["1", "1000", "1000000"] {
        let mut small = cluster(broker);
        small.properties.insert("fetch.message.max.bytes".into(), bytes.into());
        let reading = try_read(&small, &request(topic.name.as_str())).expect("a large message");
        assert_eq!(ids(&reading), expected, "{bytes}");
    }
}
