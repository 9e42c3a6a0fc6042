//! A few messages of every partition, raw, to look at and to infer a schema from.

use std::time::Duration;

use crate::cancel::Cancel;
use crate::client::{Cluster, Connection};
use crate::codec::{Inference, infer};
use crate::error::Result;
use crate::offsets::{Isolation, Watermarks, watermarks_in};
use crate::read::{Fetch, Limits, Lost, Message, Progress, Rate, Sink, Span, TUNING, Topics, fetch, shares};

/// Messages that a schema is inferred from unless the person says otherwise.
pub const DEFAULT_MESSAGES: u64 = 1000;

/// Bytes after which a sample ends early; large messages are alike.
const MOST_BYTES: u64 = 64 << 20;

/// A message as it is on the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawMessage {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    /// Milliseconds since 1970.
    pub timestamp_ms: Option<i64>,
    pub key: Option<Vec<u8>>,
    /// None is a tombstone.
    pub value: Option<Vec<u8>>,
}

/// Up to `messages` of `topics`, by topic, partition and offset: of each partition the oldest and the newest.
///
/// Reads committed messages, joins no group and commits nothing.
pub fn sample(cluster: &Cluster, topics: &Topics, messages: u64, cancel: &Cancel) -> Result<Vec<RawMessage>> {
    topics.check()?;
    let mut tuning = TUNING.to_vec();
    tuning.push(("isolation.level", Isolation::Committed.level()));
    let connection = Connection::open(cluster, &tuning)?;
    let places = topics.find(&connection, cancel)?;
    let marks = watermarks_in(&connection, &places, cancel)?;
    let topics: Vec<_> = places.into_keys().collect();
    let whole: Vec<_> = marks
        .values()
        .enumerate()
        .flat_map(|(topic, marks)| {
            let span = move |(&partition, mark): (&i32, &Watermarks)| Span {
                topic,
                partition,
                from: mark.low,
                end: mark.high,
                quota: u64::MAX,
            };
            marks.iter().map(span)
        })
        .collect();
    let available: Vec<_> = whole.iter().map(Span::offsets).collect();
    let shares = shares(&available, messages);

    let mut found = Collected { topics: &topics, spans: &whole, messages: Vec::new() };
    let mut pass = |spans: &[Span]| {
        let fetch_spans = Fetch {
            connection: &connection,
            topics: &topics,
            spans,
            limits: Limits { bytes: Some(MOST_BYTES), ..Limits::default() },
            rate: Rate::default(),
            // What retention takes meanwhile is no part of a sample.
            lost: Lost::Earliest,
            stall_timeout: Duration::from_secs(30),
            cancel,
        };
        fetch(&fetch_spans, &mut found)
    };
    let oldest: Vec<_> =
        whole.iter().zip(&shares).map(|(span, share)| Span { quota: share.div_ceil(2), ..*span }).collect();
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
    let mut messages = found.messages;
    messages.sort_by(|one, other| {
        let place = |message: &RawMessage| (message.partition, message.offset);
        one.topic.cmp(&other.topic).then(place(one).cmp(&place(other)))
    });
    Ok(messages)
}

/// The schema of the payloads of `topics`, inferred from a [`sample`]; tombstones say nothing.
pub fn infer_schema(cluster: &Cluster, topics: &Topics, messages: u64, cancel: &Cancel) -> Result<Inference> {
    let messages = sample(cluster, topics, messages, cancel)?;
    Ok(infer(messages.iter().filter_map(|message| message.value.as_deref())))
}

struct Collected<'a> {
    topics: &'a [String],
    spans: &'a [Span],
    messages: Vec<RawMessage>,
}

impl Sink for Collected<'_> {
    fn take(&mut self, span: usize, message: Message<'_>) -> Result<()> {
        let view = message.view();
        self.messages.push(RawMessage {
            topic: self.topics[self.spans[span].topic].clone(),
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
