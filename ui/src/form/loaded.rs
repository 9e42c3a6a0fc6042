//! A node of the flow's settings, as far as they can be read.

use std::collections::BTreeMap;

use flowloom_flow::{Edit, Entry, FlowNode, Node, NodeId, Problem, parameters};
use serde_json::{Map, Value as Json};

/// A node to draw, and what is not in it as the flow has it.
pub(crate) struct Loaded {
    pub(crate) node: Box<dyn Node>,
    /// Settings of `node`, defaults too.
    all: Map<String, Json>,
    /// Settings that hold a `${name}`, or that the kind cannot read: as the flow has them.
    pub(crate) written: BTreeMap<String, Json>,
    /// Every setting as the flow has it, lifted to today's version.
    raw: Map<String, Json>,
    /// Settings of a new node.
    defaults: Map<String, Json>,
}

impl Loaded {
    /// `values`: of the flow's parameters.
    pub(crate) fn new(
        entry: &Entry,
        node: &FlowNode,
        values: &BTreeMap<String, Json>,
    ) -> Result<Self, Problem> {
        let version = entry.card.version;
        let raw = entry.lift(node.version, node.settings.clone())?;
        let defaults = entry.default_node()?.all_settings();
        let mut written = BTreeMap::new();
        let mut filled = Map::new();
        for (key, value) in &raw {
            let one = Map::from_iter([(key.clone(), value.clone())]);
            // What cannot be filled in is told by the compiler; here it is text to mend.
            let one = parameters::fill(&one, values).ok();
            if one.as_ref().and_then(|one| one.get(key)) != Some(value) {
                written.insert(key.clone(), value.clone());
            }
            filled.extend(one.unwrap_or_default());
        }
        let is_readable = entry.load(version, filled.clone()).is_ok();
        filled.retain(|key, value| {
            let is_read =
                is_readable || entry.load(version, Map::from_iter([(key.clone(), value.clone())])).is_ok();
            if !is_read && defaults.contains_key(key) {
                written.insert(key.clone(), raw.get(key).cloned().unwrap_or_default());
            }
            is_read
        });
        let node = entry.load(version, filled)?;
        Ok(Self { all: node.all_settings(), node, written, raw, defaults })
    }

    /// The setting that `now` and `changed` (of [`Loaded::written`]) have changed, and what makes the flow
    /// follow; `None`: nothing has changed.
    pub(crate) fn changes(
        &self,
        id: &NodeId,
        now: &dyn Node,
        changed: &BTreeMap<String, Json>,
    ) -> Option<(String, Vec<Edit>)> {
        let all = now.all_settings();
        let is_new = |key: &&String| !self.written.contains_key(*key) && self.all.get(*key) != all.get(*key);
        let key = changed.keys().next().or_else(|| all.keys().find(is_new))?.clone();
        let mut settings = now.settings();
        let untouched = self.written.iter().filter(|(key, _)| !changed.contains_key(*key));
        for (key, new) in untouched.chain(changed) {
            if self.defaults.get(key) == Some(new) {
                settings.remove(key);
            } else {
                settings.insert(key.clone(), new.clone());
            }
        }
        // SetSettings gives a value back to the `${name}` that stood for it; what the user has taken out stays out.
        let is_taken = |(key, old): &(&String, &Json)| {
            parameters::has_reference(old) && settings.get(*key) != Some(*old)
        };
        let taken: Vec<_> =
            self.raw.iter().filter(is_taken).map(|(key, _)| (key.clone(), Json::Null)).collect();
        let mut edits = Vec::new();
        if !taken.is_empty() {
            let mut without = settings.clone();
            without.extend(taken);
            edits.push(Edit::SetSettings { id: id.clone(), settings: without });
        }
        edits.push(Edit::SetSettings { id: id.clone(), settings });
        Some((key, edits))
    }
}
