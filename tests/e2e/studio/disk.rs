//! Files come and go while frames go on: what is shown, and what closing waits for.

use egui_kittest::kittest::Queryable as _;
use flowloom_ui::action::Action;

use super::Studio;
use super::hands::PLAIN;

const FLOW: &str = "\
flowloom: 1
name: Rows
nodes:
  rows:
    kind: table
    settings:
      data: {columns: [{name: n, type: Int64}], rows: [[1]]}
  result: {kind: filter, inputs: [rows]}
";

/// The flow with its filter deleted, not saved.
fn edited() -> Studio {
    let mut studio = Studio::on(FLOW);
    studio.click_at(studio.node("Result"), PLAIN);
    studio.perform(Action::Delete);
    assert!(!studio.doc().is_saved);
    studio
}

#[test]
fn save_and_close_closes_once_it_is_saved() {
    let mut studio = edited();
    studio.perform(Action::CloseTab);
    studio.click("Save");
    studio.until("the tab is closed", |studio| studio.app().docs().is_empty());
    let text = std::fs::read_to_string(studio.path("flow.flow.yaml")).expect("the file");
    assert!(text.contains("rows:") && !text.contains("result:"), "{text}");
}

#[test]
fn a_save_that_fails_says_so_and_keeps_the_tab() {
    let mut studio = Studio::on(FLOW);
    let folder = studio.path("away");
    std::fs::create_dir(&folder).expect("a folder");
    let path = folder.join("rows.flow.yaml");
    std::fs::write(&path, FLOW).expect("a flow file");
    studio.harness.state_mut().open(vec![path]);
    studio.until("it is open", |studio| studio.app().docs().len() == 2);
    studio.settle();
    std::fs::remove_dir_all(&folder).expect("it goes");
    studio.click_at(studio.node("Result"), PLAIN);
    studio.perform(Action::Delete);
    studio.perform(Action::CloseTab);
    studio.click("Save");
    studio.until("it is told", |studio| studio.has_part("the flow file cannot be written"));
    assert_eq!(studio.app().docs().len(), 2, "nothing is lost");
    assert!(!studio.doc().is_saved && !studio.doc().is_saving);
}

#[test]
fn flows_stand_in_the_order_in_which_they_were_asked_for() {
    let mut studio = Studio::on(FLOW);
    let paths: Vec<_> = ["c", "a", "b"].map(|name| studio.path(&format!("{name}.flow.yaml"))).into();
    for path in &paths {
        std::fs::write(path, FLOW).expect("a flow file");
    }
    studio.harness.state_mut().open(paths);
    studio.until("all are open", |studio| studio.app().docs().len() == 4);
    let titles: Vec<_> = studio.app().docs().iter().map(flowloom_ui::doc::Doc::title).collect();
    assert_eq!(titles, ["flow", "c", "a", "b"]);
    assert_eq!(studio.doc().title(), "b");
    let gone = studio.path("gone.flow.yaml");
    studio.harness.state_mut().open(vec![gone]);
    studio.until("it is told", |studio| studio.has_part("there is no file any more"));
    assert_eq!(studio.app().docs().len(), 4);
}

#[test]
fn a_program_is_written_while_its_dialog_waits() {
    let mut studio = Studio::on(FLOW);
    studio.perform(Action::Export);
    studio.until("the program is there", |studio| studio.has_part("import polars"));
    // The toolbar has a button of the same name; the dialog stands over it.
    studio.harness.query_all_by_label("Export").last().expect("the dialog's button").click();
    studio.until("the files are written", |studio| studio.has_part("Wrote "));
    assert!(studio.path("flow_python").join("README.md").is_file(), "{}", studio.seen());
}
