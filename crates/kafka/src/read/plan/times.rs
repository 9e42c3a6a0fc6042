//! The first message with a time, where the broker's answer may be something else.
//!
//! Brokers find records by time, and markers of transactions are records, with the time at which the broker wrote
//! them. Where old events are written again in transactions, the first record with a time of last week may be a
//! marker among messages of last year.

use std::collections::BTreeMap;

use super::Span;
use crate::cancel::Cancel;
use crate::client::Connection;
use crate::error::Result;
use crate::offsets::{Offsets, TopicOffsets, offset_in};
use crate::read::fetch::{Fetch, Sink, fetch};
use crate::read::queue::Message;
use crate::read::request::{Limits, Lost, Progress, Rate, ReadRequest};

/// Messages of each partition that are looked at first: nearly always the first is the one.
const FIRST: u64 = 1;

/// Each time as many messages again are looked at.
const GROWTH: u64 = 64;

/// The first message that is read with `time_ms` or a later time: `about` is the first record, of a partition that
/// ends at `high`. A partition without such a message is left out.
pub(super) fn first_messages(
    connection: &Connection,
    request: &ReadRequest,
    about: &TopicOffsets,
    high: &TopicOffsets,
    time_ms: i64,
    cancel: &Cancel,
) -> Result<TopicOffsets> {
    let topics: Vec<_> = about.keys().cloned().collect();
    let mut open: Vec<_> = about
        .values()
        .enumerate()
        .flat_map(|(topic, offsets)| offsets.iter().map(move |(partition, from)| (topic, *partition, *from)))
        .map(|(topic, partition, from)| {
            let end = offset_in(high, &topics[topic], partition).unwrap_or(from);
            Span { topic, partition, from, end: end.max(from), quota: FIRST }
        })
        .collect();
    let mut first = TopicOffsets::new();
    loop {
        open.retain(|span| span.from < span.end);
        if open.is_empty() {
            return Ok(first);
        }
        let mut found = First { time_ms, offsets: BTreeMap::new() };
        let piece = Fetch {
            connection,
            topics: &topics,
            spans: &open,
            limits: Limits::default(),
            rate: Rate::default(),
            lost: Lost::Earliest,
            stall_timeout: request.stall_timeout,
            cancel,
        };
        let reached = fetch(&piece, &mut found)?.positions;
        for (index, (span, reached)) in open.iter_mut().zip(reached).enumerate() {
            span.quota = span.quota.saturating_mul(GROWTH);
            span.from = reached;
            if let Some(offset) = found.offsets.get(&index) {
                let of_topic: &mut Offsets = first.entry(topics[span.topic].clone()).or_default();
                of_topic.insert(span.partition, *offset);
                span.from = span.end;
            }
        }
    }
}

/// The first message of each span with a time or a later one.
struct First {
    time_ms: i64,
    offsets: BTreeMap<usize, i64>,
}

impl Sink for First {
    fn take(&mut self, span: usize, message: Message<'_>) -> Result<()> {
        let view = message.view();
        if view.timestamp().is_some_and(|(time_ms, _)| time_ms >= self.time_ms) {
            self.offsets.entry(span).or_insert(view.offset());
        }
        Ok(())
    }

    fn tick(&mut self, _: Progress) -> Result<()> {
        Ok(())
    }
}
