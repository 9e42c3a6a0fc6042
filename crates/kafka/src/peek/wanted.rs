//! Which messages are wanted.

use super::Message;

/// A text that messages must hold.
pub(super) struct Wanted(Option<Vec<u8>>);

impl Wanted {
    pub(super) fn new(contains: Option<&str>) -> Self {
        Self(contains.filter(|text| !text.is_empty()).map(|text| text.as_bytes().to_vec()))
    }

    pub(super) fn is_all(&self) -> bool {
        self.0.is_none()
    }

    pub(super) fn fits(&self, message: &Message) -> bool {
        let Some(text) = &self.0 else { return true };
        let held = |bytes: &Option<Vec<u8>>| bytes.as_ref().is_some_and(|bytes| holds(bytes, text));
        held(&message.value)
            || held(&message.key)
            || message.headers.iter().any(|(name, value)| holds(name.as_bytes(), text) || held(value))
    }
}

/// Whether `bytes` hold `text`, whatever the case of its ASCII letters; `text` is not empty.
fn holds(bytes: &[u8], text: &[u8]) -> bool {
    let first = text[0];
    bytes
        .windows(text.len())
        .any(|window| window[0].eq_ignore_ascii_case(&first) && window.eq_ignore_ascii_case(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_found_in_every_part() {
        let message = Message {
            partition: 0,
            offset: 0,
            timestamp_ms: None,
            timestamp_type: None,
            key: Some(b"Key-1".to_vec()),
            value: Some("{\"name\":\"Grüße\"}".into()),
            headers: vec![("trace".to_owned(), Some(b"abc".to_vec())), ("none".to_owned(), None)],
        };
        for (text, fits) in
            [("key-1", true), ("grüße", true), ("TRACE", true), ("abc", true), ("abcd", false), ("", true)]
        {
            assert_eq!(Wanted::new(Some(text)).fits(&message), fits, "{text}");
        }
        assert!(Wanted::new(None).is_all() && Wanted::new(Some("")).is_all());
    }
}
