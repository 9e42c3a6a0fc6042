//! Struct and list columns.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, StructArray};
use arrow::datatypes::{DataType, FieldRef, Fields};
use arrow::error::ArrowError;

use super::Drift;
use super::column::{Column, Nulls, column, lists, mismatch, take};
use super::cursor::Cursor;
use super::keys::{ITEM, Keys, Place, Target, below};
use super::reason::{Parsed, Reason};
use super::watch::{Watch, unwanted};
use crate::error::Result;

/// Named children with one value each in every row.
pub(crate) struct StructColumn {
    children: Vec<Child>,
    keys: Keys,
    /// Known objects that are not wanted.
    watched: Vec<Watch>,
    /// The values of unknown keys that were kept of the last row.
    kept: Range<usize>,
    fields: Fields,
    rows: usize,
    nulls: Nulls,
}

struct Child {
    column: Box<dyn Column>,
    rows: usize,
}

impl StructColumn {
    /// The column of `fields` at `path`, each read from the key of its name; keys that `known` lacks are drift.
    pub(crate) fn new(path: &str, fields: &Fields, known: &Fields) -> Result<Self> {
        let known_types: HashMap<_, _> =
            known.iter().map(|field| (field.name().as_str(), field.data_type())).collect();
        let children = fields
            .iter()
            .map(|field| {
                let name = field.name().as_str();
                let known = known_types.get(name).copied().unwrap_or(field.data_type());
                Ok(Child { column: column(&below(path, name), field, known)?, rows: 0 })
            })
            .collect::<Result<_>>()?;
        let wanted: HashSet<_> = fields.iter().map(|field| field.name().as_str()).collect();
        let (unwanted, watched) = unwanted(path, known, |name| wanted.contains(name));
        let wanted =
            fields.iter().enumerate().map(|(index, field)| (field.name().as_str(), Target::Child(index)));
        let keys = Keys::new(path, wanted.chain(unwanted));
        let nulls = Nulls::default();
        Ok(Self { children, keys, watched, kept: 0..0, fields: fields.clone(), rows: 0, nulls })
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Appends the object at the cursor, which stands on its `{`.
    pub(crate) fn object(&mut self, cursor: &mut Cursor<'_>) -> Parsed<()> {
        let mut filled = 0;
        let object = cursor.at();
        if cursor.open(b'}')? {
            let mut place = Place::default();
            loop {
                match self.keys.read(cursor, &mut place)? {
                    Target::Child(index) => filled += self.value(index, cursor)?,
                    Target::Known => cursor.skip()?,
                    Target::Watched(index) => self.watched[index].read(object, cursor)?,
                    Target::Unknown(index) => self.keys.unknown(index, object, cursor)?,
                    Target::Stray => self.keys.stray(cursor)?,
                }
                if !cursor.more(b'}')? {
                    break;
                }
            }
            cursor.close();
        }
        self.end_row(filled);
        Ok(())
    }

    /// Appends a row of a payload that is no object: it is the value of `key`.
    pub(crate) fn single(&mut self, key: &str, cursor: &mut Cursor<'_>) -> Parsed<()> {
        let mut filled = 0;
        match self.keys.target(key) {
            Target::Child(index) => filled = self.value(index, cursor)?,
            Target::Known => cursor.skip()?,
            Target::Watched(index) => self.watched[index].read(0, cursor)?,
            Target::Unknown(index) => self.keys.unknown(index, 0, cursor)?,
            Target::Stray => self.keys.stray(cursor)?,
        }
        self.end_row(filled);
        Ok(())
    }

    /// Appends a row without any value.
    pub(crate) fn empty_row(&mut self) {
        self.end_row(0);
    }

    /// The children's arrays, in the order of the fields.
    pub(crate) fn finish_children(&mut self) -> std::result::Result<Vec<ArrayRef>, ArrowError> {
        self.rows = 0;
        let finish = |child: &mut Child| {
            child.rows = 0;
            child.column.finish()
        };
        self.children.iter_mut().map(finish).collect()
    }

    /// Reads a child's value; 1 when the row had none yet. A key that comes twice: its last value holds.
    #[inline]
    fn value(&mut self, index: usize, cursor: &mut Cursor<'_>) -> Parsed<usize> {
        let child = &mut self.children[index];
        let again = child.rows > self.rows;
        if again {
            child.column.forget(cursor);
            child.column.truncate(self.rows);
        }
        if let Err(reason) = child.column.read(cursor) {
            return Err(reason.within(self.fields[index].name()));
        }
        child.rows = self.rows + 1;
        Ok(usize::from(!again))
    }

    #[inline]
    fn end_row(&mut self, filled: usize) {
        if filled < self.children.len() {
            for child in &mut self.children {
                if child.rows == self.rows {
                    child.column.push_null();
                    child.rows += 1;
                }
            }
        }
        self.rows += 1;
    }
}

impl Column for StructColumn {
    fn read(&mut self, cursor: &mut Cursor<'_>) -> Parsed<()> {
        match cursor.peek() {
            Some(b'{') => {
                let from = cursor.kept();
                self.object(cursor)?;
                self.kept = from..cursor.kept();
                Ok(())
            }
            Some(b'n') => cursor.literal("null").map(|()| self.push_null()),
            _ => Err(mismatch(cursor, "an object")),
        }
    }

    fn push_null(&mut self) {
        self.kept = 0..0;
        self.nulls.push(self.rows);
        self.end_row(0);
    }

    fn truncate(&mut self, rows: usize) {
        for child in &mut self.children {
            child.column.truncate(rows);
            child.rows = child.rows.min(rows);
        }
        self.rows = self.rows.min(rows);
        self.nulls.truncate(rows);
    }

    fn finish(&mut self) -> std::result::Result<ArrayRef, ArrowError> {
        let rows = self.rows;
        let nulls = self.nulls.finish(rows);
        let children = self.finish_children()?;
        Ok(Arc::new(StructArray::try_new_with_length(self.fields.clone(), children, nulls, rows)?))
    }

    fn forget(&mut self, cursor: &mut Cursor<'_>) {
        cursor.forget(self.kept.clone());
    }

    fn uncount(&mut self, message: u64) {
        self.keys.uncount(message);
        self.watched.iter_mut().for_each(|watch| watch.uncount(message));
        self.children.iter_mut().for_each(|child| child.column.uncount(message));
    }

    fn drift(&mut self, into: &mut Drift) {
        self.keys.drift(into);
        self.watched.iter_mut().for_each(|watch| watch.drift(into));
        self.children.iter_mut().for_each(|child| child.column.drift(into));
    }
}

/// Any number of items in every row.
pub(crate) struct ListColumn {
    items: Box<dyn Column>,
    item: FieldRef,
    /// Where each row's items end.
    ends: Vec<i32>,
    nulls: Nulls,
    large: bool,
    /// Unknown keys may stand in the items.
    is_nested: bool,
    kept: Range<usize>,
}

impl ListColumn {
    /// Lists of `item` at `path`; `large` ones have 64-bit offsets.
    pub(crate) fn new(path: &str, item: &FieldRef, known: &DataType, large: bool) -> Result<Self> {
        let is_nested = item.data_type().is_nested();
        let items = column(&format!("{path}{ITEM}"), item, known)?;
        let (ends, nulls) = (Vec::new(), Nulls::default());
        Ok(Self { items, item: Arc::clone(item), ends, nulls, large, is_nested, kept: 0..0 })
    }

    fn end(&self) -> i32 {
        self.ends.last().copied().unwrap_or_default()
    }

    fn list(&mut self, cursor: &mut Cursor<'_>) -> Parsed<()> {
        let mut end = self.end();
        if cursor.open(b']')? {
            if self.is_nested {
                cursor.enter_list();
            }
            loop {
                if self.is_nested {
                    cursor.next_item();
                }
                self.items.read(cursor).map_err(|reason| reason.within("[]"))?;
                end = end
                    .checked_add(1)
                    .ok_or_else(|| Reason::new("more than 2^31 list items in one chunk"))?;
                if !cursor.more(b']')? {
                    break;
                }
            }
            if self.is_nested {
                cursor.leave_list();
            }
            cursor.close();
        }
        self.ends.push(end);
        Ok(())
    }
}

impl Column for ListColumn {
    fn read(&mut self, cursor: &mut Cursor<'_>) -> Parsed<()> {
        match cursor.peek() {
            Some(b'[') => {
                let from = cursor.kept();
                self.list(cursor)?;
                self.kept = from..cursor.kept();
                Ok(())
            }
            Some(b'n') => cursor.literal("null").map(|()| self.push_null()),
            _ => Err(mismatch(cursor, "a list")),
        }
    }

    fn push_null(&mut self) {
        self.kept = 0..0;
        self.nulls.push(self.ends.len());
        self.ends.push(self.end());
    }

    fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows);
        self.nulls.truncate(rows);
        self.items.truncate(self.end() as usize);
    }

    fn finish(&mut self) -> std::result::Result<ArrayRef, ArrowError> {
        let nulls = self.nulls.finish(self.ends.len());
        let items = self.items.finish()?;
        lists(Arc::clone(&self.item), take(&mut self.ends), items, nulls, self.large)
    }

    fn forget(&mut self, cursor: &mut Cursor<'_>) {
        cursor.forget(self.kept.clone());
    }

    fn uncount(&mut self, message: u64) {
        self.items.uncount(message);
    }

    fn drift(&mut self, into: &mut Drift) {
        self.items.drift(into);
    }
}
