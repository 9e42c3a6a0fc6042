//! `${name}` in settings.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{Flow, Problem};

/// The values of a run: what was set, else the default. Names that are unset or unknown are reported.
pub fn values(
    flow: &Flow,
    set: &BTreeMap<String, Value>,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, Value> {
    let _ = (flow, problems);
    set.clone()
}

/// `settings` with every `${name}` replaced.
///
/// A string that is one reference takes the value with its type; inside other text it is written out.
/// `$${` stands for a plain `${`.
pub fn fill(
    settings: &Map<String, Value>,
    values: &BTreeMap<String, Value>,
) -> Result<Map<String, Value>, Problem> {
    let _ = values;
    Ok(settings.clone())
}
