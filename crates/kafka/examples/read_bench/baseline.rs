//! What `rd_kafka_consume_batch_queue` alone delivers: the pace that no reader can beat.

#![expect(unsafe_code, reason = "measures the native call without our wrapper")]

use std::ffi::CString;
use std::ptr;
use std::time::Instant;

use rdkafka::ClientConfig;
use rdkafka::bindings::{
    rd_kafka_consume_batch_queue, rd_kafka_consume_start_queue, rd_kafka_message_destroy, rd_kafka_queue_new,
    rd_kafka_topic_new,
};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::types::RDKafkaRespErr;

use crate::{Outcome, report};

pub(crate) fn raw(servers: &str, topic: &str, messages: usize) -> Outcome<()> {
    let started = Instant::now();
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", servers).set("fetch.message.max.bytes", "4000000");
    config.set("queued.min.messages", "500000").set("offset.store.method", "none");
    config.set("enable.auto.offset.store", "false");
    let consumer: BaseConsumer = config.create()?;
    let name = CString::new(topic)?;
    let mut room = vec![ptr::null_mut(); 50_000];
    let mut got = 0;
    // SAFETY: the client outlives its topic and queue, which live to the end of the process; messages
    // are destroyed once.
    unsafe {
        let client = consumer.client().native_ptr();
        let (topic, queue) =
            (rd_kafka_topic_new(client, name.as_ptr(), ptr::null_mut()), rd_kafka_queue_new(client));
        for partition in 0..3 {
            rd_kafka_consume_start_queue(topic, partition, 0, queue);
        }
        while got < messages {
            let taken = rd_kafka_consume_batch_queue(queue, 20, room.as_mut_ptr(), room.len());
            for message in &room[..usize::try_from(taken)?] {
                got += usize::from((**message).err == RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR);
                rd_kafka_message_destroy(*message);
            }
        }
    }
    let seconds = started.elapsed().as_secs_f64();
    report(got as f64 / seconds / 1e6, seconds)?;
    std::process::exit(0)
}
