//! The whole read against librdkafka's mock cluster, and against brokers that fail.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use arrow::array::{AsArray as _, RecordBatch};
use arrow::datatypes::{DataType, Field, Int32Type, Int64Type, Schema};
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

use super::*;
use crate::codec::{Envelope, Outline, Output};
use crate::embedded::{EmbeddedBroker, Record, orders, produce};
use crate::error::Error;
use crate::offsets::{Offsets, TopicOffsets, commit, committed};
use crate::sample;

fn schema(columns: &[(&str, DataType)]) -> Arc<Schema> {
    Arc::new(Schema::new(
        columns.iter().map(|(name, of)| Field::new(*name, of.clone(), true)).collect::<Vec<_>>(),
    ))
}

/// Each field from the key of its name.
fn outline(schema: &Schema) -> Outline {
    Outline::plain(schema).unwrap()
}

fn order_schema() -> Arc<Schema> {
    schema(&[("order_id", DataType::Int64), ("amount", DataType::Float64), ("status", DataType::Utf8View)])
}

fn read_all(cluster: &Cluster, request: &ReadRequest) -> Result<Reading> {
    let reading = read(cluster, request, &Cancel::default(), &mut |_| {})?;
    assert!(reading.counts.add_up(), "{:?}", reading.counts);
    assert_eq!(reading.counts.decoded, reading.rows.rows as u64);
    assert_eq!(reading.counts.rejected, reading.rejects.rows as u64);
    Ok(reading)
}

fn column<'a>(batches: &'a [RecordBatch], name: &'a str) -> impl Iterator<Item = i64> + 'a {
    batches.iter().flat_map(move |batch| {
        let column = batch.column_by_name(name).unwrap();
        let wide = arrow::compute::cast(column, &DataType::Int64).unwrap();
        wide.as_primitive::<Int64Type>().values().to_vec()
    })
}

fn values<'a>(payloads: &'a [&'a str]) -> impl Iterator<Item = Record<'a>> {
    payloads.iter().map(|payload| Record {
        partition: Some(0),
        value: Some(payload.as_bytes()),
        ..Record::default()
    })
}

/// An embedded broker whose topic `t` has one partition with `payloads`.
fn with(payloads: &[&str]) -> (EmbeddedBroker, Cluster) {
    let broker = EmbeddedBroker::start().unwrap();
    broker.create_topic("t", 1).unwrap();
    let cluster = broker.cluster();
    produce(&cluster, "t", values(payloads)).unwrap();
    (broker, cluster)
}

#[test]
fn everything_comes_in_order_with_its_metadata() {
    let broker = EmbeddedBroker::with_orders("orders", 3000).unwrap();
    let mut request = ReadRequest::new("orders", outline(&order_schema()));
    let metadata = MetadataColumn::ALL.into_iter().filter(|column| *column != MetadataColumn::KeyBytes);
    request.metadata = metadata.map(Into::into).collect();
    let mut told = Vec::new();
    let reading =
        read(&broker.cluster(), &request, &Cancel::default(), &mut |progress| told.push(progress)).unwrap();
    assert_eq!((reading.counts.read, reading.counts.decoded, reading.ended), (3000, 3000, Ended::AtEnd));
    assert_eq!(told.last().map(|last| last.total_offsets), Some(3000));

    let batches = reading.rows.collect().unwrap();
    let places: Vec<_> =
        column(&batches, "_kafka_partition").zip(column(&batches, "_kafka_offset")).collect();
    assert!(places.is_sorted() && places.len() == 3000);
    let mut ids: Vec<_> = column(&batches, "order_id").collect();
    ids.sort_unstable();
    assert!(ids.into_iter().eq(1..=3000));
    let expected: BTreeMap<i64, _> = (1..).zip(orders(3000)).collect();
    for batch in &batches {
        let ids = batch.column(0).as_primitive::<Int64Type>();
        let keys = batch.column_by_name("_kafka_key").unwrap().as_string_view();
        let times = batch.column_by_name("_kafka_timestamp").unwrap();
        let times = arrow::compute::cast(times, &DataType::Int64).unwrap();
        for row in 0..batch.num_rows() {
            let order = &expected[&ids.value(row)];
            assert_eq!(keys.value(row), order.customer);
            assert_eq!(times.as_primitive::<Int64Type>().value(row), order.created_at_ms * 1000);
        }
    }
    let next = &reading.next_offsets()["orders"];
    assert_eq!(next.values().sum::<i64>(), 3000);
    assert_eq!(next.len(), 3);
}

#[test]
fn rows_are_the_same_in_memory_and_in_files() {
    let broker = EmbeddedBroker::with_orders("orders", 2000).unwrap();
    let mut request = ReadRequest::new("orders", outline(&order_schema()));
    request.decode_threads = 3;
    let memory = read_all(&broker.cluster(), &request).unwrap();
    request.memory_budget_bytes = 1000;
    let spilled = read_all(&broker.cluster(), &request).unwrap();
    assert!(matches!((&memory.rows.held, &spilled.rows.held), (Held::Memory(_), Held::Files(_))));
    let ids = |reading: &Reading| column(&reading.rows.collect().unwrap(), "order_id").collect::<Vec<_>>();
    assert_eq!(ids(&memory), ids(&spilled));
}

#[test]
fn a_group_goes_on_where_it_committed() {
    let (_broker, cluster) = with(&[r#"{"a":1}"#, r#"{"a":2}"#]);
    let mut request = ReadRequest::new("t", outline(&schema(&[("a", DataType::Int64)])));
    request.start = Start::Committed { group: "sync".into(), fallback: Fallback::Earliest };
    let first = read_all(&cluster, &request).unwrap();
    assert_eq!((first.partitions[0].from, first.partitions[0].to), (0, 2));
    commit(&cluster, "sync", "t", &first.next_offsets()["t"], &Cancel::default()).unwrap();
    assert_eq!(committed(&cluster, "sync", "t", &Cancel::default()).unwrap(), Offsets::from([(0, 2)]));
    produce(&cluster, "t", values(&[r#"{"a":3}"#])).unwrap();
    let second = read_all(&cluster, &request).unwrap();
    assert_eq!(column(&second.rows.collect().unwrap(), "a").collect::<Vec<_>>(), [3]);
    let empty = Start::Offsets { offsets: second.next_offsets(), others: Others::Omitted };
    let nothing = read_all(&cluster, &ReadRequest { start: empty, ..request }).unwrap();
    let next = TopicOffsets::from([("t".into(), Offsets::from([(0, 3)]))]);
    assert_eq!((nothing.counts, nothing.next_offsets()), (Counts::default(), next));
}

#[test]
fn limits_end_a_read_early_and_say_so() {
    let broker = EmbeddedBroker::with_orders("orders", 900).unwrap();
    let cluster = broker.cluster();
    let mut request = ReadRequest::new("orders", outline(&order_schema()));
    request.limits.messages = Some(100);
    let limited = read_all(&cluster, &request).unwrap();
    assert_eq!((limited.counts.read, limited.ended), (100, Ended::MessageLimit));
    let ids = |reading: &Reading| column(&reading.rows.collect().unwrap(), "order_id").collect::<Vec<_>>();
    assert_eq!(ids(&limited), ids(&read_all(&cluster, &request).unwrap()));

    request.start = Start::Offsets { offsets: limited.next_offsets(), others: Others::Omitted };
    request.limits = Limits::default();
    assert_eq!(read_all(&cluster, &request).unwrap().counts.read, 800);

    request.start = Start::Tail(30);
    let tail = read_all(&cluster, &request).unwrap();
    assert_eq!((tail.counts.read, tail.ended), (30, Ended::AtEnd));
    request.limits.messages = Some(9);
    let newest = read_all(&cluster, &request).unwrap();
    assert_eq!((newest.counts.read, newest.ended), (9, Ended::MessageLimit));
    assert_eq!(newest.next_offsets(), tail.next_offsets(), "the newest of them");
    request.limits = Limits::default();

    request.start = Start::Earliest;
    request.limits.bytes = Some(1);
    let bytes = read_all(&cluster, &request).unwrap();
    assert_eq!((bytes.counts.read, bytes.ended), (1, Ended::ByteLimit));
}

#[test]
fn bad_messages_fail_are_skipped_or_rejected() {
    let (_broker, cluster) = with(&[r#"{"a":1}"#, r#"{"a":1.5}"#, "{", r#"{"a":4}"#]);
    let tombstone = Record { partition: Some(0), key: Some(b"\xff"), ..Record::default() };
    produce(&cluster, "t", [tombstone]).unwrap();
    let mut request = ReadRequest::new("t", outline(&schema(&[("a", DataType::Int64)])));
    let error = read_all(&cluster, &request).unwrap_err();
    assert!(matches!(&error, Error::BadMessage { partition: 0, offset: 1, .. }), "{error}");
    assert!(error.to_string().ends_with("field `a`: expected an integer, found 1.5"), "{error}");

    request.bad_messages = BadMessages::Skip;
    let skipped = read_all(&cluster, &request).unwrap();
    assert_eq!((skipped.counts.decoded, skipped.counts.skipped, skipped.rejects.rows), (2, 3, 0));
    assert_eq!(skipped.first_bad.map(|bad| bad.offset), Some(1));
    assert_eq!(skipped.partitions[0].to, 5);

    request.bad_messages = BadMessages::Reject;
    let rejected = read_all(&cluster, &request).unwrap();
    assert_eq!((rejected.counts.decoded, rejected.counts.rejected), (2, 3));
    let rejects = &rejected.rejects.collect().unwrap()[0];
    assert_eq!(
        rejects.column(0).as_binary::<i32>().iter().collect::<Vec<_>>(),
        [Some(&br#"{"a":1.5}"#[..]), Some(b"{"), None]
    );
    assert_eq!(rejects.column(1).as_binary::<i32>().value(2), b"\xff");
    assert_eq!(rejects.column(3).as_primitive::<Int32Type>().values(), &[0, 0, 0]);
    assert_eq!(rejects.column(6).as_string::<i32>().value(2), "null payload (tombstone)");

    request.columns = outline(&schema(&[]));
    request.metadata = vec![MetadataColumn::Offset.into()];
    let offsets = read_all(&cluster, &request).unwrap();
    assert_eq!(column(&offsets.rows.collect().unwrap(), "_kafka_offset").collect::<Vec<_>>(), [0, 1, 3]);
}

#[test]
fn tombstones_are_left_out_whatever_their_keys_are_and_need_no_envelope() {
    let (_broker, cluster) = with(&[r#"{"op":"I","data":{"a":1,"b":1}}"#, r#"{"a":2,"data":null}"#]);
    let tombstone = Record { partition: Some(0), key: Some(b"\xff"), ..Record::default() };
    produce(&cluster, "t", [tombstone]).unwrap();
    let a = Output::new(Field::new("a", DataType::Int64, true), vec!["a".into()]);
    let mut request = ReadRequest::new("t", Outline::new(vec![a], Envelope::Structured).unwrap());
    request.bad_messages = BadMessages::Skip;
    request.tombstones = Tombstones::Skip;
    request.metadata = vec![MetadataColumn::Key.into()];
    let skipped = read_all(&cluster, &request).unwrap().counts;
    assert_eq!((skipped.decoded, skipped.skipped, skipped.tombstones), (1, 2, 1));

    request.tombstones = Tombstones::Nulls;
    request.metadata = vec![MetadataColumn::Offset.into()];
    let nulls = read_all(&cluster, &request).unwrap();
    assert_eq!((nulls.counts.decoded, nulls.counts.skipped, nulls.counts.tombstones), (2, 1, 0));
    let drift = nulls.drift.unknown.iter().map(|(path, met)| (path.as_str(), met.messages));
    assert_eq!(drift.collect::<Vec<_>>(), [("data.b", 1)], "a message without an envelope is no drift");
    let rows = nulls.rows.collect().unwrap();
    assert_eq!(column(&rows, "_kafka_offset").collect::<Vec<_>>(), [0, 2]);
    assert_eq!(rows[0].column(0).as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [Some(1), None]);
}

#[test]
fn keys_are_text_or_bytes() {
    let (_broker, cluster) = with(&[]);
    let record = |key| Record { partition: Some(0), key, value: Some(b"{}"), ..Record::default() };
    produce(&cluster, "t", [record(Some(&b"\xff"[..])), record(None), record(Some(b"k"))]).unwrap();
    let mut request = ReadRequest::new("t", outline(&schema(&[])));
    request.bad_messages = BadMessages::Skip;
    request.metadata = vec![MetadataColumn::Key.into()];
    let text = read_all(&cluster, &request).unwrap();
    assert_eq!(text.first_bad.map(|bad| bad.reason), Some("the key is not valid UTF-8 at byte 0".into()));
    assert_eq!(text.counts.decoded, 2);
    request.metadata = vec![MetadataColumn::KeyBytes.into()];
    let bytes = read_all(&cluster, &request).unwrap().rows.collect().unwrap();
    assert_eq!(
        bytes[0].column(0).as_binary::<i32>().iter().collect::<Vec<_>>(),
        [Some(&b"\xff"[..]), None, Some(b"k")]
    );
}

#[test]
fn a_sample_has_the_oldest_and_the_newest_of_every_partition() {
    let broker = EmbeddedBroker::with_orders("orders", 3000).unwrap();
    let cancel = Cancel::default();
    let sampled = sample::sample(&broker.cluster(), &"orders".into(), 60, &cancel).unwrap();
    let mut by_partition = BTreeMap::<i32, Vec<i64>>::new();
    for message in &sampled {
        by_partition.entry(message.partition).or_default().push(message.offset);
    }
    assert_eq!(by_partition.len(), 3);
    for offsets in by_partition.values() {
        assert!(
            offsets.is_sorted() && offsets.len() == 20 && offsets[..10] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
        );
        assert!(offsets[10] > 900, "{offsets:?}");
    }
    let all = sample::sample(&broker.cluster(), &"orders".into(), 10_000, &cancel).unwrap();
    assert_eq!(all.len(), 3000);
    let inferred = sample::infer_schema(&broker.cluster(), &"orders".into(), 1000, &cancel).unwrap();
    let types: Vec<_> = inferred.schema.fields().iter().map(|field| field.data_type().to_string()).collect();
    assert_eq!(
        types,
        ["Int64", "Utf8View", "Float64", "Utf8View", "Utf8View", "Utf8View", "Int64", "Boolean"]
    );
}

#[test]
fn an_unknown_topic_is_named() {
    let broker = EmbeddedBroker::start().unwrap();
    broker
        .with(|mock| mock.topic_error("nope", RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART))
        .unwrap()
        .unwrap();
    let error = read_all(&broker.cluster(), &ReadRequest::new("nope", outline(&schema(&[])))).unwrap_err();
    assert!(matches!(error, Error::UnknownTopic { .. }), "{error}");
}

#[test]
fn a_broker_that_is_down_is_reported_within_the_timeout() {
    let mut cluster = Cluster::new("127.0.0.1:1");
    cluster.connect_timeout = Duration::from_millis(700);
    let started = Instant::now();
    let error = read_all(&cluster, &ReadRequest::new("t", outline(&schema(&[])))).unwrap_err();
    assert!(started.elapsed() < Duration::from_millis(1500), "{:?}", started.elapsed());
    let text = error.to_string();
    assert!(matches!(error, Error::Unreachable { .. }), "{text}");
    assert!(text.contains("`127.0.0.1:1`") && text.contains("refuses connections"), "{text}");
}

#[test]
fn a_name_that_does_not_resolve_is_reported() {
    let mut cluster = Cluster::new("no-such-host.invalid:9092");
    cluster.connect_timeout = Duration::from_secs(5);
    let error = read_all(&cluster, &ReadRequest::new("t", outline(&schema(&[])))).unwrap_err();
    assert!(matches!(error, Error::Unresolved { .. }), "{error}");
}

#[test]
fn cancel_is_heard_while_no_broker_answers() {
    let cancel = Cancel::default();
    let other = cancel.clone();
    let waiting = thread::spawn(move || {
        let started = Instant::now();
        let request = ReadRequest::new("t", outline(&Schema::empty()));
        let error = read(&Cluster::new("192.0.2.1:9092"), &request, &other, &mut |_| {}).unwrap_err();
        (error, started.elapsed())
    });
    thread::sleep(Duration::from_millis(100));
    cancel.cancel();
    let (error, elapsed) = waiting.join().unwrap();
    assert!(matches!(error, Error::Cancelled), "{error}");
    assert!(elapsed < Duration::from_millis(300), "{elapsed:?}");
}

#[test]
fn a_broker_that_goes_away_fails_the_read_in_time() {
    let broker = EmbeddedBroker::with_orders("orders", 3000).unwrap();
    let mut cluster = broker.cluster();
    cluster.connect_timeout = Duration::from_millis(1500);
    // Slower than the first look at the queue, so that the broker goes away before it answered.
    broker.with(|mock| mock.broker_round_trip_time(1, Duration::from_millis(100))).unwrap().unwrap();
    let request = ReadRequest::new("orders", outline(&order_schema()));
    let mut down = None;
    let error = read(&cluster, &request, &Cancel::default(), &mut |_| {
        down.get_or_insert_with(|| {
            broker.with(|mock| mock.broker_down(-1)).unwrap().unwrap();
            Instant::now()
        });
    })
    .unwrap_err();
    assert!(matches!(error, Error::ConnectionLost { .. }), "{error}");
    assert!(down.unwrap().elapsed() < Duration::from_secs(5), "{:?}", down.unwrap().elapsed());
}

#[test]
fn a_topic_that_is_deleted_fails_the_read() {
    let broker = EmbeddedBroker::with_orders("orders", 3000).unwrap();
    let cluster = broker.cluster();
    let errors = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART; 200];
    let mut gone = false;
    let request = ReadRequest::new("orders", outline(&order_schema()));
    broker.with(move |mock| mock.request_errors(RDKafkaApiKey::Fetch, &errors)).unwrap();
    let error = read(&cluster, &request, &Cancel::default(), &mut |_| {
        if !gone {
            gone = true;
            let unknown = RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
            broker.with(move |mock| mock.topic_error("orders", unknown)).unwrap().unwrap();
        }
    })
    .unwrap_err();
    assert!(matches!(error, Error::TopicDeleted { .. }), "{error}");
}

#[test]
fn passing_errors_do_not_fail_a_read() {
    let broker = EmbeddedBroker::with_orders("orders", 500).unwrap();
    let errors = [
        RDKafkaRespErr::RD_KAFKA_RESP_ERR__TRANSPORT,
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
    ];
    broker.with(move |mock| mock.request_errors(RDKafkaApiKey::Fetch, &errors)).unwrap();
    let reading = read_all(&broker.cluster(), &ReadRequest::new("orders", outline(&order_schema()))).unwrap();
    assert_eq!(reading.counts.decoded, 500);
}

#[test]
fn a_refused_commit_is_an_error() {
    let (broker, cluster) = with(&["{}"]);
    let refuse = |error: RDKafkaRespErr| {
        broker.with(move |mock| mock.request_errors(RDKafkaApiKey::OffsetCommit, &[error; 5])).unwrap();
        let refused =
            commit(&cluster, "sync", "t", &Offsets::from([(0, 1)]), &Cancel::default()).unwrap_err();
        broker.with(|mock| mock.clear_request_errors(RDKafkaApiKey::OffsetCommit)).unwrap();
        refused
    };
    let busy = refuse(RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID);
    assert!(matches!(busy, Error::GroupBusy { .. }) && busy.is_retriable(), "{busy}");
    let forbidden = refuse(RDKafkaRespErr::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED);
    assert!(matches!(forbidden, Error::GroupForbidden { .. }), "{forbidden}");
    let other = refuse(RDKafkaRespErr::RD_KAFKA_RESP_ERR_INVALID_COMMIT_OFFSET_SIZE);
    assert!(matches!(other, Error::CommitRefused { .. }), "{other}");
    assert!(committed(&cluster, "sync", "t", &Cancel::default()).unwrap().is_empty());
}

#[test]
fn an_offset_that_was_never_written_is_refused() {
    let (_broker, cluster) = with(&["{}"]);
    commit(&cluster, "sync", "t", &Offsets::from([(0, 9)]), &Cancel::default()).unwrap();
    let mut request = ReadRequest::new("t", outline(&schema(&[])));
    request.start = Start::Committed { group: "sync".into(), fallback: Fallback::Latest };
    let error = read_all(&cluster, &request).unwrap_err();
    assert!(matches!(error, Error::OffsetOutOfRange { offset: 9, high: 1, .. }), "{error}");
}
