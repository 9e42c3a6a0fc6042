//! A schema that the user can see and edit.

use polars::prelude::Schema;
use serde::{Deserialize, Serialize};

use super::{parse_dtype, show_dtype};
use crate::Problem;
use crate::form::Value;

/// One field of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldSpec {
    pub name: String,
    /// A type as [`crate::value::parse_dtype`] reads it.
    #[serde(rename = "type")]
    pub dtype: String,
}

/// The fields of a message, in column order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fields(pub Vec<FieldSpec>);

impl Value for Fields {
    const NAME: &'static str = "Fields";
    const SHAPE: &'static str = "[{name: amount, type: Float64}, {name: tags, type: List(String)}]";
}

impl Fields {
    /// The fields of `schema`.
    pub fn of(schema: &Schema) -> Self {
        let field =
            |(name, dtype): (&_, &_)| FieldSpec { name: ToString::to_string(name), dtype: show_dtype(dtype) };
        Self(schema.iter().map(field).collect())
    }

    /// The schema. A problem names its row: `[1].type`.
    pub fn schema(&self) -> Result<Schema, Problem> {
        let mut schema = Schema::with_capacity(self.0.len());
        for (i, field) in self.0.iter().enumerate() {
            if field.name.is_empty() {
                return Err(Problem::user("a field has no name").at_field(format!("[{i}].name")));
            }
            let dtype =
                parse_dtype(&field.dtype).map_err(|problem| problem.at_field(format!("[{i}].type")))?;
            if schema.insert(field.name.as_str().into(), dtype).is_some() {
                let problem = Problem::user(format!("two fields are named `{}`", field.name));
                return Err(problem.at_field(format!("[{i}].name")));
            }
        }
        Ok(schema)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        let field =
            |&(name, dtype): &(&str, &str)| FieldSpec { name: name.to_owned(), dtype: dtype.to_owned() };
        Fields(pairs.iter().map(field).collect())
    }

    #[test]
    fn fields_and_schema_are_the_same_thing() {
        let nested = fields(&[("größe", "Float64"), ("a b", "List(Struct{x: Int64})")]);
        assert_eq!(Fields::of(&nested.schema().unwrap()), nested);
        assert_eq!(fields(&[]).schema().unwrap(), Schema::default());
    }

    #[test]
    fn a_wrong_field_is_named() {
        let told = |pairs: &[(&str, &str)]| fields(pairs).schema().unwrap_err().to_string();
        assert_eq!(told(&[("a", "Int64"), ("a", "String")]), "[1].name: two fields are named `a`");
        assert_eq!(told(&[("a", "Int65")]), "[0].type: `Int65` is not a type; did you mean `Int64`?");
        assert_eq!(told(&[("", "Int64")]), "[0].name: a field has no name");
    }
}
