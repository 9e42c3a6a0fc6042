//! Tokens into columns.

use super::super::keys::ITEM;
use super::fields::{Node, Object, Target};
use super::json::{key_text, text, too_long, write};
use super::{Source, Token, push, too_deep};
use crate::codec::facts::shortened;
use crate::codec::reason::{Parsed, Reason};
use crate::codec::slot::{Slot, StructSlot};
use crate::codec::{MAX_DEPTH, MOST_TEXT, Unknown, WRAPPED};

/// One message that is being read.
pub(super) struct Walk<'k, S> {
    pub(super) source: S,
    pub(super) policy: Unknown,
    /// Unknown fields go to a column.
    pub(super) keeps: bool,
    /// Its number.
    pub(super) message: u64,
    /// The number of the item at hand in each list around.
    pub(super) items: &'k mut Vec<u64>,
    pub(super) kept: &'k mut String,
    pub(super) more: &'k mut bool,
}

impl<S: Source> Walk<'_, S> {
    /// Reads the whole message: an object by its keys, any other value as the field [`WRAPPED`].
    pub(super) fn message(&mut self, root: &mut Node, columns: &mut StructSlot) -> Parsed<()> {
        let Node::Object(root) = root else { return Err(Reason::new("no columns are known")) };
        if self.source.left() == 0 {
            return Err(Reason::new("empty payload"));
        }
        if let Token::Map(length) = self.source.next()? {
            return self.object(root, Some(columns), length, MAX_DEPTH);
        }
        self.source.seek(0);
        let key = root.find(WRAPPED.as_bytes(), &mut 0);
        self.field(root, key, WRAPPED.as_bytes(), Some(columns), MAX_DEPTH)
    }

    /// Reads the keys of a map and their values; without `row` nothing is kept of them.
    fn object(
        &mut self,
        object: &mut Object,
        mut row: Option<&mut StructSlot>,
        length: Option<u64>,
        depth: usize,
    ) -> Parsed<()> {
        let Some(depth) = depth.checked_sub(1) else { return Err(too_deep()) };
        let (mut place, mut read) = (0, 0);
        while self.source.more(length, read)? {
            read += 1;
            let start = self.source.at();
            let key = match self.source.next()? {
                Token::Text(name) => object.find(name, &mut place),
                _ => None,
            };
            if key.is_some() {
                self.field(object, key, &[], row.as_deref_mut(), depth)?;
                continue;
            }
            self.source.seek(start);
            let name = key_text(&mut self.source, depth)?;
            let key = object.find(name.as_bytes(), &mut place);
            self.field(object, key, name.as_bytes(), row.as_deref_mut(), depth)?;
        }
        Ok(())
    }

    /// Reads the value of the key of index `key`, or of `name` where too many are unknown to remember it.
    fn field(
        &mut self,
        object: &mut Object,
        key: Option<usize>,
        name: &[u8],
        row: Option<&mut StructSlot>,
        depth: usize,
    ) -> Parsed<()> {
        let Some(index) = key else {
            return self.stranger(object, name, depth);
        };
        let key = &mut object.keys[index];
        let read = match (&mut key.target, row) {
            (Target::Child(child), Some(row)) => self.value(&mut key.node, Some(row.child(*child)), depth),
            (Target::Child(_), None) | (Target::Known, _) => self.value(&mut key.node, None, depth),
            (Target::Unknown(unknown), _) => {
                if self.policy == Unknown::Fail {
                    return Err(refused(&key.name));
                }
                let start = self.source.at();
                if self.keeps {
                    let value = text(&mut self.source, depth)?;
                    keep(self.kept, &unknown.path, self.items, &value)?;
                } else {
                    self.skip(depth)?;
                }
                if unknown.last != self.message {
                    unknown.last = self.message;
                    unknown.messages += 1;
                }
                if unknown.example.is_empty() {
                    let end = self.source.at();
                    self.source.seek(start);
                    unknown.example = shortened(&text(&mut self.source, depth)?);
                    self.source.seek(end);
                }
                Ok(())
            }
        };
        read.map_err(|reason| reason.within(&String::from_utf8_lossy(&key.name)))
    }

    /// Passes over the value of a key that is not known and not remembered.
    #[cold]
    fn stranger(&mut self, object: &Object, name: &[u8], depth: usize) -> Parsed<()> {
        if self.policy == Unknown::Fail {
            return Err(refused(name));
        }
        *self.more = true;
        if !self.keeps {
            return self.skip(depth);
        }
        let value = text(&mut self.source, depth)?;
        keep(self.kept, &object.below(name), self.items, &value)
    }

    /// Reads the next value into `slot`, or looks through it.
    fn value(&mut self, node: &mut Node, slot: Option<&mut Slot>, depth: usize) -> Parsed<()> {
        let start = self.source.at();
        let token = self.source.next()?;
        match token {
            Token::Map(length) => match (slot, node) {
                (Some(Slot::Struct(row)), Node::Object(object)) => {
                    self.object(object, Some(&mut **row), length, depth)?;
                    row.end_row();
                    Ok(())
                }
                (None, Node::Object(object)) => self.object(object, None, length, depth),
                (None, _) => self.skip_map(length, depth),
                (Some(slot), _) => self.composite(slot, start, &Token::Map(length), depth),
            },
            Token::List(length) => match (slot, node) {
                (Some(Slot::List(list)), Node::Items(items)) => {
                    self.list(items, length, depth, |walk, items, depth| {
                        walk.value(items, Some(list.items()), depth)
                    })?;
                    list.end_row()
                }
                (None, Node::Items(items)) => {
                    self.list(items, length, depth, |walk, items, depth| walk.value(items, None, depth))
                }
                (None, _) => self.skip_list(length, depth),
                (Some(slot), _) => self.composite(slot, start, &Token::List(length), depth),
            },
            token => slot.map_or(Ok(()), |slot| push(slot, &token)),
        }
    }

    fn list(
        &mut self,
        items: &mut Node,
        length: Option<u64>,
        depth: usize,
        mut item: impl FnMut(&mut Self, &mut Node, usize) -> Parsed<()>,
    ) -> Parsed<()> {
        let Some(depth) = depth.checked_sub(1) else { return Err(too_deep()) };
        let mut read = 0;
        self.items.push(0);
        while self.source.more(length, read)? {
            if let Some(number) = self.items.last_mut() {
                *number = read;
            }
            item(self, items, depth).map_err(|reason| reason.within("[]"))?;
            read += 1;
        }
        self.items.pop();
        Ok(())
    }

    /// A list or an object in a column of text, as JSON; no other column takes it.
    #[cold]
    fn composite(&mut self, slot: &mut Slot, start: usize, token: &Token<'_>, depth: usize) -> Parsed<()> {
        if !slot.is_text() {
            return push(slot, token);
        }
        self.source.seek(start);
        let value = text(&mut self.source, depth)?;
        slot.push_text(value.as_bytes())
    }

    /// Passes over the next value.
    fn skip(&mut self, depth: usize) -> Parsed<()> {
        match self.source.next()? {
            Token::Map(length) => self.skip_map(length, depth),
            Token::List(length) => self.skip_list(length, depth),
            _ => Ok(()),
        }
    }

    fn skip_map(&mut self, length: Option<u64>, depth: usize) -> Parsed<()> {
        let Some(depth) = depth.checked_sub(1) else { return Err(too_deep()) };
        let mut read = 0;
        while self.source.more(length, read)? {
            read += 1;
            self.skip(depth)?;
            self.skip(depth)?;
        }
        Ok(())
    }

    fn skip_list(&mut self, length: Option<u64>, depth: usize) -> Parsed<()> {
        let Some(depth) = depth.checked_sub(1) else { return Err(too_deep()) };
        let mut read = 0;
        while self.source.more(length, read)? {
            read += 1;
            self.skip(depth)?;
        }
        Ok(())
    }
}

/// Adds a field to what is kept; the marks in `path` become the numbers of `items`.
fn keep(kept: &mut String, path: &str, items: &[u64], value: &str) -> Parsed<()> {
    let mut items = items.iter();
    let mut numbered = String::with_capacity(path.len());
    for (index, piece) in path.split(ITEM).enumerate() {
        if index > 0 {
            let item = items.next().map(u64::to_string).unwrap_or_default();
            numbered.extend(["[", &item, "]"]);
        }
        numbered.push_str(piece);
    }
    if !kept.is_empty() {
        kept.push(',');
    }
    write(kept, |out| out.string(&numbered));
    kept.push(':');
    kept.push_str(value);
    if kept.len() > MOST_TEXT { Err(too_long()) } else { Ok(()) }
}

#[cold]
fn refused(name: &[u8]) -> Reason {
    Reason::new("it is not among the fields that are known").within(&String::from_utf8_lossy(name))
}
