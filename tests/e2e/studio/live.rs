//! A live run in the window: what it is asked, and what it says while nobody answers.

use egui::Key;
use flowloom_studio::Phase;
use flowloom_ui::action::Action;
use flowloom_ui::status::Status;

use super::Studio;
use super::actions::NO_BROKER;
use super::hands::PLAIN;

#[test]
fn a_live_run_says_what_failed_and_when_it_tries_again() {
    let out = "  out:\n    kind: write_file\n    at: [300, 80]\n    inputs: [orders]\n    settings: {path: out, format: jsonl, mode: append}\n";
    let mut studio = Studio::on(&(NO_BROKER.replace("60000", "300") + out));
    studio.perform(Action::RunLive);
    studio.fill("Time since the last batch began", "soon");
    assert!(studio.has_part("`soon` is no time"), "{}", studio.seen());
    studio.fill("Time since the last batch began", "5s");
    studio.click("Start");
    let backs_off = |studio: &Studio| {
        let live = studio.doc().job.as_ref().and_then(|job| job.live.as_ref());
        live.is_some_and(|live| matches!(live.phase, Some(Phase::BackingOff { .. })))
    };
    studio.until("it waits after trouble", backs_off);
    assert!(studio.has_part("Live: tries again at"), "{}", studio.seen());
    assert_eq!(studio.states()[0], Status::Failed);
    let live = studio.flow().live.expect("the flow keeps what was typed in");
    assert_eq!(live.caption(), "every 5s");
    studio.press(PLAIN, Key::Escape);
    assert!(studio.doc().job.is_some(), "a live run is not ended by the way");
    studio.perform(Action::Stop);
    studio.finish();
    let ended = |text: &str| text.starts_with("Live run ended: 0 batches");
    assert!(studio.doc().log.lines().any(|line| ended(&line.text)), "{:?}", studio.doc().log);
}

#[test]
fn a_live_run_that_cannot_be_says_why_until_it_is_read() {
    let out = "  out:\n    kind: write_file\n    at: [300, 80]\n    inputs: [orders]\n    settings: {path: out.jsonl, format: jsonl}\n";
    let mut studio = Studio::on(&(NO_BROKER.to_owned() + out));
    studio.perform(Action::RunLive);
    studio.fill("Time since the last batch began", "5s");
    studio.press(PLAIN, Key::Enter);
    studio.finish();
    assert!(!studio.has_part("Time since the last batch began"), "{}", studio.seen());
    let why = "Run failed: each batch of a live run would replace what `out` wrote before";
    for words in [why, "let it append to a folder"] {
        assert!(studio.has_part(words), "{}", studio.seen());
    }
}
