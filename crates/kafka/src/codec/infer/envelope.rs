//! Envelopes as messages show them.

use super::super::Envelope;
use super::Shape;

/// What Debezium says that happened to a row: create, update, delete, read, truncate, message.
const CHANGES: [&str; 6] = ["c", "u", "d", "r", "t", "m"];

/// Whether `message` is in `envelope`.
pub(super) fn is_in(message: &Shape, envelope: Envelope) -> bool {
    match envelope {
        Envelope::None => true,
        Envelope::Structured => is_structured(message),
        Envelope::Debezium { wrapped: false } => is_change(message),
        Envelope::Debezium { wrapped: true } => message.members().is_some_and(|fields| {
            fields.contains_key("schema") && fields.get("payload").is_some_and(is_change)
        }),
    }
}

/// `op` is one of Debezium's, there is a row before or after, and where or when it happened.
fn is_change(message: &Shape) -> bool {
    let Some(fields) = message.members() else { return false };
    let is_op = |op: &Shape| op.as_text().is_some_and(|op| CHANGES.contains(&op));
    let rows = ["before", "after"].map(|key| fields.get(key));
    fields.get("op").is_some_and(is_op)
        && rows.iter().flatten().any(|row| row.members().is_some())
        && rows.iter().flatten().all(|row| row.members().is_some() || row.is_null())
        && ["source", "ts_ms"].iter().any(|key| fields.contains_key(*key))
}

fn is_structured(message: &Shape) -> bool {
    let Some(fields) = message.members() else { return false };
    let is_object = |key: &str| fields.get(key).is_some_and(|it| it.members().is_some());
    fields.len() == 3
        && fields.get("op").is_some_and(|op| op.as_text().is_some())
        && is_object("metadata")
        && (is_object("data") || fields.get("data").is_some_and(Shape::is_null))
}

/// The row that `message`, which is in `envelope`, is about, and the row that was replaced.
pub(super) fn bodies(message: Shape, envelope: Envelope) -> (Shape, Option<Shape>) {
    let message = match envelope {
        Envelope::None => return (message, None),
        Envelope::Debezium { wrapped: true } => member(message, "payload").0.unwrap_or_else(Shape::null),
        _ => message,
    };
    let (first, second) = if envelope == Envelope::Structured {
        (member(message, "data").0, None)
    } else {
        let (after, rest) = member(message, "after");
        (after, member(rest, "before").0)
    };
    let row = |shape: &Shape| shape.members().is_some();
    let (first, second) = (first.filter(row), second.filter(row));
    let empty = || Shape::object(super::FieldShapes::new());
    match first {
        Some(first) => (first, second),
        None => (second.unwrap_or_else(empty), None),
    }
}

/// What stands at `key`, and the message without it.
fn member(message: Shape, key: &str) -> (Option<Shape>, Shape) {
    match message.into_members() {
        Ok(mut fields) => (fields.swap_remove(key), Shape::message(fields)),
        Err(other) => (None, *other),
    }
}
