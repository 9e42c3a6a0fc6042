//! A node's name, edited where it stands.

use egui::accesskit::Role;
use egui::{Frame, Key, Margin, Rect, Stroke, StrokeKind, TextEdit, Ui, Vec2, WidgetInfo};
use flowloom_flow::{Edit, NodeId};

use super::CanvasState;
use super::geometry::TEXT;
use crate::doc::{Doc, title_of};
use crate::request::Requests;
use crate::theme::{self, Tokens};

#[derive(Debug)]
pub(super) struct Renaming {
    pub(super) node: NodeId,
    text: String,
    /// The field has not been shown yet.
    is_new: bool,
}

impl Renaming {
    pub(super) fn new(node: NodeId) -> Self {
        let text = title_of(&node);
        Self { node, text, is_new: true }
    }

    /// The name that it would be, or why it cannot be.
    fn name(&self, doc: &Doc) -> Result<NodeId, String> {
        if self.text.trim().is_empty() {
            return Err("A node needs a name".to_owned());
        }
        let id = NodeId::nearest(&self.text);
        if id != self.node && doc.flow.nodes.contains_key(&id) {
            let free = doc.flow.free_id(id.as_str());
            return Err(format!("`{}` is taken, `{}` is free", title_of(&id), title_of(&free)));
        }
        Ok(id)
    }
}

impl CanvasState {
    pub(super) fn show_rename(&mut self, ui: &mut Ui, doc: &Doc, tokens: &Tokens, out: &mut Requests) {
        let Some(mut renaming) = self.renaming.take() else { return };
        let Some(&item) = self.scene.by_id.get(&renaming.node) else { return };
        if renaming.is_new && self.camera.zoom < super::frame::FULL {
            let node = renaming.node.clone();
            self.center_on(&node);
            self.renaming = Some(renaming);
            ui.ctx().request_repaint();
            return;
        }
        let node = self.item_rect(item);
        let zoom = self.camera.zoom;
        let min = node.min + Vec2::new(TEXT - 6.0, 8.0) * zoom;
        let rect = Rect::from_min_max(min, egui::pos2(node.right() - 8.0 * zoom, node.top() + 32.0 * zoom));
        let id = ui.scope_id().with("rename");
        let mut font = theme::strong();
        font.size *= zoom;
        let name = renaming.name(doc);
        let edge = if name.is_err() { tokens.error } else { tokens.accent };
        ui.painter().rect(rect, 5.0, tokens.window, Stroke::new(1.0, edge), StrokeKind::Outside);
        let field = TextEdit::singleline(&mut renaming.text)
            .id(id)
            .font(font)
            .frame(Frame::NONE)
            .margin(Margin::symmetric((5.0 * zoom) as i8, (2.0 * zoom) as i8))
            .desired_width(rect.width());
        let response = ui.put(rect, field);
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Name of the node"));
        if let Err(why) = &name {
            let galley = ui.painter().layout_no_wrap(why.clone(), theme::small(), tokens.error);
            let at = rect.left_bottom() + Vec2::new(0.0, 6.0);
            let ground = Rect::from_min_size(at, galley.size())
                .expand2(Vec2::new(8.0, 4.0))
                .translate(Vec2::new(8.0, 4.0));
            ui.painter().rect(ground, 6.0, tokens.raised, Stroke::new(1.0, tokens.error), StrokeKind::Inside);
            ui.painter().galley(ground.min + Vec2::new(8.0, 4.0), galley, tokens.error);
        }
        if renaming.is_new {
            renaming.is_new = false;
            response.request_focus();
            select_all(ui, id, &renaming.text);
            self.renaming = Some(renaming);
            return;
        }
        if ui.input(|input| input.key_pressed(Key::Escape)) {
            return;
        }
        if response.lost_focus() {
            match name {
                Ok(to) if to == renaming.node => return,
                Ok(to) => {
                    out.edit(Edit::RenameNode { id: renaming.node.clone(), to: to.clone() });
                    let follow = |id: &NodeId| if *id == renaming.node { to.clone() } else { id.clone() };
                    out.select(doc.selection.iter().map(follow));
                    return;
                }
                // Enter leaves a wrong name open; a click elsewhere gives it up.
                Err(_) if ui.input(|input| input.key_pressed(Key::Enter)) => response.request_focus(),
                Err(_) => return,
            }
        }
        self.renaming = Some(renaming);
    }
}

fn select_all(ui: &Ui, id: egui::Id, text: &str) {
    let mut state = TextEdit::load_state(ui.ctx(), id).unwrap_or_default();
    let end = egui::text::CCursor::new(text.chars().count());
    state.cursor.set_char_range(Some(egui::text::CCursorRange::two(egui::text::CCursor::new(0), end)));
    TextEdit::store_state(ui.ctx(), id, state);
}
