//! A bounded run: sources read to their pinned ends, writers write, then offsets are committed.

mod plans;
mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use flowloom_flow::{Ask, Batch, Cancel, Compiled, Host, Problem, Read, Scope, Site, Step, Written};
use polars::prelude::LazyFrame;

use crate::event::{Events, Report, RunEvent, State};
use crate::guard::guarded;
use crate::needs::needs;
use crate::probe::Probe;
use crate::protocol::{Sinks, Sources, Start, begin, start};
use crate::wanted;

/// Runs one batch of `compiled`. Never panics and never half-commits: what a run that died left behind,
/// the next one finishes.
pub fn run(compiled: &Compiled, host: &dyn Host, cancel: &Cancel, events: &Events) -> Report {
    let mut run = Run::new(compiled, host, cancel, events);
    let result = guarded(|| run.batch());
    let report = run.report(result);
    events.send(RunEvent::Finished { report: report.clone() });
    report
}

struct Run<'a> {
    compiled: &'a Compiled,
    host: &'a dyn Host,
    cancel: &'a Cancel,
    events: &'a Events,
    start: Instant,
    wanted: BTreeSet<usize>,
    states: BTreeMap<usize, State>,
    /// By node and index of the output port; of a writer: of the input port.
    probes: BTreeMap<(usize, usize), Probe>,
    read: BTreeMap<usize, (Read, Duration)>,
    written: BTreeMap<usize, Written>,
    notes: Vec<Problem>,
    batch: Batch,
    repeated: bool,
}

impl<'a> Run<'a> {
    fn new(compiled: &'a Compiled, host: &'a dyn Host, cancel: &'a Cancel, events: &'a Events) -> Self {
        let wanted = wanted::for_run(compiled);
        let states = wanted.iter().map(|&i| (i, State::Queued)).collect();
        Self {
            compiled,
            host,
            cancel,
            events,
            start: Instant::now(),
            wanted,
            states,
            probes: BTreeMap::new(),
            read: BTreeMap::new(),
            written: BTreeMap::new(),
            notes: Vec::new(),
            batch: Batch::default(),
            repeated: false,
        }
    }

    fn batch(&mut self) -> Result<(), Problem> {
        let mut errors = self.compiled.problems().filter(|problem| problem.is_error());
        if let Some(first) = errors.next() {
            return Err(first.clone());
        }
        for &i in &self.wanted {
            self.events.state(&self.compiled.nodes[i].id, State::Queued);
        }
        let (mut sources, mut sinks) = self.ends()?;
        let is_writing = !sinks.is_empty();
        if is_writing {
            begin(self.compiled, &mut sources, self.cancel)?;
        }
        let from = start(self.compiled, &sources, &sinks)?;
        let mut after = Batch::default();
        let mut range = None;
        match from {
            Start::Fresh { after: last } => after = last,
            Start::Repeat { batch, done } if done.len() == sinks.len() => {
                self.acknowledge(&mut sources, &batch)?;
                after = batch;
            }
            Start::Repeat { batch, done } => {
                self.note(
                    Problem::external(
                        "An earlier run ended before its offsets were committed; its batch is finished now",
                    )
                    .hint("run again for newer messages")
                    .warning(),
                );
                self.repeated = true;
                for &i in &done {
                    self.set(i, State::Skipped);
                }
                sinks.retain(|(i, _)| !done.contains(i));
                range = Some(batch);
            }
        }
        self.read_all(&mut sources, range.as_ref(), &after)?;
        self.leave_out_idle(&mut sinks);
        if !is_writing || !sinks.is_empty() {
            self.write(&mut sinks)?;
        }
        if is_writing {
            let batch = self.batch.clone();
            self.acknowledge(&mut sources, &batch)?;
        }
        for i in self.wanted.clone() {
            if !matches!(self.states.get(&i), Some(State::Skipped)) {
                self.set(i, State::Done);
            }
        }
        Ok(())
    }

    /// The sources and sinks of the wanted nodes, planned on empty frames.
    fn ends(&self) -> Result<(Sources, Sinks), Problem> {
        let (mut sources, mut sinks) = (Vec::new(), Vec::new());
        for &i in &self.wanted {
            let made = &self.compiled.nodes[i];
            let Some(node) = &made.node else { continue };
            if !made.inputs.is_empty() && !wanted::is_writer(self.compiled, i) {
                continue;
            }
            let inputs = made.inputs.iter().map(|_| LazyFrame::default()).collect();
            match node.plan(inputs, &self.site(i)).map_err(|problem| problem.at_node(&made.id))? {
                Step::Source(source) => sources.push((i, source)),
                Step::Sink(sink) => sinks.push((i, sink)),
                Step::Frames(_) => {}
            }
        }
        Ok((sources, sinks))
    }

    fn site(&self, i: usize) -> Site<'a> {
        Site { node: &self.compiled.nodes[i].id, flow: &self.compiled.flow, host: self.host }
    }

    fn read_all(
        &mut self,
        sources: &mut Sources,
        range: Option<&Batch>,
        after: &Batch,
    ) -> Result<(), Problem> {
        let needs = needs(self.compiled, &self.wanted, self.host)?;
        for (i, source) in sources {
            let id = &self.compiled.nodes[*i].id;
            self.set(*i, State::Running);
            let start = Instant::now();
            let of = |batch: &'_ Batch| source.sync().and_then(|sync| batch.0.get(sync)).cloned();
            let (range, after) = (range.and_then(of), of(after));
            let progress = |progress| self.events.offer(RunEvent::Progress { node: id.clone(), progress });
            let read = source
                .read(&Ask {
                    scope: Scope::Run,
                    columns: needs.get(i).into_iter().flatten().cloned().map(Some).collect(),
                    range: range.as_ref(),
                    after: after.as_ref(),
                    progress: &progress,
                    cancel: self.cancel,
                })
                .map_err(|problem| problem.at_node(id))?;
            if self.cancel.is_cancelled() {
                return Err(Problem::cancelled());
            }
            if let Some(progress) = read.counts.progress() {
                self.events.send(RunEvent::Progress { node: id.clone(), progress });
            }
            for note in &read.notes {
                self.note(note.clone().at_node(id));
            }
            if let Some(position) = &read.position {
                self.batch.0.insert(position.sync.clone(), position.clone());
            }
            self.read.insert(*i, (read, start.elapsed()));
            self.set(*i, State::Done);
        }
        Ok(())
    }

    /// No new records are no batch: what a writer wrote before stays as it is.
    fn leave_out_idle(&mut self, sinks: &mut Sinks) {
        let idle: Vec<usize> = sinks
            .iter()
            .map(|(i, _)| *i)
            .filter(|&i| {
                let above = wanted::above(self.compiled, Some(&self.compiled.nodes[i].id));
                let mut logs = above
                    .iter()
                    .filter_map(|above| self.read.get(above))
                    .filter(|(read, _)| read.position.is_some())
                    .peekable();
                logs.peek().is_some() && logs.all(|(read, _)| read.counts.read == 0)
            })
            .collect();
        for &i in &idle {
            self.set(i, State::Skipped);
        }
        sinks.retain(|(i, _)| !idle.contains(i));
    }

    /// Runs the plan into what the sinks stage aside, then commits every one of them.
    fn write(&mut self, sinks: &mut Sinks) -> Result<(), Problem> {
        let mut staged = Vec::new();
        let result = self.stage_and_commit(sinks, &mut staged);
        if result.is_err() {
            for (i, sink) in sinks.iter_mut().filter(|(i, _)| staged.contains(i)) {
                if !self.written.contains_key(i) {
                    sink.abort();
                }
            }
        }
        result
    }

    fn stage_and_commit(&mut self, sinks: &mut Sinks, staged: &mut Vec<usize>) -> Result<(), Problem> {
        let plans = self.plans(sinks, staged)?;
        self.execute(plans)?;
        for (i, sink) in sinks.iter_mut() {
            sink.prepare().map_err(|problem| problem.at_node(&self.compiled.nodes[*i].id))?;
        }
        if self.cancel.is_cancelled() {
            return Err(Problem::cancelled());
        }
        self.events.send(RunEvent::Committing);
        for (i, sink) in sinks.iter_mut() {
            let written = sink.commit().map_err(|problem| problem.at_node(&self.compiled.nodes[*i].id))?;
            self.written.insert(*i, written);
            self.set(*i, State::Done);
        }
        Ok(())
    }

    fn acknowledge(&self, sources: &mut Sources, batch: &Batch) -> Result<(), Problem> {
        for (i, source) in sources {
            let Some(position) = source.sync().and_then(|sync| batch.0.get(sync)).cloned() else { continue };
            // Also where nothing moved: a partition that starts at its end has its first offset now.
            source.acknowledge(&position).map_err(|problem| {
                let mut problem = problem.at_node(&self.compiled.nodes[*i].id);
                problem.message = format!("The rows are written, but {}", problem.message);
                problem
            })?;
        }
        Ok(())
    }

    fn note(&mut self, problem: Problem) {
        self.events.send(RunEvent::Note { problem: problem.clone() });
        self.notes.push(problem);
    }

    fn set(&mut self, i: usize, state: State) {
        if self.states.insert(i, state) != Some(state) {
            self.events.state(&self.compiled.nodes[i].id, state);
        }
    }
}
