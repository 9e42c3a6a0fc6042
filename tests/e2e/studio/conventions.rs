//! What people expect of a node editor, each as they would try it.

use egui::accesskit::Role;
use egui::{Event, Key, MouseWheelSource, MouseWheelUnit, PointerButton, TouchPhase, Vec2};
use flowloom_flow::file;
use flowloom_ui::action::Action;
use flowloom_ui::status::Status::{Done, Ready, Stale};

use super::Studio;
use super::hands::{ALT, CTRL, PLAIN, SHIFT};

const WIRED: [&str; 3] = ["orders>big.in", "big>sorted.in", "sorted>result.in"];

/// Offers of the open quick-add, from the top.
fn offers(studio: &Studio) -> Vec<String> {
    let kinds: Vec<&str> =
        flowloom_studio::registry().entries().iter().map(|entry| entry.card.name).collect();
    let all = studio.labels(Role::Button);
    let offers = all.iter().filter_map(|label| label.strip_prefix("Add "));
    offers.filter(|name| kinds.contains(name)).map(str::to_owned).collect()
}

fn wheel(studio: &mut Studio, unit: MouseWheelUnit, delta: Vec2, modifiers: egui::Modifiers) {
    let (phase, source) = (TouchPhase::Move, MouseWheelSource::Unknown);
    studio.modified(modifiers, |studio| {
        studio.send(Event::MouseWheel { unit, delta, phase, source, modifiers });
        studio.frames(10);
    });
}

#[test]
fn double_click_on_empty_canvas_and_tab_open_fuzzy_quick_add_at_the_cursor_enter_places_recent_first() {
    let mut studio = Studio::empty();
    let at = studio.nowhere();
    studio.double_click_at(at);
    studio.write("grpby");
    assert_eq!(offers(&studio)[0], "Group by", "fuzzy");
    studio.press(PLAIN, Key::Enter);
    studio.settle();
    assert_eq!((studio.nodes(), studio.selected()), (vec!["group_by"], vec!["group_by"]));
    assert!(studio.told("Group by").rect().left_top().distance(at) < 12.0, "at the cursor");
    studio.point(studio.nowhere() + Vec2::new(-260.0, 0.0));
    studio.press(PLAIN, Key::Tab);
    studio.frames(2);
    assert_eq!(offers(&studio)[0], "Group by", "recent first");
    studio.press(PLAIN, Key::Enter);
    studio.settle();
    assert_eq!(studio.nodes(), ["group_by", "group_by_2"]);
}

#[test]
fn a_wire_dropped_on_empty_canvas_opens_quick_add_filtered_to_fits_and_connects() {
    let mut studio = Studio::orders();
    let from = studio.port("Orders output out");
    studio.drag(from, from + Vec2::new(60.0, 160.0));
    let found = offers(&studio);
    assert!(found.contains(&"Filter".to_owned()), "{found:?}");
    assert!(!found.contains(&"Table".to_owned()), "a table takes no rows: {found:?}");
    studio.write("uniq");
    studio.press(PLAIN, Key::Enter);
    studio.settle();
    assert!(studio.wires().contains(&"orders>unique.in".to_owned()), "{:?}", studio.wires());
    studio.perform(Action::Undo);
    assert_eq!((studio.nodes().len(), studio.wires()), (4, WIRED.map(str::to_owned).to_vec()), "one step");
}

#[test]
fn a_node_dropped_on_a_wire_is_inserted_the_wire_lights_up_first_and_neighbours_make_room() {
    let mut studio = Studio::orders();
    studio.double_click_at(studio.nowhere());
    studio.write("formula");
    studio.press(PLAIN, Key::Enter);
    studio.settle();
    let (from, to) = (studio.node("Formula"), studio.wire("Big", "Sorted"));
    let sorted = studio.at("sorted");
    studio.grab(PointerButton::Primary, from, to, PLAIN);
    assert!(studio.paints("Release to put it in this wire"));
    studio.release(to);
    assert!(studio.wires().contains(&"big>formula.in".to_owned()), "{:?}", studio.wires());
    assert!(studio.wires().contains(&"formula>sorted.in".to_owned()), "{:?}", studio.wires());
    assert!(studio.at("sorted")[0] > sorted[0], "room was made");
    studio.perform(Action::Undo);
    assert_eq!((studio.wires(), studio.at("sorted")), (WIRED.map(str::to_owned).to_vec(), sorted));
}

#[test]
fn delete_removes_and_ctrl_delete_removes_and_heals_the_wire() {
    let mut studio = Studio::orders();
    studio.click_at(studio.node("Big"), PLAIN);
    studio.press(PLAIN, Key::Delete);
    assert_eq!(studio.wires(), ["sorted>result.in"]);
    studio.perform(Action::Undo);
    studio.click_at(studio.node("Big"), PLAIN);
    studio.press(CTRL, Key::Delete);
    assert_eq!(studio.wires(), ["orders>sorted.in", "sorted>result.in"]);
}

#[test]
fn undo_and_redo_for_everything_incl_moves_and_settings_one_gesture_is_one_step() {
    let mut studio = Studio::orders();
    let start = studio.flow().clone();
    let mut states = vec![start.clone()];
    let mut step = |studio: &Studio| states.push(studio.flow().clone());
    studio.drag(studio.node("Big"), studio.nowhere());
    step(&studio);
    studio.click_role(Role::TextInput, "Condition 1 value");
    for letter in ["1", "2", "3"] {
        studio.write(letter);
    }
    step(&studio);
    studio.click_at(studio.nowhere() + Vec2::new(-200.0, 40.0), PLAIN);
    studio.click_at(studio.node("Sorted"), PLAIN);
    for _ in 0..2 {
        studio.press(PLAIN, Key::ArrowDown);
        step(&studio);
    }
    studio.perform(Action::Duplicate);
    step(&studio);
    studio.perform(Action::TidyUp);
    step(&studio);
    for state in states.iter().rev().skip(1) {
        studio.perform(Action::Undo);
        assert_eq!(studio.flow(), state);
    }
    assert!(!studio.doc().can_undo && studio.doc().is_saved, "as it was opened");
    for state in &states[1..] {
        studio.perform(Action::Redo);
        assert_eq!(studio.flow(), state);
    }
}

#[test]
fn pan_by_middle_or_space_drag_or_two_fingers_zoom_at_the_cursor_never_over_a_scrolling_field() {
    let mut studio = Studio::orders();
    let by = Vec2::new(40.0, 30.0);
    let empty = studio.nowhere();
    let before = studio.node("Big");
    studio.drag_with(PointerButton::Middle, empty, empty + by, PLAIN);
    assert!(studio.node("Big").distance(before + by) < 1.5, "middle button");
    studio.send(key(Key::Space, true));
    studio.drag(empty, empty + by);
    studio.send(key(Key::Space, false));
    assert!(studio.node("Big").distance(before + by * 2.0) < 1.5, "space");
    assert!(studio.selected().is_empty(), "no box was drawn");
    wheel(&mut studio, MouseWheelUnit::Point, by, PLAIN);
    assert!(studio.node("Big").distance(before + by * 3.0) < 1.5, "two fingers");

    let (zoom, at) = (studio.doc().canvas.zoom(), studio.node("Big"));
    studio.point(at);
    wheel(&mut studio, MouseWheelUnit::Line, Vec2::new(0.0, 2.0), CTRL);
    let zoomed = studio.doc().canvas.zoom();
    assert!(zoomed > zoom, "Ctrl and the wheel");
    assert!(studio.node("Big").distance(at) < 2.0, "what is under the cursor stays there");
    studio.send(Event::Zoom(0.8));
    studio.frames(4);
    assert!(studio.doc().canvas.zoom() < zoomed, "a pinch");

    let (zoom, at) = (studio.doc().canvas.zoom(), studio.node("Big"));
    for panel in ["Group by", "Schema"] {
        let over = studio.find(panel).rect().center();
        studio.point(over);
        for modifiers in [PLAIN, CTRL] {
            wheel(&mut studio, MouseWheelUnit::Line, Vec2::new(0.0, 2.0), modifiers);
        }
    }
    assert_eq!((studio.doc().canvas.zoom(), studio.node("Big")), (zoom, at), "the panels have their wheel");
}

fn key(key: Key, pressed: bool) -> Event {
    Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: PLAIN }
}

#[test]
fn drag_on_empty_canvas_box_selects_shift_adds_ctrl_toggles_click_on_empty_clears() {
    let mut studio = Studio::orders();
    let around = |studio: &Studio, first: &str, last: &str| {
        let rect = studio.told(first).rect().union(studio.told(last).rect());
        (rect.left_top() - Vec2::splat(20.0), rect.right_bottom() + Vec2::splat(20.0))
    };
    let (from, to) = around(&studio, "Orders", "Big");
    studio.drag(from, to);
    assert_eq!(studio.selected(), ["big", "orders"]);
    let (from, to) = around(&studio, "Sorted", "Sorted");
    studio.drag_with(PointerButton::Primary, from, to, SHIFT);
    assert_eq!(studio.selected(), ["big", "orders", "sorted"]);
    let (from, to) = around(&studio, "Sorted", "Result");
    studio.drag_with(PointerButton::Primary, from, to, CTRL);
    assert_eq!(studio.selected(), ["big", "orders", "result"]);
    studio.click_at(studio.nowhere(), PLAIN);
    assert!(studio.selected().is_empty());
    assert!(studio.doc().is_saved && !studio.doc().can_undo, "selecting changes no flow");
}

#[test]
fn copy_cut_paste_duplicate_keep_inner_wires_land_at_the_cursor_as_text_ctrl_shift_v_keeps_incoming_wires() {
    let mut studio = Studio::orders();
    studio.click_at(studio.node("Big"), PLAIN);
    studio.click_at(studio.node("Sorted"), SHIFT);
    studio.perform(Action::Copy);
    let copied = file::load(&studio.clipboard).expect("a flow file");
    assert_eq!(copied.nodes.keys().map(flowloom_flow::NodeId::as_str).collect::<Vec<_>>(), ["big", "sorted"]);
    let at = studio.nowhere();
    studio.point(at);
    studio.perform(Action::Paste);
    assert_eq!(studio.wires()[3..], ["big_2>sorted_2.in"], "inner wires");
    assert!(studio.told("Big 2").rect().left_top().distance(at) < 12.0, "at the cursor");
    studio.perform(Action::Cut);
    assert_eq!(studio.nodes().len(), 4);
    studio.perform(Action::PasteWired);
    assert_eq!(studio.wires()[3..], ["big_2>sorted_2.in"], "nothing came in from outside");
    studio.perform(Action::Undo);
    studio.click_at(studio.node("Big"), PLAIN);
    studio.perform(Action::Copy);
    studio.perform(Action::PasteWired);
    assert_eq!(studio.wires()[3..], ["orders>big_2.in"]);
    studio.perform(Action::Duplicate);
    assert_eq!(studio.wires()[4..], ["orders>big_3.in"]);
}

#[test]
fn status_on_the_node_unset_ready_running_done_stale_failed_edits_make_all_below_stale() {
    let mut studio = Studio::orders();
    let says = |studio: &Studio, title: &str, word: &str| {
        assert!(studio.has_part(&format!("{title}, ")), "{}", studio.seen());
        let label = studio.labels(Role::GraphicsObject);
        let node = label.iter().find(|label| label.starts_with(title)).expect("the node").clone();
        assert!(node.contains(word), "{node} is not {word}");
    };
    says(&studio, "Big", "not run yet");
    studio.click_at(studio.node("Result"), PLAIN);
    studio.fill("Path", "");
    studio.settle();
    says(&studio, "Result", "needs settings");
    studio.perform(Action::Undo);
    studio.click_at(studio.nowhere(), PLAIN);
    studio.perform(Action::Preview);
    studio.finish();
    for title in ["Orders", "Big", "Sorted"] {
        says(&studio, title, "done");
    }
    studio.click_at(studio.node("Big"), PLAIN);
    studio.fill("Condition 1 value", "800");
    assert_eq!(studio.states()[..3], [Done, Stale, Stale]);
    says(&studio, "Sorted", "stale");

    let mut studio = Studio::on(&super::actions::NO_BROKER.replace("60000", "800"));
    studio.perform(Action::Preview);
    studio.until("it runs", |studio| studio.has_part("Orders, Kafka source, running"));
    studio.finish();
    says(&studio, "Orders", "failed");
}

#[test]
fn selecting_a_node_shows_its_data_at_once_clicking_a_port_shows_that_port() {
    let mut studio = Studio::orders();
    studio.perform(Action::Preview);
    studio.finish();
    studio.click_at(studio.node("Orders"), PLAIN);
    assert_eq!(studio.cells(), ["100", "paid", "700", "paid", "900", "new"]);
    studio.click_at(studio.node("Sorted"), PLAIN);
    assert_eq!(studio.cells(), ["900", "new", "700", "paid"]);
    studio.click_at(studio.port("Big output reject"), PLAIN);
    assert_eq!(studio.cells(), ["100", "paid"]);
    studio.click_at(studio.port("Big output pass"), PLAIN);
    assert_eq!(studio.cells(), ["700", "paid", "900", "new"]);
}

#[test]
fn run_all_ctrl_enter_run_to_here_shift_enter_cancel_ctrl_alt_enter_or_esc_only_stale_parts_run() {
    let mut studio = Studio::orders();
    studio.click_at(studio.node("Big"), PLAIN);
    studio.press(SHIFT, Key::Enter);
    studio.finish();
    assert_eq!(studio.states(), [Done, Done, Ready, Ready]);
    studio.press(CTRL, Key::Enter);
    studio.finish();
    assert_eq!(studio.states()[..3], [Done; 3]);
    studio.fill("Condition 1 value", "800");
    studio.press(CTRL, Key::Enter);
    studio.finish();
    let cached = ["orders", "big", "sorted"].map(|id| {
        let id = id.parse().expect("an id");
        studio.doc().look(&id).expect("rows").is_cached
    });
    assert_eq!(cached, [true, false, false]);

    let mut studio = Studio::on(super::actions::NO_BROKER);
    studio.press(CTRL, Key::Enter);
    assert!(studio.doc().job.is_some());
    studio.press(CTRL.plus(ALT), Key::Enter);
    studio.finish();
    assert_eq!(studio.states(), [Ready], "nobody is at fault");

    studio.press(CTRL, Key::Enter);
    studio.click_at(studio.node("Orders"), PLAIN);
    studio.press(PLAIN, Key::Escape);
    assert!(studio.selected().is_empty() && studio.doc().job.is_some(), "the selection goes first");
    studio.press(PLAIN, Key::Escape);
    studio.finish();
    assert!(studio.doc().job.is_none());
}

#[test]
fn errors_sit_on_the_node_in_hover_text_and_log_lines_jump_to_it_config_errors_before_running() {
    let mut studio = Studio::orders();
    studio.click_at(studio.node("Result"), PLAIN);
    studio.fill("Path", "");
    assert!(studio.has_part("Result, Write file, needs settings"), "before running: {}", studio.seen());
    let why = "The path is missing";
    assert_eq!(studio.doc().first_error().expect("no path").message, "the path is missing");
    let told = |studio: &Studio| studio.seen().matches(why).count();
    let before = told(&studio);
    studio.hover_at(studio.node("Result"));
    assert!(told(&studio) > before, "its hover text says it too: {}", studio.seen());

    let mut studio = Studio::on(&super::actions::NO_BROKER.replace("60000", "500"));
    studio.perform(Action::Preview);
    studio.finish();
    assert!(studio.has_part("Orders, Kafka source, failed"), "{}", studio.seen());
    studio.click_at(studio.nowhere(), PLAIN);
    assert!(studio.selected().is_empty());
    studio.perform(Action::ShowLog);
    let line = studio.labels(Role::Link).into_iter().find(|label| label.starts_with("error: "));
    studio.click_role(Role::Link, &line.expect("a line that leads to its node"));
    assert_eq!(studio.selected(), ["orders"]);
    assert!(studio.canvas().center().distance(studio.node("Orders")) < 4.0, "and is in sight");
}

#[test]
fn while_wiring_a_refusal_says_why_and_cycles_are_refused() {
    let mut studio = Studio::orders();
    let (from, to) = (studio.port("Sorted output out"), studio.port("Big input in"));
    studio.grab(PointerButton::Primary, from, to, PLAIN);
    assert!(studio.paints("This would be a circle: rows of Big already reach Sorted"));
    studio.release(to);
    assert_eq!(studio.wires(), WIRED);
    let to = studio.node("Orders");
    studio.grab(PointerButton::Primary, from, to, PLAIN);
    assert!(studio.paints("Orders takes no rows: it is a source"));
    studio.release(to);
    let (from, to) = (studio.port("Orders output out"), studio.port("Sorted input in"));
    studio.grab(PointerButton::Primary, from, to, PLAIN);
    assert!(studio.paints("replaces the wire from Big"), "what fits says what happens");
    studio.release(to);
    assert_eq!(studio.wires(), ["orders>big.in", "orders>sorted.in", "sorted>result.in"]);
}

#[test]
fn settings_docked_at_the_side_follow_the_selection_apply_live_without_an_ok_button() {
    let mut studio = Studio::orders();
    assert!(studio.has("Description"), "the flow's own");
    studio.click_at(studio.node("Big"), PLAIN);
    assert!(studio.find("Add condition").rect().left() >= studio.canvas().right());
    studio.fill("Condition 1 value", "650");
    let conditions = &studio.flow().nodes["big"].settings["conditions"];
    assert_eq!(conditions[0]["value"], 650, "while the keyboard is still in the field");
    studio.click_at(studio.node("Result"), PLAIN);
    assert!(!studio.has("Add condition") && studio.has_role(Role::TextInput, "Path"));
    assert!(!["OK", "Apply"].iter().any(|word| studio.has(word)));
}

#[test]
fn the_command_palette_holds_every_action_with_its_shortcut_shortcuts_can_be_remapped() {
    let mut studio = Studio::orders();
    studio.perform(Action::Shortcuts);
    studio.fill("Find an action or a key", "preview");
    studio.click("Key of Preview");
    studio.press(SHIFT, Key::P);
    studio.press(PLAIN, Key::Escape);
    studio.frames(2);
    studio.perform(Action::CommandPalette);
    for action in Action::ALL.iter().filter(|action| **action != Action::CommandPalette) {
        studio.press(CTRL, Key::A);
        studio.write(action.label());
        assert!(studio.has_role(Role::ListItem, action.label()), "{action:?}");
        let env = flowloom_ui::action::Env { doc: Some(studio.doc()), tabs: 1 };
        let shown = match (action, action.resolve(&env).reason()) {
            (_, Some(reason)) => reason.to_owned(),
            (Action::Preview, _) => "Shift+P".to_owned(),
            _ => Studio::keymap().text(*action),
        };
        assert!(studio.paints(&shown), "{action:?} does not show {shown:?}");
    }
    studio.press(PLAIN, Key::Escape);
    studio.frames(2);
    studio.press(SHIFT, Key::P);
    studio.finish();
    assert_eq!(studio.states()[..3], [Done; 3]);
}
