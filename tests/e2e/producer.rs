//! Sending messages, in a transaction or without one, and failing the test when one does not arrive.

use std::borrow::Borrow;
use std::sync::Mutex;

use rdkafka::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext};
use std::time::Duration;

use crate::broker::Broker;
use crate::eventually::DEADLINE;
use crate::message::Message;
use crate::topic::{Topic, unique};

/// Remembers the first message that did not arrive.
#[derive(Default)]
pub(crate) struct Deliveries {
    failed: Mutex<Option<KafkaError>>,
}

impl ClientContext for Deliveries {}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        if let Err((error, _message)) = result {
            self.failed.lock().expect("no test panics here").get_or_insert(error.clone());
        }
    }
}

/// A producer that keeps the order of what it sends, by one request at a time: an idempotent one needs a second to start.
pub(crate) fn producer(broker: &Broker, properties: &[(&str, &str)]) -> BaseProducer<Deliveries> {
    let mut config = broker.client_config();
    config.set("linger.ms", "2").set("max.in.flight.requests.per.connection", "1");
    for (name, value) in properties {
        config.set(*name, *value);
    }
    config.create_with_context(Deliveries::default()).expect("a producer's properties are right")
}

/// Sends messages and waits until the broker has them all.
pub(crate) fn send(
    producer: &BaseProducer<Deliveries>,
    topic: &str,
    messages: impl IntoIterator<Item = impl Borrow<Message>>,
) {
    for message in messages {
        let message = message.borrow();
        let headers = message.headers.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
            headers.insert(Header { key, value: value.as_deref() })
        });
        let mut record = BaseRecord::<[u8], [u8]>::to(topic).headers(headers);
        record.key = message.key.as_deref();
        record.payload = message.payload.as_deref();
        record.partition = message.partition;
        record.timestamp = message.timestamp_ms;
        while let Err((error, refused)) = producer.send(record) {
            assert_eq!(
                error.rdkafka_error_code(),
                Some(RDKafkaErrorCode::QueueFull),
                "sending to {topic}: {error}"
            );
            record = refused;
            producer.poll(Duration::from_millis(10));
        }
    }
    producer.flush(DEADLINE).expect("the broker takes what was sent");
    let failed = producer.context().failed.lock().expect("no test panics here").take();
    assert!(failed.is_none(), "a message did not reach {topic}: {failed:?}");
}

/// An open transaction on one topic; dropped unfinished, it stays open on the broker until its timeout of 60 s.
pub(crate) struct Transaction<'a> {
    topic: &'a Topic<'a>,
    producer: BaseProducer<Deliveries>,
}

impl<'a> Transaction<'a> {
    pub(crate) fn begin(topic: &'a Topic<'a>) -> Self {
        let producer = producer(topic.broker, &[("transactional.id", &unique("transaction"))]);
        producer.init_transactions(DEADLINE).expect("the broker coordinates transactions");
        producer.begin_transaction().expect("no transaction is open");
        Self { topic, producer }
    }

    /// Sends messages that readers of committed ones see after [`commit`](Self::commit) only.
    pub(crate) fn send(self, messages: impl IntoIterator<Item = impl Borrow<Message>>) -> Self {
        send(&self.producer, &self.topic.name, messages);
        self
    }

    pub(crate) fn commit(self) {
        self.producer.commit_transaction(DEADLINE).expect("the transaction commits");
    }

    pub(crate) fn abort(self) {
        self.producer.abort_transaction(DEADLINE).expect("the transaction aborts");
    }
}
