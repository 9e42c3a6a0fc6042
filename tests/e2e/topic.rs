//! A topic of a test's own: creating, filling, reading back and deleting it.

use std::borrow::Borrow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_executor::block_on;
use rdkafka::admin::{AdminOptions, NewTopic, TopicReplication};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::Headers as _;
use rdkafka::{Message as _, Offset, TopicPartitionList};

use crate::broker::Broker;
use crate::eventually::{DEADLINE, eventually};
use crate::message::Message;
use crate::producer::{Transaction, producer, send};

/// librdkafka wants a group of every consumer; this one only looks, and never commits.
const LOOKING: &str = "flowloom-tests";

/// A name that no other test of this process uses: `orders-7`.
pub(crate) fn unique(prefix: &str) -> String {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    format!("{prefix}-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A topic on one broker.
pub(crate) struct Topic<'a> {
    pub(crate) broker: &'a Broker,
    pub(crate) name: String,
    pub(crate) partitions: i32,
}

/// Which messages a reader sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isolation {
    Committed,
    Uncommitted,
}

impl<'a> Topic<'a> {
    /// Creates a topic with a unique name.
    pub(crate) fn create(broker: &'a Broker, prefix: &str, partitions: i32) -> Self {
        Self::create_with(broker, prefix, partitions, &[])
    }

    /// Creates a topic with a unique name and topic properties, such as `("cleanup.policy", "compact")`.
    pub(crate) fn create_with(
        broker: &'a Broker,
        prefix: &str,
        partitions: i32,
        properties: &[(&str, &str)],
    ) -> Self {
        Self::create_named(broker, &unique(prefix), partitions, properties)
    }

    /// Creates the topic `name`, which no other test of this process may take.
    pub(crate) fn create_named(
        broker: &'a Broker,
        name: &str,
        partitions: i32,
        properties: &[(&str, &str)],
    ) -> Self {
        let topic = properties
            .iter()
            .fold(NewTopic::new(name, partitions, TopicReplication::Fixed(1)), |topic, (name, value)| {
                topic.set(name, value)
            });
        let created = block_on(broker.admin().create_topics([&topic], &admin_options()));
        for result in created.expect("the broker answers") {
            result.unwrap_or_else(|(name, code)| panic!("cannot create topic {name}: {code}"));
        }
        let topic = Self { broker, name: name.to_owned(), partitions };
        // The controller has answered; the broker serves it a moment later.
        let consumer = broker.consumer(LOOKING);
        eventually("the new topic has leaders", || {
            let metadata = consumer.fetch_metadata(Some(&topic.name), DEADLINE).ok()?;
            let partitions = metadata.topics().first()?.partitions();
            (partitions.len() == partitions_len(topic.partitions)
                && partitions.iter().all(|partition| partition.error().is_none() && partition.leader() >= 0))
            .then_some(())
        });
        topic
    }

    /// Sends messages and returns when the broker has them all.
    pub(crate) fn send(&self, messages: impl IntoIterator<Item = impl Borrow<Message>>) {
        send(&producer(self.broker, &[]), &self.name, messages);
    }

    /// Begins a transaction, which stays open until it is committed or aborted.
    pub(crate) fn begin(&self) -> Transaction<'_> {
        Transaction::begin(self)
    }

    /// The first offset that can be read and the one after the last, by partition; aborted messages and markers count.
    pub(crate) fn watermarks(&self) -> Vec<(i64, i64)> {
        let consumer = self.reader(Isolation::Uncommitted);
        (0..self.partitions)
            .map(|partition| consumer.fetch_watermarks(&self.name, partition, DEADLINE).expect("watermarks"))
            .collect()
    }

    /// Every message there is, by partition and offset.
    pub(crate) fn read(&self, isolation: Isolation) -> Vec<Message> {
        let consumer = self.reader(isolation);
        let mut everything = TopicPartitionList::new();
        for partition in 0..self.partitions {
            everything
                .add_partition_offset(&self.name, partition, Offset::Beginning)
                .expect("an offset that exists");
        }
        consumer.assign(&everything).expect("partitions that exist");
        let mut ended = vec![false; partitions_len(self.partitions)];
        let mut read = Vec::new();
        eventually("every partition is read to its end", || {
            while let Some(polled) = consumer.poll(Duration::from_millis(50)) {
                match polled {
                    Ok(message) => read.push(Message {
                        key: message.key().map(<[u8]>::to_vec),
                        payload: message.payload().map(<[u8]>::to_vec),
                        headers: message.headers().map_or_else(Vec::new, |headers| {
                            headers
                                .iter()
                                .map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec)))
                                .collect()
                        }),
                        timestamp_ms: message.timestamp().to_millis(),
                        partition: Some(message.partition()),
                        offset: Some(message.offset()),
                    }),
                    Err(KafkaError::PartitionEOF(partition)) => {
                        ended[partitions_len(partition)] = true;
                    }
                    Err(error) => panic!("reading {}: {error}", self.name),
                }
            }
            ended.iter().all(|ended| *ended).then_some(())
        });
        read.sort_by_key(|message| (message.partition, message.offset));
        read
    }

    /// A reader at one isolation level. The level decides watermarks too: asked by a reader of committed messages, the
    /// broker answers with the last stable offset.
    fn reader(&self, isolation: Isolation) -> BaseConsumer {
        let level = if isolation == Isolation::Committed { "read_committed" } else { "read_uncommitted" };
        self.broker
            .client_config()
            .set("group.id", LOOKING)
            .set("isolation.level", level)
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .create()
            .expect("a reader's properties are right")
    }

    /// Deletes what stands before an offset, so that the partition starts there.
    pub(crate) fn delete_before(&self, partition: i32, offset: i64) {
        let mut before = TopicPartitionList::new();
        before.add_partition_offset(&self.name, partition, Offset::Offset(offset)).expect("an offset");
        let deleted = block_on(self.broker.admin().delete_records(&before, &admin_options()));
        for element in deleted.expect("the broker answers").elements() {
            element.error().expect("records are deleted");
        }
    }

    /// Deletes the topic and returns when the broker no longer knows it.
    pub(crate) fn delete(&self) {
        let deleted = block_on(self.broker.admin().delete_topics(&[&self.name], &admin_options()));
        for result in deleted.expect("the broker answers") {
            result.unwrap_or_else(|(name, code)| panic!("cannot delete topic {name}: {code}"));
        }
        eventually("the topic is gone", || {
            let metadata = self.broker.consumer(LOOKING).fetch_metadata(Some(&self.name), DEADLINE).ok()?;
            metadata.topics().first()?.error().map(|_unknown| ())
        });
    }
}

fn admin_options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(DEADLINE)).operation_timeout(Some(DEADLINE))
}

fn partitions_len(partitions: i32) -> usize {
    usize::try_from(partitions).expect("partitions are counted from 0")
}
