//! What there is to set of a field beside its name and type: where it is read, how its time is written.

use egui::accesskit::Role;
use egui::{CursorIcon, Popup, PopupCloseBehavior, Rect, Sense, Ui, Vec2, WidgetInfo};
use flowloom_flow::form::Choices as _;
use flowloom_flow::value::{Encoding, FieldPath, FieldSpec};

use super::Do;
use crate::form::At;
use crate::icon;
use crate::theme::{self, Tokens, space};
use crate::widget::field::Field;
use crate::widget::{button, text};

const WIDTH: f32 = 260.0;

/// A button that opens the rest of field `i`.
pub(super) fn button(ui: &mut Ui, at: &At<'_>, i: usize, field: &mut FieldSpec, width: f32) -> Option<Do> {
    let label = format!("More of field {}", i + 1);
    let open = button::icon_sized(ui, "ui/more", &label, Vec2::new(width, space::ROW));
    let mut asked = None;
    Popup::from_toggle_button_response(&open)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .width(WIDTH)
        .gap(4.0)
        .show(|ui| {
            ui.set_width(WIDTH);
            ui.spacing_mut().item_spacing.y = space::GRID;
            from(ui, at, i, field);
            if field.dtype.starts_with("Datetime") {
                encoding(ui, field);
            }
            if field.dtype.starts_with("Struct{") {
                let flatten = button::quiet(ui, "ui/lift", "Make columns of its members");
                if flatten
                    .on_hover_text("Each member becomes a column of its own, in place of the struct")
                    .clicked()
                {
                    asked = Some(Do::Flatten(i));
                    ui.close();
                }
            }
        });
    asked
}

fn from(ui: &mut Ui, at: &At<'_>, i: usize, field: &mut FieldSpec) {
    text::paragraph(ui, "Read from, where that is not the name");
    let label = format!("Field {} path", i + 1);
    let mut path = field.from.clone().unwrap_or_default();
    let shown = Field::new(at.id.with(("from", i)), &label).mono().hint(&field.name);
    let shown = shown.wrong(at.is_wrong(&format!("[{i}].from"))).show(ui, &mut path);
    let shown = shown.on_hover_text(
        "Keys with dots between them, such as customer.address.city; a key with a dot stands in quotes",
    );
    if shown.changed() {
        field.from = (!path.trim().is_empty()).then_some(path);
    } else if shown.lost_focus()
        && let Ok(path) = FieldPath::parse(&path)
    {
        field.set_path(&path);
    }
    if let Some(Err(problem)) = field.from.as_deref().map(FieldPath::parse) {
        crate::form::chrome::problem(ui, &problem);
    }
}

fn encoding(ui: &mut Ui, field: &mut FieldSpec) {
    text::paragraph(ui, "Written in the message as");
    let usual = (None, "Epoch in its unit, or RFC 3339");
    let all = Encoding::ALL.iter().map(|(encoding, choice)| (Some(*encoding), choice.label));
    ui.spacing_mut().item_spacing.y = 0.0;
    for (encoding, label) in std::iter::once(usual).chain(all) {
        let is_picked = field.encoding == encoding;
        if option(ui, label, is_picked) {
            field.encoding = encoding;
        }
    }
}

/// One of several; whether it was clicked.
fn option(ui: &mut Ui, label: &str, is_picked: bool) -> bool {
    let (rect, response) = ui.allocate_exact_size(Vec2::new(ui.available_width(), 24.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, is_picked, label));
    let tokens = Tokens::of(ui);
    if response.hovered() {
        ui.painter().rect_filled(rect, space::RADIUS, tokens.hover);
    }
    button::focus_ring(ui, &response);
    let color = if is_picked { tokens.accent } else { tokens.text };
    let words = text::line(ui, label, theme::body(), color, rect.width() - 32.0);
    let y = rect.center().y - words.size().y / 2.0;
    ui.painter().galley(egui::pos2(rect.left() + 8.0, y), words, color);
    if is_picked {
        let center = egui::pos2(rect.right() - 14.0, rect.center().y);
        icon::paint(ui.painter(), "ui/check", Rect::from_center_size(center, Vec2::splat(13.0)), color);
    }
    response.on_hover_cursor(CursorIcon::PointingHand).clicked()
}
