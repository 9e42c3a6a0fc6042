//! `read_file`: reads Parquet, CSV, JSON lines or Arrow IPC files.

mod code;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use flowloom_flow::value::{FieldSpec, Fields, FilePath, PlainFields, parse_dtype, show_dtype};
use flowloom_flow::{
    Ask, Cancel, Card, CodeWriter, Counts, Form, Group, Inferred, Kind, Port, Problem, Problems, Read, Scope,
    Setting, Site, Source, Step,
};
use polars::prelude::{IdxSize, LazyFrame, Schema};
use serde::{Deserialize, Serialize};
use serde_json::Map;

use crate::facts::facts;
use crate::file::find::{Found, find};
use crate::file::format::FormatChoice;
use crate::file::one_byte;
use crate::file::scan::{Reading, scan};

/// Reads Parquet, CSV, JSON lines or Arrow IPC files.
///
/// The path is one file, a folder, or a pattern such as `in/*.csv`. Several files are read as one table,
/// sorted by name; they must have the same columns. A folder that `write_file` appends to is read as far as
/// it is committed. A value that does not fit its column's type fails the run; a key of JSON lines that no
/// inferred row has is not read, so infer from all rows or pin the fields where keys come late.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ReadFile {
    path: FilePath,
    format: FormatChoice,
    delimiter: String,
    header: bool,
    quote: String,
    null_text: String,
    parse_dates: bool,
    /// Rows from which types are inferred; 0: all.
    infer_rows: i64,
    /// Pinned columns and types; none: as the file has them.
    fields: PlainFields,
}

impl Default for ReadFile {
    fn default() -> Self {
        Self {
            path: FilePath::default(),
            format: FormatChoice::Auto,
            delimiter: ",".to_owned(),
            header: true,
            quote: "\"".to_owned(),
            null_text: String::new(),
            parse_dates: true,
            infer_rows: 1000,
            fields: PlainFields::default(),
        }
    }
}

impl Kind for ReadFile {
    const CARD: &'static Card = &Card {
        id: "read_file",
        name: "Read file",
        group: Group::Source,
        blurb: "Reads Parquet, CSV, JSON lines or Arrow IPC files",
        tags: &["csv", "parquet", "json", "ipc", "import"],
        inputs: &[],
        outputs: &[Port::OUT],
        version: 1,
    };

    fn form(&mut self, form: &mut dyn Form, _inputs: &[Schema]) {
        let path = Setting::new("path", "Path").help(
            "A file, a folder, or a pattern such as `in/*.csv`; relative paths start at the flow file's folder",
        );
        form.value(path, &mut self.path, &[]);
        form.pick(Setting::new("format", "Format"), &mut self.format);
        form.section("CSV", &mut |form| {
            form.text(Setting::new("delimiter", "Delimiter").hint("one character"), &mut self.delimiter);
            form.switch(Setting::new("header", "First line names the columns"), &mut self.header);
            let quote = Setting::new("quote", "Quote").hint("one character, or empty for none");
            form.text(quote, &mut self.quote);
            let null_text = Setting::new("null_text", "Null text").hint("optional");
            form.text(
                null_text.help("A text that stands for no value, such as `NA`; an empty one always does"),
                &mut self.null_text,
            );
            let dates = Setting::new("parse_dates", "Recognise dates and times");
            form.switch(dates, &mut self.parse_dates);
        });
        form.section("Schema", &mut |form| {
            let infer = Setting::new("infer_rows", "Rows to infer types from").hint("0 = all");
            form.integer(
                infer.help("For CSV and JSON lines without fields. A later value of another type fails the run, a key first seen later is not read"),
                &mut self.infer_rows,
                0..=i64::MAX,
            );
            let fields = Setting::new("fields", "Fields").hint("optional").help(
                "Pins columns and types, whatever the file's first rows look like; other columns are not read",
            );
            form.value(fields, &mut self.fields, &[]);
        });
    }

    fn plan(&self, _inputs: Vec<LazyFrame>, site: &Site<'_>) -> Result<Step, Problem> {
        let reading = self.reading()?;
        let path = site.host.path(self.path()?);
        Ok(Step::Source(Box::new(Files { path, format: self.format, reading })))
    }

    fn code(&self, out: &mut CodeWriter<'_>) -> Result<(), Problem> {
        code::write(self, out)
    }

    fn schema(&self, _inputs: &[Schema], site: &Site<'_>) -> Result<Vec<Schema>, Problem> {
        let found = find(&site.host.path(self.path()?), self.format)?;
        let (_, schema) = scan(&found, &self.reading()?)?;
        Ok(vec![(*schema).clone()])
    }

    fn check(&self, _inputs: &[Schema], problems: &mut Problems) {
        for problem in [self.path().err(), self.reading().err()].into_iter().flatten() {
            problems.push(problem);
        }
    }

    fn caption(&self) -> String {
        self.path.0.clone()
    }

    fn infer(&self, site: &Site<'_>, _cancel: &Cancel) -> Option<Result<Inferred, Problem>> {
        let unpinned = Self { fields: PlainFields::default(), ..self.clone() };
        let look = || {
            let found = find(&site.host.path(unpinned.path()?), unpinned.format)?;
            let (frame, schema) = scan(&found, &unpinned.reading()?)?;
            let fields = schema.iter().map(|(name, dtype)| FieldSpec::new(name.as_str(), show_dtype(dtype)));
            let fields = serde_json::to_value(Fields(fields.collect())).unwrap_or_default();
            // A row that does not fit its column is for the run to tell; names and types hold without facts.
            let facts = frame.limit(SAMPLE).collect().map(|sample| facts(&sample)).unwrap_or_default();
            let settings = Map::from_iter([("fields".to_owned(), fields)]);
            Ok(Inferred { settings, facts, went_by: WENT_BY.to_vec() })
        };
        Some(look())
    }
}

/// Rows that a sample has.
const SAMPLE: IdxSize = 1_000;

/// Settings that decide what the fields of a file are.
const WENT_BY: &[&str] =
    &["path", "format", "delimiter", "header", "quote", "null_text", "parse_dates", "infer_rows"];

impl ReadFile {
    fn path(&self) -> Result<&str, Problem> {
        match self.path.0.trim() {
            "" => {
                Err(Problem::user("the path is missing").hint("choose a file or a folder").at_field("path"))
            }
            path => Ok(path),
        }
    }

    fn reading(&self) -> Result<Reading, Problem> {
        let quote = (!self.quote.is_empty()).then(|| one_byte(&self.quote, "quote")).transpose()?;
        let infer_rows = usize::try_from(self.infer_rows).map_err(|error| {
            Problem::user(format!("`{}` is not a number of rows", self.infer_rows))
                .hint("use 0 for all rows")
                .at_field("infer_rows")
                .source(error)
        })?;
        self.fields.0.refuse_paths("a file's reader").map_err(|problem| {
            let part = problem.at.field.clone().unwrap_or_default();
            problem.at_field(format!("fields{part}"))
        })?;
        let fields =
            self.fields.0.0.iter().map(|field| Ok((field.name.as_str().into(), parse_dtype(&field.dtype)?)));
        let fields: Result<Schema, Problem> = fields.collect();
        let fields = fields.map_err(|problem| problem.at_field("fields"))?;
        if fields.len() < self.fields.0.0.len() {
            return Err(Problem::user("two fields have the same name").hint("rename one").at_field("fields"));
        }
        Ok(Reading {
            delimiter: one_byte(&self.delimiter, "delimiter")?,
            quote,
            has_header: self.header,
            null_text: self.null_text.clone(),
            parse_dates: self.parse_dates,
            infer_rows: NonZeroUsize::new(infer_rows),
            fields: (!fields.is_empty()).then(|| Arc::new(fields)),
        })
    }
}

struct Files {
    path: PathBuf,
    format: FormatChoice,
    reading: Reading,
}

impl Source for Files {
    /// Paths, sizes and times of the last change.
    fn fingerprint(&self, _scope: Scope, _cancel: &Cancel) -> Result<Option<String>, Problem> {
        let mut print = String::new();
        for file in find(&self.path, self.format)?.files {
            let Ok(metadata) = file.metadata() else { return Ok(None) };
            let Ok(modified) = metadata.modified() else { return Ok(None) };
            let since = modified.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
            if writeln!(print, "{} {} {since}", file.display(), metadata.len()).is_err() {
                return Ok(None);
            }
        }
        Ok(Some(print))
    }

    /// A lazy scan: how many rows there are shows when the plan runs. A preview sees the first rows, since a
    /// file has no newest end.
    fn read(&mut self, ask: &Ask<'_>) -> Result<Read, Problem> {
        if ask.cancel.is_cancelled() {
            return Err(Problem::cancelled());
        }
        let found = find(&self.path, self.format)?;
        let (mut frame, _) = scan(&found, &self.reading)?;
        if let Scope::Preview { rows, .. } = ask.scope {
            frame = frame.limit(IdxSize::try_from(rows).unwrap_or(IdxSize::MAX));
        }
        let sizes = found.files.iter().map(|file| file.metadata().map_or(0, |metadata| metadata.len()));
        Ok(Read {
            frames: vec![frame],
            position: None,
            counts: Counts { bytes: sizes.sum(), ..Counts::default() },
            notes: removed(&found, &self.path),
            metrics: None,
            proposed: serde_json::Map::new(),
            keep: Box::new(()),
        })
    }
}

fn removed(found: &Found, path: &std::path::Path) -> Vec<Problem> {
    let Some(first) = found.missing.first() else { return Vec::new() };
    let message = format!(
        "{} of the files that were appended are gone, the first is `{first}`: `{}`",
        found.missing.len(),
        path.display()
    );
    vec![Problem::user(message).hint("restore them if their rows are needed").warning()]
}
