//! The program, and a person's hands on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use tempfile::TempDir;

use super::desktop::Desktop;
use super::picture::Picture;
use crate::eventually::eventually;

/// A program of the workspace: `cargo test --workspace` builds each beside the tests, for tests of its own.
fn binary(name: &str) -> PathBuf {
    let tests = std::env::current_exe().expect("this program has a path");
    let target = tests.parent().and_then(Path::parent).expect("target/debug/deps/e2e");
    let binary = target.join(name);
    assert!(binary.exists(), "no {}: `cargo test --workspace` builds it", binary.display());
    binary
}

/// What outlives a start of the program: its data and the folder it works in.
pub(crate) struct Home {
    pub(crate) home: TempDir,
    pub(crate) folder: TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        let folder = || tempfile::tempdir().expect("temporary folder");
        Self { home: folder(), folder: folder() }
    }

    /// A path in the folder that the program works in.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Whether the store has this text: a draft stands in it as it is.
    pub(crate) fn has_kept(&self, text: &str) -> bool {
        ["flowloom.sqlite", "flowloom.sqlite-wal"].iter().any(|file| {
            let bytes = fs::read(self.home.path().join(file)).unwrap_or_default();
            bytes.windows(text.len()).any(|part| part == text.as_bytes())
        })
    }

    /// Starts the studio and waits for its first frame.
    pub(crate) fn start<'a>(&self, desktop: &'a Desktop, args: &[&str]) -> Studio<'a> {
        self.start_with(desktop, args, &[])
    }

    /// As [`Home::start`], with more of an environment.
    pub(crate) fn start_with<'a>(
        &self,
        desktop: &'a Desktop,
        args: &[&str],
        environment: &[(&str, &str)],
    ) -> Studio<'a> {
        let mut command = desktop.command(binary("flowloom-studio"));
        command.env("FLOWLOOM_HOME", self.home.path()).envs(environment.iter().copied());
        self.spawn(desktop, command.args(args))
    }

    /// As [`Home::start`], where a second start on the same desktop hands its files over and ends.
    pub(crate) fn start_shared<'a>(&self, desktop: &'a Desktop, args: &[&str]) -> Studio<'a> {
        self.spawn(desktop, self.shared(desktop, "flowloom-studio").args(args))
    }

    /// A program with this home as a person has it, by the system's rules.
    pub(crate) fn shared(&self, desktop: &Desktop, program: &str) -> Command {
        let mut command = desktop.command(binary(program));
        command.env("XDG_DATA_HOME", self.home.path());
        command.env_remove("FLOWLOOM_HOME").env_remove("FLOWLOOM_ALONE");
        command
    }

    fn spawn<'a>(&self, desktop: &'a Desktop, command: &mut Command) -> Studio<'a> {
        let log = self.home.path().join("stderr.txt");
        let child = command
            .current_dir(self.folder.path())
            .env("FLOWLOOM_BENCH_START", "1")
            .stderr(fs::File::create(&log).expect("a log"))
            .spawn()
            .expect("flowloom-studio starts");
        let mut studio = Studio { desktop, child, window: String::new(), log };
        eventually("the studio paints its first frame", || {
            if let Some(status) = studio.child.try_wait().expect("a child") {
                panic!("the studio ended ({status}):\n{}", studio.log());
            }
            studio.log().contains("first_frame_ms=").then_some(())
        });
        let pid = studio.child.id().to_string();
        studio.window = eventually("the studio's window is there", || {
            let found = desktop.ask("xdotool", &["search", "--onlyvisible", "--pid", &pid]).ok()?;
            found.lines().next().map(str::to_owned)
        });
        studio.do_("windowactivate", &["--sync"]);
        studio
    }
}

/// The program at work. Dropping it kills it.
pub(crate) struct Studio<'a> {
    desktop: &'a Desktop,
    child: Child,
    window: String,
    log: PathBuf,
}

impl Studio<'_> {
    /// What the program said.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// An xdotool command on the window.
    #[track_caller]
    fn do_(&self, command: &str, flags: &[&str]) {
        self.desktop.tell("xdotool", &[&[command], flags, &[&self.window]].concat());
    }

    #[track_caller]
    fn hands(&self, args: &[&str]) {
        self.desktop.tell("xdotool", args);
    }

    #[track_caller]
    pub(crate) fn point(&self, [x, y]: [i32; 2]) {
        let (x, y) = (x.to_string(), y.to_string());
        self.hands(&["mousemove", "--sync", "--window", &self.window, &x, &y]);
    }

    #[track_caller]
    pub(crate) fn click(&self, at: [i32; 2]) {
        self.point(at);
        self.hands(&["click", "1"]);
    }

    /// Presses at the first point, moves in steps, and lets go at the last once what is dragged shows.
    #[track_caller]
    pub(crate) fn drag(&self, from: [i32; 2], to: [i32; 2]) {
        const STEPS: i32 = 8;
        self.point(from);
        let calm = self.settled();
        self.hands(&["mousedown", "1"]);
        for step in 1..=STEPS {
            self.point([0, 1].map(|axis: usize| from[axis] + (to[axis] - from[axis]) * step / STEPS));
        }
        self.until("what is dragged shows", |picture| picture.difference(&calm) > 0.0001);
        self.hands(&["mouseup", "1"]);
    }

    /// Turns the wheel; up is positive.
    #[track_caller]
    pub(crate) fn wheel(&self, at: [i32; 2], clicks: i32) {
        self.point(at);
        let (button, clicks) = (if clicks > 0 { "4" } else { "5" }, clicks.abs().to_string());
        self.hands(&["click", "--repeat", &clicks, "--delay", "40", button]);
    }

    /// A key with its modifiers, such as `ctrl+k`.
    #[track_caller]
    pub(crate) fn key(&self, key: &str) {
        self.hands(&["key", key]);
    }

    /// Types a text of letters that the desktop's keyboard has, with Alt Gr where it takes one.
    #[track_caller]
    pub(crate) fn type_(&self, text: &str) {
        for letter in text.chars() {
            self.hands(&["type", "--delay", "40", &letter.to_string()]);
        }
    }

    #[track_caller]
    pub(crate) fn resize(&self, [width, height]: [u32; 2]) {
        self.hands(&["windowsize", "--sync", &self.window, &width.to_string(), &height.to_string()]);
    }

    #[track_caller]
    pub(crate) fn minimize(&self) {
        self.do_("windowminimize", &["--sync"]);
    }

    #[track_caller]
    pub(crate) fn restore(&self) {
        self.do_("windowmap", &["--sync"]);
        self.do_("windowactivate", &["--sync"]);
    }

    /// Presses the window's close button.
    #[track_caller]
    pub(crate) fn close(&self) {
        self.do_("windowactivate", &["--sync"]);
        self.key("alt+F4");
    }

    /// What the title bar says.
    pub(crate) fn title(&self) -> String {
        self.desktop.ask("xdotool", &["getwindowname", &self.window]).unwrap_or_default()
    }

    /// Takes the window's pixels, as they are on the display.
    pub(crate) fn look(&self) -> Option<Picture> {
        let output =
            self.desktop.command("import").args(["-window", &self.window, "-depth", "8", "ppm:-"]).output();
        Picture::parse(&output.expect("ImageMagick's import: scripts/install.sh test installs it").stdout)
    }

    /// Waits until the window shows what `is_right` asks for, and no longer changes.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, is_right: impl Fn(&Picture) -> bool) -> Picture {
        let mut last = None;
        eventually(what, || {
            let now = self.look();
            let is_still = now.is_some() && now == last;
            last = now;
            last.clone().filter(|picture| is_still && is_right(picture))
        })
    }

    /// Waits until the window no longer changes.
    #[track_caller]
    pub(crate) fn settled(&self) -> Picture {
        self.until("the window comes to rest", |_| true)
    }

    /// Waits for the end and gives the exit code.
    #[track_caller]
    pub(crate) fn ended(&mut self) -> Option<i32> {
        eventually("the studio ends", || self.child.try_wait().expect("a child")).code()
    }

    /// As `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ended");
    }

    /// Files that its memory is mapped from.
    pub(crate) fn loaded(&self) -> String {
        fs::read_to_string(format!("/proc/{}/maps", self.child.id())).expect("it runs")
    }

    /// Time on the processor so far, in ticks of 10 ms.
    pub(crate) fn ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("it runs");
        let fields: Vec<&str> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
        fields[11..=12].iter().map(|ticks| ticks.parse::<u64>().expect("ticks")).sum()
    }
}

impl Drop for Studio<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // For whoever looks into the failure.
            let kept = format!("{}/window-{}", env!("CARGO_TARGET_TMPDIR"), self.child.id());
            drop(self.desktop.ask("import", &["-window", "root", &format!("{kept}.png")]));
            drop(fs::write(format!("{kept}.log"), self.log()));
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
