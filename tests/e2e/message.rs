//! A message as tests write it and read it back.

/// What a producer sends; a partition or a time left open is the broker's to choose, an offset always is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) payload: Option<Vec<u8>>,
    pub(crate) headers: Vec<(String, Option<Vec<u8>>)>,
    /// Milliseconds since 1970 UTC.
    pub(crate) timestamp_ms: Option<i64>,
    pub(crate) partition: Option<i32>,
    pub(crate) offset: Option<i64>,
}

impl Message {
    pub(crate) fn new(payload: impl AsRef<[u8]>) -> Self {
        Self { payload: Some(payload.as_ref().to_vec()), ..Self::default() }
    }

    /// A message without a payload: under compaction it deletes its key.
    pub(crate) fn tombstone(key: &str) -> Self {
        Self::default().key(key)
    }

    pub(crate) fn key(self, key: &str) -> Self {
        Self { key: Some(key.as_bytes().to_vec()), ..self }
    }

    pub(crate) fn partition(self, partition: i32) -> Self {
        Self { partition: Some(partition), ..self }
    }

    pub(crate) fn timestamp_ms(self, timestamp_ms: i64) -> Self {
        Self { timestamp_ms: Some(timestamp_ms), ..self }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), Some(value.as_bytes().to_vec())));
        self
    }

    /// The payload as text; empty for a tombstone.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(self.payload.as_deref().unwrap_or_default()).into_owned()
    }
}
