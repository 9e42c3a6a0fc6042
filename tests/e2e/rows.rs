//! What a run left in its folder: the rows of every file, compared as values.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use polars::prelude::{
    AnyValue, Column, DataFrame, DataType, IpcReader, JsonFormat, JsonWriter, ParquetReader, SerReader as _,
    SerWriter as _,
};
use serde_json::{Value, json};

/// Rows by file, `/` between folders. Of a file with types the first row is its schema, of CSV each line is one.
pub(crate) type Rows = BTreeMap<String, Vec<Value>>;

/// Every file that a reader would see under `folder`.
pub(crate) fn written(folder: &Path) -> Rows {
    let mut rows = Rows::new();
    for path in files(folder) {
        let name = name(folder, &path);
        if !name.split('/').any(|part| part.starts_with(['.', '_'])) {
            rows.insert(name, read(&path));
        }
    }
    rows
}

/// Files that a reader does not see: what a run staged and did not take away.
pub(crate) fn left_over(folder: &Path) -> Vec<String> {
    let names = files(folder).into_iter().map(|path| name(folder, &path));
    let is_staged = |name: &str| Path::new(name).extension().is_some_and(|extension| extension == "part");
    names.filter(|name| is_staged(name) || name.contains("/.") || name.starts_with('.')).collect()
}

fn name(folder: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(folder).expect("below the folder");
    relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn read(path: &Path) -> Vec<Value> {
    let text = || fs::read_to_string(path).expect("text");
    let open = || File::open(path).expect("a file");
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("parquet") => typed(ParquetReader::new(open()).finish().expect("Parquet")),
        Some("arrow") => typed(IpcReader::new(open()).finish().expect("Arrow IPC")),
        Some("csv" | "txt") => text().lines().map(|line| json!(line)).collect(),
        _ => text().lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect(),
    }
}

fn typed(mut frame: DataFrame) -> Vec<Value> {
    let schema: Vec<String> =
        frame.schema().iter().map(|(name, dtype)| format!("{name}: {dtype:?}")).collect();
    let has_bytes = |dtype: &DataType| format!("{dtype:?}").contains("Binary");
    let binary: Vec<_> =
        frame.schema().iter().filter(|(_, dtype)| has_bytes(dtype)).map(|(name, _)| name.clone()).collect();
    for name in binary {
        let column = frame.column(&name).expect("a column").as_materialized_series();
        let text: Vec<Option<String>> = column.iter().map(|value| bytes_as_text(&value)).collect();
        frame.with_column(Column::new(name, text)).expect("as long");
    }
    let mut lines = Vec::new();
    JsonWriter::new(&mut lines).with_json_format(JsonFormat::JsonLines).finish(&mut frame).expect("JSON");
    let rows = String::from_utf8(lines).expect("UTF-8");
    let rows = rows.lines().map(|line| serde_json::from_str(line).expect("a JSON line"));
    [json!(schema)].into_iter().chain(rows).collect()
}

/// JSON has no bytes.
fn bytes_as_text(value: &AnyValue<'_>) -> Option<String> {
    let shown = |value: &AnyValue<'_>| bytes_as_text(value).unwrap_or_else(|| "null".to_owned());
    Some(match value {
        AnyValue::Null => return None,
        AnyValue::List(items) => items.iter().map(|item| shown(&item) + ", ").collect(),
        AnyValue::Struct(..) => value._iter_struct_av().map(|field| shown(&field) + "; ").collect(),
        value => value.to_string(),
    })
}

/// Fails the test with the first difference, which may be one of 1e-9 of a float's size at most.
#[track_caller]
pub(crate) fn assert_same(what: &str, expected: &Rows, found: &Rows) {
    if let Some(difference) = difference(expected, found) {
        panic!("{what}: {difference}");
    }
}

/// The first difference in words.
pub(crate) fn difference(expected: &Rows, found: &Rows) -> Option<String> {
    let (wanted, given): (Vec<_>, Vec<_>) = (expected.keys().collect(), found.keys().collect());
    if wanted != given {
        return Some(format!("files {given:?}, expected {wanted:?}"));
    }
    for (file, rows) in expected {
        let found = &found[file];
        for (number, row) in rows.iter().enumerate() {
            match found.get(number) {
                Some(other) if is_same(row, other) => {}
                other => {
                    let other = other.map_or("nothing".to_owned(), ToString::to_string);
                    return Some(format!("{file}, row {number}: {other}, expected {row}"));
                }
            }
        }
        if let Some(extra) = found.get(rows.len()) {
            return Some(format!("{file} has {} rows, expected {}: {extra}", found.len(), rows.len()));
        }
    }
    None
}

fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) if a.is_f64() && b.is_f64() => {
            let (a, b) = (a.as_f64().unwrap_or(f64::NAN), b.as_f64().unwrap_or(f64::NAN));
            (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| is_same(a, b))
        }
        // The order of columns counts.
        (Value::Object(a), Value::Object(b)) => {
            a.keys().eq(b.keys()) && a.values().zip(b.values()).all(|(a, b)| is_same(a, b))
        }
        (a, b) => a == b,
    }
}
