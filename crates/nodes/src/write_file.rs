//! `write_file`: writes Parquet, CSV, JSON lines or Arrow IPC files.

mod append;
mod code;
mod replace;
#[cfg(test)]
mod tests;

use std::path::Path;

use flowloom_flow::value::{FilePath, show_dtype};
use flowloom_flow::{
    Card, Choice, Choices, CodeWriter, Form, Group, Kind, Port, Problem, Problems, Setting, Site, Step,
};
use polars::prelude::{LazyFrame, Schema};
use serde::{Deserialize, Serialize};

use crate::file::format::{Compression, Format, FormatChoice, Writing};
use crate::file::one_byte;

/// Writes Parquet, CSV, JSON lines or Arrow IPC files.
///
/// Rows are written beside the target and take its place in one step when all of them are there: a run that
/// fails, is cancelled or is killed leaves the earlier output as it was.
///
/// Append writes one file for each batch into a folder and keeps a log of them in `_flowloom`. With a source
/// that has offsets (Kafka) every row is in the folder exactly once, however often a run is repeated. A
/// source without offsets (a file, a table) is appended once for each run, repeated ones included.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WriteFile {
    path: FilePath,
    format: FormatChoice,
    mode: Mode,
    compression: Compression,
    delimiter: String,
    header: bool,
}

/// What happens to what is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    #[default]
    Overwrite,
    Append,
    FailIfExists,
}

impl Choices for Mode {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Overwrite, Choice { key: "overwrite", label: "Overwrite" }),
        (Self::Append, Choice { key: "append", label: "Append to a folder" }),
        (Self::FailIfExists, Choice { key: "fail_if_exists", label: "Fail if it exists" }),
    ];
}

impl Default for WriteFile {
    fn default() -> Self {
        Self {
            path: FilePath::default(),
            format: FormatChoice::Auto,
            mode: Mode::Overwrite,
            compression: Compression::Zstd,
            delimiter: ",".to_owned(),
            header: true,
        }
    }
}

impl Kind for WriteFile {
    const CARD: &'static Card = &Card {
        id: "write_file",
        name: "Write file",
        group: Group::Writer,
        blurb: "Writes Parquet, CSV, JSON lines or Arrow IPC files",
        tags: &["export", "save", "output", "sink"],
        inputs: &[Port::IN],
        outputs: &[],
        version: 1,
    };

    fn form(&mut self, form: &mut dyn Form, _inputs: &[Schema]) {
        let path = Setting::new("path", "Path")
            .help("A file, or a folder to append to; relative paths start at the flow file's folder");
        form.value(path, &mut self.path, &[]);
        form.pick(Setting::new("format", "Format"), &mut self.format);
        let mode = Setting::new("mode", "Mode").help(
            "Overwrite replaces the file in one step; append adds a file for each batch to a folder, each row \
             exactly once when it comes from Kafka",
        );
        form.pick(mode, &mut self.mode);
        form.section("Parquet", &mut |form| {
            form.pick(Setting::new("compression", "Compression"), &mut self.compression);
        });
        form.section("CSV", &mut |form| {
            form.text(Setting::new("delimiter", "Delimiter").hint("one character"), &mut self.delimiter);
            form.switch(Setting::new("header", "First line names the columns"), &mut self.header);
        });
    }

    fn plan(&self, _inputs: Vec<LazyFrame>, site: &Site<'_>) -> Result<Step, Problem> {
        let format = self.format()?;
        let target = site.host.path(self.path()?);
        let writing = self.writing()?;
        Ok(Step::Sink(match self.mode {
            Mode::Overwrite => Box::new(replace::FileSink::new(target, format, writing, true)),
            Mode::FailIfExists => Box::new(replace::FileSink::new(target, format, writing, false)),
            Mode::Append => Box::new(append::FolderSink::new(target, format, writing)),
        }))
    }

    fn code(&self, out: &mut CodeWriter<'_>) -> Result<(), Problem> {
        code::write(self, out)
    }

    fn check(&self, inputs: &[Schema], problems: &mut Problems) {
        match self.format() {
            Ok(format) => {
                if let Some(problem) = inputs.first().and_then(|schema| unfit(format, schema)) {
                    problems.push(problem);
                }
            }
            Err(problem) => problems.push(problem),
        }
        if let Err(problem) = self.writing() {
            problems.push(problem);
        }
    }

    fn keeps_batches(&self) -> bool {
        self.mode == Mode::Append
    }

    fn caption(&self) -> String {
        match self.mode {
            Mode::Append => format!("append to {}", self.path.0),
            Mode::Overwrite | Mode::FailIfExists => self.path.0.clone(),
        }
    }
}

impl WriteFile {
    fn path(&self) -> Result<&str, Problem> {
        match self.path.0.trim() {
            "" => Err(Problem::user("the path is missing").hint("choose where to write").at_field("path")),
            path => Ok(path),
        }
    }

    /// The format; also says where a path does not go with the mode.
    fn format(&self) -> Result<Format, Problem> {
        let written = self.path()?;
        let path = Path::new(written);
        if self.mode != Mode::Append {
            if written.ends_with(['/', '\\']) {
                return Err(Problem::user(format!("this is a folder, not a file: `{written}`"))
                    .hint("add a file's name, or set the mode to append")
                    .at_field("path"));
            }
            return self.format.of_file(path);
        }
        if Format::by_extension(path).is_some() {
            return Err(append_to_file(path));
        }
        Ok(self.format.fixed().unwrap_or(Format::Parquet))
    }

    fn writing(&self) -> Result<Writing, Problem> {
        Ok(Writing {
            compression: self.compression,
            delimiter: one_byte(&self.delimiter, "delimiter")?,
            has_header: self.header,
        })
    }
}

fn append_to_file(path: &Path) -> Problem {
    let hint = match path.extension() {
        Some(_) => format!("give a folder, such as `{}`", path.with_extension("").display()),
        None => "give the path of a folder, or of one to be made".to_owned(),
    };
    Problem::user(format!("rows are appended to a folder, not to a single file: `{}`", path.display()))
        .hint(hint)
        .at_field("path")
}

/// What of `schema` the format cannot hold.
fn unfit(format: Format, schema: &Schema) -> Option<Problem> {
    let unfit = format.unfit(schema);
    let columns: Vec<String> =
        unfit.iter().map(|(name, dtype)| format!("`{name}` ({})", show_dtype(dtype))).collect();
    (!columns.is_empty()).then(|| {
        Problem::user(format!("{} cannot hold {}", format.label(), columns.join(", ")))
            .hint("cast or drop these columns before, or write Parquet")
            .at_field("format")
    })
}
