//! A button for an action: its icon, its words, its keys on hover.

use egui::accesskit::Role;
use egui::{Align2, Rect, Sense, Ui, Vec2, WidgetInfo};

use super::button;
use crate::action::{Action, Env, Keymap};
use crate::doc::Doc;
use crate::request::Requests;
use crate::theme::{self, Tokens};

const ICON: f32 = 14.0;
const HEIGHT: f32 = 24.0;

/// Asks for `action` when it is clicked; what is off says why on hover.
pub fn action_button(ui: &mut Ui, doc: &Doc, action: Action, out: &mut Requests) {
    let spec = action.spec();
    let off = action.resolve(&Env { doc: Some(doc), tabs: 1 }).reason();
    ui.add_enabled_ui(off.is_none(), |ui| {
        let tokens = Tokens::of(ui);
        let color = if off.is_some() { tokens.faint } else { tokens.text };
        let words = ui.painter().layout_no_wrap(spec.label.to_owned(), theme::small(), color);
        let lead = if spec.icon.is_some() { ICON + 6.0 } else { 0.0 };
        let size = Vec2::new(words.size().x + lead + 20.0, HEIGHT);
        let (rect, response) = ui.allocate_exact_size(size, Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, off.is_none(), spec.label));
        button::ground(ui, &response);
        if let Some(icon) = spec.icon {
            let center = rect.left_center() + Vec2::new(10.0 + ICON / 2.0, 0.0);
            crate::icon::paint(ui.painter(), icon, Rect::from_center_size(center, Vec2::splat(ICON)), color);
        }
        let left = rect.left_center() + Vec2::new(10.0 + lead, 0.0);
        ui.painter().galley(Align2::LEFT_CENTER.anchor_size(left, words.size()).min, words, color);
        let keys = Keymap::shown(ui.ctx()).text(action);
        let tip = if keys.is_empty() { spec.tip.to_owned() } else { format!("{} ({keys})", spec.tip) };
        if response.on_hover_text(tip).on_disabled_hover_text(off.unwrap_or_default()).clicked() {
            out.act(action);
        }
    });
}
