//! A schema that the user can see and edit.

use polars::prelude::{DataType, Schema};
use serde::{Deserialize, Serialize};

use super::{FieldPath, parse_dtype, show_dtype};
use crate::Problem;
use crate::form::{Choice, Choices, Value};

/// One field of a message, and the column that it becomes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldSpec {
    pub name: String,
    /// A type as [`crate::value::parse_dtype`] reads it.
    #[serde(rename = "type")]
    pub dtype: String,
    /// Where in the message it is, as a [`FieldPath`] is written; `None`: under its name, which is one key
    /// whatever stands in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// How a time is written; `None`: a number is an epoch in the column's unit, text is RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
}

/// How a message writes a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    EpochS,
    EpochMs,
    EpochUs,
    EpochNs,
    Rfc3339,
}

impl Choices for Encoding {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::EpochS, Choice { key: "epoch_s", label: "Epoch seconds" }),
        (Self::EpochMs, Choice { key: "epoch_ms", label: "Epoch milliseconds" }),
        (Self::EpochUs, Choice { key: "epoch_us", label: "Epoch microseconds" }),
        (Self::EpochNs, Choice { key: "epoch_ns", label: "Epoch nanoseconds" }),
        (Self::Rfc3339, Choice { key: "rfc3339", label: "RFC 3339 text" }),
    ];
}

impl FieldSpec {
    /// A field under its own name.
    pub fn new(name: impl Into<String>, dtype: impl Into<String>) -> Self {
        Self { name: name.into(), dtype: dtype.into(), ..Self::default() }
    }

    /// Where in the message it is.
    pub fn path(&self) -> Result<FieldPath, Problem> {
        match self.from.as_deref() {
            None => Ok(FieldPath::key(&self.name)),
            Some(text) => FieldPath::parse(text).map_err(|problem| problem.at_field("from")),
        }
    }

    /// Sets where in the message it is; a name that says so already needs no more.
    pub fn set_path(&mut self, path: &FieldPath) {
        self.from = (path.0 != [self.name.as_str()]).then(|| path.to_string());
    }

    /// Gives the column another name; it is read from where it was.
    pub fn rename(&mut self, name: impl Into<String>) {
        let path = self.path();
        self.name = name.into();
        if let Ok(path) = path {
            self.set_path(&path);
        }
    }

    /// The column's type. A problem names its part: `type`, `encoding`.
    pub fn dtype(&self) -> Result<DataType, Problem> {
        let dtype = parse_dtype(&self.dtype).map_err(|problem| problem.at_field("type"))?;
        if let Some(encoding) = self.encoding
            && !matches!(dtype, DataType::Datetime(..))
        {
            return Err(Problem::user(format!(
                "field `{}` is {} and cannot be written as {}: only a Datetime has an encoding",
                self.name,
                show_dtype(&dtype),
                encoding.choice().key
            ))
            .hint("choose the type Datetime, or remove the encoding")
            .at_field("encoding"));
        }
        Ok(dtype)
    }
}

/// The fields of a message, in column order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fields(pub Vec<FieldSpec>);

impl Value for Fields {
    const NAME: &'static str = "Fields";
    const SHAPE: &'static str = "[{name: amount, type: Float64}, {name: city, type: String, from: customer.address.city}, \
         {name: at, type: \"Datetime(us, UTC)\", encoding: epoch_ms}]";
}

/// Fields of what has its columns by name, such as a file: neither paths nor encodings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlainFields(pub Fields);

impl Value for PlainFields {
    const NAME: &'static str = "PlainFields";
    const SHAPE: &'static str = "[{name: amount, type: Float64}, {name: tags, type: List(String)}]";
}

impl Fields {
    /// The fields of `schema`.
    pub fn of(schema: &Schema) -> Self {
        let field = |(name, dtype): (&_, &_)| FieldSpec::new(ToString::to_string(name), show_dtype(dtype));
        Self(schema.iter().map(field).collect())
    }

    /// The schema. A problem names its row: `[1].type`.
    pub fn schema(&self) -> Result<Schema, Problem> {
        let mut schema = Schema::with_capacity(self.0.len());
        for (i, field) in self.0.iter().enumerate() {
            if field.name.is_empty() {
                return Err(Problem::user("a field has no name").at_field(format!("[{i}].name")));
            }
            let in_row = |mut problem: Problem| {
                let part = problem.at.field.take().unwrap_or_default();
                problem.at_field(format!("[{i}].{part}"))
            };
            field.path().map_err(in_row)?;
            if schema.insert(field.name.as_str().into(), field.dtype().map_err(in_row)?).is_some() {
                let problem = Problem::user(format!("two fields are named `{}`", field.name));
                return Err(problem.hint("give one of them another name").at_field(format!("[{i}].name")));
            }
        }
        Ok(schema)
    }

    /// Fails for a field that is read from elsewhere than its name, or in an encoding: `what` does not do that.
    pub fn refuse_paths(&self, what: &str) -> Result<(), Problem> {
        let special = self.0.iter().enumerate().find_map(|(i, field)| match (&field.from, field.encoding) {
            (Some(_), _) => Some((i, field, "from")),
            (None, Some(_)) => Some((i, field, "encoding")),
            (None, None) => None,
        });
        match special {
            None => Ok(()),
            Some((i, field, part)) => {
                Err(Problem::user(format!("{what} does not read `{part}` of field `{}`", field.name))
                    .hint(format!(
                        "remove `{part}`, and rename or cast the column in a `select` after this node"
                    ))
                    .at_field(format!("[{i}].{part}")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        Fields(pairs.iter().map(|(name, dtype)| FieldSpec::new(*name, *dtype)).collect())
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
        assert_eq!(
            told(&[("a", "Int64"), ("a", "String")]),
            "[1].name: two fields are named `a`; give one of them another name"
        );
        assert_eq!(told(&[("a", "Int65")]), "[0].type: `Int65` is not a type; did you mean `Int64`?");
        assert_eq!(told(&[("", "Int64")]), "[0].name: a field has no name");
    }

    #[test]
    fn what_is_usual_is_not_written() {
        let written = json!([
            {"name": "a", "type": "Int64"},
            {"name": "city", "type": "String", "from": "customer.address.city"},
            {"name": "at", "type": "Datetime(us, UTC)", "encoding": "epoch_ms"},
        ]);
        let read: Fields = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(read.0[1].path().unwrap().0, ["customer", "address", "city"]);
        assert_eq!(read.schema().unwrap().len(), 3);
        assert_eq!(serde_json::to_value(read).unwrap(), written);
    }

    #[test]
    fn a_column_is_renamed_and_still_read_from_its_place() {
        let mut field = FieldSpec::new("a.b", "Int64");
        assert_eq!(field.path().unwrap().0, ["a.b"], "a name is one key");
        field.rename("c");
        assert_eq!((field.name.as_str(), field.from.as_deref()), ("c", Some("\"a.b\"")));
        field.rename("a.b");
        assert_eq!(field, FieldSpec::new("a.b", "Int64"));
    }

    #[test]
    fn paths_and_encodings_are_checked() {
        let told = |field: serde_json::Value| {
            let fields: Result<Fields, _> = serde_json::from_value(json!([field]));
            fields.map_err(|error| error.to_string()).map(|fields| fields.schema().unwrap_err().to_string())
        };
        let wrong = told(json!({"name": "a", "type": "Int64", "from": "b..c"})).unwrap();
        assert!(wrong.starts_with("[0].from: `b..c` is no path: a key is missing"), "{wrong}");
        let wrong = told(json!({"name": "a", "type": "Int64", "encoding": "epoch_s"})).unwrap();
        assert_eq!(
            wrong,
            "[0].encoding: field `a` is Int64 and cannot be written as epoch_s: only a Datetime has an encoding; \
             choose the type Datetime, or remove the encoding"
        );
        let unknown = told(json!({"name": "a", "type": "Datetime(ms)", "encoding": "epoch"})).unwrap_err();
        assert!(
            unknown.contains("unknown variant `epoch`, expected one of `epoch_s`, `epoch_ms`"),
            "{unknown}"
        );
        let plain: Fields =
            serde_json::from_value(json!([{"name": "a", "type": "Int64", "from": "b"}])).unwrap();
        assert_eq!(
            plain.refuse_paths("a file's reader").unwrap_err().to_string(),
            "[0].from: a file's reader does not read `from` of field `a`; remove `from`, and rename or cast the \
             column in a `select` after this node"
        );
    }
}
