//! What a read measured, as the contract has it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flowloom_flow::{PartitionMetrics, RoundTrip, SourceMetrics};
use flowloom_kafka::read::{PartitionRead, Reading};

/// Of a read that is over now.
///
/// `is_kept`: the source keeps offsets, so what it began at is what was committed.
pub(super) fn metrics(reading: &Reading, is_kept: bool) -> SourceMetrics {
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64);
    let (timings, counts) = (&reading.timings, &reading.counts);
    let since_last = timings.total.saturating_sub(timings.fetched).as_millis() as i64;
    let mut metrics = SourceMetrics {
        records: counts.read,
        bytes: counts.bytes,
        read_ms: ms(timings.total),
        decode_errors: counts.skipped - counts.tombstones + counts.rejected,
        lost: reading.lost().max(0) as u64,
        first_message_ms: (counts.read > 0)
            .then(|| ms(timings.first_message.saturating_sub(timings.connected))),
        round_trip: timings.round_trip.map(|trip| RoundTrip { mean_ms: ms(trip.mean), p99_ms: ms(trip.p99) }),
        last_record_ms: (counts.read > 0).then_some(now - since_last),
        newest_ms: reading.partitions.iter().filter_map(|read| read.last_timestamp_ms).max(),
        partitions: reading.partitions.iter().map(|read| partition(read, is_kept)).collect(),
        ..SourceMetrics::default()
    };
    metrics.look(now);
    metrics
}

fn partition(read: &PartitionRead, is_kept: bool) -> PartitionMetrics {
    PartitionMetrics {
        topic: read.topic.clone(),
        partition: read.partition,
        low: read.low,
        high: read.high,
        committed: read.committed.filter(|_| is_kept),
        from: read.from,
        position: read.to,
        records: read.messages,
        bytes: read.bytes,
    }
}
