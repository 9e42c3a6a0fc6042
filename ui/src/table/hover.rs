//! What a cell says on hover: what did not fit, and a moment in other zones.

use chrono::Local;
use chrono_tz::Tz;
use egui::{Response, RichText, TextWrapMode, Ui};
use polars::prelude::{AnyValue, TimeUnit};

use super::value;
use super::view::View;
use super::{At, TableState};
use crate::format;
use crate::theme::{self, Tokens};

/// Signs of a text that hover shows.
const MOST: usize = 2_000;

pub(super) fn show(view: &View<'_>, state: &TableState, body: &Response) {
    let Some(at) = body.hover_pos().and_then(|pointer| view.cell_at(state, pointer)) else { return };
    let Some(cell) = view.value(at) else { return };
    if body.is_pointer_button_down_on() || !has_more(state, at, &cell) {
        return;
    }
    body.clone().on_hover_ui_at_pointer(|ui| {
        ui.set_max_width(480.0);
        contents(ui, &cell);
    });
}

/// Whether the table shows less than there is to say.
fn has_more(state: &TableState, at: At, cell: &AnyValue<'_>) -> bool {
    match cell {
        AnyValue::Null => false,
        AnyValue::Datetime(_, _, zone) => zone.is_some(),
        AnyValue::DatetimeOwned(_, _, zone) => zone.is_some(),
        AnyValue::Binary(_) | AnyValue::BinaryOwned(_) => true,
        cell => {
            let fits = state.columns.signs(at.column);
            value::line(cell, fits + 1).is_some_and(|text| text.chars().count() > fits || text.contains('↵'))
        }
    }
}

fn contents(ui: &mut Ui, cell: &AnyValue<'_>) {
    let line = |ui: &mut Ui, text: String| {
        ui.add(egui::Label::new(RichText::new(text).font(theme::mono())).wrap_mode(TextWrapMode::Wrap));
    };
    let faint = |ui: &mut Ui, text: String| {
        ui.label(RichText::new(text).font(theme::small()).color(Tokens::of(ui).faint));
    };
    let zone_of = |name: &str| name.parse::<Tz>().ok();
    match cell {
        AnyValue::Datetime(since, unit, Some(zone)) => moments(ui, *since, *unit, zone_of(zone.as_str())),
        AnyValue::DatetimeOwned(since, unit, Some(zone)) => {
            moments(ui, *since, *unit, zone_of(zone.as_str()));
        }
        _ => {
            line(ui, value::whole(cell, MOST).unwrap_or_default());
            match cell {
                AnyValue::String(text) if text.len() > MOST => {
                    faint(
                        ui,
                        format!("{} in all; copy the cell to see the rest", format::bytes(text.len() as u64)),
                    );
                }
                AnyValue::Binary(bytes) => faint(ui, format::bytes(bytes.len() as u64)),
                AnyValue::List(items) => faint(ui, format!("{} items", format::count(items.len() as u64))),
                _ => {}
            }
        }
    }
}

/// The moment in UTC, here, and in the column's own zone.
fn moments(ui: &mut Ui, since: i64, unit: TimeUnit, own: Option<Tz>) {
    const SHAPE: &str = "%Y-%m-%d %H:%M:%S%.f";
    let Some(moment) = value::moment(since, unit) else { return };
    let mut lines = vec![
        (moment.format(SHAPE).to_string(), "UTC".to_owned()),
        (moment.with_timezone(&Local).format(SHAPE).to_string(), "local time".to_owned()),
    ];
    if let Some(zone) = own.filter(|zone| *zone != Tz::UTC) {
        lines.push((moment.with_timezone(&zone).format(SHAPE).to_string(), zone.to_string()));
    }
    egui::Grid::new("moments").num_columns(2).show(ui, |ui| {
        for (here, name) in lines {
            ui.label(RichText::new(here).font(theme::mono()));
            ui.label(RichText::new(name).font(theme::small()).color(Tokens::of(ui).faint));
            ui.end_row();
        }
    });
}
