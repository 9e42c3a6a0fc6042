//! What a script of `scripts/` runs for a test while a pipe to it is open.
//!
//! However this process ends, by panic or by `kill -9`, the kernel closes the pipe and the service and its folder are
//! gone.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::passwords;

/// A service and its environment; dropping it ends the service and deletes its folder.
pub(crate) struct Held {
    holder: Child,
    env: BTreeMap<String, String>,
}

impl Held {
    /// Runs `script`, whose command is `hold`, and returns when the service answers.
    pub(crate) fn start(script: &mut Command) -> Result<Self, String> {
        let name = script.get_program().to_string_lossy().into_owned();
        let mut holder = script
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{name} does not run: {error}"))?;
        let mut printed = String::new();
        if let Some(stdout) = holder.stdout.as_mut() {
            stdout.read_to_string(&mut printed).map_err(|error| format!("{name}: {error}"))?;
        }
        let env: BTreeMap<String, String> = printed
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let held = Self { holder, env };
        if held.env.is_empty() {
            return Err(format!(
                "nothing runs: {name} said why above; `scripts/install.sh test` installs what it needs"
            ));
        }
        for (name, value) in &held.env {
            if passwords::names_one(name) && !passwords::ALL.contains(&value.as_str()) {
                return Err(format!(
                    "{name} is missing in tests/e2e/passwords.rs: no scan would look for it"
                ));
            }
        }
        Ok(held)
    }

    /// What the script says of the service.
    #[track_caller]
    pub(crate) fn env(&self, name: &str) -> &str {
        self.env.get(name).unwrap_or_else(|| panic!("the script does not print {name}"))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        if let Err(error) = self.holder.wait() {
            panic!("a script that holds a service: {error}");
        }
    }
}

/// A folder for a service, which the script that holds it deletes.
pub(crate) fn folder(name: &str) -> Result<PathBuf, String> {
    tempfile::Builder::new()
        .prefix(&format!("flowloom-{name}-"))
        .tempdir()
        .map(tempfile::TempDir::keep)
        .map_err(|error| format!("no folder for {name}: {error}"))
}

/// A script of the repository.
pub(crate) fn script(name: &str) -> Command {
    Command::new(format!("{}/../scripts/{name}", env!("CARGO_MANIFEST_DIR")))
}
