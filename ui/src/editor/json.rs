//! JSON as text: for values whose type has no editor, and for settings that are not what they should be.

use egui::{Margin, TextEdit, Ui};
use flowloom_flow::form::Editable;
use serde_json::Value as Json;

use crate::form::At;
use crate::theme::{self, Tokens};
use crate::widget::field;

/// What is typed and is no value yet.
#[derive(Clone)]
struct Draft {
    text: String,
    of: Json,
}

/// A JSON text editor over any value.
pub(super) fn value(ui: &mut Ui, value: &mut dyn Editable, at: &mut At<'_>) {
    let current = value.to_json();
    let mut refused = None;
    draw(ui, &current, at, |json| {
        refused = value.set_json(json).err();
        refused.clone().map_or(Ok(()), Err)
    });
}

/// A JSON text editor over a setting as the flow has it.
pub fn json(ui: &mut Ui, json: &mut Json, at: &mut At<'_>) {
    let current = json.clone();
    draw(ui, &current, at, |new| {
        *json = new;
        Ok(())
    });
}

fn draw(ui: &mut Ui, current: &Json, at: &At<'_>, mut set: impl FnMut(Json) -> Result<(), String>) {
    let key = at.id.with("draft");
    let draft = ui.data(|data| data.get_temp::<Draft>(key)).filter(|draft| draft.of == *current);
    let shown = || serde_json::to_string_pretty(current).unwrap_or_default();
    let mut text = draft.map_or_else(shown, |draft| draft.text);
    let read =
        |text: &str| serde_json::from_str::<Json>(text).map_err(|error| format!("this is no JSON: {error}"));
    let is_wrong = at.is_wrong("") || read(&text).is_err();
    let frame = field::frame(ui, at.id, is_wrong).inner_margin(Margin::symmetric(7, 5));
    let edit = TextEdit::multiline(&mut text)
        .id(at.id)
        .frame(frame)
        .font(theme::mono())
        .text_color(Tokens::of(ui).text)
        .desired_width(f32::INFINITY)
        .desired_rows(3);
    let response = ui.add(edit).accessible_name(at.label);
    let mut of = current.clone();
    let error = match read(&text) {
        Ok(json) if json == *current => None,
        Ok(json) => match set(json.clone()) {
            Ok(()) => {
                of = json;
                None
            }
            Err(error) => Some(error),
        },
        Err(error) => Some(error),
    };
    if response.changed() {
        ui.data_mut(|data| data.insert_temp(key, Draft { text, of }));
    } else if response.lost_focus() && error.is_none() {
        ui.data_mut(|data| data.remove::<Draft>(key));
    }
    if let Some(error) = error {
        At::error(ui, &error);
    }
}
