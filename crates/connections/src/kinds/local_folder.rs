//! `local_folder`: a folder of this machine, or of a drive that it has mounted.

use std::fs;
use std::path::Path;

use flowloom_flow::{Form, Problem, Problems, Setting};
use flowloom_net::{Failure, Passed, Probe};
use serde::{Deserialize, Serialize};

use crate::{Card, Group, Kind, Parts};

/// A folder of this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LocalFolder {
    pub path: String,
}

impl Kind for LocalFolder {
    const CARD: &'static Card = &Card {
        id: "local_folder",
        name: "Local folder",
        group: Group::Storage,
        blurb: "A folder of this machine, or of a drive that is mounted here",
        presets: &[],
        schemes: &["file"],
    };

    fn form(&mut self, form: &mut dyn Form) {
        form.text(
            Setting::new("path", "Folder").help("Absolute path of a folder that is there"),
            &mut self.path,
        );
    }

    fn caption(&self) -> String {
        self.path.clone()
    }

    fn check(&self, problems: &mut Problems) {
        if self.path.trim().is_empty() {
            problems.error("path", "no folder is given");
        } else if !Path::new(&self.path).is_absolute() {
            problems.push(
                Problem::user(format!("`{}` is no absolute path", self.path))
                    .hint("a connection is used from many folders: write the whole path")
                    .at_field("path"),
            );
        }
    }

    fn test(&self, probe: &mut Probe<'_>) {
        let path = self.path.clone();
        let listed = probe.step("Folder", move |_| {
            let entries = fs::read_dir(&path).map_err(|error| {
                Failure::new(format!("`{path}` cannot be listed: {}", error.kind()))
                    .hint("make the folder, or allow this user to read it")
                    .details(&error)
            })?;
            let count = entries.count();
            let entries = if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") };
            Ok(Passed::new(path, entries))
        });
        let Some(path) = listed else { return };
        probe.step("Writing", move |_| {
            let file = Path::new(&path).join(format!(".flowloom-test-{}", std::process::id()));
            match fs::File::create_new(&file).and_then(|_| fs::remove_file(&file)) {
                Ok(()) => Ok(Passed::new((), "a file can be made and removed")),
                Err(error) => Ok(Passed::new((), "").warn(
                    Failure::new(format!("no file can be made here: {}", error.kind()))
                        .hint("reading works; allow this user to write if a flow is to write here")
                        .details(&error),
                )),
            }
        });
    }

    fn of_parts(parts: &Parts) -> Result<Self, Problem> {
        Ok(Self { path: format!("/{}", parts.path) })
    }
}
