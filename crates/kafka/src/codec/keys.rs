//! Object keys, found by guessing that they come in the order in which they came last time.
//!
//! Messages of a topic are mostly written by one program, so the key after `customer` is what it was
//! in the message before: one comparison of bytes finds it. Only a wrong guess costs a hash look-up.

use std::collections::HashMap;

use super::cursor::Cursor;
use super::reason::Parsed;

/// Keys remembered for one object; the keys of objects used as maps would fill the memory.
const MOST_SLOTS: usize = 1024;

/// The keys met in one object of the schema.
pub(crate) struct Keys {
    slots: Vec<Slot>,
    by_name: HashMap<Box<[u8]>, usize>,
}

struct Slot {
    /// `"key":` as compact JSON writes it; empty when the key needs escapes and is never guessed.
    written: Box<[u8]>,
    /// The wanted child that it names.
    child: Option<usize>,
    /// The slot that followed it last time.
    next: usize,
}

/// Where in the order of keys the walk through one object is.
#[derive(Clone, Copy, Default)]
pub(crate) struct Place(usize);

impl Keys {
    /// `wanted` are the keys of the children, in their order.
    pub(crate) fn new<'a>(wanted: impl Iterator<Item = &'a str>) -> Self {
        let start = Slot { written: Box::default(), child: None, next: 1 };
        let mut keys = Self { slots: vec![start], by_name: HashMap::new() };
        for (child, key) in wanted.enumerate() {
            keys.remember(key.as_bytes(), Some(child));
        }
        keys
    }

    /// Takes a key and its colon; the child that it names, if it is wanted.
    #[inline]
    pub(crate) fn read(&mut self, cursor: &mut Cursor<'_>, place: &mut Place) -> Parsed<Option<usize>> {
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
            return Ok(slot.child);
        }
        self.look_up(cursor, place)
    }

    #[cold]
    fn look_up(&mut self, cursor: &mut Cursor<'_>, place: &mut Place) -> Parsed<Option<usize>> {
        let key = cursor.string()?;
        let slot = match self.by_name.get(key) {
            Some(slot) => Some(*slot),
            None if self.slots.len() < MOST_SLOTS => Some(self.remember(key, None)),
            None => None,
        };
        cursor.expect(b':')?;
        let Some(slot) = slot else { return Ok(None) };
        self.slots[place.0].next = slot;
        *place = Place(slot);
        Ok(self.slots[slot].child)
    }

    fn remember(&mut self, key: &[u8], child: Option<usize>) -> usize {
        let slot = self.slots.len();
        let needs_escapes = key.iter().any(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
        let written = if needs_escapes { Box::default() } else { [b"\"", key, b"\":"].concat().into() };
        self.slots.push(Slot { written, child, next: slot + 1 });
        self.by_name.insert(key.into(), slot);
        slot
    }
}
