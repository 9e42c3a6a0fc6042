//! The engine's promises, on the smallest kinds that can break them.

mod keeping;
mod kinds;
mod live;

use std::collections::BTreeMap;
use std::sync::Arc;

use flowloom_flow::{Cancel, Compiled, Flow, FlowNode, NodeId, Output, Wire};
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use self::kinds::{REGISTRY, World, world};
use crate::{Cache, Events, JobHost, Limits, Outcome, Preview, PreviewAsk, Report, State, preview, run};

/// `(id, kind, inputs as node or node.port, settings)`.
type Written<'a> = (&'a str, &'a str, &'a [&'a str], Value);

fn flow(nodes: &[Written<'_>]) -> Flow {
    let mut flow = Flow { name: "test".into(), ..Flow::default() };
    for (id, kind, inputs, settings) in nodes {
        let inputs = inputs.iter().map(|from| {
            let (node, port) = from.split_once('.').map_or((*from, None), |(node, port)| (node, Some(port)));
            let from = Output { node: NodeId::nearest(node), port: port.map(str::to_owned) };
            Wire { port: "in".into(), from }
        });
        let node = FlowNode {
            kind: (*kind).to_owned(),
            version: 1,
            inputs: inputs.collect(),
            settings: settings.as_object().cloned().unwrap_or_else(Map::new),
            ..FlowNode::default()
        };
        flow.nodes.insert(NodeId::nearest(id), node);
    }
    flow
}

/// More than any of these runs sends: nobody takes them out, and a state waits for its place.
const EVENTS: usize = 10_000;

struct Bench {
    world: Arc<Mutex<World>>,
    compiled: Compiled,
    host: JobHost,
    cancel: Cancel,
    cache: Cache,
}

impl Bench {
    /// `nodes` see `$world` as this bench's own world.
    fn new(name: &str, nodes: &[Written<'_>]) -> Self {
        let mut flow = flow(nodes);
        for node in flow.nodes.values_mut().filter(|node| matches!(node.kind.as_str(), "log" | "keep")) {
            node.settings.insert("world".into(), json!(name));
        }
        let host = JobHost::new(".", Limits::default());
        let compiled = Compiled::new(&flow, &BTreeMap::new(), REGISTRY, &host);
        let world = world(name);
        world.lock().log = (0..10).collect();
        Self { world, compiled, host, cancel: Cancel::default(), cache: Cache::default() }
    }

    fn run(&self) -> Report {
        let (events, _receiver) = Events::channel(EVENTS);
        run(&self.compiled, &self.host, &self.cancel, &events)
    }

    fn preview(&self) -> Preview {
        let (events, _receiver) = Events::channel(EVENTS);
        preview(&self.compiled, &PreviewAsk::default(), &self.host, &self.cache, &self.cancel, &events)
    }

    fn rows(&self, store: &str) -> Vec<i64> {
        self.world.lock().stores.get(store).map(|store| store.rows.clone()).unwrap_or_default()
    }
}

fn counts(report: &Report) -> Vec<(&str, Vec<u64>)> {
    report.nodes.iter().map(|node| (node.node.as_str(), node.rows.values().copied().collect())).collect()
}

const PIPE: &[(&str, &str, &[&str])] =
    &[("log", "log", &[]), ("even", "even", &["log"]), ("out", "keep", &["even"])];

fn pipe() -> Vec<Written<'static>> {
    PIPE.iter().map(|&(id, kind, inputs)| (id, kind, inputs, json!({"store": id}))).map(strip).collect()
}

fn strip(mut node: Written<'static>) -> Written<'static> {
    if node.1 != "keep" {
        node.3 = json!({});
    }
    node
}

fn two_writers() -> Vec<Written<'static>> {
    vec![
        ("log", "log", &[], json!({})),
        ("even", "even", &["log"], json!({})),
        ("out", "keep", &["even.pass"], json!({"store": "first"})),
        ("rest", "keep", &["even.reject"], json!({"store": "second"})),
    ]
}

#[test]
fn a_run_writes_counts_and_then_acknowledges() {
    let bench = Bench::new("plain", &pipe());
    let report = bench.run();
    assert_eq!(report.outcome, Outcome::Done, "{:?}", report.problems);
    assert_eq!(bench.rows("out"), [0, 2, 4, 6, 8]);
    assert_eq!(bench.world.lock().acknowledged, 10);
    // Only the outputs that something reads are computed, and counted.
    assert_eq!(counts(&report), [("log", vec![10]), ("even", vec![5]), ("out", vec![5])]);
}

#[test]
fn a_source_is_asked_for_the_columns_in_use() {
    let source = ("log", "log", &[] as &[&str], json!({}));
    let numbers = ("numbers", "numbers", &["log"] as &[&str], json!({}));
    let out = |from: &'static [&'static str]| ("out", "keep", from, json!({"store": "out"}));
    let some = |names: &[&str]| vec![Some(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>())];

    let all = Bench::new("all columns", &[source.clone(), out(&["log"])]);
    all.run();
    assert_eq!(all.world.lock().asked, [some(&["n", "unused"])], "a writer takes every column");

    let few = Bench::new("few columns", &[source.clone(), numbers.clone(), out(&["numbers"])]);
    few.run();
    assert_eq!(few.world.lock().asked, [some(&["n"])]);

    let even = ("even", "even", &["log"] as &[&str], json!({}));
    let both =
        [source, even, ("numbers", "numbers", &["even.pass"] as &[&str], json!({})), out(&["numbers"])];
    let through = Bench::new("columns through a filter", &both);
    through.run();
    assert_eq!(through.world.lock().asked, [some(&["n"])]);
    assert_eq!(through.rows("out"), [0, 2, 4, 6, 8]);
}

#[test]
fn a_chain_of_hundreds_of_nodes_runs() {
    let ids: Vec<String> = (0..300).map(|i| format!("even_{i}")).collect();
    let from: Vec<[&str; 1]> = std::iter::once(["log"]).chain(ids.iter().map(|id| [id.as_str()])).collect();
    let mut nodes: Vec<Written<'_>> = vec![("log", "log", &[], json!({}))];
    nodes.extend(ids.iter().zip(&from).map(|(id, from)| (id.as_str(), "even", from.as_slice(), json!({}))));
    nodes.push(("out", "keep", from[ids.len()].as_slice(), json!({"store": "out"})));
    let bench = Bench::new("long chain", &nodes);
    let report = bench.run();
    assert_eq!(report.outcome, Outcome::Done, "{:?}", report.problems);
    assert_eq!(bench.rows("out"), [0, 2, 4, 6, 8]);
}

#[test]
fn shared_rows_are_counted_once() {
    let bench = Bench::new("shared", &two_writers());
    let report = bench.run();
    assert_eq!(report.outcome, Outcome::Done, "{:?}", report.problems);
    assert_eq!((bench.rows("first").len(), bench.rows("second").len()), (5, 5));
    assert_eq!(
        counts(&report),
        [("log", vec![10]), ("even", vec![5, 5]), ("out", vec![5]), ("rest", vec![5])]
    );
}

#[test]
fn a_second_run_without_news_leaves_the_writers_alone() {
    let bench = Bench::new("idle", &pipe());
    bench.run();
    let report = bench.run();
    assert_eq!(report.outcome, Outcome::Done);
    assert_eq!(report.nodes[2].state, State::Skipped);
    assert_eq!(bench.rows("out").len(), 5);
    bench.world.lock().log.extend([10, 11, 12]);
    bench.run();
    assert_eq!(bench.rows("out"), [0, 2, 4, 6, 8, 10, 12]);
}

#[test]
fn a_failure_before_the_commit_aborts_and_acknowledges_nothing() {
    for at in ["in read", "in prepare", "in commit"] {
        let bench = Bench::new(at, &pipe());
        bench.world.lock().fail = Some(at);
        let report = bench.run();
        assert_eq!(report.outcome, Outcome::Failed, "{at}");
        assert!(report.problems[0].message.contains(at));
        assert_eq!((bench.rows("out").len(), bench.world.lock().acknowledged), (0, 0), "{at}");
        let aborted = bench.world.lock().stores.get("out").map_or(0, |store| store.aborted);
        assert_eq!(aborted, usize::from(at != "in read"), "{at}");
        assert_eq!(bench.run().outcome, Outcome::Done);
        assert_eq!(bench.rows("out").len(), 5);
    }
}

#[test]
fn rows_are_not_doubled_when_offsets_could_not_be_committed() {
    let bench = Bench::new("acknowledge", &pipe());
    bench.world.lock().fail = Some("in acknowledge");
    let failed = bench.run();
    assert_eq!(failed.outcome, Outcome::Failed);
    assert!(failed.problems[0].message.starts_with("The rows are written, but"), "{:?}", failed.problems);
    bench.world.lock().log.push(12);
    let report = bench.run();
    assert_eq!(report.outcome, Outcome::Done, "{:?}", report.problems);
    assert_eq!(bench.rows("out"), [0, 2, 4, 6, 8, 12]);
    assert_eq!(bench.world.lock().acknowledged, 11);
}

#[test]
fn a_half_committed_batch_is_finished_over_the_same_rows() {
    let bench = Bench::new("half", &two_writers());
    bench.world.lock().fail = Some("in second commit");
    assert_eq!(bench.run().outcome, Outcome::Failed);
    assert_eq!((bench.rows("first").len(), bench.rows("second").len()), (5, 0));
    bench.world.lock().log.extend([10, 11]);
    let report = bench.run();
    assert!(report.repeated);
    assert_eq!((bench.rows("first").len(), bench.rows("second").len()), (5, 5), "the same ten rows");
    bench.run();
    assert_eq!((bench.rows("first").len(), bench.rows("second").len()), (6, 6));
}

#[test]
fn a_flow_without_a_writer_acknowledges_nothing() {
    let bench = Bench::new("no writer", &pipe()[..2]);
    let report = bench.run();
    assert_eq!(report.outcome, Outcome::Done, "{:?}", report.problems);
    assert_eq!(counts(&report), [("log", vec![10]), ("even", vec![5, 5])]);
    assert_eq!(bench.world.lock().acknowledged, 0);
}

#[test]
fn a_cancelled_run_leaves_nothing() {
    let bench = Bench::new("cancelled", &pipe());
    bench.cancel.cancel();
    let report = bench.run();
    assert_eq!(report.outcome, Outcome::Cancelled);
    assert_eq!((bench.rows("out").len(), bench.world.lock().acknowledged), (0, 0));
}

#[test]
fn a_broken_kind_fails_its_job_and_not_the_program() {
    let nodes = [
        ("log", "log", &[] as &[&str], json!({})),
        ("numbers", "numbers", &["log"], json!({"panics": true})),
    ];
    let bench = Bench::new("panic", &nodes);
    let shown = bench.preview();
    assert_eq!(shown.nodes[1].state, State::Failed);
    assert!(shown.nodes[1].problems[0].message.contains("the kind is broken"));
    assert_eq!(bench.run().outcome, Outcome::Failed);
}

#[test]
fn a_preview_reuses_what_did_not_change_and_notices_new_messages() {
    let bench = Bench::new("cache", &pipe());
    let cached = |shown: &Preview| shown.nodes.iter().map(|node| node.is_cached).collect::<Vec<_>>();
    assert_eq!(cached(&bench.preview()), [false, false, false]);
    assert_eq!(cached(&bench.preview()), [true, true, true]);
    bench.world.lock().log.push(10);
    let shown = bench.preview();
    assert_eq!(cached(&shown), [false, false, false]);
    assert_eq!(shown.nodes[2].ports[0].rows.height(), 6);
    assert_eq!(bench.world.lock().acknowledged, 0, "a preview commits nothing");
    assert!(bench.world.lock().stores.is_empty(), "and writes nothing");
}

#[test]
fn an_edit_makes_only_what_is_below_it_stale() {
    let bench = Bench::new("edit", &pipe());
    bench.preview();
    let mut edited = pipe();
    edited[1].3 = json!({"plus": 1});
    let edited = Bench { cache: bench.cache, ..Bench::new("edit", &edited) };
    let shown = edited.preview();
    let cached: Vec<_> = shown.nodes.iter().map(|node| node.is_cached).collect();
    assert_eq!(cached, [true, false, false]);
    assert_eq!(shown.nodes[1].ports[0].rows.height(), 5);
}

#[test]
fn below_a_failed_node_all_is_blocked_and_the_rest_is_shown() {
    let nodes = [
        ("log", "log", &[] as &[&str], json!({})),
        ("bad", "even", &["log"], json!({"plus": "one"})),
        ("out", "keep", &["bad"], json!({"store": "out"})),
        ("other", "even", &["log"], json!({})),
    ];
    let shown = Bench::new("blocked", &nodes).preview();
    let states: Vec<_> = shown.nodes.iter().map(|node| (node.node.as_str(), node.state)).collect();
    assert_eq!(
        states,
        [("log", State::Done), ("bad", State::Failed), ("out", State::Blocked), ("other", State::Done)]
    );
}
