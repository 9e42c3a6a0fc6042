//! From the setting `path` to files: one file, a folder, a glob, or a folder that batches are appended to.

use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use flowloom_flow::{Problem, nearest};

use super::file_name;
use super::format::{Format, FormatChoice};
use super::log::Log;
use super::trouble::trouble;

/// Files of one format, in the order in which they are read.
pub(crate) struct Found {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) format: Format,
    /// Names of appended files that somebody has removed.
    pub(crate) missing: Vec<String>,
}

/// Whether `path` is to be read as a pattern, unless a file has that very name.
pub(crate) fn is_glob(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// The files that `path` means; there is at least one.
pub(crate) fn find(path: &Path, choice: FormatChoice) -> Result<Found, Problem> {
    let (candidates, missing) = match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => match Log::find(path) {
            Some(log) => {
                let committed = log.committed()?;
                (committed.files, committed.missing)
            }
            None => (in_folder(path, choice)?, Vec::new()),
        },
        Ok(_) => (vec![path.to_owned()], Vec::new()),
        Err(_) if is_glob(&path.to_string_lossy()) => (matching(path, choice)?, Vec::new()),
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(not_found(path)),
        Err(error) => return Err(trouble("read", path, error).at_field("path")),
    };
    let Some(first) = candidates.first() else { return Err(nothing_in(path, choice)) };
    let format = choice.of_file(without_staging(first).as_deref().unwrap_or(first))?;
    if choice == FormatChoice::Auto
        && let Some(other) = candidates.iter().find(|file| {
            let name = without_staging(file);
            Format::by_extension(name.as_deref().unwrap_or(file)) != Some(format)
        })
    {
        return Err(Problem::user(format!(
            "`{}` and `{}` are of different formats: `{}`",
            file_name(first),
            file_name(other),
            path.display()
        ))
        .hint("choose one format, or narrow the path with a pattern such as `*.csv`")
        .at_field("format"));
    }
    for file in &candidates {
        prove(file, format)?;
    }
    Ok(Found { files: candidates, format, missing })
}

/// `part-000007.parquet` of `.part-000007.parquet.part`: committed, and not renamed yet.
fn without_staging(path: &Path) -> Option<PathBuf> {
    Some(PathBuf::from(path.file_name()?.to_str()?.strip_prefix('.')?.strip_suffix(".part")?))
}

/// The files of `folder` that can be of the chosen format, by name; hidden ones are not looked at.
fn in_folder(folder: &Path, choice: FormatChoice) -> Result<Vec<PathBuf>, Problem> {
    let entries = fs::read_dir(folder).map_err(|error| trouble("read", folder, error).at_field("path"))?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let paths: Result<Vec<_>, _> = paths.collect();
    let paths = paths.map_err(|error| trouble("read", folder, error).at_field("path"))?;
    Ok(only_data(paths, choice))
}

fn matching(pattern: &Path, choice: FormatChoice) -> Result<Vec<PathBuf>, Problem> {
    let options = glob::MatchOptions {
        case_sensitive: true,
        require_literal_separator: true,
        require_literal_leading_dot: true,
    };
    let paths = glob::glob_with(&pattern.to_string_lossy(), options).map_err(|error| {
        Problem::user(format!("the pattern is wrong, {}: `{}`", error.msg, pattern.display()))
            .hint(
                "`*` stands for any part of a name, `**` for any folders, `[ab]` for one of these characters",
            )
            .at_field("path")
            .source(error)
    })?;
    let paths: Result<Vec<_>, _> = paths.collect();
    let paths = paths.map_err(|error| {
        let path = error.path().to_owned();
        trouble("read", &path, error.into()).at_field("path")
    })?;
    // A pattern that names the extension says enough.
    let names_extension = pattern.extension().is_some_and(|extension| !is_glob(&extension.to_string_lossy()));
    if choice != FormatChoice::Auto && names_extension {
        let mut files: Vec<_> = paths.into_iter().filter(|path| path.is_file()).collect();
        files.sort();
        return Ok(files);
    }
    Ok(only_data(paths, choice))
}

fn only_data(paths: Vec<PathBuf>, choice: FormatChoice) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = paths
        .into_iter()
        .filter(|path| {
            let is_hidden = file_name(path).starts_with(['.', '_']);
            let format = Format::by_extension(path);
            !is_hidden && format.is_some() && (choice.fixed().is_none() || choice.fixed() == format)
        })
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files
}

/// Fails when the first bytes of `file` show that it is not of `format`.
fn prove(file: &Path, format: Format) -> Result<(), Problem> {
    let mut first = [0; 6];
    let length = fs::File::open(file)
        .and_then(|mut file| file.read(&mut first))
        .map_err(|error| trouble("read", file, error).at_field("path"))?;
    let first = &first[..length];
    if length == 0 {
        return match format {
            Format::Jsonl => Ok(()),
            _ => Err(Problem::user(format!(
                "the file is empty, not even a header is there: `{}`",
                file.display()
            ))
            .hint("remove the file, or write it again")
            .at_field("path")),
        };
    }
    let proven = Format::by_magic(first);
    let is_right = match format {
        Format::Parquet | Format::Ipc => proven == Some(format),
        Format::Csv => proven.is_none(),
        Format::Jsonl if first.trim_ascii_start().starts_with(b"[") => return Err(json_array(file)),
        Format::Jsonl => proven.is_none() && matches!(first.trim_ascii_start(), [] | [b'{', ..]),
    };
    if is_right {
        return Ok(());
    }
    let problem = Problem::user(format!("the content is not {}: `{}`", format.label(), file.display()));
    let hint = match proven {
        Some(other) => format!("it is {}: choose that format", other.label()),
        None => "choose the format that it has, or check whether it is complete".to_owned(),
    };
    Err(problem.hint(hint).at_field("format"))
}

fn json_array(file: &Path) -> Problem {
    Problem::user(format!("the file holds one JSON array, not one object on each line: `{}`", file.display()))
        .hint("convert it, for example with `jq -c '.[]'`")
        .at_field("path")
}

fn nothing_in(path: &Path, choice: FormatChoice) -> Problem {
    let what = choice.fixed().map_or("data", Format::label);
    let message = if is_glob(&path.to_string_lossy()) {
        format!("no {what} file matches: `{}`", path.display())
    } else {
        format!("the folder holds no {what} file: `{}`", path.display())
    };
    Problem::user(message).hint("check the path and the format").at_field("path")
}

/// Names the first part of `path` that is not there, and what it may have been meant to be.
fn not_found(path: &Path) -> Problem {
    let wrong = path.ancestors().take_while(|part| !part.exists()).last().unwrap_or(path);
    let what = if wrong == path { "file or folder" } else { "folder" };
    let problem = Problem::user(format!("there is no such {what}: `{}`", wrong.display())).at_field("path");
    let folder = match wrong.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let names: Vec<String> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    match nearest(&file_name(wrong), names.iter().map(String::as_str)) {
        Some(name) => problem.hint(format!("did you mean `{name}`?")),
        None => problem.hint("check the path; a relative one starts at the flow file's folder"),
    }
}
