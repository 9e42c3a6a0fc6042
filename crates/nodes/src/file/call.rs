//! Calls in exported programs, laid out as their language's formatter would.

use std::fmt::Write as _;

/// Columns that a statement of the main function has.
const WIDTH: usize = 84;
const WIDTH_RUST: usize = 96;
/// Columns that rustfmt leaves to arguments, or to a chain, in one line.
const CALL_RUST: usize = 60;

/// `function(a, b)` as ruff and black lay it out: in one line, else arguments in one, else one line each.
pub(crate) fn python(function: &str, arguments: &[String]) -> String {
    let joined = arguments.join(", ");
    if function.chars().count() + joined.chars().count() + 2 <= WIDTH {
        return format!("{function}({joined})");
    }
    if joined.chars().count() + 4 <= WIDTH {
        return format!("{function}(\n    {joined}\n)");
    }
    let mut text = format!("{function}(\n");
    for argument in arguments {
        text = text + "    " + argument + ",\n";
    }
    text + ")"
}

/// `function(a, b)` as rustfmt lays it out.
pub(crate) fn rust(function: &str, arguments: &[String]) -> String {
    let joined = arguments.join(", ");
    let (start, width) = (function.chars().count(), joined.chars().count());
    if !joined.contains('\n') && width <= CALL_RUST && start + width + 4 <= WIDTH_RUST {
        return format!("{function}({joined})");
    }
    let mut text = format!("{function}(\n");
    for argument in arguments {
        text = text + "    " + &argument.replace('\n', "\n    ") + ",\n";
    }
    text + ")"
}

/// A whole chain of calls, in one line where rustfmt leaves it in one.
pub(crate) fn rust_short_chain(start: &str, calls: &[String]) -> String {
    let joined = start.to_owned() + &calls.concat();
    if joined.chars().count() <= CALL_RUST { joined } else { rust_chain(start, calls) }
}

/// `start`, then each call on a line of its own.
pub(crate) fn rust_chain(start: &str, calls: &[String]) -> String {
    let mut text = start.to_owned();
    for call in calls {
        let call = call.replace('\n', "\n    ");
        if write!(text, "\n    {call}").is_err() {
            break;
        }
    }
    text
}

/// A byte literal of Rust.
pub(crate) fn byte(byte: u8) -> String {
    format!("b'{}'", byte.escape_ascii())
}
