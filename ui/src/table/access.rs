//! What screen readers and tests see of a table: its size, and a node for each cell on screen.

use egui::accesskit::{Action, Role};
use egui::{Pos2, Rect, Response, Sense, Ui, UiBuilder, WidgetInfo};

use super::selection::{At, Selection};
use super::view::View;
use super::{ROW, TableState, value};

/// Signs of a cell that are read out.
const MOST: usize = 200;

pub(super) fn describe(ui: &mut Ui, view: &View<'_>, body: &Response, state: &mut TableState) {
    let extent = view.extent();
    let is_on = ui.ctx().accesskit_node_builder(ui.unique_id(), |node| {
        node.set_row_count(extent.rows);
        node.set_column_count(extent.columns);
    });
    body.widget_info(|| WidgetInfo::labeled(Role::Group, true, "Cells"));
    if is_on.is_none() {
        return;
    }
    for row in view.rows.clone() {
        let place = Rect::from_min_max(
            Pos2::new(view.rect.left(), view.top(row)),
            Pos2::new(view.rect.right(), view.top(row) + ROW),
        );
        let builder = UiBuilder::new().id_salt(("row", row)).max_rect(place).accessibility_role(Role::Row);
        let line = ui.new_child(builder);
        ui.ctx().accesskit_node_builder(line.unique_id(), |node| node.set_row_index(row));
        for column in view.columns.clone() {
            cell(&line, view, At { row, column }, state);
        }
    }
}

fn cell(line: &Ui, view: &View<'_>, at: At, state: &mut TableState) {
    let place = view.cell(state, at).intersect(view.body);
    let Some(value) = view.value(at).filter(|_| place.is_positive()) else { return };
    let text = value::line(&value, MOST).unwrap_or_else(|| "null".to_owned());
    let response = line.interact(place, line.unique_id().with(at.column), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::GridCell, true, &text));
    let is_selected = state.selection.is_some_and(|selection| selection.has(at));
    line.ctx().accesskit_node_builder(response.id, |node| {
        node.set_row_index(at.row);
        node.set_column_index(at.column);
        node.set_selected(is_selected);
        node.add_action(Action::Click);
    });
    if line.input(|input| input.has_accesskit_action_request(response.id, Action::Click)) {
        state.selection = Some(Selection::cell(at));
    }
}
