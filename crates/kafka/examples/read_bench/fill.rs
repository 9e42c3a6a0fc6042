//! Fills a bench topic once.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use flowloom_kafka::embedded::orders;
use flowloom_kafka::offsets::{Isolation, watermarks};
use flowloom_kafka::{Cancel, Cluster};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::types::RDKafkaErrorCode;

use crate::{Outcome, formats};

pub(crate) fn fill(servers: &str, topic: &str, messages: usize, format: &str) -> Outcome<()> {
    if let Ok(marks) = watermarks(&Cluster::new(servers), topic, Isolation::Committed, &Cancel::default()) {
        let there: i64 = marks.values().map(|mark| mark.high).sum();
        return if there == messages as i64 { Ok(()) } else { Err(format!("{topic} holds {there}").into()) };
    }
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", servers);
    let admin: AdminClient<DefaultClientContext> = config.create()?;
    let new = NewTopic::new(topic, 3, TopicReplication::Fixed(1));
    for created in block_on(admin.create_topics([&new], &AdminOptions::new()))? {
        created.map_err(|(topic, code)| format!("{topic}: {code}"))?;
    }
    config.set("compression.type", "lz4").set("linger.ms", "50").set("batch.num.messages", "10000");
    config.set("batch.size", "1000000").set("queue.buffering.max.messages", "200000");
    let producer: BaseProducer = config.create()?;
    for (index, order) in orders(messages).enumerate() {
        let partition = (index % 3) as i32;
        let payload = formats::encode(format, &order.json)?;
        let mut record = BaseRecord::to(topic).partition(partition).key(&order.customer).payload(&payload);
        while let Err((error, back)) = producer.send(record) {
            if error != KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull) {
                return Err(error.into());
            }
            producer.poll(Duration::from_millis(20));
            record = back;
        }
    }
    Ok(producer.flush(Duration::from_mins(1))?)
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}
