//! An SQL expression: in colours, with columns and functions to complete, wrong parts underlined.

use std::ops::Range;

use egui::{CompletionPopup, Id, Key, Margin, Modifiers, RectAlign, Suggestion, TextBuffer, TextEdit, Ui};
use flowloom_flow::parameters;
use flowloom_flow::value::Expression;
use polars::prelude::Schema;
use serde_json::json;

use super::Edit;
use super::sql::{self, FUNCTIONS};
use crate::form::At;
use crate::theme::{self, Tokens};
use crate::widget::field;
use crate::widget::pick::Entry;

/// Suggestions that are shown at once.
const MANY: usize = 40;

impl Edit for Expression {
    fn edit(&mut self, ui: &mut Ui, at: &mut At<'_>) {
        let schema = at.inputs.first().filter(|_| at.is_known(0));
        let code = Code { id: at.id, label: at.label, path: "", rows: 4, schema, columns: at.columns(0) };
        code.show(ui, self, at);
    }
}

/// An expression in its place.
pub(super) struct Code<'a> {
    pub(super) id: Id,
    pub(super) label: &'a str,
    /// Where its problems are.
    pub(super) path: &'a str,
    pub(super) rows: usize,
    /// `None`: not known, so that no column is wrong.
    pub(super) schema: Option<&'a Schema>,
    pub(super) columns: Vec<Entry>,
}

impl Code<'_> {
    pub(super) fn show(self, ui: &mut Ui, expression: &mut Expression, at: &At<'_>) {
        let Self { id, label, path, rows, schema, columns } = self;
        // With a parameter in it only the compiler sees the expression that is meant.
        let is_plain = !parameters::has_reference(&json!(expression.0));
        let fault = if is_plain { expression.fault(schema) } else { None };
        let has_focus = ui.memory(|memory| memory.has_focus(id));
        let asks = has_focus && ui.input_mut(|input| input.consume_key(Modifiers::CTRL, Key::Space));
        let asked = id.with("asked");
        let is_asked = asks || (has_focus && ui.data(|data| data.get_temp(asked)).unwrap_or(false));
        let tokens = Tokens::of(ui);
        let wrong: Option<Range<usize>> = fault.as_ref().map(|(_, range)| range.clone());
        let mut layouter = |ui: &Ui, text: &dyn TextBuffer, width: f32| {
            let wrong = wrong.as_ref().filter(|range| {
                let text = text.as_str();
                range.end <= text.len()
                    && text.is_char_boundary(range.start)
                    && text.is_char_boundary(range.end)
            });
            ui.fonts_mut(|fonts| fonts.layout_job(sql::layout(text.as_str(), wrong, tokens, width)))
        };
        let is_wrong = at.is_wrong(path) || fault.is_some();
        let edit = TextEdit::multiline(&mut expression.0)
            .frame(field::frame(ui, id, is_wrong).inner_margin(Margin::symmetric(7, 5)))
            .font(theme::mono())
            .hint_text(egui::RichText::new("amount * 1.2").font(theme::mono()).color(tokens.faint))
            .desired_width(f32::INFINITY)
            .desired_rows(rows)
            .layouter(&mut layouter);
        let popup = CompletionPopup::new(id)
            .word_boundary(|letter| !sql::is_word(letter))
            .align(RectAlign::BOTTOM_START);
        let shown = popup.show(ui, edit, |query| {
            let before: String = query.text.chars().take(query.word_range.start.0).collect();
            let is_in_text = before.matches('\'').count() % 2 == 1;
            if is_in_text || (query.word.is_empty() && !is_asked) {
                Vec::new()
            } else {
                suggest(query.word, &columns)
            }
        });
        let response = shown.text_edit.response.response.accessible_name(label);
        let goes_on =
            is_asked && shown.accepted.is_none() && (asks || (shown.is_open && !response.changed()));
        ui.data_mut(|data| data.insert_temp(asked, goes_on));
        if let Some((problem, _)) = &fault {
            // The compiler says the same a moment later.
            at.silence(path);
            At::error(ui, &with_hint(problem));
        }
    }
}

fn with_hint(problem: &flowloom_flow::Problem) -> String {
    match &problem.hint {
        Some(hint) => format!("{}; {hint}", problem.message),
        None => problem.message.clone(),
    }
}

/// Columns and functions that `word` may become, columns first.
fn suggest(word: &str, columns: &[Entry]) -> Vec<Suggestion> {
    let lower = word.to_lowercase();
    let is_near = |name: &str| name.to_lowercase().starts_with(&lower) && name != word;
    let column = |entry: &Entry| {
        let is_bare =
            entry.value.chars().all(sql::is_word) && !entry.value.starts_with(|c: char| c.is_ascii_digit());
        let insert =
            if is_bare { entry.value.clone() } else { format!("\"{}\"", entry.value.replace('"', "\"\"")) };
        line(&insert, &entry.value, &entry.detail)
    };
    let function = |(name, takes): &(&str, &str)| line(&format!("{name}("), name, takes);
    let columns = columns.iter().filter(|entry| is_near(&entry.value)).map(column);
    let functions = FUNCTIONS.iter().filter(|(name, _)| is_near(name)).map(function);
    columns.chain(functions).take(MANY).collect()
}

fn line(insert: &str, name: &str, detail: &str) -> Suggestion {
    let name = egui::RichText::new(name).font(theme::mono());
    let detail = egui::RichText::new(detail).font(theme::mono_small()).weak();
    Suggestion::new(insert).content((name, detail))
}
