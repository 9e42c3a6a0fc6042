//! Struct and list columns.

use std::sync::Arc;

use arrow::array::{ArrayRef, LargeListArray, ListArray, StructArray};
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{FieldRef, Fields};
use arrow::error::ArrowError;

use super::column::{Column, Nulls, column, mismatch, take};
use super::cursor::Cursor;
use super::keys::{Keys, Place};
use super::reason::{Parsed, Reason};
use crate::error::Result;

/// Named children with one value each in every row.
pub(crate) struct StructColumn {
    children: Vec<Child>,
    keys: Keys,
    fields: Fields,
    rows: usize,
    nulls: Nulls,
}

struct Child {
    column: Box<dyn Column>,
    rows: usize,
}

impl StructColumn {
    /// The column of `fields`, each read from the key of its name.
    pub(crate) fn new(name: &str, fields: &Fields) -> Result<Self> {
        let children = fields
            .iter()
            .map(|field| {
                let path =
                    if name.is_empty() { field.name().clone() } else { format!("{name}.{}", field.name()) };
                Ok(Child { column: column(&path, field.data_type())?, rows: 0 })
            })
            .collect::<Result<_>>()?;
        let keys = Keys::new(fields.iter().map(|field| field.name().as_str()));
        Ok(Self { children, keys, fields: fields.clone(), rows: 0, nulls: Nulls::default() })
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Appends the object at the cursor, which stands on its `{`.
    pub(crate) fn object(&mut self, cursor: &mut Cursor<'_>) -> Parsed<()> {
        let mut filled = 0;
        if cursor.open(b'}')? {
            let mut place = Place::default();
            loop {
                match self.keys.read(cursor, &mut place)? {
                    Some(index) => filled += self.value(index, cursor)?,
                    None => cursor.skip()?,
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

    /// Appends a row whose only value is child `index`, read at the cursor; no child is skipped over.
    pub(crate) fn single(&mut self, index: Option<usize>, cursor: &mut Cursor<'_>) -> Parsed<()> {
        let filled = match index {
            Some(index) => self.value(index, cursor)?,
            None => cursor.skip().map(|()| 0)?,
        };
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
            Some(b'{') => self.object(cursor),
            Some(b'n') => cursor.literal("null").map(|()| self.push_null()),
            _ => Err(mismatch(cursor, "an object")),
        }
    }

    fn push_null(&mut self) {
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
}

/// Any number of items in every row.
pub(crate) struct ListColumn {
    items: Box<dyn Column>,
    item: FieldRef,
    /// Where each row's items end.
    ends: Vec<i32>,
    nulls: Nulls,
    large: bool,
}

impl ListColumn {
    /// Lists of `item`; `large` ones have 64-bit offsets.
    pub(crate) fn new(name: &str, item: &FieldRef, large: bool) -> Result<Self> {
        let items = column(&format!("{name}[]"), item.data_type())?;
        Ok(Self { items, item: Arc::clone(item), ends: Vec::new(), nulls: Nulls::default(), large })
    }

    fn end(&self) -> i32 {
        self.ends.last().copied().unwrap_or_default()
    }

    fn list(&mut self, cursor: &mut Cursor<'_>) -> Parsed<()> {
        let mut end = self.end();
        if cursor.open(b']')? {
            loop {
                self.items.read(cursor).map_err(|reason| reason.within("[]"))?;
                end = end
                    .checked_add(1)
                    .ok_or_else(|| Reason::new("more than 2^31 list items in one chunk"))?;
                if !cursor.more(b']')? {
                    break;
                }
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
            Some(b'[') => self.list(cursor),
            Some(b'n') => cursor.literal("null").map(|()| self.push_null()),
            _ => Err(mismatch(cursor, "a list")),
        }
    }

    fn push_null(&mut self) {
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
        let item = Arc::clone(&self.item);
        let ends = take(&mut self.ends);
        if self.large {
            let offsets: ScalarBuffer<i64> =
                std::iter::once(0).chain(ends.into_iter().map(i64::from)).collect();
            Ok(Arc::new(LargeListArray::try_new(item, OffsetBuffer::new(offsets), items, nulls)?))
        } else {
            let offsets: ScalarBuffer<i32> = std::iter::once(0).chain(ends).collect();
            Ok(Arc::new(ListArray::try_new(item, OffsetBuffer::new(offsets), items, nulls)?))
        }
    }
}
