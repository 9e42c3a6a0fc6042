//! How values are read into columns: a tree that is made once for each schema and walked for each message.

use std::fmt::Write as _;

use apache_avro::Schema;
use arrow::datatypes::TimeUnit;

use super::input::{Input, deeper};
use super::skip::{Run, Skips};
use crate::codec::reason::{Parsed, Reason};
use crate::codec::slot::{Rows as _, Slot, StructSlot};
use crate::show::avro::{Avro, big_decimal};
use crate::show::out::{Out, Stop};

/// The longest JSON text of one value, in bytes: an array of ten bytes can have a million nulls.
const MOST_TEXT: usize = 64 << 20;

/// How one value is read into its column.
#[derive(Debug)]
pub(super) enum Op {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    /// A float as text of no more digits than it has.
    FloatText,
    Double,
    /// An int or long that the reader's schema has as a float, or as a double.
    Rounded {
        is_int: bool,
        is_single: bool,
    },
    Text,
    Bytes,
    Fixed(usize),
    Date,
    /// Time of day, as an int or as a long.
    Time {
        is_int: bool,
        unit: TimeUnit,
    },
    /// A point in time, as an int or as a long.
    Instant {
        is_int: bool,
        unit: TimeUnit,
    },
    /// A decimal in so many bytes, or in bytes with their length in front.
    Decimal {
        size: Option<usize>,
        scale: i8,
    },
    BigDecimal,
    /// The names of the symbols; none of one that the reader's schema does not have.
    Enum(Box<[Option<Box<str>>]>),
    Record(Box<Record>),
    List(Box<List>),
    Map(Box<Map>),
    /// A union of null and one other type; the number of null's branch.
    Optional(i64, Box<Self>),
    Union(Box<[Self]>),
    /// A single value as text for people.
    Told(Box<Schema>),
    /// A value of any shape as JSON text.
    Json(Box<Schema>),
    /// Nothing that the column takes: what it is.
    Misfit(&'static str),
    /// Nothing that the reader's schema takes.
    Refused(Reason),
}

/// A record and the struct column that it fills.
#[derive(Debug)]
pub(super) struct Record {
    /// The fields in the order of the message.
    pub(super) steps: Box<[Step]>,
    /// What the message does not have and the reader's schema has a default for.
    pub(super) defaults: Box<[Default]>,
    /// Every column of the struct gets its value here.
    pub(super) is_full: bool,
}

#[derive(Debug)]
pub(super) enum Step {
    Skip(Run),
    Read { child: usize, op: Op },
}

/// A default as it would stand in a message that was written by the reader's schema.
#[derive(Debug)]
pub(super) struct Default {
    pub(super) child: usize,
    pub(super) bytes: Box<[u8]>,
    pub(super) op: Op,
}

/// An array and the list column that it fills.
#[derive(Debug)]
pub(super) struct List {
    pub(super) item: Op,
    pub(super) least: usize,
}

/// A map and the column of lists of key and value that it fills; the columns of the two that are wanted.
#[derive(Debug)]
pub(super) struct Map {
    pub(super) key: Option<usize>,
    pub(super) value: Result<(usize, Op), super::skip::Skip>,
    pub(super) least: usize,
}

/// What reading needs beside the message and its columns.
pub(super) struct Desk<'a> {
    /// The schema of the message.
    pub(super) written: &'a Avro,
    pub(super) skips: &'a Skips,
    /// The reader's schema and what is passed over of it, for defaults.
    pub(super) reader: Option<(&'a Avro, &'a Skips)>,
    /// Room for texts that are made.
    pub(super) text: &'a mut String,
}

impl Op {
    /// Reads the value at `input`, in which at most `depth` records, arrays and maps are within each other.
    ///
    /// After an error the column may hold a part of the value.
    pub(super) fn read(
        &self,
        input: &mut Input<'_>,
        slot: &mut Slot,
        desk: &mut Desk<'_>,
        depth: usize,
    ) -> Parsed<()> {
        match self {
            Self::Null => slot.push_null(),
            Self::Boolean => return slot.push_bool(input.boolean()?),
            Self::Int => return slot.push_int(i64::from(input.int()?)),
            Self::Long => return slot.push_int(input.long()?),
            Self::Float => return slot.push_float(f64::from(input.float()?)),
            Self::Double => return slot.push_float(input.double()?),
            Self::Text => return slot.push_text(input.text()?.as_bytes()),
            Self::Optional(null, value) => {
                if input.choice(2, "a union has no branch")? as i64 != *null {
                    return value.read(input, slot, desk, depth);
                }
                slot.push_null();
            }
            Self::Enum(symbols) => {
                let index = input.choice(symbols.len(), "an enum has no symbol")?;
                return match &symbols[index] {
                    Some(symbol) => slot.push_text(symbol.as_bytes()),
                    None => Err(input.bad(format_args!("the reader's enum lacks symbol {index}"))),
                };
            }
            Self::Bytes => return slot.push_bytes(input.bytes()?),
            Self::Fixed(size) => return slot.push_bytes(input.take(*size)?),
            Self::Date => return slot.push_days(input.int()?),
            Self::Time { is_int: true, unit } => return slot.push_time(i64::from(input.int()?), *unit),
            Self::Time { unit, .. } => return slot.push_time(input.long()?, *unit),
            Self::Instant { is_int: true, unit } => return slot.push_instant(i64::from(input.int()?), *unit),
            Self::Instant { unit, .. } => return slot.push_instant(input.long()?, *unit),
            Self::Decimal { size, scale } => {
                let digits = match size {
                    Some(size) => input.take(*size)?,
                    None => input.bytes()?,
                };
                return push_decimal(slot, digits, i64::from(*scale));
            }
            Self::Record(record) => {
                let depth = deeper(depth, input)?;
                let Some(columns) = slot.as_struct() else { return Err(slot.misfit("a record")) };
                record.read(input, columns, desk, depth)?;
                record.end(columns);
            }
            Self::List(list) => {
                let depth = deeper(depth, input)?;
                let Some(column) = slot.as_list() else { return Err(slot.misfit("an array")) };
                input
                    .items(list.least, |input| list.item.read(input, column.items(), desk, depth))
                    .map_err(|reason| reason.within("[]"))?;
                return column.end_row();
            }
            Self::Map(map) => return map.read(input, slot, desk, depth),
            Self::Union(branches) => {
                let branch = input.choice(branches.len(), "a union has no branch")?;
                return branches[branch].read(input, slot, desk, depth);
            }
            Self::Rounded { is_int, is_single } => {
                let number = if *is_int { i64::from(input.int()?) } else { input.long()? };
                return slot.push_float(if *is_single { f64::from(number as f32) } else { number as f64 });
            }
            Self::FloatText => {
                desk.text.clear();
                let written = write!(desk.text, "{}", input.float()?);
                debug_assert!(written.is_ok(), "writing to a string does not fail");
                return slot.push_text(desk.text.as_bytes());
            }
            Self::BigDecimal => {
                let (digits, scale) = big_decimal(input)?;
                return push_decimal(slot, digits, scale);
            }
            Self::Told(schema) => return tell(schema, false, input, slot, desk, depth),
            Self::Json(schema) => return tell(schema, true, input, slot, desk, depth),
            Self::Misfit(found) => return Err(slot.misfit(found)),
            Self::Refused(reason) => return Err(reason.clone()),
        }
        Ok(())
    }
}

impl Record {
    /// Reads the fields at `input` into `columns`; [`end`](Self::end) makes a row of them.
    #[inline]
    pub(super) fn read(
        &self,
        input: &mut Input<'_>,
        columns: &mut StructSlot,
        desk: &mut Desk<'_>,
        depth: usize,
    ) -> Parsed<()> {
        for step in &self.steps {
            match step {
                Step::Read { child, op } => op
                    .read(input, columns.child_once(*child), desk, depth)
                    .map_err(|reason| reason.within(columns.fields()[*child].name()))?,
                Step::Skip(run) => desk.skips.pass_run(run, input, depth)?,
            }
        }
        for default in &self.defaults {
            let Some((written, skips)) = desk.reader else { continue };
            let mut desk = Desk { written, skips, reader: None, text: &mut *desk.text };
            default
                .op
                .read(&mut Input::new(&default.bytes, 0), columns.child_once(default.child), &mut desk, depth)
                .map_err(|reason| reason.within(columns.fields()[default.child].name()))?;
        }
        Ok(())
    }

    #[inline]
    pub(super) fn end(&self, columns: &mut StructSlot) {
        if self.is_full { columns.end_full_row() } else { columns.end_row() }
    }
}

impl Map {
    fn read(&self, input: &mut Input<'_>, slot: &mut Slot, desk: &mut Desk<'_>, depth: usize) -> Parsed<()> {
        let depth = deeper(depth, input)?;
        let Some(column) = slot.as_list() else { return Err(slot.misfit("a map")) };
        input.items(self.least, |input| {
            let key = input.text()?;
            let Some(entry) = column.items().as_struct() else {
                return Err(column.items().misfit("an entry"));
            };
            if let Some(child) = self.key {
                entry.child_once(child).push_text(key.as_bytes()).map_err(|reason| reason.within("key"))?;
            }
            match &self.value {
                Ok((child, op)) => op.read(input, entry.child_once(*child), desk, depth),
                Err(skip) => desk.skips.pass(skip, input, depth),
            }
            .map_err(|reason| reason.within("value").within("[]"))?;
            entry.end_row();
            Ok(())
        })?;
        column.end_row()
    }
}

/// Takes a decimal, big-endian in two's complement.
fn push_decimal(slot: &mut Slot, digits: &[u8], scale: i64) -> Parsed<()> {
    match (wide(digits), i8::try_from(scale)) {
        (Some(unscaled), Ok(scale)) => slot.push_decimal(unscaled, scale),
        _ => Err(slot.misfit(format_args!("a decimal of {} bytes and scale {scale}", digits.len()))),
    }
}

/// The number in `digits`, if it has no more than 128 bits.
fn wide(digits: &[u8]) -> Option<i128> {
    let sign = if digits.first().is_some_and(|first| first & 0x80 != 0) { 0xff } else { 0 };
    let (surplus, digits) = digits.split_at(digits.len().saturating_sub(16));
    // What is cut off must be the sign alone, which the rest then has as well.
    let is_sign = |byte: &u8| *byte == sign;
    if !surplus.is_empty() && (!surplus.iter().all(is_sign) || (digits[0] ^ sign) & 0x80 != 0) {
        return None;
    }
    let mut number = [sign; 16];
    number[16 - digits.len()..].copy_from_slice(digits);
    Some(i128::from_be_bytes(number))
}

/// Takes a value as text: as JSON, or without the quotes of a single value.
#[inline(never)]
fn tell(
    schema: &Schema,
    is_json: bool,
    input: &mut Input<'_>,
    slot: &mut Slot,
    desk: &mut Desk<'_>,
    depth: usize,
) -> Parsed<()> {
    let mut out = Out::over(std::mem::take(desk.text), MOST_TEXT);
    let told = desk.written.value(schema, input, &mut out, depth);
    *desk.text = out.finish();
    match told {
        Ok(()) => {}
        Err(Stop::Wrong(reason)) => return Err(Reason::new(reason)),
        Err(Stop::Full) => {
            return Err(Reason::new(format!("its JSON text has more than {MOST_TEXT} bytes")));
        }
    }
    let text = desk.text.as_bytes();
    // Single values that are told have nothing in them that JSON would escape.
    match text {
        [b'"', inner @ .., b'"'] if !is_json => slot.push_text(inner),
        _ => slot.push_text(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_of_any_length() {
        assert_eq!(wide(&[]), Some(0));
        assert_eq!(wide(&[0xfb, 0x2e]), Some(-1234));
        assert_eq!(wide(&[0; 20]), Some(0));
        let mut long = vec![0xff; 20];
        assert_eq!(wide(&long), Some(-1));
        long[0] = 0x80;
        assert_eq!(wide(&long), None);
        let mut most = vec![0; 17];
        most[1] = 0x80;
        assert_eq!(wide(&most), None, "2^127 is not -2^127");
        assert_eq!(wide(&most[1..]), Some(i128::MIN));
    }
}
