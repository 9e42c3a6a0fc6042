//! A steady producer for soak tests: `steady TOPIC PARTITIONS MESSAGES_PER_SECOND SECONDS`.
//!
//! Makes the topic on `KAFKA_PLAINTEXT` and sends order events of about 150 bytes, lz4, in even steps of 20 ms.

use std::error::Error;
use std::time::{Duration, Instant};

use flowloom_kafka::embedded::orders;
use futures_executor::block_on;
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::types::RDKafkaErrorCode;

const STEP: Duration = Duration::from_millis(20);

/// Different messages; they are sent again and again.
const MESSAGES: usize = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [topic, partitions, rate, seconds] = arguments.as_slice() else {
        return Err("steady TOPIC PARTITIONS MESSAGES_PER_SECOND SECONDS".into());
    };
    let (rate, seconds): (f64, f64) = (rate.parse()?, seconds.parse()?);
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", std::env::var("KAFKA_PLAINTEXT")?);
    let admin: AdminClient<DefaultClientContext> = config.create()?;
    let new = NewTopic::new(topic, partitions.parse()?, TopicReplication::Fixed(1));
    for created in block_on(admin.create_topics([&new], &AdminOptions::new()))? {
        match created {
            Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
            Err((topic, code)) => return Err(format!("{topic}: {code}").into()),
        }
    }
    config.set("compression.type", "lz4").set("linger.ms", "20");
    let producer: BaseProducer = config.create()?;
    let messages: Vec<_> = orders(MESSAGES).collect();
    let (began, mut sent) = (Instant::now(), 0_usize);
    while began.elapsed().as_secs_f64() < seconds {
        let due = (began.elapsed().as_secs_f64() * rate) as usize;
        while sent < due {
            let order = &messages[sent % messages.len()];
            let record = BaseRecord::to(topic).key(&order.customer).payload(&order.json);
            match producer.send(record) {
                Ok(()) => sent += 1,
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => break,
                Err((error, _)) => return Err(error.into()),
            }
        }
        // One call takes in one report, and messages that are not reported delivered fill the producer's queue.
        let pause = Instant::now();
        while let Some(left) = STEP.checked_sub(pause.elapsed()) {
            producer.poll(left);
        }
    }
    Ok(producer.flush(Duration::from_mins(1))?)
}
