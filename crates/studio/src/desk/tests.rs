use std::process::Command;

use serde_json::json;

use super::*;

const SOON: Duration = Duration::from_secs(20);

fn loaded(desk: &Desk) -> Loaded {
    let deadline = Instant::now() + SOON;
    loop {
        if let Some(loaded) = desk.loaded() {
            return loaded;
        }
        assert!(Instant::now() < deadline, "{:?}", desk.problems());
        std::thread::yield_now();
    }
}

fn draft(id: &str, text: &str) -> Draft {
    Draft {
        id: id.to_owned(),
        path: None,
        flow: "Orders".to_owned(),
        text: text.to_owned(),
        saved_ms: now_ms(),
    }
}

#[test]
fn what_one_session_leaves_the_next_one_finds() {
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("a.flow.yaml");
    std::fs::write(&file, "").expect("file");
    let desk = Desk::open_in(folder.path().join("home"));
    assert_eq!(loaded(&desk), Loaded::default());
    desk.set_preference("theme", json!("light"));
    desk.set_preference("theme", json!({"mode": "dark"}));
    desk.remember(&folder.path().join("gone.flow.yaml"));
    assert!(desk.flush(SOON) && desk.is_settled());
    desk.remember(&file);
    desk.keep_draft(draft("1", "x"));
    desk.drop_draft("1");
    // Dropping writes what is left.
    drop(desk);

    let desk = Desk::open_in(folder.path().join("home"));
    let found = loaded(&desk);
    assert_eq!(found.preferences, [("theme".to_owned(), json!({"mode": "dark"}))].into());
    let mut recent: Vec<_> = found.recent.iter().map(|each| (each.path.clone(), each.is_missing)).collect();
    recent.sort();
    assert_eq!(recent, [(file.clone(), false), (folder.path().join("gone.flow.yaml"), true)]);
    assert_eq!(found.drafts, []);
    assert!(desk.loaded().is_none(), "it is given once");
    desk.forget(&file);
    assert!(desk.flush(SOON));
    assert!(desk.problems().is_empty());
}

#[test]
fn a_living_desk_keeps_its_drafts_from_others() {
    let folder = tempfile::tempdir().expect("folder");
    let first = Desk::open_in(folder.path().to_owned());
    let (one, two) = (first.new_draft_id(), first.new_draft_id());
    assert_ne!(one, two);
    first.keep_draft(draft(&one, "unsaved"));
    assert!(first.flush(SOON));
    let second = Desk::open_in(folder.path().to_owned());
    assert_eq!(loaded(&second).drafts, []);
    drop((first, second));
    let third = Desk::open_in(folder.path().to_owned());
    assert_eq!(loaded(&third).drafts.len(), 1, "nobody saved it, so it is still there");
}

/// Runs as a program of its own in the test below: keeps a draft, says so, and is killed.
#[test]
fn keep_a_draft_and_die() {
    let Some(folder) = std::env::var_os("FLOWLOOM_TEST_DIE_IN") else { return };
    let desk = Desk::open_in(folder.into());
    desk.keep_draft(draft("lost", "nodes: {}"));
    assert!(desk.flush(SOON));
    std::process::abort();
}

#[test]
fn a_draft_survives_a_program_that_dies_right_after_it() {
    let folder = tempfile::tempdir().expect("folder");
    let program = std::env::current_exe().expect("this test");
    let died = Command::new(program)
        .args(["--exact", "desk::tests::keep_a_draft_and_die"])
        .env("FLOWLOOM_TEST_DIE_IN", folder.path())
        .output()
        .expect("it starts");
    assert!(!died.status.success(), "{died:?}");
    let desk = Desk::open_in(folder.path().to_owned());
    let drafts = loaded(&desk).drafts;
    let drafts: Vec<_> = drafts.iter().map(|draft| (draft.id.as_str(), draft.text.as_str())).collect();
    assert_eq!(drafts, [("lost", "nodes: {}")]);
}

#[test]
fn a_store_that_cannot_be_used_is_told_once_and_blocks_nobody() {
    let folder = tempfile::tempdir().expect("folder");
    let home = folder.path().join("home");
    std::fs::write(&home, "a file where a folder should be").expect("file");
    let desk = Desk::open_in(home.clone());
    assert_eq!(loaded(&desk), Loaded::default());
    desk.set_preference("theme", json!("dark"));
    desk.set_preference("zoom", json!(1.5));
    assert!(!desk.flush(Duration::from_millis(50)));
    let problems = desk.problems();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].message.contains("home"), "{problems:?}");
    std::fs::remove_file(&home).expect("mended");
    desk.set_preference("zoom", json!(2));
    assert!(desk.flush(SOON), "it is tried again");
    drop(desk);
    let kept = loaded(&Desk::open_in(home)).preferences;
    assert_eq!(kept, [("theme".to_owned(), json!("dark")), ("zoom".to_owned(), json!(2))].into());
}

#[test]
fn past_runs_are_read_back_node_by_node() {
    let folder = tempfile::tempdir().expect("folder");
    let store = Store::open(folder.path()).expect("store");
    let report = json!({
        "outcome": "failed", "began": true, "batch": {}, "repeated": false, "elapsed_ms": 2.5,
        "problems": [{"severity": "error", "domain": "external", "retry": true, "at": {"node": "orders"},
                      "message": "no broker", "source": "a text"}],
        "nodes": [{"node": "orders", "kind": "kafka_source", "state": "failed", "rows": {"out": 3}, "elapsed_ms": 1.0}],
    });
    for report in [report.to_string(), "{}".to_owned()] {
        let run = flowloom_store::NewRun {
            flow: "Orders",
            file: Some("orders.flow.yaml"),
            started_ms: 1,
            elapsed_ms: 2.5,
            outcome: "failed",
            report: &report,
            owner: None,
        };
        store.add_run(&run).expect("added");
    }
    let desk = Desk::open_in(folder.path().to_owned());
    desk.look_up_runs(10);
    assert!(desk.flush(SOON));
    let runs = desk.runs().expect("an answer");
    assert!(runs[0].report.is_none(), "unreadable, but listed");
    let report = runs[1].report.as_ref().expect("readable");
    assert_eq!(report.nodes[0].rows["out"], 3);
    assert_eq!(report.problems[0].message, "no broker");
    assert!(desk.runs().is_none(), "it is given once");
}
