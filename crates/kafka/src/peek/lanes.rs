//! Reads every partition piece by piece, until the messages that are wanted of all of them are known.
//!
//! The newest messages of a topic may all be in one partition. So of each a piece is read that together make up the
//! count, and then only those go on whose last message so far still is among the wanted ones.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::wanted::Wanted;
use super::{Message, PeekAsk, PeekEnd, PeekFrom, Peeked, STALL};
use crate::cancel::Cancel;
use crate::client::Connection;
use crate::error::{Error, Result};
use crate::offsets::{At, Offsets, Places, Watermarks, offsets_at, watermarks_of};
use crate::read::{self, Fetch, Limits, Lost, Progress, Rate, Sink, Span, fetch};

/// A piece is at most this many times the one before: gaps that compaction left are passed soon.
const GROWTH: i64 = 4;

/// The largest piece of all partitions together.
const MOST_AT_ONCE: u64 = 20_000;

/// What is left of a partition.
struct Lane {
    partition: i32,
    low: i64,
    /// The first offset that is not there, or that was read already when we go backwards.
    high: i64,
    /// How many offsets the next piece has.
    step: i64,
    /// The time of the last message of the last piece.
    frontier_ms: Option<i64>,
}

impl Lane {
    fn is_done(&self) -> bool {
        self.low >= self.high
    }
}

pub(super) fn peek(
    connection: &Connection,
    ask: &PeekAsk,
    partitions: &[i32],
    cancel: &Cancel,
) -> Result<Peeked> {
    let backwards = ask.from == PeekFrom::Newest;
    let mut lanes = lanes(connection, ask, partitions, cancel)?;
    let mut found = Found {
        wanted: Wanted::new(ask.contains.as_deref()),
        messages: Vec::new(),
        bytes: 0,
        count: ask.count,
        max_bytes: ask.max_bytes,
        backwards,
        is_full: ask.count == 0,
        scanned: 0,
        frontiers: BTreeMap::new(),
    };
    let share = ask.count.div_ceil(lanes.len().max(1)).max(1) as i64;
    let patience = if found.wanted.is_all() { 1 } else { GROWTH };
    for lane in &mut lanes {
        lane.step = share.saturating_mul(patience);
    }

    while found.scanned < ask.max_scanned {
        let left = ask.max_scanned - found.scanned;
        let spans = pieces(&lanes, &found, left);
        if spans.is_empty() {
            break;
        }
        found.frontiers.clear();
        let fetch_spans = Fetch {
            connection,
            topics: std::slice::from_ref(&ask.topic),
            spans: &spans,
            limits: Limits::default(),
            rate: Rate::default(),
            // What is gone is looked for again from the start.
            lost: Lost::Fail,
            stall_timeout: STALL,
            cancel,
        };
        let fetched = fetch(&fetch_spans, &mut found)?;
        found.prune();
        for (span, position) in spans.iter().zip(fetched.positions) {
            let Some(lane) = lanes.iter_mut().find(|lane| lane.partition == span.partition) else { continue };
            if backwards {
                lane.high = span.from;
            } else {
                lane.low = position;
            }
            lane.frontier_ms = found.frontiers.get(&span.partition).copied();
            lane.step = lane.step.saturating_mul(GROWTH);
        }
    }
    let is_everything = lanes.iter().all(Lane::is_done);
    Ok(found.finish(is_everything))
}

/// The next piece of each partition that may hold messages that are wanted, rising by partition.
fn pieces(lanes: &[Lane], found: &Found, left: u64) -> Vec<Span> {
    let worst = found.worst();
    let going: Vec<_> = lanes
        .iter()
        .filter(|lane| !lane.is_done())
        .filter(|lane| match (worst, lane.frontier_ms) {
            _ if found.count == 0 => false,
            (None, _) | (_, None) => true,
            (Some(worst), Some(frontier_ms)) if found.backwards => frontier_ms > worst,
            (Some(worst), Some(frontier_ms)) => frontier_ms < worst,
        })
        .collect();
    let most = (left.min(MOST_AT_ONCE) / going.len().max(1) as u64).max(1) as i64;
    going
        .iter()
        .map(|lane| {
            let step = lane.step.min(most);
            let partition = lane.partition;
            if found.backwards {
                let from = lane.high.saturating_sub(step).max(lane.low);
                Span { topic: 0, partition, from, end: lane.high, quota: u64::MAX }
            } else {
                Span { topic: 0, partition, from: lane.low, end: lane.high, quota: step as u64 }
            }
        })
        .collect()
}

/// What each partition has to look at.
fn lanes(connection: &Connection, ask: &PeekAsk, partitions: &[i32], cancel: &Cancel) -> Result<Vec<Lane>> {
    let marks = watermarks_of(connection, &ask.topic, partitions, cancel)?;
    let starts = match ask.from {
        PeekFrom::Newest | PeekFrom::Oldest => None,
        PeekFrom::Offset(offset) => Some(at_offset(ask, offset, &marks)?),
        PeekFrom::Time(time_ms) => Some(at_time(connection, ask, partitions, time_ms, cancel)?),
    };
    let lane = |(partition, mark): (&i32, &Watermarks)| {
        let low = match &starts {
            None => mark.low,
            // A partition without a start has nothing from there on.
            Some(starts) => starts.get(partition).map_or(mark.high, |start| (*start).max(mark.low)),
        };
        Lane { partition: *partition, low, high: mark.high, step: 1, frontier_ms: None }
    };
    Ok(marks.iter().map(lane).collect())
}

fn at_offset(ask: &PeekAsk, offset: i64, marks: &BTreeMap<i32, Watermarks>) -> Result<Offsets> {
    if offset < 0 {
        return Err(Error::InvalidRequest { reason: format!("offset {offset} is less than 0") });
    }
    if marks.len() == 1
        && let Some((&partition, mark)) = marks.first_key_value()
        && !(mark.low..=mark.high).contains(&offset)
    {
        let Watermarks { low, high } = *mark;
        let topic = &ask.topic;
        let reason = format!(
            "partition {partition} of topic `{topic}` does not have offset {offset}: it holds {low} to {high}"
        );
        return Err(Error::InvalidRequest { reason });
    }
    Ok(marks.keys().map(|partition| (*partition, offset)).collect())
}

/// The first offset of each partition with `time_ms` or a later time; those without one are left out.
pub(super) fn at_time(
    connection: &Connection,
    ask: &PeekAsk,
    partitions: &[i32],
    time_ms: i64,
    cancel: &Cancel,
) -> Result<Offsets> {
    let places = Places::from([(ask.topic.clone(), partitions.to_vec())]);
    let found = offsets_at(connection, &places, &[At::Time(time_ms)], cancel)?;
    Ok(found.into_iter().next().and_then(|mut found| found.remove(&ask.topic)).unwrap_or_default())
}

/// The wanted messages so far.
struct Found {
    wanted: Wanted,
    messages: Vec<Message>,
    bytes: usize,
    count: usize,
    max_bytes: usize,
    backwards: bool,
    /// Whether better messages push worse ones out.
    is_full: bool,
    scanned: u64,
    /// The time of the message of this piece that the next piece is beside, by partition.
    frontiers: BTreeMap<i32, i64>,
}

impl Found {
    /// The time of the last message that made it; `None` while there is room.
    fn worst(&self) -> Option<i64> {
        let last = || self.messages.last().and_then(|message| message.timestamp_ms);
        self.is_full.then(|| last().unwrap_or(i64::MIN))
    }

    fn order(backwards: bool, one: &Message, other: &Message) -> Ordering {
        let key = |message: &Message| (message.timestamp_ms, message.partition, message.offset);
        if backwards {
            let time = other.timestamp_ms.cmp(&one.timestamp_ms);
            time.then(one.partition.cmp(&other.partition)).then(other.offset.cmp(&one.offset))
        } else {
            key(one).cmp(&key(other))
        }
    }

    /// Drops what is too much.
    fn prune(&mut self) {
        let backwards = self.backwards;
        self.messages.sort_by(|one, other| Self::order(backwards, one, other));
        let (mut kept, mut bytes) = (0, 0);
        for message in self.messages.iter().take(self.count) {
            let size = message.size_bytes();
            if kept > 0 && bytes + size > self.max_bytes {
                break;
            }
            (kept, bytes) = (kept + 1, bytes + size);
        }
        self.is_full |= kept < self.messages.len() || kept == self.count;
        self.messages.truncate(kept);
        self.bytes = bytes;
    }

    fn finish(self, is_everything: bool) -> Peeked {
        let ended = if self.messages.len() >= self.count {
            PeekEnd::Count
        } else if self.is_full {
            PeekEnd::Bytes
        } else if is_everything {
            PeekEnd::Everything
        } else {
            PeekEnd::Scanned
        };
        Peeked { messages: self.messages, scanned: self.scanned, ended }
    }
}

impl Sink for Found {
    fn take(&mut self, _: usize, message: read::Message<'_>) -> Result<()> {
        let message = Message::of(&message);
        self.scanned += 1;
        if let Some(time_ms) = message.timestamp_ms {
            if self.backwards {
                // Pieces are read forwards, so the one before is beside the first message.
                self.frontiers.entry(message.partition).or_insert(time_ms);
            } else {
                self.frontiers.insert(message.partition, time_ms);
            }
        }
        if self.wanted.fits(&message) {
            self.bytes += message.size_bytes();
            self.messages.push(message);
            let room = self.count.saturating_mul(2).saturating_add(1000);
            if self.messages.len() > room || self.bytes > self.max_bytes.saturating_mul(2) {
                self.prune();
            }
        }
        Ok(())
    }

    fn tick(&mut self, _: Progress) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
