//! The panels below and beside the canvas, on real previews of real flows.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use egui::{Theme, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use flowloom_studio::{Command, Limits, Reply, Session};
use flowloom_ui::doc::{Doc, Goal};
use flowloom_ui::panel::bottom::{self, BottomState, Tab};
use flowloom_ui::panel::right::{self, RightState};
use flowloom_ui::request::{Request, Requests};
use flowloom_ui::table::{self, Summary, Table, TableState};
use polars::prelude::*;

/// Longest wait for a job.
const PATIENCE: Duration = Duration::from_mins(1);

const FLOW: &str = r#"flowloom: 1
name: Panels
nodes:
  orders:
    kind: read_file
    settings:
      path: orders.csv
  paid:
    kind: filter
    inputs: [orders]
    settings:
      conditions:
        - {column: status, op: "=", value: paid}
  by_status:
    kind: group_by
    inputs: [paid]
    settings:
      keys: [status]
      aggregations:
        - {aggregate: sum, column: amount, as: revenue}
  broken:
    kind: filter
    inputs: [orders]
    settings:
      conditions:
        - {column: no_such_column, op: "=", value: 1}
  below:
    kind: sort
    inputs: [broken]
    settings:
      keys: [{column: status}]
"#;

struct World {
    doc: Doc,
    session: Session,
    bottom: BottomState,
    right: RightState,
    out: Requests,
    _folder: tempfile::TempDir,
}

fn csv() -> String {
    let states = ["new", "paid", "shipped", "returned"];
    let line = |at: usize| {
        let note = if at.is_multiple_of(3) { String::new() } else { format!("note {at}") };
        format!("{},cust-{},{:.2},{},{note}\n", 100_240 + at, at * 37, at as f64 * 137.31, states[at % 4])
    };
    let rows: String = (0..200).map(line).collect();
    format!("order_id,customer,amount,status,note\n{rows}")
}

fn world() -> World {
    let folder = tempfile::tempdir().expect("folder");
    std::fs::write(folder.path().join("orders.csv"), csv()).expect("data");
    let path: PathBuf = folder.path().join("panels.flow.yaml");
    std::fs::write(&path, FLOW).expect("flow");
    let mut session = Session::new(Limits::default());
    let Ok(Reply::Opened { flow, .. }) = session.send(Command::Open { path }) else { panic!("not opened") };
    let doc = Doc::new(&mut session, flow).expect("doc");
    let mut world = World {
        doc,
        session,
        bottom: BottomState::default(),
        right: RightState::default(),
        out: Requests::default(),
        _folder: folder,
    };
    world.settle();
    world
}

impl World {
    fn settle(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while self.doc.poll(&mut self.session) {
            assert!(Instant::now() < deadline, "nothing has come for {PATIENCE:?}");
            std::thread::park_timeout(Duration::from_millis(2));
        }
    }

    fn previewed() -> Self {
        let mut world = world();
        world.doc.start(&mut world.session, Goal::Preview(None)).expect("started");
        world.settle();
        world
    }

    fn look(mut self, node: &str) -> Self {
        let id = self.doc.flow.nodes.keys().find(|id| id.as_str() == node).expect("node").clone();
        self.doc.selection = [id.clone()].into();
        self.doc.shown = Some((id, 0));
        self
    }

    fn open(mut self, tab: Tab) -> Self {
        self.bottom.open = tab;
        self
    }
}

fn harness<'a, S: 'a>(
    size: [f32; 2],
    theme: Theme,
    scale: f32,
    state: S,
    show: fn(&mut egui::Ui, &mut S),
) -> Harness<'a, S> {
    Harness::builder()
        .with_size(Vec2::from(size))
        .with_theme(theme)
        .with_pixels_per_point(scale)
        .allow_missing_glyphs()
        .wgpu()
        .build_ui_state(
            move |ui, state| {
                if ui.ctx().cumulative_pass_nr() == 0 {
                    flowloom_ui::install(ui.ctx());
                }
                let rect = ui.ctx().content_rect();
                ui.painter().rect_filled(rect, 0.0, flowloom_ui::theme::Tokens::of(ui).panel);
                let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(rect));
                show(&mut ui, state);
            },
            state,
        )
}

fn show_bottom(ui: &mut egui::Ui, world: &mut World) {
    bottom::show(ui, &world.doc, &mut world.bottom, &mut world.out);
}

fn show_right(ui: &mut egui::Ui, world: &mut World) {
    right::show(ui, &world.doc, &mut world.right, &mut world.out);
}

/// Writes a picture where `FLOWLOOM_SHOTS` says, to be looked at.
fn shoot<S>(harness: &mut Harness<'_, S>, name: &str) {
    let Some(folder) = std::env::var_os("FLOWLOOM_SHOTS") else { return };
    let image = harness.render().expect("rendered");
    image.save(PathBuf::from(folder).join(format!("{name}.png"))).expect("saved");
}

fn bottom_of(world: World, size: [f32; 2]) -> Harness<'static, World> {
    let mut harness = harness(size, Theme::Dark, 1.0, world, show_bottom);
    harness.run();
    harness
}

#[test]
fn rows_are_read_by_name_and_value() {
    let harness = bottom_of(World::previewed().look("orders"), [1000.0, 280.0]);
    harness.get_by_label("amount");
    harness.get_by_label("137.31");
    assert!(harness.query_all_by_label("null").count() > 0);
    harness.get_by_label("Orders · 200 rows in preview · 5 columns");
    let grid = harness.get_by_label("Rows of Orders");
    assert_eq!(grid.accesskit_node().data().row_count(), Some(200));
    assert_eq!(grid.accesskit_node().data().column_count(), Some(5));
}

#[test]
fn keys_move_through_the_table_and_copy_it() {
    let mut harness = bottom_of(World::previewed().look("orders"), [1000.0, 280.0]);
    harness.get_by_label("137.31").click();
    harness.run();
    harness.key_press_modifiers(egui::Modifiers::SHIFT, egui::Key::ArrowRight);
    harness.run();
    harness.event(egui::Event::Copy);
    harness.run();
    let asked = harness.state_mut().out.take();
    let copied = asked.iter().find_map(|request| match request {
        Request::Copy(text) => Some(text.as_str()),
        _ => None,
    });
    assert_eq!(copied, Some("amount\tstatus\n137.31\tpaid\n"));
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::End);
    harness.run();
    harness.get_by_label("100439");
    harness.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Home);
    harness.run();
    harness.get_by_label("100240");
}

#[test]
fn the_shown_rows_can_be_sorted_and_it_is_said() {
    let mut harness = bottom_of(World::previewed().look("orders"), [1000.0, 280.0]);
    harness.get_by_label("amount").click();
    harness.run();
    harness.get_by_label("Sort shown rows down").click();
    let deadline = Instant::now() + PATIENCE;
    while harness.query_by_label("27324.69").is_none() {
        assert!(Instant::now() < deadline, "the order has not come");
        harness.step();
    }
    harness.run_ok();
    harness.get_by_label("Orders · 200 rows in preview · 5 columns · these rows sorted by amount");
}

#[test]
fn every_reason_for_no_rows_says_what_to_do() {
    let mut harness = bottom_of(world().look("orders"), [900.0, 260.0]);
    harness.get_by_label("Preview").click();
    harness.run();
    let asked = harness.state_mut().out.take();
    assert!(matches!(asked.as_slice(), [Request::Act(flowloom_ui::action::Action::Preview)]), "{asked:?}");
    bottom_of(World::previewed().look("broken"), [900.0, 260.0]).get_by_label("Show the setting");
    let mut below = bottom_of(World::previewed().look("below"), [900.0, 260.0]);
    below.get_by_label("Go to Broken").click();
    below.run();
    let asked = below.state_mut().out.take();
    assert!(
        matches!(asked.as_slice(), [Request::Jump { node, .. }] if node.as_str() == "broken"),
        "{asked:?}"
    );
}

#[test]
fn the_log_filters_and_jumps() {
    let mut harness = bottom_of(World::previewed().look("orders").open(Tab::Log), [900.0, 260.0]);
    harness.get_by_label("note: Preview started");
    harness.get_by_label("Errors").click();
    harness.run();
    assert!(harness.query_by_label("note: Preview started").is_none());
    let errors: Vec<_> = harness.get_all_by_role(egui::accesskit::Role::Link).collect();
    errors[0].click();
    harness.run();
    let asked = harness.state_mut().out.take();
    assert!(matches!(asked.as_slice(), [Request::Jump { .. }]), "{asked:?}");
}

#[test]
fn the_profile_and_the_schema_name_every_column() {
    let harness = bottom_of(World::previewed().look("orders").open(Tab::Profile), [1200.0, 320.0]);
    assert!(harness.query_all_by_role(egui::accesskit::Role::Row).count() == 5);
    let mut world = World::previewed().look("by_status");
    world.right.open = right::Tab::Schema;
    let mut harness = self::harness([328.0, 700.0], Theme::Dark, 1.0, world, show_right);
    harness.run();
    harness.get_by_label("revenue, Float64, new");
    harness.get_by_label("customer, String, removed");
}

/// Types of every kind, nulls, and a text that no cell can hold.
fn types(height: usize) -> DataFrame {
    let every = |at: usize| at % 5 != 3;
    let columns = vec![
        Column::new(
            "flag".into(),
            (0..height).map(|at| every(at).then_some(at % 2 == 0)).collect::<Vec<_>>(),
        ),
        Column::new(
            "int".into(),
            (0..height).map(|at| every(at).then_some(at as i64 * 7_919)).collect::<Vec<_>>(),
        ),
        Column::new("float".into(), (0..height).map(|at| at as f64 * 0.731).collect::<Vec<_>>()),
        Column::new(
            "text".into(),
            (0..height)
                .map(|at| format!("line {at}\nä, 漢字 {}", "long ".repeat(at % 40)))
                .collect::<Vec<_>>(),
        ),
        Series::new("moment".into(), (0..height).map(|at| at as i64 * 90_061_000).collect::<Vec<_>>())
            .cast(&DataType::Datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC)))
            .expect("time")
            .into(),
        Series::new("day".into(), (0..height).map(|at| at as i32 * 13).collect::<Vec<_>>())
            .cast(&DataType::Date)
            .expect("date")
            .into(),
        Series::new("took".into(), (0..height).map(|at| at as i64 * 1_500).collect::<Vec<_>>())
            .cast(&DataType::Duration(TimeUnit::Milliseconds))
            .expect("duration")
            .into(),
        Column::new(
            "bytes".into(),
            (0..height).map(|at| vec![at as u8, 255]).map(Some).collect::<Vec<Option<Vec<u8>>>>(),
        ),
        Series::new(
            "list".into(),
            (0..height).map(|at| Series::new("".into(), vec![at as i64; at % 9])).collect::<Vec<_>>(),
        )
        .into(),
    ];
    DataFrame::new(height, columns).expect("frame")
}

struct Rows {
    frame: DataFrame,
    table: TableState,
}

fn show_rows(ui: &mut egui::Ui, rows: &mut Rows) {
    let summary = |at: usize| match at % 2 {
        0 => Some(Summary::Words("4 distinct".to_owned())),
        _ => Some(Summary::Bars(vec![3.0, 6.0, 12.0, 9.0, 4.0, 2.0])),
    };
    table::show(ui, &Table { name: "Rows", rows: &rows.frame, summary: &summary }, &mut rows.table);
}

fn table_of(frame: DataFrame, size: [f32; 2], theme: Theme, scale: f32) -> Harness<'static, Rows> {
    let mut harness = harness(size, theme, scale, Rows { frame, table: TableState::default() }, show_rows);
    harness.run();
    harness
}

#[test]
fn wide_long_and_empty_tables_show_what_is_on_screen() {
    let wide: Vec<Column> =
        (0..500).map(|at| Column::new(format!("c{at}").into(), vec![at as i64; 50])).collect();
    let mut harness = table_of(DataFrame::new(50, wide).expect("frame"), [900.0, 300.0], Theme::Dark, 1.0);
    assert!(harness.query_by_label("c499").is_none());
    harness.get_by_label("c0").hover();
    harness.get_all_by_role(egui::accesskit::Role::GridCell).next().expect("cell").click();
    harness.run();
    harness.key_press(egui::Key::End);
    harness.run();
    harness.get_by_label("c499");

    let long = df!("n" => (0..1_000_000_i64).collect::<Vec<_>>()).expect("frame");
    let mut harness = table_of(long, [400.0, 300.0], Theme::Dark, 1.0);
    harness.state_mut().table.scroll_to(999_999);
    harness.run();
    harness.get_by_label("999999");

    let mut harness = table_of(types(0), [900.0, 300.0], Theme::Light, 1.0);
    harness.get_by_label("moment");
    shoot(&mut harness, "table-empty");
}

#[test]
fn a_live_run_of_the_history_shows_its_batches_and_partitions() {
    let report = serde_json::json!({
        "outcome": "live", "began": true, "problems": [], "batch": {}, "repeated": false, "elapsed_ms": 9000.0,
        "live": {"batches": 12, "empty": 3, "failures": 2, "last_batch_ms": 1_700_000_000_000_i64},
        "nodes": [{
            "node": "orders", "kind": "kafka_source", "state": "done", "rows": {"out": 1204}, "elapsed_ms": 10.0,
            "metrics": {
                "records": 1204, "bytes": 5000, "read_ms": 100.0, "commits": 12, "partitions": [
                    {"topic": "orders", "partition": 3, "low": 7, "high": 1311, "committed": 1300,
                     "position": 1300, "records": 1204, "bytes": 5000},
                ],
            },
        }],
    });
    let mut world = world().open(Tab::Runs);
    let run = flowloom_studio::PastRun {
        id: 1,
        flow: "Panels".to_owned(),
        file: world.doc.path.clone(),
        started_ms: 1_700_000_000_000,
        elapsed_ms: 9_000.0,
        outcome: "live".to_owned(),
        report: serde_json::from_value(report).expect("a report"),
    };
    world.bottom.runs.set(vec![run], &world.doc);
    let mut harness = bottom_of(world, [1_400.0, 300.0]);
    harness.get_by_label_contains("Run of ").click();
    harness.run();
    for part in ["Live: 12 batches", "2 attempts failed", "1,204 records", "11 wait", "12 commits"] {
        assert!(harness.query_all_by_label_contains(part).next().is_some(), "no {part}");
    }
    for cell in ["Committed", "Lag", "1,300", "1,311", "11"] {
        assert!(harness.query_all_by_label(cell).next().is_some(), "no {cell}");
    }
}

#[test]
fn pictures() {
    for (theme, look) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        for (scale, width, height) in [(1.0, 1400.0, 260.0), (1.5, 700.0, 200.0)] {
            let tag = format!("{look}-{scale}");
            for (tab, name) in
                [(Tab::Data, "data"), (Tab::Profile, "profile"), (Tab::Log, "log"), (Tab::Runs, "runs")]
            {
                let mut world = World::previewed().look("orders").open(tab);
                world.bottom.runs.set(Vec::new(), &world.doc);
                let mut harness = harness([width, height], theme, scale, world, show_bottom);
                harness.run();
                shoot(&mut harness, &format!("{name}-{tag}"));
            }
            let mut harness = table_of(types(1_000), [1400.0, height + 60.0], theme, scale);
            harness.get_by_label("moment");
            shoot(&mut harness, &format!("types-{tag}"));
        }
        for (node, name) in [("broken", "failed"), ("below", "blocked")] {
            let mut harness = harness([800.0, 220.0], theme, 1.0, World::previewed().look(node), show_bottom);
            harness.run();
            shoot(&mut harness, &format!("{name}-{look}"));
        }
        for tab in [right::Tab::Schema, right::Tab::Help] {
            let mut world = World::previewed().look("by_status");
            world.right.open = tab;
            let mut harness = harness([328.0, 700.0], theme, 1.0, world, show_right);
            let deadline = Instant::now() + PATIENCE;
            while tab == right::Tab::Help && harness.query_all_by_label_contains("Group by").next().is_none()
            {
                assert!(Instant::now() < deadline, "the description has not come");
                harness.step();
            }
            harness.run_ok();
            shoot(&mut harness, &format!("{tab:?}-{look}"));
        }
    }
}
