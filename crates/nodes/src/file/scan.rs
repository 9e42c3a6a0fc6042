//! Lazy scans, so that the columns and rows that a plan needs decide what is read.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowloom_flow::Problem;
use polars::io::HiveOptions;
use polars::io::ipc::IpcScanOptions;
use polars::prelude::{
    DataType, DslPlan, Expr, LazyCsvReader, LazyFileListReader as _, LazyFrame, LazyJsonLineReader,
    NullValues, PlRefPath, PlSmallStr, ScanArgsParquet, ScanSources, Schema, SchemaRef, UnifiedScanArgs, col,
};

use super::file_name;
use super::find::Found;
use super::format::Format;
use super::trouble::trouble;

/// How bytes become rows.
#[derive(Clone)]
pub(crate) struct Reading {
    pub(crate) delimiter: u8,
    pub(crate) quote: Option<u8>,
    pub(crate) has_header: bool,
    pub(crate) null_text: String,
    pub(crate) parse_dates: bool,
    /// Rows from which types are inferred; `None`: all.
    pub(crate) infer_rows: Option<NonZeroUsize>,
    /// The schema that the user has pinned.
    pub(crate) fields: Option<SchemaRef>,
}

/// A scan of all files as one table, and its schema.
pub(crate) fn scan(found: &Found, reading: &Reading) -> Result<(LazyFrame, SchemaRef), Problem> {
    let files = with_rows(found, reading)?;
    let first = &files[0];
    let known = schema_of(first, found.format, reading)?;
    for file in &files[1..] {
        match found.format {
            Format::Csv => same_header(first, file, reading)?,
            Format::Jsonl if reading.fields.is_some() => {}
            format => {
                let schema = schema_of(file, format, reading)?;
                same_schema(format, first, &known, file, &schema)?;
            }
        }
    }
    let mut frame = scan_files(&files, found.format, &known, reading)?;
    if let Some(fields) = &reading.fields {
        require(fields, &known, first)?;
        if known != *fields {
            frame = frame.select(pinned(fields, &known));
        }
        return Ok((frame, Arc::clone(fields)));
    }
    Ok((frame, known))
}

/// Files of JSON lines may be empty: they have neither rows nor a schema.
fn with_rows(found: &Found, reading: &Reading) -> Result<Vec<PathBuf>, Problem> {
    if found.format != Format::Jsonl {
        return Ok(found.files.clone());
    }
    let has_rows = |path: &&PathBuf| path.metadata().is_ok_and(|metadata| metadata.len() > 0);
    let files: Vec<PathBuf> = found.files.iter().filter(has_rows).cloned().collect();
    if !files.is_empty() {
        return Ok(files);
    }
    if reading.fields.is_some() {
        return Ok(found.files[..1].to_vec());
    }
    Err(Problem::user(format!(
        "the file is empty, so its fields are unknown: `{}`",
        found.files[0].display()
    ))
    .hint("set the fields")
    .at_field("fields"))
}

/// The schema of one file before fields are pinned: its header, footer or sample.
fn schema_of(file: &Path, format: Format, reading: &Reading) -> Result<SchemaRef, Problem> {
    if let (Format::Jsonl, Some(fields)) = (format, &reading.fields) {
        return Ok(Arc::clone(fields));
    }
    let mut frame = match format {
        Format::Csv => csv(&[file.to_owned()], reading)?,
        Format::Jsonl => jsonl(&[file.to_owned()], None, reading)?,
        format => scan_files(&[file.to_owned()], format, &Arc::default(), reading)?,
    };
    frame.collect_schema().map_err(|error| unreadable(file, format, error))
}

fn unreadable(file: &Path, format: Format, error: polars::prelude::PolarsError) -> Problem {
    let cause = Problem::from(error);
    let why = cause.message.lines().next().unwrap_or_default().trim_end_matches('.').to_owned();
    let problem =
        Problem::user(format!("cannot read this as {}, {why}: `{}`", format.label(), file.display()));
    let hint = match format {
        Format::Csv => "check delimiter, quote and header, or pin the fields",
        Format::Jsonl => "each line must hold one JSON object",
        Format::Parquet | Format::Ipc => "the file may be damaged or incomplete: write it again",
    };
    problem.hint(hint).at_field("path").source(cause)
}

fn scan_files(
    files: &[PathBuf],
    format: Format,
    schema: &SchemaRef,
    reading: &Reading,
) -> Result<LazyFrame, Problem> {
    // Neither patterns nor `key=value` folders in a path mean anything here: the files are found.
    let hive_options = HiveOptions::new_disabled();
    let glob = false;
    Ok(match format {
        Format::Parquet => LazyFrame::scan_parquet_files(
            paths(files)?.into(),
            ScanArgsParquet { glob, hive_options, ..ScanArgsParquet::default() },
        )?,
        Format::Ipc => LazyFrame::scan_ipc_sources(
            ScanSources::Paths(paths(files)?.into()),
            IpcScanOptions::default(),
            UnifiedScanArgs { glob, hive_options, ..UnifiedScanArgs::default() },
        )?,
        Format::Csv => csv(files, reading)?,
        Format::Jsonl => jsonl(files, Some(Arc::clone(schema)), reading)?,
    })
}

fn csv(files: &[PathBuf], reading: &Reading) -> Result<LazyFrame, Problem> {
    let null_text = Some(&reading.null_text).filter(|text| !text.is_empty());
    let reader = LazyCsvReader::new_paths(paths(files)?.into())
        .with_glob(false)
        .with_has_header(reading.has_header)
        .with_separator(reading.delimiter)
        .with_quote_char(reading.quote)
        .with_null_values(null_text.map(|text| NullValues::AllColumnsSingle(text.into())))
        .with_infer_schema_length(reading.infer_rows.map(NonZeroUsize::get))
        .with_try_parse_dates(reading.parse_dates);
    // Without a header the fields name the columns; with one they find them.
    let reader = match &reading.fields {
        Some(fields) if reading.has_header => reader.with_dtype_overwrite(Some(Arc::clone(fields))),
        Some(fields) => reader.with_schema(Some(Arc::clone(fields))),
        None => reader,
    };
    Ok(reader.finish()?)
}

fn jsonl(files: &[PathBuf], schema: Option<SchemaRef>, reading: &Reading) -> Result<LazyFrame, Problem> {
    let reader = LazyJsonLineReader::new_paths(paths(files)?.into())
        .with_infer_schema_length(reading.infer_rows)
        .with_schema(schema);
    let mut frame = reader.finish()?;
    // The reader has no switch for it: our paths are files, whatever characters they contain.
    if let DslPlan::Scan { unified_scan_args, .. } = &mut frame.logical_plan {
        unified_scan_args.glob = false;
    }
    Ok(frame)
}

fn paths(files: &[PathBuf]) -> Result<Vec<PlRefPath>, Problem> {
    files.iter().map(|file| Ok(PlRefPath::try_from_path(file)?)).collect()
}

fn require(fields: &Schema, known: &Schema, file: &Path) -> Result<(), Problem> {
    let Some(name) = fields.iter_names().find(|name| !known.contains(name)) else { return Ok(()) };
    let problem = Problem::user(format!("there is no column `{name}`: `{}`", file.display()));
    let names = known.iter_names().map(PlSmallStr::as_str);
    let hint = match flowloom_flow::nearest(name, names) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "remove it from the fields, or read another file".to_owned(),
    };
    Err(problem.hint(hint).at_field("fields"))
}

/// The pinned columns, in their order, cast where the file has another type.
fn pinned(fields: &Schema, known: &Schema) -> Vec<Expr> {
    fields
        .iter()
        .map(|(name, dtype): (_, &DataType)| match known.get(name) {
            Some(known) if known == dtype => col(name.clone()),
            _ => col(name.clone()).strict_cast(dtype.clone()),
        })
        .collect()
}

fn same_schema(
    format: Format,
    first: &Path,
    known: &Schema,
    file: &Path,
    schema: &Schema,
) -> Result<(), Problem> {
    let gone = known.iter_names().find(|name| !schema.contains(name));
    let new = schema.iter_names().find(|name| !known.contains(name));
    let other = known.iter().find(|(name, dtype)| schema.get(name).is_some_and(|found| found != *dtype));
    let why = match (gone, new, other) {
        (Some(name), _, _) => format!("`{}` has no column `{name}`", file_name(file)),
        (_, Some(name), _) => format!("`{}` alone has a column `{name}`", file_name(file)),
        (_, _, Some((name, _))) => format!("the types of `{name}` differ"),
        (None, None, None) => return Ok(()),
    };
    let hint = if format == Format::Jsonl { PIN } else { UNION };
    Err(different(first, file, &why, hint))
}

/// Polars reads the files of one CSV scan by position, so their headers must be equal.
fn same_header(first: &Path, file: &Path, reading: &Reading) -> Result<(), Problem> {
    if reading.has_header && first_line(first)? != first_line(file)? {
        return Err(different(first, file, "the headers differ", UNION));
    }
    Ok(())
}

fn first_line(file: &Path) -> Result<Vec<u8>, Problem> {
    let mut line = Vec::new();
    let read = File::open(file).and_then(|file| BufReader::new(file).read_until(b'\n', &mut line));
    read.map_err(|error| trouble("read", file, error))?;
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line);
    Ok(line.trim_ascii_end().to_vec())
}

const UNION: &str = "read them in two nodes and join them with a union, or narrow the path with a pattern";
const PIN: &str = "pin the fields to read what is missing as no value, or narrow the path with a pattern";

fn different(first: &Path, file: &Path, why: &str, hint: &str) -> Problem {
    let message = format!("`{}` and `{}` are not one table, {why}", file_name(first), file_name(file));
    Problem::user(format!("{message}: `{}`", file.parent().unwrap_or(file).display()))
        .hint(hint)
        .at_field("path")
}
