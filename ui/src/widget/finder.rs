//! A list under a field that says more of each entry than its name: facts in columns, asked for those in sight.
//!
//! Only rows in sight are laid out, so thousands of entries open at once.

use std::ops::Range;

use egui::accesskit::Role;
use egui::{
    Key, Modifiers, Popup, PopupCloseBehavior, Rect, Response, ScrollArea, Sense, Stroke, Ui, Vec2,
    WidgetInfo,
};

use super::field::Field;
use super::{button, pick, text};
use crate::icon;
use crate::theme::{self, Tokens, space};

const ROW: f32 = 26.0;
const HEAD: f32 = 24.0;
/// Rows that are shown before it scrolls.
const ROWS: usize = 10;
/// Room of a fact: ten digits, or what it is called.
const NUMBER: f32 = 78.0;
const WIDTH: f32 = 680.0;
const GAP: f32 = 12.0;

/// What a finder offers.
pub struct Finder<'a> {
    /// Of the search field: `Find a topic`.
    pub label: &'a str,
    pub names: &'a [&'a str],
    /// Names of the facts.
    pub columns: &'a [&'a str],
    pub is_picked: &'a dyn Fn(&str) -> bool,
    /// Stays open after a pick.
    pub takes_many: bool,
    /// Why there is nothing, or that it is coming.
    pub note: &'a str,
    /// Below the list: what went wrong with the facts.
    pub trouble: &'a str,
}

/// What a frame came to.
#[derive(Default)]
pub struct Seen {
    pub picked: Option<String>,
    /// Entries in sight, by their place in [`Finder::names`].
    pub rows: Vec<usize>,
    /// Everything is to be asked anew.
    pub is_again: bool,
}

#[derive(Clone, Default)]
struct State {
    is_open: bool,
    query: String,
    /// Place among the entries that match.
    at: usize,
}

impl Finder<'_> {
    /// The list under `anchor`, which a click opens and closes. `facts`: those of an entry, one for each column; none
    /// where they are not known yet.
    pub fn show(&self, ui: &mut Ui, anchor: &Response, facts: impl Fn(&str) -> Vec<String>) -> Seen {
        let key = anchor.id.with("finder");
        let mut seen = Seen::default();
        let will_be_open = pick::is_open(ui, anchor) != anchor.clicked();
        if !will_be_open {
            ui.data_mut(|data| data.remove_temp::<State>(key));
            // Still shown once, so that the toggling click is seen.
            Popup::from_toggle_button_response(anchor).show(|_| ());
            return seen;
        }
        let mut state = ui.data(|data| data.get_temp::<State>(key)).unwrap_or_default();
        let was_open = std::mem::replace(&mut state.is_open, true);
        let found = self.found(&state.query);
        if !was_open {
            state.at = found.iter().position(|at| (self.is_picked)(self.names[*at])).unwrap_or(0);
        }
        let is_moved = was_open && self.keys(ui, &found, &mut state, &mut seen);
        let screen = ui.ctx().content_rect();
        let width = WIDTH.min(screen.width() - 32.0).max(anchor.rect.width());
        let mut popup = Popup::from_toggle_button_response(anchor)
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            .width(width)
            .gap(4.0);
        if seen.picked.is_some() && !self.takes_many {
            popup = popup.open_memory(egui::SetOpenCommand::Bool(false));
        }
        popup.show(|ui| {
            ui.set_width(width - 12.0);
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.horizontal(|ui| {
                let count = if found.len() == self.names.len() {
                    crate::format::count(found.len() as u64)
                } else {
                    let of = crate::format::count(self.names.len() as u64);
                    format!("{} of {of}", crate::format::count(found.len() as u64))
                };
                let room = text::width(ui, &count, theme::small()) + space::ROW + 24.0;
                let search = Field::new(key.with("search"), self.label).hint(self.label);
                let search = search.width(ui.available_width() - room).show(ui, &mut state.query);
                if search.changed() {
                    state.at = 0;
                }
                if !was_open {
                    search.request_focus();
                }
                ui.label(egui::RichText::new(count).font(theme::small()).color(Tokens::of(ui).faint));
                let size = Vec2::splat(space::ROW);
                seen.is_again = button::icon_sized(ui, "ui/refresh", "Ask again", size).clicked();
            });
            let nothing = match (self.note, found.is_empty()) {
                ("", true) if self.names.is_empty() => "Nothing to choose from",
                ("", true) => "Nothing matches",
                (note, _) => note,
            };
            if !nothing.is_empty() {
                text::paragraph(ui, nothing);
            }
            let places = self.places(ui, ui.available_width());
            if !found.is_empty() && places.len() > 1 {
                self.head(ui, &places);
            }
            let shown_rows = ROWS.min(((screen.height() - 160.0) / ROW) as usize).max(3);
            let mut area =
                ScrollArea::vertical().max_height(ROW * shown_rows as f32).auto_shrink([false, true]);
            if is_moved || !was_open {
                // The marked row in the middle of what is in sight.
                let offset = (state.at as f32 + 0.5 - shown_rows as f32 / 2.0) * ROW;
                area = area.vertical_scroll_offset(offset.max(0.0));
            }
            ui.spacing_mut().item_spacing.y = 0.0;
            area.show_rows(ui, ROW, found.len(), |ui, rows| {
                for i in rows {
                    let name = self.names[found[i]];
                    seen.rows.push(found[i]);
                    let response = self.row(ui, key.with(name), name, &facts(name), i == state.at, &places);
                    if response.hovered() && ui.input(|input| input.pointer.is_moving()) {
                        state.at = i;
                    }
                    if response.clicked() {
                        seen.picked = Some(name.to_owned());
                        if !self.takes_many {
                            ui.close();
                        }
                    }
                }
            });
            if !self.trouble.is_empty() {
                text::trouble(ui, self.trouble, Tokens::of(ui).warn);
            }
        });
        if seen.picked.is_some() && !self.takes_many {
            ui.data_mut(|data| data.remove_temp::<State>(key));
            anchor.request_focus();
        } else {
            ui.data_mut(|data| data.insert_temp(key, state));
        }
        seen
    }

    /// Places of the names that match, those that begin with the query first.
    fn found(&self, query: &str) -> Vec<usize> {
        let query = query.trim().to_lowercase();
        let name = |at: &usize| self.names[*at].to_lowercase();
        let mut found: Vec<usize> = (0..self.names.len()).collect();
        if !query.is_empty() {
            found.retain(|at| name(at).contains(&query));
            found.sort_by_key(|at| !name(at).starts_with(&query));
        }
        found
    }

    /// Keys that belong to the list, wherever the keyboard is; whether the mark was moved.
    fn keys(&self, ui: &Ui, found: &[usize], state: &mut State, seen: &mut Seen) -> bool {
        let count = found.len().max(1);
        let (up, down, is_accepted) = ui.input_mut(|input| {
            (
                input.count_and_consume_key(Modifiers::NONE, Key::ArrowUp)
                    + input.count_and_consume_key(Modifiers::NONE, Key::PageUp) * ROWS,
                input.count_and_consume_key(Modifiers::NONE, Key::ArrowDown)
                    + input.count_and_consume_key(Modifiers::NONE, Key::PageDown) * ROWS,
                input.consume_key(Modifiers::NONE, Key::Enter),
            )
        });
        let before = state.at.min(count - 1);
        state.at = (before + down).saturating_sub(up).min(count - 1);
        if is_accepted {
            seen.picked = found.get(state.at).map(|at| self.names[*at].to_owned());
        }
        state.at != before
    }

    /// From where to where the name and each fact go, from the row's left.
    fn places(&self, ui: &Ui, width: f32) -> Vec<Range<f32>> {
        let wanted: Vec<f32> = self
            .columns
            .iter()
            .map(|column| (text::width(ui, column, theme::head()) + 10.0).max(NUMBER))
            .collect();
        let total: f32 = wanted.iter().map(|width| width + GAP).sum();
        // A narrow list keeps a part of its width for names.
        let share = (width * 0.66 / total.max(1.0)).min(1.0);
        let mut left = width - 24.0 - total * share;
        let mut places = vec![8.0..left];
        for wanted in wanted {
            left += GAP * share;
            places.push(left..left + wanted * share);
            left += wanted * share;
        }
        places
    }

    fn head(&self, ui: &mut Ui, places: &[Range<f32>]) {
        let tokens = Tokens::of(ui);
        let (_, rect) = ui.allocate_space(Vec2::new(ui.available_width(), HEAD));
        ui.painter().hline(rect.x_range(), rect.bottom() - 1.0, Stroke::new(1.0, tokens.line));
        for (column, place) in self.columns.iter().zip(&places[1..]) {
            let words = text::line(ui, column, theme::head(), tokens.faint, place.end - place.start);
            let x = rect.left() + place.end - words.size().x;
            ui.painter().galley(egui::pos2(x, rect.center().y - words.size().y / 2.0), words, tokens.faint);
        }
    }

    fn row(
        &self,
        ui: &mut Ui,
        id: egui::Id,
        name: &str,
        facts: &[String],
        is_at: bool,
        places: &[Range<f32>],
    ) -> Response {
        let (_, rect) = ui.allocate_space(Vec2::new(ui.available_width(), ROW));
        let response = ui.interact(rect, id, Sense::click());
        let is_picked = (self.is_picked)(name);
        response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, is_picked, name));
        if !facts.is_empty() {
            ui.ctx().accesskit_node_builder(response.id, |node| {
                let said = self.columns.iter().zip(facts).map(|(column, fact)| format!("{column}: {fact}"));
                node.set_value(said.collect::<Vec<_>>().join("; "));
            });
        }
        let tokens = Tokens::of(ui);
        if is_at || response.hovered() {
            ui.painter().rect_filled(rect, space::RADIUS, tokens.hover);
        }
        let color = if is_picked { tokens.accent } else { tokens.text };
        let room = places[0].end - places[0].start;
        let words = text::line(ui, name, theme::mono(), color, room);
        let is_cut = words.elided;
        let y = |height: f32| rect.center().y - height / 2.0;
        ui.painter().galley(egui::pos2(rect.left() + places[0].start, y(words.size().y)), words, color);
        for (fact, place) in facts.iter().zip(&places[1..]) {
            let words = text::line(ui, fact, theme::mono_small(), tokens.faint, place.end - place.start);
            let x = rect.left() + place.end - words.size().x;
            ui.painter().galley(egui::pos2(x, y(words.size().y)), words, tokens.faint);
        }
        if is_picked {
            let center = egui::pos2(rect.right() - 14.0, rect.center().y);
            let sign = Rect::from_center_size(center, Vec2::splat(13.0));
            icon::paint(ui.painter(), "ui/check", sign, tokens.accent);
        }
        if is_cut { response.on_hover_text(name) } else { response }
    }
}
