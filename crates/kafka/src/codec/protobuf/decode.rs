//! Messages into columns, in one pass.

use prost_reflect::{DynamicMessage, MessageDescriptor};

use super::strays::Strays;
use super::table::{Absent, Action, Entry, One, Table};
use super::wire::{Layout, Tag, Wire};
use crate::codec::MOST_TEXT;
use crate::codec::reason::{Parsed, Reason};
use crate::codec::slot::{ListSlot, Rows as _, Slot, StructSlot};
use crate::show::out::{Out, Stop, Written};
use crate::show::protobuf;

/// In so many parts a message may come. Writers send one; each part costs what the row has become so far.
const MOST_PARTS: usize = 100;

/// One message that is being read.
pub(super) struct Reading<'a, 's> {
    pub(super) wire: Wire<'a>,
    pub(super) strays: &'s mut Strays,
    /// Parts that were joined to what was there before.
    pub(super) joined: usize,
}

impl Reading<'_, '_> {
    /// Reads a message of `table` as the next row of `row`, up to where it ends.
    pub(super) fn row(&mut self, table: &mut Table, row: &mut StructSlot) -> Parsed<()> {
        table.open();
        self.fields(table, row, None)
    }

    /// Reads a message that is one value.
    pub(super) fn whole(&mut self, one: &mut One, slot: &mut Slot) -> Parsed<()> {
        let at = slot.rows();
        match one {
            One::Moment(moment) => {
                moment.reset();
                moment.read(&mut self.wire)?;
                moment.push(slot)
            }
            One::Wrapper(wrapper) => wrapper.read(slot, at, &mut self.wire),
            One::Text(_, message) => {
                let span = self.wire.rest();
                text(self.wire.slice(span), message, slot)
            }
            One::Scalar(_) | One::Message(_) => Err(slot.misfit("an object")),
        }
    }

    /// Reads the value after `tag`, a message of its own or a group, as the next row.
    fn nested(&mut self, tag: Tag, table: &mut Table, row: &mut StructSlot) -> Parsed<()> {
        table.open();
        self.part(tag, table, row)
    }

    fn part(&mut self, tag: Tag, table: &mut Table, row: &mut StructSlot) -> Parsed<()> {
        if tag.layout == Layout::GroupStart {
            return self.fields(table, row, Some(tag.field));
        }
        let outer = self.wire.enter()?;
        self.fields(table, row, None)?;
        self.wire.leave(outer);
        Ok(())
    }

    fn fields(&mut self, table: &mut Table, row: &mut StructSlot, group: Option<u32>) -> Parsed<()> {
        loop {
            if self.wire.is_done() {
                if group.is_some() {
                    return Err(self.wire.open_group());
                }
                break;
            }
            let start = self.wire.at();
            let tag = self.wire.tag()?;
            let Some(index) = table.find(tag.field) else {
                if tag.layout == Layout::GroupEnd && group == Some(tag.field) {
                    break;
                }
                self.wire.skip(tag)?;
                self.strays.meet(table, tag.field, None, self.wire.since(start))?;
                continue;
            };
            if table.entries[index].choice.is_some() {
                choose(table, index, row);
            }
            let entry = &mut table.entries[index];
            let is_first = entry.bit & !table.met != 0;
            table.met |= entry.bit;
            // The value of nearly every field.
            if let Action::One(One::Scalar(scalar)) = &entry.action
                && tag.layout == entry.layout
            {
                let slot = if is_first { row.child_once(entry.child) } else { row.child(entry.child) };
                let read = scalar.read(slot, &mut self.wire);
                read.map_err(|reason| reason.within(entry.name()))?;
            } else if tag.layout == Layout::GroupEnd {
                if group == Some(tag.field) {
                    break;
                }
                return Err(self.wire.stray_end());
            } else if matches!(entry.action, Action::Stray) {
                self.wire.skip(tag)?;
                let field = entry.field.clone();
                self.strays.meet(table, tag.field, Some(&field), self.wire.since(start))?;
            } else {
                self.field(start, tag, entry, row).map_err(|reason| reason.within(entry.name()))?;
            }
        }
        self.close(table, row)
    }

    /// Reads a field that is not just one value.
    fn field(&mut self, start: usize, tag: Tag, entry: &mut Entry, row: &mut StructSlot) -> Parsed<()> {
        let is_packed = tag.layout == Layout::Bytes
            && entry.layout != Layout::GroupStart
            && (entry.field.is_list() || entry.layout == Layout::Bytes);
        if tag.layout != entry.layout && !is_packed {
            let (wanted, found) = (entry.layout.name(), tag.layout.name());
            return Err(Reason::new(format!("expected {wanted}, found {found}")));
        }
        let rows = row.rows();
        match &mut entry.action {
            Action::Skip(Some(scalar)) if tag.layout == scalar.layout() => scalar.skip(&mut self.wire),
            Action::Skip(_) | Action::Stray => self.wire.skip(tag),
            Action::Walk(walk) => {
                let (table, row) = &mut **walk;
                self.nested(tag, table, row)
            }
            Action::Map(_, spans) => {
                let outer = self.wire.enter()?;
                spans.push(self.wire.rest());
                self.wire.leave(outer);
                Ok(())
            }
            Action::Text(bytes) => {
                if !std::mem::replace(&mut entry.is_there, true) {
                    bytes.clear();
                }
                self.wire.skip(tag)?;
                bytes.extend_from_slice(self.wire.since(start));
                Ok(())
            }
            Action::Misfit(what) => Err(row.child(entry.child).misfit(what)),
            Action::One(one) => {
                let was_there = std::mem::replace(&mut entry.is_there, true);
                let child = row.child_once(entry.child);
                if !was_there && child.rows() > rows {
                    child.truncate(rows);
                }
                self.one(tag, one, child, rows, was_there)
            }
            Action::Many(one) => {
                let items = list(row.child_once(entry.child))?.items();
                match one {
                    One::Scalar(scalar) if tag.layout != scalar.layout() => {
                        let outer = self.wire.enter()?;
                        while !self.wire.is_done() {
                            scalar.read(items, &mut self.wire)?;
                        }
                        self.wire.leave(outer);
                        Ok(())
                    }
                    one => {
                        let item = items.rows();
                        self.one(tag, one, items, item, false)?;
                        if let One::Text(bytes, message) = one { text(bytes, message, items) } else { Ok(()) }
                    }
                }
                .map_err(|reason| reason.within("[]"))
            }
        }
    }

    /// Reads one occurrence into row `at` of `slot`; `was_there`: another part of it came before.
    fn one(&mut self, tag: Tag, one: &mut One, slot: &mut Slot, at: usize, was_there: bool) -> Parsed<()> {
        match one {
            One::Scalar(scalar) => scalar.read(slot, &mut self.wire),
            One::Message(table) => {
                let Some(row) = slot.as_struct() else { return Err(slot.misfit("an object")) };
                if !was_there {
                    return self.nested(tag, table, row);
                }
                self.joined += 1;
                if self.joined > MOST_PARTS {
                    return Err(Reason::new(format!("it comes in more than {MOST_PARTS} parts")));
                }
                reopen(table, row);
                self.part(tag, table, row)
            }
            One::Moment(moment) => {
                if was_there && slot.rows() > at {
                    slot.truncate(at);
                } else {
                    moment.reset();
                }
                self.within(|wire| moment.read(wire))?;
                moment.push(slot)
            }
            One::Wrapper(wrapper) => self.within(|wire| wrapper.read(slot, at, wire)),
            One::Text(bytes, _) => {
                if !was_there {
                    bytes.clear();
                }
                if tag.layout == Layout::GroupStart {
                    let start = self.wire.at();
                    self.wire.skip(tag)?;
                    bytes.extend_from_slice(without_end(self.wire.since(start), tag.field));
                } else {
                    bytes.extend_from_slice(self.wire.bytes()?);
                }
                Ok(())
            }
        }
    }

    fn within<T>(&mut self, read: impl FnOnce(&mut Wire<'_>) -> Parsed<T>) -> Parsed<T> {
        let outer = self.wire.enter()?;
        let value = read(&mut self.wire)?;
        self.wire.leave(outer);
        Ok(value)
    }

    /// Ends the row: lists end, what came in parts is put together, and what is not there has its default.
    fn close(&mut self, table: &mut Table, row: &mut StructSlot) -> Parsed<()> {
        let rows = row.rows();
        for index in &table.closing {
            let entry = &mut table.entries[usize::from(*index)];
            let slot = row.child_once(entry.child);
            self.close_entry(entry, slot, rows).map_err(|reason| reason.within(entry.field.name()))?;
        }
        let mut missed = table.missed & !table.met;
        while missed != 0 {
            let entry = &mut table.entries[missed.trailing_zeros() as usize];
            missed &= missed - 1;
            let slot = row.child_once(entry.child);
            self.close_entry(entry, slot, rows).map_err(|reason| reason.within(entry.field.name()))?;
        }
        if table.is_full {
            row.end_full_row();
        } else {
            row.end_row();
        }
        Ok(())
    }

    fn close_entry(&mut self, entry: &mut Entry, slot: &mut Slot, rows: usize) -> Parsed<()> {
        match &mut entry.action {
            Action::Many(_) => list(slot)?.end_row(),
            Action::Map(table, spans) => {
                let list = list(slot)?;
                self.map(table, spans, list)?;
                list.end_row()
            }
            Action::Text(bytes) => {
                if !entry.is_there {
                    bytes.clear();
                }
                if slot.rows() > rows {
                    slot.truncate(rows);
                }
                let message = DynamicMessage::decode(entry.field.parent_message().clone(), bytes.as_slice())
                    .map_err(|error| Reason::new(error.to_string()))?;
                written(slot, |out| protobuf::field(&message, &entry.field, out))
            }
            Action::One(One::Text(bytes, message)) => {
                if !entry.is_there {
                    if entry.absent.is_none() {
                        return Ok(());
                    }
                    bytes.clear();
                }
                if slot.rows() > rows {
                    slot.truncate(rows);
                }
                text(bytes, message, slot)
            }
            Action::One(one) if slot.rows() == rows => match (&entry.absent, one) {
                (Some(Absent::Value(value)), One::Scalar(scalar)) => scalar.push_default(slot, value),
                (Some(Absent::Message), one) => self.empty(one, slot),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// A message in which nothing stands.
    fn empty(&mut self, one: &mut One, slot: &mut Slot) -> Parsed<()> {
        match one {
            One::Message(table) => {
                let Some(row) = slot.as_struct() else { return Err(slot.misfit("an object")) };
                table.open();
                self.close(table, row)
            }
            One::Moment(moment) => {
                moment.reset();
                moment.push(slot)
            }
            One::Wrapper(wrapper) => {
                let at = slot.rows();
                wrapper.read(slot, at, &mut Wire::new(&[]))
            }
            One::Scalar(_) | One::Text(..) => Ok(()),
        }
    }

    /// Reads the entries of a map; of those with one key the last.
    fn map(&mut self, table: &mut Table, spans: &mut Vec<(usize, usize)>, list: &mut ListSlot) -> Parsed<()> {
        list.restart_row();
        if spans.len() > 1 {
            super::maps::keep_last(&self.wire, spans)?;
        }
        for span in spans.iter() {
            let place = self.wire.jump(*span);
            let Some(row) = list.items().as_struct() else { return Err(list.items().misfit("an object")) };
            self.row(table, row).map_err(|reason| reason.within("[]"))?;
            self.wire.back(place);
        }
        Ok(())
    }
}

/// The other fields that `entry` shuts out are not there any more.
fn choose(table: &mut Table, chosen: usize, row: &mut StructSlot) {
    let rows = row.rows();
    let Some(choice) = table.entries[chosen].choice else { return };
    for other in &table.choices[usize::from(choice)] {
        let other = usize::from(*other);
        if other == chosen {
            continue;
        }
        let entry = &mut table.entries[other];
        table.met &= !entry.bit;
        entry.is_there = false;
        let slot = row.child_once(entry.child);
        if slot.rows() > rows {
            slot.truncate(rows);
        }
    }
}

/// The last row of `row` is open again, to be joined with what follows.
fn reopen(table: &mut Table, row: &mut StructSlot) {
    row.reopen();
    // Each has its value, were it its default.
    table.met = u64::MAX;
    for index in &table.closing {
        let entry = &table.entries[usize::from(*index)];
        if matches!(entry.action, Action::Many(_) | Action::Map(..))
            && let Some(list) = row.child_once(entry.child).as_list()
        {
            list.reopen();
        }
    }
}

fn list(slot: &mut Slot) -> Parsed<&mut ListSlot> {
    match slot {
        Slot::List(list) => Ok(list),
        other => Err(other.misfit("a list")),
    }
}

/// The JSON text of a message.
pub(super) fn text(bytes: &[u8], message: &MessageDescriptor, slot: &mut Slot) -> Parsed<()> {
    let message = DynamicMessage::decode(message.clone(), bytes)
        .map_err(|error| Reason::new(format!("it is no `{}`: {error}", message.full_name())))?;
    written(slot, |out| protobuf::message(&message, out))
}

fn written(slot: &mut Slot, write: impl FnOnce(&mut Out) -> Written) -> Parsed<()> {
    let mut out = Out::new(MOST_TEXT);
    match write(&mut out) {
        Ok(()) => slot.push_text(out.finish().as_bytes()),
        Err(Stop::Full) => Err(Reason::new("its text is too long")),
        Err(Stop::Wrong(reason)) => Err(Reason::new(reason)),
    }
}

/// A group's fields without the tag that ends it.
fn without_end(bytes: &[u8], field: u32) -> &[u8] {
    let bits = 32 - (field << 3).leading_zeros();
    let length = bits.div_ceil(7).max(1) as usize;
    bytes.get(..bytes.len().saturating_sub(length)).unwrap_or_default()
}
