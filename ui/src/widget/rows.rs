//! A list of rows that are edited in place: dragged by their grip, moved by its arrow keys, removed by a cross.

use egui::accesskit::Role;
use egui::{
    Align, CursorIcon, EventFilter, Id, Key, Layout, Modifiers, Rect, Response, Sense, Stroke, Ui, Vec2,
    WidgetInfo,
};

use super::{button, text};
use crate::icon;
use crate::theme::{self, Tokens, space};

const GRIP: f32 = 16.0;
const CROSS: f32 = 22.0;
const GAP: f32 = 4.0;

/// Draws each of `items` by `row`. `noun`: what screen readers call one, `Condition`. Rows are identified by
/// their place.
pub fn rows<T>(
    ui: &mut Ui,
    id: Id,
    noun: &dyn Fn(usize) -> String,
    items: &mut Vec<T>,
    row: impl FnMut(&mut Ui, usize, &mut T),
) {
    rows_between(ui, id, noun, "", items, row);
}

/// [`rows`] with a word between each two, such as `and`.
pub fn rows_between<T>(
    ui: &mut Ui,
    id: Id,
    noun: &dyn Fn(usize) -> String,
    word: &str,
    items: &mut Vec<T>,
    mut row: impl FnMut(&mut Ui, usize, &mut T),
) {
    let mut places = Vec::with_capacity(items.len());
    let (mut removed, mut moved, mut dragged) = (None, None, None);
    for (i, item) in items.iter_mut().enumerate() {
        let name = noun(i);
        if i > 0 && !word.is_empty() {
            let color = Tokens::of(ui).faint;
            let words = text::line(ui, word, theme::small(), color, 60.0);
            let (_, place) = ui.allocate_space(Vec2::new(GRIP + GAP + 60.0, 14.0));
            ui.painter().galley(place.min + Vec2::new(GRIP + GAP, -1.0), words, color);
        }
        let shown = ui.with_layout(Layout::left_to_right(Align::Min), |ui| {
            ui.spacing_mut().item_spacing.x = GAP;
            let width = ui.available_width() - GRIP - CROSS - 2.0 * GAP;
            let grip = grip(ui, id.with(("grip", i)), &name);
            let by = steps(ui, &grip, false);
            if by != 0 {
                moved = Some((i, i.saturating_add_signed(by)));
            }
            if grip.dragged() {
                dragged = Some((i, false));
            }
            if grip.drag_stopped() {
                dragged = Some((i, true));
            }
            ui.allocate_ui_with_layout(Vec2::new(width, space::ROW), Layout::top_down(Align::Min), |ui| {
                ui.set_width(width);
                ui.push_id(("row", i), |ui| row(ui, i, item));
            });
            let size = Vec2::new(CROSS, space::ROW);
            if button::icon_sized(ui, "ui/close", &format!("Remove {}", lower(&name)), size).clicked() {
                removed = Some(i);
            }
        });
        places.push(shown.response.rect);
    }
    if let Some((from, is_dropped)) = dragged
        && let Some(pointer) = ui.ctx().pointer_interact_pos()
    {
        let to = places.iter().filter(|place| place.center().y < pointer.y).count();
        if is_dropped {
            moved = Some((from, if to > from { to - 1 } else { to }));
        } else {
            mark(ui, &places, to);
        }
    }
    if let Some((from, to)) = moved
        && to < items.len()
        && to != from
    {
        let item = items.remove(from);
        items.insert(to, item);
        ui.memory_mut(|memory| memory.request_focus(id.with(("grip", to))));
    }
    if let Some(at) = removed {
        items.remove(at);
    }
}

/// `Condition 1` inside of a sentence.
pub fn lower(name: &str) -> String {
    // `CA certificate` stays what it is.
    if name.chars().nth(1).is_some_and(char::is_uppercase) {
        return name.to_owned();
    }
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// What a row is dragged by.
pub fn grip(ui: &mut Ui, id: Id, name: &str) -> Response {
    let (_, rect) = ui.allocate_space(Vec2::new(GRIP, space::ROW));
    let response = ui.interact(rect, id, Sense::click_and_drag());
    let label = format!("Move {}", lower(name));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), &label));
    let tokens = Tokens::of(ui);
    let color = match () {
        () if response.has_focus() || response.dragged() => tokens.accent,
        () if response.hovered() => tokens.text,
        () => tokens.faint,
    };
    icon::paint(ui.painter(), "ui/grip", Rect::from_center_size(rect.center(), Vec2::splat(14.0)), color);
    if response.clicked() {
        response.request_focus();
    }
    let response = response.on_hover_and_drag_cursor(CursorIcon::Grab);
    if response.dragged() { response } else { response.on_hover_text("Drag, or press ↑ and ↓, to move") }
}

/// Places down, or up where negative, that the arrow keys ask for while `grip` has the keyboard; with
/// `is_flow`, left and right as well.
pub fn steps(ui: &Ui, grip: &Response, is_flow: bool) -> isize {
    if !grip.has_focus() {
        return 0;
    }
    ui.memory_mut(|memory| {
        let filter =
            EventFilter { vertical_arrows: true, horizontal_arrows: is_flow, ..EventFilter::default() };
        memory.set_focus_lock_filter(grip.id, filter);
    });
    ui.input_mut(|input| {
        let mut count = |key| input.count_and_consume_key(Modifiers::NONE, key) as isize;
        let by = count(Key::ArrowDown) - count(Key::ArrowUp);
        if is_flow { by + count(Key::ArrowRight) - count(Key::ArrowLeft) } else { by }
    })
}

/// A line where the row would go.
fn mark(ui: &Ui, places: &[Rect], to: usize) {
    let Some(place) = places.get(to).or(places.last()) else { return };
    let y = if to < places.len() { place.top() - 2.0 } else { place.bottom() + 2.0 };
    ui.painter().hline(place.x_range(), y, Stroke::new(2.0, Tokens::of(ui).accent));
}
