//! Flow files: saved, opened, closed, lost and found again.

use std::fs;
use std::path::PathBuf;

use egui::accesskit::Role;
use egui::{Key, Vec2};
use flowloom_ui::action::Action;
use flowloom_ui::{Setup, Wish};

use super::hands::{CTRL, PLAIN, SHIFT};
use super::{ORDERS, Studio};

/// The window that asks what is to become of unsaved work.
const QUESTION: &str = "Save the changes to “flow”?";

fn opening(path: PathBuf) -> Setup {
    Setup { open: vec![path], is_demo: false }
}

/// A change that is easy to find in a file.
fn change(studio: &mut Studio) {
    studio.click_at(studio.node("Big"), PLAIN);
    studio.perform(Action::Duplicate);
    assert_eq!(studio.nodes().last(), Some(&"big_2"));
}

fn text(studio: &Studio, name: &str) -> String {
    fs::read_to_string(studio.path(name)).expect("a file")
}

#[test]
fn save_writes_save_as_goes_elsewhere_open_reads_and_recent_files_are_offered() {
    let mut studio = Studio::orders();
    change(&mut studio);
    studio.perform(Action::Save);
    assert!(text(&studio, "flow.flow.yaml").contains("big_2:"));
    change_back(&mut studio);
    let copy = studio.path("copy.flow.yaml");
    studio.perform(Action::SaveAs);
    studio.pick(Some(&studio.path("copy")));
    assert!(!text(&studio, "copy.flow.yaml").contains("big_2:"), "with the end of flow files");
    assert!(text(&studio, "flow.flow.yaml").contains("big_2:"), "the first file stays as it was");
    assert_eq!((studio.doc().title(), studio.doc().is_saved), ("copy".to_owned(), true));
    studio.perform(Action::SaveAs);
    studio.pick(None);
    assert_eq!(studio.doc().path, Some(copy), "a cancelled dialog changes nothing");

    studio.perform(Action::OpenFlow);
    studio.pick(Some(&studio.path("flow.flow.yaml")));
    assert_eq!((studio.app().docs().len(), studio.nodes().len()), (2, 5));
    studio.perform(Action::CloseTab);
    studio.open_menu("File");
    studio.hover_at(studio.entry("Recent files").rect().center());
    studio.click("flow.flow.yaml");
    assert_eq!((studio.app().docs().len(), studio.doc().title()), (2, "flow".to_owned()));
    studio.run_command("Open copy.flow.yaml");
    assert_eq!((studio.app().docs().len(), studio.doc().title()), (2, "copy".to_owned()), "its tab is shown");
}

fn change_back(studio: &mut Studio) {
    studio.perform(Action::Undo);
    assert_eq!(studio.nodes().len(), 4);
}

#[test]
fn several_flows_stand_in_tabs_with_a_mark_while_unsaved() {
    let mut studio = Studio::orders();
    studio.perform(Action::NewFlow);
    assert!(studio.has_role(Role::Tab, "flow") && studio.has_role(Role::Tab, "Untitled"));
    studio.click_role(Role::Tab, "flow");
    change(&mut studio);
    assert!(studio.has_role(Role::Tab, "flow, unsaved"));
    assert!(studio.has_wished(&Wish::Title("• flow – Flowloom".to_owned())));
    studio.click_role(Role::Tab, "Untitled");
    assert_eq!((studio.nodes().len(), studio.doc().can_undo), (0, false), "each flow has its own steps");
    studio.press(CTRL, Key::PageUp);
    change_back(&mut studio);
    assert!(studio.has_role(Role::Tab, "flow"), "as its file has it");
    studio.click_role(Role::Tab, "Untitled");
    studio.click("Close Untitled");
    assert_eq!(studio.app().docs().len(), 1);
}

#[test]
fn closing_with_unsaved_work_asks_cancel_keeps_dont_save_drops_save_saves() {
    let mut studio = Studio::orders();
    change(&mut studio);
    studio.perform(Action::CloseTab);
    assert!(studio.has(QUESTION), "{}", studio.seen());
    studio.click_role(Role::Button, "Cancel");
    assert_eq!((studio.app().docs().len(), studio.nodes().len()), (1, 5));
    studio.perform(Action::CloseTab);
    studio.press(PLAIN, Key::Escape);
    studio.frames(2);
    assert!(!studio.has(QUESTION), "Esc is Cancel");
    studio.perform(Action::CloseTab);
    studio.click_role(Role::Button, "Save");
    assert!(studio.app().docs().is_empty());
    assert!(text(&studio, "flow.flow.yaml").contains("big_2:"));

    let mut studio = Studio::orders();
    change(&mut studio);
    assert!(!studio.harness.state_mut().may_close(), "the window's cross asks as well");
    studio.frames(2);
    studio.click_role(Role::Button, "Don't save");
    studio.wish("the window closes", |wish| (*wish == Wish::Close).then_some(()));
    assert_eq!(text(&studio, "flow.flow.yaml"), ORDERS);

    let mut studio = Studio::orders();
    studio.perform(Action::NewFlow);
    studio.double_click_at(studio.nowhere());
    studio.write("table");
    studio.press(PLAIN, Key::Enter);
    assert!(!studio.harness.state_mut().may_close());
    studio.frames(2);
    studio.click_role(Role::Button, "Save");
    let path = studio.path("named.flow.yaml");
    studio.pick(Some(&path));
    studio.wish("the window closes", |wish| (*wish == Wish::Close).then_some(()));
    assert!(path.exists(), "a flow without a file asks for one");
}

#[test]
fn unsaved_work_of_a_window_that_died_is_offered_recovered_or_discarded() {
    let mut studio = Studio::orders();
    change(&mut studio);
    let home = studio.home.path().to_owned();
    studio.until("the draft is kept", |_| holds(&home, b"big_2"));
    let path = studio.path("flow.flow.yaml");
    let mut studio = studio.crashed(opening(path.clone()));
    assert!(studio.has("Recover unsaved work on “flow”?"), "{}", studio.seen());
    studio.click_role(Role::Button, "Recover");
    assert_eq!((studio.nodes().len(), studio.doc().is_saved), (5, false));
    assert_eq!(studio.doc().path, Some(path.clone()), "saving goes where it came from");
    assert_eq!(text(&studio, "flow.flow.yaml"), ORDERS);

    studio.click_at(studio.node("Big"), PLAIN);
    studio.perform(Action::Duplicate);
    studio.until("the draft is kept", |_| holds(&home, b"big_3"));
    let mut studio = studio.crashed(opening(path.clone()));
    studio.click_role(Role::Button, "Discard");
    assert_eq!((studio.nodes().len(), studio.doc().is_saved), (4, true));
    let studio = studio.crashed(opening(path));
    assert!(!studio.has_part("Recover unsaved work"), "it is gone");
}

/// Whether a file of the store has these bytes.
fn holds(home: &std::path::Path, bytes: &[u8]) -> bool {
    let files = fs::read_dir(home).expect("a folder").filter_map(Result::ok);
    let stores = files.filter(|file| !file.file_name().to_string_lossy().ends_with(".yaml"));
    let mut contents = stores.filter_map(|file| fs::read(file.path()).ok());
    contents.any(|content| content.windows(bytes.len()).any(|part| part == bytes))
}

#[test]
fn the_next_window_has_the_same_flows_pan_zoom_panels_and_scale() {
    let mut studio = Studio::orders();
    studio.perform(Action::OpenFlow);
    let second = studio.path("second.flow.yaml");
    fs::write(&second, ORDERS).expect("a file");
    studio.pick(Some(&second));
    studio.perform(Action::ZoomOut);
    let empty = studio.nowhere();
    studio.drag_with(egui::PointerButton::Middle, empty, empty + Vec2::new(64.0, -32.0), PLAIN);
    let view = studio.doc().canvas.view();
    studio.perform(Action::TogglePalette);
    studio.perform(Action::ToggleMinimap);
    studio.menu(Action::ThemeLight.label());
    let mut studio = studio.reopened(Setup::default());
    let titles: Vec<String> = studio.app().docs().iter().map(flowloom_ui::doc::Doc::title).collect();
    assert_eq!(titles, ["flow", "second"]);
    studio.click_role(Role::Tab, "second");
    assert_eq!(studio.doc().canvas.view(), view);
    assert!(!studio.has("Group by") && !studio.has("Minimap"), "{}", studio.seen());
    assert_eq!(studio.harness.ctx.theme(), egui::Theme::Light);
}

#[test]
fn a_file_that_cannot_be_read_is_told_with_what_to_do() {
    let mut studio = Studio::orders();
    for (name, content, says) in [
        ("broken.flow.yaml", Some("flowloom: 1\nnodes: [\n"), "line"),
        ("other.yaml", Some("services: {}\n"), "flowloom"),
        ("gone.flow.yaml", None, "gone.flow.yaml"),
    ] {
        let path = studio.path(name);
        if let Some(content) = content {
            fs::write(&path, content).expect("a file");
        }
        studio.perform(Action::OpenFlow);
        studio.pick(Some(&path));
        assert_eq!(studio.app().docs().len(), 1, "{name} opens no tab");
        let told = studio.doc().log.lines().next_back().expect("a line").clone();
        assert!(studio.has(&told.text), "{name}: {}", studio.seen());
        assert!(format!("{told:?}").contains(says), "{name}: {told:?}");
        assert!(told.details.is_some(), "{name} does not say what to do: {told:?}");
        studio.click_role(Role::Button, "Dismiss");
    }
    // A recent file that was moved away.
    let moved = studio.path("moved.flow.yaml");
    fs::write(&moved, ORDERS).expect("a file");
    studio.perform(Action::OpenFlow);
    studio.pick(Some(&moved));
    studio.perform(Action::CloseTab);
    fs::remove_file(&moved).expect("a file");
    studio.run_command("Open moved.flow.yaml");
    assert!(studio.has_part("there is no file any more"), "{}", studio.seen());
    studio.press(CTRL.plus(SHIFT), Key::P);
    studio.write("moved");
    assert!(!studio.has_role(Role::ListItem, "Open moved.flow.yaml"), "it is offered no more");
}
