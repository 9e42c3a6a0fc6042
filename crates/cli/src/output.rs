//! What goes to the terminal, and how a call ends.

#![expect(clippy::print_stderr, reason = "this is the one place that prints")]

use std::io::{self, Write as _};
use std::process::ExitCode;

use flowloom_flow::{Domain, Problem, Severity};
use serde::Serialize;
use serde_json::json;

/// How a call ended when not well.
#[derive(Debug)]
pub(crate) enum Ended {
    /// The flow or the call is wrong: exit code 2.
    Wrong(Vec<Problem>),
    /// The run failed: exit code 1.
    Failed(Vec<Problem>),
}

pub(crate) type Call = Result<ExitCode, Ended>;

impl Ended {
    /// By whose fault it is: the user's flow is wrong, or the run failed.
    pub(crate) fn by_domain(problems: Vec<Problem>) -> Self {
        if problems.iter().all(|problem| problem.domain == Domain::User) {
            Self::Wrong(problems)
        } else {
            Self::Failed(problems)
        }
    }

    pub(crate) fn problems(&self) -> &[Problem] {
        match self {
            Self::Wrong(problems) | Self::Failed(problems) => problems,
        }
    }

    pub(crate) fn code(&self) -> ExitCode {
        match self {
            Self::Wrong(_) => ExitCode::from(2),
            Self::Failed(_) => ExitCode::from(1),
        }
    }

    /// Says what is wrong on stderr.
    pub(crate) fn show(&self) -> ExitCode {
        self.problems().iter().for_each(show_problem);
        self.code()
    }

    /// Says what is wrong as the one JSON object of `--json`.
    pub(crate) fn show_json(&self) -> Call {
        json_line(&json!({"outcome": "failed", "problems": self.problems()}))?;
        Ok(self.code())
    }
}

/// One problem on stderr: what, where, and what to do.
pub(crate) fn show_problem(problem: &Problem) {
    let word = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut place = Vec::new();
    place.extend(problem.at.line.map(|line| format!("line {line}")));
    place.extend(problem.at.node.as_ref().map(ToString::to_string));
    place.extend(problem.at.field.clone());
    let place = if place.is_empty() { String::new() } else { format!("{}: ", place.join(", ")) };
    eprintln!("{word}: {place}{}", problem.message);
    if let Some(hint) = &problem.hint {
        eprintln!("  hint: {hint}");
    }
}

/// A line on stderr that is no problem: what a service says while it goes.
pub(crate) fn aside(text: &str) {
    eprintln!("{text}");
}

/// A line on stdout. A reader that went away ends the program quietly, as shells expect.
pub(crate) fn line(text: &str) -> Result<(), Ended> {
    let written = writeln!(io::stdout().lock(), "{text}");
    written.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Ended::Failed(Vec::new()),
        _ => Ended::Failed(vec![Problem::external("the output could not be written").source(error)]),
    })
}

/// A value as pretty JSON on stdout.
pub(crate) fn json_line(value: &impl Serialize) -> Result<(), Ended> {
    let text = serde_json::to_string_pretty(value).map_err(|error| {
        Ended::Failed(vec![Problem::internal("the answer could not be written").source(error)])
    })?;
    line(&text)
}

/// `1234567` as `1,234,567`.
pub(crate) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `831 B`, `2.3 MB`.
pub(crate) fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if n < 1000 {
        return format!("{n} B");
    }
    let (mut n, mut units) = (n as f64 / 1e3, UNITS.iter());
    let mut unit = units.next();
    // What would be shown as `1000.0` has the next unit.
    while n >= 999.95
        && let Some(next) = units.next()
    {
        (n, unit) = (n / 1e3, Some(next));
    }
    format!("{n:.1} {}", unit.unwrap_or(&""))
}

/// `12.3 ms`, `1.23 s`.
pub(crate) fn duration(ms: f64) -> String {
    if ms < 1_000.0 { format!("{ms:.1} ms") } else { format!("{:.2} s", ms / 1e3) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(
            [0, 999, 2_301_313, 999_950, u64::MAX].map(bytes),
            ["0 B", "999 B", "2.3 MB", "1.0 MB", "18446.7 PB"]
        );
        assert_eq!([0.04, 999.94, 1_234.0].map(duration), ["0.0 ms", "999.9 ms", "1.23 s"]);
    }

    #[test]
    fn a_users_mistake_is_not_a_failed_run() {
        let (user, external) = (Problem::user("typo"), Problem::external("broker down"));
        assert!(matches!(Ended::by_domain(vec![user.clone()]), Ended::Wrong(_)));
        assert!(matches!(Ended::by_domain(vec![user, external]), Ended::Failed(_)));
    }
}
