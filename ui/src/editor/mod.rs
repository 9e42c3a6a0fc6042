//! Editors of values, found by type: a kind that uses a value type has its editor, and a type without one is
//! edited as JSON.

mod aggregations;
mod certificate;
mod column;
mod columns;
mod conditions;
mod connection;
mod credential;
mod expression;
mod fields;
mod file_path;
mod formulas;
mod grid;
mod join_keys;
mod json;
mod literal;
mod parts;
mod properties;
mod selection;
mod sort_keys;
mod sql;
mod topics;

use std::any::TypeId;

use egui::Ui;
use flowloom_flow::form::{Editable, Value};
use flowloom_flow::value::{
    Aggregations, Certificate, Column, Columns, Conditions, ConnectionName, Credential, Expression, Fields,
    FilePath, Formulas, Grid, JoinKeys, Names, PlainFields, Properties, Selection, SortKeys, Topics,
};

pub use json::json;

use crate::form::At;

/// A value that has an editor.
trait Edit: Value {
    fn edit(&mut self, ui: &mut Ui, at: &mut At<'_>);
}

type Editor = fn(&mut Ui, &mut dyn Editable, &mut At<'_>);

const fn row<V: Edit>() -> (TypeId, Editor) {
    (TypeId::of::<V>(), |ui, value, at| {
        if let Some(value) = value.as_any_mut().downcast_mut::<V>() {
            value.edit(ui, at);
        }
    })
}

/// The table of editors, sorted by the name of the type.
const EDITORS: &[(TypeId, Editor)] = &[
    row::<Aggregations>(),
    row::<Certificate>(),
    row::<Column>(),
    row::<Columns>(),
    row::<Conditions>(),
    row::<ConnectionName>(),
    row::<Credential>(),
    row::<Expression>(),
    row::<Fields>(),
    row::<FilePath>(),
    row::<Formulas>(),
    row::<Grid>(),
    row::<JoinKeys>(),
    row::<Names>(),
    row::<PlainFields>(),
    row::<Properties>(),
    row::<Selection>(),
    row::<SortKeys>(),
    row::<Topics>(),
];

/// Draws `value` with the editor of its type.
pub fn edit(ui: &mut Ui, value: &mut dyn Editable, at: &mut At<'_>) {
    let id = value.as_any().type_id();
    match EDITORS.iter().find(|(each, _)| *each == id) {
        Some((_, editor)) => editor(ui, value, at),
        None => json::value(ui, value, at),
    }
}
