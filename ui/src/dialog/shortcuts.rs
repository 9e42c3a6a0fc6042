//! All keys, and how to change them.

use egui::{Event, Key, RichText, ScrollArea, TextEdit, Ui};

use super::{Answered, DialogEnv, title};
use crate::action::{Action, Shortcut};
use crate::theme::{self, Tokens, space};
use crate::widget::tool::{self, ButtonLook};

/// The sheet of keys.
#[derive(Default)]
pub struct Shortcuts {
    search: String,
    /// The action that waits for its new key.
    waiting: Option<Action>,
    /// Why the last key was not taken.
    refused: Option<String>,
}

impl Shortcuts {
    pub(super) fn ui(&mut self, ui: &mut Ui, env: &DialogEnv<'_>) -> Option<Answered> {
        let tokens = Tokens::of(ui);
        ui.set_width(560.0);
        title(ui, "Keyboard shortcuts");
        let mut answer = self.listen(ui, env);
        let search = TextEdit::singleline(&mut self.search)
            .hint_text("Find an action or a key")
            .desired_width(f32::INFINITY);
        let response = ui.add(search);
        response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Find an action or a key")
        });
        if let Some(refused) = &self.refused {
            ui.label(RichText::new(refused).small().color(tokens.warn));
        }
        ui.add_space(4.0);
        let wanted = self.search.to_lowercase();
        ScrollArea::vertical().max_height(ui.ctx().content_rect().height() * 0.6).show(ui, |ui| {
            for action in Action::ALL {
                let (label, keys) = (action.label(), env.keymap.text(*action));
                let is_found = [label, &keys].iter().any(|text| text.to_lowercase().contains(&wanted));
                if is_found && let Some(given) = self.row(ui, *action, &keys, env) {
                    answer = Some(given);
                }
            }
        });
        ui.add_space(8.0);
        if tool::button(ui, None, "Close", None, ButtonLook::Framed, true).clicked() {
            answer = Some(Answered::Dismissed);
        }
        answer
    }

    fn row(&mut self, ui: &mut Ui, action: Action, keys: &str, env: &DialogEnv<'_>) -> Option<Answered> {
        let tokens = Tokens::of(ui);
        let mut answer = None;
        ui.horizontal(|ui| {
            ui.set_height(space::ROW);
            ui.label(action.label()).on_hover_text(action.spec().tip);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let label = action.label();
                if env.keymap.is_changed(action)
                    && tool::icon_button(ui, "ui/undo", &format!("Reset {label}")).clicked()
                {
                    answer = Some(Answered::ResetKey(action));
                }
                if action.is_clipboard() {
                    ui.label(RichText::new(keys).font(theme::mono()).color(tokens.faint))
                        .on_hover_text("The system's own keys");
                    return;
                }
                let text = match (self.waiting == Some(action), keys) {
                    (true, _) => "Press a key, Esc to leave it".to_owned(),
                    (false, "") => "none".to_owned(),
                    (false, keys) => keys.to_owned(),
                };
                let button = egui::Button::new(RichText::new(text).font(theme::mono()))
                    .selected(self.waiting == Some(action));
                let response = ui.add(button).on_hover_text("Click, then press the new key");
                response.widget_info(|| {
                    egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Key of {label}"))
                });
                if response.clicked() {
                    self.waiting = Some(action);
                    self.refused = None;
                }
            });
        });
        answer
    }

    /// Takes the key that was pressed for the waiting action.
    fn listen(&mut self, ui: &Ui, env: &DialogEnv<'_>) -> Option<Answered> {
        let action = self.waiting?;
        let pressed = ui.input_mut(|input| {
            let mut found = None;
            input.events.retain(|event| match event {
                Event::Key { key, pressed: true, modifiers, .. } if found.is_none() => {
                    found = Some((*key, *modifiers));
                    false
                }
                _ => true,
            });
            found
        })?;
        self.waiting = None;
        let (key, modifiers) = pressed;
        if key == Key::Escape {
            return None;
        }
        // Ctrl here is Cmd on a Mac: keys are kept as `command`.
        let modifiers = egui::Modifiers { ctrl: false, mac_cmd: false, ..modifiers };
        let key = Shortcut::new(modifiers, key);
        match env.keymap.owner(key).filter(|owner| *owner != action) {
            Some(owner) => {
                let text = env.keymap.text_of(key);
                self.refused =
                    Some(format!("{text} is taken by “{}”; give that one another key first", owner.label()));
                None
            }
            None => Some(Answered::SetKey { action, key: Some(key) }),
        }
    }
}
