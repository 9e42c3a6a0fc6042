//! Given settings, when exported, then Rust programs that a person could have written.

use flowloom_flow::Target;
use flowloom_flow::testing::code;

use super::KafkaSource;
use super::export_tests::exported;
use crate::kafka::choices::BadMessages;

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
    use std::collections::BTreeMap;
    use std::env;
    use std::error::Error;
    use std::str::FromStr;
    use std::time::Duration;
    const TIMEOUT: Duration = Duration::from_secs(30);
    /// Where to go on, given the topic, the next offsets, the watermarks and the ends.
    type Resume = fn(
        &str,
        &BTreeMap<i32, i64>,
        &BTreeMap<i32, (i64, i64)>,
        &BTreeMap<i32, i64>,
    ) -> Result<BTreeMap<i32, i64>, Box<dyn Error>>;
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
    /// What the consumer's group has committed.
    fn committed(
        consumer: &BaseConsumer,
        topic: &str,
        marks: &BTreeMap<i32, (i64, i64)>,
    ) -> Result<BTreeMap<i32, i64>, Box<dyn Error>> {
        let mut partitions = TopicPartitionList::new();
        for &partition in marks.keys() {
            partitions.add_partition(topic, partition);
        }
        let mut committed = BTreeMap::new();
        for found in consumer.committed_offsets(partitions, TIMEOUT)?.elements() {
            if let Offset::Offset(offset) = found.offset() {
                committed.insert(found.partition(), offset);
            }
        }
        Ok(committed)
    }
    /// Kept offsets, or the first one left where retention removed messages.
    fn resume_at_first(
        topic: &str,
        kept: &BTreeMap<i32, i64>,
        marks: &BTreeMap<i32, (i64, i64)>,
        ends: &BTreeMap<i32, i64>,
    ) -> Result<BTreeMap<i32, i64>, Box<dyn Error>> {
        refuse_unwritten(topic, marks, kept)?;
        let mut starts = BTreeMap::new();
        for (&partition, &offset) in kept {
            let first = marks[&partition].0.min(ends[&partition]);
            if offset < first {
                let lost = first - offset;
                eprintln!("partition {partition} of {topic}: {lost} offsets are lost");
            }
            starts.insert(partition, offset.max(first));
        }
        Ok(starts)
    }
    /// An offset that was never written is of another topic of that name.
    fn refuse_unwritten(
        topic: &str,
        marks: &BTreeMap<i32, (i64, i64)>,
        offsets: &BTreeMap<i32, i64>,
    ) -> Result<(), Box<dyn Error>> {
        for (partition, offset) in offsets {
            if *offset > marks[partition].1 {
                return Err(format!("partition {partition} of {topic} has no offset {offset}").into());
            }
        }
        Ok(())
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
        let kept = committed(&consumer, topic, &marks)?;
        let mut starts: BTreeMap<i32, i64> = marks
            .iter()
            .map(|(&partition, &(low, _))| (partition, low))
            .collect();
        starts.extend(resume_at_first(topic, &kept, &marks, &ends)?);
        let mut rows: Vec<UnderTestRow> = Vec::new();
        let mut rejects = Vec::new();
        let mut count = 0;
        read_messages(&consumer, topic, &starts, &mut ends, resume_at_first, |message, _| {
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
    /// bring the end of their partition forward. `resume` says where to go on when retention removes
    /// what comes next.
    fn read_messages(
        consumer: &BaseConsumer,
        topic: &str,
        starts: &BTreeMap<i32, i64>,
        ends: &mut BTreeMap<i32, i64>,
        resume: Resume,
        mut take: impl FnMut(&BorrowedMessage, &mut i64) -> Result<(), Box<dyn Error>>,
    ) -> Result<(), Box<dyn Error>> {
        let mut unread = starts.clone();
        unread.retain(|partition, next| *next < ends[partition]);
        assign(consumer, topic, &unread)?;
        while !unread.is_empty() {
            match consumer.poll(TIMEOUT) {
                None => return Err("Kafka has not answered for 30 seconds".into()),
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    unread.remove(&partition);
                }
                Some(Err(KafkaError::MessageConsumption(RDKafkaErrorCode::AutoOffsetReset))) => {
                    unread = resume(topic, &unread, &watermarks(consumer, topic)?, ends)?;
                    unread.retain(|partition, next| *next < ends[partition]);
                    assign(consumer, topic, &unread)?;
                }
                Some(Err(error)) => return Err(error.into()),
                Some(Ok(message)) => {
                    let Some(end) = ends.get_mut(&message.partition()) else {
                        continue;
                    };
                    if message.offset() < *end {
                        take(&message, end)?;
                    }
                    if message.offset() + 1 < *end {
                        unread.insert(message.partition(), message.offset() + 1);
                    } else {
                        unread.remove(&message.partition());
                    }
                }
            }
        }
        Ok(())
    }
    /// Reads each partition from its offset on.
    fn assign(
        consumer: &BaseConsumer,
        topic: &str,
        offsets: &BTreeMap<i32, i64>,
    ) -> Result<(), Box<dyn Error>> {
        let mut partitions = TopicPartitionList::new();
        for (&partition, &offset) in offsets {
            partitions.add_partition_offset(topic, partition, Offset::Offset(offset))?;
        }
        Ok(consumer.assign(&partitions)?)
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
