//! What the values of one place in many messages have in common, and how often they are there.

use arrow::datatypes::{DataType, Field, TimeUnit};
use indexmap::IndexMap;
use indexmap::map::Entry;

use super::super::facts::{EXAMPLES, Facts, shortened};
use super::super::number::Number;
use super::super::slot::Encoding;
use super::looks::{Looks, Reading};

/// An object with more distinct keys is a map and not a struct, and is kept as JSON text.
const MOST_FIELDS: usize = 500;

/// Integers up to here are exact in a `Float64`.
const LARGEST_EXACT: i128 = 1 << 53;

/// The fields of objects, in order of first appearance.
pub(crate) type FieldShapes = IndexMap<String, Shape>;

/// What values of one place look like: one value at first, and then all that were [merged](Self::merge).
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    kind: Kind,
    looks: Looks,
    /// How many values there are, nulls included.
    count: u64,
    nulls: u64,
    examples: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Null,
    Boolean,
    /// `exact` while each fits a `Float64` without loss.
    Integer {
        exact: bool,
    },
    Float,
    Text,
    /// Values of several kinds, or of none that a column has: kept as they are written.
    Mixed,
    Bytes,
    /// A point in time that the format itself has.
    Instant(TimeUnit),
    List(Box<Shape>),
    /// How many objects, and their fields.
    Object(u64, FieldShapes),
}

impl PartialEq for Shape {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl Shape {
    fn new(kind: Kind, looks: Looks, example: Option<&str>) -> Self {
        let examples = example.map(shortened).into_iter().collect();
        Self { nulls: u64::from(kind == Kind::Null), kind, looks, count: 1, examples }
    }

    pub(crate) fn null() -> Self {
        Self::new(Kind::Null, Looks::default(), None)
    }

    pub(crate) fn boolean(value: bool) -> Self {
        Self::new(Kind::Boolean, Looks::default(), Some(if value { "true" } else { "false" }))
    }

    /// An integer; one beyond 64 bits with a sign is kept as text.
    pub(crate) fn integer(value: i128) -> Self {
        let example = value.to_string();
        match i64::try_from(value) {
            Ok(small) => {
                let exact = value.abs() <= LARGEST_EXACT;
                Self::new(Kind::Integer { exact }, Looks::of_integer(small), Some(&example))
            }
            Err(_) => Self::other(&example),
        }
    }

    pub(crate) fn float(example: &str) -> Self {
        Self::new(Kind::Float, Looks::default(), Some(example))
    }

    pub(crate) fn text(value: &str) -> Self {
        Self::new(Kind::Text, Looks::of_text(value), Some(value))
    }

    /// A value that only text can hold, whatever it looks like: a number beyond its type, an object too deep.
    pub(crate) fn other(example: &str) -> Self {
        Self::new(Kind::Mixed, Looks::default(), Some(example))
    }

    /// A value of a format that writes everything as text: what its text is the usual writing of.
    pub(crate) fn written(value: &str) -> Self {
        /// Decimal digits that every `Float64` keeps.
        const EXACT_DIGITS: usize = 15;
        let number = Number::scan(value.as_bytes()).filter(|number| number.text.len() == value.len());
        if let Some(number) = number {
            let digits = value.bytes().filter(u8::is_ascii_digit).count();
            return match number.integer() {
                Ok(integer) if number.is_plain_integer() => Self::integer(integer),
                _ if digits > EXACT_DIGITS || number.double().is_none() => Self::other(value),
                _ => Self::float(value),
            };
        }
        match value {
            _ if value.eq_ignore_ascii_case("true") => Self::boolean(true),
            _ if value.eq_ignore_ascii_case("false") => Self::boolean(false),
            _ => Self::text(value),
        }
    }

    pub(crate) fn bytes(value: &[u8]) -> Self {
        Self::new(Kind::Bytes, Looks::default(), Some(&super::super::facts::hex(value)))
    }

    /// A point in time of a format that has such values; `unit` is what holds it without loss.
    pub(crate) fn instant(unit: TimeUnit, example: &str) -> Self {
        Self::new(Kind::Instant(unit), Looks::default(), Some(example))
    }

    /// A list: what its items have in common; `example` is for lists of plain values.
    pub(crate) fn list(items: impl IntoIterator<Item = Self>, example: Option<&str>) -> Self {
        let mut common = Self { count: 0, ..Self::null() };
        common.nulls = 0;
        for item in items {
            common.merge(item);
        }
        Self::new(Kind::List(Box::new(common)), Looks::default(), example)
    }

    /// An object; one of very many keys is a map, and text.
    pub(crate) fn object(fields: FieldShapes) -> Self {
        if fields.len() > MOST_FIELDS {
            return Self::new(Kind::Mixed, Looks::default(), None);
        }
        Self::new(Kind::Object(1, fields), Looks::default(), None)
    }

    /// A whole message, whose fields are columns however many they are.
    pub(crate) fn message(fields: FieldShapes) -> Self {
        Self::new(Kind::Object(1, fields), Looks::default(), None)
    }

    /// The fields of an object, or the value itself when it is none.
    pub(super) fn into_members(self) -> Result<FieldShapes, Box<Self>> {
        match self.kind {
            Kind::Object(_, fields) => Ok(fields),
            _ => Err(Box::new(self)),
        }
    }

    pub(super) fn members(&self) -> Option<&FieldShapes> {
        if let Kind::Object(_, fields) = &self.kind { Some(fields) } else { None }
    }

    pub(super) fn is_null(&self) -> bool {
        self.kind == Kind::Null
    }

    /// The text that it is; none of many values.
    pub(super) fn as_text(&self) -> Option<&str> {
        (self.kind == Kind::Text && self.count == 1).then(|| self.examples.first().map(String::as_str))?
    }

    /// Widens this shape until it takes `other` too.
    pub(crate) fn merge(&mut self, other: Self) {
        self.looks = match (&self.kind, &other.kind) {
            (_, Kind::Null) => self.looks,
            (Kind::Null, _) => other.looks,
            _ => self.looks.and(other.looks),
        };
        self.count += other.count;
        self.nulls += other.nulls;
        for example in other.examples {
            if self.examples.len() < EXAMPLES && !self.examples.contains(&example) {
                self.examples.push(example);
            }
        }
        self.kind.merge(other.kind);
    }

    /// The column of the field `name` that takes all values.
    pub(super) fn field(&self, name: &str, times: bool) -> Field {
        match self.reading(name, times) {
            Some(Reading { data_type: Some(data_type), encoding, .. }) => {
                encoding.on(Field::new(name, data_type, true))
            }
            _ => Field::new(name, self.data_type(name, times), true),
        }
    }

    /// As [`field`](Self::field), inside of another one: only the type says how it is written, so numbers that count
    /// seconds stay numbers.
    fn member(&self, name: &str, times: bool) -> Field {
        let field = self.field(name, times);
        if Encoding::of(&field) == Encoding::Auto {
            return field;
        }
        Field::new(name, self.data_type(name, times), true)
    }

    /// What the sample says of the field `name`, which could have been there `of` times.
    pub(super) fn facts(&self, name: &str, of: u64, times: bool) -> Facts {
        self.facts_as(&self.field(name, times), of, times)
    }

    /// The facts of what is read into `field`.
    fn facts_as(&self, field: &Field, of: u64, times: bool) -> Facts {
        let name = field.name();
        let mut facts = Facts {
            key: name.to_owned(),
            data_type: field.data_type().clone(),
            seen: self.count,
            of,
            nulls: self.nulls,
            examples: Vec::new(),
            note: self.reading(name, times).map(|reading| reading.note).unwrap_or_default(),
            children: self.kind.children(times),
        };
        if facts.children.is_empty() {
            facts.examples.clone_from(&self.examples);
        }
        facts
    }

    fn reading(&self, name: &str, times: bool) -> Option<Reading> {
        let kind_has_looks = matches!(self.kind, Kind::Text | Kind::Integer { .. });
        if times && kind_has_looks { self.looks.reading(name) } else { None }
    }

    fn data_type(&self, name: &str, times: bool) -> DataType {
        match &self.kind {
            Kind::Null | Kind::Text | Kind::Mixed => DataType::Utf8View,
            Kind::Boolean => DataType::Boolean,
            Kind::Integer { .. } => DataType::Int64,
            Kind::Float => DataType::Float64,
            Kind::Bytes => DataType::Binary,
            Kind::Instant(unit) => DataType::Timestamp(*unit, Some("UTC".into())),
            Kind::List(items) => {
                let item = items.member(name, times);
                DataType::List(std::sync::Arc::new(item.with_name(Field::LIST_FIELD_DEFAULT_NAME)))
            }
            // A struct without fields is nothing that a table can show.
            Kind::Object(_, fields) if fields.is_empty() => DataType::Utf8View,
            Kind::Object(_, fields) => {
                DataType::Struct(fields.iter().map(|(key, shape)| shape.member(key, times)).collect())
            }
        }
    }
}

impl Kind {
    fn merge(&mut self, other: Self) {
        match (&mut *self, other) {
            (_, Self::Null)
            | (Self::Boolean, Self::Boolean)
            | (Self::Float, Self::Float | Self::Integer { exact: true })
            | (Self::Text, Self::Text)
            | (Self::Bytes, Self::Bytes | Self::Text) => {}
            (Self::Null, other) => *self = other,
            (Self::Text, Self::Bytes) => *self = Self::Bytes,
            (Self::Integer { exact }, Self::Integer { exact: also }) => *exact &= also,
            (Self::Integer { exact: true }, Self::Float) => *self = Self::Float,
            (Self::Instant(unit), Self::Instant(other)) => {
                if other == TimeUnit::Nanosecond {
                    *unit = other;
                }
            }
            (Self::List(items), Self::List(more)) => items.merge(*more),
            (Self::Object(count, fields), Self::Object(more_count, more)) => {
                *count += more_count;
                merge_fields(fields, more);
                if fields.len() > MOST_FIELDS {
                    *self = Self::Mixed;
                }
            }
            _ => *self = Self::Mixed,
        }
    }

    fn children(&self, times: bool) -> Vec<Facts> {
        match self {
            Self::Object(of, fields) => fields
                .iter()
                .map(|(key, shape)| shape.facts_as(&shape.member(key, times), *of, times))
                .collect(),
            Self::List(items) => items.kind.children(times),
            _ => Vec::new(),
        }
    }
}

/// Adds a field of one object. Of a key that comes twice the last value holds, yet its column must take each of them.
pub(crate) fn add_field(fields: &mut FieldShapes, key: String, shape: Shape) {
    match fields.entry(key) {
        Entry::Occupied(mut known) => {
            let (count, nulls) = (shape.count, shape.nulls);
            let known = known.get_mut();
            known.merge(shape);
            // The object has it once.
            (known.count, known.nulls) = (count, nulls);
        }
        Entry::Vacant(late) => {
            late.insert(shape);
        }
    }
}

/// Widens each field until it takes `from` too.
pub(crate) fn merge_fields(into: &mut FieldShapes, from: FieldShapes) {
    for (key, shape) in from {
        match into.entry(key) {
            Entry::Occupied(mut known) => known.get_mut().merge(shape),
            Entry::Vacant(late) => {
                late.insert(shape);
            }
        }
    }
}
