//! Rows in the order of a column: of what is shown, never of the whole data.

use std::sync::Arc;

use flowloom_flow::Problem;
use polars::prelude::{Column, DataFrame, SortOptions};

use super::Identity;
use crate::requested::Requested;

/// The order that somebody asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    pub column: String,
    pub is_descending: bool,
}

#[derive(Default)]
pub(super) struct Order {
    /// Stays when newer rows come; they are put in order again.
    pub(super) by: Option<By>,
    sorted: Requested<(Identity, By, Arc<Vec<u32>>)>,
    asked: Option<(Identity, By)>,
}

/// Why a column cannot be put in order; `None` where it can.
pub(super) fn refusal(column: &Column) -> Option<&'static str> {
    column.dtype().is_nested().then_some("Lists and structs have no order")
}

impl Order {
    /// Works the order out in the background where it is not known yet.
    pub(super) fn follow(&mut self, rows: &DataFrame, identity: Identity) -> Result<(), Problem> {
        self.sorted.poll();
        let Some(by) = &self.by else { return Ok(()) };
        let Some(column) = rows.columns().iter().find(|column| column.name().as_str() == by.column) else {
            self.by = None;
            return Ok(());
        };
        let wanted = (identity, by.clone());
        if self.asked.as_ref() == Some(&wanted) {
            return Ok(());
        }
        self.asked = Some(wanted);
        let (column, by) = (column.clone(), by.clone());
        self.sorted.ask("order", move || {
            let options = SortOptions::default()
                .with_order_descending(by.is_descending)
                .with_nulls_last(true)
                .with_maintain_order(true);
            let sorted = column.as_materialized_series().arg_sort(options);
            (identity, by, Arc::new(sorted.iter().flatten().collect()))
        })
    }

    /// The order, once it is known: the frame's row of each row on screen.
    pub(super) fn rows(&self, identity: Identity) -> Option<Arc<Vec<u32>>> {
        let by = self.by.as_ref()?;
        let (of, sorted_by, rows) = self.sorted.value()?;
        (*of == identity && sorted_by == by).then(|| Arc::clone(rows))
    }

    pub(super) fn is_coming(&self) -> bool {
        self.sorted.is_coming()
    }
}
