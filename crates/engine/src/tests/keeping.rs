//! Offsets that the writers keep, and offsets that were reset.

use serde_json::json;

use super::{Bench, Written};
use crate::Outcome;

fn by_sinks(settings: [serde_json::Value; 2]) -> Vec<Written<'static>> {
    let [first, second] = settings;
    vec![
        ("log", "log", &[], json!({"by_sinks": true})),
        ("even", "even", &["log"], json!({})),
        ("out", "keep", &["even.pass"], first),
        ("rest", "keep", &["even.reject"], second),
    ]
}

fn rows(bench: &Bench) -> (usize, usize) {
    (bench.rows("first").len(), bench.rows("second").len())
}

#[test]
fn writers_that_keep_the_offsets_are_enough() {
    let bench = Bench::new("by sinks", &by_sinks([json!({"store": "first"}), json!({"store": "second"})]));
    assert_eq!(bench.run().outcome, Outcome::Done);
    bench.world.lock().log.extend([10, 11]);
    bench.world.lock().fail = Some("in second commit");
    assert_eq!(bench.run().outcome, Outcome::Failed);
    assert_eq!(rows(&bench), (6, 5));
    bench.world.lock().log.extend([12, 13]);
    assert!(bench.run().repeated, "the second writer has what the first had");
    assert_eq!(rows(&bench), (6, 6));
    assert!(!bench.run().repeated);
    assert_eq!(rows(&bench), (7, 7));
    bench.run();
    assert_eq!(rows(&bench), (7, 7), "nothing new is nothing written");
    assert_eq!(bench.world.lock().acknowledged, 0);
    let held = crate::held(&bench.compiled, 0, &bench.host).expect("asked").expect("known");
    assert_eq!(held.topics["log"][&0].to, 14);
}

#[test]
fn a_writer_that_forgets_cannot_keep_offsets() {
    let forgets = json!({"store": "second", "forgets": true});
    let bench = Bench::new("forgets", &by_sinks([json!({"store": "first"}), forgets]));
    let report = bench.run();
    assert_eq!((report.outcome, report.began), (Outcome::Failed, false));
    let problem = &report.problems[0];
    assert!(problem.message.contains("`rest` cannot keep the offsets"), "{problem}");
    assert_eq!(problem.at.node.as_ref().map(flowloom_flow::NodeId::as_str), Some("log"));
    // A preview needs no writer.
    assert!(bench.compiled.nodes.iter().all(|made| made.problems.is_empty()));
}

#[test]
fn a_batch_from_before_a_reset_is_not_finished() {
    let bench = Bench::new("reset", &super::two_writers());
    bench.run();
    let back = |to| {
        let mut world = bench.world.lock();
        world.acknowledged = to;
        world.resets += 1;
    };
    back(4);
    let report = bench.run();
    assert!(!report.repeated);
    assert_eq!(rows(&bench), (8, 8), "six of ten again");
    // The reset goes back further than the batch of a run that dies, which is still the newest of all.
    back(0);
    bench.world.lock().log.truncate(4);
    bench.world.lock().fail = Some("in second commit");
    assert_eq!(bench.run().outcome, Outcome::Failed);
    assert_eq!(rows(&bench), (10, 8));
    assert!(bench.run().repeated);
    assert_eq!(rows(&bench), (10, 10));
}
