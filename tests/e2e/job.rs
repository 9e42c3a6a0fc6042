//! A flow run in this process, as the studio and the command line run it.

use std::collections::BTreeMap;
use std::path::Path;

use flowloom_engine::{Events, JobHost, Limits, Outcome, Report, RunEvent, State, run};
use flowloom_flow::{Cancel, Compiled, Flow, NodeId};
use flowloom_nodes::REGISTRY;
use serde_json::{Value, json};

/// A compiled flow whose relative paths start at one folder.
pub(crate) struct Job {
    pub(crate) compiled: Compiled,
    host: JobHost,
}

impl Job {
    /// `flow` in `folder`; a flow with problems fails the test.
    #[track_caller]
    pub(crate) fn new(flow: &Flow, folder: &Path) -> Self {
        Self::with(flow, folder, "localhost:9092")
    }

    /// As [`Job::new`], with `bootstrap` for the parameter of that name, where the flow has one.
    #[track_caller]
    pub(crate) fn with(flow: &Flow, folder: &Path, bootstrap: &str) -> Self {
        Self::within(Limits::default(), flow, folder, bootstrap)
    }

    /// As [`Job::with`], within other limits.
    #[track_caller]
    pub(crate) fn within(limits: Limits, flow: &Flow, folder: &Path, bootstrap: &str) -> Self {
        let host = JobHost::new(folder, limits);
        let mut values = BTreeMap::new();
        if flow.parameters.contains_key("bootstrap") {
            values.insert("bootstrap".to_owned(), json!(bootstrap));
        }
        let compiled = Compiled::new(flow, &values, REGISTRY, &host);
        let problems: Vec<String> = compiled.problems().map(ToString::to_string).collect();
        assert!(problems.is_empty(), "{}: {problems:#?}", flow.name);
        Self { compiled, host }
    }

    pub(crate) fn run(&self, cancel: &Cancel) -> Report {
        self.watch(cancel, |_| {})
    }

    /// A run that must succeed. What it says of each source's progress ends at what was read.
    #[track_caller]
    pub(crate) fn run_well(&self) -> Report {
        let mut progress = BTreeMap::new();
        let report = self.watch(&Cancel::default(), |event| {
            if let RunEvent::Progress { node, progress: now } = event {
                progress.insert(node, now.records);
            }
        });
        let problems: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
        assert_eq!(report.outcome, Outcome::Done, "{}: {problems:#?}", self.compiled.flow);
        let read = report.nodes.iter().filter_map(|node| Some((node.node.clone(), node.counts?.read)));
        assert_eq!(progress, read.filter(|(_, read)| *read > 0).collect(), "{}", self.compiled.flow);
        report
    }

    /// A run that is cancelled from another thread as soon as its first node runs.
    pub(crate) fn run_and_cancel(&self) -> Report {
        let cancel = Cancel::default();
        self.watch(&cancel, |event| {
            if matches!(event, RunEvent::State { state: State::Running, .. }) {
                cancel.cancel();
            }
        })
    }

    /// A run; `each` sees its events, on another thread, as they come.
    fn watch(&self, cancel: &Cancel, mut each: impl FnMut(RunEvent) + Send) -> Report {
        let (events, received) = Events::channel(1_000);
        std::thread::scope(|scope| {
            scope.spawn(|| received.into_iter().for_each(&mut each));
            let report = run(&self.compiled, &self.host, cancel, &events);
            drop(events);
            report
        })
    }
}

/// The flow that `text` is the file of.
#[track_caller]
pub(crate) fn flow(text: &str) -> Flow {
    flowloom_flow::file::load(text).unwrap_or_else(|problems| {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{problems:#?} in\n{text}")
    })
}

/// `flow` with another value for a setting of one node.
pub(crate) fn with_setting(flow: &Flow, node: &str, key: &str, value: impl Into<Value>) -> Flow {
    let mut flow = flow.clone();
    let id: NodeId = node.parse().expect("an id");
    let node = flow.nodes.get_mut(&id).expect("a node of this name");
    node.settings.insert(key.to_owned(), value.into());
    flow
}
