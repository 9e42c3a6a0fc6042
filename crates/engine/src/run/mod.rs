//! A bounded run: sources read to their pinned ends, writers write, then offsets are committed.

mod plans;
mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use flowloom_flow::{
    Ask, Batch, Cancel, Compiled, Host, NodeId, Position, Problem, Read, Scope, Site, SourceMetrics, Step,
    Written,
};
use polars::prelude::LazyFrame;

use crate::event::{Events, Outcome, Report, RunEvent, State};
use crate::guard::guarded;
use crate::needs::needs;
use crate::probe::Probe;
use crate::protocol::{Sinks, Sources, Start, begin, start};
use crate::wanted;

/// Runs one batch of `compiled`. Never panics and never half-commits: what a run that died left behind,
/// the next one finishes.
pub fn run(compiled: &Compiled, host: &dyn Host, cancel: &Cancel, events: &Events) -> Report {
    let Ended { report, .. } = batch(compiled, host, None, cancel, events);
    events.send(RunEvent::Finished { report: report.clone() });
    report
}

/// One batch; `go_on` is what the batches before left behind, in a live run.
pub(crate) fn batch(
    compiled: &Compiled,
    host: &dyn Host,
    go_on: Option<&GoOn>,
    cancel: &Cancel,
    events: &Events,
) -> Ended {
    let mut run = Run::new(compiled, host, go_on, cancel, events);
    let result = guarded(|| run.batch());
    let report = run.report(result);
    let half = if report.outcome == Outcome::Done { None } else { run.half() };
    Ended { has_news: run.has_news(), report, half }
}

/// What a batch came to.
pub(crate) struct Ended {
    pub(crate) report: Report,
    /// It had anything new.
    pub(crate) has_news: bool,
    /// It failed, and some writer has it.
    pub(crate) half: Option<Half>,
}

/// What the batches of a live run leave to the next one.
#[derive(Default)]
pub(crate) struct GoOn {
    /// Where the last batch of each source ended.
    pub(crate) ended: BTreeMap<NodeId, Position>,
    pub(crate) half: Option<Half>,
}

/// A batch that some writer has and another has not. Offsets under a sync name tell this from run to run; this tells
/// it of all sources of a live run, so that no writer gets rows twice.
#[derive(Clone)]
pub(crate) struct Half {
    batch: Batch,
    /// What each source read.
    ranges: BTreeMap<NodeId, Position>,
    /// Writers that have it.
    done: BTreeSet<usize>,
}

struct Run<'a> {
    compiled: &'a Compiled,
    host: &'a dyn Host,
    go_on: Option<&'a GoOn>,
    cancel: &'a Cancel,
    events: &'a Events,
    start: Instant,
    wanted: BTreeSet<usize>,
    states: BTreeMap<usize, State>,
    /// By node and index of the output port; of a writer: of the input port.
    probes: BTreeMap<(usize, usize), Probe>,
    read: BTreeMap<usize, (Read, Duration)>,
    written: BTreeMap<usize, Written>,
    commits: BTreeMap<usize, Commits>,
    notes: Vec<Problem>,
    batch: Batch,
    /// Of a batch that is read again: the writers that have it.
    had: BTreeSet<usize>,
    repeated: bool,
}

/// Commits of a source's offsets.
#[derive(Default)]
struct Commits {
    done: u64,
    failed: u64,
    last: Option<Position>,
}

impl<'a> Run<'a> {
    fn new(
        compiled: &'a Compiled,
        host: &'a dyn Host,
        go_on: Option<&'a GoOn>,
        cancel: &'a Cancel,
        events: &'a Events,
    ) -> Self {
        let wanted = wanted::for_run(compiled);
        let states = wanted.iter().map(|&i| (i, State::Queued)).collect();
        Self {
            compiled,
            host,
            go_on,
            cancel,
            events,
            start: Instant::now(),
            wanted,
            states,
            probes: BTreeMap::new(),
            read: BTreeMap::new(),
            written: BTreeMap::new(),
            commits: BTreeMap::new(),
            notes: Vec::new(),
            batch: Batch::default(),
            had: BTreeSet::new(),
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
            begin(self.compiled, &mut sources, &mut sinks, self.cancel)?;
        }
        let from = self.finishing(start(self.compiled, &sources, &sinks)?);
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
                self.had.clone_from(&done);
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
            self.write(&mut sources, &mut sinks)?;
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

    /// What the writers say of the batch to begin with, and what this live run knows of it beyond that.
    fn finishing(&self, from: Start) -> Start {
        let Some(Half { batch, done, .. }) = self.go_on.and_then(|go_on| go_on.half.as_ref()) else {
            return from;
        };
        match from {
            Start::Repeat { batch, done: told } => Start::Repeat { batch, done: &told | done },
            Start::Fresh { .. } => Start::Repeat { batch: batch.clone(), done: done.clone() },
        }
    }

    /// What the next attempt of a live run has to finish.
    fn half(&self) -> Option<Half> {
        if self.written.is_empty() {
            return self.go_on.and_then(|go_on| go_on.half.clone());
        }
        let ranges = self.read.iter().filter_map(|(i, (read, _))| {
            let measured = read.metrics.as_ref().map(SourceMetrics::position);
            let range = read.position.clone().or(measured).filter(|range| !range.topics.is_empty())?;
            Some((self.compiled.nodes[*i].id.clone(), range))
        });
        let done = self.had.iter().chain(self.written.keys()).copied().collect();
        Some(Half { batch: self.batch.clone(), ranges: ranges.collect(), done })
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
            let half = self.go_on.and_then(|go_on| go_on.half.as_ref()?.ranges.get(id));
            let range = range.and_then(|batch| of(batch).or_else(|| half.cloned()));
            let after = of(after);
            let progress = |progress| self.events.offer(RunEvent::Progress { node: id.clone(), progress });
            let read = source
                .read(&Ask {
                    scope: Scope::Run,
                    columns: needs.get(i).into_iter().flatten().cloned().map(Some).collect(),
                    range: range.as_ref(),
                    after: after.as_ref(),
                    // What every writer has of a batch that failed after that is not read again.
                    go_on: half.or_else(|| self.go_on?.ended.get(id)),
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
            if let Some(metrics) = &read.metrics {
                self.events.send(RunEvent::Measured { node: id.clone(), metrics: Box::new(metrics.clone()) });
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
                    .filter_map(|above| Some(&self.read.get(above)?.0))
                    .filter(|read| self.is_log(read))
                    .peekable();
                logs.peek().is_some() && logs.all(|read| read.counts.read == 0)
            })
            .collect();
        for &i in &idle {
            self.set(i, State::Skipped);
        }
        sinks.retain(|(i, _)| !idle.contains(i));
    }

    /// It goes on from batch to batch, by offsets of its own or within this live run.
    fn is_log(&self, read: &Read) -> bool {
        let has_partitions = read.metrics.as_ref().is_some_and(|metrics| !metrics.partitions.is_empty());
        read.position.is_some() || (self.go_on.is_some() && has_partitions)
    }

    /// Something was read that was not there before, as far as anybody can tell, or something written.
    fn has_news(&self) -> bool {
        let is_new = |(read, _): &(Read, Duration)| !self.is_log(read) || read.counts.read > 0;
        !self.written.is_empty() || self.read.values().any(is_new)
    }

    /// Runs the plan into what the sinks stage aside, then commits every one of them.
    fn write(&mut self, sources: &mut Sources, sinks: &mut Sinks) -> Result<(), Problem> {
        let mut staged = Vec::new();
        let result = self.stage_and_commit(sources, sinks, &mut staged);
        if result.is_err() {
            for (i, sink) in sinks.iter_mut().filter(|(i, _)| staged.contains(i)) {
                if !self.written.contains_key(i) {
                    sink.abort();
                }
            }
        }
        result
    }

    fn stage_and_commit(
        &mut self,
        sources: &mut Sources,
        sinks: &mut Sinks,
        staged: &mut Vec<usize>,
    ) -> Result<(), Problem> {
        let plans = self.plans(sinks, staged)?;
        self.execute(plans)?;
        for (i, sink) in sinks.iter_mut() {
            sink.prepare().map_err(|problem| problem.at_node(&self.compiled.nodes[*i].id))?;
        }
        for (i, source) in sources.iter_mut().filter(|_| !sinks.is_empty()) {
            source.prepare(self.cancel).map_err(|problem| problem.at_node(&self.compiled.nodes[*i].id))?;
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

    fn acknowledge(&mut self, sources: &mut Sources, batch: &Batch) -> Result<(), Problem> {
        for (i, source) in sources {
            let Some(position) = source.sync().and_then(|sync| batch.0.get(sync)).cloned() else { continue };
            // Also where nothing moved: a partition that starts at its end has its first offset now.
            let commits = self.commits.entry(*i).or_default();
            if let Err(problem) = source.acknowledge(&position) {
                commits.failed += 1;
                let mut problem = problem.at_node(&self.compiled.nodes[*i].id);
                problem.message = format!("The rows are written, but {}", problem.message);
                return Err(problem);
            }
            commits.done += 1;
            commits.last = Some(position);
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
