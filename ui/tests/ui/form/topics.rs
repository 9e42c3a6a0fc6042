//! Topics as one, as a list, as a pattern; with what the cluster says of those in sight.

use egui::accesskit::Role;
use egui::{Key, Theme};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use serde_json::json;
use tempfile::TempDir;

use super::SAMPLE;
use super::bench::{Bench, Look};

#[test]
fn a_topic_is_a_list_or_a_pattern_and_back() {
    let mut bench = Bench::of(SAMPLE, "orders");
    bench.click("A list");
    assert_eq!(bench.setting("orders", "topic"), json!(["orders"]));
    bench.click("Add topic").type_text("payments").fill("Topic 2 partitions", "0,2-5");
    let list = json!(["orders", {"topic": "payments", "partitions": "0,2-5"}]);
    assert_eq!(bench.setting("orders", "topic"), list);
    bench.fill("Topic 2 partitions", "x");
    assert!(bench.says("`x` names no partitions"), "{}", bench.labels());
    bench.shoot("topics-list");
    bench.click("Move topic 1").key(Key::ArrowDown).click("Remove topic 1");
    assert_eq!(bench.setting("orders", "topic"), json!(["orders"]));
    bench.click("A pattern").fill("Pattern", "orders-(");
    assert_eq!(bench.setting("orders", "topic"), json!({"pattern": "orders-("}));
    assert!(bench.says("is no regular expression: unclosed group"), "{}", bench.labels());
    bench.shoot("topics-pattern");
    bench.fill("Pattern", "orders-.*").click("One topic");
    assert_eq!(bench.setting("orders", "topic"), json!(null), "a pattern names no topic");
}

#[test]
fn the_picker_tells_what_the_topics_hold() {
    let folder = TempDir::new().expect("a folder");
    let demo = flowloom_studio::demo::Demo::start(folder.path()).expect("the embedded broker");
    for theme in [Theme::Dark, Theme::Light] {
        let mut bench = Bench::look(
            SAMPLE,
            Some("orders"),
            Look { theme, width: 700.0, height: 900.0, ..Look::default() },
        );
        let state = bench.ui.state_mut();
        state.has_outside = true;
        state.doc.set_values(demo.values(), &mut state.session).expect("values");
        bench.settle();
        bench.click("Find topic");
        let row = bench.ui.get_by_role_and_label(Role::ListBoxOption, "orders");
        let said = row.accesskit_node().value().unwrap_or_default();
        assert!(said.contains("Partitions: ") && said.contains("Messages: "), "{said}");
        bench.shoot(&format!("topics-picker-{theme:?}"));
        bench.key(Key::Enter);
        assert!(bench.says("partition"), "{}", bench.labels());
        bench.click("A pattern").fill("Pattern", "ord.*");
        assert!(bench.says("Fits 1 of "), "{}", bench.labels());
        bench.shoot(&format!("topics-one-{theme:?}"));
    }
}
