//! Every action of the studio, done as a person does it: by its key where it has one, else through the menus.

use std::collections::BTreeSet;

use egui::accesskit::Role;
use egui::{Key, Theme};
use flowloom_studio::Phase;
use flowloom_ui::Wish;
use flowloom_ui::action::Action;

use super::areas::{Area, walks};
use super::hands::{CTRL, PLAIN};
use super::{ORDERS, Studio};

const MENUS: [&str; 5] = ["File", "Edit", "View", "Run", "Help"];

/// The menu that an action is in. A new action does not compile before it is named here and has a case below.
fn menu_of(action: Action) -> &'static str {
    match action {
        Action::NewFlow
        | Action::OpenFlow
        | Action::OpenSample
        | Action::NewWindow
        | Action::Save
        | Action::SaveAs
        | Action::Export
        | Action::CloseTab
        | Action::Quit => "File",
        Action::Undo
        | Action::Redo
        | Action::Cut
        | Action::Copy
        | Action::Paste
        | Action::PasteWired
        | Action::Duplicate
        | Action::Delete
        | Action::DeleteAndHeal
        | Action::AddNode
        | Action::Rename
        | Action::TidyUp
        | Action::SelectAll
        | Action::SelectNone
        | Action::SelectUpstream
        | Action::SelectDownstream => "Edit",
        Action::NextTab
        | Action::PreviousTab
        | Action::ZoomIn
        | Action::ZoomOut
        | Action::ZoomReset
        | Action::FitAll
        | Action::FitSelection
        | Action::TogglePalette
        | Action::ToggleSettings
        | Action::ToggleData
        | Action::ToggleMinimap
        | Action::NextArea
        | Action::PreviousArea
        | Action::ShowData
        | Action::ShowProfile
        | Action::ShowLog
        | Action::ShowRuns
        | Action::Connections
        | Action::ThemeSystem
        | Action::ThemeDark
        | Action::ThemeLight
        | Action::ScaleUp
        | Action::ScaleDown
        | Action::ScaleReset => "View",
        Action::Preview | Action::PreviewHere | Action::Run | Action::RunLive | Action::Stop => "Run",
        Action::CommandPalette | Action::Shortcuts | Action::About => "Help",
    }
}

/// Does every action of a menu on a window of its own.
fn walk(menu: &str) {
    let of_menu = || Action::ALL.iter().copied().filter(|action| menu_of(*action) == menu);
    assert!(of_menu().next().is_some(), "no action is in {menu}");
    for action in of_menu() {
        check(&mut Studio::orders(), action);
    }
}

#[test]
fn every_action_of_the_file_menu_does_what_it_says() {
    walk("File");
}

#[test]
fn every_action_of_the_edit_menu_does_what_it_says() {
    walk("Edit");
}

#[test]
fn every_action_of_the_view_menu_does_what_it_says() {
    walk("View");
}

#[test]
fn every_action_of_the_run_menu_does_what_it_says() {
    walk("Run");
}

#[test]
fn every_action_of_the_help_menu_does_what_it_says() {
    walk("Help");
}

#[test]
fn every_action_is_in_its_menu_and_in_the_command_palette() {
    let mut studio = Studio::orders();
    for menu in MENUS {
        studio.open_menu(menu);
        for action in Action::ALL.iter().filter(|action| menu_of(**action) == menu) {
            assert!(studio.has_entry(action.label()), "{menu} has no {action:?}: {}", studio.seen());
        }
        studio.press(PLAIN, Key::Escape);
    }
    studio.perform(Action::CommandPalette);
    for action in Action::ALL.iter().filter(|action| **action != Action::CommandPalette) {
        studio.press(CTRL, Key::A);
        studio.write(action.label());
        assert!(studio.has_role(Role::ListItem, action.label()), "{action:?} is not found");
    }
}

/// Does `action` where it can be done, and looks at its effect.
fn check(studio: &mut Studio, action: Action) {
    match menu_of(action) {
        "File" => check_file(studio, action),
        "Edit" => check_edit(studio, action),
        "View" => check_view(studio, action),
        "Run" => check_run(studio, action),
        _ => check_help(studio, action),
    }
}

fn check_file(studio: &mut Studio, action: Action) {
    let before = studio.app().docs().len();
    match action {
        Action::NewFlow => {
            studio.perform(action);
            assert_eq!((studio.app().docs().len(), studio.nodes().len()), (before + 1, 0));
        }
        Action::OpenFlow => {
            let path = studio.path("other.flow.yaml");
            std::fs::write(&path, ORDERS).expect("a flow file");
            studio.perform(action);
            studio.pick(Some(&path));
            assert_eq!((studio.app().docs().len(), studio.doc().title()), (before + 1, "other".to_owned()));
        }
        Action::OpenSample => {
            studio.perform(action);
            assert_eq!(studio.nodes(), ["orders", "paid", "by_currency", "result"]);
            studio.until("its broker is up", |studio| studio.doc().waits_for.is_none());
        }
        Action::NewWindow => {
            studio.perform(action);
            assert!(studio.has_wished(&Wish::NewWindow(None)));
        }
        Action::Save => {
            studio.click_at(studio.node("Big"), PLAIN);
            studio.perform(Action::Delete);
            assert!(!studio.doc().is_saved);
            studio.perform(action);
            assert!(studio.doc().is_saved);
            let text = std::fs::read_to_string(studio.path("flow.flow.yaml")).expect("the file");
            assert!(!text.contains("big:"), "{text}");
        }
        Action::SaveAs => {
            let path = studio.path("copy.flow.yaml");
            studio.perform(action);
            studio.pick(Some(&path));
            assert!(path.exists());
            assert_eq!(studio.doc().path.as_ref(), Some(&path));
        }
        Action::Export => {
            studio.perform(action);
            studio.until("the program is written", |studio| studio.has_part("import polars"));
            assert!(studio.has("Export as a program"));
        }
        Action::CloseTab => {
            studio.perform(action);
            assert_eq!(studio.app().docs().len(), before - 1);
            assert!(studio.has("No flow is open"));
        }
        Action::Quit => {
            studio.perform(action);
            assert!(studio.has_wished(&Wish::Quit));
        }
        other => unreachable!("{other:?} is not in the file menu"),
    }
}

fn check_edit(studio: &mut Studio, action: Action) {
    let select = |studio: &mut Studio, title: &str| studio.click_at(studio.node(title), PLAIN);
    let wired = ["orders>big.in", "big>sorted.in", "sorted>result.in"];
    match action {
        Action::Undo | Action::Redo => {
            select(studio, "Big");
            studio.perform(Action::Delete);
            studio.perform(Action::Undo);
            assert_eq!(studio.wires(), wired);
            studio.perform(Action::Redo);
            assert_eq!(studio.nodes(), ["orders", "sorted", "result"]);
        }
        Action::Copy | Action::Paste => {
            select(studio, "Big");
            studio.perform(Action::Copy);
            assert!(studio.clipboard.contains("kind: filter"), "{}", studio.clipboard);
            studio.point(studio.nowhere());
            studio.perform(Action::Paste);
            assert_eq!(studio.nodes(), ["orders", "big", "sorted", "result", "big_2"]);
            assert_eq!((studio.wires().len(), studio.selected()), (3, vec!["big_2"]));
        }
        Action::Cut => {
            select(studio, "Big");
            studio.perform(action);
            assert_eq!(studio.nodes(), ["orders", "sorted", "result"]);
            assert!(studio.clipboard.contains("kind: filter"), "{}", studio.clipboard);
        }
        Action::PasteWired => {
            select(studio, "Big");
            studio.perform(Action::Copy);
            studio.perform(action);
            assert!(studio.wires().contains(&"orders>big_2.in".to_owned()), "{:?}", studio.wires());
        }
        Action::Duplicate => {
            select(studio, "Big");
            studio.perform(action);
            assert!(studio.wires().contains(&"orders>big_2.in".to_owned()), "{:?}", studio.wires());
            assert_ne!(studio.at("big_2"), studio.at("big"));
        }
        Action::Delete => {
            select(studio, "Big");
            studio.perform(action);
            assert_eq!((studio.nodes().len(), studio.wires()), (3, vec!["sorted>result.in".to_owned()]));
        }
        Action::DeleteAndHeal => {
            select(studio, "Big");
            studio.perform(action);
            assert_eq!(studio.wires(), ["orders>sorted.in", "sorted>result.in"]);
        }
        Action::AddNode => {
            studio.perform(action);
            assert!(studio.has("Add Filter"));
        }
        Action::Rename => {
            select(studio, "Big");
            studio.perform(action);
            studio.press(CTRL, Key::A);
            studio.write("Large ones");
            studio.press(PLAIN, Key::Enter);
            studio.settle();
            assert_eq!(studio.nodes(), ["orders", "large_ones", "sorted", "result"]);
            assert_eq!(studio.wires()[0], "orders>large_ones.in");
        }
        Action::TidyUp => {
            studio.drag(studio.node("Big"), studio.nowhere());
            let moved = studio.at("big");
            studio.perform(action);
            assert_ne!(studio.at("big"), moved);
            assert_eq!(studio.at("big")[1], studio.at("sorted")[1], "one row");
        }
        Action::SelectAll => {
            studio.perform(action);
            assert_eq!(studio.selected().len(), 4);
        }
        Action::SelectNone => {
            studio.perform(Action::SelectAll);
            studio.perform(action);
            assert!(studio.selected().is_empty());
        }
        Action::SelectUpstream => {
            select(studio, "Sorted");
            studio.perform(action);
            assert_eq!(studio.selected(), ["big", "orders", "sorted"]);
        }
        Action::SelectDownstream => {
            select(studio, "Big");
            studio.perform(action);
            assert_eq!(studio.selected(), ["big", "result", "sorted"]);
        }
        other => unreachable!("{other:?} is not in the edit menu"),
    }
}

fn check_view(studio: &mut Studio, action: Action) {
    let zoom = studio.doc().canvas.zoom();
    let scale = |studio: &Studio| studio.harness.ctx.zoom_factor();
    match action {
        Action::NextTab | Action::PreviousTab => {
            studio.perform(Action::NewFlow);
            studio.perform(Action::PreviousTab);
            assert_eq!(studio.nodes().len(), 4);
            studio.perform(Action::NextTab);
            assert_eq!(studio.nodes().len(), 0);
        }
        Action::ZoomIn => {
            studio.perform(action);
            assert!(studio.doc().canvas.zoom() > zoom);
        }
        Action::ZoomOut => {
            studio.perform(action);
            assert!(studio.doc().canvas.zoom() < zoom);
        }
        Action::ZoomReset => {
            studio.perform(Action::ZoomIn);
            studio.perform(Action::ZoomIn);
            studio.perform(action);
            assert!((studio.doc().canvas.zoom() - 1.0).abs() < f32::EPSILON);
        }
        Action::FitAll => {
            (0..6).for_each(|_| studio.perform(Action::ZoomIn));
            studio.perform(action);
            let canvas = studio.canvas();
            for title in ["Orders", "Big", "Sorted", "Result"] {
                assert!(canvas.contains_rect(studio.told(title).rect()), "{title} is out of sight");
            }
        }
        Action::FitSelection => {
            studio.click_at(studio.node("Sorted"), PLAIN);
            studio.perform(action);
            assert!(studio.canvas().center().distance(studio.node("Sorted")) < 2.0);
        }
        Action::TogglePalette => toggles(studio, action, "Group by"),
        Action::ToggleSettings => toggles(studio, action, "Schema"),
        Action::ToggleData => toggles(studio, action, "Profile"),
        Action::ToggleMinimap => toggles(studio, action, "Minimap"),
        Action::NextArea => walks(studio, action, &[Area::Data, Area::Settings, Area::Toolbar, Area::Nodes]),
        Action::PreviousArea => {
            walks(studio, action, &[Area::Nodes, Area::Toolbar, Area::Settings, Area::Data]);
        }
        Action::ShowData => shows(studio, action, Action::ShowLog, "Data"),
        Action::ShowProfile => shows(studio, action, Action::ShowData, "Profile"),
        Action::ShowLog => shows(studio, action, Action::ShowData, "Log"),
        Action::ShowRuns => shows(studio, action, Action::ShowData, "Runs"),
        Action::Connections => {
            studio.perform(action);
            assert!(studio.has("Close connections") && !studio.has("Profile"), "in front of the flow");
            studio.press(PLAIN, Key::Escape);
            assert!(!studio.has("Close connections") && studio.has("Profile"));
        }
        Action::ThemeSystem | Action::ThemeDark | Action::ThemeLight => {
            studio.perform(Action::ThemeLight);
            assert_eq!(studio.harness.ctx.theme(), Theme::Light);
            studio.perform(Action::ThemeDark);
            assert_eq!(studio.harness.ctx.theme(), Theme::Dark);
            studio.perform(Action::ThemeLight);
            studio.perform(Action::ThemeSystem);
            assert_eq!(studio.harness.ctx.theme(), Theme::Dark, "the harness has no system theme: dark");
        }
        Action::ScaleUp | Action::ScaleReset => {
            studio.perform(Action::ScaleUp);
            studio.perform(Action::ScaleUp);
            assert!((scale(studio) - 1.2).abs() < 1e-3, "{}", scale(studio));
            studio.perform(Action::ScaleReset);
            assert!((scale(studio) - 1.0).abs() < f32::EPSILON);
        }
        Action::ScaleDown => {
            studio.perform(action);
            assert!((scale(studio) - 0.9).abs() < 1e-3, "{}", scale(studio));
        }
        other => unreachable!("{other:?} is not in the view menu"),
    }
}

/// Something goes and comes back.
fn toggles(studio: &mut Studio, action: Action, label: &str) {
    assert!(studio.has(label), "{action:?}: {}", studio.seen());
    studio.perform(action);
    studio.rest(1.0);
    assert!(!studio.has(label), "{action:?} hides {label}");
    studio.perform(action);
    studio.rest(1.0);
    assert!(studio.has(label), "{action:?} shows {label}");
}

/// A tab of the bottom panel opens, also while the panel is hidden.
fn shows(studio: &mut Studio, action: Action, other: Action, tab: &str) {
    studio.perform(other);
    assert!(!studio.is_open(tab));
    studio.perform(Action::ToggleData);
    studio.perform(action);
    assert!(studio.is_open(tab));
}

fn check_run(studio: &mut Studio, action: Action) {
    use flowloom_ui::status::Status::{Done, Ready};
    match action {
        Action::Preview => {
            studio.perform(action);
            studio.finish();
            assert_eq!(studio.states()[..3], [Done; 3]);
            assert!(!studio.path("out").exists(), "a preview writes nothing");
        }
        Action::PreviewHere => {
            studio.click_at(studio.node("Big"), PLAIN);
            studio.perform(action);
            studio.finish();
            assert_eq!(studio.states(), [Done, Done, Ready, Ready]);
        }
        Action::Run => {
            studio.perform(action);
            studio.finish();
            assert_eq!(studio.states(), [Done; 4]);
            let text = std::fs::read_to_string(studio.path("out/result.csv")).expect("the file");
            assert_eq!(text, "amount,status\n900,new\n700,paid\n");
        }
        Action::RunLive => {
            studio.perform(action);
            studio.click("Start");
            studio.until("a batch is over and the next one is waited for", |studio| {
                let live = studio.doc().job.as_ref().and_then(|job| job.live.as_ref());
                live.is_some_and(|live| matches!(live.phase, Some(Phase::Waiting { .. })))
            });
            assert_eq!(studio.states(), [Done; 4]);
            let text = std::fs::read_to_string(studio.path("out/result.csv")).expect("the file");
            assert_eq!(text, "amount,status\n900,new\n700,paid\n");
            assert!(studio.has_part("Live: 1 batch"), "{}", studio.seen());
            studio.perform(Action::Stop);
            studio.finish();
            assert!(studio.doc().log.lines().any(|line| line.text.starts_with("Live run ended: 1 batch")));
        }
        Action::Stop => {
            *studio = Studio::on(NO_BROKER);
            studio.perform(Action::Preview);
            assert!(studio.doc().job.is_some(), "nobody answers there");
            studio.perform(action);
            studio.finish();
            assert!(studio.doc().log.lines().any(|line| line.text.contains("ancelled")));
        }
        other => unreachable!("{other:?} is not in the run menu"),
    }
}

/// A source that waits for an answer for longer than the test.
pub(super) const NO_BROKER: &str = "flowloom: 1
name: Orders
nodes:
  orders:
    kind: kafka_source
    at: [40, 80]
    settings:
      bootstrap_servers: 127.0.0.1:9
      topic: orders
      sync_name: orders
      connect_timeout_ms: 60000
      fields: [{name: id, type: Int64}]
";

fn check_help(studio: &mut Studio, action: Action) {
    studio.perform(action);
    let seen = match action {
        Action::CommandPalette => studio.has_role(Role::ListItem, "Save as…"),
        Action::Shortcuts => studio.has("Key of Tidy up"),
        Action::About => studio.has_part("Version "),
        other => unreachable!("{other:?} is not in the help menu"),
    };
    assert!(seen, "{action:?}: {}", studio.seen());
    studio.press(PLAIN, Key::Escape);
    studio.frames(3);
    assert!(!studio.has("Keyboard shortcuts") && !studio.has_part("Version "), "Esc closes it");
}

#[test]
fn what_cannot_be_done_says_why_on_hover() {
    let mut studio = Studio::empty();
    let env = flowloom_ui::action::Env { doc: Some(studio.doc()), tabs: 1 };
    let reason = |action: Action| action.resolve(&env).reason();
    let off: Vec<(Action, &str)> =
        Action::ALL.iter().filter_map(|action| Some((*action, reason(*action)?))).collect();
    assert!(off.len() > 15, "an empty flow offers little: {off:?}");
    let toolbar = [
        Action::Preview,
        Action::Run,
        Action::RunLive,
        Action::Stop,
        Action::Undo,
        Action::Redo,
        Action::TidyUp,
    ];
    for (action, reason) in off.iter().filter(|(action, _)| toolbar.contains(action)) {
        studio.hover_tool(action.label().trim_end_matches('…'));
        assert!(studio.has(reason), "{action:?} does not say {reason:?}: {}", studio.seen());
    }
    let mut said = BTreeSet::new();
    for menu in MENUS {
        for (action, reason) in off.iter().filter(|(action, _)| menu_of(*action) == menu) {
            studio.open_menu(menu);
            let at = studio.entry(action.label()).rect().center();
            studio.hover_at(at);
            assert!(studio.has(reason), "{action:?} does not say {reason:?}: {}", studio.seen());
            said.insert(*reason);
            studio.press(PLAIN, Key::Escape);
            studio.frames(4);
        }
    }
    assert!(said.contains("The flow has no nodes yet") && said.contains("Nothing to undo"), "{said:?}");
}
