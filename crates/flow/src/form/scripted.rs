//! A form that a script fills in: how tests, and agents, drive a panel without a screen.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use polars::prelude::Schema;
use serde_json::{Map, Value as Json};

use super::{Choice, Editable, Form, Setting};
use crate::{Node, nearest};

/// A panel that has not settled after this many passes never will.
const MAX_PASSES: usize = 16;

/// Sets the settings that it was given, by key, wherever the panel shows them.
///
/// It refuses what a person could not do either: a number out of range, a choice that is not offered.
#[derive(Debug, Default)]
pub struct Scripted {
    pub set: Map<String, Json>,
    /// Every key that the panel has shown.
    pub seen: BTreeSet<String>,
    /// By key, of the latest pass: an earlier one may have shown another range or other choices.
    errors: BTreeMap<String, String>,
}

/// Fills in `node`'s panel with `settings`, see [`fill`].
pub fn script(node: &mut dyn Node, inputs: &[Schema], settings: Json) -> Result<(), Vec<String>> {
    fill(&mut Borrowed { node, inputs }, settings)
}

struct Borrowed<'a> {
    node: &'a mut dyn Node,
    inputs: &'a [Schema],
}

impl Filled for Borrowed<'_> {
    fn form(&mut self, form: &mut dyn Form) {
        self.node.form(form, self.inputs);
    }

    fn all_settings(&self) -> Map<String, Json> {
        self.node.all_settings()
    }
}

/// Something that has a panel to fill in.
pub trait Filled {
    fn form(&mut self, form: &mut dyn Form);
    fn all_settings(&self) -> Map<String, Json>;
}

/// Fills in a panel with `settings`, a map by key. One choice may reveal further fields, so the panel is run until a
/// pass changes nothing.
pub fn fill(panel: &mut (impl Filled + ?Sized), settings: Json) -> Result<(), Vec<String>> {
    let Json::Object(set) = settings else {
        return Err(vec!["a script is a map of settings by key".to_owned()]);
    };
    let mut scripted = Scripted::new(set);
    for _ in 0..MAX_PASSES {
        let before = panel.all_settings();
        scripted.errors.clear();
        panel.form(&mut scripted);
        if panel.all_settings() == before {
            return scripted.finish();
        }
    }
    Err(vec![format!("the panel still changes after {MAX_PASSES} passes")])
}

impl Scripted {
    pub fn new(set: Map<String, Json>) -> Self {
        Self { set, ..Self::default() }
    }

    /// What went wrong: values that were refused, and keys that the panel never showed.
    pub fn finish(self) -> Result<(), Vec<String>> {
        let Self { set, seen, errors } = self;
        let mut all: Vec<String> = errors.into_iter().map(|(key, error)| format!("{key}: {error}")).collect();
        for key in set.keys().filter(|key| !seen.contains(*key)) {
            let hint = match nearest(key, seen.iter().map(String::as_str)) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("it showed {}", quoted(seen.iter().map(String::as_str))),
            };
            all.push(format!("{key}: the panel did not show this setting; {hint}"));
        }
        if all.is_empty() { Ok(()) } else { Err(all) }
    }

    /// Notes that `setting` was shown, and lets `apply` take the value that the script has for it.
    fn take(&mut self, setting: Setting<'_>, apply: impl FnOnce(Json) -> Result<(), String>) {
        self.seen.insert(setting.key.to_owned());
        if let Some(json) = self.set.get(setting.key)
            && let Err(error) = apply(json.clone())
        {
            self.errors.insert(setting.key.to_owned(), error);
        }
    }
}

impl Form for Scripted {
    fn section(&mut self, _title: &str, body: &mut dyn FnMut(&mut dyn Form)) {
        body(self);
    }

    fn note(&mut self, _text: &str) {}

    fn text(&mut self, setting: Setting<'_>, value: &mut String) {
        self.take(setting, |json| match json {
            Json::String(text) => {
                *value = text;
                Ok(())
            }
            other => Err(wrong(&other, "text")),
        });
    }

    fn switch(&mut self, setting: Setting<'_>, value: &mut bool) {
        self.take(setting, |json| {
            *value = json.as_bool().ok_or_else(|| wrong(&json, "true or false"))?;
            Ok(())
        });
    }

    fn integer(&mut self, setting: Setting<'_>, value: &mut i64, range: RangeInclusive<i64>) {
        self.take(setting, |json| {
            let number = json.as_i64().ok_or_else(|| wrong(&json, "a whole number"))?;
            *value = within(number, &range)?;
            Ok(())
        });
    }

    fn number(&mut self, setting: Setting<'_>, value: &mut f64, range: RangeInclusive<f64>) {
        self.take(setting, |json| {
            let number = json.as_f64().ok_or_else(|| wrong(&json, "a number"))?;
            *value = within(number, &range)?;
            Ok(())
        });
    }

    fn choice(&mut self, setting: Setting<'_>, options: &[Choice], selected: &mut usize) {
        self.take(setting, |json| {
            let picked = options.iter().position(|option| json == option.key);
            let expected = || quoted(options.iter().map(|option| option.key));
            *selected =
                picked.ok_or_else(|| format!("`{}` is no choice, expected {}", plain(&json), expected()))?;
            Ok(())
        });
    }

    fn value(&mut self, setting: Setting<'_>, value: &mut dyn Editable, _inputs: &[Schema]) {
        self.take(setting, |json| {
            let expected = format!("expected {} as in `{}`", value.type_name(), value.shape());
            value.set_json(json).map_err(|error| format!("{error}; {expected}"))
        });
    }
}

fn within<N: PartialOrd + std::fmt::Display>(number: N, range: &RangeInclusive<N>) -> Result<N, String> {
    if range.contains(&number) {
        return Ok(number);
    }
    Err(format!("{number} is out of range, expected {} to {}", range.start(), range.end()))
}

fn wrong(found: &Json, expected: &str) -> String {
    format!("found `{}`, expected {expected}", plain(found))
}

fn plain(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::form::panel::{Mode, Panel};

    fn run(settings: Json) -> Result<Panel, Vec<String>> {
        let mut panel = Panel::default();
        script(&mut panel, &[], settings)?;
        Ok(panel)
    }

    #[test]
    fn settings_are_set_wherever_the_panel_shows_them() {
        let panel = run(json!({"name": "x", "limit": 7, "share": 0.5, "strict": true, "columns": ["a"]}));
        let panel = panel.expect("all shown");
        assert_eq!((panel.name.as_str(), panel.limit, panel.share, panel.strict), ("x", 7, 0.5, true));
        assert_eq!(panel.columns.0, ["a"]);
    }

    #[test]
    fn a_choice_reveals_fields_within_one_script() {
        let panel = run(json!({"sql": "a > 1", "mode": "sql"})).expect("shown after the choice");
        assert_eq!((panel.mode, panel.sql.0.as_str()), (Mode::Sql, "a > 1"));
        assert_eq!(
            run(json!({"sql": "a > 1"})).expect_err("hidden"),
            [
                "sql: the panel did not show this setting; it showed `columns`, `limit`, `mode`, `name`, `share`, `strict`"
            ]
        );
    }

    #[test]
    fn what_a_person_could_not_do_is_refused_all_at_once() {
        let settings = json!({
            "limit": 11, "name": 1, "share": 2.5, "strict": "yes", "mode": "regex", "columns": 1, "limt": 1,
        });
        assert_eq!(
            run(settings).expect_err("wrong"),
            [
                "columns: invalid type: integer `1`, expected a sequence; expected Columns as in `[country, status]`",
                "limit: 11 is out of range, expected 0 to 10",
                "mode: `regex` is no choice, expected `simple`, `sql`",
                "name: found `1`, expected text",
                "share: 2.5 is out of range, expected 0 to 1",
                "strict: found `yes`, expected true or false",
                "limt: the panel did not show this setting; did you mean `limit`?",
            ]
        );
        assert_eq!(run(json!([])).expect_err("a list"), ["a script is a map of settings by key"]);
    }

    #[test]
    fn a_panel_that_never_settles_is_stopped() {
        let mut panel = Panel { restless: true, ..Panel::default() };
        let errors = script(&mut panel, &[], json!({})).expect_err("changes in each pass");
        assert_eq!(errors, ["the panel still changes after 16 passes"]);
    }
}
