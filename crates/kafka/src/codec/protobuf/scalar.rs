//! Single values: how each type is read and where it goes.

use prost_reflect::{Kind, Value};

use super::wire::{Layout, Wire, zigzag};
use crate::codec::reason::{Parsed, Reason};
use crate::codec::single::is_utf8;
use crate::codec::slot::Slot;

/// A type of one value.
pub(super) enum Scalar {
    Int32,
    Int64,
    UInt32,
    UInt64,
    SInt32,
    SInt64,
    Fixed32,
    Fixed64,
    SFixed32,
    SFixed64,
    Float,
    Double,
    Bool,
    Enum(Names),
    Text,
    Bytes,
}

impl Scalar {
    /// The type of `kind`; none of a message.
    pub(super) fn of(kind: &Kind) -> Option<Self> {
        Some(match kind {
            Kind::Int32 => Self::Int32,
            Kind::Int64 => Self::Int64,
            Kind::Uint32 => Self::UInt32,
            Kind::Uint64 => Self::UInt64,
            Kind::Sint32 => Self::SInt32,
            Kind::Sint64 => Self::SInt64,
            Kind::Fixed32 => Self::Fixed32,
            Kind::Fixed64 => Self::Fixed64,
            Kind::Sfixed32 => Self::SFixed32,
            Kind::Sfixed64 => Self::SFixed64,
            Kind::Float => Self::Float,
            Kind::Double => Self::Double,
            Kind::Bool => Self::Bool,
            Kind::Enum(of) => {
                Self::Enum(Names::new(of.values().map(|value| (value.number(), value.name().to_owned()))))
            }
            Kind::String => Self::Text,
            Kind::Bytes => Self::Bytes,
            Kind::Message(_) => return None,
        })
    }

    #[inline]
    pub(super) fn layout(&self) -> Layout {
        match self {
            Self::Fixed32 | Self::SFixed32 | Self::Float => Layout::Fixed32,
            Self::Fixed64 | Self::SFixed64 | Self::Double => Layout::Fixed64,
            Self::Text | Self::Bytes => Layout::Bytes,
            _ => Layout::Varint,
        }
    }

    /// Reads one value into `slot`. Numbers that are too long for their type are cut, as the specification says.
    #[inline]
    pub(super) fn read(&self, slot: &mut Slot, wire: &mut Wire<'_>) -> Parsed<()> {
        match self {
            Self::Int32 => slot.push_int(i64::from(wire.varint()? as i32)),
            Self::Int64 => slot.push_int(wire.varint()? as i64),
            Self::UInt32 => slot.push_int(i64::from(wire.varint()? as u32)),
            Self::UInt64 => unsigned(slot, wire.varint()?),
            Self::SInt32 => slot.push_int(i64::from(zigzag(u64::from(wire.varint()? as u32)) as i32)),
            Self::SInt64 => slot.push_int(zigzag(wire.varint()?)),
            Self::Fixed32 => slot.push_int(i64::from(u32::from_le_bytes(wire.fixed32()?))),
            Self::Fixed64 => unsigned(slot, u64::from_le_bytes(wire.fixed64()?)),
            Self::SFixed32 => slot.push_int(i64::from(i32::from_le_bytes(wire.fixed32()?))),
            Self::SFixed64 => slot.push_int(i64::from_le_bytes(wire.fixed64()?)),
            Self::Float => slot.push_single(f32::from_le_bytes(wire.fixed32()?)),
            Self::Double => slot.push_float(f64::from_le_bytes(wire.fixed64()?)),
            Self::Bool => slot.push_bool(wire.varint()? != 0),
            Self::Enum(names) => names.push(slot, wire.varint()? as i32),
            Self::Text => slot.push_text(text(wire)?),
            Self::Bytes => slot.push_bytes(wire.bytes()?),
        }
    }

    /// Passes over one value; text must be UTF-8 all the same.
    #[inline]
    pub(super) fn skip(&self, wire: &mut Wire<'_>) -> Parsed<()> {
        match self.layout() {
            Layout::Varint => wire.varint().map(drop),
            Layout::Fixed32 => wire.fixed32().map(drop),
            Layout::Fixed64 => wire.fixed64().map(drop),
            _ if matches!(self, Self::Text) => text(wire).map(drop),
            _ => wire.bytes().map(drop),
        }
    }

    /// Takes the default `value`, which is of this type.
    pub(super) fn push_default(&self, slot: &mut Slot, value: &Value) -> Parsed<()> {
        match (value, self) {
            (Value::Bool(value), _) => slot.push_bool(*value),
            (Value::I32(value), _) => slot.push_int(i64::from(*value)),
            (Value::I64(value), _) => slot.push_int(*value),
            (Value::U32(value), _) => slot.push_int(i64::from(*value)),
            (Value::U64(value), _) => unsigned(slot, *value),
            (Value::F32(value), _) => slot.push_single(*value),
            (Value::F64(value), _) => slot.push_float(*value),
            (Value::String(value), _) => slot.push_text(value.as_bytes()),
            (Value::Bytes(value), _) => slot.push_bytes(value),
            (Value::EnumNumber(number), Self::Enum(names)) => names.push(slot, *number),
            _ => Err(slot.misfit("a default of another type")),
        }
    }
}

/// Text, which is UTF-8 in every version of the language: a column could not hold anything else.
#[inline]
fn text<'a>(wire: &mut Wire<'a>) -> Parsed<&'a [u8]> {
    let bytes = wire.bytes()?;
    if !is_utf8(bytes) {
        return Err(not_utf8(bytes));
    }
    Ok(bytes)
}

#[cold]
fn not_utf8(bytes: &[u8]) -> Reason {
    let at = std::str::from_utf8(bytes).err().map_or(0, |error| error.valid_up_to());
    Reason::new(format!("its text is not valid UTF-8 at byte {at}"))
}

#[inline]
fn unsigned(slot: &mut Slot, value: u64) -> Parsed<()> {
    match i64::try_from(value) {
        Ok(value) => slot.push_int(value),
        Err(_large) => slot.push_wide(i128::from(value)),
    }
}

/// Names of an enum's numbers, rising.
pub(super) struct Names(Vec<(i32, Box<str>)>);

impl Names {
    /// Of a number with several names the first holds.
    fn new(values: impl Iterator<Item = (i32, String)>) -> Self {
        let mut names: Vec<_> = values.map(|(number, name)| (number, name.into_boxed_str())).collect();
        names.sort_by_key(|(number, _)| *number);
        names.dedup_by_key(|(number, _)| *number);
        Self(names)
    }

    #[inline]
    fn get(&self, number: i32) -> Option<&str> {
        // Most enums count from zero.
        match self.0.get(number as usize) {
            Some((at, name)) if *at == number => Some(name),
            _ => {
                let at = self.0.binary_search_by_key(&number, |(at, _)| *at).ok()?;
                self.0.get(at).map(|(_, name)| &**name)
            }
        }
    }

    /// Takes the name of `number`, or the number as text where it has none; a column of numbers takes the number.
    #[inline]
    fn push(&self, slot: &mut Slot, number: i32) -> Parsed<()> {
        if !slot.is_text() {
            return slot.push_int(i64::from(number));
        }
        match self.get(number) {
            Some(name) => slot.push_text(name.as_bytes()),
            None => slot.push_int(i64::from(number)),
        }
    }
}
