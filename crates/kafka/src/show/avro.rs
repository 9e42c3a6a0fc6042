//! Avro as JSON for people: unions without the name of their branch, logical types as what they mean.
//!
//! The schema is apache-avro's; the bytes are read here, because that library follows a message as deep and as long as
//! the message says, down to the end of the stack.

mod parse;
mod value;

use std::collections::HashMap;

use apache_avro::Schema;
use apache_avro::schema::Name;

use super::out::{Out, Stop, Written, wrong};
use crate::codec::{Input, MAX_DEPTH, deeper};

pub(crate) use parse::DEFAULT;
pub(crate) use value::big_decimal;

/// One Avro schema, parsed, with all that it builds on.
#[derive(Debug)]
pub(crate) struct Avro {
    root: Schema,
    /// All named types by their full name, and by their aliases.
    names: HashMap<Name, Schema>,
    /// The fewest bytes of a value of each record.
    sizes: HashMap<Name, usize>,
}

impl Avro {
    pub(crate) fn root(&self) -> &Schema {
        &self.root
    }

    /// `schema`, or the type that it refers to.
    pub(crate) fn target<'a>(&'a self, schema: &'a Schema) -> &'a Schema {
        match schema {
            // Every reference was looked up as the schema was parsed.
            Schema::Ref { name } => self.names.get(name).unwrap_or(schema),
            _ => schema,
        }
    }

    /// Writes the message, and says what is left over.
    pub(super) fn write(&self, body: &[u8], out: &mut Out) -> Result<Option<String>, Stop> {
        let mut input = Input::to_show(body);
        self.value(&self.root, &mut input, out, MAX_DEPTH)?;
        let left = input.left();
        Ok((left > 0).then(|| format!("{left} bytes follow that the schema does not know")))
    }

    /// Writes the value at `input`, in which at most `depth` records, arrays and maps are within each other.
    pub(crate) fn value(
        &self,
        schema: &Schema,
        input: &mut Input<'_>,
        out: &mut Out,
        depth: usize,
    ) -> Written {
        match self.target(schema) {
            Schema::Null => out.raw("null"),
            Schema::Boolean => out.raw(if input.boolean()? { "true" } else { "false" }),
            Schema::Int => out.plain(input.int()?),
            Schema::Long => out.plain(input.long()?),
            Schema::Float => out.single(input.float()?),
            Schema::Double => out.float(input.double()?),
            Schema::Bytes => out.hex(input.bytes()?),
            Schema::String => out.string(input.text()?),
            Schema::Fixed(fixed) => out.hex(input.take(fixed.size)?),
            Schema::Enum(of) => {
                let index = input.choice(of.symbols.len(), "an enum has no symbol")?;
                out.string(&of.symbols[index])
            }
            Schema::Union(union) => {
                let index = input.choice(union.variants().len(), "a union has no branch")?;
                self.value(&union.variants()[index], input, out, depth)
            }
            Schema::Array(array) => {
                let depth = deeper(depth, input)?;
                out.raw("[")?;
                let mut first = true;
                input.items(self.least(&array.items), |input| {
                    out.comma(&mut first)?;
                    self.value(&array.items, input, out, depth)
                })?;
                out.raw("]")
            }
            Schema::Map(map) => {
                let depth = deeper(depth, input)?;
                out.raw("{")?;
                let mut first = true;
                input.items(1 + self.least(&map.types), |input| {
                    out.key(&mut first, input.text()?)?;
                    self.value(&map.types, input, out, depth)
                })?;
                out.raw("}")
            }
            Schema::Record(record) => {
                let depth = deeper(depth, input)?;
                out.raw("{")?;
                let mut first = true;
                for field in &record.fields {
                    out.key(&mut first, &field.name)?;
                    self.value(&field.schema, input, out, depth)?;
                }
                out.raw("}")
            }
            Schema::Ref { name } => wrong(format!("the type `{}` is not known", name.fullname(None))),
            logical => value::logical(logical, input, out),
        }
    }
}
