//! The Connections view: a person adds a cluster, sees what is wrong with it, mends it, keeps it and uses it.

use std::path::Path;

use egui::Key;
use egui::accesskit::Role;
use flowloom_ui::action::Action;
use flowloom_ui::{Setup, Wish};

use super::Studio;
use super::hands::{CTRL, PLAIN};
use crate::broker::Broker;

impl Studio {
    /// Opens the view and starts a new Kafka connection.
    fn new_kafka(&mut self) {
        self.perform(Action::Connections);
        self.click_role(Role::Button, "New connection");
        self.click_role(Role::Button, "Kafka");
        self.click_role(Role::Button, "Another one");
    }

    /// Tries the connection until it is through; whether it works.
    fn try_it(&mut self) -> bool {
        self.click_role(Role::Button, "Test");
        self.until("the test is through", |studio| !studio.has("Testing…") && !studio.has_part(" goes on"));
        self.has_part("It works")
    }

    fn keep(&mut self) {
        self.click_role(Role::Button, "Save");
        self.settle();
    }

    /// Names in the list, from the top.
    fn listed(&self) -> Vec<String> {
        self.labels(Role::ListItem)
    }
}

/// A window on an empty flow with the view open and nothing in it.
fn empty() -> Studio {
    let mut studio = Studio::empty();
    studio.perform(Action::Connections);
    assert!(studio.has("No connections yet"));
    studio.perform(Action::Connections);
    studio
}

/// A folder that is there.
fn folder(studio: &mut Studio, name: &str) {
    if !studio.has("Close connections") {
        studio.perform(Action::Connections);
    }
    studio.click_role(Role::Button, "New connection");
    studio.click_role(Role::Button, "Local folder");
    studio.fill("Name", name);
    let path = studio.home.path().display().to_string();
    studio.fill("Folder", &path);
    studio.keep();
    assert!(studio.listed().contains(&name.to_owned()), "{}", studio.seen());
}

/// Every file under `folder` that has `text` in it.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_with(&path, text));
        } else {
            let bytes = std::fs::read(&path).expect("a file");
            if bytes.windows(text.len()).any(|part| part == text.as_bytes()) {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

/// Walks through what the view can show, and stops at each of them.
pub(super) fn tour(studio: &mut Studio, stop: &dyn Fn(&mut Studio, &str)) {
    studio.perform(Action::Connections);
    stop(studio, "empty");
    studio.click_role(Role::Button, "New connection");
    stop(studio, "kinds");
    studio.click_role(Role::Button, "Kafka");
    stop(studio, "presets");
    studio.click_role(Role::Button, "Confluent Cloud");
    stop(studio, "preset");
    studio.fill_in(Role::PasswordInput, "Password", "a-pass-word");
    studio
        .fill("Bootstrap servers", "127.0.0.1:1, a-very-long-name-of-a-broker.eu-central-1.example.com:9093");
    studio.try_it();
    stop(studio, "failed");
    studio.fill("User name", "${env:KAFKA_USER}");
    studio.click_role(Role::Switch, "Skip host name verification");
    stop(studio, "danger");
    studio.keep();
    stop(studio, "kept");
    folder(studio, "exports");
    studio.try_it();
    stop(studio, "works");
    studio.fill("Folder", "relative");
    stop(studio, "wrong");
    studio.click_role(Role::ListItem, "confluent_cloud");
    stop(studio, "unsaved");
}

#[test]
fn a_cluster_is_added_tried_mended_kept_and_found_again() {
    const WRONG: &str = "wrong-pass-word-4711";
    let broker = Broker::shared();
    let password = broker.env("KAFKA_PASSWORD");
    let mut studio = empty();
    studio.new_kafka();
    studio.fill("Name", "prod");

    assert!(!studio.has_part("are missing"), "nothing is told before it is touched");
    assert!(!studio.try_it());
    assert!(studio.has("Settings failed"), "{}", studio.seen());
    assert!(studio.has_part("bootstrap servers are missing"));

    studio.fill("Bootstrap servers", broker.env("KAFKA_SASL_PLAINTEXT"));
    studio.choose("Security protocol", "SASL_PLAINTEXT: login, not encrypted");
    studio.fill("User name", broker.env("KAFKA_USER"));
    assert!(!studio.try_it());
    assert!(studio.has_part("password is missing"), "{}", studio.seen());

    studio.fill_in(Role::PasswordInput, "Password", WRONG);
    studio.keep();
    assert_eq!(studio.listed(), ["prod"], "it can be kept without a test");
    assert!(studio.has("Password is stored"));
    assert!(!studio.seen().contains(WRONG));
    let files = files_with(studio.home.path(), WRONG);
    assert!(files.is_empty(), "{files:?}");

    studio.click("Replace password");
    studio.fill_in(Role::PasswordInput, "Password", password);
    assert!(studio.has("Unsaved") && !studio.seen().contains(password), "{}", studio.seen());
    studio.press(CTRL, Key::S);
    studio.settle();
    assert!(!studio.has("Unsaved"));
    studio.press(PLAIN, Key::Escape);
    studio.press(PLAIN, Key::Escape);
    assert!(!studio.has("Close connections"));

    let mut studio = studio.reopened(Setup { open: Vec::new(), is_demo: false });
    studio.perform(Action::Connections);
    assert_eq!(studio.listed(), ["prod"]);
    assert_eq!(studio.value("Bootstrap servers"), broker.env("KAFKA_SASL_PLAINTEXT"));
    assert!(studio.has("Password is stored"));
    studio.fill("User name", "");
    studio.fill("User name", broker.env("KAFKA_USER"));
    studio.fill("Name", "cluster");
    studio.keep();
    assert_eq!(studio.listed(), ["cluster"], "edited without the password");
    assert!(studio.has("Password is stored") && !studio.seen().contains(password));
    for secret in [password, WRONG] {
        let files = files_with(studio.home.path(), secret);
        assert!(files.is_empty(), "{files:?}");
    }
}

#[test]
fn changes_are_asked_about_before_they_are_lost() {
    let mut studio = empty();
    folder(&mut studio, "one");
    folder(&mut studio, "two");
    studio.fill("Folder", "/elsewhere");
    studio.click_role(Role::ListItem, "one");
    assert!(studio.has("Save the changes to “two”?"), "{}", studio.seen());
    studio.click_role(Role::Button, "Cancel");
    assert_eq!(studio.value("Folder"), "/elsewhere");
    studio.press(PLAIN, Key::Escape);
    assert!(studio.has("Save the changes to “two”?"), "closing asks too: {}", studio.seen());
    studio.click_role(Role::Button, "Don't save");
    assert!(!studio.has("Close connections"));
    studio.perform(Action::Connections);
    assert_eq!(studio.value("Folder"), studio.home.path().display().to_string());
    studio.fill("Folder", "/elsewhere");
    studio.perform(Action::Quit);
    assert!(studio.has("Save the changes to “two”?") && !studio.has_wished(&Wish::Quit));
    studio.click_role(Role::Button, "Don't save");
    studio.settle();
    assert!(studio.has_wished(&Wish::Close), "and the window goes");
}

#[test]
fn a_copy_has_everything_and_a_deletion_names_what_breaks() {
    let mut studio = Studio::on(
        "flowloom: 1\nname: Copy\nnodes:\n  orders:\n    kind: kafka_source\n    at: [40, 40]\n    settings: {connection: one}\n",
    );
    folder(&mut studio, "one");
    studio.click("Duplicate connection");
    studio.settle();
    assert_eq!(studio.listed(), ["one", "one_copy"]);
    assert_eq!(studio.value("Name"), "one_copy");
    assert_eq!(studio.value("Folder"), studio.home.path().display().to_string());
    studio.click("Delete connection");
    studio.until("it is asked", |studio| studio.has("Delete “one_copy”?"));
    assert!(studio.has_part("names it"));
    studio.click_role(Role::Button, "Delete");
    studio.settle();
    studio.until("it is gone", |studio| studio.listed() == ["one"]);
    studio.click("Delete connection");
    studio.until("it is asked", |studio| studio.has("Delete “one”?"));
    assert!(studio.has_part("flow (orders)") || studio.has_part("Copy (orders)"), "{}", studio.seen());
    studio.click_role(Role::Button, "Cancel");
    assert_eq!(studio.listed(), ["one"]);
}

#[test]
fn what_is_wrong_is_told_at_its_field_once_it_was_touched() {
    let mut studio = empty();
    folder(&mut studio, "one");
    studio.fill("Folder", "relative");
    assert!(studio.has_part("`relative` is no absolute path"), "{}", studio.seen());
    studio.fill("Name", "no spaces please");
    assert!(studio.has_part("cannot be the name of a connection"));
    studio.keep();
    assert_eq!(studio.listed(), ["one"], "it is not kept");
    studio.click("Revert");
    assert_eq!(studio.value("Name"), "one");
    assert!(studio.try_it(), "{}", studio.seen());
    studio.fill("Folder", "/nowhere/at/all");
    assert!(studio.has_part("Before the last changes"), "an old test says so");
    assert!(!studio.try_it());
    assert!(studio.has("Folder failed") && studio.has_part("cannot be listed"));
    studio.click("Details");
    assert!(studio.has("Details of Folder"));
}

#[test]
fn what_a_flow_is_asked_for_brings_it_to_the_front() {
    let mut studio = Studio::orders();
    studio.perform(Action::Connections);
    studio.menu("Select all");
    assert!(!studio.has("Close connections"));
    assert_eq!(studio.selected().len(), 4);
    studio.perform(Action::Connections);
    studio.press(PLAIN, Key::Delete);
    studio.perform(Action::Connections);
    assert_eq!(studio.nodes().len(), 4, "the flow behind gets no keys");
}
