//! Which offsets of which partitions a read covers.

mod place;
mod shares;
#[cfg(test)]
mod tests;
mod times;

use std::thread::{self, ScopedJoinHandle};

use super::request::{End, ReadRequest, Start};
use crate::cancel::Cancel;
use crate::client::{Cluster, Connection};
use crate::error::{Error, Result};
use crate::offsets::{At, Isolation, Places, TopicOffsets, committed_in, offset_in, offsets_at};

pub(crate) use shares::shares;

/// One partition's part of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// The topic's index among those that are read.
    pub(crate) topic: usize,
    pub(crate) partition: i32,
    pub(crate) from: i64,
    /// The first offset that is not read.
    pub(crate) end: i64,
    /// The most messages to take.
    pub(crate) quota: u64,
}

impl Span {
    /// How many offsets it has.
    pub(crate) fn offsets(&self) -> u64 {
        u64::try_from(self.end - self.from).unwrap_or(0)
    }
}

/// Every partition's part.
#[derive(Debug)]
pub(super) struct Plan {
    /// Sorted.
    pub(super) topics: Vec<String>,
    /// Rising by topic and partition.
    pub(super) spans: Vec<Span>,
    /// What was found of each span's partition.
    pub(super) found: Vec<Found>,
}

/// What was found of a partition before it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) low: i64,
    pub(super) high: i64,
    /// What the start's group had committed, or the caller knew.
    pub(super) kept: Option<i64>,
    /// Offsets that are passed over at the start.
    pub(super) lost: i64,
}

/// Everything that is looked up for a plan.
#[derive(Debug, Default)]
struct Facts {
    places: Places,
    low: TopicOffsets,
    high: TopicOffsets,
    /// Where logs end, where starts lie behind the last stable offset: such a start is no error while a
    /// transaction is open, and stays where it is.
    log_end: TopicOffsets,
    start_times: TopicOffsets,
    end_times: TopicOffsets,
    start_commits: TopicOffsets,
    end_commits: TopicOffsets,
}

/// Looks up partitions, watermarks, times and committed offsets, and plans from them.
pub(super) fn plan(
    cluster: &Cluster,
    connection: &Connection,
    request: &ReadRequest,
    cancel: &Cancel,
) -> Result<Plan> {
    // Before the partitions are known: the clients find their coordinators meanwhile.
    let start = match &request.start {
        Start::Committed { group, .. } => Some(Member::open(cluster, group)?),
        _ => None,
    };
    let end = match &request.end {
        End::Committed { group } => Some(Member::open(cluster, group)?),
        _ => None,
    };
    let places = request.topics.find(connection, cancel)?;
    let mut facts = thread::scope(|scope| -> Result<_> {
        let start = start.map(|member| scope.spawn(|| member.committed(&places, cancel)));
        let end = end.map(|member| scope.spawn(|| member.committed(&places, cancel)));
        let found = look_up(connection, request, &places, cancel);
        let (start, end) = (answer(start), answer(end));
        Ok(Facts { start_commits: start?, end_commits: end?, ..found? })
    })?;
    facts.places = places;
    if request.isolation == Isolation::Committed && facts.is_behind(request) {
        let log = Connection::open(cluster, &[("isolation.level", Isolation::Uncommitted.level())])?;
        let ends = offsets_at(&log, &facts.places, &[At::Next], cancel)?;
        facts.log_end = ends.into_iter().next().unwrap_or_default();
    }
    place::plan(request, &facts)
}

/// The watermarks and times, all at once.
fn look_up(
    connection: &Connection,
    request: &ReadRequest,
    places: &Places,
    cancel: &Cancel,
) -> Result<Facts> {
    let start = if let Start::Timestamp(time_ms) = request.start { Some(At::Time(time_ms)) } else { None };
    let end = if let End::Timestamp(time_ms) = request.end { Some(At::Time(time_ms)) } else { None };
    let wanted: Vec<_> = [At::First, At::Next].into_iter().chain(start).chain(end).collect();
    let mut found = offsets_at(connection, places, &wanted, cancel)?.into_iter();
    let (low, high) = (found.next().unwrap_or_default(), found.next().unwrap_or_default());
    let mut time = |wanted: Option<At>| {
        let Some(At::Time(time_ms)) = wanted else { return Ok(TopicOffsets::new()) };
        let about = found.next().unwrap_or_default();
        times::first_messages(connection, request, &about, &high, time_ms, cancel)
    };
    let (start_times, end_times) = (time(start)?, time(end)?);
    Ok(Facts { low, high, start_times, end_times, ..Facts::default() })
}

impl Facts {
    /// The offsets that somebody keeps or gave for the start.
    fn starts<'a>(&'a self, request: &'a ReadRequest) -> Option<&'a TopicOffsets> {
        match &request.start {
            Start::Committed { .. } => Some(&self.start_commits),
            Start::Known { offsets, .. } | Start::Offsets { offsets, .. } => Some(offsets),
            Start::Earliest | Start::Latest | Start::Timestamp(_) | Start::Tail(_) => None,
        }
    }

    /// Whether a start lies behind the last stable offset.
    fn is_behind(&self, request: &ReadRequest) -> bool {
        let Some(starts) = self.starts(request) else { return false };
        self.high.iter().any(|(topic, highs)| {
            highs.iter().any(|(partition, high)| {
                offset_in(starts, topic, *partition).is_some_and(|start| start > *high)
            })
        })
    }
}

/// A client that asks what a group has committed; it joins nothing.
struct Member<'a> {
    connection: Connection,
    group: &'a str,
}

impl<'a> Member<'a> {
    fn open(cluster: &Cluster, group: &'a str) -> Result<Self> {
        Ok(Self { connection: Connection::open(cluster, &[("group.id", group)])?, group })
    }

    fn committed(self, places: &Places, cancel: &Cancel) -> Result<TopicOffsets> {
        committed_in(&self.connection, self.group, places, cancel)
    }
}

/// What a thread was told, if one was asked.
fn answer(asked: Option<ScopedJoinHandle<'_, Result<TopicOffsets>>>) -> Result<TopicOffsets> {
    let panicked = Error::Thread { name: "kafka-committed", what: "ended without an answer", source: None };
    asked.map_or_else(|| Ok(TopicOffsets::new()), |thread| thread.join().unwrap_or(Err(panicked)))
}
