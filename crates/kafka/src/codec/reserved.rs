//! Payload keys that carry the name of a metadata column.
//!
//! Metadata columns own their names, so a payload key `_kafka_offset` becomes the column
//! `_kafka_offset_payload`, and a key `_kafka_offset_payload` becomes `_kafka_offset_payload_payload`.
//! The rule depends on the name alone, loses no key and merges no two keys; it holds for the keys of
//! the message itself, not for those nested deeper.

use std::borrow::Cow;

use crate::read::MetadataColumn;

const SUFFIX: &str = "_payload";

/// The column in which the payload key `key` is found.
///
/// ```
/// assert_eq!(flowloom_kafka::codec::payload_column("amount"), "amount");
/// assert_eq!(flowloom_kafka::codec::payload_column("_kafka_offset"), "_kafka_offset_payload");
/// ```
pub fn payload_column(key: &str) -> Cow<'_, str> {
    if is_reserved(key.trim_end_matches(SUFFIX)) { format!("{key}{SUFFIX}").into() } else { key.into() }
}

/// The payload key that the column `column` is read from; the inverse of [`payload_column`].
///
/// ```
/// assert_eq!(flowloom_kafka::codec::payload_key("_kafka_offset_payload"), "_kafka_offset");
/// ```
pub fn payload_key(column: &str) -> &str {
    match column.strip_suffix(SUFFIX) {
        Some(key) if is_reserved(key.trim_end_matches(SUFFIX)) => key,
        _ => column,
    }
}

fn is_reserved(name: &str) -> bool {
    MetadataColumn::ALL.iter().any(|column| column.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_comes_back_and_no_two_share_a_column() {
        let keys = ["a", "a_payload", "_kafka_offset", "_kafka_offset_payload", "_kafka_key_payload_payload"];
        let mut columns: Vec<_> = keys.iter().map(|key| payload_column(key)).collect();
        for (key, column) in keys.iter().zip(&columns) {
            assert_eq!(payload_key(column), *key);
        }
        columns.sort();
        columns.dedup();
        assert_eq!(columns.len(), keys.len());
    }

    #[test]
    fn only_metadata_names_are_reserved() {
        assert_eq!(payload_column("_kafka_note"), "_kafka_note");
        assert_eq!(payload_key("_kafka_note_payload"), "_kafka_note_payload");
    }
}
