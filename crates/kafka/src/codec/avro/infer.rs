//! The columns that hold every value of a schema.
//!
//! | Avro | Arrow |
//! |---|---|
//! | `decimal` | `Decimal128`; text beyond 38 digits |
//! | `big-decimal`, `duration`, `uuid` | text; a duration as `P1M2DT3.004S` |
//! | `date`, `time-*` | `Date32`, `Time64(ns)` |
//! | `timestamp-*`, `local-timestamp-*` | `Timestamp` of the same unit in UTC, without a time zone |
//! | `bytes`, `fixed` | `Binary` |
//! | `enum` | text |
//! | `map` | a list of `{key, value}` |
//! | a union of null and one type | that type |
//! | a union of numbers | `Int64`, `Float64`; text of long and a float, because neither holds the other |
//! | any other union | text: strings and symbols as they are, single values as people write them, others as JSON |
//! | a record within itself | JSON text, from where it begins again |

use apache_avro::Schema;
use apache_avro::schema::{Name, RecordSchema};
use arrow::datatypes::{DataType, Field, Fields, TimeUnit};

use crate::codec::WRAPPED;
use crate::show::avro::Avro;

/// Records, arrays and maps nested deeper are kept as JSON text: Arrow IPC readers refuse schemas of great depth.
const MAX_NESTING: usize = 16;

/// Fields of all records together; beyond it records are kept as JSON text. A short schema can name a type so often
/// that there would be billions.
const MOST_FIELDS: usize = 10_000;

const TEXT: DataType = DataType::Utf8View;

/// The fields of messages of a schema, by their names in the message.
pub(super) fn fields(avro: &Avro) -> Vec<Field> {
    let mut typing = Typing { avro, within: Vec::new(), depth: 0, left: MOST_FIELDS };
    typing.root(avro.root())
}

/// Adds to `fields` what messages with `more` have.
pub(super) fn merge(fields: &mut Vec<Field>, more: Vec<Field>) {
    for field in more {
        match fields.iter_mut().find(|known| known.name() == field.name()) {
            Some(known) => *known = known.clone().with_data_type(wider(known.data_type(), field.data_type())),
            None => fields.push(field),
        }
    }
}

struct Typing<'a> {
    avro: &'a Avro,
    /// Records that we are within.
    within: Vec<&'a Name>,
    /// Records, arrays and maps that we are within.
    depth: usize,
    left: usize,
}

impl<'a> Typing<'a> {
    fn root(&mut self, schema: &'a Schema) -> Vec<Field> {
        match self.avro.target(schema) {
            Schema::Record(record) => self.record(record),
            Schema::Union(union) if union.variants().iter().any(|branch| self.is_record(branch)) => {
                let mut fields = Vec::new();
                for branch in union.variants() {
                    if !matches!(branch, Schema::Null) {
                        merge(&mut fields, self.root(branch));
                    }
                }
                fields
            }
            other => vec![Field::new(WRAPPED, self.data_type(other), true)],
        }
    }

    fn is_record(&self, schema: &'a Schema) -> bool {
        matches!(self.avro.target(schema), Schema::Record(_))
    }

    fn record(&mut self, record: &'a RecordSchema) -> Vec<Field> {
        self.left = self.left.saturating_sub(record.fields.len());
        self.within.push(&record.name);
        self.depth += 1;
        let fields =
            record.fields.iter().map(|field| Field::new(&field.name, self.data_type(&field.schema), true));
        let fields = fields.collect();
        self.within.pop();
        self.depth -= 1;
        fields
    }

    fn data_type(&mut self, schema: &'a Schema) -> DataType {
        let schema = self.avro.target(schema);
        match schema {
            Schema::Boolean => DataType::Boolean,
            Schema::Int => DataType::Int32,
            Schema::Long => DataType::Int64,
            Schema::Float => DataType::Float32,
            Schema::Double => DataType::Float64,
            Schema::Bytes | Schema::Fixed(_) => DataType::Binary,
            Schema::Decimal(decimal) => {
                match (u8::try_from(decimal.precision), i8::try_from(decimal.scale)) {
                    (Ok(precision @ 1..=38), Ok(scale)) => DataType::Decimal128(precision, scale),
                    _ => TEXT,
                }
            }
            Schema::Date => DataType::Date32,
            Schema::TimeMillis | Schema::TimeMicros => DataType::Time64(TimeUnit::Nanosecond),
            Schema::TimestampMillis => instant(TimeUnit::Millisecond),
            Schema::TimestampMicros => instant(TimeUnit::Microsecond),
            Schema::TimestampNanos => instant(TimeUnit::Nanosecond),
            Schema::LocalTimestampMillis => DataType::Timestamp(TimeUnit::Millisecond, None),
            Schema::LocalTimestampMicros => DataType::Timestamp(TimeUnit::Microsecond, None),
            Schema::LocalTimestampNanos => DataType::Timestamp(TimeUnit::Nanosecond, None),
            Schema::Array(_) | Schema::Map(_) if self.depth >= MAX_NESTING => TEXT,
            Schema::Array(array) => DataType::new_list(self.nested(&array.items), true),
            Schema::Map(map) => {
                let entry =
                    vec![Field::new("key", TEXT, true), Field::new("value", self.nested(&map.types), true)];
                DataType::new_list(DataType::Struct(entry.into()), true)
            }
            Schema::Union(union) => self.union(union.variants()),
            Schema::Record(record) => {
                let is_again = self.within.contains(&&record.name);
                let is_too_much = self.depth >= MAX_NESTING || record.fields.len() > self.left;
                // A struct without fields is nothing that a table can show.
                if is_again || is_too_much || record.fields.is_empty() {
                    return TEXT;
                }
                DataType::Struct(self.record(record).into())
            }
            // Null too: whatever comes to be of it later fits text.
            _ => TEXT,
        }
    }

    /// The type of items, which are one level deeper.
    fn nested(&mut self, items: &'a Schema) -> DataType {
        self.depth += 1;
        let data_type = self.data_type(items);
        self.depth -= 1;
        data_type
    }

    fn union(&mut self, branches: &'a [Schema]) -> DataType {
        let mut types = branches
            .iter()
            .filter(|branch| !matches!(branch, Schema::Null))
            .map(|branch| {
                (
                    self.data_type(branch),
                    matches!(
                        self.avro.target(branch),
                        Schema::Int | Schema::Long | Schema::Float | Schema::Double
                    ),
                )
            })
            .collect::<Vec<_>>();
        let Some((first, is_number)) = types.pop() else { return TEXT };
        if types.is_empty() {
            return first;
        }
        let has = |wanted: &DataType| first == *wanted || types.iter().any(|(each, _)| each == wanted);
        let is_numbers = is_number && types.iter().all(|(_, is_number)| *is_number);
        let is_float = has(&DataType::Float32) || has(&DataType::Float64);
        match (is_numbers, is_float) {
            (true, false) => DataType::Int64,
            (true, true) if !has(&DataType::Int64) => DataType::Float64,
            _ => TEXT,
        }
    }
}

fn instant(unit: TimeUnit) -> DataType {
    DataType::Timestamp(unit, Some("UTC".into()))
}

/// The type that takes values of both, as a schema that evolved from one to the other would have it.
fn wider(one: &DataType, other: &DataType) -> DataType {
    use DataType::{Binary, Decimal128, Float32, Float64, Int32, Int64, List, Struct, Timestamp};
    match (one, other) {
        _ if one == other => one.clone(),
        (Int32, Int64) | (Int64, Int32) => Int64,
        (Int32 | Int64 | Float32 | Float64, Int32 | Int64 | Float32 | Float64) => Float64,
        (Binary, text) | (text, Binary) if *text == TEXT => Binary,
        (Timestamp(unit, zone), Timestamp(other, same)) if zone == same => {
            Timestamp(*unit.max(other), zone.clone())
        }
        (Decimal128(precision, scale), Decimal128(others, other)) => {
            let places = *scale.max(other);
            let whole =
                (i16::from(*precision) - i16::from(*scale)).max(i16::from(*others) - i16::from(*other));
            match u8::try_from(whole + i16::from(places)) {
                Ok(precision @ 1..=38) => Decimal128(precision, places),
                _ => TEXT,
            }
        }
        (List(one), List(other)) => DataType::new_list(wider(one.data_type(), other.data_type()), true),
        (Struct(one), Struct(other)) => {
            let owned = |fields: &Fields| fields.iter().map(|field| field.as_ref().clone()).collect();
            let mut fields: Vec<Field> = owned(one);
            merge(&mut fields, owned(other));
            Struct(fields.into())
        }
        _ => TEXT,
    }
}
