//! Who gets a key: an action, what a person made of its keys, a text field, or what is open.

use egui::accesskit::Role;
use egui::{Key, PointerButton, Vec2};
use flowloom_ui::Setup;
use flowloom_ui::action::Action;

use super::Studio;
use super::hands::{CTRL, PLAIN, SHIFT};

#[test]
fn keys_can_be_changed_a_taken_one_is_refused_and_the_next_window_has_them() {
    let mut studio = Studio::orders();
    studio.drag(studio.node("Big"), studio.nowhere());
    let moved = studio.at("big");
    studio.perform(Action::Shortcuts);
    studio.click("Find an action or a key");
    studio.write("tidy");
    assert!(!studio.has("Key of Save"), "{}", studio.seen());
    studio.click("Key of Tidy up");
    studio.press(CTRL, Key::S);
    assert!(studio.has_part("is taken by “Save”"), "{}", studio.seen());
    studio.click("Key of Tidy up");
    studio.press(SHIFT, Key::T);
    assert!(studio.has("Reset Tidy up"), "{}", studio.seen());
    studio.click("Close");
    studio.perform(Action::TidyUp);
    assert_eq!(studio.at("big"), moved, "the old key does nothing");
    studio.press(SHIFT, Key::T);
    studio.settle();
    assert_ne!(studio.at("big"), moved);

    studio.perform(Action::Undo);
    studio.perform(Action::Save);
    let mut studio = studio.reopened(Setup::default());
    assert_eq!(studio.at("big"), moved);
    studio.press(SHIFT, Key::T);
    studio.settle();
    assert_ne!(studio.at("big"), moved, "the next window has the key");
    studio.perform(Action::Undo);
    studio.perform(Action::Shortcuts);
    studio.click("Find an action or a key");
    studio.write("tidy");
    studio.click("Reset Tidy up");
    studio.click("Close");
    studio.perform(Action::TidyUp);
    assert_ne!(studio.at("big"), moved);
}

#[test]
fn escape_unwinds_one_level_at_a_time() {
    let mut studio = Studio::orders();
    studio.click_at(studio.node("Big"), PLAIN);
    // A wire in hand, with a node selected.
    let from = studio.port("Sorted output out");
    studio.grab(PointerButton::Primary, from, from + Vec2::new(30.0, 120.0), PLAIN);
    studio.press(PLAIN, Key::Escape);
    studio.release(from + Vec2::new(30.0, 120.0));
    assert!(!studio.has("Add Filter"), "the wire was dropped, not wired");
    assert_eq!((studio.selected(), studio.wires().len()), (vec!["big"], 3));
    // A popup.
    studio.perform(Action::AddNode);
    assert!(studio.has("Add Filter"));
    studio.press(PLAIN, Key::Escape);
    assert!(!studio.has("Add Filter"));
    assert_eq!(studio.selected(), ["big"]);
    // A context menu.
    studio.click_with(PointerButton::Secondary, studio.node("Big"), PLAIN);
    assert!(studio.has_entry("Preview to here"));
    studio.press(PLAIN, Key::Escape);
    studio.frames(3);
    assert!(!studio.has_entry("Preview to here"));
    assert_eq!(studio.selected(), ["big"]);
    // The selection, last.
    studio.press(PLAIN, Key::Escape);
    assert!(studio.selected().is_empty());
}

#[test]
fn a_text_field_keeps_its_keys_and_ctrl_s_saves_from_it() {
    let mut studio = Studio::orders();
    studio.click_at(studio.node("Big"), PLAIN);
    studio.fill("Condition 1 value", "65");
    studio.press(PLAIN, Key::Backspace);
    studio.press(PLAIN, Key::Delete);
    studio.press(PLAIN, Key::M);
    studio.press(CTRL, Key::A);
    studio.settle();
    assert_eq!((studio.nodes().len(), studio.selected()), (4, vec!["big"]), "the field took its keys");
    assert!(studio.has("Minimap"));
    assert_eq!(studio.value("Condition 1 value"), "6");
    studio.perform(Action::Save);
    assert!(studio.doc().is_saved);
    let text = std::fs::read_to_string(studio.path("flow.flow.yaml")).expect("the file");
    assert!(text.contains("value: 6"), "{text}");
    studio.press(PLAIN, Key::Escape);
    studio.frames(2);
    assert_eq!(studio.selected(), ["big"], "Esc leaves the field first");
    studio.click("Condition 1 operator");
    assert!(studio.has_role(Role::ListBoxOption, "is null"));
    studio.press(PLAIN, Key::Escape);
    studio.frames(2);
    assert!(!studio.has_role(Role::ListBoxOption, "is null"));
    assert_eq!(studio.selected(), ["big"], "Esc closes the list first");
    studio.press(PLAIN, Key::Escape);
    assert!(studio.selected().is_empty());
}
