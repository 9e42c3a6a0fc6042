//! A display without a screen, with a window manager and a bus for screen readers.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// The display's size in pixels.
pub(crate) const SIZE: [u32; 2] = [1600, 1000];

/// Xvfb, openbox and a D-Bus session of their own. They end when this is dropped.
pub(crate) struct Desktop {
    programs: Vec<Child>,
    display: String,
    bus: String,
    runtime: TempDir,
}

impl Desktop {
    pub(crate) fn start() -> Self {
        let runtime = tempfile::tempdir().expect("temporary folder");
        fs::set_permissions(runtime.path(), fs::Permissions::from_mode(0o700)).expect("a private folder");
        let screen = format!("{}x{}x24", SIZE[0], SIZE[1]);
        let mut xvfb = Command::new("Xvfb");
        xvfb.args(["-displayfd", "1", "-screen", "0", &screen, "-nolisten", "tcp", "-noreset"]);
        let (xvfb, number) = start(&mut xvfb);
        let mut desktop =
            Self { programs: vec![xvfb], display: format!(":{number}"), bus: String::new(), runtime };
        let (bus, address) =
            start(desktop.command("dbus-daemon").args(["--session", "--nofork", "--print-address=1"]));
        desktop.programs.push(bus);
        desktop.bus = address;
        // Letters that a keyboard lacks are mapped by xdotool only until the next one: this one has them.
        desktop.tell("setxkbmap", &["-layout", "us", "-variant", "altgr-intl"]);
        let manager = desktop.command("openbox").stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        desktop.programs.push(manager.expect("openbox starts: scripts/install.sh test installs it"));
        desktop
    }

    /// `program` on this display, and in nobody else's session.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .env("XDG_RUNTIME_DIR", self.runtime.path())
            .env("XDG_CACHE_HOME", self.runtime.path())
            .env("GSETTINGS_BACKEND", "memory")
            .env("FLOWLOOM_KEYRING", "off")
            .env("LC_ALL", "C.UTF-8")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("GDK_BACKEND")
            .env_remove("NO_AT_BRIDGE")
            .stdin(Stdio::null());
        command
    }

    /// Runs a small program and gives what it prints, or what it complains about.
    pub(crate) fn ask(&self, program: &str, args: &[&str]) -> Result<String, String> {
        let output = self.command(program).args(args).output().unwrap_or_else(|error| {
            panic!("{program} does not start ({error}): scripts/install.sh test installs it")
        });
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// As [`Desktop::ask`], where failing fails the test.
    #[track_caller]
    pub(crate) fn tell(&self, program: &str, args: &[&str]) -> String {
        self.ask(program, args).unwrap_or_else(|error| panic!("{program} {args:?}: {error}"))
    }

    /// How many windows of the studio are seen, whichever process they are of.
    pub(crate) fn windows(&self) -> usize {
        let found = self.ask("xdotool", &["search", "--onlyvisible", "--name", "Flowloom$"]);
        found.unwrap_or_default().lines().count()
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        for program in self.programs.iter_mut().rev() {
            drop(program.kill());
            drop(program.wait());
        }
    }
}

/// Starts a program and reads the line by which it says where it is found.
fn start(command: &mut Command) -> (Child, String) {
    let program = command.get_program().to_string_lossy().into_owned();
    let spawned = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = spawned.unwrap_or_else(|error| {
        panic!("{program} does not start ({error}): scripts/install.sh test installs it")
    });
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    assert!(!line.trim().is_empty(), "{program} ended at once");
    (child, line.trim().to_owned())
}
