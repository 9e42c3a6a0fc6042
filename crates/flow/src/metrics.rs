//! What a source measured while it read: for the node, the run's record, JSON and Prometheus.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Position, Range};

/// Of one read, or of all reads of a live run together: counts add up, the rest is as the last read left it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceMetrics {
    pub records: u64,
    /// Of keys and values.
    pub bytes: u64,
    /// Time that the reads took.
    pub read_ms: f64,
    /// Messages that did not become rows: skipped and rejected.
    pub decode_errors: u64,
    /// Offsets that retention removed before they were read.
    pub lost: u64,
    /// Batches whose offsets were committed, and attempts that failed.
    pub commits: u64,
    pub commits_failed: u64,
    /// From the request for messages to the first one; `None`: none came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_message_ms: Option<f64>,
    /// `None`: the read was over before the client had measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round_trip: Option<RoundTrip>,
    /// When this was measured. Times are milliseconds since 1970 UTC.
    pub at_ms: i64,
    /// When a record last came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_record_ms: Option<i64>,
    /// The newest time that a message read has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest_ms: Option<i64>,
    /// How far the newest message read was behind the clock: `at_ms - newest_ms`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_lag_ms: Option<i64>,
    /// How long no record had come: `at_ms - last_record_ms`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_ms: Option<i64>,
    /// By topic and partition.
    pub partitions: Vec<PartitionMetrics>,
}

/// A request to the brokers and its answer, as the client measured it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RoundTrip {
    pub mean_ms: f64,
    pub p99_ms: f64,
}

/// One partition. Offsets are the next to read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PartitionMetrics {
    pub topic: String,
    pub partition: i32,
    /// First offset that is kept.
    pub low: i64,
    /// Where the next message will be.
    pub high: i64,
    /// `None`: nothing is committed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub committed: Option<i64>,
    /// Where the read began; of a live run, the last one.
    pub from: i64,
    /// Where this source goes on.
    pub position: i64,
    pub records: u64,
    pub bytes: u64,
}

impl PartitionMetrics {
    /// Offsets that were not read yet when `high` was looked up; gaps count.
    pub fn lag(&self) -> u64 {
        self.high.saturating_sub(self.position).max(0) as u64
    }
}

impl SourceMetrics {
    /// Offsets that wait in all partitions.
    pub fn pending(&self) -> u64 {
        self.partitions.iter().map(PartitionMetrics::lag).sum()
    }

    /// Records for each second of reading; `None` before there is a rate.
    pub fn rate(&self) -> Option<f64> {
        (self.read_ms >= 1.0).then(|| self.records as f64 * 1e3 / self.read_ms)
    }

    /// The times that depend on when one looks, as of `now_ms`.
    pub fn look(&mut self, now_ms: i64) {
        self.at_ms = now_ms;
        self.event_lag_ms = self.newest_ms.map(|newest| now_ms - newest);
        self.idle_ms = self.last_record_ms.map(|last| (now_ms - last).max(0));
    }

    /// What was read and where the source goes on, as a position without a sync name.
    pub fn position(&self) -> Position {
        let mut topics: BTreeMap<String, BTreeMap<i32, Range>> = BTreeMap::new();
        for one in &self.partitions {
            let range = Range { from: one.from, to: one.position };
            topics.entry(one.topic.clone()).or_default().insert(one.partition, range);
        }
        Position { topics, ..Position::default() }
    }

    /// Where the group stands now that the offsets of `position` were committed.
    pub fn committed(&mut self, position: &Position) {
        for one in &mut self.partitions {
            let range = position.topics.get(&one.topic).and_then(|ranges| ranges.get(&one.partition));
            one.committed = range.map(|range| range.to).or(one.committed);
        }
    }

    /// Adds a later read of the same source.
    pub fn add(&mut self, later: &Self) {
        let before = std::mem::replace(self, later.clone());
        self.records += before.records;
        self.bytes += before.bytes;
        self.read_ms += before.read_ms;
        self.decode_errors += before.decode_errors;
        self.lost += before.lost;
        self.commits += before.commits;
        self.commits_failed += before.commits_failed;
        self.first_message_ms = self.first_message_ms.or(before.first_message_ms);
        self.round_trip = self.round_trip.or(before.round_trip);
        self.last_record_ms = self.last_record_ms.max(before.last_record_ms);
        self.newest_ms = self.newest_ms.max(before.newest_ms);
        self.look(self.at_ms);
        let mut now: BTreeMap<(String, i32), PartitionMetrics> = std::mem::take(&mut self.partitions)
            .into_iter()
            .map(|one| ((one.topic.clone(), one.partition), one))
            .collect();
        for one in before.partitions {
            match now.get_mut(&(one.topic.clone(), one.partition)) {
                Some(later) => {
                    later.records += one.records;
                    later.bytes += one.bytes;
                    later.committed = later.committed.or(one.committed);
                }
                // A batch that is repeated names only what it reads again.
                None => {
                    now.insert((one.topic.clone(), one.partition), one);
                }
            }
        }
        self.partitions = now.into_values().collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn partition(partition: i32, high: i64, position: i64, records: u64) -> PartitionMetrics {
        let topic = "orders".to_owned();
        PartitionMetrics { topic, partition, high, position, records, ..PartitionMetrics::default() }
    }

    #[test]
    fn reads_add_up_and_the_last_one_says_where_things_stand() {
        let mut all = SourceMetrics {
            records: 10,
            read_ms: 500.0,
            at_ms: 1_000,
            newest_ms: Some(900),
            last_record_ms: Some(950),
            round_trip: Some(RoundTrip { mean_ms: 1.0, p99_ms: 2.0 }),
            partitions: vec![partition(0, 8, 6, 6), partition(1, 4, 4, 4)],
            ..SourceMetrics::default()
        };
        let later = SourceMetrics {
            records: 5,
            read_ms: 500.0,
            at_ms: 3_000,
            partitions: vec![PartitionMetrics { from: 6, ..partition(0, 12, 11, 5) }, partition(2, 1, 0, 0)],
            ..SourceMetrics::default()
        };
        all.add(&later);
        assert_eq!((all.records, all.rate()), (15, Some(15.0)));
        assert_eq!((all.event_lag_ms, all.idle_ms), (Some(2_100), Some(2_050)));
        assert!(all.round_trip.is_some(), "what was not measured again stays");
        let read: Vec<_> = all.partitions.iter().map(|one| (one.partition, one.records, one.lag())).collect();
        assert_eq!(read, [(0, 11, 1), (1, 4, 0), (2, 0, 1)]);
        assert_eq!(all.pending(), 2);
        let mut position = all.position();
        assert_eq!(position.topics["orders"][&0], Range { from: 6, to: 11 });
        position.topics.get_mut("orders").expect("orders").remove(&2);
        all.committed(&position);
        assert_eq!(
            all.partitions.iter().map(|one| one.committed).collect::<Vec<_>>(),
            [Some(11), Some(4), None]
        );
    }

    #[test]
    fn a_record_of_another_version_is_read() {
        let old: SourceMetrics = serde_json::from_str(r#"{"records": 3, "new": true}"#).expect("JSON");
        assert_eq!(old.records, 3);
    }
}
