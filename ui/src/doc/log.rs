//! What happened, newest last; each line may lead to its node.

use std::collections::VecDeque;
use std::time::SystemTime;

use flowloom_flow::{NodeId, Problem};

/// Lines that are kept.
const KEPT: usize = 2_000;

/// How loud a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Info,
    Warning,
    Error,
}

/// One line.
#[derive(Clone, Debug)]
pub struct Line {
    pub at: SystemTime,
    pub level: Level,
    pub text: String,
    /// What to do, and the technical cause.
    pub details: Option<String>,
    pub node: Option<NodeId>,
    pub field: Option<String>,
}

/// A flow's log.
#[derive(Debug, Default)]
pub struct Log {
    lines: VecDeque<Line>,
    /// Lines that were ever written, so that a panel sees that there are new ones.
    written: u64,
}

impl Log {
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &Line> + ExactSizeIterator {
        self.lines.iter()
    }

    /// The newest line that is no problem.
    pub fn last_info(&self) -> Option<&str> {
        self.lines.iter().rev().find(|line| line.level == Level::Info).map(|line| line.text.as_str())
    }

    pub fn written(&self) -> u64 {
        self.written
    }

    pub fn clear(&mut self) {
        self.lines.clear();
    }

    pub fn info(&mut self, text: impl Into<String>) {
        self.push(Level::Info, text.into(), None, None, None);
    }

    pub fn info_at(&mut self, node: &NodeId, text: impl Into<String>) {
        self.push(Level::Info, text.into(), None, Some(node.clone()), None);
    }

    pub fn problem(&mut self, problem: Problem) {
        let level = if problem.is_error() { Level::Error } else { Level::Warning };
        let cause = problem.source.as_ref().map(ToString::to_string);
        let details: Vec<String> = problem.hint.into_iter().chain(cause).collect();
        let details = (!details.is_empty()).then(|| details.join("\n"));
        self.push(level, problem.message, details, problem.at.node, problem.at.field);
    }

    fn push(
        &mut self,
        level: Level,
        text: String,
        details: Option<String>,
        node: Option<NodeId>,
        field: Option<String>,
    ) {
        self.lines.push_back(Line { at: SystemTime::now(), level, text, details, node, field });
        self.written += 1;
        while self.lines.len() > KEPT {
            self.lines.pop_front();
        }
    }
}
