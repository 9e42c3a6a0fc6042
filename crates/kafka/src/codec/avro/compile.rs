//! From the schemas of a message and of its reader, and the columns wanted, to the [`Op`]s that read it.

use apache_avro::Schema;
use apache_avro::schema::{EnumSchema, InnerDecimalSchema, MapSchema, RecordSchema, UuidSchema};
use arrow::datatypes::{DataType, FieldRef, Fields, TimeUnit};

use super::encode::{default_bytes, default_of};
use super::op::{Default, List, Map, Op, Record, Step};
use super::resolve::{self, Base};
use super::skip::{Runs, Skip, Skipper, Skips};
use crate::codec::WRAPPED;
use crate::codec::reason::Reason;
use crate::show::avro::Avro;

/// How a message is read.
#[derive(Debug)]
pub(super) enum Root {
    /// A null: a row of nulls.
    Null,
    Record(Record),
    Union(Box<[Self]>),
    /// Any other value, into the column [`WRAPPED`].
    Value(usize, Op),
    /// Any other value, which is not wanted.
    Skip(Skip),
    Refused(Reason),
}

/// All of one schema that is passed over, and of the reader's in its defaults.
#[derive(Debug)]
pub(super) struct Skipped {
    pub(super) written: Skips,
    pub(super) reader: Skips,
}

/// Makes [`Op`]s for messages of the schema `written`.
pub(super) struct Compiler<'a> {
    written: &'a Avro,
    reader: Option<&'a Avro>,
    pub(super) skipper: Skipper<'a>,
    /// For the reader's defaults, which are read as if they were messages.
    defaults: Option<Box<Self>>,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(written: &'a Avro, reader: Option<&'a Avro>) -> Self {
        let defaults = reader.map(|reader| Box::new(Self::new(reader, None)));
        Self { written, reader, skipper: Skipper::new(written), defaults }
    }

    pub(super) fn finish(self) -> Skipped {
        let reader = self.defaults.map(|defaults| defaults.skipper.finish()).unwrap_or_default();
        Skipped { written: self.skipper.finish(), reader }
    }

    /// How whole messages are read into columns.
    pub(super) fn root(&mut self, columns: &Fields) -> Root {
        let reader = self.reader.map(|reader| reader.target(reader.root()));
        self.root_of(self.written.root(), reader, columns)
    }

    fn root_of(&mut self, written: &'a Schema, reader: Option<&'a Schema>, columns: &Fields) -> Root {
        let written = self.written.target(written);
        if let Schema::Union(union) = written {
            return Root::Union(
                union.variants().iter().map(|branch| self.root_of(branch, reader, columns)).collect(),
            );
        }
        let reader = match self.resolved(written, reader) {
            Ok(reader) => reader,
            Err(reason) => return Root::Refused(reason),
        };
        match written {
            Schema::Null => Root::Null,
            Schema::Record(record) => match self.record(record, reader, columns) {
                Ok(record) => Root::Record(record),
                Err(reason) => Root::Refused(reason),
            },
            _ => match columns.find(WRAPPED) {
                Some((child, field)) => {
                    Root::Value(child, self.op(written, reader, field.data_type(), false))
                }
                None => Root::Skip(self.skipper.skip(written)),
            },
        }
    }

    /// What the reader's schema has for a value of `written`, which is no union.
    fn resolved(&self, written: &Schema, reader: Option<&'a Schema>) -> Result<Option<&'a Schema>, Reason> {
        let (Some(avro), Some(reader)) = (self.reader, reader) else { return Ok(None) };
        match avro.target(reader) {
            Schema::Union(union) => resolve::branch(written, union, avro).map(Some),
            reader => resolve::check(written, reader).map(|()| Some(reader)),
        }
    }

    /// How a value is read into a column of the type `wanted`; `is_one_of` several types of a union.
    fn op(
        &mut self,
        written: &'a Schema,
        reader: Option<&'a Schema>,
        wanted: &DataType,
        is_one_of: bool,
    ) -> Op {
        let written = self.written.target(written);
        if let Schema::Union(union) = written {
            let branches = union.variants();
            let is_one_of = branches.iter().filter(|branch| !matches!(branch, Schema::Null)).count() > 1;
            if self.reader.is_none() || reader.is_none_or(|reader| self.takes_null(reader)) {
                match branches {
                    [Schema::Null, value] => {
                        return Op::Optional(0, Box::new(self.op(value, reader, wanted, is_one_of)));
                    }
                    [value, Schema::Null] => {
                        return Op::Optional(1, Box::new(self.op(value, reader, wanted, is_one_of)));
                    }
                    _ => {}
                }
            }
            let branches = branches.iter().map(|branch| self.op(branch, reader, wanted, is_one_of));
            return Op::Union(branches.collect());
        }
        let reader = match self.resolved(written, reader) {
            Ok(reader) => reader,
            Err(reason) => return Op::Refused(reason),
        };
        let is_text = matches!(wanted, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
        match (written, wanted) {
            (Schema::Record(_) | Schema::Array(_) | Schema::Map(_), _) if is_text => {
                Op::Json(Box::new(written.clone()))
            }
            (Schema::Record(record), DataType::Struct(fields)) => match self.record(record, reader, fields) {
                Ok(record) => Op::Record(Box::new(record)),
                Err(reason) => Op::Refused(reason),
            },
            (Schema::Array(array), DataType::List(item) | DataType::LargeList(item)) => {
                let reader = reader.and_then(|reader| match reader {
                    Schema::Array(array) => Some(&*array.items),
                    _ => None,
                });
                let least = self.written.least(&array.items);
                Op::List(Box::new(List {
                    item: self.op(&array.items, reader, item.data_type(), false),
                    least,
                }))
            }
            (Schema::Map(map), DataType::List(entry) | DataType::LargeList(entry)) => {
                self.map(map, reader, entry)
            }
            (Schema::Record(_) | Schema::Array(_) | Schema::Map(_), _) => {
                Op::Misfit(Base::of(written).name())
            }
            (Schema::Enum(of), _) => symbols(of, reader),
            _ => single(written, reader, is_text, is_one_of),
        }
    }

    fn takes_null(&self, reader: &Schema) -> bool {
        let Some(avro) = self.reader else { return true };
        match avro.target(reader) {
            Schema::Null => true,
            Schema::Union(union) => union.variants().iter().any(|branch| matches!(branch, Schema::Null)),
            _ => false,
        }
    }

    fn map(&mut self, map: &'a MapSchema, reader: Option<&'a Schema>, entry: &FieldRef) -> Op {
        let DataType::Struct(fields) = entry.data_type() else { return Op::Misfit("a map") };
        let reader = reader.and_then(|reader| match reader {
            Schema::Map(map) => Some(&*map.types),
            _ => None,
        });
        let value = match fields.find("value") {
            Some((child, field)) => Ok((child, self.op(&map.types, reader, field.data_type(), false))),
            None => Err(self.skipper.skip(&map.types)),
        };
        let key = fields.find("key").map(|(child, _)| child);
        Op::Map(Box::new(Map { key, value, least: 1 + self.written.least(&map.types) }))
    }

    /// How a record is read into a struct of `columns`; fails when no such record can be read.
    fn record(
        &mut self,
        written: &'a RecordSchema,
        reader: Option<&'a Schema>,
        columns: &Fields,
    ) -> Result<Record, Reason> {
        let reader = reader.and_then(|reader| match reader {
            Schema::Record(record) => Some(record),
            _ => None,
        });
        let taken = reader.map(|reader| resolve::fields(written, reader));
        let mut filled = vec![false; columns.len()];
        let mut steps = Vec::new();
        let mut runs = Runs::default();
        for (index, field) in written.fields.iter().enumerate() {
            let (name, as_field) = match (reader, &taken) {
                (Some(reader), Some(taken)) => match taken[index] {
                    Some(place) => (Some(&reader.fields[place].name), Some(&reader.fields[place].schema)),
                    None => (None, None),
                },
                _ => (Some(&field.name), None),
            };
            match name.and_then(|name| columns.find(name)) {
                Some((child, column)) if !filled[child] => {
                    filled[child] = true;
                    let passed = std::mem::take(&mut runs).finish();
                    steps.extend(passed.into_iter().map(Step::Skip));
                    let op = self.op(&field.schema, as_field, column.data_type(), false);
                    steps.push(Step::Read { child, op });
                }
                _ => runs.push(&field.name, self.skipper.skip(&field.schema)),
            }
        }
        steps.extend(runs.finish().into_iter().map(Step::Skip));
        let mut defaults = Vec::new();
        if let (Some(reader), Some(taken)) = (reader, &taken) {
            for (index, field) in reader.fields.iter().enumerate() {
                if taken.contains(&Some(index)) {
                    continue;
                }
                let Some(default) = default_of(field) else {
                    return Err(Reason::new("the message's schema lacks it and the reader's has no default")
                        .within(&field.name));
                };
                let (Some((child, column)), Some(compiler), Some(avro)) =
                    (columns.find(&field.name), &mut self.defaults, self.reader)
                else {
                    continue;
                };
                let bytes = default_bytes(avro, field, default)
                    .map_err(|reason| Reason::new(reason).within(&field.name))?;
                let op = compiler.op(&field.schema, None, column.data_type(), false);
                filled[child] = true;
                defaults.push(Default { child, bytes, op });
            }
        }
        let is_full = filled.iter().all(|filled| *filled);
        Ok(Record { steps: steps.into(), defaults: defaults.into(), is_full })
    }
}

/// The symbols of the message's enum as the reader's has them.
fn symbols(written: &EnumSchema, reader: Option<&Schema>) -> Op {
    let known = |symbol: &String| match reader {
        Some(Schema::Enum(reader)) if !reader.symbols.contains(symbol) => {
            reader.default.as_deref().map(Box::from)
        }
        _ => Some(Box::from(symbol.as_str())),
    };
    Op::Enum(written.symbols.iter().map(known).collect())
}

/// How a value that is neither composed nor an enum is read.
fn single(written: &Schema, reader: Option<&Schema>, is_text: bool, is_one_of: bool) -> Op {
    let from = Base::of(written);
    let is_int = from == Base::Int;
    let meaning = reader.map_or(written, |reader| resolve::meaning(written, reader));
    let told = || Op::Told(Box::new(meaning.clone()));
    let instant = |unit| if is_text { told() } else { Op::Instant { is_int, unit } };
    let time = |unit| if is_text { told() } else { Op::Time { is_int, unit } };
    match meaning {
        Schema::Null => Op::Null,
        Schema::Boolean => Op::Boolean,
        Schema::Int | Schema::Long if is_int => Op::Int,
        Schema::Int | Schema::Long => Op::Long,
        Schema::Float | Schema::Double if matches!(from, Base::Int | Base::Long) => {
            Op::Rounded { is_int, is_single: matches!(meaning, Schema::Float) }
        }
        Schema::Float | Schema::Double if from == Base::Double => Op::Double,
        Schema::Float | Schema::Double if is_text => Op::FloatText,
        Schema::Float | Schema::Double => Op::Float,
        Schema::String | Schema::Uuid(UuidSchema::String) => Op::Text,
        // In a column that takes text as well it must be seen that this is none.
        Schema::Bytes | Schema::Fixed(_) if is_text && is_one_of => told(),
        Schema::Date | Schema::Decimal(_) | Schema::BigDecimal | Schema::Uuid(_) | Schema::Duration(_)
            if is_text =>
        {
            told()
        }
        Schema::Bytes | Schema::Uuid(UuidSchema::Bytes) => Op::Bytes,
        Schema::Fixed(fixed) | Schema::Duration(fixed) | Schema::Uuid(UuidSchema::Fixed(fixed)) => {
            Op::Fixed(fixed.size)
        }
        Schema::Date => Op::Date,
        Schema::TimeMillis => time(TimeUnit::Millisecond),
        Schema::TimeMicros => time(TimeUnit::Microsecond),
        Schema::TimestampMillis | Schema::LocalTimestampMillis => instant(TimeUnit::Millisecond),
        Schema::TimestampMicros | Schema::LocalTimestampMicros => instant(TimeUnit::Microsecond),
        Schema::TimestampNanos | Schema::LocalTimestampNanos => instant(TimeUnit::Nanosecond),
        Schema::Decimal(decimal) => {
            let size = match &decimal.inner {
                InnerDecimalSchema::Bytes => None,
                InnerDecimalSchema::Fixed(fixed) => Some(fixed.size),
            };
            match i8::try_from(decimal.scale) {
                Ok(scale) => Op::Decimal { size, scale },
                Err(_) => Op::Misfit("a decimal of more than 127 places"),
            }
        }
        Schema::BigDecimal => Op::BigDecimal,
        other => Op::Misfit(Base::of(other).name()),
    }
}
