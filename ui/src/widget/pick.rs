//! The list that a drop-down opens: searchable, by keyboard and mouse.

use egui::accesskit::Role;
use egui::{
    Id, Key, Modifiers, Popup, PopupCloseBehavior, Rect, Response, ScrollArea, Sense, Ui, Vec2, WidgetInfo,
};

use super::field::Field;
use super::text;
use crate::icon;
use crate::theme::{self, Tokens, space};

/// Lists that are longer have a search field.
const SEARCHED: usize = 7;
const ROW: f32 = 26.0;

/// Something that can be picked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    pub value: String,
    pub label: String,
    /// Beside it, faint: a type, a count.
    pub detail: String,
}

impl Entry {
    pub fn new(value: impl Into<String>, detail: impl Into<String>) -> Self {
        let value = value.into();
        Self { label: value.clone(), value, detail: detail.into() }
    }
}

/// What a list offers.
pub struct List<'a> {
    /// Whether a value is picked already.
    pub is_picked: &'a dyn Fn(&str) -> bool,
    /// Values that are not in the list may be typed.
    pub takes_other: bool,
    /// Stays open after a pick.
    pub takes_many: bool,
    pub is_mono: bool,
    /// Why there is nothing, in words.
    pub note: &'a str,
}

#[derive(Clone, Default)]
struct State {
    is_open: bool,
    query: String,
    /// Index among the entries that match.
    at: usize,
}

/// Whether the list at `anchor` is open.
pub fn is_open(ui: &Ui, anchor: &Response) -> bool {
    Popup::is_id_open(ui.ctx(), Popup::default_response_id(anchor))
}

/// The list under `anchor`, which a click opens and closes; what was picked. `entries` is asked while it is open.
pub fn list(
    ui: &mut Ui,
    anchor: &Response,
    list: &List<'_>,
    entries: impl FnOnce() -> Vec<Entry>,
) -> Option<String> {
    let key = anchor.id.with("list");
    let will_be_open = is_open(ui, anchor) != anchor.clicked();
    let mut state = ui.data(|data| data.get_temp::<State>(key)).unwrap_or_default();
    if !will_be_open {
        if state.is_open {
            ui.data_mut(|data| data.remove_temp::<State>(key));
            // Still shown once, so that the toggling click is seen.
        }
        Popup::from_toggle_button_response(anchor).show(|_| ());
        return None;
    }
    let was_open = std::mem::replace(&mut state.is_open, true);
    let entries = entries();
    let is_searched = list.takes_other || entries.len() > SEARCHED;
    let query = state.query.to_lowercase();
    let mut found: Vec<&Entry> =
        entries.iter().filter(|entry| entry.label.to_lowercase().contains(&query)).collect();
    found.sort_by_key(|entry| !entry.label.to_lowercase().starts_with(&query));
    let typed = state.query.trim().to_owned();
    let other = (list.takes_other && !typed.is_empty() && !entries.iter().any(|each| each.value == typed))
        .then(|| Entry { label: format!("Use `{typed}`"), value: typed.clone(), detail: String::new() });
    found.extend(other.as_ref());
    if !was_open {
        state.at = found.iter().position(|entry| (list.is_picked)(&entry.value)).unwrap_or(0);
    }
    let keys = if was_open { Keys::take(ui) } else { Keys::default() };
    let count = found.len().max(1);
    state.at = (state.at.min(count - 1) + keys.down + count * keys.up - keys.up) % count;
    let mut picked = keys.is_accepted.then(|| found.get(state.at).map(|entry| entry.value.clone())).flatten();
    let mut popup = Popup::from_toggle_button_response(anchor)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .width(anchor.rect.width().max(180.0))
        .gap(4.0);
    if picked.is_some() && !list.takes_many {
        popup = popup.open_memory(egui::SetOpenCommand::Bool(false));
    }
    popup.show(|ui| {
        ui.set_width(anchor.rect.width().max(180.0) - 12.0);
        ui.spacing_mut().item_spacing.y = 2.0;
        if is_searched {
            let id = key.with("search");
            let hint = if list.takes_other { "Find or type" } else { "Find" };
            let search = Field::new(id, "Find in the list").hint(hint).show(ui, &mut state.query);
            if search.changed() {
                state.at = 0;
            }
            if !was_open {
                search.request_focus();
            }
        }
        if !list.note.is_empty() {
            text::paragraph(ui, list.note);
        }
        if found.is_empty() && list.note.is_empty() {
            let nothing = if entries.is_empty() { "Nothing to choose from" } else { "Nothing matches" };
            text::paragraph(ui, nothing);
        }
        let moved = keys.up + keys.down > 0 || !was_open;
        ScrollArea::vertical().max_height(ROW * 9.0).auto_shrink([false, true]).show(ui, |ui| {
            for (i, entry) in found.iter().enumerate() {
                let is_at = i == state.at;
                let response =
                    row(ui, key.with(i), entry, is_at, (list.is_picked)(&entry.value), list.is_mono);
                if is_at && moved {
                    response.scroll_to_me(None);
                }
                if response.hovered() && ui.input(|input| input.pointer.is_moving()) {
                    state.at = i;
                }
                if response.clicked() {
                    picked = Some(entry.value.clone());
                    if !list.takes_many {
                        ui.close();
                    }
                }
            }
        });
    });
    if picked.is_some() && !list.takes_many {
        ui.data_mut(|data| data.remove_temp::<State>(key));
        anchor.request_focus();
    } else {
        ui.data_mut(|data| data.insert_temp(key, state));
    }
    picked
}

/// Keys that belong to the list, wherever the keyboard is.
#[derive(Default)]
struct Keys {
    up: usize,
    down: usize,
    is_accepted: bool,
}

impl Keys {
    fn take(ui: &Ui) -> Self {
        ui.input_mut(|input| Self {
            up: input.count_and_consume_key(Modifiers::NONE, Key::ArrowUp),
            down: input.count_and_consume_key(Modifiers::NONE, Key::ArrowDown),
            is_accepted: input.consume_key(Modifiers::NONE, Key::Enter),
        })
    }
}

fn row(ui: &mut Ui, id: Id, entry: &Entry, is_at: bool, is_picked: bool, is_mono: bool) -> Response {
    let (_, rect) = ui.allocate_space(Vec2::new(ui.available_width(), ROW));
    let response = ui.interact(rect, id, Sense::click());
    let name = entry.label.as_str();
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, is_picked, name));
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let tokens = Tokens::of(ui);
    if is_at || response.hovered() {
        ui.painter().rect_filled(rect, space::RADIUS, tokens.hover);
    }
    let font = if is_mono { theme::mono() } else { theme::body() };
    let color = if is_picked { tokens.accent } else { tokens.text };
    let inner = rect.shrink2(Vec2::new(8.0, 0.0));
    let right = if is_picked { inner.right() - 18.0 } else { inner.right() };
    let detail = text::line(ui, &entry.detail, theme::mono_small(), tokens.faint, inner.width() * 0.5);
    let words = text::line(ui, name, font, color, right - inner.left() - detail.size().x - 8.0);
    let y = |height: f32| rect.center().y - height / 2.0;
    let (words_at, detail_at) = (
        egui::pos2(inner.left(), y(words.size().y)),
        egui::pos2(right - detail.size().x, y(detail.size().y)),
    );
    ui.painter().galley(words_at, words, color);
    ui.painter().galley(detail_at, detail, tokens.faint);
    if is_picked {
        let center = egui::pos2(inner.right() - 6.0, rect.center().y);
        icon::paint(
            ui.painter(),
            "ui/check",
            Rect::from_center_size(center, Vec2::splat(13.0)),
            tokens.accent,
        );
    }
    response
}
