//! Progress bars, on a terminal only.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};

use flowloom_engine::{RunEvent, State};
use flowloom_flow::NodeId;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::output::thousands;

/// Draws a job's events on stderr; where that is no terminal, nothing.
pub(crate) struct Progress {
    bars: Option<MultiProgress>,
    of: BTreeMap<NodeId, ProgressBar>,
}

impl Progress {
    /// `is_quiet`: draw nothing in any case.
    pub(crate) fn new(is_quiet: bool) -> Self {
        let is_shown = !is_quiet && io::stderr().is_terminal();
        Self { bars: is_shown.then(MultiProgress::new), of: BTreeMap::new() }
    }

    pub(crate) fn show(&mut self, event: &RunEvent) {
        match event {
            RunEvent::State { node, state: State::Running } => {
                self.bar(node);
            }
            RunEvent::State {
                node,
                state: State::Done | State::Failed | State::Skipped | State::Blocked,
            } => {
                if let Some(bar) = self.of.remove(node) {
                    bar.finish_and_clear();
                }
            }
            RunEvent::Progress { node, progress } => {
                let Some(bar) = self.bar(node) else { return };
                bar.set_length(progress.target.unwrap_or(progress.records));
                bar.set_position(progress.records);
                bar.set_message(format!("{} read", thousands(progress.records)));
            }
            RunEvent::Rows { node, rows, .. } => {
                if let Some(bar) = self.of.get(node) {
                    bar.set_message(format!("{} rows", thousands(*rows)));
                    bar.tick();
                }
            }
            RunEvent::State { .. }
            | RunEvent::Note { .. }
            | RunEvent::Committing
            | RunEvent::Measured { .. }
            | RunEvent::Phase { .. }
            | RunEvent::Batch { .. }
            | RunEvent::Finished { .. } => {}
        }
    }

    fn bar(&mut self, node: &NodeId) -> Option<&ProgressBar> {
        let bars = self.bars.as_ref()?;
        Some(self.of.entry(node.clone()).or_insert_with(|| {
            let bar = bars.add(ProgressBar::no_length());
            let style = ProgressStyle::with_template("  {prefix:20} {bar:24} {msg} {elapsed}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_prefix(node.to_string());
            bar
        }))
    }
}
