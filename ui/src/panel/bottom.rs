//! The panel below the canvas: rows, profile, log, runs.

use egui::{Align, Layout, Stroke, Ui, UiBuilder, Vec2};

use super::data::{self, DataState};
use super::log::{self, LogState};
use super::profile::{self, ProfileState};
use super::runs::{self, RunsState};
use crate::doc::Doc;
use crate::request::Requests;
use crate::theme::{Tokens, space};
use crate::widget::{self, STRIP, tabs};

/// Which part is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tab {
    #[default]
    Data,
    Profile,
    Log,
    Runs,
}

/// The open part, and what each part remembers.
#[derive(Default)]
pub struct BottomState {
    pub open: Tab,
    pub data: DataState,
    pub profile: ProfileState,
    pub log: LogState,
    pub runs: RunsState,
    owns_clipboard: bool,
}

impl BottomState {
    pub fn show_tab(&mut self, tab: Tab) {
        self.open = tab;
    }

    /// Whether copying is about the cells that are selected in the table, not about nodes.
    pub fn owns_clipboard(&self) -> bool {
        self.owns_clipboard
    }
}

/// Fills `ui`, which has no margin of its own.
pub fn show(ui: &mut Ui, doc: &Doc, state: &mut BottomState, out: &mut Requests) {
    state.owns_clipboard = false;
    strip(ui, doc, state, out);
    let rest = ui.available_rect_before_wrap();
    if rest.height() < 8.0 {
        return;
    }
    let builder = UiBuilder::new().max_rect(rest).id_salt(state.open).layout(Layout::top_down(Align::Min));
    ui.scope_builder(builder, |ui| {
        ui.set_clip_rect(rest.intersect(ui.clip_rect()));
        match state.open {
            Tab::Data => {
                data::show(ui, doc, &mut state.data, out);
                state.owns_clipboard = state.data.has_keyboard(doc);
            }
            Tab::Profile => profile::show(ui, doc, &mut state.profile, out),
            Tab::Log => log::show(ui, doc, &mut state.log, out),
            Tab::Runs => runs::show(ui, doc, &mut state.runs, out),
        }
    });
}

fn strip(ui: &mut Ui, doc: &Doc, state: &mut BottomState, out: &mut Requests) {
    let parts = [
        widget::Tab::new(Tab::Data, "Data"),
        widget::Tab::new(Tab::Profile, "Profile"),
        widget::Tab { has_news: state.log.has_news(doc), ..widget::Tab::new(Tab::Log, "Log") },
        widget::Tab::new(Tab::Runs, "Runs"),
    ];
    let size = Vec2::new(ui.available_width(), STRIP);
    let (strip, _) = ui.allocate_exact_size(size, egui::Sense::hover());
    ui.painter().hline(strip.x_range(), strip.bottom(), Stroke::new(1.0, Tokens::of(ui).line));
    let inner = strip.shrink2(Vec2::new(space::PADDING + 2.0, 0.0));
    let left = UiBuilder::new().max_rect(inner).layout(Layout::left_to_right(Align::Center));
    let used = ui.scope_builder(left, |ui| {
        tabs(ui, &parts, &mut state.open);
        ui.min_rect().right()
    });
    let mut rest = inner;
    rest.min.x = used.inner + 24.0;
    if matches!(state.open, Tab::Data | Tab::Profile) && rest.width() > 40.0 {
        let right = UiBuilder::new().max_rect(rest).layout(Layout::right_to_left(Align::Center));
        ui.scope_builder(right, |ui| data::heading(ui, doc, &state.data, out));
    }
    ui.advance_cursor_after_rect(strip);
    ui.spacing_mut().item_spacing.y = 0.0;
}
