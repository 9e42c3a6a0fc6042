use arrow::datatypes::Schema;

use super::*;
use crate::codec::Outline;
use crate::offsets::Offsets;
use crate::read::request::{Fallback, Lost, Others};
use crate::read::{Topics, Wanted};

/// One topic of two partitions with the offsets 5 to 20 and 0 to 10; commits and times of the first alone.
fn facts() -> Facts {
    let of = |offsets: &[(i32, i64)]| TopicOffsets::from([("t".into(), offsets.iter().copied().collect())]);
    Facts {
        places: Places::from([("t".into(), vec![0, 1])]),
        low: of(&[(0, 5), (1, 0)]),
        high: of(&[(0, 20), (1, 10)]),
        start_commits: of(&[(0, 8)]),
        end_commits: of(&[(0, 15)]),
        start_times: of(&[(0, 12)]),
        end_times: of(&[(0, 16)]),
        ..Facts::default()
    }
}

fn offsets(offsets: &[(i32, i64)]) -> TopicOffsets {
    TopicOffsets::from([("t".into(), offsets.iter().copied().collect())])
}

fn request(start: Start, end: End) -> ReadRequest {
    ReadRequest { start, end, ..ReadRequest::new("t", Outline::plain(&Schema::empty()).unwrap()) }
}

/// Partition, start and end.
fn spans(request: &ReadRequest, facts: &Facts) -> Result<Vec<(i32, i64, i64)>> {
    let plan = place::plan(request, facts)?;
    Ok(plan.spans.iter().map(|span| (span.partition, span.from, span.end)).collect())
}

fn committed(fallback: Fallback) -> Start {
    Start::Committed { group: "sync".into(), fallback }
}

fn given(of: &[(i32, i64)], others: Others) -> Start {
    Start::Offsets { offsets: offsets(of), others }
}

/// What a start wants of both partitions, where the ends are those that are given.
type Wants = fn(i64, i64) -> [Option<i64>; 2];

#[test]
fn every_start_meets_every_end() {
    let known = |fallback| Start::Known { offsets: offsets(&[(0, 9)]), fallback };
    let starts: Vec<(Start, Wants)> = vec![
        (committed(Fallback::Earliest), |_, _| [Some(8), Some(0)]),
        (committed(Fallback::Latest), |_, e1| [Some(8), Some(e1)]),
        (known(Fallback::Earliest), |_, _| [Some(9), Some(0)]),
        (known(Fallback::Latest), |_, e1| [Some(9), Some(e1)]),
        (Start::Earliest, |_, _| [Some(5), Some(0)]),
        (Start::Latest, |e0, e1| [Some(e0.max(5)), Some(e1)]),
        (Start::Timestamp(1), |_, e1| [Some(12), Some(e1)]),
        (given(&[(0, 17)], Others::Omitted), |_, _| [Some(17), None]),
        (given(&[(0, 17)], Others::Earliest), |_, _| [Some(17), Some(0)]),
        (given(&[(0, 17)], Others::Latest), |_, e1| [Some(17), Some(e1)]),
        // Two of the last three are the first partition's.
        (Start::Tail(3), |e0, e1| [Some(if e1 > 0 { e0 - 2 } else { e0 - 3 }), Some((e1 - 1).max(0))]),
    ];
    let ends = vec![
        (End::HighWatermark, [Some(20), Some(10)]),
        (End::Committed { group: "other".into() }, [Some(15), Some(0)]),
        (End::Timestamp(2), [Some(16), Some(10)]),
        (End::Offsets(offsets(&[(0, 14), (1, 3)])), [Some(14), Some(3)]),
        (End::Offsets(offsets(&[(1, 3)])), [None, Some(3)]),
        // Before the first message kept.
        (End::Offsets(offsets(&[(0, 2), (1, 0)])), [Some(2), Some(0)]),
    ];
    for (start, wanted) in &starts {
        for (end, stop) in &ends {
            let is_tail = matches!(start, Start::Tail(_));
            if is_tail && stop[0].is_none_or(|stop| stop < 5) {
                continue;
            }
            let from = wanted(stop[0].unwrap_or(0), stop[1].unwrap_or(0));
            let expected: Vec<_> = (0..2)
                .filter_map(|partition| {
                    let index = usize::try_from(partition).ok()?;
                    let (from, stop) = (from[index]?, stop[index]?);
                    Some((partition, from, stop.max(from)))
                })
                .collect();
            let request = request(start.clone(), end.clone());
            assert_eq!(spans(&request, &facts()).unwrap(), expected, "{start:?} to {end:?}");
        }
    }
}

#[test]
fn what_retention_took_is_counted_as_the_policy_says() {
    let facts = Facts { start_commits: offsets(&[(0, 2), (1, 4)]), ..facts() };
    let plan = |lost, end| {
        let request = ReadRequest { lost, ..request(committed(Fallback::Latest), end) };
        place::plan(&request, &facts)
    };
    let all = End::HighWatermark;
    let error = plan(Lost::Fail, all.clone()).unwrap_err();
    assert!(matches!(error, Error::OffsetRemoved { partition: 0, offset: 2, lost: 3, .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "retention removed 3 messages of partition 0 of topic `t` before they were read, from offset 2 on"
    );
    assert!(error.hint().unwrap().contains("earliest"));
    let at = |plan: Result<Plan>| {
        let plan = plan.unwrap();
        (plan.spans[0].from, plan.spans[0].end, plan.found[0].lost, plan.found[1].lost)
    };
    assert_eq!(at(plan(Lost::Earliest, all.clone())), (5, 20, 3, 0));
    assert_eq!(at(plan(Lost::Latest, all)), (20, 20, 18, 0));
    // Only what was asked for can be lost.
    let before = End::Offsets(offsets(&[(0, 4), (1, 4)]));
    assert_eq!(at(plan(Lost::Earliest, before.clone())), (4, 4, 2, 0));
    assert_eq!(at(plan(Lost::Latest, before)), (4, 4, 2, 0));
    let nothing = End::Offsets(offsets(&[(0, 1), (1, 4)]));
    assert_eq!(at(plan(Lost::Fail, nothing)), (2, 2, 0, 0));
}

#[test]
fn a_commit_behind_an_open_transaction_stays_where_it_is() {
    let start_commits = offsets(&[(0, 25)]);
    let behind = Facts { start_commits: start_commits.clone(), log_end: offsets(&[(0, 30)]), ..facts() };
    let request = request(committed(Fallback::Earliest), End::HighWatermark);
    assert!(behind.is_behind(&request) && !facts().is_behind(&request));
    assert_eq!(spans(&request, &behind).unwrap()[0], (0, 25, 25));
    let error = spans(&request, &Facts { start_commits, ..facts() }).unwrap_err();
    assert!(matches!(error, Error::OffsetOutOfRange { offset: 25, high: 20, .. }), "{error}");
    assert!(error.hint().is_some_and(|hint| hint.contains("created again")));
}

#[test]
fn offsets_of_what_is_not_read_are_refused_where_they_are_asked_for() {
    let strange =
        |topic: &str, partition| TopicOffsets::from([(topic.into(), Offsets::from([(partition, 1)]))]);
    let refused = |start, end| spans(&request(start, end), &facts()).unwrap_err().to_string();
    let others = Others::Omitted;
    let text = refused(Start::Offsets { offsets: strange("u", 0), others }, End::HighWatermark);
    assert_eq!(text, "offsets of topic `u` are given, which is not read");
    let text = refused(Start::Earliest, End::Offsets(strange("t", 7)));
    assert!(text.starts_with("topic `t` has no partition 7 that is read"), "{text}");
    let known = |topic, partition| {
        let offsets = strange(topic, partition);
        request(Start::Known { offsets, fallback: Fallback::Earliest }, End::HighWatermark)
    };
    assert!(spans(&known("t", 7), &facts()).is_err(), "a topic that was created again");
    assert_eq!(spans(&known("u", 0), &facts()).unwrap().len(), 2, "what is kept may be of more");
    let partitions = Some([0, 1].into());
    let some = Topics::Named(vec![Wanted { topic: "t".into(), partitions }]);
    assert!(spans(&ReadRequest { topics: some, ..known("t", 7) }, &facts()).is_ok());
}

#[test]
fn several_topics_come_by_name_and_partition_and_share_limits() {
    let two = |offsets: i64| {
        TopicOffsets::from([
            ("a".into(), Offsets::from([(3, offsets)])),
            ("b".into(), Offsets::from([(0, offsets), (1, offsets)])),
        ])
    };
    let facts = Facts {
        places: Places::from([("b".into(), vec![0, 1]), ("a".into(), vec![3])]),
        low: two(0),
        high: two(9),
        ..Facts::default()
    };
    let mut request = request(Start::Earliest, End::HighWatermark);
    request.limits.messages = Some(4);
    let plan = place::plan(&request, &facts).unwrap();
    assert_eq!(plan.topics, ["a", "b"]);
    let got: Vec<_> = plan.spans.iter().map(|span| (span.topic, span.partition, span.quota)).collect();
    assert_eq!(got, [(0, 3, 2), (1, 0, 1), (1, 1, 1)]);
}

#[test]
fn the_newest_are_no_more_than_the_limit_and_no_partition_is_held_back() {
    for (total, most, expected) in [(6, 6, 3), (4, 9, 2), (9, 4, 2)] {
        let mut request = request(Start::Tail(total), End::HighWatermark);
        request.limits.messages = Some(most);
        let plan = place::plan(&request, &facts()).unwrap();
        let got: Vec<_> = plan.spans.iter().map(|span| (span.from, span.quota)).collect();
        assert_eq!(got, [(20 - expected, u64::MAX), (10 - expected, u64::MAX)]);
    }
}
