//! Thousands of topics: only those in sight are drawn and asked about.

use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::*;

fn many() -> Topics {
    let all = (0..5_000).map(|at| Topic {
        name: format!("shop.{}.orders-{at}", at % 7),
        partitions: 1 + at % 12,
        replicas: 3,
        internal: at % 100 == 99,
    });
    Topics { all: all.collect(), is_asked: true, is_read: true, ..Topics::default() }
}

fn window(topics: Topics) -> Harness<'static, Topics> {
    Harness::builder()
        .with_size(egui::Vec2::new(900.0, 600.0))
        .with_context_setup(crate::install)
        .build_ui_state(|ui, topics: &mut Topics| topics.ui(ui), topics)
}

#[test]
fn five_thousand_topics_cost_what_is_in_sight() {
    let mut harness = window(many());
    harness.run_steps(2);
    let rows = harness.query_all_by_role(Role::Row).count();
    assert!((10..40).contains(&rows), "{rows} rows are drawn");
    assert_eq!(harness.state().order.len(), 4_950, "without the internal ones");
    let asked = harness.state().missing.len();
    assert!(asked > 0 && asked <= rows, "{asked} topics are asked about");
    let started = Instant::now();
    harness.run_steps(20);
    let each = started.elapsed() / 20;
    // A frame of an unoptimized build on a busy machine; 5,000 drawn rows would take a second.
    assert!(each < Duration::from_millis(150), "{each:?} a frame");
}

#[test]
fn topics_are_found_sorted_and_internal_ones_hidden() {
    let mut harness = window(many());
    harness.state_mut().query = "ORDERS-4999".to_owned();
    harness.run_steps(2);
    assert!(harness.query_by_role(Role::Row).is_none(), "it is an internal one");
    harness.state_mut().has_internal = true;
    harness.run_steps(2);
    let row = harness.get_by_role(Role::Row);
    assert_eq!(row.accesskit_node().label().as_deref(), Some("shop.1.orders-4999"));
    harness.state_mut().query.clear();
    harness.state_mut().sort = (1, true);
    harness.run_steps(2);
    let first = harness.state().order[0];
    assert_eq!(harness.state().all[first].partitions, 12, "the most partitions first");
}
