//! How a line of the tree looks: its measures, and what the sample says in small print.

use egui::{Rect, Ui};
use flowloom_flow::FieldFacts;

use crate::theme::{self, Tokens};
use crate::widget::text;

/// Height of a line, and of one with facts under it.
pub(super) const PLAIN: f32 = 32.0;
pub(super) const WITH_FACTS: f32 = 50.0;

/// Indentation of a level; deeper levels stand as the last one.
const INDENT: f32 = 12.0;
const DEEPEST: usize = 6;

/// Width of a button at a line's end, and between two parts.
pub(super) const ACT: f32 = 22.0;
pub(super) const GAP: f32 = 3.0;

/// How all lines are drawn.
pub(super) struct Look {
    pub(super) height: f32,
    /// The facts were found under other settings.
    pub(super) is_stale: bool,
    pub(super) may_move: bool,
    /// A field may be read from elsewhere than its name.
    pub(super) has_paths: bool,
}

impl Look {
    /// Width of what is left for name and type, and of the type: types of all lines, each as wide as `line`, stand in one
    /// column, whatever stands before them.
    pub(super) fn room(&self, ui: &Ui, line: Rect) -> (f32, f32) {
        let acts = if self.has_paths { 2.0 } else { 1.0 } * (ACT + GAP);
        let types = (line.width() * 0.36).clamp(64.0, 128.0);
        (ui.available_width() - acts - GAP, types)
    }
}

pub(super) fn indent(depth: usize) -> f32 {
    if depth == 0 { 0.0 } else { 8.0 + depth.min(DEEPEST) as f32 * INDENT }
}

/// What the sample says, under the name.
pub(super) fn facts(ui: &Ui, facts: Option<&FieldFacts>, place: Rect, look: &Look) {
    if look.height <= PLAIN {
        return;
    }
    let tokens = Tokens::of(ui);
    let words = facts.map_or_else(|| "Not in the sample".to_owned(), said);
    let color = if look.is_stale { tokens.faint.gamma_multiply(0.7) } else { tokens.faint };
    let line = text::line(ui, &words, theme::small(), color, place.width());
    ui.painter().galley(place.min, line, color);
}

/// `92 % · 3 % null · epoch milliseconds · 100240, 100241`
pub(super) fn said(facts: &FieldFacts) -> String {
    let mut words = vec![how_often(facts)];
    if facts.nulls > 0 {
        words.push(format!("{} null", share(facts.nulls, facts.of)));
    }
    if !facts.note.is_empty() {
        words.push(facts.note.clone());
    }
    if !facts.examples.is_empty() {
        words.push(facts.examples.join(", "));
    }
    words.join(" · ")
}

pub(super) fn how_often(facts: &FieldFacts) -> String {
    match (facts.seen, facts.of) {
        (0, _) => "never".to_owned(),
        (seen, of) if seen == of => "always".to_owned(),
        (seen, of) => share(seen, of),
    }
}

/// Never 0 % of something, nor 100 % of less than all.
fn share(part: u64, of: u64) -> String {
    let percent = part as f64 * 100.0 / of.max(1) as f64;
    match percent {
        p if p < 1.0 => "< 1 %".to_owned(),
        p if p > 99.0 && part < of => "> 99 %".to_owned(),
        p => format!("{p:.0} %"),
    }
}

/// All that the sample says, one thing a line.
pub(super) fn hover(ui: &mut Ui, path: &[String], dtype: &str, facts: Option<&FieldFacts>) {
    let tokens = Tokens::of(ui);
    ui.set_max_width(340.0);
    let path = flowloom_flow::value::FieldPath(path.to_vec()).to_string();
    ui.label(egui::RichText::new(path).font(theme::mono()).color(tokens.text));
    ui.label(egui::RichText::new(short(dtype, 200)).font(theme::mono_small()).color(tokens.dim));
    let Some(facts) = facts else { return };
    let count = |number| crate::format::count(number);
    let often =
        format!("In {} of {}, {} of them null", count(facts.seen), count(facts.of), count(facts.nulls));
    ui.label(egui::RichText::new(often).font(theme::small()).color(tokens.dim));
    if facts.dtype != dtype {
        let words = format!("The sample has {}", short(&facts.dtype, 120));
        ui.label(egui::RichText::new(words).font(theme::small()).color(tokens.dim));
    }
    if !facts.note.is_empty() {
        ui.label(egui::RichText::new(&facts.note).font(theme::small()).color(tokens.dim));
    }
    for example in &facts.examples {
        ui.label(egui::RichText::new(example).font(theme::mono_small()).color(tokens.text));
    }
}

fn short(text: &str, most: usize) -> String {
    let mut short: String = text.chars().take(most).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// A type as a closed picker shows it: of structs not what is inside, which the tree shows.
pub(super) fn type_word(dtype: &str) -> String {
    let Some(at) = dtype.find("Struct{") else { return dtype.to_owned() };
    if at == 0 { "Struct".to_owned() } else { "Structs".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_sample_says_is_short() {
        let facts = |seen, of, nulls| FieldFacts { seen, of, nulls, ..FieldFacts::default() };
        assert_eq!(said(&facts(10, 10, 0)), "always");
        assert_eq!(said(&facts(0, 10, 0)), "never");
        assert_eq!(said(&facts(999, 1000, 0)), "> 99 %");
        assert_eq!(said(&facts(1, 1000, 0)), "< 1 %");
        let mut some = facts(920, 1000, 30);
        some.note = "epoch milliseconds".to_owned();
        some.examples = vec!["1".to_owned(), "2".to_owned()];
        assert_eq!(said(&some), "92 % · 3 % null · epoch milliseconds · 1, 2");
    }
}
