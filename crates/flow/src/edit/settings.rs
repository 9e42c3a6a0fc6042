//! New settings from a panel, without losing what the panel does not show.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::node_mut;
use crate::{Flow, NodeId, Problem, Registry, parameters};

/// A panel sees values where the file has `${name}`: what it did not change goes back to the reference.
pub(super) fn set(
    flow: &mut Flow,
    registry: Registry,
    id: &NodeId,
    settings: &Map<String, Value>,
) -> Result<(), Problem> {
    let values = parameters::values(flow, &BTreeMap::new(), &mut Vec::new());
    let node = node_mut(flow, id)?;
    let Some(entry) = registry.find(&node.kind) else {
        node.settings.clone_from(settings);
        return Ok(());
    };
    let old = entry.lift(node.version, node.settings.clone())?;
    let defaults = entry.default_node()?.all_settings();
    let mut new = settings.clone();
    for (key, old) in old {
        let now = settings.get(&key).or_else(|| defaults.get(&key));
        if let Some(now) = now {
            let kept = keep_references(&old, now, &values);
            if kept != *now {
                new.insert(key, kept);
            }
        } else {
            new.insert(key, old);
        }
    }
    node.settings = new;
    node.version = entry.card.version;
    Ok(())
}

/// `now`, with each reference of `old` that still stands for the value there.
fn keep_references(old: &Value, now: &Value, values: &BTreeMap<String, Value>) -> Value {
    match (old, now) {
        (Value::String(_), _) if parameters::has_reference(old) => {
            let map = Map::from_iter([(String::new(), old.clone())]);
            let is_same = parameters::fill(&map, values).is_ok_and(|filled| filled.get("") == Some(now));
            if is_same { old.clone() } else { now.clone() }
        }
        (Value::Array(old), Value::Array(now)) if old.len() == now.len() => {
            old.iter().zip(now).map(|(old, now)| keep_references(old, now, values)).collect()
        }
        (Value::Object(old), Value::Object(now)) => {
            let keep = |(key, now): (&String, &Value)| {
                let kept = old.get(key).map_or_else(|| now.clone(), |old| keep_references(old, now, values));
                (key.clone(), kept)
            };
            Value::Object(now.iter().map(keep).collect())
        }
        _ => now.clone(),
    }
}
