//! Goes through a form's settings without drawing it: that is how secrets get into settings and out of them.

use std::ops::RangeInclusive;

use flowloom_flow::form::Editable;
use flowloom_flow::value::{Certificate, Credential, Properties};
use flowloom_flow::{Choice, Form, Setting};
use polars::prelude::Schema;

use crate::Settings;

/// A setting that text or a secret stands in.
pub enum Held<'a> {
    Text(&'a mut String),
    Credential(&'a mut Credential),
}

/// Calls `visit` with each text and each secret of a form that the form shows.
pub struct Walk<F>(pub F);

impl<F: FnMut(&str, Held<'_>)> Form for Walk<F> {
    fn section(&mut self, _title: &str, body: &mut dyn FnMut(&mut dyn Form)) {
        body(self);
    }

    fn note(&mut self, _text: &str) {}

    fn text(&mut self, setting: Setting<'_>, value: &mut String) {
        (self.0)(setting.key, Held::Text(value));
    }

    fn switch(&mut self, _setting: Setting<'_>, _value: &mut bool) {}

    fn integer(&mut self, _setting: Setting<'_>, _value: &mut i64, _range: RangeInclusive<i64>) {}

    fn number(&mut self, _setting: Setting<'_>, _value: &mut f64, _range: RangeInclusive<f64>) {}

    fn choice(&mut self, _setting: Setting<'_>, _options: &[Choice], _selected: &mut usize) {}

    fn value(&mut self, setting: Setting<'_>, value: &mut dyn Editable, _inputs: &[Schema]) {
        let value = value.as_any_mut();
        if let Some(credential) = value.downcast_mut::<Credential>() {
            (self.0)(setting.key, Held::Credential(credential));
        } else if let Some(Certificate(text)) = value.downcast_mut() {
            (self.0)(setting.key, Held::Text(text));
        } else if let Some(Properties(properties)) = value.downcast_mut() {
            for text in properties.values_mut() {
                (self.0)(setting.key, Held::Text(text));
            }
        }
    }
}

/// Every secret that the form of `settings` shows, by the setting's key.
pub fn credentials(settings: &dyn Settings) -> Vec<(String, Credential)> {
    let mut found = Vec::new();
    let mut walk = Walk(|key: &str, held: Held<'_>| {
        if let Held::Credential(credential) = held {
            found.push((key.to_owned(), credential.clone()));
        }
    });
    settings.clone_box().form(&mut walk);
    found
}

/// Marks the secrets that the store has.
pub fn with_kept(settings: &mut dyn Settings, fields: &[String]) {
    let mut walk = Walk(|key: &str, held: Held<'_>| {
        if let Held::Credential(credential @ Credential::Empty) = held
            && fields.iter().any(|field| field == key)
        {
            *credential = Credential::Kept;
        }
    });
    // A secret may bring up settings with further ones, such as the password of a key.
    for _ in 0..2 {
        settings.form(&mut walk);
    }
}

/// Puts secrets into the settings of their keys, as far as the form shows them.
pub fn put_credentials(settings: &mut dyn Settings, known: &[(String, Credential)]) {
    let mut walk = Walk(|key: &str, held: Held<'_>| {
        if let Held::Credential(credential) = held
            && let Some((_, known)) = known.iter().find(|(field, _)| field == key)
        {
            credential.clone_from(known);
        }
    });
    settings.form(&mut walk);
}

/// A setting whose text holds a private key though it is written openly.
pub fn open_key(settings: &dyn Settings) -> Option<String> {
    let mut found = None;
    let mut walk = Walk(|key: &str, held: Held<'_>| {
        if let Held::Text(text) = held
            && text.contains("PRIVATE KEY-----")
        {
            found.get_or_insert(key.to_owned());
        }
    });
    settings.clone_box().form(&mut walk);
    found
}
