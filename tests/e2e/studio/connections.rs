//! The Connections view: a person adds a cluster, sees what is wrong with it, mends it, keeps it and uses it.

use std::path::Path;

use egui::Key;
use egui::accesskit::Role;
use egui_kittest::kittest::NodeT as _;
use flowloom_ui::action::Action;
use flowloom_ui::{Setup, Wish};

use super::Studio;
use super::hands::{CTRL, PLAIN};
use crate::broker::Broker;
use crate::group;
use crate::message::Message;
use crate::passwords;
use crate::topic::{Topic, unique};

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

    /// A test fails at this step, with words such as these.
    #[track_caller]
    fn fails(&mut self, step: &str, words: &str) {
        assert!(!self.try_it(), "{}", self.seen());
        assert!(self.has(&format!("Failed at {step}")), "not at {step}: {}", self.seen());
        assert!(self.has_part(words), "no {words:?} among: {}", self.seen());
    }

    /// What a row of a list says.
    fn row(&self, name: &str) -> String {
        self.find_role(Role::Row, name).value().unwrap_or_default()
    }

    /// None of these is seen, nor in any file of the home.
    #[track_caller]
    fn hides(&self, secrets: &[&str]) {
        for secret in secrets {
            let seen = self.harness.root();
            let texts =
                seen.children_recursive().flat_map(|node| [node.value(), node.accesskit_node().label()]);
            let shown: Vec<String> = texts.flatten().filter(|text| text.contains(secret)).collect();
            assert!(shown.is_empty(), "{shown:?}");
            let files = files_with(self.home.path(), secret);
            assert!(files.is_empty(), "{files:?}");
        }
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

/// A connection to the broker of these tests.
fn add_cluster(studio: &mut Studio, name: &str) {
    let broker = Broker::shared();
    studio.new_kafka();
    studio.fill("Name", name);
    studio.fill("Bootstrap servers", broker.env("KAFKA_SASL_PLAINTEXT"));
    studio.choose("Security protocol", "SASL_PLAINTEXT: login, not encrypted");
    studio.fill("User name", broker.env("KAFKA_USER"));
    studio.fill_in(Role::PasswordInput, "Password", broker.env("KAFKA_PASSWORD"));
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
    studio.press(PLAIN, Key::Escape);
    add_cluster(studio, "local-broker");
    studio.try_it();
    stop(studio, "green");
    let topic = Topic::create(Broker::shared(), "toured", 3);
    topic.send((0..30).map(|i| {
        let message =
            Message::new(format!("{{\"order\": {i}, \"status\": \"paid\", \"customer\": \"cust-{i}\"}}"));
        message.key(&format!("key-{i}")).header("source", "tour").partition(i % 3)
    }));
    group::commit(&topic, &unique("toured-readers"), &[3, 5, 10]);
    studio.click_role(Role::Tab, "Topics");
    studio.until("topics", |studio| !studio.labels(Role::Row).is_empty());
    // Other tests have topics of their own, more than are in sight.
    studio.fill("Find a topic", "toured");
    studio.until("the topic", |studio| studio.has_role(Role::Row, &topic.name));
    stop(studio, "topics");
    studio.click_role(Role::Row, &topic.name);
    let first = "Message 9 of partition 0";
    studio.until("messages", |studio| studio.has_role(Role::Row, first));
    stop(studio, "messages");
    studio.click_role(Role::Row, first);
    stop(studio, "message");
    for part in ["Partitions", "Configuration", "Groups"] {
        studio.click_role(Role::Tab, part);
        studio.until(part, |studio| !studio.has_part("Asking"));
        stop(studio, &part.to_lowercase());
    }
    studio.click_role(Role::ListItem, "exports");
    studio.fill("Folder", "relative");
    stop(studio, "wrong");
    studio.click_role(Role::ListItem, "confluent_cloud");
    stop(studio, "unsaved");
}

#[test]
fn a_cluster_is_added_tried_mended_kept_and_found_again() {
    let broker = Broker::shared();
    let password = broker.env("KAFKA_PASSWORD");
    // A cluster without topics is warned of.
    let _topic = Topic::create(broker, "listed", 1);
    let mut studio = empty();
    studio.new_kafka();
    studio.fill("Name", "prod");

    assert!(!studio.has_part("are missing"), "nothing is told before it is touched");
    studio.fails("Settings", "bootstrap servers are missing");
    studio.fill("Bootstrap servers", "no-such-broker.invalid:9092");
    studio.choose("Security protocol", "SASL_SSL: login, encrypted");
    studio.fill("User name", broker.env("KAFKA_USER"));
    studio.fails("Settings", "password is missing");
    studio.fill_in(Role::PasswordInput, "Password", passwords::WRONG);
    studio.fails("DNS", "no-such-broker.invalid");
    studio.fill("Bootstrap servers", "127.0.0.1:1");
    studio.fails("TCP", "127.0.0.1:1");
    studio.fill("Bootstrap servers", broker.env("KAFKA_SASL_SSL"));
    studio.fill_in(Role::MultilineTextInput, "CA certificate", broker.env("KAFKA_ROGUE_CA"));
    studio.fails("TLS", "authority");
    studio.fill_in(Role::MultilineTextInput, "CA certificate", broker.env("KAFKA_CA"));
    studio.fails("SASL", "password");

    studio.keep();
    assert_eq!(studio.listed(), ["prod"], "it can be kept as it is");
    assert!(studio.has("Password is stored"));
    studio.click("Replace password");
    studio.fill_in(Role::PasswordInput, "Password", password);
    assert!(studio.has("Unsaved"));
    assert!(studio.try_it(), "{}", studio.seen());
    assert!(studio.has("DNS skipped"), "an address has no name: {}", studio.seen());
    for step in ["TCP", "TLS", "Kafka", "SASL", "Brokers", "Topics", "Group"] {
        assert!(studio.has(&format!("{step} passed")), "{step}: {}", studio.seen());
    }
    studio.press(CTRL, Key::S);
    studio.settle();
    assert!(!studio.has("Unsaved") && studio.has("Password is stored"));
    studio.hides(&[password, passwords::WRONG]);
    studio.perform(Action::Connections);
    assert!(!studio.has("Close connections"));

    let mut studio = studio.reopened(Setup { open: Vec::new(), is_demo: false });
    studio.perform(Action::Connections);
    assert_eq!(studio.listed(), ["prod"]);
    assert_eq!(studio.value("Bootstrap servers"), broker.env("KAFKA_SASL_SSL"));
    assert!(studio.has("Password is stored"));
    studio.fill("Name", "cluster");
    studio.keep();
    assert_eq!(studio.listed(), ["cluster"], "edited without the password");
    assert!(studio.has("Password is stored"));
    assert!(studio.try_it(), "with the password that is kept: {}", studio.seen());
    studio.hides(&[password, passwords::WRONG]);
}

#[test]
fn a_key_is_pasted_a_certificate_picked_and_a_reference_shown_as_one() {
    let broker = Broker::shared();
    let mut studio = empty();
    studio.new_kafka();
    studio.fill("Bootstrap servers", broker.env("KAFKA_MTLS"));
    studio.choose("Security protocol", "SSL: encrypted");
    studio.fill_in(Role::MultilineTextInput, "CA certificate", broker.env("KAFKA_CA"));
    studio.reveal(Role::Button, "Choose file for client certificate…");
    studio.click("Choose file for client certificate…");
    studio.pick(Some(Path::new(broker.env("KAFKA_CERT"))));
    assert_eq!(studio.value("Client certificate"), broker.env("KAFKA_CERT"));
    let key = std::fs::read_to_string(broker.env("KAFKA_KEY")).expect("the client's key");
    studio.reveal(Role::PasswordInput, "Client key");
    studio.click_role(Role::PasswordInput, "Client key");
    studio.send(egui::Event::Paste(key.clone()));
    studio.click_role(Role::TextInput, "Name");
    assert!(studio.try_it(), "its line ends are as they were: {}", studio.seen());
    studio.keep();
    let line = key.lines().nth(1).expect("a key of several lines");
    studio.hides(&[line]);
    assert!(studio.has("Client key is stored"));
    studio.reveal(Role::Button, "Replace client key");
    studio.click("Replace client key");
    let reference = format!("${{file:{}}}", broker.env("KAFKA_KEY"));
    studio.fill_in(Role::PasswordInput, "Client key", &reference);
    assert_eq!(studio.value("Client key"), reference, "a reference is no secret");
    assert!(studio.try_it(), "{}", studio.seen());
    studio.click("Revert");
    assert!(studio.has("Client key is stored"));
}

#[test]
fn a_node_picks_a_connection_by_name() {
    let mut studio = Studio::on(
        "flowloom: 1\nname: Orders\nnodes:\n  orders:\n    kind: kafka_source\n    at: [40, 80]\n    settings: {topic: t}\n",
    );
    add_cluster(&mut studio, "prod");
    folder(&mut studio, "exports");
    studio.press(PLAIN, Key::Escape);
    studio.click_at(studio.node("Orders"), PLAIN);
    studio.click_role(Role::ComboBox, "Connection");
    studio.until("it is found", |studio| studio.has_role(Role::ListBoxOption, "prod"));
    assert!(!studio.has_role(Role::ListBoxOption, "exports"), "of another kind");
    studio.pick_entry("prod");
    studio.settle();
    assert_eq!(studio.flow().nodes["orders"].settings["connection"], "prod");
    studio.click_role(Role::ComboBox, "Connection");
    studio.pick_entry("Manage connections…");
    assert!(studio.has("Close connections"));
}

#[test]
fn topics_are_found_counted_and_looked_into() {
    let broker = Broker::shared();
    let topic = Topic::create_with(broker, "seen", 2, &[("retention.ms", "86400000")]);
    topic.send((0..10).map(|i| Message::new(format!("{{\"id\": {i}}}")).partition(i % 2)));
    let readers = unique("readers");
    group::commit(&topic, &readers, &[3, 5]);
    let mut studio = empty();
    add_cluster(&mut studio, "prod");
    studio.click_role(Role::Tab, "Topics");
    studio.until("topics", |studio| !studio.labels(Role::Row).is_empty());
    studio.fill("Find a topic", &topic.name.to_uppercase());
    studio.until("the topic", |studio| studio.has_role(Role::Row, &topic.name));
    assert_eq!(studio.labels(Role::Row), [topic.name.as_str()]);
    studio.until("offsets", |studio| studio.row(&topic.name).contains("; 10; 0 – 5;"));

    studio.click_role(Role::Row, &topic.name);
    let first = "Message 4 of partition 1";
    studio.until("messages", |studio| studio.has_role(Role::Row, first));
    assert!(studio.row(first).contains("{ \"id\": 9 }"), "{}", studio.row(first));
    studio.click_role(Role::Row, first);
    assert!(studio.value("Value of the message").contains("\"id\": 9"));
    studio.fill("Find in messages", "\"id\": 3");
    studio.press(PLAIN, Key::Tab);
    let found = "Message 1 of partition 1";
    studio.until("the one", |studio| studio.has_role(Role::Row, found) && !studio.has_role(Role::Row, first));
    studio.fill("Find in messages", "");
    studio.click_role(Role::Switch, "Live");
    studio.until("it waits", |studio| studio.has("Waiting for messages…"));
    let late = std::cell::Cell::new(0);
    studio.until("a message that comes now", |studio| {
        // The tail begins with what comes once it has found the end: nobody knows when that is.
        late.set(late.get() + 1);
        if late.get() % 50 == 1 {
            topic.send([Message::new("late").partition(0)]);
        }
        studio.labels(Role::Row).iter().any(|row| row.ends_with("of partition 0"))
    });

    studio.click_role(Role::Tab, "Partitions");
    assert!(studio.row("Partition 1").contains("0; 5; 5"), "{}", studio.row("Partition 1"));
    studio.click_role(Role::Tab, "Configuration");
    studio.until("settings", |studio| studio.has_role(Role::Row, "retention.ms"));
    assert_eq!(studio.row("retention.ms"), "retention.ms; 86400000; set");
    studio.click_role(Role::Tab, "Groups");
    let second = format!("{readers} partition 1");
    studio.until("groups", |studio| studio.has_role(Role::Row, &second));
    assert!(studio.row(&second).ends_with("; 1; 5; 0"), "{}", studio.row(&second));
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
