//! The drawn menu bar and the context menus: lists of actions, nothing else.

use egui::{Popup, PopupAnchor, PopupCloseBehavior, PopupKind, RichText, Ui};
use flowloom_flow::Edit;

use super::App;
use crate::action::{Action, Env, Keymap};
use crate::request::{About, Request, Requests};
use crate::theme::Tokens;

/// `None`: a line between groups.
type Menu = (&'static str, &'static [Option<Action>]);

const MENUS: [Menu; 5] = [
    (
        "File",
        &[
            Some(Action::NewFlow),
            Some(Action::OpenFlow),
            Some(Action::OpenSample),
            None,
            Some(Action::Save),
            Some(Action::SaveAs),
            Some(Action::Export),
            None,
            Some(Action::NewWindow),
            Some(Action::CloseTab),
            Some(Action::Quit),
        ],
    ),
    (
        "Edit",
        &[
            Some(Action::Undo),
            Some(Action::Redo),
            None,
            Some(Action::Cut),
            Some(Action::Copy),
            Some(Action::Paste),
            Some(Action::PasteWired),
            Some(Action::Duplicate),
            Some(Action::Delete),
            Some(Action::DeleteAndHeal),
            None,
            Some(Action::AddNode),
            Some(Action::Rename),
            Some(Action::TidyUp),
            None,
            Some(Action::SelectAll),
            Some(Action::SelectNone),
            Some(Action::SelectUpstream),
            Some(Action::SelectDownstream),
        ],
    ),
    (
        "View",
        &[
            Some(Action::ZoomIn),
            Some(Action::ZoomOut),
            Some(Action::ZoomReset),
            Some(Action::FitAll),
            Some(Action::FitSelection),
            None,
            Some(Action::TogglePalette),
            Some(Action::ToggleSettings),
            Some(Action::ToggleData),
            Some(Action::ToggleMinimap),
            None,
            Some(Action::ShowData),
            Some(Action::ShowProfile),
            Some(Action::ShowLog),
            Some(Action::ShowRuns),
            Some(Action::Connections),
            None,
            Some(Action::ScaleUp),
            Some(Action::ScaleDown),
            Some(Action::ScaleReset),
            None,
            Some(Action::ThemeSystem),
            Some(Action::ThemeDark),
            Some(Action::ThemeLight),
            None,
            Some(Action::NextTab),
            Some(Action::PreviousTab),
            Some(Action::NextArea),
            Some(Action::PreviousArea),
        ],
    ),
    (
        "Run",
        &[
            Some(Action::Preview),
            Some(Action::PreviewHere),
            Some(Action::Run),
            Some(Action::RunLive),
            Some(Action::Stop),
        ],
    ),
    ("Help", &[Some(Action::CommandPalette), Some(Action::Shortcuts), None, Some(Action::About)]),
];

const ON_CANVAS: &[Option<Action>] = &[
    Some(Action::AddNode),
    Some(Action::Paste),
    Some(Action::PasteWired),
    None,
    Some(Action::SelectAll),
    Some(Action::TidyUp),
    Some(Action::FitAll),
    None,
    Some(Action::Preview),
    Some(Action::Run),
    Some(Action::RunLive),
];

const ON_NODES: &[Option<Action>] = &[
    Some(Action::PreviewHere),
    None,
    Some(Action::Cut),
    Some(Action::Copy),
    Some(Action::Duplicate),
    Some(Action::Delete),
    Some(Action::DeleteAndHeal),
    None,
    Some(Action::Rename),
    Some(Action::SelectUpstream),
    Some(Action::SelectDownstream),
    Some(Action::FitSelection),
    Some(Action::TidyUp),
];

impl App {
    /// The menus of the menu bar.
    pub(super) fn menus(&mut self, ui: &mut Ui) {
        for (name, actions) in MENUS {
            let (keymap, recent) = (&self.keymap, &self.recent);
            let env = Env { doc: self.docs.get(self.front), tabs: self.docs.len() };
            let requests = &mut self.requests;
            ui.menu_button(RichText::new(name).color(Tokens::of(ui).dim), |ui| {
                list(ui, actions, &env, keymap, requests);
                if name == "File" && !recent.is_empty() {
                    ui.separator();
                    ui.menu_button("Recent files", |ui| {
                        for path in recent {
                            let label = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
                            let button = ui.button(label.as_ref()).on_hover_text(path.display().to_string());
                            if button.clicked() {
                                requests.push(Request::Open(path.clone()));
                            }
                        }
                    });
                }
            });
        }
    }

    /// The context menu, while it is open.
    pub(super) fn context_menu(&mut self, ui: &mut Ui) {
        let Some((at, about)) = self.menu.clone() else { return };
        let (keymap, requests) = (&self.keymap, &mut self.requests);
        let env = Env { doc: self.docs.get(self.front), tabs: self.docs.len() };
        let mut is_open = true;
        let id = ui.scope_id().with("context menu");
        Popup::new(id, ui.ctx().clone(), PopupAnchor::Position(at), ui.layer_id())
            .kind(PopupKind::Menu)
            .layout(egui::Layout::top_down_justified(egui::Align::Min))
            .style(egui::containers::menu::menu_style as fn(&mut egui::Style))
            .width(240.0)
            .gap(0.0)
            .close_behavior(PopupCloseBehavior::CloseOnClick)
            .open_bool(&mut is_open)
            .show(|ui| match &about {
                About::Canvas => list(ui, ON_CANVAS, &env, keymap, requests),
                About::Nodes => list(ui, ON_NODES, &env, keymap, requests),
                About::Wire { from, to, port } => {
                    if ui.button("Remove the wire").clicked() {
                        let (from, to, port) = (from.clone(), to.clone(), port.clone());
                        requests.edit(Edit::Disconnect { from, to, port });
                    }
                }
            });
        if !is_open {
            self.menu = None;
        }
    }
}

/// Actions as entries of a menu; what cannot be done now says why.
fn list(ui: &mut Ui, actions: &[Option<Action>], env: &Env<'_>, keymap: &Keymap, requests: &mut Requests) {
    ui.set_min_width(220.0);
    for action in actions {
        let Some(action) = *action else {
            ui.separator();
            continue;
        };
        let resolved = action.resolve(env);
        let keys = RichText::new(keymap.text(action)).color(Tokens::of(ui).faint);
        let button = egui::Button::new(action.label()).shortcut_text(keys);
        let response = ui.add_enabled(resolved.reason().is_none(), button);
        let response = match resolved.reason() {
            Some(reason) => response.on_disabled_hover_text(reason),
            None => response.on_hover_text(action.spec().tip),
        };
        if response.clicked() {
            requests.act(action);
        }
    }
}
