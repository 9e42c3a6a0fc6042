//! One line of the tree, and what was asked of it.

use egui::accesskit::Role;
use egui::{Align, CursorIcon, Id, Layout, Rect, Response, Sense, Stroke, Ui, UiBuilder, Vec2, WidgetInfo};
use flowloom_flow::FieldFacts;
use flowloom_flow::value::FieldSpec;

use super::line::{self, ACT, GAP, Look, type_word};
use super::tree::{self, Line};
use super::{Do, more, name_id, new_id};
use crate::editor::parts::{self, Part};
use crate::form::At;
use crate::icon;
use crate::theme::{self, Tokens, space};
use crate::widget::field::Field;
use crate::widget::rows::{grip, steps};
use crate::widget::{button, text};

const GRIP: f32 = 16.0;
const CHEVRON: f32 = 16.0;

/// What rows are drawn with, and what came of them.
pub(super) struct Rows<'r, 'a> {
    pub(super) fields: &'r mut [FieldSpec],
    pub(super) facts: &'r [FieldFacts],
    pub(super) at: &'r At<'a>,
    pub(super) look: &'r Look,
    /// The field whose grip is held, and whether it was let go.
    pub(super) dragged: Option<(usize, bool)>,
    /// Of fields in sight.
    pub(super) places: Vec<(usize, Rect)>,
}

impl Rows<'_, '_> {
    /// The place of a line, and of what stands in its first part.
    fn place(&self, ui: &mut Ui, depth: usize) -> (Rect, Rect) {
        let (_, rect) = ui.allocate_space(Vec2::new(ui.available_width(), self.look.height));
        let left = rect.left() + line::indent(depth);
        let top = Rect::from_min_max(egui::pos2(left, rect.top() + 2.0), rect.right_top());
        (rect, Rect::from_min_size(top.min, Vec2::new(rect.right() - left, space::ROW)))
    }

    /// Facts below `top`, from `left` on; hovering tells all of them.
    fn facts(&self, ui: &Ui, rect: Rect, top: Rect, left: f32, line: &Line, dtype: &str) {
        let facts = tree::at(self.facts, &line.path);
        let place = Rect::from_min_max(egui::pos2(left, top.bottom() + 1.0), rect.right_bottom());
        line::facts(ui, facts, place, self.look);
        if !self.facts.is_empty() {
            let response = ui.interact(place, ui.scope_id().with(("facts", &line.path)), Sense::hover());
            response.on_hover_ui(|ui| line::hover(ui, &line.path, dtype, facts));
        }
    }

    pub(super) fn field(&mut self, ui: &mut Ui, i: usize, line: &Line) -> Option<Do> {
        let (rect, top) = self.place(ui, 0);
        self.places.push((i, rect));
        let at = self.at;
        let mut asked = None;
        let builder = UiBuilder::new().max_rect(top).layout(Layout::left_to_right(Align::Center));
        let mut name_left = top.left();
        let count = self.fields.len();
        let field = &mut self.fields[i];
        let called = format!("Field {}", i + 1);
        let has_paths = self.look.has_paths;
        ui.scope_builder(builder, |ui| {
            ui.spacing_mut().item_spacing.x = GAP;
            let held = ui.add_enabled_ui(self.look.may_move, |ui| grip(ui, at.id.with(("grip", i)), &called));
            let by = steps(ui, &held.inner, false);
            let to = i.saturating_add_signed(by);
            if by != 0 && to < count {
                asked = Some(Do::Move(i, to));
            }
            if held.inner.dragged() || held.inner.drag_stopped() {
                self.dragged = Some((i, held.inner.drag_stopped()));
            }
            if let Some(is_open) = line.inside
                && chevron(ui, at.id.with(("open", i)), &field.name, is_open)
            {
                asked = Some(Do::Toggle(line.path.clone()));
            }
            name_left = ui.cursor().left();
            let (room, types) = self.look.room(ui, rect);
            let label = format!("{called} name");
            let is_wrong = at.is_wrong(&format!("[{i}].name")) || at.is_wrong(&format!("[{i}].from"));
            let name = Field::new(name_id(at.id, i), &label).mono().hint("Name").width(room - types);
            let mut new = field.name.clone();
            let edited = name.wrong(is_wrong).show(ui, &mut new);
            // A field that had no name when typing began is new: its name says where it is read.
            let is_new = new_id(at.id, i);
            if edited.gained_focus() || edited.lost_focus() {
                let is = field.name.is_empty() && edited.gained_focus();
                ui.data_mut(|data| data.insert_temp(is_new, is));
            }
            if edited.changed() {
                let is_new = field.name.is_empty() || ui.data(|data| data.get_temp(is_new)).unwrap_or(false);
                match () {
                    () if has_paths && !(is_new && field.from.is_none()) => field.rename(new),
                    () => field.name = new,
                }
            }
            let label = format!("{called} type");
            let is_wrong = at.is_wrong(&format!("[{i}].type")) || at.is_wrong(&format!("[{i}].encoding"));
            let part = Part { id: at.id.with(("type", i)), label: &label, width: types, is_wrong };
            let shown = type_word(&field.dtype);
            let before = field.dtype.clone();
            parts::dtype_as(ui, &part, parts::REQUIRED, &shown, &mut field.dtype);
            if field.dtype != before && !field.dtype.starts_with("Datetime") {
                field.encoding = None;
            }
            if has_paths && let Some(new) = more::button(ui, at, i, field, ACT) {
                asked = Some(new);
            }
            let size = Vec2::new(ACT, space::ROW);
            if button::icon_sized(ui, "ui/close", &format!("Remove field {}", i + 1), size).clicked() {
                asked = Some(Do::Remove(i));
            }
        });
        ui.advance_cursor_after_rect(rect);
        let dtype = self.fields[i].dtype.clone();
        self.facts(ui, rect, top, name_left + 2.0, line, &dtype);
        asked
    }

    /// A member of a field's struct.
    pub(super) fn member(&self, ui: &mut Ui, field: usize, in_list: bool, line: &Line) -> Option<Do> {
        let around = self.fields[field].path().map_or(1, |path| path.0.len());
        let steps = line.path.get(around..).unwrap_or_default().to_vec();
        let name = line.path.last().map_or("", String::as_str);
        let (rect, top) = self.place(ui, line.depth);
        let id = self.at.id.with(("member", &line.path));
        let mut asked = None;
        let builder = UiBuilder::new().max_rect(top).layout(Layout::left_to_right(Align::Center));
        let mut left = top.left();
        ui.scope_builder(builder, |ui| {
            ui.spacing_mut().item_spacing.x = GAP;
            match line.inside {
                Some(is_open) => {
                    if chevron(ui, id.with("open"), name, is_open) {
                        asked = Some(Do::Toggle(line.path.clone()));
                    }
                }
                None => drop(ui.allocate_space(Vec2::new(CHEVRON, space::ROW))),
            }
            left = ui.cursor().left();
            let may_lift = !in_list && self.look.has_paths;
            let (room, types) = self.look.room(ui, rect);
            let (_, place) = ui.allocate_space(Vec2::new(room - types, space::ROW));
            label(ui, id, name, place, Tokens::of(ui).text);
            let called = format!("Type of {}", line.path.join("."));
            let part = Part { id: id.with("type"), label: &called, width: types, is_wrong: false };
            let mut dtype = line.dtype.clone();
            parts::dtype_as(ui, &part, parts::REQUIRED, &type_word(&line.dtype), &mut dtype);
            if dtype != line.dtype {
                asked = Some(Do::SetMember(field, steps.clone(), dtype));
            }
            let size = Vec2::new(ACT, space::ROW);
            if may_lift {
                let words = format!("Make {name} a column of its own");
                if button::icon_sized(ui, "ui/lift", &words, size).clicked() {
                    asked = Some(Do::Lift(field, steps.clone()));
                }
            } else if self.look.has_paths {
                ui.allocate_space(size);
            }
            if button::icon_sized(ui, "ui/close", &format!("Remove {name}"), size).clicked() {
                asked = Some(Do::RemoveMember(field, steps.clone()));
            }
        });
        ui.advance_cursor_after_rect(rect);
        self.facts(ui, rect, top, left, line, &line.dtype);
        asked
    }

    /// Something that the sample has and that is not read.
    pub(super) fn unread(&self, ui: &mut Ui, of: Option<usize>, line: &Line) -> Option<Do> {
        let name = line.path.last().map_or("", String::as_str);
        let (rect, top) = self.place(ui, line.depth);
        let id = self.at.id.with(("unread", &line.path));
        let mut asked = None;
        let builder = UiBuilder::new().max_rect(top).layout(Layout::left_to_right(Align::Center));
        let mut left = top.left();
        ui.scope_builder(builder, |ui| {
            ui.spacing_mut().item_spacing.x = GAP;
            let tokens = Tokens::of(ui);
            let lead = if of.is_some() { CHEVRON } else { GRIP };
            ui.allocate_space(Vec2::new(lead, space::ROW));
            left = ui.cursor().left();
            let (room, types) = self.look.room(ui, rect);
            let (_, place) = ui.allocate_space(Vec2::new(room - types, space::ROW));
            label(ui, id, name, place, tokens.faint);
            let (_, place) = ui.allocate_space(Vec2::new(types, space::ROW));
            let words =
                text::line(ui, &type_word(&line.dtype), theme::mono_small(), tokens.faint, types - 8.0);
            let y = place.center().y - words.size().y / 2.0;
            ui.painter().galley(egui::pos2(place.left() + 8.0, y), words, tokens.faint);
            let size = Vec2::new(ACT, space::ROW);
            if self.look.has_paths {
                ui.allocate_space(size);
            }
            if button::icon_sized(ui, "ui/add", &format!("Read {name}"), size).clicked() {
                asked = Some(Do::Read(line.path.clone()));
            }
        });
        ui.advance_cursor_after_rect(rect);
        self.facts(ui, rect, top, left, line, &line.dtype);
        asked
    }

    /// Where a field goes whose grip was let go; a line there while it is held.
    pub(super) fn dropped(&self, ui: &Ui) -> Option<Do> {
        let (from, is_dropped) = self.dragged?;
        let pointer = ui.ctx().pointer_interact_pos()?;
        let above = self.places.iter().rfind(|(_, place)| place.center().y < pointer.y);
        let first = self.places.first()?;
        let to = above.map_or(first.0, |(i, _)| i + 1);
        if is_dropped {
            let to = if to > from { to - 1 } else { to };
            return (to != from).then_some(Do::Move(from, to));
        }
        let (y, range) = match above {
            Some((_, place)) => (place.bottom(), place.x_range()),
            None => (first.1.top(), first.1.x_range()),
        };
        ui.painter().hline(range, y, Stroke::new(2.0, Tokens::of(ui).accent));
        None
    }
}

/// The head of what is not read.
pub(super) fn head(ui: &mut Ui, id: Id, count: usize, is_open: bool, height: f32) -> Option<Do> {
    let (_, rect) = ui.allocate_space(Vec2::new(ui.available_width(), height));
    let row = Rect::from_min_size(rect.min, Vec2::new(rect.width(), space::ROW));
    let response = ui.interact(row, id.with("unread"), Sense::click());
    let words = match count {
        1 => "1 field is not read".to_owned(),
        many => format!("{} fields are not read", crate::format::count(many as u64)),
    };
    response.widget_info(|| WidgetInfo::selected(Role::DisclosureTriangle, true, is_open, &words));
    let tokens = Tokens::of(ui);
    let color = if response.hovered() || response.has_focus() { tokens.text } else { tokens.dim };
    let name = if is_open { "ui/chevron_down" } else { "ui/chevron_right" };
    let sign = Rect::from_center_size(egui::pos2(row.left() + 8.0, row.center().y), Vec2::splat(12.0));
    icon::paint(ui.painter(), name, sign, color);
    let line = text::line(ui, &words, theme::small(), color, row.width() - 24.0);
    ui.painter().galley(
        egui::pos2(row.left() + GRIP + GAP, row.center().y - line.size().y / 2.0),
        line,
        color,
    );
    button::focus_ring_at(ui, &response, row);
    response.on_hover_cursor(CursorIcon::PointingHand).clicked().then_some(Do::ToggleUnread)
}

/// Opens and closes what is inside of `name`.
fn chevron(ui: &mut Ui, id: Id, name: &str, is_open: bool) -> bool {
    let (_, rect) = ui.allocate_space(Vec2::new(CHEVRON, space::ROW));
    let response = ui.interact(rect, id, Sense::click());
    let label = format!("Members of {name}");
    response.widget_info(|| WidgetInfo::selected(Role::DisclosureTriangle, true, is_open, &label));
    let tokens = Tokens::of(ui);
    let color = if response.hovered() || response.has_focus() { tokens.text } else { tokens.dim };
    let sign = if is_open { "ui/chevron_down" } else { "ui/chevron_right" };
    icon::paint(ui.painter(), sign, Rect::from_center_size(rect.center(), Vec2::splat(12.0)), color);
    button::focus_ring(ui, &response);
    response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(label).clicked()
}

/// The name of what cannot be renamed.
fn label(ui: &Ui, id: Id, name: &str, place: Rect, color: egui::Color32) -> Response {
    let shown = if name.is_empty() { "\"\"" } else { name };
    let words = text::line(ui, shown, theme::mono(), color, place.width());
    let response = ui.interact(place, id, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
    let is_cut = words.elided;
    ui.painter().galley(egui::pos2(place.left(), place.center().y - words.size().y / 2.0), words, color);
    if is_cut { response.on_hover_text(name) } else { response }
}
