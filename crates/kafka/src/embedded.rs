//! The demo's broker: librdkafka's mock cluster in this process, with order events in it.
//!
//! It speaks Kafka on a free loopback port, keeps everything in memory and is gone when dropped.
//! Tests use it to make brokers fail.

use std::thread;
use std::time::Duration;

use crossbeam_channel::{Sender, bounded};
use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError;
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{BaseProducer, BaseRecord, DefaultProducerContext, Producer as _};
use rdkafka::types::RDKafkaErrorCode;

use crate::client::{Cluster, Watch};
use crate::error::{Error, Result};

mod orders;

pub use orders::{Order, orders};

type Mock = MockCluster<'static, DefaultProducerContext>;
type Command = Box<dyn FnOnce(&Mock) + Send>;

/// A Kafka broker in this process.
pub struct EmbeddedBroker {
    commands: Option<Sender<Command>>,
    thread: Option<thread::JoinHandle<()>>,
    servers: String,
}

impl EmbeddedBroker {
    /// Starts a broker without topics.
    pub fn start() -> Result<Self> {
        // Who gives a command waits for its answer, so there is never a queue.
        let (commands, work) = bounded::<Command>(0);
        let (started, start) = bounded(1);
        // The mock cluster cannot leave the thread that made it.
        let run = move || {
            let cluster = Mock::new(1);
            let servers = cluster.as_ref().map(Mock::bootstrap_servers).map_err(Clone::clone);
            if started.send(servers).is_ok()
                && let Ok(cluster) = cluster
            {
                work.iter().for_each(|command| command(&cluster));
            }
        };
        let name = "kafka-embedded";
        let broken = |what, source| Error::Thread { name, what, source };
        let thread = thread::Builder::new().name(name.into()).spawn(run);
        let thread = thread.map_err(|error| broken("could not be started", Some(error)))?;
        let servers = start.recv().map_err(|_ended| broken("ended early", None))?;
        let servers = servers.map_err(|error| failed("starting the embedded broker", error))?;
        Ok(Self { commands: Some(commands), thread: Some(thread), servers })
    }

    /// Starts a broker with `count` [`orders`] in the topic `topic` of three partitions.
    pub fn with_orders(topic: &str, count: usize) -> Result<Self> {
        let broker = Self::start()?;
        broker.create_topic(topic, 3)?;
        broker.send_orders(topic, 0, count)?;
        Ok(broker)
    }

    /// Sends `count` [`orders`] to `topic`, from the one after the first `from` on, and waits until they are there.
    pub fn send_orders(&self, topic: &str, from: usize, count: usize) -> Result<()> {
        let events: Vec<_> = orders(from + count).skip(from).collect();
        let records = events.iter().map(|order| Record {
            partition: None,
            key: Some(order.customer.as_bytes()),
            value: Some(order.json.as_bytes()),
            timestamp_ms: Some(order.created_at_ms),
        });
        produce(&self.cluster(), topic, records)
    }

    /// How to reach it.
    pub fn cluster(&self) -> Cluster {
        Cluster::new(&self.servers)
    }

    /// `host:port`.
    pub fn bootstrap_servers(&self) -> &str {
        &self.servers
    }

    /// Creates a topic.
    pub fn create_topic(&self, topic: &str, partitions: i32) -> Result<()> {
        let name = topic.to_owned();
        self.with(move |mock| mock.create_topic(&name, partitions, 1))?
            .map_err(|error| failed(&format!("creating topic `{topic}`"), error))
    }

    /// Runs `command` on the mock cluster, to make it fail in a test.
    pub fn with<T: Send + 'static>(&self, command: impl FnOnce(&Mock) -> T + Send + 'static) -> Result<T> {
        let gone = || Error::Thread { name: "kafka-embedded", what: "ended early", source: None };
        let (answer, receive) = bounded(1);
        let command: Command = Box::new(move |mock| {
            if answer.send(command(mock)).is_err() {
                tracing::debug!("nobody waits for the embedded broker's answer");
            }
        });
        let sent = self.commands.as_ref().is_some_and(|commands| commands.send(command).is_ok());
        if sent { receive.recv().map_err(|_ended| gone()) } else { Err(gone()) }
    }
}

impl Drop for EmbeddedBroker {
    fn drop(&mut self) {
        drop(self.commands.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::warn!("the embedded broker's thread panicked");
        }
    }
}

/// A message to produce.
#[derive(Clone, Copy, Debug, Default)]
pub struct Record<'a> {
    /// By the key's hash, or evenly without a key, when none.
    pub partition: Option<i32>,
    pub key: Option<&'a [u8]>,
    /// A tombstone when none.
    pub value: Option<&'a [u8]>,
    /// Milliseconds since 1970; now when none.
    pub timestamp_ms: Option<i64>,
}

/// Writes `records` to `topic` in their order and waits until the broker has them all.
pub fn produce<'a>(
    cluster: &Cluster,
    topic: &str,
    records: impl IntoIterator<Item = Record<'a>>,
) -> Result<()> {
    let mut config: ClientConfig = cluster.config()?;
    config.set_log_level(RDKafkaLogLevel::Error);
    config.set("linger.ms", "5").set("partitioner", "murmur2_random").set("enable.idempotence", "true");
    config.set("message.timeout.ms", "30000");
    let doing = format!("writing to topic `{topic}`");
    let producer: BaseProducer<Watch> =
        config.create_with_context(Watch::of(cluster)?).map_err(|error| failed(&doing, error))?;
    for record in records {
        let mut pending = BaseRecord::<[u8], [u8]>::to(topic);
        (pending.partition, pending.key, pending.payload) = (record.partition, record.key, record.value);
        pending.timestamp = record.timestamp_ms;
        while let Err((error, back)) = producer.send(pending) {
            if error.rdkafka_error_code() != Some(RDKafkaErrorCode::QueueFull) {
                return Err(failed(&doing, error));
            }
            producer.poll(Duration::from_millis(10));
            pending = back;
        }
    }
    producer.flush(Duration::from_secs(30)).map_err(|error| failed(&doing, error))
}

fn failed(doing: &str, error: KafkaError) -> Error {
    crate::client::Connection::failed(doing, error)
}
