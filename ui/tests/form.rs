//! The settings panel as a person uses it.

#[path = "form/bench.rs"]
mod bench;

use bench::{Bench, Look};
use egui::Theme;
use flowloom_studio::registry;

const SAMPLE: &str = include_str!("../../flows/orders_by_currency.flow.yaml");
const WIDTHS: [f32; 3] = [248.0, 328.0, 500.0];

/// A flow with one node of `kind`, with its inputs connected to a table.
fn flow_of(kind: &str) -> String {
    let entry = registry().find(kind).expect("a kind");
    let ports: Vec<String> = entry.card.inputs.iter().map(|port| format!("{}: rows", port.name)).collect();
    format!(
        "flowloom: 1\nname: One\nnodes:\n  rows:\n    kind: table\n    settings:\n      data:\n        columns: \
         [{{name: order_id, type: Int64}}, {{name: customer, type: String}}, {{name: amount, type: Float64}}, \
         {{name: created_at, type: 'Datetime(us, UTC)'}}, {{name: a_rather_long_name_of_a_column, type: 'Struct{{a: Int64, b: List(String)}}'}}]\n\
         \x20       rows: []\n  one:\n    kind: {kind}\n    inputs: {{{}}}\n",
        ports.join(", ")
    )
    .replace(", {name: a_rather_long_name_of_a_column, type: 'Struct{a: Int64, b: List(String)}'}", ", {name: a_rather_long_name_of_a_column, type: Boolean}")
}

#[test]
fn every_panel_fits_in_both_themes() {
    for entry in registry().entries() {
        let flow = flow_of(entry.card.id);
        for theme in [Theme::Dark, Theme::Light] {
            for width in WIDTHS {
                let mut bench = Bench::look(&flow, Some("one"), Look { width, theme, ..Look::default() });
                assert_eq!(bench.overflow(width), [""; 0], "{} at {width}", entry.card.id);
                bench.shoot(&format!("{}-{theme:?}-{width}", entry.card.id));
            }
        }
    }
}

#[test]
fn the_sample_flow_fits_in_both_themes() {
    for node in [Some("orders"), Some("paid"), Some("by_currency"), Some("result"), None] {
        for theme in [Theme::Dark, Theme::Light] {
            for width in WIDTHS {
                let mut bench = Bench::look(SAMPLE, node, Look { width, theme, ..Look::default() });
                assert_eq!(bench.overflow(width), [""; 0], "{node:?} at {width}");
                bench.shoot(&format!("sample-{}-{theme:?}-{width}", node.unwrap_or("flow")));
            }
        }
    }
}
