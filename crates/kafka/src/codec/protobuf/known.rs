//! Google's well-known types that mean more than their fields say.

use prost_reflect::{Kind, MessageDescriptor, Value};

use super::scalar::Scalar;
use super::wire::{Layout, Wire};
use crate::codec::reason::{Parsed, Reason};
use crate::codec::slot::{Rows as _, Slot};

const NANOS: i64 = 1_000_000_000;

/// What a well-known type is in a column.
pub(super) enum Known {
    Timestamp,
    Duration,
    /// One value that may be missing.
    Wrapper(Kind),
    /// Any shape: JSON text.
    Json,
}

impl Known {
    pub(super) fn of(message: &MessageDescriptor) -> Option<Self> {
        Some(match message.full_name().strip_prefix("google.protobuf.")? {
            "Timestamp" => Self::Timestamp,
            "Duration" => Self::Duration,
            "BoolValue" | "Int32Value" | "Int64Value" | "UInt32Value" | "UInt64Value" | "FloatValue"
            | "DoubleValue" | "StringValue" | "BytesValue" => Self::Wrapper(message.get_field(1)?.kind()),
            "Struct" | "Value" | "ListValue" | "Any" => Self::Json,
            _ => return None,
        })
    }
}

/// Seconds and nanoseconds: a timestamp or a duration, which may come in parts.
pub(super) struct Moment {
    is_duration: bool,
    seconds: i64,
    nanos: i64,
}

impl Moment {
    pub(super) fn new(is_duration: bool) -> Self {
        Self { is_duration, seconds: 0, nanos: 0 }
    }

    pub(super) fn reset(&mut self) {
        (self.seconds, self.nanos) = (0, 0);
    }

    /// Reads the parts up to where the message ends.
    pub(super) fn read(&mut self, wire: &mut Wire<'_>) -> Parsed<()> {
        while !wire.is_done() {
            let tag = wire.tag()?;
            match (tag.field, tag.layout) {
                (1, Layout::Varint) => self.seconds = wire.varint()? as i64,
                (2, Layout::Varint) => self.nanos = i64::from(wire.varint()? as i32),
                _ => wire.skip(tag)?,
            }
        }
        Ok(())
    }

    /// Gives the value. A column of integers takes microseconds of a timestamp and nanoseconds of a duration.
    pub(super) fn push(&self, slot: &mut Slot) -> Parsed<()> {
        if self.is_duration { self.push_duration(slot) } else { self.push_timestamp(slot) }
    }

    fn push_timestamp(&self, slot: &mut Slot) -> Parsed<()> {
        match u32::try_from(self.nanos) {
            Ok(nanos) if self.nanos < NANOS => slot.push_moment(self.seconds, nanos),
            _ => Err(Reason::new(format!("a timestamp with {} nanoseconds", self.nanos))),
        }
    }

    fn push_duration(&self, slot: &mut Slot) -> Parsed<()> {
        let (seconds, nanos) = (self.seconds, self.nanos);
        if nanos.abs() >= NANOS || (seconds > 0 && nanos < 0) || (seconds < 0 && nanos > 0) {
            return Err(Reason::new(format!("a duration of {seconds} seconds and {nanos} nanoseconds")));
        }
        if slot.is_text() {
            let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
            let fraction = format!("{:09}", nanos.unsigned_abs());
            let fraction = fraction.trim_end_matches('0');
            let point = if fraction.is_empty() { "" } else { "." };
            return slot.push_text(format!("{sign}{}{point}{fraction}s", seconds.unsigned_abs()).as_bytes());
        }
        slot.push_wide(i128::from(seconds) * i128::from(NANOS) + i128::from(nanos))
    }
}

/// One value in a message of its own, so that it may be missing.
pub(super) struct Wrapper {
    scalar: Scalar,
    default: Value,
}

impl Wrapper {
    pub(super) fn new(kind: &Kind) -> Option<Self> {
        Some(Self { scalar: Scalar::of(kind)?, default: Value::default_value(kind) })
    }

    /// Reads up to where the message ends, as the value of row `row` of `slot`; one that is there already holds until
    /// another comes.
    pub(super) fn read(&self, slot: &mut Slot, row: usize, wire: &mut Wire<'_>) -> Parsed<()> {
        while !wire.is_done() {
            let tag = wire.tag()?;
            if tag.field == 1 && tag.layout == self.scalar.layout() {
                if slot.rows() > row {
                    slot.truncate(row);
                }
                self.scalar.read(slot, wire)?;
            } else {
                wire.skip(tag)?;
            }
        }
        if slot.rows() == row { self.scalar.push_default(slot, &self.default) } else { Ok(()) }
    }
}
