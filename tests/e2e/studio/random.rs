//! A person who does anything in any order: the flow stays what the commands make of it, and what its file says.

use egui::accesskit::Role;
use egui::{Key, Pos2, Vec2};
use flowloom_flow::{Flow, file};
use flowloom_studio::{Command, FlowKey, Limits, Session};
use flowloom_ui::action::Action;

use super::Studio;
use super::hands::{CTRL, PLAIN, SHIFT};

const STEPS: usize = 1_000;
/// Nodes at which the person tidies up by deleting.
const MOST: usize = 12;

#[test]
fn a_thousand_random_steps_are_replayed_and_read_back_1() {
    wander(0x9E37_79B9_7F4A_7C15);
}

#[test]
fn a_thousand_random_steps_are_replayed_and_read_back_2() {
    wander(0xD1B5_4A32_D192_ED03);
}

#[test]
fn a_thousand_random_steps_are_replayed_and_read_back_3() {
    wander(0x2545_F491_4F6C_DD1D);
}

fn wander(seed: u64) {
    let mut dice = Dice(seed);
    let mut studio = Studio::orders();
    for _ in 0..STEPS {
        step(&mut studio, &mut dice);
    }
    studio.press(PLAIN, Key::Escape);
    studio.settle();
    let flow = studio.flow().clone();
    assert_eq!(replayed(studio.app().journal(), studio.doc().key), flow, "seed {seed:#x}");
    studio.perform(Action::Save);
    let text = std::fs::read_to_string(studio.path("flow.flow.yaml")).expect("the file");
    assert_eq!(file::load(&text).expect("a flow file"), flow, "seed {seed:#x}");
}

/// What the commands that change flows make of them in another session.
fn replayed(journal: &[Command], flow: FlowKey) -> Flow {
    let mut session = Session::new(Limits::default());
    for command in journal {
        let is_change = matches!(
            command,
            Command::Open { .. }
                | Command::Adopt { .. }
                | Command::New { .. }
                | Command::Edit { .. }
                | Command::Replace { .. }
                | Command::Undo { .. }
                | Command::Redo { .. }
                | Command::EndGesture { .. }
        );
        if is_change {
            // Some were refused the first time as well.
            drop(session.send(command.clone()));
        }
    }
    Flow::clone(&session.flow(flow).expect("the flow is open"))
}

/// Numbers that are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// Something that a person might do next.
fn step(studio: &mut Studio, dice: &mut Dice) {
    if studio.nodes().len() > MOST {
        studio.perform(Action::SelectAll);
        studio.perform(Action::FitAll);
        if let Some(at) = node(studio, dice) {
            studio.click_at(at, SHIFT);
        }
        return studio.perform(Action::Delete);
    }
    match dice.below(20) {
        0 | 1 => add(studio, dice),
        2..=4 => wire(studio, dice),
        5 | 6 => {
            if let Some(from) = node(studio, dice) {
                let by = Vec2::new(dice.below(240) as f32 - 120.0, dice.below(160) as f32 - 80.0);
                studio.drag(from, studio.canvas().shrink(40.0).clamp(from + by));
            }
        }
        7 => {
            let arrow = dice.one(&[Key::ArrowUp, Key::ArrowDown, Key::ArrowLeft, Key::ArrowRight]);
            studio.press(dice.one(&[PLAIN, SHIFT]), arrow);
        }
        8 => note(studio, dice),
        9 => rename(studio, dice),
        10 => select(studio, dice),
        number => {
            let action = dice.one(&[
                Action::Undo,
                Action::Undo,
                Action::Redo,
                Action::Copy,
                Action::Cut,
                Action::Paste,
                Action::PasteWired,
                Action::Duplicate,
                Action::Delete,
                Action::DeleteAndHeal,
                Action::TidyUp,
                Action::FitAll,
                Action::SelectAll,
            ]);
            if number % 2 == 0 {
                select(studio, dice);
            }
            studio.perform(action);
        }
    }
}

/// The middle of one of the nodes that are in sight.
fn node(studio: &Studio, dice: &mut Dice) -> Option<Pos2> {
    let canvas = studio.canvas().shrink(8.0);
    let doc = studio.doc();
    let rects = doc.flow.nodes.keys().filter_map(|id| doc.canvas.screen_rect(id));
    let seen: Vec<Pos2> = rects.map(|rect| rect.center()).filter(|at| canvas.contains(*at)).collect();
    (!seen.is_empty()).then(|| dice.one(&seen))
}

fn select(studio: &mut Studio, dice: &mut Dice) {
    if let Some(at) = node(studio, dice) {
        studio.click_at(at, dice.one(&[PLAIN, PLAIN, SHIFT]));
    }
}

fn add(studio: &mut Studio, dice: &mut Dice) {
    let canvas = studio.canvas().shrink(60.0);
    let share = Vec2::new(dice.below(100) as f32 / 100.0, dice.below(100) as f32 / 100.0);
    studio.point(canvas.min + canvas.size() * share);
    studio.perform(Action::AddNode);
    studio.write(
        dice.one(&["table", "filter", "formula", "union", "join", "sort", "group", "write", "unique"]),
    );
    studio.press(PLAIN, Key::Enter);
    studio.settle();
}

/// From an output to an input, whichever they are: a circle is refused, a full port takes the new wire.
fn wire(studio: &mut Studio, dice: &mut Dice) {
    let canvas = studio.canvas();
    let ports = |part: &str| -> Vec<Pos2> {
        let labels = studio.labels(Role::GraphicsObject);
        let ports = labels.iter().filter(|label| !label.contains(',') && !label.starts_with("Wire "));
        let places = ports.filter(|label| label.contains(part)).map(|label| studio.port(label));
        places.filter(|at| canvas.contains(*at)).collect()
    };
    let (outputs, inputs) = (ports(" output "), ports(" input "));
    if !outputs.is_empty() && !inputs.is_empty() {
        studio.drag(dice.one(&outputs), dice.one(&inputs));
        // A wire that ended beside everything has opened quick-add.
        studio.press(PLAIN, Key::Escape);
    }
}

fn note(studio: &mut Studio, dice: &mut Dice) {
    let Some(at) = node(studio, dice) else { return };
    studio.click_at(at, PLAIN);
    if studio.has("About this node") {
        studio.find("About this node").scroll_to_me();
        studio.frames(2);
        studio.click("About this node");
        studio.write(dice.one(&["checked ", "why? ", "ü – ß "]));
        studio.press(PLAIN, Key::Escape);
    }
}

fn rename(studio: &mut Studio, dice: &mut Dice) {
    let Some(at) = node(studio, dice) else { return };
    studio.click_at(at, PLAIN);
    studio.perform(Action::Rename);
    studio.press(CTRL, Key::A);
    let name = format!("{} {}", dice.one(&["Paid", "Large", "Kept"]), dice.below(30));
    studio.write(&name);
    studio.press(PLAIN, Key::Enter);
    // A name that is taken stays open.
    studio.press(PLAIN, Key::Escape);
}
