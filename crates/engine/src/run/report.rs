//! The record of a run.

use flowloom_flow::{CompiledNode, Counts, Problem, SourceMetrics};

use super::Run;
use crate::event::{NodeReport, Outcome, Report, State};
use crate::live::now_ms;
use crate::probe::Probe;

impl Run<'_> {
    pub(super) fn report(&mut self, result: Result<(), Problem>) -> Report {
        let (outcome, problems) = match result {
            Ok(()) => (Outcome::Done, Vec::new()),
            Err(_) if self.cancel.is_cancelled() => (Outcome::Cancelled, Vec::new()),
            Err(problem) => (Outcome::Failed, self.all_errors(problem)),
        };
        if outcome != Outcome::Done {
            self.fail(&problems);
        }
        self.tick();
        let nodes = (0..self.compiled.nodes.len()).map(|i| self.node_report(i)).collect();
        Report {
            outcome,
            began: !self.compiled.has_errors(),
            nodes,
            problems,
            batch: self.batch.clone(),
            repeated: self.repeated,
            elapsed_ms: self.start.elapsed().as_secs_f64() * 1e3,
            live: None,
        }
    }

    /// A flow that does not compile shows all that is wrong with it, not the first thing only.
    fn all_errors(&self, problem: Problem) -> Vec<Problem> {
        let errors: Vec<Problem> = self.compiled.problems().filter(|each| each.is_error()).cloned().collect();
        if errors.is_empty() { vec![problem] } else { errors }
    }

    fn fail(&mut self, problems: &[Problem]) {
        for i in self.wanted.clone() {
            let id = &self.compiled.nodes[i].id;
            let is_named = problems.iter().any(|problem| problem.at.node.as_ref() == Some(id));
            let is_open = !matches!(self.states.get(&i), Some(State::Done | State::Skipped));
            if is_named {
                self.set(i, State::Failed);
            } else if is_open {
                self.set(i, State::Blocked);
            }
        }
    }

    fn node_report(&self, i: usize) -> NodeReport {
        let made = &self.compiled.nodes[i];
        let card = made.node.as_ref().map(|node| node.card());
        let ports =
            card.map_or(&[][..], |card| if card.outputs.is_empty() { card.inputs } else { card.outputs });
        let probe = |port| self.probes.get(&(i, port));
        let rows = ports
            .iter()
            .enumerate()
            .filter_map(|(port, named)| Some((named.name.to_owned(), probe(port)?.rows())))
            .collect();
        let read = self.read.get(&i);
        let elapsed_ms = match read {
            Some((_, elapsed)) => elapsed.as_secs_f64() * 1e3,
            None => (0..ports.len()).filter_map(probe).map(Probe::elapsed_ms).fold(0.0, f64::max),
        };
        NodeReport {
            node: made.id.clone(),
            kind: made.kind.clone(),
            state: self.states.get(&i).copied().unwrap_or(State::Skipped),
            rows,
            counts: read.map(|(read, _)| read.counts).filter(|counts| *counts != Counts::default()),
            offsets: read.and_then(|(read, _)| read.position.clone()),
            written: self.written.get(&i).cloned(),
            metrics: self.metrics_of(i),
            elapsed_ms,
            notes: self.notes_of(made),
            proposed: read.map(|(read, _)| read.proposed.clone()).unwrap_or_default(),
        }
    }

    /// What a source measured, with what became of its commits, which come after its read.
    fn metrics_of(&self, i: usize) -> Option<SourceMetrics> {
        let read = self.read.get(&i).and_then(|(read, _)| read.metrics.clone());
        let Some(commits) = self.commits.get(&i) else { return read };
        let now = now_ms();
        let mut metrics = read.unwrap_or_else(|| SourceMetrics { at_ms: now, ..SourceMetrics::default() });
        metrics.commits += commits.done;
        metrics.commits_failed += commits.failed;
        if let Some(position) = &commits.last {
            metrics.committed(position);
        }
        Some(metrics)
    }

    /// Warnings from before the run, and from it.
    fn notes_of(&self, made: &CompiledNode) -> Vec<Problem> {
        let before = made.problems.iter().filter(|problem| !problem.is_error());
        let during = self.notes.iter().filter(|note| note.at.node.as_ref() == Some(&made.id));
        before.chain(during).cloned().collect()
    }
}
