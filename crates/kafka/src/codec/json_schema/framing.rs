//! What stands in front of a message.

use super::super::reason::Reason;
use crate::show::decoder::header;

/// What stands in front of a message whose schema the person has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JsonSchemaFraming {
    /// Nothing: the message is JSON.
    #[default]
    Bare,
    /// Confluent's wire format: a zero, then the schema's id in four bytes.
    Confluent,
}

/// The schema that stands in front of the message, and the message.
#[inline]
pub(super) fn named(payload: &[u8]) -> Result<(i32, &[u8]), Reason> {
    match header(payload) {
        Some(named) => Ok(named),
        None => Err(nameless(payload)),
    }
}

#[cold]
fn nameless(payload: &[u8]) -> Reason {
    Reason::new(match payload {
        [] => "empty payload",
        [b' ' | b'\n' | b'{' | b'[' | b'"', ..] => {
            "no schema is named in front of it: it is plain JSON, and a zero and the schema's id are expected"
        }
        _ => "no schema is named in front of it: a zero and the schema's id are expected",
    })
}
