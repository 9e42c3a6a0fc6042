//! librdkafka's batch call, wrapped, so that nobody else needs `unsafe` for it.
//!
//! rust-rdkafka polls message by message through an event for each (0.9–1.3 M messages a second here);
//! `rd_kafka_consume_batch_queue` hands over thousands for one call (2.9–4.4 M). Partitions are started
//! on a queue of our own with librdkafka's simple consumer, which needs no group and asks no
//! coordinator, so logs and errors stay on the client's main queue.

#![expect(unsafe_code, reason = "rust-rdkafka has no safe form of the batch call")]

use std::collections::BTreeSet;
use std::ffi::{CStr, CString};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::Arc;
use std::time::Duration;

use rdkafka::bindings as native;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::types::{RDKafkaErrorCode, RDKafkaRespErr};

use crate::client::Watch;
use crate::error::{Error, Result};

type Consumer = Arc<BaseConsumer<Watch>>;

/// Messages of the started partitions of some topics.
pub(crate) struct MessageQueue {
    queue: NonNull<native::rd_kafka_queue_t>,
    /// In the order of the names that the queue was made with.
    topics: Vec<Handle>,
    started: BTreeSet<(usize, i32)>,
    room: Vec<*mut native::rd_kafka_message_t>,
    /// Last, because the handles above are the client's.
    consumer: Consumer,
}

/// librdkafka's one handle of a topic in a client: the name that is quick to compare.
pub(crate) type Handle = NonNull<native::rd_kafka_topic_t>;

impl MessageQueue {
    /// A queue of `topics` that takes at most `room` messages at a time; nothing is started yet.
    pub(crate) fn new(consumer: &Consumer, topics: &[String], room: usize) -> Result<Self> {
        let client = consumer.client().native_ptr();
        // SAFETY: `client` is alive; a new queue is never null, librdkafka aborts without memory.
        let queue = unsafe { NonNull::new_unchecked(native::rd_kafka_queue_new(client)) };
        let room = vec![ptr::null_mut(); room.max(1)];
        let consumer = Arc::clone(consumer);
        let mut this = Self { queue, topics: Vec::new(), started: BTreeSet::new(), room, consumer };
        for topic in topics {
            let wrong = |what| Error::InvalidRequest { reason: format!("the topic `{topic}` {what}") };
            let name = CString::new(topic.as_str()).map_err(|_zero| wrong("has a zero byte in its name"))?;
            // SAFETY: `client` is alive, `name` ends in a zero, a null configuration means the client's.
            let handle = unsafe { native::rd_kafka_topic_new(client, name.as_ptr(), ptr::null_mut()) };
            this.topics.push(NonNull::new(handle).ok_or_else(|| wrong("is no valid name"))?);
        }
        Ok(this)
    }

    /// The handles of the topics, in the order of their names at [`new`](Self::new).
    pub(crate) fn handles(&self) -> &[Handle] {
        &self.topics
    }

    /// Starts fetching a partition of the topic with this index at `offset`.
    pub(crate) fn start(&mut self, topic: usize, partition: i32, offset: i64) -> Result<()> {
        let handle = self.topics[topic];
        // SAFETY: both handles are alive as long as `self`.
        let started = unsafe {
            native::rd_kafka_consume_start_queue(handle.as_ptr(), partition, offset, self.queue.as_ptr())
        };
        if started != 0 {
            let reason = format!("partition {partition} cannot be read from offset {offset}");
            return Err(Error::InvalidRequest { reason });
        }
        self.started.insert((topic, partition));
        Ok(())
    }

    /// Stops fetching a partition and drops its messages that still wait.
    pub(crate) fn stop(&mut self, topic: usize, partition: i32) {
        if self.started.remove(&(topic, partition)) {
            // SAFETY: the topic is alive and the partition was started on it.
            unsafe { native::rd_kafka_consume_stop(self.topics[topic].as_ptr(), partition) };
        }
    }

    /// Takes the messages that wait, or those that come within `timeout`: `most` of them, and not more than there
    /// is room for.
    pub(crate) fn take(&mut self, most: usize, timeout: Duration) -> Taken<'_> {
        let timeout_ms = i32::try_from(timeout.as_millis()).unwrap_or(i32::MAX);
        let most = most.clamp(1, self.room.len());
        // SAFETY: the queue is alive and `room` has place for at least as many pointers as we say.
        let taken = unsafe {
            native::rd_kafka_consume_batch_queue(
                self.queue.as_ptr(),
                timeout_ms,
                self.room.as_mut_ptr(),
                most,
            )
        };
        // -1 is an error of the queue, which holds no message then.
        let count = usize::try_from(taken).unwrap_or(0);
        Taken { messages: self.room[..count].iter(), consumer: &self.consumer }
    }
}

impl Drop for MessageQueue {
    fn drop(&mut self) {
        while let Some((topic, partition)) = self.started.first().copied() {
            self.stop(topic, partition);
        }
        // SAFETY: all were made by `new`, are destroyed once, and the client outlives this call.
        unsafe {
            native::rd_kafka_queue_destroy(self.queue.as_ptr());
            for topic in self.topics.drain(..) {
                native::rd_kafka_topic_destroy(topic.as_ptr());
            }
        }
    }
}

/// The messages of one call; those not asked for are dropped.
pub(crate) struct Taken<'q> {
    messages: slice::Iter<'q, *mut native::rd_kafka_message_t>,
    consumer: &'q Consumer,
}

impl<'q> Iterator for Taken<'q> {
    type Item = Message<'q>;

    #[inline]
    fn next(&mut self) -> Option<Message<'q>> {
        let raw = NonNull::new(*self.messages.next()?)?;
        Some(Message { raw, consumer: self.consumer })
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.for_each(drop);
    }
}

/// One message, owned, while its queue is borrowed.
pub(crate) struct Message<'q> {
    raw: NonNull<native::rd_kafka_message_t>,
    consumer: &'q Consumer,
}

impl Message<'_> {
    /// What it says.
    #[inline]
    pub(crate) fn view(&self) -> MessageView<'_> {
        MessageView { raw: self.raw, lifetime: PhantomData }
    }
}

impl Drop for Message<'_> {
    fn drop(&mut self) {
        // SAFETY: we own the message, and its client is borrowed, so alive.
        unsafe { native::rd_kafka_message_destroy(self.raw.as_ptr()) };
    }
}

/// Messages on their way to another thread; they keep their client alive.
#[derive(Default)]
pub(crate) struct MessageBatch {
    messages: Vec<NonNull<native::rd_kafka_message_t>>,
    consumer: Option<Consumer>,
}

// SAFETY: librdkafka's messages may be used and destroyed on any thread, one thread at a time; a batch
// owns its messages and is not `Sync`.
unsafe impl Send for MessageBatch {}

impl MessageBatch {
    /// An empty batch with room for `capacity` messages.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self { messages: Vec::with_capacity(capacity), consumer: None }
    }

    /// Adds a message.
    ///
    /// # Panics
    ///
    /// When the messages are of different clients.
    #[inline]
    pub(crate) fn push(&mut self, message: Message<'_>) {
        let consumer = self.consumer.get_or_insert_with(|| Arc::clone(message.consumer));
        assert!(Arc::ptr_eq(consumer, message.consumer), "a batch holds messages of one client");
        self.messages.push(message.raw);
        std::mem::forget(message);
    }

    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    pub(crate) fn get(&self, index: usize) -> Option<MessageView<'_>> {
        self.messages.get(index).map(|raw| MessageView { raw: *raw, lifetime: PhantomData })
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = MessageView<'_>> {
        self.messages.iter().map(|raw| MessageView { raw: *raw, lifetime: PhantomData })
    }
}

impl Drop for MessageBatch {
    fn drop(&mut self) {
        for message in self.messages.drain(..) {
            // SAFETY: the batch owns the message and its client is dropped after it.
            unsafe { native::rd_kafka_message_destroy(message.as_ptr()) };
        }
    }
}

/// What a message says.
#[derive(Clone, Copy)]
pub(crate) struct MessageView<'a> {
    raw: NonNull<native::rd_kafka_message_t>,
    lifetime: PhantomData<&'a native::rd_kafka_message_t>,
}

impl<'a> MessageView<'a> {
    #[inline]
    fn fields(self) -> &'a native::rd_kafka_message_t {
        // SAFETY: a view borrows an owned message, whose fields nobody writes.
        unsafe { self.raw.as_ref() }
    }

    /// The topic; none for an event that is of no topic.
    #[inline]
    pub(crate) fn topic(self) -> Option<Handle> {
        NonNull::new(self.fields().rkt)
    }

    pub(crate) fn partition(self) -> i32 {
        self.fields().partition
    }

    pub(crate) fn offset(self) -> i64 {
        self.fields().offset
    }

    /// Not a message but an event: the end of the partition, or an error.
    #[inline]
    pub(crate) fn event(self) -> Option<RDKafkaErrorCode> {
        match self.fields().err {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR => None,
            error => Some(error.into()),
        }
    }

    pub(crate) fn payload(self) -> Option<&'a [u8]> {
        let fields = self.fields();
        bytes(fields.payload.cast(), fields.len)
    }

    pub(crate) fn key(self) -> Option<&'a [u8]> {
        let fields = self.fields();
        bytes(fields.key.cast(), fields.key_len)
    }

    /// Bytes of key and payload.
    pub(crate) fn size_bytes(self) -> usize {
        self.fields().len + self.fields().key_len
    }

    /// Bytes of the headers, names included. Takes them apart where there are any.
    pub(crate) fn header_bytes(self) -> usize {
        let mut bytes = 0;
        self.headers(|name, value| bytes += name.count_bytes() + value.map_or(0, <[u8]>::len));
        bytes
    }

    /// Milliseconds since 1970 and whether the broker set them; none when the message has no time.
    pub(crate) fn timestamp(self) -> Option<(i64, bool)> {
        use native::rd_kafka_timestamp_type_t as Kind;
        let mut kind = Kind::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
        // SAFETY: the message is alive and `kind` is ours.
        let time_ms = unsafe { native::rd_kafka_message_timestamp(self.raw.as_ptr(), &raw mut kind) };
        match kind {
            Kind::RD_KAFKA_TIMESTAMP_NOT_AVAILABLE => None,
            Kind::RD_KAFKA_TIMESTAMP_CREATE_TIME => Some((time_ms, false)),
            Kind::RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME => Some((time_ms, true)),
        }
        .filter(|(time_ms, _)| *time_ms >= 0)
    }

    /// Calls `each` with the name and value of every header, in order.
    pub(crate) fn headers(self, mut each: impl FnMut(&'a CStr, Option<&'a [u8]>)) {
        let mut headers = ptr::null_mut();
        // SAFETY: the message is alive and used by this thread alone; it keeps the headers.
        let found = unsafe { native::rd_kafka_message_headers(self.raw.as_ptr(), &raw mut headers) };
        if found != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
            return;
        }
        for index in 0.. {
            let (mut name, mut value, mut size) = (ptr::null(), ptr::null(), 0);
            // SAFETY: the headers live as long as their message, and the out-pointers are ours.
            let found = unsafe {
                native::rd_kafka_header_get_all(headers, index, &raw mut name, &raw mut value, &raw mut size)
            };
            if found != RDKafkaRespErr::RD_KAFKA_RESP_ERR_NO_ERROR {
                return;
            }
            // SAFETY: librdkafka ends names with a zero; they live as long as the message.
            each(unsafe { CStr::from_ptr(name) }, bytes(value.cast(), size));
        }
    }
}

/// The `len` bytes at `start`, which live as long as their message; none when it is null.
fn bytes<'a>(start: *const u8, len: usize) -> Option<&'a [u8]> {
    if start.is_null() {
        return None;
    }
    // SAFETY: callers pass a pointer and its length out of a message that lives for `'a`.
    Some(unsafe { slice::from_raw_parts(start, len) })
}
