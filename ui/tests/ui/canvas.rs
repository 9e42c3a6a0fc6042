//! The canvas as a person uses it: each gesture on a real session, each one step of undo.

use crate::support::{Window, flow};
use egui::{Event, Key, Modifiers, MouseWheelUnit, PointerButton, Pos2, Theme, TouchPhase, Vec2};
use flowloom_flow::Flow;
use flowloom_ui::canvas;

const PRIMARY: PointerButton = PointerButton::Primary;
const NONE: Modifiers = Modifiers::NONE;

/// A table into a filter into a sort; a lone filter below.
fn sample() -> Flow {
    flow(
        "  orders:
    kind: table
    at: [40, 80]
    settings:
      data:
        columns: [{name: amount, type: Int64}, {name: status, type: String}]
        rows: [['100', paid], ['700', paid], ['900', new]]
  big_orders:
    kind: filter
    inputs: [orders]
    at: [320, 80]
    settings:
      conditions: [{column: amount, op: '>=', value: 500}]
  sorted:
    kind: sort
    inputs: [big_orders]
    at: [600, 80]
  spare:
    kind: filter
    at: [320, 280]
",
    )
}

#[test]
fn a_double_click_finds_a_kind_by_letters_and_places_it_there() {
    let mut window = Window::open(Flow::default());
    window.double_click(Pos2::new(600.0, 300.0));
    assert!(window.has("Add Filter") && window.has("Add Table"));
    window.write("grou");
    assert!(window.has("Add Group by") && !window.has("Add Table"));
    window.key(NONE, Key::Enter);
    let stage = window.stage();
    assert_eq!((stage.nodes(), stage.selected()), (vec!["group_by"], vec!["group_by"]));
    assert_eq!(stage.steps, [1]);
}

#[test]
fn tab_opens_quick_add_arrows_choose_escape_closes() {
    let mut window = Window::open(Flow::default());
    window.hover(Pos2::new(700.0, 200.0));
    window.key(NONE, Key::Tab);
    assert!(window.has("Add Table"));
    window.key(NONE, Key::Escape);
    assert!(!window.has("Add Table"));
    window.key(NONE, Key::Tab);
    window.key(NONE, Key::ArrowDown);
    window.key(NONE, Key::Enter);
    assert_eq!(window.stage().nodes(), ["read_file"], "the second source by name");
}

#[test]
fn ports_are_wired_by_dragging_and_undone_at_once() {
    let mut window = Window::open(sample());
    window.drag(window.find("Big orders output reject"), window.find("Spare input in"));
    assert_eq!(window.stage().wires().last().map(String::as_str), Some("big_orders.reject>spare.in"));
    window.0.state_mut().undo();
    assert_eq!(window.stage().wires().len(), 2);
}

#[test]
fn a_new_wire_replaces_the_old_one_and_a_circle_is_refused() {
    let mut window = Window::open(sample());
    window.drag(window.find("Spare output pass"), window.find("Sorted input in"));
    assert!(window.stage().wires().contains(&"spare>sorted.in".to_owned()));
    assert_eq!(window.stage().wires().len(), 2);
    window.drag(window.find("Sorted output out"), window.find("Spare input in"));
    assert_eq!(window.stage().wires().len(), 2, "rows of spare already reach sorted");
    assert!(window.stage().told.is_empty(), "{:?}", window.stage().told);
}

#[test]
fn a_wire_dropped_on_empty_canvas_offers_what_fits_and_connects_in_one_step() {
    let mut window = Window::open(sample());
    let from = window.find("Sorted output out");
    window.drag(from, from + Vec2::new(60.0, 180.0));
    assert!(window.has("Add Filter") && !window.has("Add Table"), "a table takes no rows");
    window.write("write");
    window.key(NONE, Key::Enter);
    let stage = window.stage();
    assert!(stage.wires().contains(&"sorted>write_file.in".to_owned()), "{:?}", stage.wires());
    assert_eq!(stage.steps, [2]);
    window.0.state_mut().undo();
    assert_eq!(window.stage().nodes().len(), 4);
}

#[test]
fn an_end_is_taken_to_another_port_or_off() {
    let mut window = Window::open(sample());
    window.drag(window.find("Sorted input in"), window.find("Spare input in"));
    assert!(window.stage().wires().contains(&"big_orders>spare.in".to_owned()));
    assert_eq!(window.stage().wires().len(), 2);
    let end = window.find("Spare input in");
    window.drag(end, end + Vec2::new(0.0, 140.0));
    assert_eq!(window.stage().wires(), ["orders>big_orders.in"]);
}

#[test]
fn alt_and_click_cuts_a_wire() {
    let mut window = Window::open(sample());
    window.click_with(window.find("Wire from Orders to Big orders"), PRIMARY, Modifiers::ALT);
    assert_eq!(window.stage().wires(), ["big_orders>sorted.in"]);
}

#[test]
fn a_node_dropped_on_a_wire_goes_into_it_and_others_make_room() {
    let mut window = Window::open(sample());
    let wire = window.find("Wire from Big orders pass to Sorted");
    window.drag(window.node("Spare"), wire);
    let stage = window.stage();
    assert_eq!(stage.wires(), ["orders>big_orders.in", "spare>sorted.in", "big_orders>spare.in"]);
    assert!(stage.at("sorted")[0] > stage.at("spare")[0] + 176, "{:?}", stage.at("sorted"));
    window.0.state_mut().undo();
    assert_eq!((window.stage().at("spare"), window.stage().wires().len()), ([320, 280], 2));
}

#[test]
fn a_kind_is_dragged_from_the_palette_also_into_a_wire() {
    let mut window = Window::open(sample());
    let wire = window.find("Wire from Orders to Big orders");
    window.drag(window.find("Formula"), wire);
    assert!(
        window.stage().wires().contains(&"formula>big_orders.in".to_owned()),
        "{:?}",
        window.stage().wires()
    );
    window.0.state_mut().undo();
    assert_eq!(window.stage().nodes().len(), 4);
    window.drag(window.find("Union"), Pos2::new(900.0, 560.0));
    assert!(window.stage().nodes().contains(&"union"));
}

#[test]
fn clicks_select_add_and_toggle() {
    let mut window = Window::open(sample());
    window.click(window.node("Orders"));
    assert_eq!(window.stage().selected(), ["orders"]);
    assert_eq!(window.stage().doc.shown, Some(("orders".parse().expect("a name"), 0)));
    window.click_with(window.node("Sorted"), PRIMARY, Modifiers::COMMAND);
    assert_eq!(window.stage().selected(), ["orders", "sorted"]);
    window.click_with(window.node("Orders"), PRIMARY, Modifiers::SHIFT);
    assert_eq!(window.stage().selected(), ["sorted"]);
    window.click(window.find("Big orders output reject"));
    assert_eq!(window.stage().doc.shown, Some(("big_orders".parse().expect("a name"), 1)));
    window.click(Pos2::new(860.0, 560.0));
    assert!(window.stage().selected().is_empty());
}

#[test]
fn a_box_selects_shift_adds_ctrl_toggles() {
    let mut window = Window::open(sample());
    let around = |window: &Window<'_>, title: &str| {
        let middle = window.node(title);
        (middle - Vec2::new(95.0, 70.0), middle + Vec2::new(95.0, 70.0))
    };
    let (from, to) = around(&window, "Orders");
    window.drag(from, to);
    assert_eq!(window.stage().selected(), ["orders"]);
    let (from, to) = around(&window, "Spare");
    window.drag_to(from, to, PRIMARY, Modifiers::SHIFT);
    window.drop_at(to);
    assert_eq!(window.stage().selected(), ["orders", "spare"]);
    window.drag_to(from, to, PRIMARY, Modifiers::COMMAND);
    window.drop_at(to);
    assert_eq!(window.stage().selected(), ["orders"]);
}

#[test]
fn dragging_moves_all_selected_on_the_grid_in_one_step() {
    let mut window = Window::open(sample());
    window.click(window.node("Orders"));
    window.click_with(window.node("Sorted"), PRIMARY, Modifiers::COMMAND);
    let from = window.node("Orders");
    window.drag(from, from + Vec2::new(33.0, 101.0));
    let stage = window.stage();
    let zoom = stage.doc.canvas.zoom();
    assert!((zoom - 1.0).abs() < 1e-6, "the sample fits");
    assert_eq!((stage.at("orders"), stage.at("sorted")), ([72, 184], [632, 184]));
    assert_eq!(stage.steps, [1]);
    window.0.state_mut().undo();
    assert_eq!(window.stage().at("orders"), [40, 80]);
}

#[test]
fn arrows_nudge_and_walk_along_the_wires() {
    let mut window = Window::open(sample());
    window.click(window.node("Orders"));
    window.key(NONE, Key::ArrowRight);
    window.key(Modifiers::SHIFT, Key::ArrowDown);
    assert_eq!(window.stage().at("orders"), [48, 120]);
    window.key(Modifiers::COMMAND, Key::ArrowRight);
    assert_eq!(window.stage().selected(), ["big_orders"]);
    window.key(Modifiers::COMMAND, Key::ArrowDown);
    assert_eq!(window.stage().selected(), ["spare"]);
}

fn wheel(window: &mut Window<'_>, unit: MouseWheelUnit, delta: Vec2, modifiers: Modifiers) {
    let source = egui::MouseWheelSource::Unknown;
    window.0.event(Event::MouseWheel { unit, delta, phase: TouchPhase::Move, source, modifiers });
    window.0.run_steps(12);
}

#[test]
fn the_wheel_zooms_at_the_pointer_and_fingers_pan() {
    let mut window = Window::open(sample());
    let pointer = window.node("Orders");
    window.hover(pointer);
    wheel(&mut window, MouseWheelUnit::Line, Vec2::new(0.0, 2.0), NONE);
    assert!(window.stage().doc.canvas.zoom() > 1.2);
    assert!(window.node("Orders").distance(pointer) < 2.0, "what is under the pointer stays");
    wheel(&mut window, MouseWheelUnit::Point, Vec2::new(30.0, -20.0), NONE);
    assert!((window.node("Orders") - pointer - Vec2::new(30.0, -20.0)).length() < 2.0);
    let zoom = window.stage().doc.canvas.zoom();
    wheel(&mut window, MouseWheelUnit::Point, Vec2::new(0.0, -40.0), Modifiers::CTRL);
    assert!(window.stage().doc.canvas.zoom() < zoom, "Ctrl zooms with every wheel");
    window.hover(window.find("Find a node"));
    let zoom = window.stage().doc.canvas.zoom();
    wheel(&mut window, MouseWheelUnit::Line, Vec2::new(0.0, 2.0), NONE);
    let now = window.stage().doc.canvas.zoom();
    assert!((now - zoom).abs() < 1e-6, "never over a panel");
}

#[test]
fn middle_button_and_space_pan() {
    let mut window = Window::open(sample());
    let from = window.node("Orders");
    let by = Vec2::new(48.0, 32.0);
    window.drag_to(from, from + by, PointerButton::Middle, NONE);
    window.press(from + by, PointerButton::Middle, NONE, false);
    window.settle();
    assert!((window.node("Orders") - from - by).length() < 9.0, "{:?}", window.node("Orders") - from);
    assert!(window.stage().steps.is_empty() && window.stage().selected().is_empty());
    let from = window.node("Orders");
    window.0.key_down(Key::Space);
    window.drag_to(from, from + by, PRIMARY, NONE);
    window.drop_at(from + by);
    window.0.key_up(Key::Space);
    window.settle();
    assert!((window.node("Orders") - from - by).length() < 9.0);
    assert!(window.stage().steps.is_empty());
}

#[test]
fn the_map_moves_the_view_and_so_does_a_drag_at_the_edge() {
    let mut window = Window::open(sample());
    let map = window.find("Minimap");
    let before = window.node("Big orders");
    window.click(map - Vec2::new(30.0, 0.0));
    let right = window.node("Big orders");
    assert!(right.x > before.x + 60.0, "left on the map is left on the canvas: {before} to {right}");
    window.drag(map - Vec2::new(30.0, 0.0), map + Vec2::new(30.0, 0.0));
    let left = window.node("Big orders");
    assert!(left.x < before.x - 60.0, "dragging goes on: {left}");
    assert!(window.stage().steps.is_empty(), "looking changes no flow");

    let mut window = Window::open(sample());
    let (from, edge) = (window.node("Spare"), Pos2::new(1_094.0, 300.0));
    let (at, zoom) = (window.stage().at("spare"), window.stage().doc.canvas.zoom());
    window.drag_to(from, edge, PRIMARY, NONE);
    window.0.run_steps(30);
    window.drop_at(edge);
    let moved = (window.stage().at("spare")[0] - at[0]) as f32;
    assert!(moved > (edge.x - from.x) / zoom + 100.0, "{moved} points, the pointer {}", edge.x - from.x);
    assert_eq!(window.stage().steps, [1]);
}

#[test]
fn the_whole_flow_stays_in_sight_until_somebody_looks_elsewhere() {
    let mut window = Window::open(sample());
    window.0.set_size(Vec2::new(700.0, 500.0));
    window.settle();
    assert!(window.stage().doc.canvas.zoom() < 0.9);
    for title in ["Orders", "Big orders", "Sorted", "Spare"] {
        let at = window.node(title);
        assert!(at.x > 0.0 && at.x < 700.0 && at.y < 500.0, "{title} is at {at}");
    }
    let pointer = window.node("Orders");
    window.hover(pointer);
    wheel(&mut window, MouseWheelUnit::Line, Vec2::new(0.0, 1.0), NONE);
    let zoom = window.stage().doc.canvas.zoom();
    window.0.set_size(Vec2::new(1_100.0, 640.0));
    window.settle();
    assert!((window.stage().doc.canvas.zoom() - zoom).abs() < 1e-6, "the view is the user's now");
}

#[test]
fn a_name_is_changed_in_place_and_a_taken_one_is_refused() {
    let mut window = Window::open(sample());
    window.double_click(window.node("Orders") - Vec2::new(20.0, 22.0));
    assert!(window.has("Name of the node"));
    window.write("Sorted");
    window.key(NONE, Key::Enter);
    assert!(window.has("Name of the node"), "a taken name stays open");
    window.key(Modifiers::COMMAND, Key::A);
    window.write("All orders");
    window.key(NONE, Key::Enter);
    assert!(
        window.stage().wires().contains(&"all_orders>big_orders.in".to_owned()),
        "{:?}",
        window.stage().nodes()
    );
    window.click(window.node("All orders"));
    window.key(NONE, Key::F2);
    window.write("never mind");
    window.key(NONE, Key::Escape);
    assert!(!window.has("Name of the node") && window.stage().nodes().contains(&"all_orders"));
}

#[test]
fn a_right_click_selects_first_and_asks_for_the_menu_of_the_place() {
    let mut window = Window::open(sample());
    window.click_with(window.node("Sorted"), PointerButton::Secondary, NONE);
    window.click_with(window.find("Wire from Orders to Big orders"), PointerButton::Secondary, NONE);
    window.click_with(Pos2::new(860.0, 560.0), PointerButton::Secondary, NONE);
    assert_eq!(window.stage().selected(), ["sorted"]);
    let menus: Vec<String> = window.stage().menus.iter().map(|about| format!("{about:?}")).collect();
    assert!(menus[0] == "Nodes" && menus[1].starts_with("Wire") && menus[2] == "Canvas", "{menus:?}");
}

#[test]
fn escape_takes_back_one_level() {
    let mut window = Window::open(sample());
    let from = window.find("Sorted output out");
    window.drag_to(from, from + Vec2::new(60.0, 200.0), PRIMARY, NONE);
    assert!(!window.stage().doc.canvas.is_idle());
    window.key(NONE, Key::Escape);
    assert!(window.stage().doc.canvas.is_idle());
    window.drop_at(from + Vec2::new(60.0, 200.0));
    assert!(!window.has("Add Filter") && window.stage().steps.is_empty());
}

#[test]
fn after_a_preview_nodes_and_wires_say_their_rows() {
    let mut window = Window::open(sample());
    window.0.state_mut().preview();
    window.until("previewed", |stage| stage.doc.job.is_none());
    assert!(window.has("Orders, Table, done, 3 rows"));
    assert!(window.has("Wire from Big orders pass to Sorted, 2 rows"));
}

#[test]
fn the_palette_finds_adds_with_enter_and_says_when_nothing_answers() {
    let mut window = Window::open(Flow::default());
    window.click(window.find("Find a node"));
    window.write("zzz");
    assert!(window.has("No node answers to `zzz`"));
    window.key(Modifiers::COMMAND, Key::A);
    window.write("manual");
    window.key(NONE, Key::Enter);
    assert_eq!(window.stage().nodes(), ["table"]);
}

/// Long names, several ports, trouble, an unknown kind, a note.
fn wide() -> Flow {
    let mut flow = flow(
        "  orders:
    kind: table
    at: [40, 80]
    settings: {data: {columns: [{name: amount, type: Int64}, {name: status, type: String}], rows: [['100', paid], ['700', paid]]}}
  customers_with_a_very_long_name_that_is_cut:
    kind: table
    at: [40, 232]
    note: Typed in by hand until the topic is there
    settings: {data: {columns: [{name: status, type: String}, {name: name, type: String}], rows: [[paid, Ann]]}}
  big_orders:
    kind: filter
    inputs: [orders]
    at: [368, 80]
    settings: {conditions: [{column: amount, op: '>=', value: 500}]}
  joined_with_customers:
    kind: join
    inputs: {left: big_orders, right: customers_with_a_very_long_name_that_is_cut}
    at: [656, 176]
    settings: {keys: [{left: status, right: status}]}
  totals:
    kind: group_by
    inputs: [joined_with_customers]
    at: [944, 176]
  rejects:
    kind: write_file
    inputs: [big_orders.reject]
    at: [656, 336]
  from_the_future:
    kind: teleport
    inputs: [totals]
    at: [1232, 176]
",
    );
    "wide".clone_into(&mut flow.name);
    flow
}

/// Every look, in both themes and at two scales, into `$FLOWLOOM_SHOTS` where that is set.
#[test]
fn pictures() {
    if std::env::var("FLOWLOOM_SHOTS").is_err() {
        return;
    }
    for (theme, name) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        for scale in [1.0, 1.5] {
            let mut window = Window::themed(wide(), theme, scale);
            window.0.state_mut().preview();
            window.until("previewed", |stage| stage.doc.job.is_none());
            for zoom in [0.2, 0.4, 0.7, 1.0, 2.0] {
                window.0.state_mut().doc.canvas.set_view(canvas::View { center: [560.0, 230.0], zoom });
                window.settle();
                window.shot(&format!("{name}_{scale}_zoom{zoom}"));
            }
            let mut window = Window::themed(sample(), theme, scale);
            window.click(window.node("Orders"));
            let from = window.find("Big orders output reject");
            window.drag_to(from, window.node("Orders"), PRIMARY, NONE);
            window.shot(&format!("{name}_{scale}_refused"));
            window.key(NONE, Key::Escape);
            window.drop_at(from);
            window.drag_to(from, window.find("Spare input in"), PRIMARY, NONE);
            window.shot(&format!("{name}_{scale}_wiring"));
            window.key(NONE, Key::Escape);
            window.drop_at(from);
            let wire = window.find("Wire from Big orders pass to Sorted");
            window.drag_to(window.find("Formula"), wire, PRIMARY, NONE);
            window.shot(&format!("{name}_{scale}_ghost"));
            window.key(NONE, Key::Escape);
            window.drop_at(Pos2::new(100.0, 600.0));
            window.hover(window.find("Big orders output pass"));
            window.0.run_steps(40);
            window.shot(&format!("{name}_{scale}_port"));
            window.hover(window.node("Spare"));
            window.0.run_steps(40);
            window.shot(&format!("{name}_{scale}_trouble"));
            window.double_click(Pos2::new(420.0, 420.0));
            window.shot(&format!("{name}_{scale}_quick_add"));
            let mut window = Window::themed(Flow::default(), theme, scale);
            window.settle();
            window.shot(&format!("{name}_{scale}_empty"));
        }
    }
}
