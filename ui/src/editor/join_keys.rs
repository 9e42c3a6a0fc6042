//! Which columns of two inputs must be equal.

use egui::Ui;
use flowloom_flow::value::{JoinKey, JoinKeys};

use super::Edit;
use super::parts::{self, Part};
use crate::form::At;
use crate::theme::{self, Tokens};
use crate::widget::rows::rows;
use crate::widget::{button, text};

impl Edit for JoinKeys {
    fn edit(&mut self, ui: &mut Ui, at: &mut At<'_>) {
        rows(ui, at.id, &|i| format!("Key {}", i + 1), &mut self.0, |ui, i, key| row(ui, i, key, at));
        if button::quiet(ui, "ui/add", "Add key").clicked() {
            self.0.push(likely(&self.0, at));
        }
    }
}

fn row(ui: &mut Ui, i: usize, key: &mut JoinKey, at: &At<'_>) {
    let number = i + 1;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let half = (ui.available_width() - 20.0) / 2.0;
        let label = format!("Key {number} left");
        let is_wrong = at.is_wrong(&format!("[{i}].left"));
        let part = Part { id: at.id.with(("left", i)), label: &label, width: half, is_wrong };
        parts::column(ui, &part, at, 0, &mut key.left);
        let sign = text::line(ui, "=", theme::mono(), Tokens::of(ui).faint, 12.0);
        let (_, place) = ui.allocate_space(egui::Vec2::new(12.0, 28.0));
        ui.painter().galley(place.center() - sign.size() / 2.0, sign, Tokens::of(ui).faint);
        let label = format!("Key {number} right");
        let is_wrong = at.is_wrong(&format!("[{i}].right"));
        let part = Part { id: at.id.with(("right", i)), label: &label, width: half, is_wrong };
        parts::column(ui, &part, at, 1, &mut key.right);
    });
    parts::gone(ui, at, 0, &key.left, &format!("[{i}].left"));
    parts::gone(ui, at, 1, &key.right, &format!("[{i}].right"));
    mismatch(ui, i, key, at);
    at.tell(ui, &format!("[{i}]"));
}

/// Says that the types never compare, before the flow is worked out.
fn mismatch(ui: &mut Ui, i: usize, key: &JoinKey, at: &At<'_>) {
    let [Some(left), Some(right)] = [at.inputs.first(), at.inputs.get(1)] else { return };
    let is_known = left.contains(&key.left) && right.contains(&key.right);
    let is_told = at.is_wrong(&format!("[{i}].left")) || at.is_wrong(&format!("[{i}].right"));
    if is_known
        && !is_told
        && let Err(problem) = JoinKeys(vec![key.clone()]).resolve(left, right)
    {
        At::error(ui, &problem.message);
    }
}

/// The first column that both inputs have and no key uses; nothing where there is none.
fn likely(keys: &[JoinKey], at: &At<'_>) -> JoinKey {
    let is_free = |name: &str| !keys.iter().any(|key| key.left == name || key.right == name);
    let shared = at.columns(0).into_iter().map(|entry| entry.value);
    let name =
        shared.into_iter().find(|name| at.dtype(1, name).is_some() && is_free(name)).unwrap_or_default();
    JoinKey { left: name.clone(), right: name }
}
