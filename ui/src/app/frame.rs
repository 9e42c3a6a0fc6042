//! Where everything stands: bars, palette, canvas, data, settings.

use egui::{CentralPanel, Frame, Id, Margin, Panel, Rect, Ui, Vec2};

use super::App;
use super::areas::Area;
use crate::canvas;
use crate::dialog::DialogEnv;
use crate::panel;
use crate::theme::{Tokens, space};

/// Below this width of the window the palette folds to icons and the settings become a drawer.
const NARROW: f32 = 1_080.0;
/// Width of the folded palette.
const FOLDED: f32 = 52.0;

impl App {
    pub(super) fn frame(&mut self, ui: &mut Ui) {
        let is_narrow = ui.available_width() < NARROW;
        self.areas.clear();
        self.menu_bar(ui);
        self.toolbar(ui);
        self.status_bar(ui);
        if self.connections.is_open() {
            self.connections_view(ui);
        } else {
            self.flow_view(ui, is_narrow);
        }
        let front = self.doc().map(|doc| doc.key);
        self.panels.right.settings.settle(ui.ctx(), front, &mut self.requests);
        self.context_menu(ui);
        self.dialogs(ui);
        self.toasts.ui(ui.ctx());
    }

    /// The flow in front and its panels.
    fn flow_view(&mut self, ui: &mut Ui, is_narrow: bool) {
        let drawer = if is_narrow { self.drawer_width(ui) } else { 0.0 };
        self.palette(ui, is_narrow);
        if !is_narrow {
            self.settings(ui);
        }
        self.data(ui, drawer);
        self.center(ui);
        if drawer > 0.0 {
            self.drawer(ui, drawer);
        }
    }

    fn palette(&mut self, ui: &mut Ui, is_narrow: bool) {
        if !self.preferences.has_palette {
            return;
        }
        let pad = if is_narrow { 8 } else { space::PADDING as i8 };
        let frame = Frame::new().fill(Tokens::of(ui).panel).inner_margin(Margin::symmetric(pad, 10));
        let panel = Panel::left("palette").frame(frame);
        let panel = if is_narrow {
            Panel::left("folded palette").frame(frame).exact_size(FOLDED).resizable(false)
        } else {
            panel.default_size(self.preferences.palette_width).size_range(168.0..=360.0)
        };
        let shown = panel.show(ui, |ui| {
            let doc = self.docs.get(self.front);
            panel::palette::show(ui, doc, &mut self.panels.palette, is_narrow, &mut self.requests);
        });
        self.areas.put(Area::Nodes, ui.layer_id(), shown.response.rect);
        if !is_narrow {
            self.preferences.palette_width = shown.response.rect.width().round();
        }
    }

    fn settings(&mut self, ui: &mut Ui) {
        if !self.preferences.has_settings {
            return;
        }
        let frame = Frame::new().fill(Tokens::of(ui).panel);
        let panel = Panel::right("settings").frame(frame);
        let panel = panel.default_size(self.preferences.settings_width).size_range(264.0..=560.0);
        let shown = panel.show(ui, |ui| {
            ui.set_min_size(ui.available_size());
            self.right_panel(ui);
        });
        self.areas.put(Area::Settings, ui.layer_id(), shown.response.rect);
        self.preferences.settings_width = shown.response.rect.width().round();
    }

    fn right_panel(&mut self, ui: &mut Ui) {
        let Some(doc) = self.docs.get_mut(self.front) else { return };
        panel::right::show(ui, doc, &mut self.panels.right, &mut self.requests);
    }

    /// Width of the settings over the canvas, where the window is narrow and something is selected; else 0.
    fn drawer_width(&self, ui: &Ui) -> f32 {
        let is_wanted = self.doc().is_some_and(|doc| !doc.selection.is_empty());
        let is_open = self.preferences.has_settings && is_wanted;
        if is_open { space::SETTINGS.min(ui.ctx().content_rect().width() * 0.6) } else { 0.0 }
    }

    /// The canvas stays as wide as it is under the drawer, so that nodes keep their places.
    fn drawer(&mut self, ui: &mut Ui, width: f32) {
        let screen = ui.ctx().content_rect();
        let top = space::MENU_BAR + space::TOOLBAR;
        let size = Vec2::new(width, screen.height() - top - space::STATUS_BAR);
        let at = screen.right_top() + Vec2::new(-size.x, top);
        let area =
            egui::Area::new(Id::unique("drawer")).fixed_pos(at).order(egui::Order::Middle).constrain(false);
        let shown = area.show(ui.ctx(), |ui| {
            let tokens = Tokens::of(ui);
            Frame::new().fill(tokens.panel).stroke((1.0, tokens.line)).show(ui, |ui| {
                ui.set_min_size(size);
                ui.set_max_size(size);
                self.right_panel(ui);
            });
        });
        self.areas.put(Area::Settings, shown.response.layer_id, shown.response.rect);
    }

    /// `covered`: width at the right that the drawer takes.
    fn data(&mut self, ui: &mut Ui, covered: f32) {
        if !self.preferences.has_data {
            return;
        }
        let frame = Frame::new().fill(Tokens::of(ui).panel);
        let most = (ui.available_height() - 160.0).max(120.0);
        let panel = Panel::bottom("data").frame(frame);
        let panel = panel.default_size(self.preferences.data_height.min(most)).size_range(120.0..=most);
        let shown = panel.show(ui, |ui| {
            // A panel is as large as what is in it: the room is filled, or it would shrink.
            ui.set_min_size(ui.available_size());
            let Some(doc) = self.docs.get_mut(self.front) else { return };
            let mut seen = ui.available_rect_before_wrap();
            seen.max.x -= covered;
            ui.scope_builder(egui::UiBuilder::new().max_rect(seen), |ui| {
                panel::bottom::show(ui, doc, &mut self.panels.bottom, &mut self.requests);
            });
        });
        self.areas.put(Area::Data, ui.layer_id(), shown.response.rect);
        self.preferences.data_height = shown.response.rect.height().round();
    }

    fn center(&mut self, ui: &mut Ui) {
        let frame = Frame::new().fill(Tokens::of(ui).window).inner_margin(Margin::ZERO);
        let shown = CentralPanel::default().frame(frame).show(ui, |ui| {
            let look = canvas::Look {
                registry: flowloom_studio::registry(),
                has_minimap: self.preferences.has_minimap,
                recent: &self.preferences.recent_kinds,
            };
            match self.docs.get_mut(self.front) {
                Some(doc) => canvas::show(ui, doc, &look, &mut self.requests),
                None => self.welcome(ui),
            }
        });
        self.areas.put(Area::Canvas, ui.layer_id(), shown.response.rect);
    }

    /// No flow is open: what to do.
    fn welcome(&mut self, ui: &mut Ui) {
        let rect = ui.available_rect_before_wrap();
        let center = Rect::from_center_size(rect.center(), Vec2::new(320.0, 160.0));
        ui.scope_builder(egui::UiBuilder::new().max_rect(center), |ui| {
            ui.vertical_centered(|ui| {
                ui.label(egui::RichText::new("No flow is open").font(crate::theme::title()));
                ui.add_space(8.0);
                for action in [
                    crate::action::Action::NewFlow,
                    crate::action::Action::OpenFlow,
                    crate::action::Action::OpenSample,
                ] {
                    if ui.button(action.label()).clicked() {
                        self.requests.act(action);
                    }
                }
            });
        });
    }

    fn dialogs(&mut self, ui: &mut Ui) {
        let Some(dialog) = &mut self.dialog else { return };
        let env = DialogEnv {
            action: crate::action::Env { doc: self.docs.get(self.front), tabs: self.docs.len() },
            keymap: &self.keymap,
            registry: flowloom_studio::registry(),
            recent: &self.recent,
        };
        let answer = dialog.ui(ui, &env, &mut self.session);
        if let Some(answer) = answer {
            self.requests.push(crate::request::Request::Answered(answer));
        }
    }
}
