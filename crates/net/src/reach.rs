//! The first steps to any service: its name, its port.

mod address;
mod connect;
mod resolve;

pub use address::{Address, parse_list};
pub use connect::{Reached, tcp};
pub use resolve::{Resolved, dns};

use crate::probe::Failure;

/// What is wrong with some of several servers, while the others are well.
fn some_fail(all: usize, failures: Vec<Failure>, what: &str) -> Option<Failure> {
    let count = failures.len();
    let first = failures.first()?.clone();
    if count == 1 {
        return Some(first);
    }
    let (message, details) = joined(failures);
    Some(Failure {
        message: format!("{count} of {all} servers {what}: {message}"),
        hint: first.hint,
        details,
    })
}

/// Why none of several servers is well. The only one speaks for itself.
fn all_fail(failures: Vec<Failure>, what: &str) -> Failure {
    let count = failures.len();
    let first = failures.first().cloned().unwrap_or_default();
    if count <= 1 {
        return first;
    }
    let (message, details) = joined(failures);
    Failure { message: format!("none of {count} servers {what}: {message}"), hint: first.hint, details }
}

fn joined(failures: Vec<Failure>) -> (String, String) {
    let (mut messages, mut details) = (Vec::new(), Vec::new());
    for failure in failures {
        messages.push(failure.message);
        details.push(failure.details);
    }
    details.retain(|text| !text.is_empty());
    (messages.join("; "), details.join("\n"))
}
