//! `flowloom run --live`: what it is asked, and what it says while it goes.

use std::time::Instant;

use flowloom_engine::{LiveAsk, Phase, Report, RunEvent};
use flowloom_flow::{Live, Problem};

use crate::args::LiveArgs;
use crate::output::{Ended, aside, duration, show_problem, thousands};

/// What the call says, then what the flow says, then the default.
pub(crate) fn ask(args: &LiveArgs, flow: Option<Live>) -> LiveAsk {
    let flow = flow.unwrap_or(Live::NEVER);
    let trigger = Live {
        every: args.every.or(flow.every),
        messages: args.messages.or(flow.messages),
        bytes: args.bytes.or(flow.bytes),
    };
    let trigger = if trigger == Live::NEVER { Live::default() } else { trigger };
    LiveAsk { batches: args.batches, ..LiveAsk::new(trigger) }
}

/// What was told so far.
pub(crate) struct Told {
    trigger: Live,
    /// Trouble alone is told: the rest is in the one JSON object.
    is_quiet: bool,
    began: Instant,
    read: u64,
    written: u64,
    batches: u64,
    is_trouble: bool,
    has_waited: bool,
}

impl Told {
    pub(crate) fn new(ask: &LiveAsk, is_quiet: bool) -> Self {
        Self {
            trigger: ask.trigger,
            is_quiet,
            began: Instant::now(),
            read: 0,
            written: 0,
            batches: 0,
            is_trouble: false,
            has_waited: false,
        }
    }

    /// A line on stderr for each batch with something new, and for trouble.
    pub(crate) fn tell(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Phase { phase: Phase::Batch { .. } } => self.began = Instant::now(),
            RunEvent::Phase { phase: Phase::BackingOff { problem, until_ms, failures } } => {
                self.is_trouble = true;
                show_problem(&problem.clone().warning());
                let wait = (until_ms - flowloom_studio::now_ms()).max(0) as f64;
                let attempts = if *failures == 1 { "attempt" } else { "attempts in a row" };
                aside(&format!(
                    "{failures} {attempts} failed, the next one is in {:.0} s, at {}",
                    wait / 1e3,
                    crate::time::show(*until_ms)
                ));
            }
            RunEvent::Phase { phase: Phase::Waiting { .. } } => {
                if std::mem::take(&mut self.is_trouble) {
                    aside("it goes well again");
                }
                if !std::mem::replace(&mut self.has_waited, true) && !self.is_quiet {
                    aside(&format!("live, {}; Ctrl-C ends it between two batches", self.trigger.caption()));
                }
            }
            RunEvent::Batch { total } => self.batch(total),
            RunEvent::Note { problem } if self.is_quiet => tracing::debug!(%problem, "told in the report"),
            RunEvent::Note { problem } => show_problem(problem),
            _ => {}
        }
    }

    fn batch(&mut self, total: &Report) {
        let batches = total.live.as_ref().map_or(0, |live| live.batches);
        let read = total.nodes.iter().filter_map(|node| node.counts).map(|counts| counts.read).sum();
        let writers = total.nodes.iter().filter(|node| node.written.is_some());
        let written = writers.flat_map(|node| node.rows.values()).sum();
        if batches > self.batches && !self.is_quiet {
            let took = duration(self.began.elapsed().as_secs_f64() * 1e3);
            let (now_read, now_written) = (thousands(read - self.read), thousands(written - self.written));
            aside(&format!("batch {batches}: {now_read} read, {now_written} rows written, {took}"));
        }
        (self.batches, self.read, self.written) = (batches, read, written);
    }
}

pub(crate) fn cancelled() -> Ended {
    let hint = "nothing of its last batch was written or committed; what earlier batches wrote stays";
    Ended::Failed(vec![Problem::cancelled().hint(hint)])
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn args() -> LiveArgs {
        LiveArgs { live: true, every: None, messages: None, bytes: None, batches: None }
    }

    #[test]
    fn the_call_comes_before_the_flow_and_that_before_the_default() {
        let minute = Some(Duration::from_mins(1));
        let flow = Live { every: minute, messages: Some(5), bytes: None };
        assert_eq!(ask(&args(), None).trigger, Live::default());
        assert_eq!(ask(&args(), Some(flow)).trigger, flow);
        let call = LiveArgs { messages: Some(9), ..args() };
        assert_eq!(ask(&call, Some(flow)).trigger, Live { messages: Some(9), ..flow });
        assert_eq!(ask(&call, None).trigger, Live { messages: Some(9), ..Live::NEVER });
    }
}
