//! Object keys, found by guessing that they come in the order in which they came last time.
//!
//! Messages of a topic are mostly written by one program, so the key after `customer` is what it was
//! in the message before: one comparison of bytes finds it. Only a wrong guess costs a hash look-up.

use std::collections::HashMap;

use super::Drift;
use super::cursor::Cursor;
use super::facts::shortened;
use super::met::Met;
use super::reason::{Parsed, Reason};

/// Unknown keys remembered for one object; the keys of objects used as maps would fill the memory.
const MOST_UNKNOWN: usize = 1024;

/// Unknown keys of more bytes than this are not remembered.
pub(crate) const LONGEST_UNKNOWN: usize = 256;

/// Stands for a list's item in a path.
pub(crate) const ITEM: char = '\0';

/// A path for people: `items[].price`.
pub(crate) fn shown(path: &str) -> String {
    path.replace(ITEM, "[]")
}

/// The path of `key` in what is at `path`.
pub(crate) fn below(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// The keys met in one object of the schema.
pub(crate) struct Keys {
    slots: Vec<Slot>,
    by_name: HashMap<Box<[u8]>, usize>,
    /// Where the object is.
    path: Box<str>,
    unknown: Vec<Unknown>,
    /// The last key that was neither known nor remembered.
    stray: String,
}

struct Slot {
    /// `"key":` as compact JSON writes it; empty when the key needs escapes and is never guessed.
    written: Box<[u8]>,
    target: Target,
    /// The slot that followed it last time.
    next: usize,
}

/// What a key names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The wanted child with this index.
    Child(usize),
    /// A field that is known and not wanted.
    Known,
    /// The same, an object whose own keys are looked at.
    Watched(usize),
    /// No known field; the unknown key with this index.
    Unknown(usize),
    /// No known field, and it is too long, or too many of these were met, to remember it.
    Stray,
}

/// A key that no known field has.
struct Unknown {
    key: Box<str>,
    /// Its path, with [`ITEM`], escaped as in a JSON string.
    path: Box<str>,
    messages: u64,
    /// The last message that had it, and where in it the object began.
    last: (u64, usize),
    /// The number of the value that was kept then.
    kept: usize,
    example: String,
}

/// Where in the order of keys the walk through one object is.
#[derive(Clone, Copy, Default)]
pub(crate) struct Place(usize);

impl Keys {
    /// The keys of the object at `path`, and what each names.
    pub(crate) fn new<'a>(path: &str, known: impl Iterator<Item = (&'a str, Target)>) -> Self {
        let start = Slot { written: Box::default(), target: Target::Stray, next: 1 };
        let mut keys = Self {
            slots: vec![start],
            by_name: HashMap::new(),
            path: path.into(),
            unknown: Vec::new(),
            stray: String::new(),
        };
        for (key, target) in known {
            keys.remember(key.as_bytes(), target);
        }
        keys
    }

    /// Takes a key and its colon; what it names.
    #[inline]
    pub(crate) fn read(&mut self, cursor: &mut Cursor<'_>, place: &mut Place) -> Parsed<Target> {
        if cursor.peek() != Some(b'"') {
            return Err(cursor.unexpected("a key"));
        }
        let guess = self.slots[place.0].next;
        if let Some(slot) = self.slots.get(guess)
            && !slot.written.is_empty()
            && cursor.rest().starts_with(&slot.written)
        {
            cursor.advance(slot.written.len());
            *place = Place(guess);
            return Ok(slot.target);
        }
        self.look_up(cursor, place)
    }

    /// What `key` names, which stands in no object.
    pub(crate) fn target(&mut self, key: &str) -> Target {
        self.slot(key.as_bytes()).map_or(Target::Stray, |slot| self.slots[slot].target)
    }

    #[cold]
    fn look_up(&mut self, cursor: &mut Cursor<'_>, place: &mut Place) -> Parsed<Target> {
        let key = cursor.string()?;
        let slot = self.slot(key);
        cursor.expect(b':')?;
        let Some(slot) = slot else { return Ok(Target::Stray) };
        self.slots[place.0].next = slot;
        *place = Place(slot);
        Ok(self.slots[slot].target)
    }

    fn slot(&mut self, key: &[u8]) -> Option<usize> {
        if let Some(slot) = self.by_name.get(key) {
            return Some(*slot);
        }
        let text = String::from_utf8_lossy(key);
        if self.unknown.len() == MOST_UNKNOWN || key.len() > LONGEST_UNKNOWN {
            self.stray.clear();
            self.stray.push_str(&text);
            return None;
        }
        let unknown = self.unknown.len();
        self.unknown.push(Unknown {
            path: escaped(&self.path, &text),
            key: text.into(),
            messages: 0,
            last: (0, 0),
            kept: 0,
            example: String::new(),
        });
        Some(self.remember(key, Target::Unknown(unknown)))
    }

    fn remember(&mut self, key: &[u8], target: Target) -> usize {
        let slot = self.slots.len();
        let needs_escapes = key.iter().any(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
        let written = if needs_escapes { Box::default() } else { [b"\"", key, b"\":"].concat().into() };
        self.slots.push(Slot { written, target, next: slot + 1 });
        self.by_name.insert(key.into(), slot);
        slot
    }

    /// Takes the value of an unknown key, whose object began at `object`.
    #[inline(never)]
    pub(crate) fn unknown(&mut self, at: usize, object: usize, cursor: &mut Cursor<'_>) -> Parsed<()> {
        let start = cursor.value_at();
        cursor.skip()?;
        let value = start..cursor.at();
        let text = cursor.since(start);
        let Some(met) = cursor.met() else { return Ok(()) };
        let key = &mut self.unknown[at];
        if met.is_refused() {
            return Err(refused(&key.key));
        }
        let is_again = key.last == (met.message(), object);
        if key.last.0 != met.message() {
            met.found();
            key.messages += 1;
            if key.messages == 1 {
                key.example = shortened(&String::from_utf8_lossy(text));
            }
        }
        key.last = (met.message(), object);
        key.kept = met.keep(&key.path, value, is_again.then_some(key.kept));
        Ok(())
    }

    /// Takes the value of an unknown key that is not remembered.
    #[cold]
    pub(crate) fn stray(&mut self, cursor: &mut Cursor<'_>) -> Parsed<()> {
        let start = cursor.value_at();
        cursor.skip()?;
        let value = start..cursor.at();
        let Some(met) = cursor.met() else { return Ok(()) };
        if met.is_refused() {
            return Err(refused(&self.stray));
        }
        met.too_many();
        // Whether it came before in this object is not known: the last of equal keys holds for who reads the text.
        met.keep(&escaped(&self.path, &self.stray), value, None);
        Ok(())
    }

    /// Takes back what was counted for `message`.
    pub(crate) fn uncount(&mut self, message: u64) {
        for key in self.unknown.iter_mut().filter(|key| key.last.0 == message) {
            key.messages = key.messages.saturating_sub(1);
            key.last = (0, 0);
        }
    }

    /// Hands over what was counted since the last time.
    pub(crate) fn drift(&mut self, into: &mut Drift) {
        for key in self.unknown.iter_mut().filter(|key| key.messages > 0) {
            let path = below(&shown(&self.path), &key.key);
            into.count(&path, std::mem::take(&mut key.messages), std::mem::take(&mut key.example));
        }
    }
}

/// Why a message with the field `key`, which is not known, is bad.
#[cold]
pub(crate) fn refused(key: &str) -> Reason {
    Reason::new("it is not among the fields that are known").within(key)
}

/// The path of `key` as it stands in a JSON string; [`ITEM`] is left for the items' numbers.
fn escaped(path: &str, key: &str) -> Box<str> {
    let escape = |text: &str| {
        let quoted = serde_json::Value::from(text).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    };
    let path: Vec<_> = path.split(ITEM).map(escape).collect();
    below(&path.join("\0"), &escape(key)).into()
}

impl Met {
    /// For tests of what is kept.
    #[cfg(test)]
    fn text(&mut self, payload: &[u8]) -> String {
        String::from_utf8(self.kept(payload).unwrap_or_default().to_vec()).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Unknown as Policy;
    use super::*;

    #[test]
    fn paths_name_the_item() {
        let mut met = Met::new(Policy::Keep);
        met.begin();
        met.enter_list();
        met.next_item();
        met.next_item();
        let first = met.keep(&escaped("a\"b\0", "c"), 0..1, None);
        assert_eq!(met.keep(&escaped("a\"b\0", "c"), 1..2, Some(first)), first);
        met.leave_list();
        met.keep(&escaped("", "d.e"), 2..3, None);
        assert_eq!(met.text(b"123"), r#"{"a\"b[1].c":2,"d.e":3}"#);
        met.begin();
        assert_eq!(met.kept(b""), None);
    }
}
