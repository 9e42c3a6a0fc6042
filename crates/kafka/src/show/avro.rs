//! Avro as JSON for people: unions without the name of their branch, logical types as what they mean.
//!
//! The schema is apache-avro's; the bytes are read here, because that library follows a message as deep and as long as
//! the message says, down to the end of the stack.

mod value;

use std::collections::HashMap;
use std::sync::Arc;

use apache_avro::Schema;
use apache_avro::schema::{InnerDecimalSchema, NamespaceRef, UuidSchema};

use super::out::{Out, Stop, Written, wrong};
use crate::registry::RegistrySchema;
use value::Bytes;

/// How deep a message may go.
const MOST_DEPTH: usize = 100;

/// Reads messages of one Avro schema.
#[derive(Debug)]
pub(crate) struct Avro {
    root: Schema,
    /// All named types by their full name.
    names: HashMap<String, Schema>,
}

impl Avro {
    pub(super) fn new(
        schema: &RegistrySchema,
        references: &[(String, Arc<RegistrySchema>)],
    ) -> Result<Self, String> {
        let others = references.iter().map(|(_, schema)| schema.text.as_str());
        let (root, others) =
            Schema::parse_str_with_list(&schema.text, others).map_err(|error| error.to_string())?;
        let mut names = HashMap::new();
        for schema in others.iter().chain([&root]) {
            collect(schema, None, &mut names);
        }
        Ok(Self { root, names })
    }

    /// Writes the message, and says what is left over.
    pub(super) fn write(&self, body: &[u8], out: &mut Out) -> Result<Option<String>, Stop> {
        let mut bytes = Bytes::new(body);
        self.value(&self.root, None, &mut bytes, out, MOST_DEPTH)?;
        let left = bytes.left();
        Ok((left > 0).then(|| format!("{left} bytes follow that the schema does not know")))
    }

    fn value(
        &self,
        schema: &Schema,
        namespace: NamespaceRef<'_>,
        bytes: &mut Bytes<'_>,
        out: &mut Out,
        depth: usize,
    ) -> Written {
        let Some(depth) = depth.checked_sub(1) else {
            return wrong(format!("it is nested deeper than {MOST_DEPTH}"));
        };
        match schema {
            Schema::Null => out.raw("null"),
            Schema::Boolean => match bytes.take(1)? {
                [0] => out.raw("false"),
                [1] => out.raw("true"),
                _ => wrong("a boolean is neither 0 nor 1"),
            },
            Schema::Int => out.plain(bytes.int()?),
            Schema::Long => out.plain(bytes.long()?),
            Schema::Float => out.single(f32::from_le_bytes(bytes.array()?)),
            Schema::Double => out.float(f64::from_le_bytes(bytes.array()?)),
            Schema::Bytes => out.hex(bytes.block()?),
            Schema::String => out.string(bytes.text()?),
            Schema::Fixed(fixed) => out.hex(bytes.take(fixed.size)?),
            Schema::Enum(of) => {
                let index = bytes.int()?;
                match usize::try_from(index).ok().and_then(|index| of.symbols.get(index)) {
                    Some(symbol) => out.string(symbol),
                    None => wrong(format!("`{}` has no symbol {index}", of.name.name())),
                }
            }
            Schema::Union(union) => {
                let index = bytes.long()?;
                match usize::try_from(index).ok().and_then(|index| union.variants().get(index)) {
                    Some(branch) => self.value(branch, namespace, bytes, out, depth),
                    None => wrong(format!("a union has no branch {index}")),
                }
            }
            Schema::Array(array) => {
                out.raw("[")?;
                let mut first = true;
                bytes.items(|bytes| {
                    out.comma(&mut first)?;
                    self.value(&array.items, namespace, bytes, out, depth)
                })?;
                out.raw("]")
            }
            Schema::Map(map) => {
                out.raw("{")?;
                let mut first = true;
                bytes.items(|bytes| {
                    out.key(&mut first, bytes.text()?)?;
                    self.value(&map.types, namespace, bytes, out, depth)
                })?;
                out.raw("}")
            }
            Schema::Record(record) => {
                let name = record.name.fully_qualified_name(namespace);
                out.raw("{")?;
                let mut first = true;
                for field in &record.fields {
                    out.key(&mut first, &field.name)?;
                    self.value(&field.schema, name.namespace(), bytes, out, depth)?;
                }
                out.raw("}")
            }
            Schema::Ref { name } => {
                let name = name.fully_qualified_name(namespace);
                match self.names.get(&name.fullname(None)) {
                    Some(schema) => self.value(schema, name.namespace(), bytes, out, depth),
                    None => wrong(format!("the type `{}` is not known", name.fullname(None))),
                }
            }
            logical => value::logical(logical, bytes, out),
        }
    }
}

/// Adds every named type in `schema`.
fn collect(schema: &Schema, namespace: NamespaceRef<'_>, names: &mut HashMap<String, Schema>) {
    let name = match schema {
        Schema::Record(record) => &record.name,
        Schema::Enum(of) => &of.name,
        Schema::Fixed(fixed) | Schema::Duration(fixed) | Schema::Uuid(UuidSchema::Fixed(fixed)) => {
            &fixed.name
        }
        Schema::Decimal(decimal) => match &decimal.inner {
            InnerDecimalSchema::Fixed(fixed) => &fixed.name,
            InnerDecimalSchema::Bytes => return,
        },
        Schema::Array(array) => return collect(&array.items, namespace, names),
        Schema::Map(map) => return collect(&map.types, namespace, names),
        Schema::Union(union) => {
            return union.variants().iter().for_each(|branch| collect(branch, namespace, names));
        }
        _ => return,
    };
    let name = name.fully_qualified_name(namespace);
    names.insert(name.fullname(None), schema.clone());
    if let Schema::Record(record) = schema {
        for field in &record.fields {
            collect(&field.schema, name.namespace(), names);
        }
    }
}
