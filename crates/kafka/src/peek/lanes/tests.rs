use super::*;

fn message(partition: i32, offset: i64, time_ms: i64) -> Message {
    Message {
        partition,
        offset,
        timestamp_ms: Some(time_ms),
        timestamp_type: None,
        key: None,
        value: Some(vec![0; 10]),
        headers: Vec::new(),
    }
}

fn found(backwards: bool, count: usize, max_bytes: usize, messages: Vec<Message>) -> Found {
    let mut found = Found {
        wanted: Wanted::new(None),
        messages,
        bytes: 0,
        count,
        max_bytes,
        backwards,
        is_full: false,
        scanned: 0,
        frontiers: BTreeMap::new(),
    };
    found.prune();
    found
}

fn lane(partition: i32, low: i64, high: i64, frontier_ms: Option<i64>) -> Lane {
    Lane { partition, low, high, step: 10, frontier_ms }
}

#[test]
fn the_best_messages_stay() {
    let messages = || vec![message(0, 1, 5), message(1, 7, 9), message(0, 2, 5), message(1, 8, 3)];
    let places = |found: &Found| {
        found.messages.iter().map(|message| (message.partition, message.offset)).collect::<Vec<_>>()
    };
    let newest = found(true, 3, 1000, messages());
    assert_eq!(places(&newest), [(1, 7), (0, 2), (0, 1)]);
    assert_eq!(newest.finish(false).ended, PeekEnd::Count);
    let oldest = found(false, 9, 1000, messages());
    assert_eq!(places(&oldest), [(1, 8), (0, 1), (0, 2), (1, 7)]);
    assert_eq!(
        (oldest.worst(), found(false, 9, 1000, messages()).finish(true).ended),
        (None, PeekEnd::Everything)
    );
    let few = found(true, 9, 25, messages());
    assert_eq!((places(&few).len(), few.finish(true).ended), (2, PeekEnd::Bytes));
    let large = found(true, 9, 1, messages());
    assert_eq!(large.messages.len(), 1, "one message is given however large it is");
    assert_eq!(found(true, 9, 99, Vec::new()).finish(false).ended, PeekEnd::Scanned);
}

#[test]
fn only_partitions_go_on_that_may_have_better_messages() {
    let full = found(true, 2, 1000, vec![message(0, 1, 5), message(0, 2, 7)]);
    let lanes =
        [lane(0, 0, 100, Some(9)), lane(1, 0, 100, Some(4)), lane(2, 50, 50, None), lane(3, 0, 5, None)];
    let spans = pieces(&lanes, &full, 1000);
    let places: Vec<_> = spans.iter().map(|span| (span.partition, span.from, span.end)).collect();
    assert_eq!(places, [(0, 90, 100), (3, 0, 5)]);
    let forwards = found(false, 2, 1000, vec![message(0, 1, 5), message(0, 2, 7)]);
    let spans = pieces(&lanes, &forwards, 1000);
    let places: Vec<_> = spans.iter().map(|span| (span.partition, span.from, span.quota)).collect();
    assert_eq!(places, [(1, 0, 10), (3, 0, 10)]);
    let spans = pieces(&lanes, &full, 4);
    assert_eq!(spans.iter().map(|span| span.end - span.from).collect::<Vec<_>>(), [2, 2]);
}
