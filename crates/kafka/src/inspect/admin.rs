//! librdkafka's admin requests on a client that is there already: sent one after the other, answered together.

#![expect(unsafe_code, reason = "rust-rdkafka has no safe form of these requests")]

mod event;
mod native;

use std::collections::BTreeMap;
use std::ptr::NonNull;
use std::time::{Duration, Instant};

use rdkafka::bindings as ffi;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::{RDKafkaErrorCode, RDKafkaRespErr};

use crate::cancel::Cancel;
use crate::client::Watch;
use event::Event;

pub use event::{ConfigEntry, ConfigSource};
pub(super) use event::{Described, End, Found, Listed};

/// How long one look at the queue waits; bounds how late cancel is heard.
const TICK: Duration = Duration::from_millis(50);

/// Requests of one client that are under way, and the queue that their answers come to.
pub(super) struct Admin<'c> {
    consumer: &'c BaseConsumer<Watch>,
    queue: NonNull<ffi::rd_kafka_queue_t>,
    sent: usize,
    timeout: Duration,
    cancel: Cancel,
    /// What a request for offsets asked, which its answer does not say; by the opaque that comes back.
    asked: Vec<End>,
}

impl<'c> Admin<'c> {
    pub(super) fn new(consumer: &'c BaseConsumer<Watch>, timeout: Duration, cancel: Cancel) -> Self {
        let queue = native::queue(consumer.client());
        Self { consumer, queue, sent: 0, timeout, cancel, asked: Vec::new() }
    }

    /// Asks for one end of `partitions`.
    pub(super) fn list_offsets(&mut self, partitions: &[(String, i32)], end: End) -> KafkaResult<()> {
        let mut list = native::List::new(partitions.len());
        for (topic, partition) in partitions {
            list.add(topic, *partition, end.spec())?;
        }
        self.asked.push(end);
        let options = native::Options::new(
            self.consumer.client(),
            ffi::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_LISTOFFSETS,
            self.timeout,
            self.asked.len(),
        );
        native::list_offsets(self.consumer.client(), &mut list, &options, self.queue);
        self.sent += 1;
        Ok(())
    }

    /// Asks for the settings of `topic`.
    pub(super) fn describe_topic(&mut self, topic: &str) -> KafkaResult<()> {
        let options = self.options(ffi::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
        native::describe_topic(self.consumer.client(), topic, &options, self.queue)?;
        self.sent += 1;
        Ok(())
    }

    /// Asks every broker for its groups.
    pub(super) fn list_groups(&mut self) {
        let options = self.options(ffi::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS);
        native::list_groups(self.consumer.client(), &options, self.queue);
        self.sent += 1;
    }

    /// Asks for the state and the members of `groups`.
    pub(super) fn describe_groups(&mut self, groups: &[String]) -> KafkaResult<()> {
        let options = self.options(ffi::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS);
        native::describe_groups(self.consumer.client(), groups, &options, self.queue)?;
        self.sent += 1;
        Ok(())
    }

    /// Asks what `group` has committed in `topic`.
    pub(super) fn list_group_offsets(
        &mut self,
        group: &str,
        topic: &str,
        partitions: &[i32],
    ) -> KafkaResult<()> {
        let options = self.options(ffi::rd_kafka_admin_op_t::RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
        let mut list = native::List::new(partitions.len());
        for partition in partitions {
            list.add(topic, *partition, 0)?;
        }
        native::list_group_offsets(self.consumer.client(), group, &list, &options, self.queue)?;
        self.sent += 1;
        Ok(())
    }

    /// The ends that were asked for, of the partitions that told theirs.
    pub(super) fn offsets(mut self) -> KafkaResult<Vec<Found>> {
        let mut found = Vec::new();
        while let Some(event) = self.next()? {
            event.check()?;
            let end = event.opaque().checked_sub(1).and_then(|index| self.asked.get(index));
            if let Some(end) = end {
                event.offsets(*end, &mut found);
            }
        }
        Ok(found)
    }

    /// The settings that were asked for.
    pub(super) fn configuration(mut self) -> KafkaResult<Vec<ConfigEntry>> {
        let mut entries = Vec::new();
        while let Some(event) = self.next()? {
            event.check()?;
            event.configuration(&mut entries)?;
        }
        Ok(entries)
    }

    /// The groups that brokers listed. A broker that refuses lists none; only when all fail, it is an error.
    pub(super) fn groups(mut self) -> KafkaResult<Vec<Listed>> {
        let mut groups = Vec::new();
        while let Some(event) = self.next()? {
            event.check()?;
            event.groups(&mut groups)?;
        }
        Ok(groups)
    }

    /// What was asked about groups, as far as it concerns `topic`.
    pub(super) fn described(mut self, topic: &str) -> KafkaResult<BTreeMap<String, Described>> {
        let mut groups = BTreeMap::new();
        while let Some(event) = self.next()? {
            // One group's coordinator may be away: what the others say counts all the same.
            match event.check() {
                Ok(()) => event.described(topic, &mut groups),
                Err(error) => tracing::debug!(%error, "a group was not described"),
            }
        }
        Ok(groups)
    }

    /// The next answer; `None` when all have come.
    fn next(&mut self) -> KafkaResult<Option<Event>> {
        let until = Instant::now() + self.timeout;
        while self.sent > 0 {
            if let Some(event) = native::poll(self.queue, TICK) {
                // Errors of the client itself come to another queue, so each event is an answer.
                self.sent -= 1;
                return Ok(Some(event));
            }
            if self.cancel.is_cancelled() {
                return Err(KafkaError::Canceled);
            }
            if Instant::now() > until {
                return Err(KafkaError::Global(RDKafkaErrorCode::OperationTimedOut));
            }
        }
        Ok(None)
    }

    fn options(&self, operation: ffi::rd_kafka_admin_op_t) -> native::Options {
        native::Options::new(self.consumer.client(), operation, self.timeout, 0)
    }
}

impl Drop for Admin<'_> {
    fn drop(&mut self) {
        native::drop_queue(self.queue);
    }
}

/// What librdkafka or a broker says of an answer or a part of it.
fn checked(error: RDKafkaRespErr) -> KafkaResult<()> {
    match error {
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR => Ok(()),
        error => Err(KafkaError::Global(error.into())),
    }
}
