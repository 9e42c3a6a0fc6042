//! The studio driven as a person would, without a window system: clicks and keys by label, on the real
//! application with a real session. `Studio` is the harness; `hands` is what a person does with it, `sight`
//! what a person sees; each other file is one subject.

mod actions;
mod areas;
mod by_hand;
mod connections;
mod conventions;
mod disk;
mod files;
mod hands;
mod keys;
mod live;
mod random;
mod shots;
mod sight;
mod source;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use egui::Vec2;
use egui_kittest::Harness;
use flowloom_flow::Flow;
use flowloom_ui::action::Keymap;
use flowloom_ui::doc::Doc;
use flowloom_ui::{Answer, App, Setup, Wish};
use tempfile::TempDir;

use crate::eventually::{DEADLINE, eventually};

/// A flow that runs without a broker: a table, a filter, a sort, a file.
const ORDERS: &str = include_str!("orders.flow.yaml");

/// Simulated seconds of a frame: two quick clicks are a double click.
const FRAME_S: f64 = 0.03;

/// A window of the studio, with data of its own.
pub(crate) struct Studio {
    pub(crate) harness: Harness<'static, App>,
    /// What the window asked its owner for, and nobody has taken yet.
    wishes: Vec<Wish>,
    /// Simulated seconds.
    clock: f64,
    /// The system's clipboard.
    pub(crate) clipboard: String,
    pub(crate) home: TempDir,
}

impl Studio {
    /// On an empty flow.
    pub(crate) fn empty() -> Self {
        Self::on("flowloom: 1\nname: New\nnodes: {}\n")
    }

    /// On [`ORDERS`].
    pub(crate) fn orders() -> Self {
        Self::on(ORDERS)
    }

    /// On a flow file with this text.
    pub(crate) fn on(text: &str) -> Self {
        let home = TempDir::new().expect("a folder");
        let path = home.path().join("flow.flow.yaml");
        std::fs::write(&path, text).expect("a flow file");
        Self::start(home, Setup { open: vec![path], is_demo: false })
    }

    pub(crate) fn start(home: TempDir, setup: Setup) -> Self {
        Self::sized(home, setup, Vec2::new(1440.0, 900.0), 1.0)
    }

    pub(crate) fn sized(home: TempDir, setup: Setup, size: Vec2, scale: f32) -> Self {
        let mut app = App::in_home(setup, home.path().to_owned());
        app.record();
        let harness = Harness::builder()
            .with_size(size)
            .with_pixels_per_point(scale)
            .with_step_dt(FRAME_S as f32)
            .with_context_setup(flowloom_ui::install)
            .build_ui_state(whole_window, app);
        let mut studio = Self { harness, wishes: Vec::new(), clock: 0.0, clipboard: String::new(), home };
        studio.until("a flow is open", |studio| !studio.app().docs().is_empty());
        studio.settle();
        studio
    }

    /// Closes the window as its owner does, and opens another one on the same data.
    pub(crate) fn reopened(mut self, setup: Setup) -> Self {
        self.harness.state_mut().close();
        self.crashed(setup)
    }

    /// The window goes without a word, and another one opens on the same data.
    pub(crate) fn crashed(self, setup: Setup) -> Self {
        let Self { harness, home, .. } = self;
        drop(harness);
        Self::start(home, setup)
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

    /// A path beside the first flow.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// A few frames: what was asked for is done, popups have come and gone.
    pub(crate) fn frames(&mut self, count: usize) {
        for _ in 0..count {
            self.clock += FRAME_S;
            self.harness.input_mut().time = Some(self.clock);
            self.harness.step();
            for command in &self.harness.output().platform_output.commands {
                if let egui::OutputCommand::CopyText(text) = command {
                    self.clipboard.clone_from(text);
                }
            }
            self.wishes.extend(self.harness.state_mut().wishes());
        }
    }

    /// Nothing happens for so long; costs no time.
    pub(crate) fn rest(&mut self, seconds: f64) {
        self.clock += seconds;
        self.frames(2);
    }

    /// Frames until the flow is worked out and the cluster has answered; a preview or run may go on.
    pub(crate) fn settle(&mut self) {
        self.frames(1);
        self.until("everything is worked out", |studio| {
            let app = studio.app();
            !app.waits_for_disk()
                && !app.waits_for_connections()
                && !app.docs().iter().any(|doc| doc.is_busy() && doc.job.is_none())
        });
        self.frames(1);
    }

    /// Frames until the preview or run is through.
    #[track_caller]
    pub(crate) fn finish(&mut self) {
        self.until("the job is through", |studio| studio.doc().job.is_none());
        self.settle();
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
            std::thread::park_timeout(Duration::from_millis(2));
        }
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

    pub(crate) fn has_wished(&self, wish: &Wish) -> bool {
        self.wishes.contains(wish)
    }

    /// Answers the dialog of the system that is open: `None` cancels it.
    #[track_caller]
    pub(crate) fn pick(&mut self, path: Option<&Path>) {
        let token = self.wish("a dialog of the system", |wish| match wish {
            Wish::PickFile { token, .. } | Wish::PickFolder { token, .. } | Wish::PickSave { token, .. } => {
                Some(*token)
            }
            _ => None,
        });
        self.harness.state_mut().answer(Answer::Picked { token, path: path.map(Path::to_owned) });
        self.settle();
    }

    /// The keys that this system has unless a person changes them.
    pub(crate) fn keymap() -> Keymap {
        Keymap::default()
    }

    /// A picture of the window, for people; goes to `FLOWLOOM_SHOTS` where that is set.
    pub(crate) fn shot(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("FLOWLOOM_SHOTS").map(PathBuf::from) else { return };
        let image = self.harness.render().expect("the window is painted");
        std::fs::create_dir_all(&folder).expect("a folder for pictures");
        image.save(folder.join(format!("{name}.png"))).expect("the picture is written");
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
