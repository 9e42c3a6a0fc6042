//! The smallest kinds that the tests of this crate can compile and edit.

use polars::prelude::{Column, DataFrame, IntoLazy as _, LazyFrame, Schema, col};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    Card, CodeWriter, Entry, Form, Group, Kind, Port, Problem, Problems, Registry, Setting, Site, Step,
};

/// `keep`, `pair`, `rows`, `stack`.
pub(crate) const KINDS: Registry =
    Registry(&[Entry::of::<Keep>(), Entry::of::<Pair>(), Entry::of::<Rows>(), Entry::of::<Stack>()]);

const fn card(id: &'static str, inputs: &'static [Port], outputs: &'static [Port], version: u32) -> Card {
    Card { id, name: id, group: Group::Transform, blurb: "For tests", tags: &[], inputs, outputs, version }
}

/// A source: no rows of the columns that it is told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Rows {
    columns: Vec<String>,
}

impl Kind for Rows {
    const CARD: &'static Card = &card("rows", &[], &[Port::OUT], 1);

    fn form(&mut self, _form: &mut dyn Form, _inputs: &[Schema]) {}

    fn plan(&self, _inputs: Vec<LazyFrame>, _site: &Site<'_>) -> Result<Step, Problem> {
        let columns = self.columns.iter().map(|name| Column::new(name.into(), [0_i64; 0])).collect();
        Ok(Step::Frames(vec![DataFrame::new(0, columns)?.lazy()]))
    }

    fn code(&self, _out: &mut CodeWriter<'_>) -> Result<(), Problem> {
        Ok(())
    }
}

/// Keeps one column, or all. Version 1 called it `col`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Keep {
    column: String,
    limit: i64,
    tags: Vec<String>,
}

impl Kind for Keep {
    const CARD: &'static Card =
        &card("keep", &[Port::IN], &[Port::OUT, Port::one("reject", "The others")], 2);

    fn form(&mut self, form: &mut dyn Form, _inputs: &[Schema]) {
        form.text(Setting::new("column", "Column"), &mut self.column);
    }

    fn plan(&self, inputs: Vec<LazyFrame>, _site: &Site<'_>) -> Result<Step, Problem> {
        let keep = |frame: &LazyFrame| match self.column.as_str() {
            "" => frame.clone(),
            name => frame.clone().select([col(name)]),
        };
        Ok(Step::Frames(vec![keep(&inputs[0]), inputs[0].clone()]))
    }

    fn code(&self, _out: &mut CodeWriter<'_>) -> Result<(), Problem> {
        Ok(())
    }

    fn check(&self, _inputs: &[Schema], problems: &mut Problems) {
        if self.limit < 0 {
            problems.error("limit", format!("{} is negative", self.limit));
        }
    }

    fn upgrade(_from: u32, settings: &mut Map<String, Value>) -> Result<(), Problem> {
        if let Some(column) = settings.shift_remove("col") {
            settings.insert("column".to_owned(), column);
        }
        Ok(())
    }
}

macro_rules! first_input {
    ($(#[$doc:meta])* $kind:ident, $id:literal, $inputs:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub(crate) struct $kind {}

        impl Kind for $kind {
            const CARD: &'static Card = &card($id, $inputs, &[Port::OUT], 1);

            fn form(&mut self, _form: &mut dyn Form, _inputs: &[Schema]) {}

            fn plan(&self, inputs: Vec<LazyFrame>, _site: &Site<'_>) -> Result<Step, Problem> {
                Ok(Step::Frames(inputs.into_iter().take(1).collect()))
            }

            fn code(&self, _out: &mut CodeWriter<'_>) -> Result<(), Problem> {
                Ok(())
            }
        }
    };
}

first_input!(
    /// Two inputs of one wire each.
    Pair, "pair", &[Port::one("left", "Left"), Port::one("right", "Right")]
);
first_input!(
    /// One input of many wires.
    Stack, "stack", &[Port::many("in", "Rows")]
);
