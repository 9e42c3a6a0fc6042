//! What becomes of each field of a message, looked up by its number.
//!
//! Made once for a message type and the columns that are wanted of it, so that nothing is looked up by name and nothing
//! is allocated while messages are read. A table also holds what is known of the row that is being read, because the
//! parts of a message may come anywhere in it.

use arrow::datatypes::{DataType, Field, FieldRef, Fields};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, Value};

use super::known::{Known, Moment, Wrapper};
use super::scalar::Scalar;
use super::wire::Layout;
use crate::codec::slot::{Slot, StructSlot};
use crate::codec::{EXTRA, MAX_DEPTH};
use crate::error::{Error, Result};

/// Field numbers below are found by one look; nearly all are.
const NEAR: u32 = 256;

/// The fields of one message type.
pub(super) struct Table {
    pub(super) message: MessageDescriptor,
    /// Where it stands in the whole message, in front of a field's name: empty, `customer.`, `items[].`.
    pub(super) prefix: Box<str>,
    /// Tells it from the other tables of a decoder.
    pub(super) id: u32,
    pub(super) entries: Vec<Entry>,
    /// Of each number below [`NEAR`] its entry, counted from one.
    near: Vec<u16>,
    /// The others, rising.
    far: Vec<(u32, u16)>,
    /// Entries that have something to do as a row ends, but for those in `missed`.
    pub(super) closing: Vec<u16>,
    /// The [bits](Entry::bit) of the entries that have something to do as a row ends in which they did not come.
    pub(super) missed: u64,
    /// The bits of the entries that came in this row.
    pub(super) met: u64,
    /// As a row ends, every column has its value.
    pub(super) is_full: bool,
    /// Entries with something to forget as a row begins.
    pub(super) opening: Vec<u16>,
    /// Of each set of fields that exclude each other the entries with a column.
    pub(super) choices: Vec<Vec<u16>>,
}

/// One field.
pub(super) struct Entry {
    pub(super) field: FieldDescriptor,
    /// Its column within the message's struct; unused where nothing is kept.
    pub(super) child: usize,
    pub(super) layout: Layout,
    pub(super) action: Action,
    /// In [`Table::choices`].
    pub(super) choice: Option<u16>,
    /// Its own bit in [`Table::met`]; none where nobody asks for it.
    pub(super) bit: u64,
    /// This row has it; kept for what may come in parts.
    pub(super) is_there: bool,
    /// What the field is when it is not there; null where there is none.
    pub(super) absent: Option<Absent>,
}

/// The value of a field that is not there.
pub(super) enum Absent {
    /// A value that the column takes: this was tried.
    Value(Value),
    /// A message without fields: what a map's value is.
    Message,
}

pub(super) enum Action {
    /// Known and not wanted.
    Skip(Option<Scalar>),
    /// Known and not wanted, but looked through.
    Walk(Box<(Table, StructSlot)>),
    /// Not known.
    Stray,
    One(One),
    /// Each occurrence is an item.
    Many(One),
    /// Spans of the entries of this row. They are read as it ends, because of entries with one key the last holds.
    Map(Box<Table>, Vec<(usize, usize)>),
    /// A list or a map that becomes JSON text: its bytes in this row, tags included.
    Text(Vec<u8>),
    /// What it is, with an article: no such column holds it.
    Misfit(&'static str),
}

/// What one occurrence is.
pub(super) enum One {
    Scalar(Scalar),
    Moment(Moment),
    Wrapper(Wrapper),
    Message(Box<Table>),
    /// A message that becomes JSON text: its bytes, and its type.
    Text(Vec<u8>, MessageDescriptor),
}

impl Table {
    /// The entry of a field.
    #[inline]
    pub(super) fn find(&self, field: u32) -> Option<usize> {
        if let Some(index) = self.near.get(field as usize) {
            return usize::from(*index).checked_sub(1);
        }
        let at = self.far.binary_search_by_key(&field, |(number, _)| *number).ok()?;
        self.far.get(at).map(|(_, index)| usize::from(*index))
    }

    /// The row begins: it has nothing yet.
    #[inline]
    pub(super) fn open(&mut self) {
        self.met = 0;
        for index in &self.opening {
            let entry = &mut self.entries[usize::from(*index)];
            entry.is_there = false;
            if let Action::Map(_, spans) = &mut entry.action {
                spans.clear();
            }
        }
    }
}

/// Makes tables.
pub(super) struct Compiler<'a> {
    /// Tables made.
    pub(super) made: &'a mut u32,
}

impl Compiler<'_> {
    /// The table of `message` into the columns `wanted`, which lie at `prefix`; of fields that are not wanted `known`
    /// says whether they are known, and without it all are.
    pub(super) fn table(
        &mut self,
        message: &MessageDescriptor,
        wanted: &Fields,
        known: Option<&Fields>,
        prefix: String,
        depth: usize,
    ) -> Result<Table> {
        if depth == 0 {
            let reason = format!("columns are nested deeper than {MAX_DEPTH} within each other");
            return Err(Error::InvalidRequest { reason });
        }
        let mut fields: Vec<_> = message.fields().collect();
        fields.sort_by_key(FieldDescriptor::number);
        let mut entries = Vec::with_capacity(fields.len());
        let mut choices: Vec<(String, Vec<u16>)> = Vec::new();
        for field in fields {
            let mut entry = self.entry(field, wanted, known, &prefix, depth)?;
            let index = entries.len() as u16;
            if let Some(choice) = entry.field.containing_oneof() {
                let at = choices.iter().position(|(name, _)| name == choice.name()).unwrap_or_else(|| {
                    choices.push((choice.name().to_owned(), Vec::new()));
                    choices.len() - 1
                });
                if entry.has_column() {
                    choices[at].1.push(index);
                }
                entry.choice = Some(at as u16);
            }
            entries.push(entry);
        }
        let (mut near, mut far) = (Vec::new(), Vec::new());
        for (index, entry) in entries.iter_mut().enumerate() {
            let number = entry.field.number();
            if number < NEAR {
                near.resize(near.len().max(number as usize + 1), 0);
                near[number as usize] = index as u16 + 1;
            } else {
                far.push((number, index as u16));
            }
            // A field that shuts out no other has nothing to look up.
            let alone = |at: u16| choices[usize::from(at)].1.iter().all(|other| *other == index as u16);
            entry.choice = entry.choice.filter(|at| !alone(*at));
        }
        let mut missed = 0;
        for (index, entry) in entries.iter_mut().enumerate().take(u64::BITS as usize) {
            if matches!((&entry.action, &entry.absent), (Action::One(One::Scalar(_)), Some(Absent::Value(_))))
            {
                entry.bit = 1 << index;
                missed |= entry.bit;
            }
        }
        let indexes = |wanted: fn(&Entry) -> bool| {
            entries.iter().enumerate().filter(|(_, entry)| wanted(entry)).map(|(at, _)| at as u16).collect()
        };
        let mut filled = vec![false; wanted.len()];
        for entry in entries.iter().filter(|entry| entry.has_column() && entry.fills()) {
            filled[entry.child] = true;
        }
        *self.made += 1;
        Ok(Table {
            message: message.clone(),
            prefix: prefix.into(),
            id: *self.made,
            closing: indexes(|entry| entry.bit == 0 && entry.closes()),
            opening: indexes(Entry::opens),
            missed,
            met: 0,
            is_full: filled.into_iter().all(|is_filled| is_filled),
            entries,
            near,
            far,
            choices: choices.into_iter().map(|(_, entries)| entries).collect(),
        })
    }

    fn entry(
        &mut self,
        field: FieldDescriptor,
        wanted: &Fields,
        known: Option<&Fields>,
        prefix: &str,
        depth: usize,
    ) -> Result<Entry> {
        let is_extra = prefix.is_empty() && field.name() == EXTRA;
        let column = wanted.find(field.name()).filter(|_| !is_extra);
        let known_as = known.and_then(|known| known.find(field.name())).map(|(_, field)| field.data_type());
        let layout = match field.kind() {
            Kind::Message(_) if field.is_group() => Layout::GroupStart,
            kind => Scalar::of(&kind).map_or(Layout::Bytes, |scalar| scalar.layout()),
        };
        let path = format!("{prefix}{}", field.name());
        let (child, action) = match column {
            Some((child, column)) => (child, self.kept(&field, column, known_as, &path, depth)?),
            None if known.is_some() && known_as.is_none() => (0, Action::Stray),
            None => (0, self.passed(&field, known_as, &path, depth)?),
        };
        let mut entry =
            Entry { field, child, layout, action, choice: None, bit: 0, is_there: false, absent: None };
        if let Some((_, column)) = column {
            entry.absent = absent(&entry, column)?;
        }
        Ok(entry)
    }

    /// A field without a column.
    fn passed(
        &mut self,
        field: &FieldDescriptor,
        known_as: Option<&DataType>,
        path: &str,
        depth: usize,
    ) -> Result<Action> {
        let kind = field.kind();
        let Kind::Message(message) = &kind else { return Ok(Action::Skip(Scalar::of(&kind))) };
        let is_list = field.is_list() || field.is_map();
        let Some(DataType::Struct(known)) =
            known_as.map(|known| if is_list { item_of(known) } else { known })
        else {
            return Ok(Action::Skip(None));
        };
        let prefix = if is_list { format!("{path}[].") } else { format!("{path}.") };
        let none = Fields::empty();
        let table = self.table(message, &none, Some(known), prefix, depth - 1)?;
        Ok(Action::Walk(Box::new((table, StructSlot::new("", &none)?))))
    }

    /// A field with a column.
    fn kept(
        &mut self,
        field: &FieldDescriptor,
        column: &FieldRef,
        known_as: Option<&DataType>,
        path: &str,
        depth: usize,
    ) -> Result<Action> {
        if !field.is_list() && !field.is_map() {
            let one = self.one(&field.kind(), column.data_type(), known_as, format!("{path}."), depth)?;
            return Ok(one.map_or(Action::Misfit("an object"), Action::One));
        }
        let item = match column.data_type() {
            DataType::List(item) | DataType::LargeList(item) => item.data_type(),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => return Ok(Action::Text(Vec::new())),
            _ if field.is_map() => return Ok(Action::Misfit("a map")),
            _ => return Ok(Action::Misfit("a list")),
        };
        let known_as = known_as.map(item_of);
        let Some(one) = self.one(&field.kind(), item, known_as, format!("{path}[]."), depth)? else {
            return Ok(Action::Misfit("a list of objects"));
        };
        Ok(match one {
            One::Message(table) if field.is_map() => Action::Map(table, Vec::new()),
            _ if field.is_map() => Action::Misfit("a map"),
            One::Text(..) if field.is_group() => Action::Misfit("a list of groups"),
            one => Action::Many(one),
        })
    }

    /// One value of `kind` in a column of type `column`; none where no such column holds it.
    fn one(
        &mut self,
        kind: &Kind,
        column: &DataType,
        known_as: Option<&DataType>,
        prefix: String,
        depth: usize,
    ) -> Result<Option<One>> {
        let message = match kind {
            Kind::Message(message) => message,
            kind => return Ok(Scalar::of(kind).map(One::Scalar)),
        };
        if let DataType::Struct(fields) = column {
            let known = match known_as {
                Some(DataType::Struct(known)) => Some(known),
                _ => None,
            };
            let table = self.table(message, fields, known, prefix, depth - 1)?;
            return Ok(Some(One::Message(Box::new(table))));
        }
        let is_text = matches!(column, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
        Ok(match Known::of(message) {
            Some(Known::Timestamp) => Some(One::Moment(Moment::new(false))),
            Some(Known::Duration) => Some(One::Moment(Moment::new(true))),
            Some(Known::Wrapper(kind)) => Wrapper::new(&kind).map(One::Wrapper),
            _ => is_text.then(|| One::Text(Vec::new(), message.clone())),
        })
    }
}

/// The type of a list's items; of any other the type itself.
fn item_of(list: &DataType) -> &DataType {
    match list {
        DataType::List(item) | DataType::LargeList(item) => item.data_type(),
        other => other,
    }
}

/// What `entry` is in `column` when it is not there.
fn absent(entry: &Entry, column: &Field) -> Result<Option<Absent>> {
    let field = &entry.field;
    match &entry.action {
        Action::One(One::Scalar(scalar)) => {
            let is_declared = field.field_descriptor_proto().default_value.is_some();
            if field.supports_presence() && !is_declared {
                return Ok(None);
            }
            let value = field.default_value();
            // Such as the empty text in a column of timestamps: the field is then taken as missing.
            let fits = scalar.push_default(&mut Slot::new(column.name(), column)?, &value).is_ok();
            Ok(fits.then_some(Absent::Value(value)))
        }
        Action::One(_) => Ok(field.parent_message().is_map_entry().then_some(Absent::Message)),
        _ => Ok(None),
    }
}

impl Entry {
    pub(super) fn name(&self) -> &str {
        self.field.name()
    }

    fn has_column(&self) -> bool {
        !matches!(self.action, Action::Skip(_) | Action::Walk(_) | Action::Stray)
    }

    /// Whether something is left to do with it as a row ends.
    fn closes(&self) -> bool {
        self.absent.is_some()
            || matches!(
                self.action,
                Action::Many(_) | Action::Map(..) | Action::Text(_) | Action::One(One::Text(..))
            )
    }

    /// Whether its column has a value in every row.
    fn fills(&self) -> bool {
        matches!(self.absent, Some(Absent::Value(_)))
            || matches!(self.action, Action::Many(_) | Action::Map(..))
    }

    fn opens(&self) -> bool {
        match &self.action {
            Action::One(one) => !matches!(one, One::Scalar(_)),
            Action::Map(..) | Action::Text(_) => true,
            _ => false,
        }
    }
}
