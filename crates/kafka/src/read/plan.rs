//! Which offsets of which partitions a read covers.

use std::collections::BTreeMap;
use std::thread;

use super::request::{End, Fallback, ReadRequest, Start};
use crate::cancel::Cancel;
use crate::client::{Cluster, Connection};
use crate::error::{Error, Result};
use crate::offsets::{Isolation, Offsets, Watermarks, committed, watermarks, watermarks_of};
use crate::topic::partitions_of;

/// One partition's part of a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) partition: i32,
    pub(crate) from: i64,
    /// The first offset that is not read.
    pub(crate) end: i64,
    /// The most messages to take.
    pub(crate) quota: u64,
}

/// Every partition's part, and what retention took before we came.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) spans: Vec<Span>,
    pub(super) lost: BTreeMap<i32, i64>,
}

/// Looks up watermarks and committed offsets, at the same time, and plans from them.
pub(super) fn plan(
    cluster: &Cluster,
    connection: &Connection,
    request: &ReadRequest,
    cancel: &Cancel,
) -> Result<Plan> {
    let topic = request.topic.as_str();
    let (marks, commits) = thread::scope(|scope| -> Result<_> {
        let commits = match &request.start {
            Start::Committed { group, .. } => Some(scope.spawn(|| committed(cluster, group, topic, cancel))),
            _ => None,
        };
        let marks = partitions_of(connection, topic, cancel)
            .and_then(|partitions| watermarks_of(connection, topic, &partitions, cancel));
        let panicked =
            Error::Thread { name: "kafka-committed", what: "ended without an answer", source: None };
        let commits = commits.map(|thread| thread.join().unwrap_or(Err(panicked)));
        Ok((marks?, commits.transpose()?))
    })?;
    let commits = commits.unwrap_or_default();
    let log_ends = log_ends(cluster, request, &marks, &commits, cancel)?;
    from_offsets(request, &marks, &commits, &log_ends)
}

/// Where the logs of partitions end whose commits lie behind the last stable offset: such a commit is
/// no error while a transaction is open, and stays where it is.
fn log_ends(
    cluster: &Cluster,
    request: &ReadRequest,
    marks: &BTreeMap<i32, Watermarks>,
    commits: &Offsets,
    cancel: &Cancel,
) -> Result<Offsets> {
    let behind =
        |(partition, offset): (&i32, &i64)| marks.get(partition).is_some_and(|mark| *offset > mark.high);
    if request.isolation == Isolation::Uncommitted || !commits.iter().any(behind) {
        return Ok(Offsets::new());
    }
    let logs = watermarks(cluster, &request.topic, Isolation::Uncommitted, cancel)?;
    Ok(logs.into_iter().map(|(partition, log)| (partition, log.high)).collect())
}

/// The plan for known offsets.
fn from_offsets(
    request: &ReadRequest,
    marks: &BTreeMap<i32, Watermarks>,
    commits: &Offsets,
    log_ends: &Offsets,
) -> Result<Plan> {
    let starts = if let Start::Offsets(offsets) = &request.start { Some(offsets) } else { None };
    let ends = if let End::Offsets(offsets) = &request.end { Some(offsets) } else { None };
    let named =
        starts.into_iter().chain(ends).flat_map(Offsets::keys).find(|named| !marks.contains_key(named));
    if let Some(partition) = named {
        let reason = format!("topic `{}` has no partition {partition}", request.topic);
        return Err(Error::InvalidRequest { reason });
    }
    let mut lost = BTreeMap::new();
    let mut spans = Vec::with_capacity(marks.len());
    for (&partition, mark) in marks {
        let end = match &request.end {
            End::HighWatermark => mark.high,
            End::Offsets(ends) => match ends.get(&partition) {
                Some(&end) => in_range(request, partition, end, mark).map(|()| end)?,
                None => continue,
            },
        };
        let wanted = match &request.start {
            Start::Earliest | Start::Tail(_) => mark.low,
            Start::Latest => end,
            Start::Offsets(offsets) => offsets.get(&partition).copied().unwrap_or(mark.low),
            Start::Committed { fallback, .. } => commits.get(&partition).copied().unwrap_or(match fallback {
                Fallback::Earliest => mark.low,
                Fallback::Latest => end,
            }),
        };
        let log_end = log_ends.get(&partition).copied().unwrap_or(mark.high);
        in_range(request, partition, wanted, &Watermarks { high: log_end.max(mark.high), ..*mark })?;
        if wanted < mark.low {
            lost.insert(partition, mark.low.min(end.max(wanted)) - wanted);
        }
        let from = wanted.max(mark.low);
        spans.push(Span { partition, from, end: end.max(from), quota: u64::MAX });
    }
    lost.retain(|_, count| *count > 0);
    if let Start::Tail(total) = request.start {
        for (span, share) in share(&spans, total) {
            spans[span].from = spans[span].end - share as i64;
        }
    }
    if let Some(total) = request.limits.messages {
        for (span, share) in share(&spans, total) {
            spans[span].quota = share;
        }
    }
    Ok(Plan { spans, lost })
}

/// An offset past the end of the log was never written: the topic is not what it was.
fn in_range(request: &ReadRequest, partition: i32, offset: i64, mark: &Watermarks) -> Result<()> {
    if (0..=mark.high).contains(&offset) {
        return Ok(());
    }
    let (topic, low, high) = (request.topic.clone(), mark.low, mark.high);
    Err(Error::OffsetOutOfRange { topic, partition, offset, low, high })
}

fn share(spans: &[Span], total: u64) -> Vec<(usize, u64)> {
    let available: Vec<_> = spans.iter().map(|span| (span.end - span.from) as u64).collect();
    shares(&available, total).into_iter().enumerate().collect()
}

/// Divides `total` as evenly as what is `available` allows; the first get what does not divide.
pub(crate) fn shares(available: &[u64], total: u64) -> Vec<u64> {
    let mut order: Vec<_> = (0..available.len()).collect();
    order.sort_by_key(|index| (available[*index], std::cmp::Reverse(*index)));
    let mut given = vec![0; available.len()];
    let mut left = total;
    for (done, index) in order.iter().enumerate() {
        let takers = (order.len() - done) as u64;
        given[*index] = available[*index].min(left / takers);
        left -= given[*index];
    }
    given
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::Schema;

    use super::*;
    use crate::codec::Outline;

    fn request(start: Start) -> ReadRequest {
        ReadRequest { start, ..ReadRequest::new("orders", Outline::plain(&Schema::empty()).unwrap()) }
    }

    fn marks(marks: &[(i64, i64)]) -> BTreeMap<i32, Watermarks> {
        (0..).zip(marks).map(|(partition, &(low, high))| (partition, Watermarks { low, high })).collect()
    }

    fn spans(request: &ReadRequest, given: &[(i64, i64)], commits: &Offsets) -> Result<Vec<(i64, i64)>> {
        let plan = from_offsets(request, &marks(given), commits, &Offsets::new())?;
        Ok(plan.spans.iter().map(|span| (span.from, span.end)).collect())
    }

    fn committed(fallback: Fallback) -> Start {
        Start::Committed { group: "sync".into(), fallback }
    }

    #[test]
    fn each_start_has_its_place() {
        let given = [(0, 10), (5, 20), (7, 7)];
        let none = Offsets::new();
        assert_eq!(spans(&request(Start::Earliest), &given, &none).unwrap(), [(0, 10), (5, 20), (7, 7)]);
        assert_eq!(spans(&request(Start::Latest), &given, &none).unwrap(), [(10, 10), (20, 20), (7, 7)]);
        assert_eq!(spans(&request(Start::Tail(8)), &given, &none).unwrap(), [(6, 10), (16, 20), (7, 7)]);
        assert_eq!(spans(&request(Start::Tail(1000)), &given, &none).unwrap(), [(0, 10), (5, 20), (7, 7)]);
        let commits = Offsets::from([(0, 4)]);
        assert_eq!(
            spans(&request(committed(Fallback::Earliest)), &given, &commits).unwrap(),
            [(4, 10), (5, 20), (7, 7)]
        );
        assert_eq!(
            spans(&request(committed(Fallback::Latest)), &given, &commits).unwrap(),
            [(4, 10), (20, 20), (7, 7)]
        );
        let from = Start::Offsets(Offsets::from([(1, 9)]));
        assert_eq!(spans(&request(from), &given, &none).unwrap(), [(0, 10), (9, 20), (7, 7)]);
    }

    #[test]
    fn what_retention_took_is_reported() {
        let commits = Offsets::from([(0, 40), (1, 2)]);
        let marks = marks(&[(100, 120), (0, 5)]);
        let plan =
            from_offsets(&request(committed(Fallback::Latest)), &marks, &commits, &Offsets::new()).unwrap();
        assert_eq!(plan.lost, BTreeMap::from([(0, 60)]));
        assert_eq!((plan.spans[0].from, plan.spans[1].from), (100, 2));
    }

    #[test]
    fn a_commit_behind_an_open_transaction_stays_where_it_is() {
        let (commits, log_ends) = (Offsets::from([(0, 25)]), Offsets::from([(0, 30)]));
        let request = request(committed(Fallback::Earliest));
        let plan = from_offsets(&request, &marks(&[(0, 24)]), &commits, &log_ends).unwrap();
        assert_eq!((plan.spans[0].from, plan.spans[0].end), (25, 25));
    }

    #[test]
    fn an_offset_that_was_never_written_is_an_error() {
        let error =
            spans(&request(committed(Fallback::Latest)), &[(0, 10)], &Offsets::from([(0, 11)])).unwrap_err();
        assert!(matches!(error, Error::OffsetOutOfRange { offset: 11, high: 10, .. }));
        assert!(error.hint().is_some_and(|hint| hint.contains("created again")));
    }

    #[test]
    fn a_batch_can_be_repeated() {
        let mut request = request(Start::Offsets(Offsets::from([(0, 2), (1, 3)])));
        request.end = End::Offsets(Offsets::from([(0, 4), (1, 3)]));
        assert_eq!(spans(&request, &[(0, 10), (0, 10), (0, 10)], &Offsets::new()).unwrap(), [(2, 4), (3, 3)]);
        request.end = End::Offsets(Offsets::from([(7, 4)]));
        assert!(spans(&request, &[(0, 10), (0, 10)], &Offsets::new()).is_err());
    }

    #[test]
    fn a_limit_is_shared_evenly_and_fully() {
        assert_eq!(shares(&[10, 10, 10], 10), [4, 3, 3]);
        assert_eq!(shares(&[1, 100, 100], 101), [1, 50, 50]);
        assert_eq!(shares(&[5, 0, 5], 100), [5, 0, 5]);
        assert_eq!(shares(&[], 100), [0; 0]);
        assert_eq!(shares(&[3, 3], 1), [1, 0]);
        let mut request = request(Start::Earliest);
        request.limits.messages = Some(3);
        let plan =
            from_offsets(&request, &marks(&[(0, 1), (0, 9)]), &Offsets::new(), &Offsets::new()).unwrap();
        assert_eq!(plan.spans.iter().map(|span| span.quota).collect::<Vec<_>>(), [1, 2]);
    }
}
