//! What is selected in a table, and how keys move it.

use egui::{Key, Modifiers};

/// A cell by its place on screen: row in the order shown, column from the left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct At {
    pub row: usize,
    pub column: usize,
}

/// A rectangle of cells between where it began and where the cursor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection {
    pub anchor: At,
    pub head: At,
}

impl Selection {
    pub fn cell(at: At) -> Self {
        Self { anchor: at, head: at }
    }

    /// First and last row.
    pub fn rows(&self) -> (usize, usize) {
        (self.anchor.row.min(self.head.row), self.anchor.row.max(self.head.row))
    }

    /// First and last column.
    pub fn columns(&self) -> (usize, usize) {
        (self.anchor.column.min(self.head.column), self.anchor.column.max(self.head.column))
    }

    pub fn has(&self, at: At) -> bool {
        let ((top, bottom), (left, right)) = (self.rows(), self.columns());
        (top..=bottom).contains(&at.row) && (left..=right).contains(&at.column)
    }

    pub fn is_cell(&self) -> bool {
        self.anchor == self.head
    }

    pub fn cells(&self) -> usize {
        let ((top, bottom), (left, right)) = (self.rows(), self.columns());
        (bottom - top + 1).saturating_mul(right - left + 1)
    }
}

/// The table that keys move in; `page`: rows on screen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) page: usize,
}

impl Extent {
    fn last(self) -> At {
        At { row: self.rows.saturating_sub(1), column: self.columns.saturating_sub(1) }
    }

    /// The selection within the table; `None` where nothing is left of it.
    pub(super) fn clamp(self, selection: Selection) -> Option<Selection> {
        let last = self.last();
        let clamp = |at: At| At { row: at.row.min(last.row), column: at.column.min(last.column) };
        (self.rows > 0 && self.columns > 0)
            .then(|| Selection { anchor: clamp(selection.anchor), head: clamp(selection.head) })
    }

    /// The selection after a key; `None` where the key means nothing here.
    pub(super) fn press(
        self,
        selection: Option<Selection>,
        key: Key,
        modifiers: Modifiers,
    ) -> Option<Selection> {
        if self.rows == 0 || self.columns == 0 {
            return None;
        }
        let last = self.last();
        if key == Key::A && modifiers.command {
            return Some(Selection { anchor: At::default(), head: last });
        }
        let from = selection.map_or_else(At::default, |selection| selection.head);
        let is_far = modifiers.command;
        let page = self.page.max(1);
        let (row, column) = match key {
            Key::ArrowUp if is_far => (0, from.column),
            Key::ArrowDown if is_far => (last.row, from.column),
            Key::ArrowLeft if is_far => (from.row, 0),
            Key::ArrowRight if is_far => (from.row, last.column),
            Key::ArrowUp => (from.row.saturating_sub(1), from.column),
            Key::ArrowDown => (from.row + 1, from.column),
            Key::ArrowLeft => (from.row, from.column.saturating_sub(1)),
            Key::ArrowRight => (from.row, from.column + 1),
            Key::PageUp => (from.row.saturating_sub(page), from.column),
            Key::PageDown => (from.row.saturating_add(page), from.column),
            Key::Home => (if is_far { 0 } else { from.row }, 0),
            Key::End => (if is_far { last.row } else { from.row }, last.column),
            _ => return None,
        };
        // The first key in a table without a selection shows where the cursor is.
        let head = if selection.is_none() && !is_far { from } else { At { row, column } };
        let anchor = selection.filter(|_| modifiers.shift).map_or(head, |selection| selection.anchor);
        self.clamp(Selection { anchor, head })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXTENT: Extent = Extent { rows: 100, columns: 5, page: 10 };

    fn after(keys: &[(Key, Modifiers)]) -> Selection {
        let start = Some(Selection::cell(At { row: 50, column: 2 }));
        keys.iter()
            .fold(start, |selection, (key, modifiers)| {
                EXTENT.press(selection, *key, *modifiers).or(selection)
            })
            .expect("selection")
    }

    #[test]
    fn keys_move_and_extend() {
        let at = |row, column| Selection::cell(At { row, column });
        assert_eq!(after(&[(Key::ArrowDown, Modifiers::NONE)]), at(51, 2));
        assert_eq!(after(&[(Key::PageDown, Modifiers::NONE), (Key::End, Modifiers::NONE)]), at(60, 4));
        assert_eq!(after(&[(Key::Home, Modifiers::COMMAND)]), at(0, 0));
        assert_eq!(after(&[(Key::End, Modifiers::COMMAND), (Key::ArrowDown, Modifiers::NONE)]), at(99, 4));
        let range = after(&[(Key::ArrowUp, Modifiers::SHIFT), (Key::ArrowRight, Modifiers::SHIFT)]);
        assert_eq!((range.rows(), range.columns(), range.cells()), ((49, 50), (2, 3), 4));
        assert_eq!(after(&[(Key::A, Modifiers::COMMAND)]).cells(), 500);
    }

    #[test]
    fn the_first_key_only_shows_the_cursor() {
        assert_eq!(EXTENT.press(None, Key::ArrowDown, Modifiers::NONE), Some(Selection::cell(At::default())));
        assert_eq!(EXTENT.press(None, Key::B, Modifiers::NONE), None);
    }

    #[test]
    fn a_table_that_shrank_keeps_what_is_left() {
        let small = Extent { rows: 3, columns: 1, page: 1 };
        assert_eq!(
            small.clamp(Selection::cell(At { row: 9, column: 4 })),
            Some(Selection::cell(At { row: 2, column: 0 }))
        );
        assert_eq!(Extent { rows: 0, ..small }.clamp(Selection::cell(At::default())), None);
    }
}
