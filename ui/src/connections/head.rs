//! The head of the connection at the right: what it is called, what it is, what can be done with it.

use egui::{Id, RichText, Sense, Ui, Vec2};

use super::shown::{Part, Shown};
use super::{Want, look};
use crate::action::{Action, Keymap};
use crate::form::{Faults, chrome};
use crate::request::{Request, Requests};
use crate::theme::{self, Tokens, space};
use crate::widget::field::Field;
use crate::widget::tool::{self, ButtonLook};
use crate::widget::{Tab, tabs, text};

const TILE: f32 = 36.0;
const NAME: f32 = 300.0;
const TABS: [Tab<Part>; 2] = [Tab::new(Part::Settings, "Connection"), Tab::new(Part::Topics, "Topics")];

pub(super) fn show(ui: &mut Ui, shown: &mut Shown, faults: &Faults<'_>, keymap: &Keymap, out: &mut Requests) {
    let tokens = Tokens::of(ui);
    let card = shown.card();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 12.0;
        let (tile, _) = ui.allocate_exact_size(Vec2::splat(TILE), Sense::hover());
        let id = card.map_or("other", |card| card.id);
        look::tile(ui, id, card.map(|card| card.group), tile);
        let room = ui.available_width() - width(ui, shown) - 16.0;
        if let Some(edited) = &mut shown.edited {
            let field = Field::new(Id::unique(("connection name", shown.serial)), "Name").hint("Name");
            let field = field.font(theme::title()).wrong(faults.has("name")).width(room.min(NAME));
            let field = field.show(ui, &mut edited.draft.name);
            if std::mem::take(&mut shown.wants_name) {
                field.request_focus();
            }
        } else {
            let name = shown.name().unwrap_or_default();
            let words = text::line(ui, name, theme::title(), tokens.text, room);
            ui.label(words).on_hover_text(name);
        }
        actions(ui, shown, keymap, out);
    });
    for problem in faults.inside("name") {
        chrome::problem(ui, problem);
    }
    let kind = card.map_or("", |card| card.name);
    let caption = match (&shown.edited, &shown.listed) {
        (Some(edited), _) => edited.draft.settings.caption(),
        (None, Some(listed)) => listed.caption.clone(),
        (None, None) => String::new(),
    };
    let words: Vec<&str> = [kind, &caption].into_iter().filter(|words| !words.is_empty()).collect();
    let words = words.join(" · ");
    if !words.is_empty() {
        let line = text::line(ui, &words, theme::small(), tokens.dim, ui.available_width());
        let is_cut = line.elided;
        let line = ui.label(line);
        if is_cut {
            line.on_hover_text(&words);
        }
    }
    if let Some(listed) = &shown.listed {
        let whence = look::whence(listed);
        if !whence.is_empty() {
            text::paragraph(ui, &whence);
        }
    }
    if shown.has_topics() {
        let before = shown.part;
        ui.horizontal(|ui| tabs(ui, &TABS, &mut shown.part));
        if shown.part != before {
            shown.topics.leave();
            ui.ctx().request_repaint();
        }
    }
}

/// Of all buttons beside each other.
fn width(ui: &Ui, shown: &Shown) -> f32 {
    let button = |label: &str, icon: f32| text::width(ui, label, theme::strong()) + 22.0 + icon;
    let parts = [
        (shown.is_testable(), button("Test", 21.0)),
        (shown.edited.is_some(), button("Save", 0.0)),
        (shown.edited.is_some(), space::ROW),
        (shown.is_stored(), space::ROW),
        (shown.is_stored(), space::ROW),
    ];
    parts.iter().filter(|(is_there, _)| *is_there).map(|(_, width)| width + space::GRID).sum()
}

/// The buttons, at the right end of what is left of the row.
fn actions(ui: &mut Ui, shown: &Shown, keymap: &Keymap, out: &mut Requests) {
    let (is_new, is_dirty) = (shown.is_new(), shown.is_dirty());
    let left = (ui.available_width() - width(ui, shown)).max(0.0);
    let unsaved = text::width(ui, "Unsaved", theme::small()) + 12.0;
    ui.spacing_mut().item_spacing.x = space::GRID;
    if is_dirty && left > unsaved {
        ui.add_space(left - unsaved);
        ui.label(RichText::new("Unsaved").font(theme::small()).color(Tokens::of(ui).dim));
        ui.add_space(space::GRID);
    } else {
        ui.add_space(left);
    }
    let mut wants = |response: egui::Response, hover: &str, want: Want| {
        if response.on_hover_text(hover).clicked() {
            out.push(Request::Connections(want));
        }
    };
    if shown.is_testable() {
        let is_on = !shown.testing.is_running();
        let test = tool::button(ui, Some("ui/preview"), "Test", None, ButtonLook::Framed, is_on);
        let keys = keymap.text(Action::Preview);
        wants(test, &format!("Try it step by step, as it is now; nothing is saved ({keys})"), Want::Test);
    }
    if shown.edited.is_some() {
        let is_on = is_new || is_dirty;
        let save = tool::button(ui, None, "Save", None, ButtonLook::Primary, is_on);
        let keys = keymap.text(Action::Save);
        let hover = if is_on { format!("Keep it ({keys})") } else { "Everything is saved".to_owned() };
        wants(save, &hover, Want::Save);
        let (label, hover) = match () {
            () if is_new => ("Discard", "Give this new connection up"),
            () if is_dirty => ("Revert", "Take the changes back"),
            () => ("Revert", "Nothing has changed"),
        };
        wants(tool::icon_button_enabled(ui, "ui/undo", label, is_on), hover, Want::Revert);
    }
    if shown.is_stored() {
        let copy = tool::icon_button_enabled(ui, "ui/duplicate", "Duplicate connection", !is_dirty);
        let hover = if is_dirty { "Save the changes first" } else { "Copy it, with its secrets" };
        wants(copy, hover, Want::Duplicate);
        let delete = tool::icon_button_enabled(ui, "ui/delete", "Delete connection", true);
        wants(delete, "Delete this connection and its secrets…", Want::Delete);
    }
}
