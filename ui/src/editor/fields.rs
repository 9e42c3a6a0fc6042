//! The fields of a message or file as a tree: names, types, what a sample says of them, and what is not read.
//!
//! Only rows in sight are drawn, so that thousands of fields stay smooth.

mod line;
mod member;
mod more;
mod row;
mod sample;
mod tree;

use std::collections::BTreeSet;

use egui::{Id, ScrollArea, Ui};
use flowloom_flow::FieldFacts;
use flowloom_flow::value::{FieldSpec, Fields, PlainFields};

use super::Edit;
use crate::form::{At, Owner};
use crate::widget::button;
use crate::widget::field::Field;
use tree::{Line, What};

/// Rows that are shown before the list scrolls by itself; longer ones can be searched.
const ROWS: usize = 12;

/// What the list remembers between frames.
#[derive(Clone, Default)]
struct State {
    /// Paths of what is open.
    open: BTreeSet<Vec<String>>,
    is_unread_open: bool,
    query: String,
    /// A field that is scrolled to.
    go_to: Option<usize>,
}

/// What a row asks for; done once all rows are drawn.
enum Do {
    Remove(usize),
    Move(usize, usize),
    /// Members of a struct become columns, in its place.
    Flatten(usize),
    /// One member becomes a column.
    Lift(usize, Vec<String>),
    RemoveMember(usize, Vec<String>),
    SetMember(usize, Vec<String>, String),
    /// A field of the sample is read.
    Read(Vec<String>),
    Toggle(Vec<String>),
    ToggleUnread,
}

impl Edit for Fields {
    fn edit(&mut self, ui: &mut Ui, at: &mut At<'_>) {
        edit(self, ui, at, true);
    }
}

impl Edit for PlainFields {
    fn edit(&mut self, ui: &mut Ui, at: &mut At<'_>) {
        edit(&mut self.0, ui, at, false);
    }
}

/// `has_paths`: a field may be read from elsewhere than its name.
fn edit(all: &mut Fields, ui: &mut Ui, at: &mut At<'_>, has_paths: bool) {
    let key = at.id.with("tree");
    let mut state = ui.data(|data| data.get_temp::<State>(key)).unwrap_or_default();
    if let Owner::Node { id, card, doc } = at.owner
        && card.inputs.is_empty()
    {
        // Only what reads from outside has something to infer from.
        sample::bar(all, ui, at, id, doc);
    }
    let facts = facts_of(at);
    if all.0.len() > ROWS {
        let find = Field::new(at.id.with("find"), "Find a field").hint("Find a field");
        find.show(ui, &mut state.query);
    }
    let lines = tree::lines(&all.0, facts, &state);
    let asked = list(&mut all.0, &lines, facts, ui, at, &mut state, has_paths);
    ui.horizontal_wrapped(|ui| {
        if button::quiet(ui, "ui/add", "Add field").clicked() {
            all.0.push(FieldSpec::new("", "String"));
            let last = all.0.len() - 1;
            state.query.clear();
            state.go_to = Some(last);
            ui.memory_mut(|memory| memory.request_focus(name_id(at.id, last)));
            ui.data_mut(|data| data.insert_temp(new_id(at.id, last), true));
        }
    });
    if let Some(asked) = asked {
        carry_out(asked, &mut all.0, facts, ui, at.id, &mut state);
        ui.ctx().request_repaint();
    }
    ui.data_mut(|data| data.insert_temp(key, state));
}

/// What the last sample said of each field.
fn facts_of<'a>(at: &At<'a>) -> &'a [FieldFacts] {
    let Owner::Node { id, doc, .. } = at.owner else { return &[] };
    doc.sample(id).map_or(&[], |sample| sample.found.facts.as_slice())
}

fn name_id(id: Id, i: usize) -> Id {
    id.with(("name", i))
}

/// Whether the name of field `i` is typed for the first time.
fn new_id(id: Id, i: usize) -> Id {
    id.with(("is new", i))
}

/// Draws the lines that are in sight.
fn list(
    fields: &mut [FieldSpec],
    lines: &[Line],
    facts: &[FieldFacts],
    ui: &mut Ui,
    at: &At<'_>,
    state: &mut State,
    has_paths: bool,
) -> Option<Do> {
    let height = if facts.is_empty() { line::PLAIN } else { line::WITH_FACTS };
    let is_stale = matches!(at.owner, Owner::Node { id, doc, .. } if doc.outdated(id).is_some());
    let look = line::Look { height, is_stale, may_move: state.query.trim().is_empty(), has_paths };
    let mut asked = None;
    let mut draw = |ui: &mut Ui, shown: std::ops::Range<usize>| {
        let mut rows = row::Rows { fields, facts, at, look: &look, dragged: None, places: Vec::new() };
        for line in &lines[shown] {
            let new = match &line.what {
                What::Field(i) => rows.field(ui, *i, line),
                What::Member { field, in_list } => rows.member(ui, *field, *in_list, line),
                What::Unread { of } => rows.unread(ui, *of, line),
                What::Head(count) => row::head(ui, at.id, *count, state.is_unread_open, height),
            };
            asked = asked.take().or(new);
        }
        asked = asked.take().or(rows.dropped(ui));
    };
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        if lines.len() <= ROWS {
            return draw(ui, 0..lines.len());
        }
        let mut area = ScrollArea::vertical().id_salt(at.id.with("rows")).max_height(height * ROWS as f32);
        let is_there = |line: &Line| matches!(line.what, What::Field(i) if Some(i) == state.go_to);
        if let Some(line) = lines.iter().position(is_there) {
            area = area.vertical_scroll_offset((line as f32 + 1.0 - ROWS as f32).max(0.0) * height);
        }
        area.auto_shrink([false, true]).show_rows(ui, height, lines.len(), draw);
    });
    state.go_to = None;
    // What is wrong with rows that are out of sight is said below them.
    at.tell(ui, "");
    asked
}

fn carry_out(
    asked: Do,
    fields: &mut Vec<FieldSpec>,
    facts: &[FieldFacts],
    ui: &Ui,
    id: Id,
    state: &mut State,
) {
    match asked {
        Do::Remove(i) => drop(fields.remove(i)),
        Do::Move(from, to) => {
            let field = fields.remove(from);
            let to = to.min(fields.len());
            fields.insert(to, field);
            ui.memory_mut(|memory| memory.request_focus(id.with(("grip", to))));
        }
        Do::Flatten(i) => member::flatten(fields, i),
        Do::Lift(i, steps) => member::lift(fields, i, &steps),
        Do::RemoveMember(i, steps) => {
            if member::remove(&mut fields[i], &steps) {
                fields.remove(i);
            }
        }
        Do::SetMember(i, steps, dtype) => member::set(&mut fields[i], &steps, &dtype),
        Do::Read(path) => member::read(fields, facts, &path),
        Do::Toggle(path) => {
            if !state.open.remove(&path) {
                state.open.insert(path);
            }
        }
        Do::ToggleUnread => state.is_unread_open = !state.is_unread_open,
    }
}
