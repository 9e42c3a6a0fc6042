//! A schema that the user can see and edit.

use serde::{Deserialize, Serialize};

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
