//! The settings panel as a person uses it.

mod bench;
mod editors;
mod fields;
mod panel;
mod topics;

use bench::{Bench, Look};
use egui::Theme;
use flowloom_studio::registry;

const SAMPLE: &str = include_str!("../../../flows/orders_by_currency.flow.yaml");
const WIDTHS: [f32; 3] = [248.0, 328.0, 500.0];

/// A table of five columns, and `one` of `kind` with all inputs connected to it.
fn flow_of(kind: &str, settings: &str) -> String {
    let entry = registry().find(kind).expect("a kind");
    let ports: Vec<String> = entry.card.inputs.iter().map(|port| format!("{}: rows", port.name)).collect();
    let inputs = ports.join(", ");
    format!(
        "\
flowloom: 1
name: One
nodes:
  rows:
    kind: table
    settings:
      data:
        columns:
          - {{name: order_id, type: Int64}}
          - {{name: customer, type: String}}
          - {{name: amount, type: Float64}}
          - {{name: created_at, type: 'Datetime(us, UTC)'}}
          - {{name: a_rather_long_name_of_a_column, type: Boolean}}
        rows: []
  one: {{kind: {kind}, inputs: {{{inputs}}}, settings: {{{settings}}}}}
"
    )
}

#[test]
fn every_panel_fits_in_both_themes() {
    for entry in registry().entries() {
        let flow = flow_of(entry.card.id, "");
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
