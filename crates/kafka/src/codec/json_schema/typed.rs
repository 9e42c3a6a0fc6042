//! What a schema says of the types of values.

use arrow::datatypes::{DataType, Field, TimeUnit};
use indexmap::IndexMap;
use serde_json::Value;

use super::super::WRAPPED;
use super::super::infer::MAX_NESTING;
use super::super::slot::Encoding;
use super::resolve::{Documents, Place};

/// Types that a schema allows at one place, as one column holds them.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Typed {
    /// Nothing is said: any value.
    Any,
    Null,
    Boolean,
    Integer,
    /// An integer that may be larger than 64 bits with a sign hold.
    Unsigned,
    Number,
    String,
    Binary,
    Date,
    Time,
    /// RFC 3339, or a number by the encoding.
    Timestamp(Encoding),
    /// Digits after the point.
    Decimal(i8),
    List(Box<Self>),
    Object(IndexMap<String, Self>),
    /// Several types: JSON text.
    Mixed,
}

/// Precision of decimals of which only the scale is said.
const PRECISION: u8 = 38;

impl Typed {
    pub(super) fn of(documents: &Documents) -> Self {
        Walk { documents, followed: Vec::new(), level: 0, left: MOST_NODES }.node(documents.root(), 0)
    }

    /// The fields of messages; of a message that is no object the one column `value`.
    pub(super) fn fields(&self) -> Vec<Field> {
        match self {
            Self::Object(members) => members.iter().map(|(name, typed)| typed.field(name)).collect(),
            other => vec![other.field(WRAPPED)],
        }
    }

    fn field(&self, name: &str) -> Field {
        let data_type = match self {
            Self::Any | Self::Null | Self::String | Self::Mixed => DataType::Utf8View,
            Self::Boolean => DataType::Boolean,
            Self::Integer => DataType::Int64,
            Self::Unsigned => DataType::UInt64,
            Self::Number => DataType::Float64,
            Self::Binary => DataType::Binary,
            Self::Date => DataType::Date32,
            Self::Time => DataType::Time64(TimeUnit::Nanosecond),
            Self::Timestamp(encoding) => {
                let at = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
                return encoding.on(Field::new(name, at, true));
            }
            Self::Decimal(scale) => DataType::Decimal128(PRECISION, *scale),
            Self::List(items) => {
                DataType::List(std::sync::Arc::new(items.field(Field::LIST_FIELD_DEFAULT_NAME)))
            }
            // An object of any keys is a map, and text.
            Self::Object(members) if members.is_empty() => DataType::Utf8View,
            Self::Object(members) => {
                DataType::Struct(members.iter().map(|(name, typed)| typed.field(name)).collect())
            }
        };
        Field::new(name, data_type, true)
    }

    /// What a value may be that is as this says, or as `other` does.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => Self::Any,
            (Self::Null, typed) | (typed, Self::Null) => typed,
            (Self::Object(members), Self::Object(more)) => Self::Object(merged(members, more, Self::or)),
            (Self::List(items), Self::List(more)) => Self::List(Box::new(items.or(*more))),
            (Self::Integer, Self::Number) | (Self::Number, Self::Integer) => Self::Number,
            (one, two) if one == two => one,
            _ => Self::Mixed,
        }
    }

    /// What a value is that is as this says, and as `other` does.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Any, typed) | (typed, Self::Any) => typed,
            (Self::Object(members), Self::Object(more)) => Self::Object(merged(members, more, Self::and)),
            (Self::List(items), Self::List(more)) => Self::List(Box::new(items.and(*more))),
            (Self::Number, narrow @ (Self::Integer | Self::Unsigned | Self::Decimal(_)))
            | (narrow @ (Self::Integer | Self::Unsigned | Self::Decimal(_)), Self::Number) => narrow,
            (Self::String, narrow) | (narrow, Self::String) if narrow.is_written() => narrow,
            (one, two) if one == two => one,
            _ => Self::Mixed,
        }
    }

    /// Whether JSON has it as a string.
    fn is_written(&self) -> bool {
        matches!(
            self,
            Self::String | Self::Binary | Self::Date | Self::Time | Self::Timestamp(Encoding::Auto)
        )
    }

    /// The type of a value that is named itself.
    fn of_value(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(number) if number.is_i64() => Self::Integer,
            Value::Number(number) if number.is_u64() => Self::Unsigned,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::String,
            Value::Array(_) | Value::Object(_) => Self::Mixed,
        }
    }
}

fn merged(
    mut members: IndexMap<String, Typed>,
    more: IndexMap<String, Typed>,
    both: impl Fn(Typed, Typed) -> Typed,
) -> IndexMap<String, Typed> {
    for (name, typed) in more {
        let typed = match members.get_mut(&name) {
            Some(known) => both(std::mem::replace(known, Typed::Any), typed),
            None => typed,
        };
        members.insert(name, typed);
    }
    members
}

/// Schemas within schemas, those that `$ref`s lead to included.
const MOST_LEVELS: usize = 200;

/// Schemas looked at in all.
const MOST_NODES: usize = 100_000;

struct Walk<'a> {
    documents: &'a Documents,
    /// The nodes that `$ref`s have led to, so that a type within itself ends.
    followed: Vec<*const Value>,
    /// Schemas around the one at hand.
    level: usize,
    /// Schemas that may still be looked at: definitions that use each other twice grow without bound.
    left: usize,
}

impl<'a> Walk<'a> {
    fn node(&mut self, place: Place<'a>, depth: usize) -> Typed {
        if depth >= MAX_NESTING || self.level >= MOST_LEVELS || self.left == 0 {
            return Typed::Mixed;
        }
        self.left -= 1;
        self.level += 1;
        let typed = self.all(place, depth);
        self.level -= 1;
        typed
    }

    fn all(&mut self, place: Place<'a>, depth: usize) -> Typed {
        let Some(node) = place.node.as_object() else { return Typed::Any };
        let mut typed = self.own(place, depth);
        let at = |node| Place { node, ..place };
        for keyword in ["$ref", "$dynamicRef", "$recursiveRef"] {
            let Some(reference) = node.get(keyword).and_then(Value::as_str) else { continue };
            let Some(target) = self.documents.follow(reference, place) else {
                typed = typed.and(Typed::Mixed);
                continue;
            };
            let address: *const Value = target.node;
            if self.followed.contains(&address) {
                return Typed::Mixed;
            }
            self.followed.push(address);
            typed = typed.and(self.node(target, depth));
            self.followed.pop();
        }
        for part in node.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            typed = typed.and(self.node(at(part), depth));
        }
        for keyword in ["anyOf", "oneOf"] {
            let Some(parts) = node.get(keyword).and_then(Value::as_array) else { continue };
            let one_of = parts.iter().map(|part| self.node(at(part), depth)).reduce(Typed::or);
            typed = typed.and(one_of.unwrap_or(Typed::Any));
        }
        for keyword in ["then", "else"] {
            if let Some(part) = node.get(keyword) {
                typed = typed.and(self.node(at(part), depth));
            }
        }
        typed
    }

    /// What the keywords of the node say itself.
    fn own(&mut self, place: Place<'a>, depth: usize) -> Typed {
        let node = place.node;
        if let Some(value) = node.get("const") {
            return Typed::of_value(value);
        }
        if let Some(typed) = connect(node) {
            return typed;
        }
        let listed = |values: &'a Vec<Value>| values.iter().map(Typed::of_value).reduce(Typed::or);
        let by_value = node.get("enum").and_then(Value::as_array).and_then(listed).unwrap_or(Typed::Any);
        let types: Vec<&str> = match node.get("type") {
            Some(Value::String(one)) => vec![one.as_str()],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ if node.get("properties").is_some() => vec!["object"],
            _ if node.get("items").or_else(|| node.get("prefixItems")).is_some() => vec!["array"],
            _ => return by_value,
        };
        let by_type = types.iter().map(|name| self.of_type(name, place, depth)).reduce(Typed::or);
        match (by_type.unwrap_or(Typed::Any), by_value) {
            (Typed::String, Typed::String | Typed::Any) => Typed::String,
            (allowed, Typed::Any | Typed::Null) => allowed,
            (allowed, by_value) => allowed.and(by_value),
        }
    }

    fn of_type(&mut self, name: &str, place: Place<'a>, depth: usize) -> Typed {
        let node = place.node;
        let said = |keyword: &str| node.get(keyword).and_then(Value::as_str).unwrap_or_default();
        match name {
            "null" => Typed::Null,
            "boolean" => Typed::Boolean,
            "integer" => {
                let is_large = |limit: &Value| limit.is_u64() && !limit.is_i64();
                let is_positive = node.get("minimum").is_some_and(|least| least.as_u64().is_some());
                if is_positive && node.get("maximum").is_some_and(is_large) {
                    Typed::Unsigned
                } else {
                    Typed::Integer
                }
            }
            "number" => Typed::Number,
            "string" => match (said("format"), said("contentEncoding")) {
                ("date-time", _) => Typed::Timestamp(Encoding::Auto),
                ("date", _) => Typed::Date,
                ("time", _) => Typed::Time,
                (_, "base64") => Typed::Binary,
                _ => Typed::String,
            },
            "array" => self.list(place, depth),
            "object" => {
                let members = node.get("properties").and_then(Value::as_object).into_iter().flatten();
                let typed = |(name, node): (&String, &'a Value)| {
                    (name.clone(), self.node(Place { node, ..place }, depth + 1))
                };
                Typed::Object(members.map(typed).collect())
            }
            _ => Typed::Mixed,
        }
    }

    fn list(&mut self, place: Place<'a>, depth: usize) -> Typed {
        let mut parts: Vec<&Value> = Vec::new();
        for keyword in ["prefixItems", "items", "additionalItems"] {
            match place.node.get(keyword) {
                Some(Value::Array(several)) => parts.extend(several),
                Some(one @ Value::Object(_)) => parts.push(one),
                _ => {}
            }
        }
        let items = parts.into_iter().map(|node| self.node(Place { node, ..place }, depth + 1));
        Typed::List(Box::new(items.reduce(Typed::or).unwrap_or(Typed::Any)))
    }
}

/// Types as Kafka Connect writes them: its title says what a number counts.
fn connect(node: &Value) -> Option<Typed> {
    let counts = |number: &str| node.get("type").and_then(Value::as_str) == Some(number);
    match node.get("title")?.as_str()? {
        "org.apache.kafka.connect.data.Timestamp" if counts("integer") => {
            Some(Typed::Timestamp(Encoding::EpochMillis))
        }
        "org.apache.kafka.connect.data.Date" if counts("integer") => Some(Typed::Date),
        "org.apache.kafka.connect.data.Decimal" if counts("number") => {
            let scale = node.get("connect.parameters")?.get("scale")?;
            let scale = scale.as_str().and_then(|text| text.parse().ok()).or_else(|| scale.as_i64())?;
            i8::try_from(scale).ok().filter(|scale| (0..=PRECISION as i8).contains(scale)).map(Typed::Decimal)
        }
        _ => None,
    }
}
