//! What stands in front of a message that was written by a schema.

use super::reason::{Parsed, Reason};
use crate::show::decoder::header;

/// What stands in front of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// Nothing.
    #[default]
    Bare,
    /// Confluent's wire format: a zero, then the schema's id in four bytes.
    Confluent,
}

impl Framing {
    /// Where the message begins.
    #[inline]
    pub(crate) fn body(self, payload: &[u8]) -> Parsed<usize> {
        match self {
            Self::Bare => Ok(0),
            Self::Confluent => Self::id(payload).map(|(_, at)| at),
        }
    }

    /// The schema's id, and where the message begins.
    #[inline]
    pub(crate) fn id(payload: &[u8]) -> Parsed<(i32, usize)> {
        match header(payload) {
            Some((id, body)) => Ok((id, payload.len() - body.len())),
            None => Err(no_header(payload)),
        }
    }
}

#[cold]
fn no_header(payload: &[u8]) -> Reason {
    match payload {
        [] => Reason::new("empty payload"),
        [0, _, _, _, _, ..] => Reason::new("the schema's id in front of the message is not positive"),
        [0, ..] => Reason::new(format!("{} bytes are too few for a schema's id", payload.len())),
        [first, ..] => Reason::new(format!(
            "no schema's id stands in front of the message: it begins with byte 0x{first:02x} and not with 0x00"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_header_is_told() {
        assert_eq!(Framing::id(&[0, 0, 0, 1, 2, 9]), Ok((258, 5)));
        assert_eq!(Framing::Bare.body(&[]), Ok(0));
        let told = |payload: &[u8]| Framing::Confluent.body(payload).unwrap_err().to_string();
        assert_eq!(told(b""), "empty payload");
        assert!(told(b"{}").contains("byte 0x7b"));
        assert!(told(&[0, 1]).starts_with("2 bytes are too few"));
        assert!(told(&[0, 0xff, 0, 0, 0]).ends_with("not positive"));
    }
}
