//! Where the `$ref`s of a schema lead: within it, and to the schemas that it builds on.

use std::collections::BTreeMap;

use serde_json::Value;

/// Keywords that hold schemas by name, in which `$id` and anchors may stand.
const NAMED: [&str; 3] = ["$defs", "definitions", "properties"];

/// A schema and those that it builds on.
pub(super) struct Documents {
    root: Value,
    others: BTreeMap<String, Value>,
}

/// A place in one of the documents.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) document: &'a Value,
    pub(super) node: &'a Value,
}

impl Documents {
    pub(super) fn new<'a>(
        schema: &str,
        references: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, String> {
        let root = parse(schema)?;
        let mut others = BTreeMap::new();
        for (name, text) in references {
            let document = parse(text).map_err(|reason| format!("its reference `{name}`: {reason}"))?;
            if let Some(id) = id(&document) {
                others.insert(id.to_owned(), document.clone());
            }
            others.insert(name.to_owned(), document);
        }
        Ok(Self { root, others })
    }

    pub(super) fn root(&self) -> Place<'_> {
        Place { document: &self.root, node: &self.root }
    }

    /// Where `reference`, which stands in `from`, leads.
    pub(super) fn follow<'a>(&'a self, reference: &str, from: Place<'a>) -> Option<Place<'a>> {
        let (name, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let document = if name.is_empty() || id(from.document) == Some(name) {
            from.document
        } else {
            self.document(name).or_else(|| embedded(from.document, &|node| id(node) == Some(name)))?
        };
        let node = match fragment {
            "" => document,
            pointer if pointer.starts_with('/') => document.pointer(&unescaped(pointer))?,
            anchor => embedded(document, &|node| {
                node.get("$anchor").and_then(Value::as_str) == Some(anchor)
                    || id(node).and_then(|id| id.strip_prefix('#')) == Some(anchor)
            })?,
        };
        Some(Place { document, node })
    }

    /// By its name, by its `$id`, or by the last part of a URL, which is all that a registry's names often are.
    fn document(&self, name: &str) -> Option<&Value> {
        if id(&self.root) == Some(name) {
            return Some(&self.root);
        }
        let last = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
        self.others
            .get(name)
            .or_else(|| self.others.iter().find(|(other, _)| last(other) == last(name)).map(|(_, it)| it))
    }
}

fn parse(text: &str) -> Result<Value, String> {
    match serde_json::from_str(text) {
        Ok(schema @ (Value::Object(_) | Value::Bool(_))) => Ok(schema),
        Ok(_) => Err("a schema is an object".to_owned()),
        Err(error) => Err(format!("it is not JSON: {error}")),
    }
}

/// `$id`, or `id` as draft 4 has it.
fn id(node: &Value) -> Option<&str> {
    let id = node.get("$id").or_else(|| node.get("id"))?.as_str()?;
    Some(id.strip_suffix('#').unwrap_or(id))
}

/// A definition in `document` that `is` the one.
fn embedded<'a>(document: &'a Value, is: &impl Fn(&Value) -> bool) -> Option<&'a Value> {
    /// Definitions within definitions.
    const MOST: usize = 8;
    fn search<'a>(node: &'a Value, is: &impl Fn(&Value) -> bool, depth: usize) -> Option<&'a Value> {
        let named = NAMED.iter().filter_map(|keyword| node.get(keyword)?.as_object());
        named.flat_map(serde_json::Map::values).find_map(|schema| {
            if is(schema) {
                Some(schema)
            } else if depth > 0 {
                search(schema, is, depth - 1)
            } else {
                None
            }
        })
    }
    search(document, is, MOST)
}

/// A pointer in a URL's fragment, in which `%25` is `%`.
fn unescaped(pointer: &str) -> String {
    let mut bytes = Vec::with_capacity(pointer.len());
    let mut rest = pointer.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = after.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(byte);
            rest = after.get(2..).unwrap_or_default();
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| pointer.to_owned())
}
