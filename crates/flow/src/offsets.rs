//! Offsets as people see and move them: how far a source is in each partition, and from where it goes on.
//!
//! [`crate::Kind::standing`] and [`crate::Kind::reset`] give these; command line and window show them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// A partition and how far a source is in it. An offset is always the *next to read*.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PartitionStanding {
    pub topic: String,
    pub partition: i32,
    /// The first message that is still there.
    pub low: i64,
    /// `None`: nothing was ever committed under the sync name.
    pub committed: Option<i64>,
    /// Where a run that starts now ends.
    pub high: i64,
}

impl PartitionStanding {
    /// Offsets that wait: the most messages that there can be, since compaction and transactions leave gaps.
    pub fn lag(&self) -> u64 {
        span(self.committed.unwrap_or(self.low).max(self.low), self.high)
    }

    /// Offsets that were removed by retention before they were read.
    pub fn lost(&self) -> u64 {
        self.committed.map_or(0, |committed| span(committed, self.low))
    }
}

/// How far a source is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The sync name that the offsets are kept under.
    pub sync: String,
    /// Where they are kept, for people: `Kafka`, `Flowloom's table`.
    pub kept: String,
    /// By topic and partition.
    pub partitions: Vec<PartitionStanding>,
}

impl Standing {
    /// See [`PartitionStanding::lag`].
    pub fn lag(&self) -> u64 {
        self.partitions.iter().map(PartitionStanding::lag).sum()
    }

    /// See [`PartitionStanding::lost`].
    pub fn lost(&self) -> u64 {
        self.partitions.iter().map(PartitionStanding::lost).sum()
    }
}

/// Where a source goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetTo {
    /// At the first message that is still there.
    Earliest,
    /// At the end: what waits is skipped.
    Latest,
    /// At the first message of this time or later; milliseconds since 1970 UTC.
    Timestamp(i64),
    /// At this offset of every partition.
    Offset(i64),
    /// So many offsets further, or back where it is negative.
    Shift(i64),
    /// At these offsets, by topic and partition; all other partitions stay.
    Each(BTreeMap<String, BTreeMap<i32, i64>>),
}

/// What to reset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetAsk {
    pub to: ResetTo,
    /// These partitions of these topics; empty: all.
    #[serde(default)]
    pub only: BTreeSet<(String, i32)>,
}

impl ResetAsk {
    /// All partitions.
    pub fn all(to: ResetTo) -> Self {
        Self { to, only: BTreeSet::new() }
    }

    /// Whether this partition is meant.
    pub fn is_about(&self, topic: &str, partition: i32) -> bool {
        let is_named = match &self.to {
            ResetTo::Each(each) => each.get(topic).is_some_and(|each| each.contains_key(&partition)),
            _ => true,
        };
        is_named && (self.only.is_empty() || self.only.contains(&(topic.to_owned(), partition)))
    }
}

/// A partition's part of a [`Reset`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionReset {
    /// As it is before the reset.
    #[serde(flatten)]
    pub standing: PartitionStanding,
    /// Where it goes on.
    pub to: i64,
    /// Offsets that the next run reads again, and those that no run will read because of this reset.
    pub again: u64,
    pub skipped: u64,
}

impl PartitionReset {
    /// `to`, within what the partition holds; `next`: where the next run would go on without the reset.
    pub fn new(standing: PartitionStanding, to: i64, next: i64) -> Self {
        let (low, high) = (standing.low, standing.high);
        let within = |offset: i64| offset.clamp(low, high.max(low));
        let (from, land) = (within(next), within(to));
        Self { standing, to, again: span(land, from), skipped: span(from, land) }
    }
}

/// What a reset does or, as a dry run, would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reset {
    pub sync: String,
    /// As [`Standing::kept`].
    pub kept: String,
    /// Those that are meant, by topic and partition.
    pub partitions: Vec<PartitionReset>,
    /// See [`PartitionReset`]; over all partitions.
    pub again: u64,
    pub skipped: u64,
    /// What was asked and not possible, in sentences: offsets that do not exist and what was taken instead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Whether it was done; otherwise this was the dry run.
    pub applied: bool,
}

impl Reset {
    /// The dry run.
    pub fn planned(sync: String, kept: String, partitions: Vec<PartitionReset>, notes: Vec<String>) -> Self {
        let again = partitions.iter().map(|each| each.again).sum();
        let skipped = partitions.iter().map(|each| each.skipped).sum();
        Self { sync, kept, partitions, again, skipped, notes, applied: false }
    }
}

/// How many offsets there are in `[from, to)`.
fn span(from: i64, to: i64) -> u64 {
    to.saturating_sub(from).max(0).unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(low: i64, committed: Option<i64>, high: i64) -> PartitionStanding {
        PartitionStanding { topic: "orders".to_owned(), partition: 0, low, committed, high }
    }

    #[test]
    fn lag_starts_at_what_is_still_there() {
        let lags = [at(0, Some(4), 10), at(3, None, 10), at(6, Some(2), 10), at(0, Some(12), 10)];
        assert_eq!(lags.each_ref().map(PartitionStanding::lag), [6, 7, 4, 0]);
        assert_eq!(lags.each_ref().map(PartitionStanding::lost), [0, 0, 4, 0]);
        let all = Standing { sync: "s".into(), kept: "Kafka".into(), partitions: lags.to_vec() };
        assert_eq!((all.lag(), all.lost()), (17, 4));
    }

    #[test]
    fn a_reset_counts_what_is_read_again_and_what_never_is() {
        let moved = |standing: PartitionStanding, to: i64, next: i64| {
            let reset = PartitionReset::new(standing, to, next);
            (reset.again, reset.skipped)
        };
        assert_eq!(moved(at(0, Some(6), 10), 2, 6), (4, 0));
        assert_eq!(moved(at(0, Some(6), 10), 10, 6), (0, 4));
        assert_eq!(moved(at(4, Some(1), 10), 4, 1), (0, 0), "what retention took is not read again");
        assert_eq!(moved(at(0, None, 10), 10, 0), (0, 10), "a new partition would have been read whole");
    }

    #[test]
    fn a_reset_is_about_what_it_names() {
        let mut ask = ResetAsk::all(ResetTo::Earliest);
        assert!(ask.is_about("orders", 3));
        ask.only.insert(("orders".to_owned(), 1));
        assert!(ask.is_about("orders", 1) && !ask.is_about("orders", 2) && !ask.is_about("other", 1));
        let each = BTreeMap::from([("orders".to_owned(), BTreeMap::from([(0, 7)]))]);
        let ask = ResetAsk::all(ResetTo::Each(each));
        assert!(ask.is_about("orders", 0) && !ask.is_about("orders", 1));
        let text = serde_json::to_string(&ask).expect("written");
        assert_eq!(serde_json::from_str::<ResetAsk>(&text).expect("read"), ask);
    }
}
