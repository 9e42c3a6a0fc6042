//! Bytes of a message as text for people: JSON, text, a hex dump, or decoded by the schema registry.
//!
//! Nothing here fails: bytes that are not what was asked for are shown as something else, with the reason beside them.
//! Depth and length of what is shown are bounded, whatever the bytes say.

pub(crate) mod avro;
pub(crate) mod decoder;
mod indent;
pub(crate) mod out;
mod plain;
pub(crate) mod protobuf;

#[cfg(test)]
mod tests;

use crate::registry::Registry;

pub(crate) use decoder::Decoder;

/// The longest text that is shown, in bytes.
const MOST_TEXT: usize = 1 << 20;

const SHORTENED: &str = "only the first part is shown";

/// How bytes are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    /// By the registry, else as JSON, else as text, else as a hex dump: the first that they are.
    #[default]
    Auto,
    /// Indented, numbers and strings as they are written.
    Json,
    /// UTF-8, control characters as visible signs.
    Text,
    Hex,
    /// Decoded by the schema that they name.
    Registry,
}

/// Bytes as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub text: String,
    /// What they are shown as; never [`Show::Auto`].
    pub how: Show,
    /// Why they are not shown as asked, or what else there is to know.
    pub note: Option<String>,
    /// The schema that they name, of bytes that were decoded by it or should have been.
    pub schema_id: Option<i32>,
}

/// `bytes` shown as asked, or as what they are. `None`, which is a tombstone, is `null`.
///
/// May ask the registry, so it may take as long as that does; each schema is asked for once.
pub fn show(bytes: Option<&[u8]>, how: Show, registry: Option<&Registry>) -> Shown {
    let Some(bytes) = bytes else {
        let how = if how == Show::Auto { Show::Text } else { how };
        return Shown { text: "null".to_owned(), how, note: None, schema_id: None };
    };
    match how {
        Show::Registry => decoded(bytes, registry).unwrap_or_else(|missed| missed.shown(bytes)),
        Show::Auto => decoded(bytes, registry).unwrap_or_else(|missed| match missed.schema_id {
            Some(_) => missed.shown(bytes),
            None => guess(bytes),
        }),
        Show::Json => match json(bytes) {
            Ok(shown) => shown,
            Err(reason) => Shown { note: Some(format!("not JSON: {reason}")), ..readable(bytes) },
        },
        Show::Text => text(bytes),
        Show::Hex => hex(bytes),
    }
}

/// Why bytes were not decoded by the registry.
struct Missed {
    reason: String,
    schema_id: Option<i32>,
}

impl Missed {
    /// The bytes as what else they are, with the reason.
    fn shown(self, bytes: &[u8]) -> Shown {
        Shown { note: Some(self.reason), schema_id: self.schema_id, ..guess(bytes) }
    }
}

fn decoded(bytes: &[u8], registry: Option<&Registry>) -> Result<Shown, Missed> {
    let missed = |reason: String, schema_id| Missed { reason, schema_id };
    let Some((id, body)) = decoder::header(bytes) else {
        return Err(missed("no schema is named in front of these bytes".to_owned(), None));
    };
    let Some(registry) = registry else {
        let reason = format!("schema {id} seems to be named here, and no schema registry is given");
        return Err(missed(reason, Some(id)));
    };
    let decoder = registry.decoder(id).map_err(|unusable| missed(unusable.to_string(), Some(id)))?;
    let (compact, note) = decoder
        .json(body)
        .map_err(|reason| missed(format!("schema {id} does not read these bytes: {reason}"), Some(id)))?;
    let (text, cut) = indent::indent(&compact, MOST_TEXT);
    let note = if cut { Some(SHORTENED.to_owned()) } else { note };
    Ok(Shown { text, how: Show::Registry, note, schema_id: Some(id) })
}

/// JSON, else text, else a hex dump.
fn guess(bytes: &[u8]) -> Shown {
    json(bytes).unwrap_or_else(|_reason| readable(bytes))
}

/// Text, or a hex dump of bytes that are none.
fn readable(bytes: &[u8]) -> Shown {
    if plain::is_readable(bytes) { text(bytes) } else { hex(bytes) }
}

fn json(bytes: &[u8]) -> Result<Shown, String> {
    let text = simdutf8::compat::from_utf8(bytes)
        .map_err(|error| format!("byte {} is no UTF-8", error.valid_up_to()))?;
    serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|error| error.to_string())?;
    let (text, cut) = indent::indent(text, MOST_TEXT);
    Ok(Shown { text, how: Show::Json, note: cut.then(|| SHORTENED.to_owned()), schema_id: None })
}

fn text(bytes: &[u8]) -> Shown {
    let (text, note) = plain::text(bytes, MOST_TEXT);
    Shown { text, how: Show::Text, note, schema_id: None }
}

fn hex(bytes: &[u8]) -> Shown {
    let (text, cut) = plain::hex(bytes, MOST_TEXT);
    Shown { text, how: Show::Hex, note: cut.then(|| SHORTENED.to_owned()), schema_id: None }
}
