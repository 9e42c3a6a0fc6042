//! A form that writes down what it is shown: `flowloom describe` and the docs.

use std::collections::{BTreeSet, VecDeque};
use std::ops::RangeInclusive;

use polars::prelude::Schema;
use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::{Choice, Editable, Filled, Form, Setting, fill};
use crate::{Entry, Group, Node, Port, Problem};

/// Panels that are looked at for one kind; a kind with more choices is described by its first ones.
const MAX_PANELS: usize = 1000;

/// Between the choices that bring up a setting together.
const AND: &str = " and ";

/// One setting of a kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DescribedSetting {
    pub key: String,
    pub label: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub hint: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub help: String,
    /// `text`, `switch`, `integer`, `number`, `choice`, or the name of a value type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// How the flow file has it, for value types.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub shape: String,
    /// What the panel showed: in a [`Description`] the default.
    pub default: Json,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// Least and greatest; null where there is no bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<[Json; 2]>,
    /// Where the default panel hides it: what brings it up, one way for each line (`mode: sql`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub when: Vec<String>,
    /// Title of its section; empty outside of one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub section: String,
}

/// A line of explanation in a panel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DescribedNote {
    /// Title of its section; empty outside of one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub section: String,
    pub text: String,
}

/// Collects the settings of a panel, in its order.
#[derive(Debug, Default)]
pub struct Described {
    pub settings: Vec<DescribedSetting>,
    pub notes: Vec<DescribedNote>,
    section: String,
}

impl Described {
    fn push(&mut self, setting: Setting<'_>, type_name: &str, value: Json) -> &mut DescribedSetting {
        self.settings.push(DescribedSetting {
            key: setting.key.to_owned(),
            label: setting.label.to_owned(),
            hint: setting.hint.to_owned(),
            help: [setting.help, setting.danger].join(" ").trim().to_owned(),
            type_name: type_name.to_owned(),
            default: value,
            section: self.section.clone(),
            ..DescribedSetting::default()
        });
        let last = self.settings.len() - 1;
        &mut self.settings[last]
    }
}

impl Form for Described {
    fn section(&mut self, title: &str, body: &mut dyn FnMut(&mut dyn Form)) {
        let outer = std::mem::replace(&mut self.section, title.to_owned());
        body(self);
        self.section = outer;
    }

    fn note(&mut self, text: &str) {
        self.notes.push(DescribedNote { section: self.section.clone(), text: text.to_owned() });
    }

    fn text(&mut self, setting: Setting<'_>, value: &mut String) {
        self.push(setting, "text", json!(value));
    }

    fn switch(&mut self, setting: Setting<'_>, value: &mut bool) {
        self.push(setting, "switch", json!(value));
    }

    fn integer(&mut self, setting: Setting<'_>, value: &mut i64, range: RangeInclusive<i64>) {
        let bound = |end: i64| if end == i64::MIN || end == i64::MAX { Json::Null } else { json!(end) };
        self.push(setting, "integer", json!(value)).range =
            Some([bound(*range.start()), bound(*range.end())]);
    }

    fn number(&mut self, setting: Setting<'_>, value: &mut f64, range: RangeInclusive<f64>) {
        let bound = |end: f64| if end.abs() >= f64::MAX { Json::Null } else { json!(end) };
        self.push(setting, "number", json!(value)).range = Some([bound(*range.start()), bound(*range.end())]);
    }

    fn choice(&mut self, setting: Setting<'_>, options: &[Choice], selected: &mut usize) {
        let picked = options.get(*selected).map_or(Json::Null, |option| json!(option.key));
        self.push(setting, "choice", picked).choices = options.to_vec();
    }

    fn value(&mut self, setting: Setting<'_>, value: &mut dyn Editable, _inputs: &[Schema]) {
        let shape = value.shape().to_owned();
        self.push(setting, value.type_name(), value.to_json()).shape = shape;
    }
}

/// A kind as its docs have it.
#[derive(Clone, Debug, Serialize)]
pub struct Description {
    pub id: &'static str,
    pub name: &'static str,
    pub group: Group,
    pub blurb: &'static str,
    pub inputs: &'static [Port],
    pub outputs: &'static [Port],
    /// Of every panel that the kind can show, in panel order.
    pub settings: Vec<DescribedSetting>,
    pub notes: Vec<DescribedNote>,
}

/// Describes a kind by its panels, see [`describe_panels`].
pub fn describe(entry: &Entry) -> Result<Description, Problem> {
    let card = entry.card;
    let inputs = vec![Schema::default(); card.inputs.len()];
    let (settings, notes) = describe_panels(Box::new(OfNode { node: entry.default_node()?, inputs }));
    Ok(Description {
        id: card.id,
        name: card.name,
        group: card.group,
        blurb: card.blurb,
        inputs: card.inputs,
        outputs: card.outputs,
        settings,
        notes,
    })
}

/// Something that has a panel, whatever is chosen in it.
pub trait Shown: Filled {
    fn copy(&self) -> Box<dyn Shown>;
}

/// A node beside the schemas of its inputs.
struct OfNode {
    node: Box<dyn Node>,
    inputs: Vec<Schema>,
}

impl Filled for OfNode {
    fn form(&mut self, form: &mut dyn Form) {
        self.node.form(form, &self.inputs);
    }

    fn all_settings(&self) -> Map<String, Json> {
        self.node.all_settings()
    }
}

impl Shown for OfNode {
    fn copy(&self) -> Box<dyn Shown> {
        Box::new(Self { node: self.node.clone_node(), inputs: self.inputs.clone() })
    }
}

/// All settings and notes of the panels of `first`: the default one, and those that its choices and switches bring up,
/// alone and in pairs, and with those that they bring up in turn.
pub fn describe_panels(first: Box<dyn Shown>) -> (Vec<DescribedSetting>, Vec<DescribedNote>) {
    let (mut settings, mut notes) = (Vec::<DescribedSetting>::new(), Vec::new());
    let mut open = VecDeque::from([Panel { shown: first, way: Vec::new() }]);
    let mut by_default = BTreeSet::new();
    for _ in 0..MAX_PANELS {
        let Some(mut panel) = open.pop_front() else { break };
        let mut described = Described::default();
        panel.shown.form(&mut described);
        for note in described.notes {
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
        if panel.way.is_empty() {
            by_default = described.settings.iter().map(|setting| setting.key.clone()).collect();
        }
        let is_new = |key: &str| !settings.iter().any(|known| known.key == key);
        let branches = described.settings.iter().filter(|setting| {
            is_new(&setting.key) || matches!(panel.way.as_slice(), [step] if step.0 < setting.key)
        });
        open.extend(branches.flat_map(|setting| panel.branch(setting)));
        merge(&mut settings, described.settings, &panel.way, &by_default);
    }
    (settings, notes)
}

/// A choice or switch, and the value that it was set to.
type Choosing = (String, String);

/// A panel and the choices that lead to it.
struct Panel {
    shown: Box<dyn Shown>,
    way: Vec<Choosing>,
}

impl Panel {
    /// The panels that other values of a choice or switch bring up.
    fn branch(&self, setting: &DescribedSetting) -> Vec<Self> {
        let others: Vec<Json> = match &setting.default {
            Json::Bool(on) if setting.type_name == "switch" => vec![json!(!on)],
            picked => setting.choices.iter().map(|c| json!(c.key)).filter(|key| key != picked).collect(),
        };
        let branch = |value: Json| {
            let mut panel = self.shown.copy();
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            fill(&mut *panel, json!({ setting.key.as_str(): value })).ok()?;
            let step = (setting.key.clone(), text);
            Some(Self { shown: panel, way: self.way.iter().cloned().chain([step]).collect() })
        };
        others.into_iter().filter_map(branch).collect()
    }
}

/// Adds what is new after its neighbour in the panel, and the way to what the default panel hides.
fn merge(
    known: &mut Vec<DescribedSetting>,
    shown: Vec<DescribedSetting>,
    way: &[Choosing],
    by_default: &BTreeSet<String>,
) {
    let mut after = None;
    for mut setting in shown {
        let is_hidden = !way.is_empty() && !by_default.contains(&setting.key);
        let at = known.iter().position(|each| each.key == setting.key).unwrap_or_else(|| {
            let at = after.map_or(0, |before: usize| before + 1);
            setting.when.clear();
            known.insert(at, setting.clone());
            at
        });
        let ways = &mut known[at].when;
        let steps: Vec<String> = way.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        let is_within = |known: &String| known.split(AND).all(|step| steps.iter().any(|each| each == step));
        if is_hidden && !ways.iter().any(is_within) {
            ways.push(steps.join(AND));
        }
        after = Some(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::panel::Panel as Sample;

    #[test]
    fn a_panel_is_written_down_as_it_is_shown() {
        let mut described = Described::default();
        Node::form(&mut Sample { limit: 3, ..Sample::default() }, &mut described, &[]);
        let keys: Vec<_> = described.settings.iter().map(|setting| setting.key.as_str()).collect();
        assert_eq!(keys, ["mode", "columns", "name", "limit", "share", "strict"]);
        let limit = &described.settings[3];
        assert_eq!(limit.default, json!(3));
        assert_eq!(limit.range, Some([json!(0), json!(10)]));
        assert_eq!(limit.section, "Limits");
        assert_eq!(described.notes[0].text, "Both at once.");
    }

    #[test]
    fn what_choices_and_switches_bring_up_is_described_too() {
        let description = describe(&Entry::of::<Sample>()).expect("described");
        let lines: Vec<_> = description
            .settings
            .iter()
            .map(|setting| format!("{} {} {:?}", setting.key, setting.type_name, setting.when))
            .collect();
        assert_eq!(
            lines,
            [
                "mode choice []",
                "sql Expression [\"mode: sql\"]",
                "columns Columns []",
                "name text []",
                "limit integer []",
                "share number []",
                "strict switch []",
                "reason text [\"strict: true\"]",
                "trace switch [\"mode: sql and strict: true\"]",
            ]
        );
    }
}
