//! Which type of the reader's schema takes a value of the writer's, as the Avro specification's "Schema Resolution" says.
//!
//! Names are compared without their namespace, and the reader's aliases count as its names.

use apache_avro::Schema;
use apache_avro::schema::{
    Alias, FixedSchema, InnerDecimalSchema, Name, RecordSchema, UnionSchema, UuidSchema,
};

use crate::codec::reason::Reason;
use crate::show::avro::Avro;

/// What a type is without its logical type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Fixed,
    Enum,
    Record,
    Array,
    Map,
    Union,
}

impl Base {
    pub(super) fn of(schema: &Schema) -> Self {
        match schema {
            Schema::Null | Schema::Ref { .. } => Self::Null,
            Schema::Boolean => Self::Boolean,
            Schema::Int | Schema::Date | Schema::TimeMillis => Self::Int,
            Schema::Long
            | Schema::TimeMicros
            | Schema::TimestampMillis
            | Schema::TimestampMicros
            | Schema::TimestampNanos
            | Schema::LocalTimestampMillis
            | Schema::LocalTimestampMicros
            | Schema::LocalTimestampNanos => Self::Long,
            Schema::Float => Self::Float,
            Schema::Double => Self::Double,
            Schema::Bytes | Schema::BigDecimal | Schema::Uuid(UuidSchema::Bytes) => Self::Bytes,
            Schema::String | Schema::Uuid(UuidSchema::String) => Self::String,
            Schema::Fixed(_) | Schema::Duration(_) | Schema::Uuid(UuidSchema::Fixed(_)) => Self::Fixed,
            Schema::Decimal(decimal) => match decimal.inner {
                InnerDecimalSchema::Bytes => Self::Bytes,
                InnerDecimalSchema::Fixed(_) => Self::Fixed,
            },
            Schema::Enum(_) => Self::Enum,
            Schema::Record(_) => Self::Record,
            Schema::Array(_) => Self::Array,
            Schema::Map(_) => Self::Map,
            Schema::Union(_) => Self::Union,
        }
    }

    /// With an article, for messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Int => "an int",
            Self::Long => "a long",
            Self::Float => "a float",
            Self::Double => "a double",
            Self::Bytes => "bytes",
            Self::String => "a string",
            Self::Fixed => "a fixed",
            Self::Enum => "an enum",
            Self::Record => "a record",
            Self::Array => "an array",
            Self::Map => "a map",
            Self::Union => "a union",
        }
    }

    /// Whether a value of this type may be read as one of `other`.
    fn promotes_to(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Int, Self::Long | Self::Float | Self::Double)
                | (Self::Long, Self::Float | Self::Double)
                | (Self::Float, Self::Double)
                | (Self::String, Self::Bytes)
                | (Self::Bytes, Self::String)
        )
    }
}

/// How well a type of the reader's schema takes a value; the better is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Promoted,
    Same,
    /// Of the same full name.
    Exact,
}

fn fixed(schema: &Schema) -> Option<&FixedSchema> {
    match schema {
        Schema::Fixed(fixed) | Schema::Duration(fixed) | Schema::Uuid(UuidSchema::Fixed(fixed)) => {
            Some(fixed)
        }
        Schema::Decimal(decimal) => match &decimal.inner {
            InnerDecimalSchema::Fixed(fixed) => Some(fixed),
            InnerDecimalSchema::Bytes => None,
        },
        _ => None,
    }
}

fn named(schema: &Schema) -> Option<(&Name, &[Alias])> {
    let (name, aliases) = match schema {
        Schema::Record(record) => (&record.name, &record.aliases),
        Schema::Enum(of) => (&of.name, &of.aliases),
        other => fixed(other).map(|fixed| (&fixed.name, &fixed.aliases))?,
    };
    Some((name, aliases.as_deref().unwrap_or_default()))
}

/// How `reader` takes a value of `writer`; neither is a reference, and the writer's no union.
fn fit(writer: &Schema, reader: &Schema) -> Result<Fit, Reason> {
    let (from, to) = (Base::of(writer), Base::of(reader));
    if from != to {
        return if from.promotes_to(to) {
            Ok(Fit::Promoted)
        } else {
            Err(Reason::new(format!(
                "the reader's schema has {} where the message has {}",
                to.name(),
                from.name()
            )))
        };
    }
    if let (Some(from), Some(to)) = (fixed(writer), fixed(reader))
        && from.size != to.size
    {
        let (to, from) = (to.size, from.size);
        return Err(Reason::new(format!("the reader's fixed has {to} bytes and the message's {from}")));
    }
    let (Some((from, _)), Some((to, aliases))) = (named(writer), named(reader)) else { return Ok(Fit::Same) };
    if from == to {
        Ok(Fit::Exact)
    } else if from.name() == to.name() || aliases.iter().any(|alias| alias.name() == from.name()) {
        Ok(Fit::Same)
    } else {
        let (from, to) = (from.fullname(None), to.fullname(None));
        Err(Reason::new(format!("the reader's schema has `{to}`, which has no alias `{from}`")))
    }
}

/// Whether `reader` takes a value of `writer`; neither is a reference or a union.
pub(super) fn check(writer: &Schema, reader: &Schema) -> Result<(), Reason> {
    fit(writer, reader).map(drop)
}

/// The branch of the reader's union that takes a value of `writer` best, of several the first.
pub(super) fn branch<'a>(
    writer: &Schema,
    union: &'a UnionSchema,
    reader: &'a Avro,
) -> Result<&'a Schema, Reason> {
    let mut best = None;
    for branch in union.variants().iter().map(|branch| reader.target(branch)) {
        if let Ok(fit) = fit(writer, branch)
            && best.is_none_or(|(than, _)| fit > than)
        {
            best = Some((fit, branch));
        }
    }
    let found = Base::of(writer).name();
    best.map(|(_, branch)| branch)
        .ok_or_else(|| Reason::new(format!("the reader's union has no branch that takes {found}")))
}

/// For each field of the writer's record the number of the reader's field that takes it.
pub(super) fn fields(writer: &RecordSchema, reader: &RecordSchema) -> Vec<Option<usize>> {
    let mut taken = vec![None; writer.fields.len()];
    for (index, field) in reader.fields.iter().enumerate() {
        let mut names = std::iter::once(&field.name).chain(&field.aliases);
        let from = names.find_map(|name| {
            let place = *writer.lookup.get(name)?;
            taken[place].is_none().then_some(place)
        });
        if let Some(from) = from {
            taken[from] = Some(index);
        }
    }
    taken
}

/// The schema that says what a value means, where both have the same bytes: the reader's logical type, but the unit
/// and the scale that the message was written with.
pub(super) fn meaning<'a>(writer: &'a Schema, reader: &'a Schema) -> &'a Schema {
    match (family(writer), family(reader)) {
        (Some(of), Some(other)) if of == other && Base::of(writer) == Base::of(reader) => writer,
        _ => reader,
    }
}

/// Logical types that mean the same and differ in unit or scale.
fn family(schema: &Schema) -> Option<u8> {
    Some(match schema {
        Schema::Decimal(_) | Schema::BigDecimal => 0,
        Schema::TimeMillis | Schema::TimeMicros => 1,
        Schema::TimestampMillis | Schema::TimestampMicros | Schema::TimestampNanos => 2,
        Schema::LocalTimestampMillis | Schema::LocalTimestampMicros | Schema::LocalTimestampNanos => 3,
        _ => return None,
    })
}
