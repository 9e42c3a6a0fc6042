//! What a front end asks of a session, and what it gets.

use std::path::{Path, PathBuf};

use flowloom_flow::{Edit, Flow, Target};

use crate::{Command, FlowKey, Limits, Outcome, Reply, Session, Values};

const ROWS: &str = "\
flowloom: 1
name: Rows
nodes:
  rows:
    kind: table
    settings:
      data:
        columns: [{name: n, type: Int64}]
        rows: [[1], [2]]
";

fn session() -> Session {
    Session::new(Limits::default())
}

fn opened(reply: Result<Reply, Vec<flowloom_flow::Problem>>) -> FlowKey {
    match reply {
        Ok(Reply::Opened { flow, .. }) => flow,
        Ok(_) => panic!("a flow opens"),
        Err(problems) => panic!("{problems:?}"),
    }
}

fn outcome(session: &mut Session, command: Command) -> Outcome {
    match session.send(command) {
        Ok(Reply::Job(job)) => job.wait(|_| ()),
        Ok(_) => panic!("a job"),
        Err(problems) => panic!("{problems:?}"),
    }
}

fn recover(session: &mut Session, text: &str) -> FlowKey {
    opened(session.send(Command::Recover { text: text.to_owned(), path: None, folder: ".".into() }))
}

fn rename(session: &mut Session, flow: FlowKey, name: &str) {
    let edit = Edit::SetName { name: name.to_owned() };
    let sent = session.send(Command::Edit { flow, edit, gesture: Some("name".to_owned()) });
    assert!(matches!(sent, Ok(Reply::Done)));
}

#[test]
fn compiling_in_the_background_says_what_is_wrong_and_where() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("wrong.flow.yaml");
    let text = format!("{ROWS}  paid:\n    kind: fitler\n    inputs: [rows]\n");
    std::fs::write(&path, text).expect("file");
    let mut session = session();
    let flow = opened(session.send(Command::Open { path: path.clone() }));
    let compile = Command::Compile { flow, values: Values::new() };
    let Outcome::Compiled(compiled) = outcome(&mut session, compile.clone()) else { panic!("compiled") };
    assert_eq!(compiled.nodes[0].schemas.as_ref().map(Vec::len), Some(1));
    assert_eq!(compiled.nodes[1].problems[0].at.line, Some(10), "{compiled:?}");
    rename(&mut session, flow, "Other");
    let Outcome::Compiled(compiled) = outcome(&mut session, compile) else { panic!("compiled") };
    assert_eq!(compiled.nodes[1].problems[0].at.line, None, "the file holds something else");
    assert_eq!(session.path(flow), Some(path));
    assert_eq!(session.folder(flow).expect("open"), folder.path());
}

#[test]
fn a_gesture_that_ended_is_a_step_of_its_own() {
    let mut session = session();
    let flow = opened(session.send(Command::New { flow: Flow::default(), folder: PathBuf::from(".") }));
    assert_eq!(session.flows(), [flow]);
    assert!(!session.can_undo(flow).expect("open"));
    rename(&mut session, flow, "a");
    rename(&mut session, flow, "ab");
    assert!(matches!(session.send(Command::EndGesture { flow }), Ok(Reply::Done)));
    rename(&mut session, flow, "abc");
    assert!(session.send(Command::Undo { flow }).is_ok());
    assert_eq!(session.flow(flow).expect("open").name, "ab");
    assert!(session.send(Command::Undo { flow }).is_ok());
    assert_eq!(session.flow(flow).expect("open").name, "");
    assert!(!session.can_undo(flow).expect("open") && session.can_redo(flow).expect("open"));
    assert!(session.send(Command::Close { flow }).is_ok());
    assert!(session.can_undo(flow).is_err() && session.path(flow).is_none() && session.flows().is_empty());
}

#[test]
fn an_export_is_shown_without_a_file() {
    let mut session = session();
    let flow = recover(&mut session, ROWS);
    let show = Command::ShowExport { flow, target: Target::Python, values: Values::new() };
    let Outcome::Project(project) = outcome(&mut session, show) else { panic!("a project") };
    assert!(project.files.contains_key("README.md"), "{:?}", project.files.keys());
    let empty = opened(session.send(Command::New { flow: Flow::default(), folder: ".".into() }));
    let show = Command::ShowExport { flow: empty, target: Target::Rust, values: Values::new() };
    let Outcome::Failed(problems) = outcome(&mut session, show) else { panic!("nothing to export") };
    assert_eq!(problems[0].message, "the flow has no nodes to export");
}

#[test]
fn what_is_recovered_is_unsaved_and_knows_its_file() {
    let mut session = session();
    let path = Path::new("folder/orders.flow.yaml").to_owned();
    let recovered = Command::Recover { text: ROWS.to_owned(), path: Some(path.clone()), folder: ".".into() };
    let flow = opened(session.send(recovered));
    assert!(!session.is_saved(flow).expect("open"));
    assert_eq!(session.path(flow), Some(path));
    assert_eq!(session.folder(flow).expect("open"), Path::new("folder"));
    let broken = Command::Recover { text: "not: [a flow".to_owned(), path: None, folder: ".".into() };
    assert!(session.send(broken).is_err());
    assert!(session.send(Command::Open { path: "nowhere.flow.yaml".into() }).is_err());
    assert_eq!(session.flows(), [flow], "what does not open leaves nothing open");
}

#[test]
fn a_setting_without_suggestions_has_none_and_a_missing_node_is_named() {
    let mut session = session();
    let flow = recover(&mut session, ROWS);
    let ask = |node: &str| Command::Suggest {
        flow,
        node: node.parse().expect("an id"),
        key: "data".to_owned(),
        values: Values::new(),
    };
    assert!(matches!(outcome(&mut session, ask("rows")), Outcome::Suggested(none) if none.is_empty()));
    let Outcome::Failed(problems) = outcome(&mut session, ask("gone")) else { panic!("no such node") };
    assert_eq!(problems[0].message, "there is no node `gone`");
}

/// Where the flow of [`ROWS`] is open, and its file.
fn on_disk(session: &mut Session) -> (tempfile::TempDir, PathBuf, FlowKey) {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("rows.flow.yaml");
    std::fs::write(&path, ROWS).expect("file");
    let Outcome::Loaded { file, warnings } = outcome(session, Command::Load { path: path.clone() }) else {
        panic!("it is read")
    };
    assert!(warnings.is_empty() && file.path() == path);
    assert!(session.flows().is_empty(), "it is read, not open yet");
    let flow = opened(session.send(Command::Adopt { file }));
    assert!(session.is_saved(flow).expect("open") && session.path(flow).as_ref() == Some(&path));
    (folder, path, flow)
}

#[test]
fn what_was_edited_during_a_save_is_unsaved() {
    let mut session = session();
    let (folder, path, flow) = on_disk(&mut session);
    rename(&mut session, flow, "Saved");
    let other = folder.path().join("other").join("rows.flow.yaml");
    std::fs::create_dir(other.parent().expect("a folder")).expect("made");
    let Ok(Reply::Job(job)) = session.send(Command::Store { flow, path: Some(other.clone()) }) else {
        panic!("it is written")
    };
    // The same gesture as before the save, which is a step of its own all the same.
    rename(&mut session, flow, "Later");
    let Outcome::Stored(file) = job.wait(|_| ()) else { panic!("it was written") };
    assert_eq!(session.path(flow), Some(path), "the session does not know yet");
    assert!(session.send(Command::MarkSaved { flow, file }).is_ok());
    assert_eq!(session.path(flow).as_ref(), Some(&other));
    assert_eq!(session.folder(flow).expect("open"), other.parent().expect("a folder"));
    assert!(!session.is_saved(flow).expect("open"), "the edit is not in the file");
    assert!(std::fs::read_to_string(&other).expect("there").contains("name: Saved"));
    assert!(session.send(Command::Undo { flow }).is_ok());
    assert!(session.is_saved(flow).expect("open"), "undo is back at what was written");
    let Outcome::Loaded { file, .. } = outcome(&mut session, Command::Load { path: other }) else {
        panic!("it is read")
    };
    assert_eq!(file.flow, session.flow(flow).expect("open"));
}

#[test]
fn a_save_that_fails_changes_nothing() {
    let mut session = session();
    let (folder, path, flow) = on_disk(&mut session);
    rename(&mut session, flow, "Other");
    let nowhere = folder.path().join("none").join("rows.flow.yaml");
    let Outcome::Failed(problems) = outcome(&mut session, Command::Store { flow, path: Some(nowhere) })
    else {
        panic!("there is no such folder")
    };
    assert!(problems[0].message.starts_with("the flow file cannot be written: "), "{problems:?}");
    assert_eq!(session.path(flow), Some(path.clone()));
    assert!(!session.is_saved(flow).expect("open"));
    assert_eq!(std::fs::read_to_string(&path).expect("there"), ROWS);
    let empty = opened(session.send(Command::New { flow: Flow::default(), folder: ".".into() }));
    assert!(session.send(Command::Store { flow: empty, path: None }).is_err(), "it has no file yet");
    assert!(matches!(outcome(&mut session, Command::Load { path: "none.yaml".into() }), Outcome::Failed(_)));
    // A tab that closed meanwhile takes nothing.
    let Outcome::Stored(file) = outcome(&mut session, Command::Store { flow, path: None }) else {
        panic!("it is written")
    };
    assert!(session.send(Command::Close { flow }).is_ok());
    assert!(session.send(Command::MarkSaved { flow, file }).is_err());
}

#[test]
fn an_export_is_written_by_a_job_and_refused_by_it() {
    let mut session = session();
    let (folder, _, flow) = on_disk(&mut session);
    let write = |to: &str| Command::WriteExport {
        flow,
        target: Target::Python,
        folder: folder.path().join(to),
        values: Values::new(),
    };
    let Outcome::Exported(files) = outcome(&mut session, write("program")) else { panic!("it is written") };
    assert!(!files.is_empty() && files.iter().all(|file| file.is_file()), "{files:?}");
    let Outcome::Failed(problems) = outcome(&mut session, write("")) else { panic!("a foreign folder") };
    assert!(problems[0].message.starts_with("the folder is not empty"), "{problems:?}");
}

#[test]
fn the_sample_is_put_where_it_is_missing_and_kept_where_it_was_edited() {
    let mut session = session();
    let folder = tempfile::tempdir().expect("folder");
    let load = Command::LoadSample { folder: folder.path().join("demo") };
    let Outcome::Loaded { file, .. } = outcome(&mut session, load.clone()) else { panic!("it is read") };
    let flow = opened(session.send(Command::Adopt { file }));
    rename(&mut session, flow, "Mine");
    assert!(matches!(session.send(Command::Save { flow, path: None }), Ok(Reply::Done)));
    let Outcome::Loaded { file, .. } = outcome(&mut session, load) else { panic!("it is read") };
    assert_eq!(file.flow.name, "Mine");
}
