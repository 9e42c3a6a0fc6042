//! Several topics in one read, against librdkafka's mock cluster.

use arrow::array::AsArray as _;
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

use super::*;
use crate::codec::Outline;
use crate::embedded::{EmbeddedBroker, Record, produce};
use crate::error::Error;

fn request(topics: impl Into<Topics>) -> ReadRequest {
    let schema = Schema::new(vec![Field::new("n", DataType::Int64, true)]);
    ReadRequest::new(topics, Outline::plain(&schema).unwrap())
}

/// `count` messages with the numbers from `first` on, partition after partition.
fn fill(cluster: &Cluster, topic: &str, partitions: i32, first: i64, count: i64) {
    let payloads: Vec<_> = (first..first + count).map(|n| format!("{{\"n\": {n}}}")).collect();
    let each = payloads.len().div_ceil(partitions as usize);
    let records = payloads.iter().enumerate().map(|(index, payload)| Record {
        partition: Some((index / each) as i32),
        value: Some(payload.as_bytes()),
        ..Record::default()
    });
    produce(cluster, topic, records).unwrap();
}

fn numbers(reading: &Reading) -> Vec<i64> {
    let batches = reading.rows.collect().unwrap();
    batches.iter().flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec()).collect()
}

fn read_all(cluster: &Cluster, request: &ReadRequest) -> Result<Reading> {
    read(cluster, request, &Cancel::default(), &mut |_| {})
}

#[test]
fn more_partitions_than_are_read_at_once_come_in_order_too() {
    let broker = EmbeddedBroker::start().unwrap();
    let cluster = broker.cluster();
    let partitions = (fetch::AT_ONCE + 20) as i32;
    for topic in ["b", "a", "c"] {
        broker.create_topic(topic, partitions).unwrap();
    }
    let count = i64::from(partitions) * 10;
    for (topic, first) in [("a", 0), ("b", count), ("c", 2 * count)] {
        fill(&cluster, topic, partitions, first, count);
    }
    let mut request = request(Topics::Pattern("[abc]".into()));
    request.rack = Some("here".into());
    let memory = read_all(&cluster, &request).unwrap();
    assert_eq!(numbers(&memory), (0..3 * count).collect::<Vec<_>>());
    request.memory_budget_bytes = 1;
    let spilled = read_all(&cluster, &request).unwrap();
    assert_eq!(numbers(&spilled), numbers(&memory));
    request.limits.messages = Some(7);
    let few = read_all(&cluster, &request).unwrap();
    assert_eq!((few.counts.read, few.ended), (7, Ended::MessageLimit));
    request.start = Start::Offsets { offsets: few.next_offsets(), others: Others::Omitted };
    request.limits = Limits::default();
    assert_eq!(read_all(&cluster, &request).unwrap().counts.read, 3 * count as u64 - 7);
}

#[test]
fn what_retention_takes_while_it_is_read_is_lost_as_asked() {
    // The mock keeps five megabytes of a partition.
    let pad = "x".repeat(100_000);
    let payload = |n: i64| format!("{{\"n\": {n}, \"pad\": \"{pad}\"}}");
    let send = |cluster: &Cluster, numbers: std::ops::Range<i64>| {
        let payloads: Vec<_> = numbers.map(payload).collect();
        let value = |payload| Record { partition: Some(0), value: Some(payload), ..Record::default() };
        produce(cluster, "t", payloads.iter().map(String::as_bytes).map(value)).unwrap();
    };
    for lost in [Lost::Fail, Lost::Earliest, Lost::Latest] {
        let broker = EmbeddedBroker::start().unwrap();
        broker.create_topic("t", 1).unwrap();
        let mut cluster = broker.cluster();
        send(&cluster, 0..40);
        for (name, value) in [("queued.min.messages", "1"), ("fetch.message.max.bytes", "1000")] {
            cluster.properties.insert(name.into(), value.into());
        }
        let mut request = ReadRequest { lost, ..request("t") };
        request.rate.messages_per_s = Some(20);
        let mut is_sent = false;
        let outcome = read(&cluster, &request, &Cancel::default(), &mut |progress| {
            if progress.messages > 0 && !std::mem::replace(&mut is_sent, true) {
                send(&cluster, 40..80);
            }
        });
        if lost == Lost::Fail {
            let error = outcome.unwrap_err();
            assert!(matches!(&error, Error::OffsetRemoved { lost: 1.., .. }), "{error}");
            continue;
        }
        let reading = outcome.unwrap();
        let only = &reading.partitions[0];
        assert_eq!((only.to, only.end, reading.ended), (40, 40, Ended::AtEnd));
        assert!(only.lost > 0 && only.messages > 0, "{only:?}");
        assert_eq!(only.messages as i64 + only.lost, 40);
        let numbers = numbers(&reading);
        if lost == Lost::Latest {
            assert_eq!(numbers, (0..40 - only.lost).collect::<Vec<_>>());
        } else {
            assert_eq!(numbers.last(), Some(&39));
        }
    }
}

#[test]
fn one_topic_of_several_that_is_deleted_is_named() {
    let broker = EmbeddedBroker::start().unwrap();
    let cluster = broker.cluster();
    for topic in ["kept", "doomed"] {
        broker.create_topic(topic, 2).unwrap();
        fill(&cluster, topic, 2, 0, 100);
    }
    let errors = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART; 200];
    broker.with(move |mock| mock.request_errors(RDKafkaApiKey::Fetch, &errors)).unwrap();
    let mut is_gone = false;
    let error = read(&cluster, &request(Topics::Pattern(".*".into())), &Cancel::default(), &mut |_| {
        if !std::mem::replace(&mut is_gone, true) {
            let unknown = RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
            broker.with(move |mock| mock.topic_error("doomed", unknown)).unwrap().unwrap();
        }
    })
    .unwrap_err();
    assert!(matches!(&error, Error::TopicDeleted { topic } if topic == "doomed"), "{error}");
}
