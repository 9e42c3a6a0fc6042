//! The panel at the right: settings, columns, offsets and help of the selected node.

use egui::{Align, Layout, Stroke, Ui, UiBuilder, Vec2};

use super::help::{self, HelpState};
use super::offsets;
use super::schema::{self, SchemaState};
use super::settings::{self, SettingsState};
use crate::doc::Doc;
use crate::request::Requests;
use crate::theme::{Tokens, space};
use crate::widget::{self, STRIP, tabs};

/// Which part is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tab {
    #[default]
    Settings,
    Schema,
    Offsets,
    Help,
}

const TABS: [widget::Tab<Tab>; 4] = [
    widget::Tab::new(Tab::Settings, "Settings"),
    widget::Tab::new(Tab::Schema, "Schema"),
    widget::Tab::new(Tab::Offsets, "Offsets"),
    widget::Tab::new(Tab::Help, "Help"),
];

/// The open part, and what each part remembers.
#[derive(Default)]
pub struct RightState {
    pub open: Tab,
    pub settings: SettingsState,
    pub schema: SchemaState,
    pub help: HelpState,
}

impl RightState {
    /// Opens the settings: something jumped to one of them.
    pub fn show_settings(&mut self) {
        self.open = Tab::Settings;
    }
}

/// Fills `ui`, which has no margin of its own.
pub fn show(ui: &mut Ui, doc: &Doc, state: &mut RightState, out: &mut Requests) {
    let size = Vec2::new(ui.available_width(), STRIP);
    let (strip, _) = ui.allocate_exact_size(size, egui::Sense::hover());
    ui.painter().hline(strip.x_range(), strip.bottom(), Stroke::new(1.0, Tokens::of(ui).line));
    let inner = strip.shrink2(Vec2::new(space::PADDING + 2.0, 0.0));
    let left = UiBuilder::new().max_rect(inner).layout(Layout::left_to_right(Align::Center));
    ui.scope_builder(left, |ui| tabs(ui, &TABS, &mut state.open));
    ui.advance_cursor_after_rect(strip);
    let rest = ui.available_rect_before_wrap();
    let builder = UiBuilder::new().max_rect(rest).id_salt(state.open).layout(Layout::top_down(Align::Min));
    ui.scope_builder(builder, |ui| {
        ui.set_clip_rect(rest.intersect(ui.clip_rect()));
        match state.open {
            Tab::Settings => settings::show(ui, doc, &mut state.settings, out),
            Tab::Schema => schema::show(ui, doc, &mut state.schema, out),
            Tab::Offsets => offsets::show(ui, doc, out),
            Tab::Help => help::show(ui, doc, &mut state.help, out),
        }
    });
}
