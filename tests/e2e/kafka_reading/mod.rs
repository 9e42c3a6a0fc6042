//! The bounded read of the Kafka crate on a real broker: what it covers, and what may go wrong meanwhile.

mod lost;
mod matrix;
mod rate;
mod tail;
mod topics;
mod trouble;

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::{DataType, Field, Int32Type, Int64Type, Schema};
use flowloom_kafka::codec::Outline;
use flowloom_kafka::offsets::TopicOffsets;
use flowloom_kafka::read::{self, MetadataColumn, Progress, ReadRequest, Reading, Topics, Wanted};
use flowloom_kafka::{Cancel, Cluster, Error};

use crate::broker::Broker;
use crate::message::Message;
use crate::producer::{producer, send};
use crate::topic::Topic;

/// Topic, partition, offset, and the message's `id`.
type Row = (String, i32, i64, i64);

fn cluster(broker: &Broker) -> Cluster {
    Cluster::new(broker.bootstrap())
}

/// As [`cluster`], of a client that has hardly more than what was taken of it.
fn hand_to_mouth(broker: &Broker) -> Cluster {
    let mut cluster = cluster(broker);
    for (name, value) in [
        ("queued.min.messages", "1"),
        ("queued.max.messages.kbytes", "1"),
        ("fetch.message.max.bytes", "1000"),
    ] {
        cluster.properties.insert(name.into(), value.into());
    }
    cluster
}

/// The ids and places of all messages of `topics`.
fn request(topics: impl Into<Topics>) -> ReadRequest {
    let schema = Schema::new(vec![Field::new("id", DataType::Int64, true)]);
    let mut request = ReadRequest::new(topics, Outline::plain(&schema).expect("a type that there is"));
    let columns = [MetadataColumn::Topic, MetadataColumn::Partition, MetadataColumn::Offset];
    request.metadata = columns.into_iter().map(Into::into).collect();
    request
}

fn named<'a>(topics: impl IntoIterator<Item = &'a Topic<'a>>) -> Topics {
    let wanted = topics.into_iter().map(|topic| Wanted { topic: topic.name.clone(), partitions: None });
    Topics::Named(wanted.collect())
}

/// Reads, and holds what every outcome says of itself against its rows.
fn try_read(cluster: &Cluster, request: &ReadRequest) -> Result<Reading, Error> {
    read_with(cluster, request, &mut |_| {})
}

fn read_with(
    cluster: &Cluster,
    request: &ReadRequest,
    progress: &mut dyn FnMut(Progress),
) -> Result<Reading, Error> {
    let reading = read::read(cluster, request, &Cancel::default(), progress)?;
    assert!(reading.counts.add_up(), "{:?}", reading.counts);
    assert_eq!(reading.partitions.iter().map(|read| read.messages).sum::<u64>(), reading.counts.read);
    assert_eq!(reading.partitions.iter().map(|read| read.bytes).sum::<u64>(), reading.counts.bytes);
    let mut count = BTreeMap::new();
    let rows = rows(&reading);
    assert!(rows.is_sorted(), "by topic, partition and offset");
    for (topic, partition, offset, _) in &rows {
        *count.entry((topic.clone(), *partition)).or_insert(0) += 1;
        let read =
            reading.partitions.iter().find(|read| (&read.topic, read.partition) == (topic, *partition));
        assert!(
            read.is_some_and(|read| (read.from..read.to).contains(offset)),
            "{topic} {partition} {offset}"
        );
    }
    for read in &reading.partitions {
        assert!(read.from <= read.to && read.to <= read.end, "{read:?}");
        assert_eq!(read.messages > 0, read.last_timestamp_ms.is_some(), "{read:?}");
        if reading.counts.read == reading.counts.decoded {
            assert_eq!(count.get(&(read.topic.clone(), read.partition)).copied().unwrap_or(0), read.messages);
        }
    }
    Ok(reading)
}

fn read(broker: &Broker, request: &ReadRequest) -> Reading {
    try_read(&cluster(broker), request).unwrap_or_else(|error| panic!("{request:?}: {error}"))
}

fn rows(reading: &Reading) -> Vec<Row> {
    let mut rows = Vec::new();
    for batch in reading.rows.collect().expect("rows") {
        let column = |name: &str| batch.column_by_name(name).expect("a column");
        let (ids, topics) =
            (column("id").as_primitive::<Int64Type>(), column("_kafka_topic").as_string_view());
        let partitions = column("_kafka_partition").as_primitive::<Int32Type>();
        let offsets = column("_kafka_offset").as_primitive::<Int64Type>();
        rows.extend((0..batch.num_rows()).map(|row| {
            let id = if ids.is_null(row) { -1 } else { ids.value(row) };
            (topics.value(row).to_owned(), partitions.value(row), offsets.value(row), id)
        }));
    }
    rows
}

fn ids(reading: &Reading) -> Vec<i64> {
    rows(reading).into_iter().map(|(_, _, _, id)| id).collect()
}

fn message(id: i64, partition: i32) -> Message {
    Message::new(format!(r#"{{"id": {id}}}"#)).partition(partition)
}

fn offsets_of(topic: &Topic<'_>, offsets: &[(i32, i64)]) -> TopicOffsets {
    TopicOffsets::from([(topic.name.clone(), offsets.iter().copied().collect())])
}

/// `count` messages of a kilobyte, no more than five in a batch: a broker gives a few at a time.
fn fill_slowly_read(topic: &Topic<'_>, count: i64) {
    let pad = "x".repeat(1000);
    let messages = (0..count).map(|id| {
        Message::new(format!(r#"{{"id": {id}, "pad": "{pad}"}}"#))
            .partition((id % i64::from(topic.partitions)) as i32)
    });
    send(&producer(topic.broker, &[("batch.num.messages", "5")]), &topic.name, messages);
}

fn selection(topic: &Topic<'_>, partitions: &[i32]) -> Wanted {
    let partitions: BTreeSet<_> = partitions.iter().copied().collect();
    Wanted { topic: topic.name.clone(), partitions: Some(partitions) }
}
