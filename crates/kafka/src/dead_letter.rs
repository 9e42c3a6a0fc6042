//! Bad messages to a topic of their own: as they were, with where they come from and why they are bad in headers.

use std::time::{Duration, Instant};

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::datatypes::{Int32Type, Int64Type, TimestampMicrosecondType};
use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::types::RDKafkaErrorCode as Code;

use crate::cancel::Cancel;
use crate::client::{Cluster, Watch, code_of, reason_of};
use crate::error::{Error, Result};
use crate::read::Batches;

/// Headers that a dead letter has beside those of its message.
pub const HEADERS: [&str; 5] =
    ["flowloom.reason", "flowloom.topic", "flowloom.partition", "flowloom.offset", "flowloom.timestamp_ms"];

/// How long the brokers may take for all that waits.
const PATIENCE: Duration = Duration::from_mins(1);
const TICK: Duration = Duration::from_millis(20);

/// Writes `rejects`, as [`Reading::rejects`](crate::read::Reading::rejects) has them, to `topic` and waits until every
/// in-sync replica has them; how many there were.
///
/// Key, value and headers are those of the bad message. An error means that some may have been written.
pub fn write(cluster: &Cluster, topic: &str, rejects: &Batches, cancel: &Cancel) -> Result<u64> {
    if rejects.rows == 0 {
        return Ok(0);
    }
    let mut config: ClientConfig = cluster.config()?;
    for (name, value) in [
        ("acks", "all"),
        ("enable.idempotence", "true"),
        ("linger.ms", "20"),
        ("message.timeout.ms", "60000"),
        // As large as a message that a broker takes can be: it was one before.
        ("message.max.bytes", "1000000000"),
        ("queue.buffering.max.kbytes", "32768"),
    ] {
        if !cluster.properties.contains_key(name) {
            config.set(name, value);
        }
    }
    let producer: BaseProducer<Watch> =
        config.create_with_context(Watch::of(cluster)?).map_err(|error| cluster.refused(error))?;
    let servers = cluster.bootstrap_servers.trim();
    let mut letters = Letters { topic, servers, producer, cancel };
    rejects.for_each(|batch| letters.send(&batch))?;
    letters.settle()?;
    Ok(rejects.rows as u64)
}

struct Letters<'a> {
    topic: &'a str,
    servers: &'a str,
    producer: BaseProducer<Watch>,
    cancel: &'a Cancel,
}

impl Letters<'_> {
    fn send(&mut self, batch: &RecordBatch) -> Result<()> {
        let column = |name: &str| {
            batch.column_by_name(name).ok_or_else(|| Error::InvalidRequest {
                reason: format!("the dead letters have no column `{name}`"),
            })
        };
        let (values, keys) = (column("value")?.as_binary::<i32>(), column("key")?.as_binary::<i32>());
        let (topics, reasons) = (column("topic")?.as_string::<i32>(), column("reason")?.as_string::<i32>());
        let partitions = column("partition")?.as_primitive::<Int32Type>();
        let offsets = column("offset")?.as_primitive::<Int64Type>();
        let times = column("timestamp")?.as_primitive::<TimestampMicrosecondType>();
        let headers = column("headers")?.as_list::<i32>();
        for row in 0..batch.num_rows() {
            let time_ms = (!times.is_null(row)).then(|| times.value(row) / 1000);
            let mut with = OwnedHeaders::new();
            let own = headers.value(row);
            let own = own.as_struct();
            let (names, contents) = (own.column(0).as_string::<i32>(), own.column(1).as_binary::<i32>());
            for at in 0..own.len() {
                let value = (!contents.is_null(at)).then(|| contents.value(at));
                with = with.insert(Header { key: names.value(at), value });
            }
            let told = [
                Some(reasons.value(row).to_owned()),
                Some(topics.value(row).to_owned()),
                Some(partitions.value(row).to_string()),
                Some(offsets.value(row).to_string()),
                time_ms.map(|time| time.to_string()),
            ];
            for (key, value) in HEADERS.iter().zip(told) {
                with = with.insert(Header { key, value: value.as_deref() });
            }
            let mut record = BaseRecord::<[u8], [u8]>::to(self.topic).headers(with);
            record.key = (!keys.is_null(row)).then(|| keys.value(row));
            record.payload = (!values.is_null(row)).then(|| values.value(row));
            record.timestamp = time_ms;
            while let Err((error, back)) = self.producer.send(record) {
                if error.rdkafka_error_code() != Some(Code::QueueFull) {
                    return Err(self.failed(code_of(&error), reason_of(&error)));
                }
                self.cancel.check()?;
                self.producer.poll(TICK);
                record = back;
            }
        }
        self.producer.poll(Duration::ZERO);
        self.check()
    }

    /// Waits for the brokers.
    fn settle(&self) -> Result<()> {
        let started = Instant::now();
        while self.producer.in_flight_count() > 0 {
            self.cancel.check()?;
            if started.elapsed() > PATIENCE {
                let waiting = self.producer.in_flight_count();
                let reason =
                    format!("{waiting} of them were not acknowledged within {} s", PATIENCE.as_secs());
                return Err(self.failed(Code::MessageTimedOut, reason));
            }
            self.producer.poll(TICK);
        }
        self.check()
    }

    /// Whether a message that was sent did not arrive.
    fn check(&self) -> Result<()> {
        match self.producer.context().undelivered() {
            None => Ok(()),
            Some((code, reason)) => Err(self.failed(code, reason)),
        }
    }

    fn failed(&self, code: Code, reason: String) -> Error {
        let topic = self.topic.to_owned();
        match code {
            Code::TopicAuthorizationFailed => Error::TopicForbidden { topic },
            Code::UnknownTopicOrPartition | Code::UnknownTopic => {
                Error::UnknownTopic { topic, servers: self.servers.to_owned() }
            }
            _ => Error::Kafka {
                doing: format!("writing bad messages to topic `{}`", self.topic),
                reason,
                source: None,
            },
        }
    }
}
