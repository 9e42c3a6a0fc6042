//! Live runs: when the next batch begins, what is waited out, how they end.

use std::time::{Duration, Instant};

use flowloom_flow::Live;
use parking_lot::Mutex;
use serde_json::json;

use super::{Bench, EVENTS, pipe, two_writers};
use crate::{Events, LiveAsk, Outcome, Phase, Report, RunEvent, State, live};

/// Longer than any of these tests may take.
const NEVER: Duration = Duration::from_mins(10);
const SOON: Duration = Duration::from_millis(20);

fn every(every: Duration) -> LiveAsk {
    LiveAsk {
        back_off: Duration::from_millis(5),
        look_every: SOON,
        ..LiveAsk::new(trigger(Some(every), None))
    }
}

fn trigger(every: Option<Duration>, messages: Option<u64>) -> Live {
    Live { every, messages, bytes: None }
}

fn waiting_for(messages: u64) -> LiveAsk {
    LiveAsk { trigger: trigger(None, Some(messages)), ..every(NEVER) }
}

impl Bench {
    /// A live run; `each` sees its events on another thread, as they come.
    fn live(&self, ask: LiveAsk, mut each: impl FnMut(&RunEvent) + Send) -> (Report, Vec<RunEvent>) {
        let (events, received) = Events::channel(EVENTS);
        std::thread::scope(|scope| {
            let listener = scope.spawn(move || {
                let look = |event: RunEvent| {
                    each(&event);
                    event
                };
                received.into_iter().map(look).collect::<Vec<_>>()
            });
            let report = live(&self.compiled, &self.host, &ask, &self.cancel, &events, &mut |_| ());
            drop(events);
            (report, listener.join().expect("the listener"))
        })
    }

    fn log(&self, numbers: impl IntoIterator<Item = i64>) {
        self.world.lock().log.extend(numbers);
    }
}

fn is_waiting(event: &RunEvent) -> bool {
    matches!(event, RunEvent::Phase { phase: Phase::Waiting { pending: None, .. } })
}

fn troubles(events: &[RunEvent]) -> Vec<(String, u32)> {
    let trouble = |event: &RunEvent| match event {
        RunEvent::Phase { phase: Phase::BackingOff { problem, failures, .. } } => {
            Some((problem.message.clone(), *failures))
        }
        _ => None,
    };
    events.iter().filter_map(trouble).collect()
}

#[test]
fn batches_follow_by_the_interval_until_there_are_enough() {
    let bench = Bench::new("live interval", &pipe());
    let began = Instant::now();
    let ask = LiveAsk { batches: Some(3), ..every(Duration::from_millis(50)) };
    let (report, events) = bench.live(ask, |event| {
        // Two more numbers while it waits: each batch finds something.
        if is_waiting(event) {
            bench.log([10, 12]);
        }
    });
    assert_eq!(report.outcome, Outcome::Done, "{:?}", report.problems);
    assert!(began.elapsed() >= Duration::from_millis(100), "two intervals: {:?}", began.elapsed());
    let facts = report.live.as_ref().expect("a live run");
    assert_eq!((facts.batches, facts.failures), (3, 0));
    let read = report.nodes[0].counts.expect("counts").read;
    assert_eq!(bench.rows("out").len() as u64, report.nodes[2].rows["in"]);
    assert_eq!(read, bench.world.lock().acknowledged as u64, "the numbers are the run's");
    assert_eq!(report.batch.0["log"].topics["log"][&0].from, 0, "from where the first batch began");
    assert_eq!(report.nodes[0].offsets.as_ref().expect("offsets").topics["log"][&0].to, read as i64);
    assert!(matches!(events.last(), Some(RunEvent::Finished { .. })));
    assert_eq!(events.iter().filter(|event| matches!(event, RunEvent::Finished { .. })).count(), 1);
}

#[test]
fn a_batch_begins_as_soon_as_enough_waits() {
    let bench = Bench::new("live messages", &pipe());
    let ask = LiveAsk { batches: Some(2), ..waiting_for(3) };
    let (report, events) = bench.live(ask, |event| match event {
        RunEvent::Phase { phase: Phase::Waiting { pending: None, .. } } => bench.log([10]),
        // Shown once, and not enough.
        RunEvent::Phase { phase: Phase::Waiting { pending: Some(1), .. } } => bench.log([12, 14]),
        _ => {}
    });
    assert_eq!(report.outcome, Outcome::Done, "{:?}", report.problems);
    assert_eq!(bench.rows("out"), [0, 2, 4, 6, 8, 10, 12, 14], "not one by one");
    assert_eq!(report.live.expect("facts").empty, 0);
    let shown = |event: &RunEvent| {
        matches!(event, RunEvent::Phase { phase: Phase::Waiting { pending: Some(1), .. } })
    };
    assert_eq!(events.iter().filter(|event| shown(event)).count(), 1, "what does not change is told once");
}

#[test]
fn bytes_are_estimated_by_the_messages_before() {
    let bench = Bench::new("live bytes", &pipe());
    // Of 8 bytes each.
    let ask = LiveAsk { trigger: Live { bytes: Some(24), ..Live::NEVER }, ..waiting_for(1) };
    let (report, _) = bench.live(LiveAsk { batches: Some(2), ..ask }, |event| match event {
        RunEvent::Phase { phase: Phase::Waiting { pending: None, .. } } => bench.log([10, 12]),
        RunEvent::Phase { phase: Phase::Waiting { pending: Some(2), .. } } => bench.log([14]),
        _ => {}
    });
    assert_eq!(report.nodes[0].counts.expect("counts").read, 13);
}

#[test]
fn without_a_source_that_can_tell_an_interval_is_needed() {
    let nodes =
        [("rows", "two", &[] as &[&str], json!({})), ("out", "keep", &["rows"], json!({"store": "out"}))];
    let bench = Bench::new("live blind", &nodes);
    let (report, _) = bench.live(waiting_for(1), |_| ());
    assert_eq!(report.outcome, Outcome::Failed);
    assert!(report.problems[0].to_string().contains("--every"), "{:?}", report.problems);
    assert_eq!(bench.rows("out"), [1, 2], "the first batch needs no trigger");
    let ask = LiveAsk { trigger: trigger(Some(SOON), Some(1)), batches: Some(2), ..waiting_for(1) };
    let (report, events) = bench.live(ask, |_| ());
    assert_eq!(report.outcome, Outcome::Done, "{:?}", report.problems);
    let told = events.iter().filter(|event| matches!(event, RunEvent::Note { .. })).count();
    assert_eq!((bench.rows("out").len(), told), (6, 1));
}

#[test]
fn trouble_is_waited_out_and_told_and_no_row_is_lost_or_doubled() {
    for at in ["in read", "in prepare", "in commit", "in second commit", "in acknowledge", "in pending"] {
        let bench = Bench::new(&format!("live trouble {at}"), &two_writers());
        bench.world.lock().fail = Some(at);
        let ask = LiveAsk { batches: Some(2), ..waiting_for(1) };
        let (report, events) = bench.live(ask, |event| {
            if is_waiting(event) {
                bench.log([10, 11]);
            }
        });
        assert_eq!(report.outcome, Outcome::Done, "{at}: {:?}", report.problems);
        let told = troubles(&events);
        assert_eq!(told.len(), 1, "{at}: {told:?}");
        assert!(told[0].0.contains(at) && told[0].1 == 1, "{told:?}");
        let facts = report.live.as_ref().expect("facts");
        assert_eq!((facts.failures, facts.batches), (1, 2), "{at}");
        assert!(facts.last_problem.as_ref().is_some_and(|problem| problem.message.contains(at)));
        let (even, odd) = (bench.rows("first"), bench.rows("second"));
        assert_eq!(even[..5], [0, 2, 4, 6, 8], "{at}");
        assert_eq!(odd[..5], [1, 3, 5, 7, 9], "{at}");
        let written = [&report.nodes[2], &report.nodes[3]].map(|node| node.rows["in"] as usize);
        assert_eq!(written, [even.len(), odd.len()], "{at}: what is told is what was written");
        let read = report.nodes[0].counts.expect("counts").read as usize;
        assert_eq!((read, read as i64), (even.len() + odd.len(), bench.world.lock().acknowledged), "{at}");
        let metrics = report.nodes[0].metrics.as_ref().expect("commits are counted");
        assert_eq!(metrics.commits_failed, u64::from(at == "in acknowledge"), "{at}");
    }
}

#[test]
fn a_source_that_keeps_no_offsets_gives_each_writer_its_rows_once() {
    for at in ["in read", "in prepare", "in commit", "in second commit", "in pending"] {
        let mut nodes = two_writers();
        nodes[0].3 = json!({"forgets": true});
        let bench = Bench::new(&format!("live forgetful {at}"), &nodes);
        bench.world.lock().fail = Some(at);
        let ask = LiveAsk { batches: Some(2), ..waiting_for(1) };
        let (report, events) = bench.live(ask, |event| match event {
            // What comes after the batch that failed is not in it.
            RunEvent::Phase { phase: Phase::BackingOff { .. } } => bench.log([10, 11]),
            event if is_waiting(event) => bench.log([12, 13]),
            _ => {}
        });
        assert_eq!(report.outcome, Outcome::Done, "{at}: {:?}", report.problems);
        assert_eq!(troubles(&events).len(), 1, "{at}");
        let (even, odd) = (bench.rows("first"), bench.rows("second"));
        for (rows, first) in [(&even, 0), (&odd, 1)] {
            let mut once = rows.clone();
            once.dedup();
            assert_eq!(&once, rows, "{at}");
            assert_eq!(rows[..5], [first, 2 + first, 4 + first, 6 + first, 8 + first], "{at}");
        }
        assert!(even.len() >= 6 && odd.len() == even.len(), "{at}: {even:?} {odd:?}");
    }
}

#[test]
fn what_cannot_go_on_is_refused() {
    for (settings, forgets, why) in [
        (json!({"ends": true}), false, "the test's log ends"),
        (json!({"forgets": true}), true, "each batch of a live run would replace what `out` wrote before"),
    ] {
        let nodes = [
            ("log", "log", &[] as &[&str], settings),
            ("out", "keep", &["log"], json!({"store": "out", "forgets": forgets})),
        ];
        let bench = Bench::new(&format!("live refused {why}"), &nodes);
        let (report, _) = bench.live(every(SOON), |_| ());
        assert_eq!(report.outcome, Outcome::Failed);
        assert_eq!(report.problems[0].message, why);
        assert!(bench.rows("out").is_empty());
    }
}

#[test]
fn waits_double_up_to_a_limit_and_begin_anew_after_success() {
    let ask = LiveAsk::new(Live::default());
    let seconds = [1, 2, 3, 6, 7, 8, 40, u32::MAX].map(|failures| ask.wait_after(failures).as_secs());
    assert_eq!(seconds, [1, 2, 4, 32, 60, 60, 60, 60]);

    let bench = Bench::new("live again", &pipe());
    bench.world.lock().fail = Some("in read");
    let fails = Mutex::new(2);
    let ask = LiveAsk { batches: Some(2), ..waiting_for(1) };
    let (_, events) = bench.live(ask, |event| match event {
        RunEvent::Phase { phase: Phase::BackingOff { .. } } if *fails.lock() > 0 => {
            *fails.lock() -= 1;
            bench.world.lock().fail = Some("in read");
        }
        RunEvent::Phase { phase: Phase::Waiting { pending: None, .. } } => {
            bench.world.lock().fail = Some("in read");
            bench.log([10]);
        }
        _ => {}
    });
    let failures: Vec<u32> = troubles(&events).into_iter().map(|(_, failures)| failures).collect();
    assert_eq!(failures.last(), Some(&1), "{failures:?}");
    assert!(failures.contains(&2), "{failures:?}");
}

#[test]
fn what_the_user_must_mend_ends_it() {
    let bench = Bench::new("live mend", &pipe());
    {
        let mut world = bench.world.lock();
        (world.fail, world.is_users) = (Some("in prepare"), true);
    }
    let (report, events) = bench.live(every(SOON), |_| ());
    assert_eq!(report.outcome, Outcome::Failed);
    assert!(report.problems[0].message.contains("in prepare"));
    assert_eq!(troubles(&events), []);
    assert!(bench.rows("out").is_empty());
}

#[test]
fn a_stop_ends_the_wait_at_once() {
    for ask in [every(NEVER), waiting_for(1_000)] {
        let bench = Bench::new(&format!("live stop {:?}", ask.trigger), &pipe());
        let began = Instant::now();
        let (report, _) = bench.live(ask, |event| {
            if is_waiting(event) {
                bench.cancel.stop();
            }
        });
        assert_eq!(report.outcome, Outcome::Done);
        assert!(began.elapsed() < NEVER / 10);
        assert_eq!(bench.rows("out").len(), 5);
    }
}

#[test]
fn a_stop_ends_a_wait_after_trouble_too() {
    let bench = Bench::new("live stop trouble", &pipe());
    bench.world.lock().fail = Some("in read");
    let ask = LiveAsk { back_off: NEVER, back_off_most: NEVER, ..every(SOON) };
    let (report, events) = bench.live(ask, |event| {
        if matches!(event, RunEvent::Phase { phase: Phase::BackingOff { .. } }) {
            bench.cancel.stop();
        }
    });
    assert_eq!((report.outcome, troubles(&events).len()), (Outcome::Done, 1));
    assert!(report.live.expect("facts").last_problem.is_some());
}

#[test]
fn a_stop_lets_the_batch_end_and_a_cancel_leaves_nothing_of_it() {
    let running = |event: &RunEvent| matches!(event, RunEvent::State { state: State::Running, .. });
    let bench = Bench::new("live edge", &pipe());
    let (report, _) = bench.live(every(SOON), |event| {
        if running(event) && !bench.cancel.is_stopped() {
            bench.cancel.stop();
        }
    });
    assert_eq!(report.outcome, Outcome::Done);
    assert_eq!((bench.rows("out").len(), bench.world.lock().acknowledged), (5, 10), "the batch is whole");

    let bench = Bench::new("live cancel", &pipe());
    bench.cancel.cancel();
    let (report, _) = bench.live(every(SOON), |_| ());
    assert_eq!(report.outcome, Outcome::Cancelled);
    assert_eq!((bench.rows("out").len(), bench.world.lock().acknowledged), (0, 0));
}

#[test]
fn a_record_has_one_size_however_many_batches_there_were() {
    let size = |batches: u64| {
        let bench = Bench::new(&format!("live size {batches}"), &pipe());
        let ask = LiveAsk { batches: Some(batches), ..waiting_for(1) };
        let ask = LiveAsk { look_every: Duration::from_millis(1), ..ask };
        let (report, _) = bench.live(ask, |event| {
            if is_waiting(event) {
                bench.log([10]);
            }
        });
        assert_eq!(report.live.as_ref().expect("facts").batches, batches);
        serde_json::to_string(&report).expect("JSON").len()
    };
    assert!(size(40).abs_diff(size(2)) < 60, "only numbers grow by a digit");
}

#[test]
fn an_empty_look_is_no_batch() {
    let bench = Bench::new("live idle", &pipe());
    let looks = Mutex::new(0);
    let (report, _) = bench.live(every(Duration::from_millis(5)), |event| {
        *looks.lock() += usize::from(is_waiting(event));
        if *looks.lock() == 4 {
            bench.cancel.stop();
        }
    });
    let facts = report.live.expect("facts");
    assert!(facts.batches == 1 && facts.empty >= 3, "{facts:?}");
    assert_eq!(report.nodes[2].state, State::Done, "what came before is not forgotten");
    assert_eq!(bench.rows("out").len(), 5);
}
