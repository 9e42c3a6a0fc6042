//! Columns of objects and lists.

use std::sync::Arc;

use arrow::array::{ArrayRef, StructArray};
use arrow::datatypes::{FieldRef, Fields};
use arrow::error::ArrowError;

use super::super::column::{Nulls, lists, take};
use super::{Rows, Slot};
use crate::codec::reason::{Parsed, Reason};
use crate::error::Result;

/// An object in each row: one value of each field.
pub(crate) struct StructSlot {
    children: Vec<Slot>,
    fields: Fields,
    rows: usize,
    nulls: Nulls,
}

impl StructSlot {
    /// The columns of `fields`, all taken as nullable; `path` is their place in errors.
    pub(crate) fn new(path: &str, fields: &Fields) -> Result<Self> {
        let children = fields.iter().map(|field| {
            let name = field.name();
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            Slot::new(&path, field)
        });
        let children = children.collect::<Result<_>>()?;
        Ok(Self { children, fields: fields.clone(), rows: 0, nulls: Nulls::default() })
    }

    pub(crate) fn fields(&self) -> &Fields {
        &self.fields
    }

    /// The column of field `index`, to take this row's value. A second value of one row replaces the first.
    #[inline]
    pub(crate) fn child(&mut self, index: usize) -> &mut Slot {
        let child = &mut self.children[index];
        if child.rows() > self.rows {
            child.truncate(self.rows);
        }
        child
    }

    /// As [`child`](Self::child), for a writer that gives each field of a row at most once.
    #[inline]
    pub(crate) fn child_once(&mut self, index: usize) -> &mut Slot {
        &mut self.children[index]
    }

    /// Ends a row: fields that got no value are null.
    #[inline]
    pub(crate) fn end_row(&mut self) {
        self.rows += 1;
        for child in &mut self.children {
            if child.rows() < self.rows {
                child.push_null();
            }
        }
    }

    /// As [`end_row`](Self::end_row), of a row in which every field has its value.
    #[inline]
    pub(crate) fn end_full_row(&mut self) {
        self.rows += 1;
        debug_assert!(self.children.iter().all(|child| child.rows() == self.rows));
    }

    /// Opens the last row again, which is not null: what it has stays until something else is given.
    pub(crate) fn reopen(&mut self) {
        self.rows = self.rows.saturating_sub(1);
    }

    /// The columns, in the order of the fields; the next row starts new ones.
    pub(crate) fn finish_children(&mut self) -> std::result::Result<Vec<ArrayRef>, ArrowError> {
        self.rows = 0;
        self.children.iter_mut().map(Rows::finish).collect()
    }
}

impl Rows for StructSlot {
    fn rows(&self) -> usize {
        self.rows
    }

    fn push_null(&mut self) {
        self.nulls.push(self.rows);
        for child in &mut self.children {
            child.truncate(self.rows);
        }
        self.end_row();
    }

    fn truncate(&mut self, rows: usize) {
        for child in &mut self.children {
            child.truncate(rows);
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

/// Any number of items in each row.
pub(crate) struct ListSlot {
    items: Slot,
    item: FieldRef,
    /// Where each row's items end.
    ends: Vec<i32>,
    nulls: Nulls,
    large: bool,
}

impl ListSlot {
    /// Lists of `item`; `large` ones have 64-bit offsets.
    pub(crate) fn new(path: &str, item: &FieldRef, large: bool) -> Result<Self> {
        let items = Slot::new(&format!("{path}[]"), item)?;
        Ok(Self { items, item: Arc::clone(item), ends: Vec::new(), nulls: Nulls::default(), large })
    }

    /// The column of items, to take the next one of this row.
    #[inline]
    pub(crate) fn items(&mut self) -> &mut Slot {
        &mut self.items
    }

    /// Ends a row: its items are those taken since the last one.
    pub(crate) fn end_row(&mut self) -> Parsed<()> {
        let end = i32::try_from(self.items.rows())
            .map_err(|_many| Reason::new("more than 2^31 list items in one chunk"))?;
        self.ends.push(end);
        Ok(())
    }

    /// Opens the last row again, which is not null, to take more items.
    pub(crate) fn reopen(&mut self) {
        self.ends.pop();
    }

    /// Drops the items taken since the last row ended.
    pub(crate) fn restart_row(&mut self) {
        let end = self.end() as usize;
        self.items.truncate(end);
    }

    fn end(&self) -> i32 {
        self.ends.last().copied().unwrap_or_default()
    }
}

impl Rows for ListSlot {
    fn rows(&self) -> usize {
        self.ends.len()
    }

    fn push_null(&mut self) {
        self.items.truncate(self.end() as usize);
        self.nulls.push(self.ends.len());
        self.ends.push(self.end());
    }

    /// Items that were taken for a row that did not end are dropped as well.
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
}
