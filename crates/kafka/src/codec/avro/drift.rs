//! Fields of a schema that the person has neither chosen nor dropped: found once for each schema, kept for each message.

use apache_avro::Schema;
use arrow::datatypes::{DataType, Fields};

use super::input::{Input, deeper};
use super::resolve;
use super::skip::{Skip, Skipper, Skips};
use crate::codec::facts::shortened;
use crate::codec::reason::{Parsed, Reason};
use crate::codec::{Drift, MAX_DEPTH, UnknownField};
use crate::show::avro::Avro;
use crate::show::out::{Out, Stop};

/// The longest text of all unknown fields of one message, in bytes.
const MOST_TEXT: usize = 64 << 20;

/// Messages that are looked through for examples; some fields are in objects that no message has.
const MOST_FOR_EXAMPLES: u32 = 100;

/// The unknown fields of one schema.
#[derive(Debug)]
pub(super) struct Strange {
    fields: Vec<StrangeField>,
    walk: Walk,
    /// Messages since they were last told.
    messages: u64,
    /// Messages that are still looked through for examples.
    left_for_examples: u32,
}

#[derive(Debug)]
struct StrangeField {
    path: String,
    /// It is in a list or map, so a message has any number of its values.
    is_many: bool,
    example: String,
    /// Of the message at hand; of many values with commas between them.
    text: String,
}

/// The way through a message to its unknown fields.
#[derive(Debug)]
enum Walk {
    Pass(Skip),
    /// The value of the field with this number.
    Keep(usize, Schema),
    Record(Box<[Self]>),
    Union(Box<[Self]>),
    List(Box<Self>, usize),
    Map(Box<Self>, usize),
}

impl Strange {
    /// Those of `written` that `known` lacks, if there are any; `reader`'s names are the fields' names.
    pub(super) fn of<'a>(
        written: &'a Avro,
        reader: Option<&'a Avro>,
        known: &Fields,
        skipper: &mut Skipper<'a>,
    ) -> Option<Self> {
        let mut finder = Finder { written, reader, skipper, fields: Vec::new() };
        let root = reader.map(Avro::root);
        let walk = finder.record_or(written.root(), root, Some(&DataType::Struct(known.clone())), "", false);
        let fields = finder.fields;
        (!fields.is_empty()).then_some(Self {
            fields,
            walk,
            messages: 0,
            left_for_examples: MOST_FOR_EXAMPLES,
        })
    }

    /// Why a message of this schema is bad when none may be unknown.
    pub(super) fn refusal(&self) -> Option<Reason> {
        let first = self.fields.first()?;
        Some(Reason::new(format!("the field `{}` is not known", first.path)))
    }

    /// Counts a message; its unknown fields as the JSON text of an object, if they are `wanted` and there are any.
    pub(super) fn meet(
        &mut self,
        mut input: Input<'_>,
        written: &Avro,
        skips: &Skips,
        wanted: Option<&mut String>,
    ) -> Parsed<()> {
        if self.left_for_examples == 0 && wanted.is_none() {
            self.messages += 1;
            return Ok(());
        }
        self.fields.iter_mut().for_each(|field| field.text.clear());
        let mut left = MOST_TEXT;
        let mut walker = Walker { written, skips, fields: &mut self.fields, left: &mut left };
        walker.walk(&self.walk, &mut input, MAX_DEPTH)?;
        self.messages += 1;
        let mut has_all = true;
        for field in &mut self.fields {
            if field.example.is_empty() {
                field.example = shortened(&field.text);
            }
            has_all &= !field.example.is_empty();
        }
        self.left_for_examples = if has_all { 0 } else { self.left_for_examples.saturating_sub(1) };
        if let Some(text) = wanted {
            self.write(text);
        }
        Ok(())
    }

    fn write(&self, text: &mut String) {
        for field in self.fields.iter().filter(|field| !field.text.is_empty()) {
            text.push(if text.is_empty() { '{' } else { ',' });
            // Names of Avro's have nothing that JSON would escape.
            text.extend(["\"", &field.path, "\":"]);
            if field.is_many {
                text.extend(["[", &field.text, "]"]);
            } else {
                text.push_str(&field.text);
            }
        }
        if !text.is_empty() {
            text.push('}');
        }
    }

    /// The last message is not a row after all.
    #[cold]
    pub(super) fn uncount(&mut self) {
        self.messages = self.messages.saturating_sub(1);
    }

    /// What was met since the last call.
    pub(super) fn tell(&mut self) -> Drift {
        let messages = std::mem::take(&mut self.messages);
        if messages == 0 {
            return Drift::default();
        }
        let told = self.fields.iter().take(Drift::MOST).map(|field| {
            let example = field.example.clone();
            (field.path.clone(), UnknownField { messages, example })
        });
        Drift { unknown: told.collect(), more: self.fields.len() > Drift::MOST }
    }
}

impl Walk {
    /// Whether it comes by an unknown field.
    fn keeps(&self) -> bool {
        match self {
            Self::Pass(_) => false,
            Self::Keep(..) => true,
            Self::Record(walks) | Self::Union(walks) => walks.iter().any(Self::keeps),
            Self::List(walk, _) | Self::Map(walk, _) => walk.keeps(),
        }
    }
}

struct Finder<'a, 'b> {
    written: &'a Avro,
    reader: Option<&'a Avro>,
    skipper: &'b mut Skipper<'a>,
    fields: Vec<StrangeField>,
}

impl<'a> Finder<'a, '_> {
    /// The way to what is unknown in `schema`, of which `known` is known; all of it, where that has no fields.
    fn record_or(
        &mut self,
        schema: &'a Schema,
        reader: Option<&'a Schema>,
        known: Option<&DataType>,
        path: &str,
        is_many: bool,
    ) -> Walk {
        let schema = self.written.target(schema);
        let reader = self.reader.zip(reader).and_then(|(avro, reader)| match (avro.target(reader), schema) {
            (reader, Schema::Union(_)) => Some(reader),
            (Schema::Union(union), _) => resolve::branch(schema, union, avro).ok(),
            (reader, _) => Some(reader),
        });
        let walk = match (schema, known) {
            (Schema::Union(union), _) => {
                let branches = union.variants().iter();
                Walk::Union(
                    branches.map(|branch| self.record_or(branch, reader, known, path, is_many)).collect(),
                )
            }
            (Schema::Record(written), Some(DataType::Struct(known))) => {
                let reader = match reader {
                    Some(Schema::Record(reader)) => Some(reader),
                    _ => None,
                };
                let taken = reader.map(|reader| resolve::fields(written, reader));
                let fields = written.fields.iter().enumerate().map(|(index, field)| {
                    let place = taken.as_ref().and_then(|taken| taken[index]);
                    let as_field = reader.zip(place).map(|(reader, place)| &reader.fields[place]);
                    let name = as_field.map_or(&field.name, |field| &field.name);
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    match known.find(name) {
                        Some((_, known)) => {
                            let reader = as_field.map(|field| &field.schema);
                            self.record_or(&field.schema, reader, Some(known.data_type()), &path, is_many)
                        }
                        None => Walk::Keep(self.number(path, is_many), field.schema.clone()),
                    }
                });
                Walk::Record(fields.collect())
            }
            (Schema::Array(array), Some(DataType::List(item) | DataType::LargeList(item))) => {
                let reader = match reader {
                    Some(Schema::Array(array)) => Some(&*array.items),
                    _ => None,
                };
                let walk =
                    self.record_or(&array.items, reader, Some(item.data_type()), &format!("{path}[]"), true);
                Walk::List(Box::new(walk), self.written.least(&array.items))
            }
            (Schema::Map(map), Some(DataType::List(entry) | DataType::LargeList(entry))) => {
                let known = match entry.data_type() {
                    DataType::Struct(fields) => fields.find("value").map(|(_, value)| value.data_type()),
                    _ => None,
                };
                let reader = match reader {
                    Some(Schema::Map(map)) => Some(&*map.types),
                    _ => None,
                };
                let path = format!("{path}[].value");
                let walk = self.record_or(&map.types, reader, known, &path, true);
                Walk::Map(Box::new(walk), 1 + self.written.least(&map.types))
            }
            _ => return Walk::Pass(self.skipper.skip(schema)),
        };
        if walk.keeps() { walk } else { Walk::Pass(self.skipper.skip(schema)) }
    }

    /// The number of the field with this path.
    fn number(&mut self, path: String, is_many: bool) -> usize {
        if let Some(known) = self.fields.iter().position(|field| field.path == path) {
            return known;
        }
        self.fields.push(StrangeField { path, is_many, example: String::new(), text: String::new() });
        self.fields.len() - 1
    }
}

struct Walker<'a> {
    written: &'a Avro,
    skips: &'a Skips,
    fields: &'a mut [StrangeField],
    /// Bytes of text that there is still room for.
    left: &'a mut usize,
}

impl Walker<'_> {
    fn walk(&mut self, walk: &Walk, input: &mut Input<'_>, depth: usize) -> Parsed<()> {
        match walk {
            Walk::Pass(skip) => self.skips.pass(skip, input, depth),
            Walk::Keep(field, schema) => self.keep(*field, schema, input, depth),
            Walk::Record(fields) => {
                let depth = deeper(depth, input)?;
                fields.iter().try_for_each(|field| self.walk(field, input, depth))
            }
            Walk::Union(branches) => {
                let branch = input.choice(branches.len(), "a union has no branch")?;
                self.walk(&branches[branch], input, depth)
            }
            Walk::List(item, least) => {
                let depth = deeper(depth, input)?;
                input.items(*least, |input| self.walk(item, input, depth))
            }
            Walk::Map(value, least) => {
                let depth = deeper(depth, input)?;
                input.items(*least, |input| {
                    input.text()?;
                    self.walk(value, input, depth)
                })
            }
        }
    }

    fn keep(&mut self, field: usize, schema: &Schema, input: &mut Input<'_>, depth: usize) -> Parsed<()> {
        let field = &mut self.fields[field];
        let before = field.text.len();
        let mut out = Out::after(std::mem::take(&mut field.text), before + *self.left);
        let told = if out.is_empty() { Ok(()) } else { out.raw(",") };
        let told = told.and_then(|()| self.written.value(schema, input, &mut out, depth));
        field.text = out.finish();
        *self.left = self.left.saturating_sub(field.text.len() - before);
        match told {
            Ok(()) => Ok(()),
            Err(Stop::Wrong(reason)) => Err(Reason::new(reason).within(&field.path)),
            Err(Stop::Full) => {
                Err(Reason::new(format!("the text of its unknown fields has more than {MOST_TEXT} bytes")))
            }
        }
    }
}
