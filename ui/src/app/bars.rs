//! The bars: menu and tabs, tools, status.

use egui::{Align, CornerRadius, Frame, Layout, Margin, Panel, Rect, Response, RichText, Sense, Ui, Vec2};

use super::App;
use super::areas::Area;
use crate::action::{Action, Env, Keymap};
use crate::doc::{Doc, Goal};
use crate::request::{Request, Requests};
use crate::status::Status;
use crate::theme::{self, Tokens, space};
use crate::widget::{button, tool};
use crate::{format, icon};

impl App {
    /// Menu and tabs.
    pub(super) fn menu_bar(&mut self, ui: &mut Ui) {
        bar(ui, "menu bar", space::MENU_BAR, |ui| {
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(18.0), Sense::hover());
            icon::paint_colored(ui.painter(), "flowloom", rect);
            ui.add_space(4.0);
            ui.spacing_mut().item_spacing.x = 2.0;
            egui::containers::menu::menu_style(ui.style_mut());
            ui.spacing_mut().button_padding = Vec2::new(8.0, 5.0);
            self.menus(ui);
            ui.add_space(24.0);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if command_field(ui, &self.keymap).clicked() {
                    self.requests.act(Action::CommandPalette);
                }
                ui.add_space(12.0);
                ui.with_layout(Layout::left_to_right(Align::Center), |ui| self.tabs(ui));
            });
        });
    }

    fn tabs(&mut self, ui: &mut Ui) {
        let (front, requests) = (self.front, &mut self.requests);
        egui::ScrollArea::horizontal().show(ui, |ui| {
            for (at, doc) in self.docs.iter().enumerate() {
                tab(ui, doc, at == front, requests);
            }
            if tool::icon_button(ui, "ui/add", "New flow").clicked() {
                requests.act(Action::NewFlow);
            }
        });
    }

    /// Tools: what a flow is mostly asked for.
    pub(super) fn toolbar(&mut self, ui: &mut Ui) {
        let layer = ui.layer_id();
        let rect = bar(ui, "toolbar", space::TOOLBAR, |ui| {
            let env = Env { doc: self.docs.get(self.front), tabs: self.docs.len() };
            let (keymap, requests) = (&self.keymap, &mut self.requests);
            let is_narrow = ui.available_width() < 700.0;
            let is_open = self.connections.is_open();
            verb(ui, Action::Preview, Look::Keyed, &env, keymap, requests);
            verb(ui, Action::Run, Look::Primary, &env, keymap, requests);
            let quiet = if is_narrow { Look::Icon } else { Look::Quiet };
            verb(ui, Action::RunLive, quiet, &env, keymap, requests);
            verb(ui, Action::Stop, Look::Quiet, &env, keymap, requests);
            tool::rule(ui);
            for action in [Action::Undo, Action::Redo] {
                verb(ui, action, Look::Icon, &env, keymap, requests);
            }
            verb(ui, Action::TidyUp, quiet, &env, keymap, requests);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                verb(ui, Action::Export, Look::Framed, &env, keymap, requests);
                let look = match () {
                    () if is_narrow => Look::Icon,
                    () if is_open => Look::Framed,
                    () => Look::Quiet,
                };
                verb(ui, Action::Connections, look, &env, keymap, requests);
                for action in [Action::ToggleSettings, Action::ToggleData, Action::TogglePalette] {
                    verb(ui, action, Look::Icon, &env, keymap, requests);
                }
            });
        });
        self.areas.put(Area::Toolbar, layer, rect);
    }

    /// Connection, what goes on, rate; saved, memory.
    pub(super) fn status_bar(&mut self, ui: &mut Ui) {
        let frame = bar_frame(ui);
        Panel::bottom("status bar").exact_size(space::STATUS_BAR).resizable(false).frame(frame).show(
            ui,
            |ui| {
                let tokens = Tokens::of(ui);
                ui.horizontal_centered(|ui| {
                    ui.spacing_mut().item_spacing.x = 14.0;
                    let dim = |text: String| RichText::new(text).small().color(tokens.dim);
                    if let Some((text, is_up)) = self.broker() {
                        let status = if is_up { Status::Done } else { Status::Running };
                        ui.horizontal(|ui| {
                            ui.spacing_mut().item_spacing.x = 6.0;
                            let (rect, _) = ui.allocate_exact_size(Vec2::splat(8.0), Sense::hover());
                            status.paint(ui.painter(), rect.center(), 8.0, tokens);
                            ui.label(dim(text.to_owned()));
                        });
                    }
                    let Some(doc) = self.doc() else { return };
                    ui.label(dim(what_goes_on(doc)));
                    if let Some(rate) = doc.job.as_ref().and_then(crate::doc::Running::rate) {
                        ui.label(
                            RichText::new(format!("{} rows/s", format::short(rate)))
                                .font(theme::mono_small())
                                .color(tokens.dim),
                        );
                    }
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        if let Some(bytes) = crate::memory::resident_bytes(ui.ctx()) {
                            let text = RichText::new(format::bytes(bytes))
                                .font(theme::mono_small())
                                .color(tokens.dim);
                            ui.label(text).on_hover_text("Memory of this program");
                        }
                        ui.label(dim(saved_text(doc)));
                    });
                });
            },
        );
    }
}

fn bar_frame(ui: &Ui) -> Frame {
    Frame::new().fill(Tokens::of(ui).panel).inner_margin(Margin::symmetric(space::PADDING as i8, 0))
}

fn bar(ui: &mut Ui, id: &'static str, height: f32, content: impl FnOnce(&mut Ui)) -> Rect {
    let frame = bar_frame(ui);
    let panel = Panel::top(id).exact_size(height).resizable(false).frame(frame);
    panel.show(ui, |ui| ui.horizontal_centered(content)).response.rect
}

/// How a tool looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// The one that stands out.
    Primary,
    /// With a frame, its keys beside it.
    Keyed,
    Framed,
    /// No frame.
    Quiet,
    /// The icon alone.
    Icon,
}

fn verb(ui: &mut Ui, action: Action, look: Look, env: &Env<'_>, keymap: &Keymap, requests: &mut Requests) {
    let (spec, resolved) = (action.spec(), action.resolve(env));
    let is_on = resolved.reason().is_none();
    let keys = keymap.text(action);
    let label = spec.label.trim_end_matches('…');
    let response = if look == Look::Icon {
        tool::icon_button_enabled(ui, spec.icon.unwrap_or("ui/more"), spec.label, is_on)
    } else {
        let style = match look {
            Look::Primary => tool::ButtonLook::Primary,
            Look::Quiet => tool::ButtonLook::Quiet,
            _ => tool::ButtonLook::Framed,
        };
        let cap = (look == Look::Keyed && ui.available_width() > 500.0).then_some(keys.as_str());
        tool::button(ui, spec.icon, label, cap, style, is_on)
    };
    let hover = match resolved.reason() {
        Some(reason) => reason.to_owned(),
        None if keys.is_empty() => spec.tip.to_owned(),
        None => format!("{} ({keys})", spec.tip),
    };
    if response.on_hover_text(hover).clicked() {
        requests.act(action);
    }
}

/// One flow's tab: a dot while it has unsaved work, a cross on hover.
fn tab(ui: &mut Ui, doc: &Doc, is_front: bool, requests: &mut Requests) {
    let tokens = Tokens::of(ui);
    let title = doc.title();
    let color = if is_front { tokens.text } else { tokens.dim };
    let font = if is_front { theme::strong() } else { theme::body() };
    let galley = ui.painter().layout_no_wrap(tool::ellipsized(&title, 28), font, color);
    let size = Vec2::new(galley.size().x + 52.0, 28.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| {
        let mark = if doc.is_saved { "" } else { ", unsaved" };
        egui::WidgetInfo::selected(egui::Role::Tab, true, is_front, format!("{title}{mark}"))
    });
    let ground = if is_front {
        tokens.raised
    } else if response.hovered() {
        tokens.hover
    } else {
        tokens.panel
    };
    ui.painter().rect_filled(rect, CornerRadius::same(space::RADIUS), ground);
    button::focus_ring(ui, &response);
    if !doc.is_saved {
        ui.painter().circle_filled(rect.left_center() + Vec2::new(14.0, 0.0), 3.0, tokens.accent);
    }
    let at = rect.left_center() + Vec2::new(24.0, -galley.size().y / 2.0);
    ui.painter().galley(at, galley, color);
    let cross = Rect::from_center_size(rect.right_center() - Vec2::new(14.0, 0.0), Vec2::splat(18.0));
    if response.hovered() || response.contains_pointer() || is_front {
        let close = ui.interact(cross, response.id.with("close"), Sense::click());
        close.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, format!("Close {title}")));
        let color = if close.hovered() { tokens.text } else { tokens.faint };
        icon::paint(ui.painter(), "ui/close", cross.shrink(3.0), color);
        button::focus_ring(ui, &close);
        if close.clicked() {
            requests.push(Request::CloseTab(doc.key));
            return;
        }
    }
    if response.clicked() {
        requests.push(Request::ShowTab(doc.key));
    }
    if response.middle_clicked() {
        requests.push(Request::CloseTab(doc.key));
    }
    if let Some(path) = &doc.path {
        response.on_hover_text(path.display().to_string());
    }
}

fn command_field(ui: &mut Ui, keymap: &Keymap) -> Response {
    let keys = keymap.text(Action::CommandPalette);
    if ui.available_width() < 520.0 {
        return tool::icon_button(ui, "ui/search", Action::CommandPalette.label());
    }
    tool::button(ui, None, "Search or run a command", Some(&keys), tool::ButtonLook::Quiet, true)
}

fn what_goes_on(doc: &Doc) -> String {
    let Some(job) = &doc.job else {
        return match (doc.waits_for, doc.first_error()) {
            (Some(waits), _) => waits.to_owned(),
            (None, Some(problem)) => {
                let node = problem.at.node.as_ref().map(|id| format!("{}: ", crate::doc::title_of(id)));
                tool::ellipsized(&format!("{}{}", node.unwrap_or_default(), problem.message), 90)
            }
            (None, None) => doc.log.last_info().unwrap_or("Ready").to_owned(),
        };
    };
    if let Some(live) = &job.live {
        let state = if job.is_ending() {
            "ends, the batch that runs is dropped".to_owned()
        } else if job.is_stopping() {
            "ends after this batch".to_owned()
        } else {
            live.words()
        };
        return tool::ellipsized(&format!("Live: {state}"), 110);
    }
    let what = match &job.goal {
        Goal::Live(_) => "Live",
        Goal::Run => "Run",
        Goal::Preview(_) => "Preview",
    };
    if job.is_stopping() {
        return format!("{what}: stopping");
    }
    if job.is_committing {
        return format!("{what}: committing");
    }
    match (job.share(), job.left()) {
        (Some(share), Some(left)) => {
            format!("{what}: reading, {:.0} %, {} left", share * 100.0, format::duration(left))
        }
        (Some(share), None) => format!("{what}: reading, {:.0} %", share * 100.0),
        (None, _) => format!("{what}: {}", format::duration(job.since.elapsed())),
    }
}

fn saved_text(doc: &Doc) -> String {
    if doc.is_saving {
        return "Saving…".to_owned();
    }
    match (doc.is_saved, doc.saved_at) {
        (false, _) => "Unsaved".to_owned(),
        (true, Some(at)) => format!("Saved {}", format::minute(at)),
        (true, None) => "Saved".to_owned(),
    }
}
