//! What every kind must keep to, and what the kinds' own tests share.

use std::sync::Arc;
use std::time::Duration;

use flowloom_flow::value::Credential;
use flowloom_flow::{Form, Problems, Secret};
use flowloom_net::{Probe, Step};
use serde_json::{Map, Value, json};

use super::KINDS;
use crate::walk::{Held, Walk};
use crate::{Kind, Parts, Settings};

/// `scheme://login:password@host:port/path`
pub(crate) fn parts(
    scheme: &str,
    login: &str,
    password: &str,
    host: &str,
    port: Option<u16>,
    path: &str,
) -> Parts {
    Parts {
        scheme: scheme.to_owned(),
        login: Some(login.to_owned()),
        password: Some(Secret::new(password)),
        authority: host.to_owned(),
        host: Some(host.to_owned()),
        port,
        path: path.to_owned(),
        extra: Map::new(),
    }
}

/// What `check` finds, as `error host`.
pub(crate) fn told<K: Kind>(settings: &K) -> Vec<String> {
    let mut problems = Problems::default();
    Kind::check(settings, &mut problems);
    problems
        .into_vec()
        .iter()
        .map(|problem| {
            let how = if problem.is_error() { "error" } else { "warning" };
            format!("{how} {}", problem.at.field.as_deref().unwrap_or("nowhere"))
        })
        .collect()
}

/// Every step of a test.
pub(crate) fn steps<K: Kind>(settings: &K) -> Vec<Step> {
    let mut tell = |_: &[Step]| ();
    let mut probe = Probe::new(Duration::from_secs(10), Arc::default(), &mut tell);
    Kind::test(settings, &mut probe);
    probe.steps().to_vec()
}

/// Keys of all settings that are secrets, shown or not.
fn secrets(new: &dyn Settings) -> Vec<String> {
    let written = serde_json::to_value(Debugged(new)).expect("debugged");
    let text = written.as_str().expect("text").to_owned();
    let mut keys = Vec::new();
    for field in text.split(", ").flat_map(|part| part.split(" { ")) {
        if let Some((key, value)) = field.split_once(": ")
            && matches!(value.trim_end_matches([' ', '}']), "Empty")
        {
            keys.push(key.to_owned());
        }
    }
    keys
}

/// The derived `Debug` tells which fields are credentials: those that are `Empty` in new settings.
struct Debugged<'a>(&'a dyn Settings);

impl serde::Serialize for Debugged<'_> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{:?}", self.0))
    }
}

#[test]
fn no_secret_is_ever_said_or_written() {
    const HIDDEN: &str = "hunter2-is-secret";
    for entry in KINDS {
        let id = entry.card.id;
        let keys = secrets(&*(entry.new)());
        for key in &keys {
            for text in [
                HIDDEN.to_owned(),
                format!("-----BEGIN PRIVATE KEY-----\n{HIDDEN}"),
                format!("{{\"a\": \"{HIDDEN}"),
            ] {
                let mut settings = Map::new();
                settings.insert(key.clone(), json!(text));
                let settings =
                    (entry.read)(settings).unwrap_or_else(|problem| panic!("{id}.{key}: {problem}"));
                let mut problems = Problems::default();
                settings.check(&mut problems);
                let problems = problems.into_vec();
                let said = format!(
                    "{settings:?} {} {} {problems:?} {}",
                    settings.caption(),
                    Value::Object(settings.written()),
                    problems.iter().map(ToString::to_string).collect::<String>(),
                );
                assert!(!said.contains(HIDDEN), "{id}.{key}: {said}");
            }
            let wrong = (entry.read)(Map::from_iter([(key.clone(), json!([HIDDEN]))])).expect_err("a list");
            assert!(!format!("{wrong} {wrong:?}").contains(HIDDEN), "{id}.{key}");
        }
    }
}

#[test]
fn every_secret_has_a_field_of_its_own_in_some_form() {
    for entry in KINDS {
        for key in secrets(&*(entry.new)()) {
            let mut is_shown = false;
            // Settings that lead to each field: choices in every combination, with all text filled in.
            for combination in 0..64 {
                let mut settings = (entry.new)();
                settings.form(&mut Fill { combination });
                settings.form(&mut Fill { combination });
                settings.form(&mut Walk(|shown: &str, held: Held<'_>| {
                    is_shown |= shown == key && matches!(held, Held::Credential(_));
                }));
            }
            assert!(is_shown, "{}.{key} is in no form", entry.card.id);
        }
    }
}

/// Fills text in; each choice takes its digit of `combination`.
struct Fill {
    combination: usize,
}

impl Form for Fill {
    fn section(&mut self, _title: &str, body: &mut dyn FnMut(&mut dyn Form)) {
        body(self);
    }

    fn note(&mut self, _text: &str) {}

    fn text(&mut self, _setting: flowloom_flow::Setting<'_>, value: &mut String) {
        "text".clone_into(value);
    }

    fn switch(&mut self, _setting: flowloom_flow::Setting<'_>, _value: &mut bool) {}

    fn integer(
        &mut self,
        _setting: flowloom_flow::Setting<'_>,
        _value: &mut i64,
        _range: std::ops::RangeInclusive<i64>,
    ) {
    }

    fn number(
        &mut self,
        _setting: flowloom_flow::Setting<'_>,
        _value: &mut f64,
        _range: std::ops::RangeInclusive<f64>,
    ) {
    }

    fn choice(
        &mut self,
        _setting: flowloom_flow::Setting<'_>,
        options: &[flowloom_flow::Choice],
        selected: &mut usize,
    ) {
        *selected = self.combination % options.len();
        self.combination /= options.len();
    }

    fn value(
        &mut self,
        _setting: flowloom_flow::Setting<'_>,
        value: &mut dyn flowloom_flow::form::Editable,
        _inputs: &[polars::prelude::Schema],
    ) {
        let value = value.as_any_mut();
        if let Some(credential) = value.downcast_mut::<Credential>() {
            *credential = Credential::Kept;
        } else if let Some(flowloom_flow::value::Certificate(text)) = value.downcast_mut() {
            "/etc/ca.pem".clone_into(text);
        }
    }
}

#[test]
fn settings_come_back_from_what_was_written_and_presets_can_be_read() {
    for entry in KINDS {
        let new = (entry.new)();
        assert!(new.written().is_empty(), "{}: {:?}", entry.card.id, new.written());
        for preset in entry.card.presets {
            let settings = entry.preset(preset).unwrap_or_else(|problem| panic!("{}: {problem}", preset.id));
            let again = (entry.read)(settings.written()).expect("read again");
            assert!(*settings == *again, "{}", preset.id);
        }
        let mut filled = (entry.new)();
        filled.form(&mut Fill { combination: 1 });
        let again = (entry.read)(filled.written()).expect("read again");
        assert_eq!(again.written(), filled.written(), "{}", entry.card.id);
    }
}
