//! Settings of a client library, by the library's own names.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;

use crate::form::Value;

/// Properties by name; numbers and switches in the flow file are taken as their text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Properties(pub BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let written = BTreeMap::<String, Json>::deserialize(from)?;
        let texts = written.into_iter().map(|(name, value)| match value {
            Json::String(text) => Ok((name, text)),
            Json::Number(_) | Json::Bool(_) => Ok((name, value.to_string())),
            _ => {
                Err(serde::de::Error::custom(format!("property `{name}` is neither text, number nor switch")))
            }
        });
        texts.collect::<Result<_, _>>().map(Self)
    }
}

impl Value for Properties {
    const NAME: &'static str = "Properties";
    const SHAPE: &'static str = "{fetch.min.bytes: 1, client.rack: eu-1}";
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_and_switches_are_text() {
        let properties: Properties =
            serde_json::from_value(json!({"a": 1, "b": true, "c": "x"})).expect("read");
        assert_eq!(
            serde_json::to_value(properties).expect("written"),
            json!({"a": "1", "b": "true", "c": "x"})
        );
        serde_json::from_value::<Properties>(json!({"a": []})).expect_err("a list is no property");
    }
}
