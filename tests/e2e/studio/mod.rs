//! The studio driven as a person would, without a window system: clicks and keys by label, on the real
//! application with a real session. `Studio` is the harness; each other file is one subject.

mod shots;

use std::path::{Path, PathBuf};
use std::time::Instant;

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, PointerButton, Pos2, Vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use egui_kittest::{Harness, Node};
use flowloom_flow::Flow;
use flowloom_ui::doc::Doc;
use flowloom_ui::{Answer, App, Setup, Wish};
use tempfile::TempDir;

use crate::eventually::{DEADLINE, eventually};

pub(crate) const CTRL: Modifiers = Modifiers::COMMAND;
pub(crate) const SHIFT: Modifiers = Modifiers::SHIFT;

/// A window of the studio, with data of its own.
pub(crate) struct Studio {
    pub(crate) harness: Harness<'static, App>,
    /// What the window asked its owner for, and nobody has taken yet.
    wishes: Vec<Wish>,
    pub(crate) home: TempDir,
}

impl Studio {
    /// On an empty flow.
    pub(crate) fn empty() -> Self {
        let home = TempDir::new().expect("a folder");
        let path = home.path().join("new.flow.yaml");
        std::fs::write(&path, "flowloom: 1\nname: New\nnodes: {}\n").expect("a flow file");
        Self::start(home, Setup { open: vec![path], is_demo: false })
    }

    /// On a flow file with this text.
    pub(crate) fn on(text: &str) -> Self {
        let home = TempDir::new().expect("a folder");
        let path = home.path().join("flow.flow.yaml");
        std::fs::write(&path, text).expect("a flow file");
        Self::start(home, Setup { open: vec![path], is_demo: false })
    }

    /// The sample flow beside the embedded broker.
    pub(crate) fn demo() -> Self {
        let mut studio =
            Self::start(TempDir::new().expect("a folder"), Setup { open: Vec::new(), is_demo: true });
        studio.until("the embedded broker is up", |studio| studio.doc().waits_for.is_none());
        studio
    }

    pub(crate) fn start(home: TempDir, setup: Setup) -> Self {
        Self::sized(home, setup, Vec2::new(1440.0, 900.0), 1.0)
    }

    pub(crate) fn sized(home: TempDir, setup: Setup, size: Vec2, scale: f32) -> Self {
        let app = App::in_home(setup, home.path().to_owned());
        let harness = Harness::builder()
            .with_size(size)
            .with_pixels_per_point(scale)
            .with_max_steps(64)
            .with_context_setup(flowloom_ui::install)
            .build_ui_state(whole_window, app);
        let mut studio = Self { harness, wishes: Vec::new(), home };
        studio.until("a flow is open", |studio| !studio.app().docs().is_empty());
        studio.settle();
        studio
    }

    pub(crate) fn app(&self) -> &App {
        self.harness.state()
    }

    pub(crate) fn doc(&self) -> &Doc {
        self.app().doc().expect("a flow is open")
    }

    pub(crate) fn flow(&self) -> &Flow {
        &self.doc().flow
    }

    /// A few frames: what was asked for is done, popups have come and gone.
    pub(crate) fn frames(&mut self, count: usize) {
        self.harness.run_steps(count);
        self.wishes.extend(self.harness.state_mut().wishes());
    }

    /// Frames until nothing is under way.
    pub(crate) fn settle(&mut self) {
        self.frames(3);
        self.until("everything is worked out", |studio| !studio.app().docs().iter().any(Doc::is_busy));
        self.frames(2);
    }

    /// Frames until `is_so`.
    #[track_caller]
    pub(crate) fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let started = Instant::now();
        loop {
            self.frames(1);
            if is_so(self) {
                return;
            }
            assert!(
                started.elapsed() < DEADLINE,
                "still waiting after {DEADLINE:?}: {what}\n{}",
                self.seen()
            );
            std::thread::park_timeout(std::time::Duration::from_millis(5));
        }
    }

    /// All labels on screen, for messages of failed tests.
    pub(crate) fn seen(&self) -> String {
        let all = self.harness.root();
        let mut labels: Vec<String> =
            all.children_recursive().filter_map(|node| node.accesskit_node().label()).collect();
        labels.dedup();
        labels.join(" | ")
    }

    #[track_caller]
    pub(crate) fn find<'a>(&'a self, label: &'a str) -> Node<'a> {
        match self.harness.query_all_by_label(label).next() {
            Some(node) => node,
            None => panic!("nothing is called {label:?} among: {}", self.seen()),
        }
    }

    pub(crate) fn has(&self, label: &str) -> bool {
        self.harness.query_all_by_label(label).next().is_some()
    }

    pub(crate) fn has_part(&self, part: &str) -> bool {
        self.harness.query_all_by_label_contains(part).next().is_some()
    }

    /// The first whose label begins so: nodes and ports say more after their name.
    #[track_caller]
    pub(crate) fn find_part<'a>(&'a self, part: &'a str) -> Node<'a> {
        match self.harness.query_all_by_label_contains(part).next() {
            Some(node) => node,
            None => panic!("nothing has {part:?} in its name among: {}", self.seen()),
        }
    }

    #[track_caller]
    pub(crate) fn click(&mut self, label: &str) {
        self.find(label).click();
        self.settle();
    }

    /// Clicks what has this role, where several things have the same name.
    #[track_caller]
    pub(crate) fn click_role(&mut self, role: Role, label: &str) {
        match self.harness.query_all_by_role_and_label(role, label).next() {
            Some(node) => node.click(),
            None => panic!("no {role:?} is called {label:?} among: {}", self.seen()),
        }
        self.settle();
    }

    /// Puts the keyboard into a field, takes out what it has, and types.
    #[track_caller]
    pub(crate) fn fill(&mut self, label: &str, text: &str) {
        self.find(label).click();
        self.frames(2);
        self.press(CTRL, Key::A);
        self.harness.event(Event::Text(text.to_owned()));
        self.frames(2);
    }

    pub(crate) fn press(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.frames(3);
    }

    /// A press of the keys of something that the system answers with text: what a clipboard does.
    pub(crate) fn send(&mut self, event: Event) {
        self.harness.event(event);
        self.frames(3);
    }

    pub(crate) fn center(&self, part: &str) -> Pos2 {
        self.find_part(part).rect().center()
    }

    pub(crate) fn click_at(&mut self, at: Pos2, modifiers: Modifiers) {
        self.point(at);
        self.button(at, PointerButton::Primary, true, modifiers);
        self.button(at, PointerButton::Primary, false, modifiers);
        self.settle();
    }

    pub(crate) fn double_click_at(&mut self, at: Pos2) {
        self.point(at);
        for _ in 0..2 {
            self.button(at, PointerButton::Primary, true, Modifiers::NONE);
            self.button(at, PointerButton::Primary, false, Modifiers::NONE);
        }
        self.frames(3);
    }

    pub(crate) fn drag(&mut self, from: Pos2, to: Pos2) {
        self.drag_with(PointerButton::Primary, from, to, Modifiers::NONE);
    }

    pub(crate) fn drag_with(&mut self, button: PointerButton, from: Pos2, to: Pos2, modifiers: Modifiers) {
        self.point(from);
        self.button(from, button, true, modifiers);
        for step in 1_u8..=6 {
            self.point(from + (to - from) * (f32::from(step) / 6.0));
        }
        self.frames(2);
        self.button(to, button, false, modifiers);
        self.settle();
    }

    pub(crate) fn point(&mut self, at: Pos2) {
        self.harness.event(Event::PointerMoved(at));
        self.frames(1);
    }

    fn button(&mut self, at: Pos2, button: PointerButton, pressed: bool, modifiers: Modifiers) {
        self.harness.event_modifiers(Event::PointerButton { pos: at, button, pressed, modifiers }, modifiers);
        self.frames(1);
    }

    /// The wish that `pick` takes, once it has been made.
    #[track_caller]
    pub(crate) fn wish<T>(&mut self, what: &str, pick: impl Fn(&Wish) -> Option<T>) -> T {
        eventually(what, || {
            self.frames(1);
            let at = self.wishes.iter().position(|wish| pick(wish).is_some())?;
            pick(&self.wishes.remove(at))
        })
    }

    pub(crate) fn has_wished(&self, is_it: impl Fn(&Wish) -> bool) -> bool {
        self.wishes.iter().any(is_it)
    }

    /// Answers the dialog of the system that is open.
    pub(crate) fn pick(&mut self, path: &Path) {
        let token = self.wish("a dialog of the system", |wish| match wish {
            Wish::PickFile { token, .. } | Wish::PickFolder { token, .. } | Wish::PickSave { token, .. } => {
                Some(*token)
            }
            _ => None,
        });
        self.harness.state_mut().answer(Answer::Picked { token, path: Some(path.to_owned()) });
        self.settle();
    }

    /// The text that was put on the clipboard last.
    pub(crate) fn copied(&self) -> Option<String> {
        self.harness.output().platform_output.commands.iter().rev().find_map(|command| match command {
            egui::OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        })
    }

    /// A picture of the window, for people; goes to `FLOWLOOM_SHOTS` where that is set.
    pub(crate) fn shot(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("FLOWLOOM_SHOTS").map(PathBuf::from) else { return };
        let image = self.harness.render().expect("the window is painted");
        std::fs::create_dir_all(&folder).expect("a folder for pictures");
        image.save(folder.join(format!("{name}.png"))).expect("the picture is written");
    }
}

impl Studio {
    /// Runs a command by its name through the command palette, as a person with a keyboard does.
    #[track_caller]
    pub(crate) fn run_command(&mut self, label: &str) {
        self.press(CTRL, Key::K);
        self.until("the command palette is open", |studio| studio.has("Search or run a command"));
        self.harness.event(Event::Text(label.to_owned()));
        self.frames(3);
        assert!(self.has(label), "the palette offers no {label:?} but: {}", self.seen());
        self.press(Modifiers::NONE, Key::Enter);
        self.frames(3);
    }
}

/// The harness leaves a margin around what it tests; a window has none.
fn whole_window(ui: &mut egui::Ui, app: &mut App) {
    let rect = ui.ctx().content_rect();
    ui.scope_builder(egui::UiBuilder::new().max_rect(rect), |ui| {
        ui.set_clip_rect(rect);
        app.ui(ui);
    });
}
