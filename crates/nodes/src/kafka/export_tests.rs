//! Given settings, when exported, then programs that a person could have written.

use flowloom_flow::Target;
use flowloom_flow::testing::code;
use flowloom_flow::value::{FieldSpec, Fields, Topics};

use super::KafkaSource;
use crate::kafka::choices::BadMessages;

/// Every kind of field and column that both targets know.
fn exported() -> KafkaSource {
    KafkaSource {
        topic: Topics::from("orders"),
        sync_name: "orders-sync".to_owned(),
        fields: Fields(
            [("order_id", "Int64"), ("customer", "String"), ("amount", "Float64")]
                .map(|(name, dtype)| FieldSpec::new(name, dtype))
                .into(),
        ),
        ..KafkaSource::default()
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a whole program")]
fn python_reads_the_same() {
    let settings = KafkaSource { bad_messages: BadMessages::Reject, ..exported() };
    insta::assert_snapshot!(code(&settings, Target::Python, &[]).expect("written"), @r#"
    package confluent-kafka >=2.6 
    package polars >=2.1 
    environment KAFKA_BOOTSTRAP_SERVERS = Some("localhost:9092")
    from collections.abc import Callable, Iterator
    from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
    from typing import Any
    import json
    import os
    import polars as pl
    import re
    import sys
    def integer(value: Any, low: int = -(2**63), high: int = 2**63 - 1) -> int | None:
        if value is None:
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if type(value) is not int or not low <= value <= high:
            raise ValueError(f"expected an integer, found {value}")
        return value
    def text(value: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value
        return json.dumps(value, ensure_ascii=False)
    def number(value: Any) -> float | None:
        if value is None:
            return None
        if type(value) not in (int, float) or abs(value) > sys.float_info.max:
            raise ValueError(f"expected a number, found {value}")
        return float(value)
    def watermarks(consumer: Consumer, topic: str) -> dict[int, tuple[int, int]]:
        """The first offset of each partition, and the next one to be written."""
        found = consumer.list_topics(topic, timeout=10).topics[topic]
        if found.error:
            raise KafkaException(found.error)
        return {
            partition: consumer.get_watermark_offsets(
                TopicPartition(topic, partition), timeout=10
            )
            for partition in sorted(found.partitions)
        }
    def messages(
        consumer: Consumer, topic: str, starts: dict[int, int], ends: dict[int, int]
    ) -> Iterator[Message]:
        """Messages from `starts` up to `ends`, whatever is written meanwhile."""
        for partition, start in starts.items():
            if start > ends[partition]:
                raise ValueError(f"partition {partition} of {topic} has no offset {start}")
        unread = {partition for partition in ends if starts[partition] < ends[partition]}
        consumer.assign([TopicPartition(topic, each, starts[each]) for each in unread])
        while unread:
            message = consumer.poll(30)
            if message is None:
                raise TimeoutError("Kafka has not answered for 30 seconds")
            partition = message.partition()
            if message.error():
                if message.error().code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(message.error())
                unread.discard(partition)
                continue
            if message.offset() < ends[partition]:
                yield message
            if message.offset() + 1 >= ends[partition]:
                unread.discard(partition)
        consumer.close()
    def refuse_constant(name: str) -> None:
        raise ValueError(f"{name} is not JSON")
    def as_written(record: str, key: str) -> str:
        """The value of `key` in a JSON object, as the text that stands there."""
        decoder, at, written = json.JSONDecoder(), 0, ""
        while (at := record.find('"', at)) >= 0:
            name, at = decoder.raw_decode(record, at)
            start = re.compile(r"\s*:\s*").match(record, at).end()
            _, at = decoder.raw_decode(record, start)
            if name == key:
                written = record[start:at]
        return written
    def decode(payload: bytes | None, fields: dict[str, Callable[[Any], Any]]) -> list[Any]:
        """The fields of a message; a value that does not fit is a ValueError."""
        if payload is None:
            raise ValueError("null payload (tombstone)")
        written = payload.decode()
        record = json.loads(written, parse_constant=refuse_constant)
        if not isinstance(record, dict):
            record, written = {"value": record}, f'{{"value": {written.strip()}}}'
        row = []
        for name, read in fields.items():
            value = record.get(name)
            if read is text and value is not None and not isinstance(value, str):
                value = as_written(written, name)
            try:
                row.append(read(value))
            except ValueError as error:
                raise ValueError(f"field `{name}`: {error}") from error
        return row
    def under_test_consumer() -> Consumer:
        return Consumer(
            {
                "bootstrap.servers": os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "localhost:9092"),
                "group.id": "orders-sync",
                "isolation.level": "read_committed",
                "auto.offset.reset": "error",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
            }
        )
    def read_under_test() -> tuple[pl.LazyFrame, pl.LazyFrame, list[TopicPartition], int]:
        """New messages of the topic, by partition and offset; with the offsets to commit."""
        fields = {"order_id": integer, "customer": text, "amount": number}
        consumer = under_test_consumer()
        marks = watermarks(consumer, "orders")
        ends = {partition: high for partition, (_, high) in marks.items()}
        committed = consumer.committed(
            [TopicPartition("orders", partition) for partition in marks], timeout=10
        )
        starts = {
            found.partition: max(found.offset, marks[found.partition][0])
            for found in committed
        }
        rows = {partition: [] for partition in ends}
        rejects = {partition: [] for partition in ends}
        count = 0
        for message in messages(consumer, "orders", starts, ends):
            count += 1
            partition, offset = message.partition(), message.offset()
            time_type, time_ms = message.timestamp()
            time = time_ms * 1000 if time_type else None
            try:
                row = decode(message.value(), fields)
                key = message.key()
                key = key.decode() if key is not None else None
            except ValueError as error:
                source = (message.value(), message.key(), message.topic())
                rejects[partition].append((str(error), *source, partition, offset, time))
                continue
            rows[partition].append((*row, key, partition, offset, time))
        schema = {
            "order_id": pl.Int64,
            "customer": pl.String,
            "amount": pl.Float64,
            "_kafka_key": pl.String,
            "_kafka_partition": pl.Int64,
            "_kafka_offset": pl.Int64,
            "_kafka_timestamp": pl.Datetime("us", "UTC"),
        }
        found = [row for part in rows.values() for row in part]
        reject_schema = {
            "reason": pl.String,
            "value": pl.Binary,
            "key": pl.Binary,
            "topic": pl.String,
            "partition": pl.Int64,
            "offset": pl.Int64,
            "timestamp": pl.Datetime("us", "UTC"),
        }
        bad = [row for part in rejects.values() for row in part]
        offsets = [TopicPartition("orders", *end) for end in ends.items()]
        return (
            pl.DataFrame(found, schema=schema, orient="row").lazy(),
            pl.DataFrame(bad, schema=reject_schema, orient="row").lazy(),
            offsets,
            count,
        )
    def commit_offsets(consumer: Consumer, offsets: list[TopicPartition]) -> None:
        """Keeps offsets, or fails: a partition may fail alone."""
        for kept in consumer.commit(offsets=offsets, asynchronous=False):
            if kept.error:
                raise RuntimeError(
                    "the rows are written, but Kafka has not kept the offset of partition "
                    f"{kept.partition} of {kept.topic}: {kept.error.str()}"
                )
    out, rejects, under_test_offsets, under_test_count = read_under_test()
    commit_offsets(under_test_consumer(), under_test_offsets)
    "#);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a whole program")]
fn rust_reads_the_same() {
    let settings = KafkaSource { bad_messages: BadMessages::Reject, ..exported() };
    insta::assert_snapshot!(code(&settings, Target::Rust, &[]).expect("written"), @r#"
    package polars 0.55 dtype-datetime lazy timezones
    package rdkafka 0.39 cmake-build libz ssl zstd
    package serde_json 1 raw_value std
    environment KAFKA_BOOTSTRAP_SERVERS = Some("localhost:9092")
    use polars::prelude::*;
    use rdkafka::config::ClientConfig;
    use rdkafka::consumer::CommitMode;
    use rdkafka::consumer::{BaseConsumer, Consumer};
    use rdkafka::error::KafkaError;
    use rdkafka::message::BorrowedMessage;
    use rdkafka::types::RDKafkaErrorCode;
    use rdkafka::{Message, Offset, TopicPartitionList};
    use serde_json::value::RawValue;
    use std::collections::{BTreeMap, BTreeSet};
    use std::env;
    use std::error::Error;
    use std::str::FromStr;
    use std::time::Duration;
    const TIMEOUT: Duration = Duration::from_secs(30);
    /// The fields of a message as they are written; `None`: null.
    type Fields<'a> = BTreeMap<String, Option<&'a RawValue>>;
    /// A message of the topic `orders`.
    struct UnderTestRow {
        order_id: Option<i64>,
        customer: Option<String>,
        amount: Option<f64>,
        kafka_key: Option<String>,
        kafka_partition: i64,
        kafka_offset: i64,
        kafka_timestamp: Option<i64>,
    }
    impl UnderTestRow {
        fn read(message: &BorrowedMessage) -> Result<Self, Box<dyn Error>> {
            let fields = decode(message.payload())?;
            let key = message.key().map(Vec::from);
            Ok(Self {
                order_id: field(&fields, "order_id", integer)?,
                customer: field(&fields, "customer", text)?,
                amount: field(&fields, "amount", number)?,
                kafka_key: key.map(String::from_utf8).transpose()?,
                kafka_partition: message.partition().into(),
                kafka_offset: message.offset(),
                kafka_timestamp: message.timestamp().to_millis().map(|ms| ms * 1000),
            })
        }
    }
    /// A message that could not be read, and why.
    struct Reject {
        reason: String,
        value: Option<Vec<u8>>,
        key: Option<Vec<u8>>,
        partition: i64,
        offset: i64,
        timestamp: Option<i64>,
    }

    impl Reject {
        fn new(message: &BorrowedMessage, reason: &dyn Error) -> Self {
            Self {
                reason: reason.to_string(),
                value: message.payload().map(Vec::from),
                key: message.key().map(Vec::from),
                partition: message.partition().into(),
                offset: message.offset(),
                timestamp: message.timestamp().to_millis().map(|ms| ms * 1000),
            }
        }
    }
    fn under_test_consumer() -> Result<BaseConsumer, Box<dyn Error>> {
        let servers = env::var("KAFKA_BOOTSTRAP_SERVERS");
        let servers = servers.unwrap_or_else(|_| "localhost:9092".into());
        let consumer = ClientConfig::new()
            .set("bootstrap.servers", servers)
            .set("group.id", "orders-sync")
            .set("isolation.level", "read_committed")
            .set("auto.offset.reset", "error")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .create()?;
        Ok(consumer)
    }
    /// New messages of the topic, by partition and offset; with the offsets to commit.
    fn read_under_test() -> Result<(LazyFrame, LazyFrame, TopicPartitionList, usize), Box<dyn Error>> {
        let topic = "orders";
        let consumer = under_test_consumer()?;
        let marks = watermarks(&consumer, topic)?;
        let mut ends: BTreeMap<i32, i64> = marks
            .iter()
            .map(|(&partition, &(_, high))| (partition, high))
            .collect();
        let mut partitions = TopicPartitionList::new();
        for &partition in marks.keys() {
            partitions.add_partition(topic, partition);
        }
        let mut starts = BTreeMap::new();
        for found in consumer.committed_offsets(partitions, TIMEOUT)?.elements() {
            let (low, _) = marks[&found.partition()];
            let start = found.offset().to_raw().unwrap_or(low).max(low);
            starts.insert(found.partition(), start);
        }
        let mut rows: Vec<UnderTestRow> = Vec::new();
        let mut rejects = Vec::new();
        let mut count = 0;
        read_messages(&consumer, topic, &starts, &mut ends, |message, _| {
            count += 1;
            match UnderTestRow::read(message) {
                Ok(row) => rows.push(row),
                Err(error) => rejects.push(Reject::new(message, &*error)),
            }
            Ok(())
        })?;
        rows.sort_by_key(|row| (row.kafka_partition, row.kafka_offset));
        let rows = df!(
            "order_id" => rows.iter().map(|row| row.order_id).collect::<Vec<_>>(),
            "customer" => rows.iter().map(|row| row.customer.as_deref()).collect::<Vec<_>>(),
            "amount" => rows.iter().map(|row| row.amount).collect::<Vec<_>>(),
            "_kafka_key" => rows.iter().map(|row| row.kafka_key.as_deref()).collect::<Vec<_>>(),
            "_kafka_partition" => rows.iter().map(|row| row.kafka_partition).collect::<Vec<_>>(),
            "_kafka_offset" => rows.iter().map(|row| row.kafka_offset).collect::<Vec<_>>(),
            "_kafka_timestamp" => rows.iter().map(|row| row.kafka_timestamp).collect::<Vec<_>>(),
        )?
        .lazy();
        let utc = DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC));
        rejects.sort_by_key(|each: &Reject| (each.partition, each.offset));
        let rejected = df!(
            "reason" => rejects.iter().map(|each| each.reason.as_str()).collect::<Vec<_>>(),
            "value" => rejects.iter().map(|each| each.value.as_deref()).collect::<Vec<_>>(),
            "key" => rejects.iter().map(|each| each.key.as_deref()).collect::<Vec<_>>(),
            "topic" => vec![topic; rejects.len()],
            "partition" => rejects.iter().map(|each| each.partition).collect::<Vec<_>>(),
            "offset" => rejects.iter().map(|each| each.offset).collect::<Vec<_>>(),
            "timestamp" => rejects.iter().map(|each| each.timestamp).collect::<Vec<_>>(),
        )?;
        let mut offsets = TopicPartitionList::new();
        for (&partition, &end) in &ends {
            offsets.add_partition_offset(topic, partition, Offset::Offset(end))?;
        }
        Ok((
            rows.with_column(col("_kafka_timestamp").cast(utc.clone())),
            rejected.lazy().with_column(col("timestamp").cast(utc)),
            offsets,
            count,
        ))
    }
    /// The first offset of each partition, and the next one to be written.
    fn watermarks(
        consumer: &BaseConsumer,
        topic: &str,
    ) -> Result<BTreeMap<i32, (i64, i64)>, Box<dyn Error>> {
        let metadata = consumer.fetch_metadata(Some(topic), TIMEOUT)?;
        let mut marks = BTreeMap::new();
        for found in metadata.topics() {
            if let Some(error) = found.error() {
                return Err(format!("topic {topic}: {}", RDKafkaErrorCode::from(error)).into());
            }
            for partition in found.partitions() {
                let low_and_high = consumer.fetch_watermarks(topic, partition.id(), TIMEOUT)?;
                marks.insert(partition.id(), low_and_high);
            }
        }
        Ok(marks)
    }
    /// Hands over messages from `starts` up to `ends`, whatever is written meanwhile. Who takes them may
    /// bring the end of their partition forward.
    fn read_messages(
        consumer: &BaseConsumer,
        topic: &str,
        starts: &BTreeMap<i32, i64>,
        ends: &mut BTreeMap<i32, i64>,
        mut take: impl FnMut(&BorrowedMessage, &mut i64) -> Result<(), Box<dyn Error>>,
    ) -> Result<(), Box<dyn Error>> {
        let mut partitions = TopicPartitionList::new();
        let mut unread = BTreeSet::new();
        for (&partition, &start) in starts {
            let end = ends[&partition];
            if start > end {
                return Err(format!("partition {partition} of {topic} has no offset {start}").into());
            }
            if start < end {
                partitions.add_partition_offset(topic, partition, Offset::Offset(start))?;
                unread.insert(partition);
            }
        }
        consumer.assign(&partitions)?;
        while !unread.is_empty() {
            match consumer.poll(TIMEOUT) {
                None => return Err("Kafka has not answered for 30 seconds".into()),
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    unread.remove(&partition);
                }
                Some(Err(error)) => return Err(error.into()),
                Some(Ok(message)) => {
                    let Some(end) = ends.get_mut(&message.partition()) else {
                        continue;
                    };
                    if message.offset() < *end {
                        take(&message, end)?;
                    }
                    if message.offset() + 1 >= *end {
                        unread.remove(&message.partition());
                    }
                }
            }
        }
        Ok(())
    }
    /// The fields of a payload; one that is not an object is its field `value`.
    fn decode(payload: Option<&[u8]>) -> Result<Fields<'_>, Box<dyn Error>> {
        let payload = std::str::from_utf8(payload.ok_or("null payload (tombstone)")?)?;
        if payload.trim_start().starts_with('{') {
            return Ok(serde_json::from_str(payload)?);
        }
        let value = serde_json::from_str(payload)?;
        Ok(Fields::from([("value".into(), value)]))
    }
    /// The field `key` as `read` takes it; `None` where it is null or not there.
    fn field<T>(
        fields: &Fields,
        key: &str,
        read: impl Fn(&str) -> Result<T, Box<dyn Error>>,
    ) -> Result<Option<T>, Box<dyn Error>> {
        let Some(Some(written)) = fields.get(key) else {
            return Ok(None);
        };
        match read(written.get()) {
            Ok(value) => Ok(Some(value)),
            Err(error) => Err(format!("field `{key}`: {error}").into()),
        }
    }
    /// An integer, also one that is written as `1.0` or `1e3`.
    fn integer<T: TryFrom<i128>>(written: &str) -> Result<T, Box<dyn Error>> {
        let integer = match written.parse() {
            Ok(integer) => Some(integer),
            Err(_) => {
                let float = written.parse().ok();
                let whole = float.filter(|float: &f64| float.fract() == 0.0);
                whole.map(|float| float as i128)
            }
        };
        match integer.and_then(|integer: i128| T::try_from(integer).ok()) {
            Some(integer) => Ok(integer),
            None => Err(format!("expected an integer, found {written}").into()),
        }
    }
    /// A number in the range of its type.
    fn number<T: FromStr + Into<f64> + Copy>(written: &str) -> Result<T, Box<dyn Error>> {
        match written.parse() {
            Ok(number) if T::into(number).is_finite() => Ok(number),
            _ => Err(format!("expected a number, found {written}").into()),
        }
    }
    /// A string; any other value as the JSON text that stands there.
    fn text(written: &str) -> Result<String, Box<dyn Error>> {
        if written.starts_with('"') {
            return Ok(serde_json::from_str(written)?);
        }
        Ok(written.to_owned())
    }
    /// Keeps offsets and reads them back, for a partition may fail alone.
    fn commit_offsets(
        consumer: &BaseConsumer,
        offsets: &TopicPartitionList,
    ) -> Result<(), Box<dyn Error>> {
        consumer.commit(offsets, CommitMode::Sync)?;
        let kept = consumer.committed_offsets(offsets.clone(), TIMEOUT)?;
        if kept == *offsets {
            return Ok(());
        }
        Err("the rows are written, but Kafka has not kept the offsets of all partitions".into())
    }
    let (out, rejects, under_test_offsets, under_test_count) = read_under_test()?;
    commit_offsets(&under_test_consumer()?, &under_test_offsets)?;
    "#);
}
