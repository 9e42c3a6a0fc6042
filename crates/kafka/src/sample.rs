//! A few messages of every partition, raw, to look at and to infer a schema from.

use std::time::Duration;

use crate::cancel::Cancel;
use crate::client::{Cluster, Connection};
use crate::codec::{Inference, infer};
use crate::error::Result;
use crate::offsets::{Isolation, watermarks_of};
use crate::read::{Fetch, Limits, Message, Progress, Sink, Span, TUNING, fetch, shares};
use crate::topic::partitions_of;

/// Messages that a schema is inferred from unless the person says otherwise.
pub const DEFAULT_MESSAGES: u64 = 1000;

/// Bytes after which a sample ends early; large messages are alike.
const MOST_BYTES: u64 = 64 << 20;

/// A message as it is on the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawMessage {
    pub partition: i32,
    pub offset: i64,
    /// Milliseconds since 1970.
    pub timestamp_ms: Option<i64>,
    pub key: Option<Vec<u8>>,
    /// None is a tombstone.
    pub value: Option<Vec<u8>>,
}

/// Up to `messages` of `topic`, by partition and offset: of each partition the oldest and the newest.
///
/// Reads committed messages, joins no group and commits nothing.
pub fn sample(cluster: &Cluster, topic: &str, messages: u64, cancel: &Cancel) -> Result<Vec<RawMessage>> {
    let mut tuning = TUNING.to_vec();
    tuning.push(("isolation.level", Isolation::Committed.level()));
    let connection = Connection::open(cluster, &tuning)?;
    let partitions = partitions_of(&connection, topic, cancel)?;
    let marks = watermarks_of(&connection, topic, &partitions, cancel)?;
    let available: Vec<_> = marks.values().map(|mark| (mark.high - mark.low) as u64).collect();
    let shares = shares(&available, messages);

    let mut found = Collected::default();
    let mut pass = |spans: &[Span]| {
        let limits = Limits { bytes: Some(MOST_BYTES), ..Limits::default() };
        let stall_timeout = Duration::from_secs(30);
        fetch(&Fetch { connection: &connection, topic, spans, limits, stall_timeout, cancel }, &mut found)
    };
    let oldest: Vec<_> = marks
        .iter()
        .zip(&shares)
        .map(|((&partition, mark), share)| Span {
            partition,
            from: mark.low,
            end: mark.high,
            quota: share.div_ceil(2),
        })
        .collect();
    let reached = pass(&oldest)?.positions;
    let newest: Vec<_> = oldest
        .iter()
        .zip(&shares)
        .zip(reached)
        .map(|((span, share), reached)| {
            let quota = share / 2;
            Span { from: reached.max(span.end - quota as i64), quota, ..*span }
        })
        .collect();
    pass(&newest)?;
    found.0.sort_by_key(|message| (message.partition, message.offset));
    Ok(found.0)
}

/// The schema of `topic`'s payloads, inferred from a [`sample`]; tombstones say nothing.
pub fn infer_schema(cluster: &Cluster, topic: &str, messages: u64, cancel: &Cancel) -> Result<Inference> {
    let messages = sample(cluster, topic, messages, cancel)?;
    Ok(infer(messages.iter().filter_map(|message| message.value.as_deref())))
}

#[derive(Default)]
struct Collected(Vec<RawMessage>);

impl Sink for Collected {
    fn take(&mut self, _: usize, message: Message<'_>) -> Result<()> {
        let view = message.view();
        self.0.push(RawMessage {
            partition: view.partition(),
            offset: view.offset(),
            timestamp_ms: view.timestamp().map(|(time_ms, _)| time_ms),
            key: view.key().map(<[u8]>::to_vec),
            value: view.payload().map(<[u8]>::to_vec),
        });
        Ok(())
    }

    fn tick(&mut self, _: Progress) -> Result<()> {
        Ok(())
    }
}
