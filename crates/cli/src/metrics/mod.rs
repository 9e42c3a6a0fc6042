//! What a run measures, for who scrapes it while it goes: `--metrics-address`.

mod expose;
mod serve;

use std::collections::BTreeMap;
use std::sync::Arc;

use flowloom_engine::{LiveFacts, Phase, Report, RunEvent};
use flowloom_flow::{NodeId, Problem, SourceMetrics};
use parking_lot::Mutex;

/// The variable that stands for the flag.
const VARIABLE: &str = "FLOWLOOM_METRICS_ADDRESS";

/// Serves a run's numbers while this lives; nothing where no address is given.
pub(crate) struct Metrics(Option<(Arc<Exposed>, serve::Server)>);

impl Metrics {
    /// `address`: of the flag; where it is missing, the environment's.
    pub(crate) fn start(address: Option<&str>, flow: &str) -> Result<Self, Problem> {
        let variable = std::env::var(VARIABLE).ok().filter(|address| !address.trim().is_empty());
        let Some(address) = address.map(str::to_owned).or(variable) else { return Ok(Self(None)) };
        let exposed = Arc::new(Exposed { flow: flow.to_owned(), seen: Mutex::default() });
        let server = serve::Server::start(address.trim(), Arc::clone(&exposed))?;
        Ok(Self(Some((exposed, server))))
    }

    /// Where it is served.
    pub(crate) fn url(&self) -> Option<String> {
        self.0.as_ref().map(|(_, server)| server.url())
    }

    pub(crate) fn take(&self, event: &RunEvent) {
        if let Some((exposed, _)) = &self.0 {
            exposed.seen.lock().take(event);
        }
    }
}

/// The numbers of one run.
#[derive(Debug)]
struct Exposed {
    flow: String,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    nodes: BTreeMap<NodeId, Node>,
    live: Option<Box<LiveFacts>>,
    failures: u64,
    is_backing_off: bool,
}

/// Counters only rise: an attempt that failed is read again, and until then its numbers stay.
#[derive(Debug, Default)]
struct Node {
    /// At the end of the last batch.
    before: SourceMetrics,
    rows_before: BTreeMap<String, u64>,
    /// A source's, as of its last read.
    metrics: Option<SourceMetrics>,
    records: u64,
    bytes: u64,
    decode_errors: u64,
    lost: u64,
    rows: BTreeMap<String, u64>,
}

impl Node {
    fn measured(&mut self, all: SourceMetrics) {
        self.records = self.records.max(all.records);
        self.bytes = self.bytes.max(all.bytes);
        self.decode_errors = self.decode_errors.max(all.decode_errors);
        self.lost = self.lost.max(all.lost);
        self.metrics = Some(all);
    }

    fn passed(&mut self, port: &str, rows: u64) {
        let shown = self.rows.entry(port.to_owned()).or_default();
        *shown = rows.max(*shown);
    }
}

impl Seen {
    fn take(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Progress { node, progress } => {
                let node = self.nodes.entry(node.clone()).or_default();
                node.records = node.records.max(node.before.records + progress.records);
                node.bytes = node.bytes.max(node.before.bytes + progress.bytes);
            }
            RunEvent::Rows { node, port, rows } => {
                let node = self.nodes.entry(node.clone()).or_default();
                let before = node.rows_before.get(*port).copied().unwrap_or_default();
                node.passed(port, before + rows);
            }
            RunEvent::Measured { node, metrics } => {
                let node = self.nodes.entry(node.clone()).or_default();
                let mut all = node.before.clone();
                all.add(metrics);
                node.measured(all);
            }
            RunEvent::Phase { phase } => {
                self.is_backing_off = matches!(phase, Phase::BackingOff { .. });
                self.failures += u64::from(self.is_backing_off);
            }
            RunEvent::Batch { total } => self.all(total),
            RunEvent::Finished { report } => self.all(report),
            RunEvent::State { .. } | RunEvent::Committing | RunEvent::Note { .. } => {}
        }
    }

    fn all(&mut self, report: &Report) {
        self.live.clone_from(&report.live);
        for told in &report.nodes {
            let node = self.nodes.entry(told.node.clone()).or_default();
            if let Some(metrics) = &told.metrics {
                node.before.clone_from(metrics);
                node.measured(metrics.clone());
            }
            node.rows_before.clone_from(&told.rows);
            for (port, rows) in &told.rows {
                node.passed(port, *rows);
            }
        }
    }
}
