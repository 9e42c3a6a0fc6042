//! Passing over values that no column wants: checked as far as a value is whole, and taken into nothing.

use std::collections::HashMap;

use apache_avro::Schema;
use apache_avro::schema::{InnerDecimalSchema, Name, RecordSchema, UuidSchema};

use super::input::{Input, deeper};
use crate::codec::reason::Parsed;
use crate::show::avro::Avro;

/// A record with more runs than this is compiled once and not at each place where it stands.
const MOST_INLINE: usize = 16;

/// How a value is passed over.
#[derive(Clone, Debug)]
pub(super) enum Skip {
    Nothing,
    Boolean,
    Int,
    Long,
    /// Bytes with their length in front.
    Bytes,
    Text,
    Fixed(usize),
    /// An enum of so many symbols.
    Symbol(usize),
    /// A union of null and one other type; the number of null's branch.
    Optional(i64, Box<Self>),
    Union(Box<[Self]>),
    Array(Box<Self>, usize),
    Map(Box<Self>, usize),
    Record(Box<[Run]>),
    /// A record of [`Skips`], by its number.
    Shared(usize),
}

/// Fields of a record that follow each other and are passed over at once.
#[derive(Clone, Debug)]
pub(super) enum Run {
    Field(Box<str>, Skip),
    /// Ints or longs.
    Numbers {
        names: Box<[Box<str>]>,
        is_int: bool,
    },
    /// Values of known sizes: all bytes, and where each field ends.
    Fixed {
        size: usize,
        ends: Box<[(usize, Box<str>)]>,
    },
}

/// Records that are passed over at several places, or within themselves.
#[derive(Debug, Default)]
pub(super) struct Skips(Vec<Box<[Run]>>);

impl Skips {
    /// Passes over a value in which at most `depth` records, arrays and maps are within each other.
    pub(super) fn pass(&self, skip: &Skip, input: &mut Input<'_>, depth: usize) -> Parsed<()> {
        match skip {
            Skip::Nothing => Ok(()),
            Skip::Boolean => input.boolean().map(drop),
            Skip::Int => input.int().map(drop),
            Skip::Long => input.long().map(drop),
            Skip::Bytes => input.bytes().map(drop),
            Skip::Text => input.text().map(drop),
            Skip::Fixed(size) => input.take(*size).map(drop),
            Skip::Symbol(count) => input.choice(*count, "an enum has no symbol").map(drop),
            Skip::Optional(null, value) => match input.choice(2, "a union has no branch")? as i64 {
                branch if branch == *null => Ok(()),
                _ => self.pass(value, input, depth),
            },
            Skip::Union(branches) => {
                let branch = input.choice(branches.len(), "a union has no branch")?;
                self.pass(&branches[branch], input, depth)
            }
            Skip::Array(item, least) => {
                let depth = deeper(depth, input)?;
                let passed = match **item {
                    Skip::Fixed(size) => input.skip_items(size),
                    _ => input.items(*least, |input| self.pass(item, input, depth)),
                };
                passed.map_err(|reason| reason.within("[]"))
            }
            Skip::Map(value, least) => {
                let depth = deeper(depth, input)?;
                input.items(*least, |input| {
                    input.text()?;
                    self.pass(value, input, depth)
                })
            }
            Skip::Record(runs) => self.pass_runs(runs, input, deeper(depth, input)?),
            Skip::Shared(number) => self.pass_runs(&self.0[*number], input, deeper(depth, input)?),
        }
    }

    fn pass_runs(&self, runs: &[Run], input: &mut Input<'_>, depth: usize) -> Parsed<()> {
        runs.iter().try_for_each(|run| self.pass_run(run, input, depth))
    }

    #[inline]
    pub(super) fn pass_run(&self, run: &Run, input: &mut Input<'_>, depth: usize) -> Parsed<()> {
        match run {
            Run::Field(name, skip) => self.pass(skip, input, depth).map_err(|reason| reason.within(name)),
            Run::Numbers { names, is_int } => {
                for name in names {
                    let passed = if *is_int { input.int().map(drop) } else { input.long().map(drop) };
                    passed.map_err(|reason| reason.within(name))?;
                }
                Ok(())
            }
            Run::Fixed { size, ends } => {
                let left = input.left();
                input.take(*size).map(drop).map_err(|reason| match ends.iter().find(|(end, _)| *end > left) {
                    Some((_, name)) => reason.within(name),
                    None => reason,
                })
            }
        }
    }
}

/// Makes [`Skip`]s of the types of one schema.
pub(super) struct Skipper<'a> {
    avro: &'a Avro,
    made: Vec<Box<[Run]>>,
    /// Records by name: their number in `made`, once it is known that they are shared.
    numbers: HashMap<Name, usize>,
    /// Small records that stand inline.
    inline: HashMap<Name, Box<[Run]>>,
}

impl<'a> Skipper<'a> {
    pub(super) fn new(avro: &'a Avro) -> Self {
        Self { avro, made: Vec::new(), numbers: HashMap::new(), inline: HashMap::new() }
    }

    pub(super) fn finish(self) -> Skips {
        Skips(self.made)
    }

    pub(super) fn skip(&mut self, schema: &Schema) -> Skip {
        match self.avro.target(schema) {
            Schema::Null | Schema::Ref { .. } => Skip::Nothing,
            Schema::Boolean => Skip::Boolean,
            Schema::Int | Schema::Date | Schema::TimeMillis => Skip::Int,
            Schema::Long
            | Schema::TimeMicros
            | Schema::TimestampMillis
            | Schema::TimestampMicros
            | Schema::TimestampNanos
            | Schema::LocalTimestampMillis
            | Schema::LocalTimestampMicros
            | Schema::LocalTimestampNanos => Skip::Long,
            Schema::Float => Skip::Fixed(4),
            Schema::Double => Skip::Fixed(8),
            Schema::Bytes | Schema::BigDecimal | Schema::Uuid(UuidSchema::Bytes) => Skip::Bytes,
            Schema::String | Schema::Uuid(UuidSchema::String) => Skip::Text,
            Schema::Fixed(fixed) | Schema::Duration(fixed) | Schema::Uuid(UuidSchema::Fixed(fixed)) => {
                Skip::Fixed(fixed.size)
            }
            Schema::Decimal(decimal) => match &decimal.inner {
                InnerDecimalSchema::Bytes => Skip::Bytes,
                InnerDecimalSchema::Fixed(fixed) => Skip::Fixed(fixed.size),
            },
            Schema::Enum(of) => Skip::Symbol(of.symbols.len()),
            Schema::Array(array) => {
                Skip::Array(Box::new(self.skip(&array.items)), self.avro.least(&array.items))
            }
            Schema::Map(map) => Skip::Map(Box::new(self.skip(&map.types)), 1 + self.avro.least(&map.types)),
            Schema::Union(union) => match union.variants() {
                [Schema::Null, value] => Skip::Optional(0, Box::new(self.skip(value))),
                [value, Schema::Null] => Skip::Optional(1, Box::new(self.skip(value))),
                branches => Skip::Union(branches.iter().map(|branch| self.skip(branch)).collect()),
            },
            Schema::Record(record) => self.record(record),
        }
    }

    fn record(&mut self, record: &RecordSchema) -> Skip {
        if let Some(runs) = self.inline.get(&record.name) {
            return Skip::Record(runs.clone());
        }
        if let Some(number) = self.numbers.get(&record.name) {
            return Skip::Shared(*number);
        }
        // Whoever meets the record while it is made has it within itself.
        let number = self.made.len();
        self.made.push(Box::default());
        self.numbers.insert(record.name.clone(), number);
        let mut runs = Runs::default();
        for field in &record.fields {
            let skip = self.skip(&field.schema);
            runs.push(&field.name, skip);
        }
        let runs = runs.finish();
        let is_flat = |run: &Run| {
            !matches!(
                run,
                Run::Field(
                    _,
                    Skip::Record(_)
                        | Skip::Shared(_)
                        | Skip::Union(_)
                        | Skip::Optional(..)
                        | Skip::Array(..)
                        | Skip::Map(..)
                )
            )
        };
        if runs.len() <= MOST_INLINE && runs.iter().all(is_flat) {
            self.inline.insert(record.name.clone(), runs.clone());
            return Skip::Record(runs);
        }
        self.made[number] = runs;
        Skip::Shared(number)
    }
}

/// Puts fields together that can be passed over at once.
#[derive(Default)]
pub(super) struct Runs {
    done: Vec<Run>,
    numbers: Vec<Box<str>>,
    is_int: bool,
    ends: Vec<(usize, Box<str>)>,
}

impl Runs {
    pub(super) fn push(&mut self, name: &str, skip: Skip) {
        match skip {
            Skip::Nothing => {}
            Skip::Int | Skip::Long => {
                let is_int = matches!(skip, Skip::Int);
                if !self.ends.is_empty() || self.is_int != is_int {
                    self.close();
                }
                self.is_int = is_int;
                self.numbers.push(name.into());
            }
            Skip::Fixed(size) => {
                if !self.numbers.is_empty() {
                    self.close();
                }
                let before = self.ends.last().map_or(0, |(end, _)| *end);
                self.ends.push((before.saturating_add(size), name.into()));
            }
            other => {
                self.close();
                self.done.push(Run::Field(name.into(), other));
            }
        }
    }

    fn close(&mut self) {
        if !self.numbers.is_empty() {
            let names = std::mem::take(&mut self.numbers).into();
            self.done.push(Run::Numbers { names, is_int: self.is_int });
        }
        if let Some((size, _)) = self.ends.last() {
            let size = *size;
            self.done.push(Run::Fixed { size, ends: std::mem::take(&mut self.ends).into() });
        }
    }

    pub(super) fn finish(mut self) -> Box<[Run]> {
        self.close();
        self.done.into()
    }
}
