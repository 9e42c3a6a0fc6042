//! The time between two batches: until the interval is over, or enough waits in the sources.

use std::time::{Duration, Instant};

use flowloom_flow::{Domain, Problem, Site, Source, Step};
use polars::prelude::LazyFrame;

use super::{Next, Phase, Run, now_ms};
use crate::event::{Outcome, RunEvent};
use crate::guard::guarded;
use crate::protocol::Sources;
use crate::wanted;

/// The sources that are asked what waits; they stay connected from batch to batch.
#[derive(Default)]
pub(super) struct Waiting {
    sources: Option<Sources>,
    /// It was said that no source can tell.
    is_told: bool,
}

impl Waiting {
    pub(super) fn forget(&mut self) {
        self.sources = None;
    }
}

/// Messages and bytes that wait in all sources; `None`: none of them can tell.
type Waits = Option<(u64, u64)>;

impl Run<'_> {
    /// Waits for the trigger; `began`: when the last batch did.
    pub(super) fn wait(&mut self, began: Instant, has_news: bool) -> Next {
        let trigger = self.ask.trigger;
        let deadline = trigger.every.map(|every| began + every);
        let until_ms = deadline
            .map(|deadline| now_ms() + deadline.saturating_duration_since(Instant::now()).as_millis() as i64);
        let mut shown = None;
        let mut looks_now = trigger.looks() && has_news;
        self.phase(Phase::Waiting { until_ms, pending: None });
        loop {
            if self.cancel.is_stopped() || deadline.is_some_and(|deadline| deadline <= Instant::now()) {
                return Next::Go;
            }
            if looks_now {
                match self.look() {
                    Ok(Some((messages, bytes))) => {
                        let is_enough = trigger.messages.is_some_and(|enough| messages >= enough)
                            || trigger.bytes.is_some_and(|enough| bytes >= enough);
                        if is_enough {
                            return Next::Go;
                        }
                        if shown != Some(messages) {
                            shown = Some(messages);
                            let phase = Phase::Waiting { until_ms, pending: shown };
                            self.events.offer(RunEvent::Phase { phase });
                        }
                    }
                    Ok(None) => {
                        if let Err(problem) = self.cannot_tell() {
                            return Next::Over(Outcome::Failed, vec![problem]);
                        }
                    }
                    Err(_) if self.cancel.is_cancelled() => return Next::Go,
                    Err(problem) if self.may_pass(&problem) => return Next::BackOff(problem),
                    Err(problem) => return Next::Over(Outcome::Failed, vec![problem]),
                }
            }
            looks_now = trigger.looks();
            let look = looks_now.then(|| Instant::now() + self.ask.look_every);
            let until = match (look, deadline) {
                (Some(look), Some(deadline)) => look.min(deadline),
                (Some(until), None) | (None, Some(until)) => until,
                (None, None) => Instant::now() + Duration::from_secs(1),
            };
            self.cancel.wait_until(until);
        }
    }

    /// No source can say what waits: the interval alone decides, where there is one.
    fn cannot_tell(&mut self) -> Result<(), Problem> {
        let hint = "give an interval, such as `--every 10s`";
        let problem = Problem::user("no source of this flow can tell what waits").hint(hint);
        if self.ask.trigger.every.is_none() {
            return Err(problem);
        }
        if !std::mem::replace(&mut self.waiting.is_told, true) {
            let problem =
                Problem { domain: Domain::User, ..problem.warning() }.hint("the interval alone decides");
            self.events.send(RunEvent::Note { problem });
        }
        Ok(())
    }

    fn look(&mut self) -> Result<Waits, Problem> {
        let mut sources = match self.waiting.sources.take() {
            Some(sources) => sources,
            None => self.sources()?,
        };
        let waits = guarded(|| self.ask_all(&mut sources));
        if waits.is_ok() {
            self.waiting.sources = Some(sources);
        }
        waits
    }

    fn ask_all(&self, sources: &mut [(usize, Box<dyn Source>)]) -> Result<Waits, Problem> {
        let mut waits = None;
        for (i, source) in sources {
            let id = &self.compiled.nodes[*i].id;
            let Some(after) = self.go_on.ended.get(id) else { continue };
            let pending = source.pending(after, self.cancel).map_err(|problem| problem.at_node(id))?;
            let Some(pending) = pending else { continue };
            let estimated = || (pending.messages as f64 * self.total.message_bytes(id)).round() as u64;
            let bytes = pending.bytes.unwrap_or_else(estimated);
            let (all_messages, all_bytes) = waits.unwrap_or_default();
            waits = Some((all_messages + pending.messages, all_bytes + bytes));
        }
        Ok(waits)
    }

    fn sources(&self) -> Result<Sources, Problem> {
        let mut sources = Vec::new();
        for i in wanted::for_run(self.compiled) {
            let made = &self.compiled.nodes[i];
            let Some(node) = made.node.as_ref().filter(|_| made.inputs.is_empty()) else { continue };
            let site = Site { node: &made.id, flow: &self.compiled.flow, host: self.host };
            let step = guarded(|| node.plan(Vec::<LazyFrame>::new(), &site));
            if let Step::Source(source) = step.map_err(|problem| problem.at_node(&made.id))? {
                sources.push((i, source));
            }
        }
        Ok(sources)
    }
}
