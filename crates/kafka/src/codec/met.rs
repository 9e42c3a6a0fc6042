//! The keys of one message that no known field has.

use std::io::Write as _;
use std::ops::Range;

use super::Unknown;
use super::keys::ITEM;

/// What one decoder met in the message at hand. Nothing here costs a message without unknown keys.
pub(crate) struct Met {
    policy: Unknown,
    /// The number of the message, from 1.
    message: u64,
    /// The message has an unknown key that was counted.
    any: bool,
    more: bool,
    /// The number of the item at hand in each list around.
    items: Vec<usize>,
    /// Under [`Unknown::Keep`]: where the path stands in `paths` and the value in the payload. A value that was
    /// replaced is empty.
    kept: Vec<(Range<usize>, Range<usize>)>,
    paths: Vec<u8>,
    text: Vec<u8>,
}

impl Met {
    pub(crate) fn new(policy: Unknown) -> Self {
        Self {
            policy,
            message: 0,
            any: false,
            more: false,
            items: Vec::new(),
            kept: Vec::new(),
            paths: Vec::new(),
            text: Vec::new(),
        }
    }

    /// The next message begins.
    #[inline]
    pub(crate) fn begin(&mut self) {
        self.message += 1;
        self.any = false;
        self.items.clear();
        self.kept.clear();
        self.paths.clear();
    }

    pub(crate) fn message(&self) -> u64 {
        self.message
    }

    pub(crate) fn is_refused(&self) -> bool {
        self.policy == Unknown::Fail
    }

    pub(crate) fn found(&mut self) {
        self.any = true;
    }

    /// Whether something was counted for the message at hand; asked once.
    pub(crate) fn take_any(&mut self) -> bool {
        std::mem::take(&mut self.any)
    }

    pub(crate) fn too_many(&mut self) {
        self.more = true;
    }

    /// Whether keys were met that are in no count; asked once.
    pub(crate) fn take_more(&mut self) -> bool {
        std::mem::take(&mut self.more)
    }

    pub(crate) fn enter_list(&mut self) {
        self.items.push(usize::MAX);
    }

    #[inline]
    pub(crate) fn next_item(&mut self) {
        if let Some(item) = self.items.last_mut() {
            *item = item.wrapping_add(1);
        }
    }

    pub(crate) fn leave_list(&mut self) {
        self.items.pop();
    }

    /// How many values are kept of this message so far.
    pub(crate) fn count(&self) -> usize {
        self.kept.len()
    }

    /// Keeps a value of the payload under `path`, in place of the one with the number `again`, whose object had that
    /// key before. Its number.
    pub(crate) fn keep(&mut self, path: &str, value: Range<usize>, again: Option<usize>) -> usize {
        if self.policy != Unknown::Keep {
            return 0;
        }
        if let Some(number) = again
            && let Some((_, replaced)) = self.kept.get_mut(number)
        {
            *replaced = value;
            return number;
        }
        let start = self.paths.len();
        let mut items = self.items.iter();
        for (index, piece) in path.split(ITEM).enumerate() {
            if index > 0 {
                let written = match items.next() {
                    Some(item) => write!(self.paths, "[{item}]"),
                    None => write!(self.paths, "[]"),
                };
                debug_assert!(written.is_ok(), "writing to a vector does not fail");
            }
            self.paths.extend_from_slice(piece.as_bytes());
        }
        self.kept.push((start..self.paths.len(), value));
        self.kept.len() - 1
    }

    /// Forgets values by their numbers: what they stood in came again.
    #[cold]
    pub(crate) fn forget(&mut self, values: Range<usize>) {
        for (_, value) in self.kept.get_mut(values).unwrap_or_default() {
            *value = 0..0;
        }
    }

    /// The values kept, as the JSON text of an object; none when there are none.
    pub(crate) fn kept(&mut self, payload: &[u8]) -> Option<&[u8]> {
        self.text.clear();
        for (path, value) in self.kept.iter().filter(|(_, value)| !value.is_empty()) {
            self.text.extend_from_slice(if self.text.is_empty() { b"{\"" } else { b",\"" });
            self.text.extend_from_slice(&self.paths[path.clone()]);
            self.text.extend_from_slice(b"\":");
            self.text.extend_from_slice(payload.get(value.clone()).unwrap_or_default());
        }
        if self.text.is_empty() {
            return None;
        }
        self.text.push(b'}');
        Some(&self.text)
    }
}
