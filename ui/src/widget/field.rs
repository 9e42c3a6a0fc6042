//! A text field as forms have it: 28 high, on the window's colour, its edge saying what is going on.

use egui::{
    Align2, Color32, EventFilter, FontId, Frame, Id, Key, Margin, Modifiers, Response, Stroke, TextEdit, Ui,
    Vec2,
};

use crate::theme::{self, Tokens, space};

/// A field of one line.
#[derive(Clone)]
pub struct Field<'a> {
    id: Id,
    label: &'a str,
    hint: String,
    font: FontId,
    width: f32,
    is_wrong: bool,
    color: Option<Color32>,
}

/// What is typed into a field and is no value yet, or another spelling of it.
#[derive(Clone, Default)]
struct Draft {
    text: String,
    /// The value that it was typed over, as the field shows it.
    of: String,
}

impl<'a> Field<'a> {
    /// `label`: what screen readers, and tests, call it.
    pub fn new(id: Id, label: &'a str) -> Self {
        Self {
            id,
            label,
            hint: String::new(),
            font: theme::body(),
            width: f32::INFINITY,
            is_wrong: false,
            color: None,
        }
    }

    /// For names of topics and columns, expressions and numbers.
    #[must_use]
    pub fn mono(self) -> Self {
        Self { font: theme::mono(), ..self }
    }

    #[must_use]
    pub fn font(self, font: FontId) -> Self {
        Self { font, ..self }
    }

    /// Shown while the field is empty.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), ..self }
    }

    #[must_use]
    pub fn width(self, width: f32) -> Self {
        Self { width, ..self }
    }

    #[must_use]
    pub fn wrong(self, is_wrong: bool) -> Self {
        Self { is_wrong, ..self }
    }

    #[must_use]
    pub fn color(self, color: Color32) -> Self {
        Self { color: Some(color), ..self }
    }

    pub fn has_focus(&self, ui: &Ui) -> bool {
        ui.memory(|memory| memory.has_focus(self.id))
    }

    /// Draws the field over `text`.
    pub fn show(self, ui: &mut Ui, text: &mut String) -> Response {
        let tokens = Tokens::of(ui);
        let frame = frame(ui, self.id, self.is_wrong);
        let hint = egui::RichText::new(self.hint).font(self.font.clone()).color(tokens.faint);
        let edit = TextEdit::singleline(text)
            .id(self.id)
            .frame(frame)
            .font(self.font)
            .text_color(self.color.unwrap_or(tokens.text))
            .hint_text(hint)
            .align(Align2::LEFT_CENTER)
            .desired_width(self.width)
            .min_size(Vec2::new(0.0, space::ROW));
        ui.add(edit).accessible_name(self.label)
    }

    /// Draws the field over a value that is not text. What is typed and cannot be read stays in the field; the
    /// value stays as it was, and the reason is returned.
    pub fn parsed<T: PartialEq>(
        self,
        ui: &mut Ui,
        value: &mut T,
        show: impl Fn(&T) -> String,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> (Response, Option<String>) {
        let id = self.id;
        let shown = show(value);
        let key = id.with("draft");
        let draft = ui.data(|data| data.get_temp::<Draft>(key)).filter(|draft| match read(&draft.text) {
            Ok(read) => read == *value,
            Err(_) => draft.of == shown,
        });
        let mut text = draft.as_ref().map_or_else(|| shown.clone(), |draft| draft.text.clone());
        let is_wrong = self.is_wrong || read(&text).is_err();
        let response = self.wrong(is_wrong).show(ui, &mut text);
        let read = read(&text);
        if response.changed() {
            let of = match &read {
                Ok(read) => show(read),
                Err(_) => shown,
            };
            ui.data_mut(|data| data.insert_temp(key, Draft { text: text.clone(), of }));
        } else if (response.lost_focus() && read.is_ok()) || draft.is_none() {
            ui.data_mut(|data| data.remove_temp::<Draft>(key));
        }
        match read {
            // A field that is only looked at changes nothing, though it might read the value as another one.
            Ok(read) => {
                if response.changed() {
                    *value = read;
                }
                (response, None)
            }
            Err(error) => (response, Some(error)),
        }
    }

    /// How often the arrow keys were pressed up, less down, while the field has the keyboard; ten times with Shift.
    pub fn steps(&self, ui: &Ui) -> i64 {
        if !self.has_focus(ui) {
            return 0;
        }
        ui.memory_mut(|memory| {
            let filter =
                EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
            memory.set_focus_lock_filter(self.id, filter);
        });
        ui.input_mut(|input| {
            let mut count = |key, modifiers| input.count_and_consume_key(modifiers, key) as i64;
            10 * (count(Key::ArrowUp, Modifiers::SHIFT) - count(Key::ArrowDown, Modifiers::SHIFT))
                + count(Key::ArrowUp, Modifiers::NONE)
                - count(Key::ArrowDown, Modifiers::NONE)
        })
    }
}

/// The frame of a field with this id, as it was in the last frame.
pub fn frame(ui: &Ui, id: Id, is_wrong: bool) -> Frame {
    let tokens = Tokens::of(ui);
    let has_focus = ui.memory(|memory| memory.has_focus(id));
    let is_hovered = ui.ctx().read_response(id).is_some_and(|response| response.hovered());
    let edge = match () {
        () if is_wrong => tokens.error,
        () if has_focus => tokens.accent,
        () if is_hovered => tokens.line_strong,
        () => tokens.line,
    };
    Frame::new()
        .fill(tokens.window)
        .stroke(Stroke::new(1.0, edge))
        .corner_radius(space::RADIUS)
        .inner_margin(Margin::symmetric(7, 4))
}
