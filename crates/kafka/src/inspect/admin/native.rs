//! The calls: each makes what librdkafka takes, calls it once and gives back what it owns.

use std::ffi::{CString, c_char, c_void};
use std::ptr::{self, NonNull};
use std::time::Duration;

use rdkafka::bindings as ffi;
use rdkafka::client::Client;
use rdkafka::error::{KafkaError, KafkaResult};

use super::event::Event;
use crate::client::Watch;

type Queue = NonNull<ffi::rd_kafka_queue_t>;

/// A queue for answers, to be dropped by [`drop_queue`].
pub(super) fn queue(client: &Client<Watch>) -> Queue {
    // SAFETY: the client is alive; a new queue is never null, librdkafka aborts without memory.
    unsafe { NonNull::new_unchecked(ffi::rd_kafka_queue_new(client.native_ptr())) }
}

/// Answers that still come find no queue and are dropped by librdkafka.
pub(super) fn drop_queue(queue: Queue) {
    // SAFETY: it was made by `queue`, and its one owner drops it once.
    unsafe { ffi::rd_kafka_queue_destroy(queue.as_ptr()) };
}

/// The next answer, when one comes within `timeout`.
pub(super) fn poll(queue: Queue, timeout: Duration) -> Option<Event> {
    let timeout_ms = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
    // SAFETY: the queue is alive; the event that comes is ours.
    NonNull::new(unsafe { ffi::rd_kafka_queue_poll(queue.as_ptr(), timeout_ms) }).map(Event::new)
}

/// How a request is made.
pub(super) struct Options(NonNull<ffi::rd_kafka_AdminOptions_t>);

impl Options {
    /// `opaque` comes back with the answer.
    pub(super) fn new(
        client: &Client<Watch>,
        operation: ffi::rd_kafka_admin_op_t,
        timeout: Duration,
        opaque: usize,
    ) -> Self {
        let timeout_ms = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX).clamp(1, 3_600_000);
        // SAFETY: the client is alive, `operation` is one of librdkafka's, so the options are not null; the opaque is a
        // number that nobody follows; a timeout within librdkafka's bounds is never refused.
        unsafe {
            let options = ffi::rd_kafka_AdminOptions_new(client.native_ptr(), operation);
            ffi::rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, ptr::null_mut(), 0);
            ffi::rd_kafka_AdminOptions_set_opaque(options, ptr::without_provenance_mut::<c_void>(opaque));
            Self(NonNull::new_unchecked(options))
        }
    }
}

impl Drop for Options {
    fn drop(&mut self) {
        // SAFETY: made by `new`, dropped once; requests copied what they need.
        unsafe { ffi::rd_kafka_AdminOptions_destroy(self.0.as_ptr()) };
    }
}

/// Partitions with offsets.
pub(super) struct List(NonNull<ffi::rd_kafka_topic_partition_list_t>);

impl List {
    pub(super) fn new(size: usize) -> Self {
        let size = i32::try_from(size).unwrap_or(i32::MAX);
        // SAFETY: a new list is never null.
        Self(unsafe { NonNull::new_unchecked(ffi::rd_kafka_topic_partition_list_new(size)) })
    }

    pub(super) fn add(&mut self, topic: &str, partition: i32, offset: i64) -> KafkaResult<()> {
        let topic = CString::new(topic)?;
        // SAFETY: the list is alive and copies the name; the element that comes back is in the list.
        unsafe {
            let element = ffi::rd_kafka_topic_partition_list_add(self.0.as_ptr(), topic.as_ptr(), partition);
            (*element).offset = offset;
        }
        Ok(())
    }
}

impl Drop for List {
    fn drop(&mut self) {
        // SAFETY: made by `new`, dropped once; requests copied it.
        unsafe { ffi::rd_kafka_topic_partition_list_destroy(self.0.as_ptr()) };
    }
}

pub(super) fn list_offsets(client: &Client<Watch>, list: &mut List, options: &Options, queue: Queue) {
    // SAFETY: all are alive; librdkafka copies the list and the options.
    unsafe {
        ffi::rd_kafka_ListOffsets(client.native_ptr(), list.0.as_ptr(), options.0.as_ptr(), queue.as_ptr());
    }
}

pub(super) fn describe_topic(
    client: &Client<Watch>,
    topic: &str,
    options: &Options,
    queue: Queue,
) -> KafkaResult<()> {
    let name = CString::new(topic)?;
    // SAFETY: the name ends in a zero and is copied; librdkafka copies the resource, which is then destroyed once.
    unsafe {
        let kind = ffi::rd_kafka_ResourceType_t::RD_KAFKA_RESOURCE_TOPIC;
        let mut resource = ffi::rd_kafka_ConfigResource_new(kind, name.as_ptr());
        if resource.is_null() {
            return Err(KafkaError::Global(rdkafka::types::RDKafkaErrorCode::InvalidTopic));
        }
        let client = client.native_ptr();
        ffi::rd_kafka_DescribeConfigs(client, &raw mut resource, 1, options.0.as_ptr(), queue.as_ptr());
        ffi::rd_kafka_ConfigResource_destroy(resource);
    }
    Ok(())
}

pub(super) fn list_groups(client: &Client<Watch>, options: &Options, queue: Queue) {
    // SAFETY: all are alive; librdkafka copies the options.
    unsafe { ffi::rd_kafka_ListConsumerGroups(client.native_ptr(), options.0.as_ptr(), queue.as_ptr()) };
}

pub(super) fn describe_groups(
    client: &Client<Watch>,
    groups: &[String],
    options: &Options,
    queue: Queue,
) -> KafkaResult<()> {
    let names = groups.iter().map(|group| CString::new(group.as_str())).collect::<Result<Vec<_>, _>>()?;
    let mut pointers: Vec<*const c_char> = names.iter().map(|name| name.as_ptr()).collect();
    // SAFETY: as many names as we say, each ending in a zero; librdkafka copies them.
    unsafe {
        ffi::rd_kafka_DescribeConsumerGroups(
            client.native_ptr(),
            pointers.as_mut_ptr(),
            pointers.len(),
            options.0.as_ptr(),
            queue.as_ptr(),
        );
    }
    Ok(())
}

pub(super) fn list_group_offsets(
    client: &Client<Watch>,
    group: &str,
    partitions: &List,
    options: &Options,
    queue: Queue,
) -> KafkaResult<()> {
    let group = CString::new(group)?;
    // SAFETY: the group's name and the list are copied; the question is destroyed once, after it was copied too.
    unsafe {
        let mut question = ffi::rd_kafka_ListConsumerGroupOffsets_new(group.as_ptr(), partitions.0.as_ptr());
        let client = client.native_ptr();
        ffi::rd_kafka_ListConsumerGroupOffsets(
            client,
            &raw mut question,
            1,
            options.0.as_ptr(),
            queue.as_ptr(),
        );
        ffi::rd_kafka_ListConsumerGroupOffsets_destroy(question);
    }
    Ok(())
}
