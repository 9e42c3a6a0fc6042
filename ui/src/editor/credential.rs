//! A password, a token or a key: hidden while it is typed, never shown once the store has it.

use egui::accesskit::Role;
use egui::{Id, Rect, Sense, StrokeKind, TextEdit, Ui, Vec2, WidgetInfo};
use flowloom_flow::Secret;
use flowloom_flow::value::{Credential, is_reference};

use super::Edit;
use crate::form::At;
use crate::icon;
use crate::theme::{self, Tokens, space};
use crate::widget::lines::Lines;
use crate::widget::rows::lower;
use crate::widget::{button, text};

/// Room for what is typed or pasted: a text that grew would leave its beginning in memory.
const ROOM: usize = 16 * 1024;

impl Edit for Credential {
    fn edit(&mut self, ui: &mut Ui, at: &mut At<'_>) {
        if *self == Self::Kept {
            ui.data_mut(|data| data.remove_temp::<bool>(at.id.with("shown")));
            return stored(self, ui, at);
        }
        typed(self, ui, at);
        let replaces = at.id.with("replaces");
        let is_replacing = ui.data(|data| data.get_temp(replaces)).unwrap_or(false);
        if is_replacing && button::quiet(ui, "ui/undo", "Keep the stored one").clicked() {
            ui.data_mut(|data| data.remove_temp::<bool>(replaces));
            *self = Self::Kept;
        }
    }
}

/// The store has it: it can be replaced and taken out, not looked at.
fn stored(credential: &mut Credential, ui: &mut Ui, at: &At<'_>) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let buttons = ["Replace", "Clear"].map(|label| text::width(ui, label, theme::strong()) + 24.0);
        let width = ui.available_width() - buttons.iter().sum::<f32>();
        let (rect, response) = ui.allocate_exact_size(Vec2::new(width, space::ROW), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{} is stored", at.label)));
        let tokens = Tokens::of(ui);
        ui.painter().rect(rect, space::RADIUS, tokens.panel, (1.0, tokens.line), StrokeKind::Inside);
        let sign = Rect::from_center_size(rect.left_center() + Vec2::new(15.0, 0.0), Vec2::splat(13.0));
        icon::paint(ui.painter(), "ui/lock", sign, tokens.dim);
        let words = text::line(ui, "Stored, locked", theme::body(), tokens.dim, width - 36.0);
        let at_words = egui::pos2(sign.right() + 7.0, rect.center().y - words.size().y / 2.0);
        ui.painter().galley(at_words, words, tokens.dim);
        response.on_hover_text("The store keeps it encrypted; it is unlocked only to connect");
        if named(ui, "Replace", &format!("Replace {}", lower(at.label))) {
            *credential = Credential::Empty;
            ui.data_mut(|data| data.insert_temp(at.id.with("replaces"), true));
            ui.memory_mut(|memory| memory.request_focus(at.id));
        }
        if named(ui, "Clear", &format!("Clear {}", lower(at.label))) {
            *credential = Credential::Empty;
            ui.data_mut(|data| data.insert_temp(at.id.with("replaces"), true));
        }
    });
}

/// A framed button that screen readers call otherwise than it reads.
fn named(ui: &mut Ui, label: &str, name: &str) -> bool {
    let response = button::framed(ui, label);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    response.clicked()
}

/// The field; its text is the secret's own, no copy.
fn typed(credential: &mut Credential, ui: &mut Ui, at: &At<'_>) {
    let has_focus = ui.memory(|memory| memory.has_focus(at.id));
    let mut secret = match std::mem::take(credential) {
        Credential::Given(secret) => secret,
        Credential::Reference(text) => Secret::new(text),
        Credential::Empty | Credential::Kept if has_focus => Secret::new(String::with_capacity(ROOM)),
        Credential::Empty | Credential::Kept => Secret::default(),
    };
    let shown = at.id.with("shown");
    let mut is_shown: bool = ui.data(|data| data.get_temp(shown)).unwrap_or(false);
    let place = place_of(secret.reveal());
    let lines = secret.reveal().lines().count();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let beside = match place {
            Some(place) => text::width(ui, place, theme::mono_small()) + 20.0,
            None => 28.0,
        };
        let width = ui.available_width() - beside - 4.0;
        let is_masked = place.is_none() && !is_shown;
        if is_masked && lines > 1 && !has_focus {
            folded(ui, at, lines, width);
        } else {
            let field = Lines {
                hint: "Secret or ${env:NAME}",
                font: if is_masked { theme::body() } else { theme::mono() },
                width,
                is_wrong: at.is_wrong(""),
                is_masked,
                takes_enter: false,
                rows: (1, if lines > 1 { 6 } else { usize::MAX }),
                ..Lines::new(at.id, at.label)
            };
            field.show(ui, secret.edit());
            forget(ui, at.id);
        }
        match place {
            Some(place) => chip(ui, place, beside),
            None if secret.is_empty() => {}
            None => {
                let (icon, verb) = if is_shown { ("ui/eye_off", "Hide") } else { ("ui/eye", "Show") };
                let label = format!("{verb} {}", lower(at.label));
                if button::icon_sized(ui, icon, &label, Vec2::splat(space::ROW)).clicked() {
                    is_shown = !is_shown;
                    ui.data_mut(|data| data.insert_temp(shown, is_shown));
                }
            }
        }
    });
    *credential = match secret.reveal() {
        "" => Credential::Empty,
        text if is_reference(text) => Credential::Reference(text.to_owned()),
        _ => Credential::Given(secret),
    };
}

/// egui's undo would keep what was typed.
fn forget(ui: &Ui, id: Id) {
    if let Some(mut state) = TextEdit::load_state(ui.ctx(), id) {
        state.clear_undoer();
        state.store(ui.ctx(), id);
    }
}

/// Where a reference looks, and one whose end is not typed yet. A password that only starts like one stays masked.
fn place_of(text: &str) -> Option<&'static str> {
    if !is_reference(text) && !text.chars().all(|c| c.is_ascii_alphanumeric() || "${:_/.#-}".contains(c)) {
        return None;
    }
    [("${env:", "environment"), ("${file:", "file"), ("${vault:", "Vault")]
        .into_iter()
        .find_map(|(start, place)| text.starts_with(start).then_some(place))
}

/// A key of many lines, hidden: what it is instead of its dots. A click goes on with typing.
fn folded(ui: &mut Ui, at: &At<'_>, lines: usize, width: f32) {
    let (_, rect) = ui.allocate_space(Vec2::new(width, space::ROW));
    let response = ui.interact(rect, at.id, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::PasswordInput, true, at.label));
    let tokens = Tokens::of(ui);
    let edge = if at.is_wrong("") { tokens.error } else { tokens.line };
    ui.painter().rect(rect, space::RADIUS, tokens.window, (1.0, edge), StrokeKind::Inside);
    let words = format!("••••••••  {lines} lines");
    let words = text::line(ui, &words, theme::body(), tokens.dim, width - 16.0);
    ui.painter().galley(
        egui::pos2(rect.left() + 8.0, rect.center().y - words.size().y / 2.0),
        words,
        tokens.dim,
    );
    if response.clicked() {
        response.request_focus();
    }
}

fn chip(ui: &mut Ui, words: &str, width: f32) {
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, space::ROW), Sense::hover());
    let tokens = Tokens::of(ui);
    let place = Rect::from_center_size(rect.center(), Vec2::new(width, 20.0));
    ui.painter().rect_filled(place, space::RADIUS, tokens.accent_tint);
    let words = text::line(ui, words, theme::mono_small(), tokens.accent, width);
    ui.painter().galley(place.center() - words.size() / 2.0, words, tokens.accent);
    response.on_hover_text("Looked up each time a client is built; nothing is kept");
}
