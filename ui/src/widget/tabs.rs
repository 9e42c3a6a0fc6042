//! A strip of tabs, the open one underlined.

use egui::accesskit::Role;
use egui::{Align2, Rect, Sense, Ui, Vec2, WidgetInfo};

use super::button;
use crate::theme::{self, Tokens};

/// Height of a strip.
pub const STRIP: f32 = 36.0;
const GAP: f32 = 18.0;

/// One tab.
#[derive(Clone, Copy, Debug)]
pub struct Tab<T> {
    pub value: T,
    pub label: &'static str,
    /// A dot: something has come since it was last open.
    pub has_news: bool,
}

impl<T> Tab<T> {
    pub const fn new(value: T, label: &'static str) -> Self {
        Self { value, label, has_news: false }
    }
}

/// Draws the tabs from left to right and opens the one that is clicked; whether it was another one.
pub fn tabs<T: Copy + PartialEq>(ui: &mut Ui, tabs: &[Tab<T>], open: &mut T) -> bool {
    let before = *open;
    ui.spacing_mut().item_spacing.x = GAP;
    for tab in tabs {
        one(ui, tab, open);
    }
    *open != before
}

fn one<T: Copy + PartialEq>(ui: &mut Ui, tab: &Tab<T>, open: &mut T) {
    let tokens = Tokens::of(ui);
    let is_open = tab.value == *open;
    let font = if is_open { theme::strong() } else { theme::body() };
    // As wide as when it is open, so that nothing moves.
    let width = ui.painter().layout_no_wrap(tab.label.to_owned(), theme::strong(), tokens.text).size().x;
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, STRIP), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, is_open, tab.label));
    let color = if is_open || response.hovered() || response.has_focus() { tokens.text } else { tokens.dim };
    ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, tab.label, font, color);
    let ring = Rect::from_center_size(rect.center(), Vec2::new(width + 12.0, 26.0));
    button::focus_ring_at(ui, &response, ring);
    if is_open {
        let inset = (width * 0.18).min(7.0);
        let line = Rect::from_x_y_ranges(
            rect.left() + inset..=rect.right() - inset,
            rect.center().y + 10.0..=rect.center().y + 12.0,
        );
        ui.painter().rect_filled(line, 1.0, tokens.accent);
    } else if tab.has_news {
        ui.painter().circle_filled(rect.right_center() + Vec2::new(6.0, -5.0), 2.5, tokens.accent);
    }
    if response.clicked() {
        *open = tab.value;
    }
}
