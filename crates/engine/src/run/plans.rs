//! From the wanted nodes to lazy plans, and the plans run.

use std::collections::BTreeSet;
use std::time::Duration;

use flowloom_flow::{Problem, Step};
use polars::prelude::{Engine, LazyFrame, OptFlags, PlanCallback};

use super::{Run, Sinks};
use crate::event::{RunEvent, State};
use crate::guard::guarded;
use crate::known;
use crate::needs::complete;
use crate::probe::Probe;
use crate::readers::Readers;
use crate::wanted;

/// How often rows are reported while a plan runs.
const TICK: Duration = Duration::from_millis(100);

impl Run<'_> {
    /// One plan for each sink; without sinks one for each leaf, whose rows are counted and dropped.
    pub(super) fn plans(
        &mut self,
        sinks: &mut Sinks,
        staged: &mut Vec<usize>,
    ) -> Result<Vec<LazyFrame>, Problem> {
        let targets: BTreeSet<usize> = sinks.iter().map(|(i, _)| *i).collect();
        let readers = Readers::of(self.compiled, &self.wanted);
        let mut frames: Vec<Vec<LazyFrame>> = vec![Vec::new(); self.compiled.nodes.len()];
        let mut plans = Vec::new();
        for i in self.wanted.clone() {
            let made = &self.compiled.nodes[i];
            let (Some(node), Some(schemas)) = (&made.node, &made.schemas) else { continue };
            let mut inputs = known::inputs(self.compiled, &made.inputs, &frames)?;
            if wanted::is_writer(self.compiled, i) {
                if !targets.contains(&i) {
                    continue;
                }
                inputs =
                    inputs.into_iter().enumerate().map(|(port, frame)| self.probed(i, port, frame)).collect();
                let sink = sinks.iter_mut().find(|(at, _)| *at == i);
                if let (Some((_, sink)), Some(rows)) = (sink, inputs.pop()) {
                    staged.push(i);
                    plans.push(sink.stage(rows, &self.batch).map_err(|problem| problem.at_node(&made.id))?);
                }
                self.set(i, State::Running);
                continue;
            }
            let outputs = match self.read.get(&i) {
                Some((read, _)) => {
                    let given = read.frames.iter().zip(schemas);
                    given.map(|(frame, schema)| complete(frame.clone(), schema)).collect::<Result<_, _>>()?
                }
                None => {
                    match node.plan(inputs, &self.site(i)).map_err(|problem| problem.at_node(&made.id))? {
                        Step::Frames(planned) => planned,
                        Step::Source(_) | Step::Sink(_) => Vec::new(),
                    }
                }
            };
            for (port, frame) in outputs.into_iter().enumerate() {
                let readers = readers.count(i, port);
                if readers == 0 && !targets.is_empty() {
                    // Nobody computes it, so nobody counts it.
                    frames[i].push(frame);
                    continue;
                }
                let probed = self.probed(i, port, frame);
                if readers == 0 {
                    let drop = PlanCallback::new(|_| Ok(false));
                    plans.push(probed.clone().sink_batches(drop, false, None)?);
                }
                // Without a cache every reader would pull rows, and their count, through the plan again.
                frames[i].push(if readers > 1 { probed.cache() } else { probed });
            }
            if !self.read.contains_key(&i) {
                self.set(i, State::Running);
            }
        }
        Ok(plans)
    }

    fn probed(&mut self, i: usize, port: usize, frame: LazyFrame) -> LazyFrame {
        let probe = self.probes.entry((i, port)).or_insert_with(|| Probe::new(self.start));
        probe.attach(frame, self.cancel)
    }

    pub(super) fn execute(&self, plans: Vec<LazyFrame>) -> Result<(), Problem> {
        let plans = plans.into_iter().map(|plan| plan.logical_plan).collect();
        let (done, is_done) = crossbeam_channel::bounded::<()>(0);
        std::thread::scope(|scope| {
            let ticker = std::thread::Builder::new().name("flowloom-progress".to_owned());
            let ticking = ticker.spawn_scoped(scope, move || {
                while is_done.recv_timeout(TICK) == Err(crossbeam_channel::RecvTimeoutError::Timeout) {
                    self.tick();
                }
            });
            if let Err(error) = ticking {
                tracing::warn!("no progress will be shown: {error}");
            }
            let result = guarded(|| {
                LazyFrame::collect_all_with_engine(plans, Engine::Streaming, OptFlags::default())?;
                Ok(())
            });
            drop(done);
            result
        })
    }

    pub(super) fn tick(&self) {
        for (&(i, port), probe) in &self.probes {
            let made = &self.compiled.nodes[i];
            let Some(port) = made.node.as_ref().and_then(|node| {
                let card = node.card();
                let ports = if card.outputs.is_empty() { card.inputs } else { card.outputs };
                ports.get(port)
            }) else {
                continue;
            };
            self.events.offer(RunEvent::Rows { node: made.id.clone(), port: port.name, rows: probe.rows() });
        }
    }
}
