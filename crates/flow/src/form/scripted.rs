//! A form that a script fills in: how tests, and agents, drive a panel without a screen.
use super::{Choice, Editable, Form, Setting};
use polars::prelude::Schema;
use serde_json::{Map, Value as Json};
use std::ops::RangeInclusive;
/// Sets the settings that it was given, by key.
pub struct Scripted {
    pub set: Map<String, Json>,
}
impl Form for Scripted {
    fn section(&mut self, _title: &str, body: &mut dyn FnMut(&mut dyn Form)) {
        body(self);
    }
    fn note(&mut self, _text: &str) {}
    fn text(&mut self, _s: Setting<'_>, _v: &mut String) {}
    fn switch(&mut self, _s: Setting<'_>, _v: &mut bool) {}
    fn integer(&mut self, _s: Setting<'_>, _v: &mut i64, _r: RangeInclusive<i64>) {}
    fn number(&mut self, _s: Setting<'_>, _v: &mut f64, _r: RangeInclusive<f64>) {}
    fn choice(&mut self, _s: Setting<'_>, _o: &[Choice], _sel: &mut usize) {}
    fn value(&mut self, _s: Setting<'_>, _v: &mut dyn Editable, _i: &[Schema]) {}
}
