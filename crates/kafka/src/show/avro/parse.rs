//! Schemas as they are registered to schemas to read by.

use std::collections::HashMap;

use apache_avro::Schema;
use apache_avro::schema::{Alias, InnerDecimalSchema, Name, UuidSchema};
use serde_json::Value;

use super::Avro;

/// The attribute of a record's field that holds its default.
///
/// Under its own name apache-avro would check it, and by rules of its own: it refuses the defaults of decimals that
/// Debezium writes, and with them the whole schema.
pub(crate) const DEFAULT: &str = "flowloom.default";

impl Avro {
    /// The schema `text`, which builds on the schemas `references`, or why it cannot be used.
    pub(crate) fn new<'a>(text: &str, references: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let text = without_defaults(text)?;
        let references = references.into_iter().map(without_defaults).collect::<Result<Vec<_>, String>>()?;
        let (root, others) =
            Schema::parse_str_with_list(&text, &references).map_err(|error| error.to_string())?;
        let mut names = HashMap::new();
        for schema in others.iter().chain([&root]) {
            collect(schema, &mut names);
        }
        let mut avro = Self { root, names, sizes: HashMap::new() };
        let mut sizes = HashMap::new();
        for schema in avro.names.values().chain([&avro.root]) {
            avro.measure(schema, &mut sizes);
        }
        avro.sizes = sizes;
        Ok(avro)
    }

    /// The fewest bytes that a value of `schema` has.
    pub(crate) fn least(&self, schema: &Schema) -> usize {
        match self.target(schema) {
            Schema::Record(record) => self.sizes.get(&record.name).copied().unwrap_or_default(),
            other => flat(other),
        }
    }

    /// As [`least`](Self::least), of records into `sizes`; one that is within itself counts nothing there.
    fn measure(&self, schema: &Schema, sizes: &mut HashMap<Name, usize>) -> usize {
        let Schema::Record(record) = self.target(schema) else { return flat(self.target(schema)) };
        if let Some(size) = sizes.get(&record.name) {
            return *size;
        }
        sizes.insert(record.name.clone(), 0);
        let size = record
            .fields
            .iter()
            .map(|field| self.measure(&field.schema, sizes))
            .fold(0, usize::saturating_add);
        sizes.insert(record.name.clone(), size);
        size
    }
}

/// The fewest bytes of a value that is no record.
fn flat(schema: &Schema) -> usize {
    match schema {
        Schema::Null | Schema::Record(_) | Schema::Ref { .. } => 0,
        Schema::Float => 4,
        Schema::Double => 8,
        other => fixed(other).unwrap_or(1),
    }
}

/// How many bytes every value of a fixed type has.
fn fixed(schema: &Schema) -> Option<usize> {
    match schema {
        Schema::Fixed(fixed) | Schema::Duration(fixed) | Schema::Uuid(UuidSchema::Fixed(fixed)) => {
            Some(fixed.size)
        }
        Schema::Decimal(decimal) => match &decimal.inner {
            InnerDecimalSchema::Fixed(fixed) => Some(fixed.size),
            InnerDecimalSchema::Bytes => None,
        },
        _ => None,
    }
}

/// Adds every named type in `schema`.
fn collect(schema: &Schema, names: &mut HashMap<Name, Schema>) {
    let (name, aliases) = match schema {
        Schema::Record(record) => (&record.name, &record.aliases),
        Schema::Enum(of) => (&of.name, &of.aliases),
        Schema::Fixed(fixed) | Schema::Duration(fixed) | Schema::Uuid(UuidSchema::Fixed(fixed)) => {
            (&fixed.name, &fixed.aliases)
        }
        Schema::Decimal(decimal) => match &decimal.inner {
            InnerDecimalSchema::Fixed(fixed) => (&fixed.name, &fixed.aliases),
            InnerDecimalSchema::Bytes => return,
        },
        Schema::Array(array) => return collect(&array.items, names),
        Schema::Map(map) => return collect(&map.types, names),
        Schema::Union(union) => return union.variants().iter().for_each(|branch| collect(branch, names)),
        _ => return,
    };
    for alias in aliases.iter().flatten() {
        names.entry(full(alias, name)).or_insert_with(|| schema.clone());
    }
    names.insert(name.clone(), schema.clone());
    if let Schema::Record(record) = schema {
        record.fields.iter().for_each(|field| collect(&field.schema, names));
    }
}

/// An alias without a namespace is in that of its type.
fn full(alias: &Alias, of: &Name) -> Name {
    alias.fully_qualified_name(of.namespace()).into_owned()
}

fn without_defaults(text: &str) -> Result<String, String> {
    let mut schema = match serde_json::from_str(text) {
        Ok(schema) => schema,
        // A type by its bare name, as some registries give it.
        Err(_) if is_name(text) => return Ok(format!("\"{}\"", text.trim())),
        Err(error) => return Err(format!("it is not JSON: {error}")),
    };
    set_aside(&mut schema);
    Ok(schema.to_string())
}

fn is_name(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
}

/// Renames the defaults of all fields in `schema`.
fn set_aside(schema: &mut Value) {
    match schema {
        Value::Array(branches) => branches.iter_mut().for_each(set_aside),
        Value::Object(parts) => {
            for (key, part) in parts.iter_mut() {
                match (key.as_str(), part) {
                    ("type" | "items" | "values", part) => set_aside(part),
                    ("fields", Value::Array(fields)) => {
                        for field in fields.iter_mut().filter_map(Value::as_object_mut) {
                            if let Some(default) = field.remove("default") {
                                field.insert(DEFAULT.to_owned(), default);
                            }
                            if let Some(of) = field.get_mut("type") {
                                set_aside(of);
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}
