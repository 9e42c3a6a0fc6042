//! The files of an exported program, and how they get into a folder: all of them or none.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::{fs, path};

use flowloom_flow::Problem;

/// Lists what an export wrote, so that the next one replaces that and nothing else.
const LIST: &str = ".flowloom-export";

/// An exported program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Text by path relative to the project's folder, parts separated by `/`.
    pub files: BTreeMap<String, String>,
}

impl Project {
    /// Writes every file into the folder `dir`, which is made where it is not there.
    ///
    /// An earlier export in `dir` is replaced; anything else that stands there stays. Fails, with
    /// nothing changed, where a file would be lost that an export did not write or that was edited since.
    pub fn write_to(&self, dir: &Path) -> Result<(), Problem> {
        let failed = |error: io::Error| {
            Problem::external(format!("the program cannot be written: {error}; {}", dir.display()))
                .source(error)
        };
        let old = self.replaceable(dir)?;
        let dir = path::absolute(dir).map_err(failed)?;
        let parent = dir.parent().unwrap_or(&dir);
        fs::create_dir_all(parent).map_err(failed)?;
        let aside =
            tempfile::Builder::new().prefix(".flowloom-export-").tempdir_in(parent).map_err(failed)?;
        let staged = aside.path().join("project");
        self.stage(&staged).map_err(failed)?;
        match old {
            None => fs::rename(&staged, &dir).map_err(failed),
            Some(old) => self.replace(&old, &staged, &dir).map_err(failed),
        }
    }

    /// The list of the export that stands in `dir`; `None`: there is no folder yet.
    fn replaceable(&self, dir: &Path) -> Result<Option<List>, Problem> {
        let failed = |error: io::Error| {
            Problem::external(format!("the folder cannot be read: {error}; {}", dir.display())).source(error)
        };
        match fs::read_dir(dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
            Ok(mut entries) => {
                if entries.next().is_none() {
                    return Ok(Some(List::default()));
                }
            }
        }
        let list = match fs::read_to_string(dir.join(LIST)) {
            Ok(text) => List::parse(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(Problem::user(format!(
                    "the folder is not empty and holds no earlier export; {}",
                    dir.display()
                ))
                .hint("choose a new or empty folder"));
            }
            Err(error) => return Err(failed(error)),
        };
        let listed = list.0.keys().map(String::as_str);
        for file in listed.chain(self.files.keys().map(String::as_str)) {
            match fs::read(dir.join(file)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(failed(error)),
                Ok(bytes) if list.holds(file, &bytes) => {}
                Ok(_) => {
                    return Err(Problem::user(format!(
                        "`{file}` was changed after it was exported, or is not from an export; {}",
                        dir.display()
                    ))
                    .hint("move it away, or choose another folder"));
                }
            }
        }
        Ok(Some(list))
    }

    fn stage(&self, to: &Path) -> io::Result<()> {
        for (file, text) in &self.files {
            let to = to.join(file);
            fs::create_dir_all(to.parent().unwrap_or(&to))?;
            fs::write(to, text)?;
        }
        fs::write(to.join(LIST), List::of(&self.files).show())
    }

    /// Moves the staged files over those of `old`, and removes what is no longer written.
    fn replace(&self, old: &List, staged: &Path, dir: &Path) -> io::Result<()> {
        // An export that dies in the middle leaves old and new files: both are on the list meanwhile.
        let mut both = old.clone();
        for (file, hashes) in List::of(&self.files).0 {
            both.0.entry(file).or_default().extend(hashes);
        }
        fs::write(dir.join(LIST), both.show())?;
        for file in self.files.keys() {
            let to = dir.join(file);
            fs::create_dir_all(to.parent().unwrap_or(dir))?;
            fs::rename(staged.join(file), to)?;
        }
        for file in old.0.keys().filter(|file| !self.files.contains_key(*file)) {
            match fs::remove_file(dir.join(file)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        fs::rename(staged.join(LIST), dir.join(LIST))
    }
}

/// Hashes of exported files by path.
#[derive(Clone, Debug, Default)]
struct List(BTreeMap<String, BTreeSet<u64>>);

impl List {
    fn of(files: &BTreeMap<String, String>) -> Self {
        Self(
            files
                .iter()
                .map(|(file, text)| (file.clone(), BTreeSet::from([hash(text.as_bytes())])))
                .collect(),
        )
    }

    fn parse(text: &str) -> Self {
        let mut list = Self::default();
        for (hash, file) in text.lines().filter_map(|line| line.split_once(' ')) {
            if let Ok(hash) = u64::from_str_radix(hash, 16) {
                list.0.entry(file.to_owned()).or_default().insert(hash);
            }
        }
        list
    }

    fn show(&self) -> String {
        let lines = self.0.iter().flat_map(|(file, hashes)| hashes.iter().map(move |hash| (file, hash)));
        lines.map(|(file, hash)| format!("{hash:016x} {file}\n")).collect::<Vec<_>>().concat()
    }

    fn holds(&self, file: &str, bytes: &[u8]) -> bool {
        self.0.get(file).is_some_and(|hashes| hashes.contains(&hash(bytes)))
    }
}

/// FNV-1a, 64 bits: the same in every version, and nobody attacks their own export.
fn hash(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[(&str, &str)]) -> Project {
        Project { files: files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect() }
    }

    fn read(path: &Path) -> String {
        fs::read_to_string(path).expect("there")
    }

    #[test]
    fn a_second_export_replaces_the_first_and_keeps_the_rest() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = folder.path().join("deep/out");
        project(&[("src/main.rs", "one"), ("old.txt", "old")]).write_to(&dir).expect("written");
        fs::write(dir.join("Cargo.lock"), "built").expect("written");
        project(&[("src/main.rs", "two")]).write_to(&dir).expect("written again");
        assert_eq!(read(&dir.join("src/main.rs")), "two");
        assert_eq!(read(&dir.join("Cargo.lock")), "built");
        assert!(!dir.join("old.txt").exists(), "no longer part of the program");
        let beside: Vec<_> = fs::read_dir(dir.parent().expect("deep")).expect("read").collect();
        assert_eq!(beside.len(), 1, "nothing temporary is left: {beside:?}");
    }

    #[test]
    fn a_foreign_folder_is_refused_and_untouched() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("thesis.tex"), "mine").expect("written");
        let problem = project(&[("a.py", "")]).write_to(folder.path()).expect_err("foreign");
        assert!(
            problem.message.starts_with("the folder is not empty and holds no earlier export"),
            "{problem}"
        );
        assert_eq!(fs::read_dir(folder.path()).expect("read").count(), 1);
    }

    #[test]
    fn an_edited_file_is_refused_and_nothing_changes() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = folder.path().join("out");
        let first = project(&[("a.py", "one"), ("b.py", "one")]);
        first.write_to(&dir).expect("written");
        fs::write(dir.join("b.py"), "mine").expect("edited");
        let problem = project(&[("a.py", "two")]).write_to(&dir).expect_err("edited");
        assert!(problem.message.starts_with("`b.py` was changed"), "{problem}");
        assert_eq!(read(&dir.join("a.py")), "one");
        fs::remove_file(dir.join("b.py")).expect("moved away");
        first.write_to(&dir).expect("written again");
    }

    #[test]
    fn a_file_in_place_of_the_folder_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("out");
        fs::write(&file, "mine").expect("written");
        project(&[("a.py", "")]).write_to(&file).expect_err("a file");
        assert_eq!(read(&file), "mine");
    }
}
