//! The connections in front of the flow: keys, wishes and dialogs of their view.

use egui::{Context, Ui};

use super::App;
use super::areas::Area;
use crate::action::{Action, Focus};
use crate::connections::{Go, Want};
use crate::request::Request;

impl App {
    pub(super) fn connections_view(&mut self, ui: &mut Ui) {
        let layer = ui.layer_id();
        let [list, shown] = self.connections.ui(ui, &self.keymap, &mut self.requests);
        self.areas.put(Area::Connections, layer, list);
        self.areas.put(Area::Connection, layer, shown);
    }

    /// Keys while connections are in front: those that are not of a flow, and saving and trying a connection.
    pub(super) fn connections_keyboard(&mut self, ctx: &Context) {
        for action in self.keymap.pressed(ctx, Focus::Text) {
            self.requests.push(match action {
                Action::Save => Request::Connections(Want::Save),
                Action::Preview => Request::Connections(Want::Test),
                action => Request::Act(action),
            });
        }
    }

    pub(super) fn want(&mut self, want: Want) {
        self.connections.want(want, &mut self.session, &mut self.requests);
    }

    /// Brings connections to the front, or the flow again.
    pub(super) fn toggle_connections(&mut self) {
        if self.connections.is_open() {
            self.want(Want::Go(Go::Close));
        } else {
            self.connections.open(&mut self.session, &mut self.requests);
        }
    }
}
