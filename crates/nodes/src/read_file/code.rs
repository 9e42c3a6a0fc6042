//! `read_file` in exported programs.

use std::path::Path;

use flowloom_flow::value::code::{python_string, rust_string};
use flowloom_flow::value::{dtype_code, dtype_features};
use flowloom_flow::{CodeWriter, Problem, Target};
use polars::prelude::{DataType, PlSmallStr, Schema};

use super::ReadFile;
use crate::file::call;
use crate::file::find::is_glob;
use crate::file::format::Format;
use crate::file::scan::Reading;

pub(super) fn write(kind: &ReadFile, out: &mut CodeWriter<'_>) -> Result<(), Problem> {
    let Some(name) = out.output(0) else { return Ok(()) };
    let reading = kind.reading()?;
    let (path, format) = source(kind)?;
    let mut features = vec![match format {
        Format::Parquet => "parquet",
        Format::Csv => "csv",
        Format::Jsonl => "json",
        Format::Ipc => "ipc",
    }];
    features.extend(out.output_schemas().iter().flat_map(Schema::iter_values).flat_map(dtype_features));
    if format == Format::Csv && reading.fields.is_none() && reading.parse_dates {
        features.extend(["temporal", "dtype-date", "dtype-datetime", "dtype-time"]);
    }
    out.polars(&features);
    let stem = out.node().as_str().to_uppercase();
    match out.target() {
        Target::Python => {
            out.constant(format!("{stem}_PATH = {}", python_string(&path)));
            if let Some(fields) = &reading.fields {
                out.constant(python_schema(&stem, fields));
            }
            let names =
                out.output_schemas().iter().flat_map(Schema::iter_names).map(|name| python_string(name));
            let names = names.collect::<Vec<_>>().join(", ");
            out.assign(0, &python(name, &stem, format, &reading, &names));
        }
        Target::Rust => {
            out.constant(format!("const {stem}_PATH: &str = {};", rust_string(&path)));
            if let Some(fields) = &reading.fields {
                out.step(rust_schema(name, fields));
            }
            if reading.fields.is_some() && matches!(format, Format::Csv | Format::Jsonl) {
                out.import("use std::sync::Arc;");
            }
            if format == Format::Jsonl && reading.fields.is_none() && reading.infer_rows.is_some() {
                out.import("use std::num::NonZeroUsize;");
            }
            out.assign(0, &rust(name, &stem, format, &reading));
        }
    }
    Ok(())
}

/// The path as Polars takes it: a folder becomes the pattern of its files.
fn source(kind: &ReadFile) -> Result<(String, Format), Problem> {
    let written = kind.path()?;
    let path = Path::new(written);
    let is_folder = written.ends_with('/') || (path.extension().is_none() && !is_glob(written));
    if !is_folder {
        return Ok((written.to_owned(), kind.format.of_file(path)?));
    }
    let Some(format) = kind.format.fixed() else {
        return Err(Problem::user(format!(
            "an export needs the format of the files in the folder: `{written}`"
        ))
        .hint("choose Parquet, CSV, JSON lines or Arrow IPC")
        .at_field("format"));
    };
    Ok((format!("{}/*.{}", written.trim_end_matches('/'), format.extension()), format))
}

fn python_schema(stem: &str, fields: &Schema) -> String {
    let field = |(name, dtype): (&PlSmallStr, &DataType)| {
        format!("    {}: {},\n", python_string(name), dtype_code(dtype, Target::Python))
    };
    format!("{stem}_SCHEMA = {{\n{}}}", fields.iter().map(field).collect::<String>())
}

/// `names`: of the columns; without a header line each Polars counts them from a number of its own.
fn python(name: &str, stem: &str, format: Format, reading: &Reading, names: &str) -> String {
    let mut arguments = vec![format!("{stem}_PATH")];
    let schema = format!("{stem}_SCHEMA");
    let infer = reading.infer_rows.map_or_else(|| "None".to_owned(), |rows| rows.to_string());
    let function = match format {
        Format::Parquet => "pl.scan_parquet",
        Format::Ipc => "pl.scan_ipc",
        Format::Jsonl => {
            arguments.push(match reading.fields {
                Some(_) => format!("schema={schema}"),
                None => format!("infer_schema_length={infer}"),
            });
            "pl.scan_ndjson"
        }
        Format::Csv => {
            if !reading.has_header {
                arguments.push("has_header=False".to_owned());
            }
            if reading.delimiter != b',' {
                let delimiter = char::from(reading.delimiter).to_string();
                arguments.push(format!("separator={}", python_string(&delimiter)));
            }
            match reading.quote {
                Some(b'"') => {}
                Some(quote) => {
                    arguments.push(format!("quote_char={}", python_string(&char::from(quote).to_string())));
                }
                None => arguments.push("quote_char=None".to_owned()),
            }
            if !reading.null_text.is_empty() {
                arguments.push(format!("null_values={}", python_string(&reading.null_text)));
            }
            match (&reading.fields, reading.has_header) {
                (Some(_), true) => arguments.push(format!("schema_overrides={schema}")),
                (Some(_), false) => arguments.push(format!("schema={schema}")),
                (None, _) => {
                    arguments.push(format!("infer_schema_length={infer}"));
                    if reading.parse_dates {
                        arguments.push("try_parse_dates=True".to_owned());
                    }
                    if !reading.has_header {
                        arguments.push(format!("new_columns=[{names}]"));
                    }
                }
            }
            "pl.scan_csv"
        }
    };
    let scan = call::python(&format!("{name} = {function}"), &arguments);
    let scan = scan.strip_prefix(&format!("{name} = ")).unwrap_or(&scan).to_owned();
    match (&reading.fields, format) {
        (None, _) | (_, Format::Jsonl) => scan,
        (_, Format::Csv) if !reading.has_header => scan,
        (_, Format::Csv) => format!("{scan}.select(*{schema})"),
        (_, Format::Parquet | Format::Ipc) => format!("{scan}.select(*{schema}).cast({schema})"),
    }
}

fn rust_schema(name: &str, fields: &Schema) -> String {
    let field = |(field, dtype): (&PlSmallStr, &DataType)| {
        let arguments = [format!("{}.into()", rust_string(field)), dtype_code(dtype, Target::Rust)];
        format!("    {},\n", call::rust("Field::new", &arguments).replace('\n', "\n    "))
    };
    let fields: String = fields.iter().map(field).collect();
    format!("let {name}_schema = Schema::from_iter([\n{fields}]);")
}

fn rust(name: &str, stem: &str, format: Format, reading: &Reading) -> String {
    let path = format!("PlRefPath::new({stem}_PATH)");
    let infer_rows = reading.infer_rows.map(std::num::NonZeroUsize::get);
    let mut calls: Vec<String> = Vec::new();
    let start = match format {
        Format::Parquet => format!("LazyFrame::scan_parquet({path}, ScanArgsParquet::default())?"),
        Format::Ipc => {
            let arguments = [path, "IpcScanOptions::default()".into(), "UnifiedScanArgs::default()".into()];
            call::rust(&format!("let {name} = LazyFrame::scan_ipc"), &arguments).replacen(
                &format!("let {name} = "),
                "",
                1,
            ) + "?"
        }
        Format::Jsonl => {
            calls.push(match (&reading.fields, infer_rows) {
                (Some(_), _) => format!(".with_schema(Some(Arc::new({name}_schema)))"),
                (None, Some(rows)) => format!(".with_infer_schema_length(NonZeroUsize::new({rows}))"),
                (None, None) => ".with_infer_schema_length(None)".to_owned(),
            });
            calls.push(".finish()?".to_owned());
            format!("LazyJsonLineReader::new({path})")
        }
        Format::Csv => {
            if !reading.has_header {
                calls.push(".with_has_header(false)".to_owned());
            }
            if reading.delimiter != b',' {
                calls.push(format!(".with_separator({})", call::byte(reading.delimiter)));
            }
            match reading.quote {
                Some(b'"') => {}
                Some(quote) => calls.push(format!(".with_quote_char(Some({}))", call::byte(quote))),
                None => calls.push(".with_quote_char(None)".to_owned()),
            }
            if !reading.null_text.is_empty() {
                let text = rust_string(&reading.null_text);
                calls.push(format!(".with_null_values(Some(NullValues::AllColumnsSingle({text}.into())))"));
            }
            match (&reading.fields, reading.has_header) {
                (Some(_), true) => {
                    calls.push(format!(".with_dtype_overwrite(Some(Arc::new({name}_schema.clone())))"));
                }
                (Some(_), false) => calls.push(format!(".with_schema(Some(Arc::new({name}_schema)))")),
                (None, _) => {
                    calls.push(format!(".with_infer_schema_length({infer_rows:?})"));
                    if reading.parse_dates {
                        calls.push(".with_try_parse_dates(true)".to_owned());
                    }
                }
            }
            calls.push(".finish()?".to_owned());
            format!("LazyCsvReader::new({path})")
        }
    };
    match (&reading.fields, format) {
        (None, _) | (_, Format::Jsonl) => {}
        (_, Format::Csv) if !reading.has_header => {}
        (_, Format::Csv) => calls.push(select(name, ".iter_names()", &[".cloned()", ".map(col)"])),
        (_, Format::Parquet | Format::Ipc) => {
            let cast = ".map(|(name, dtype)| col(name.clone()).strict_cast(dtype.clone()))";
            calls.push(select(name, ".iter()", &[cast]));
        }
    }
    call::rust_chain(&start, &calls)
}

/// `.select(…)` of what becomes of each field of the schema.
fn select(name: &str, iter: &str, each: &[&str]) -> String {
    let calls: Vec<String> =
        [&[iter], each, &[".collect::<Vec<_>>()"]].concat().into_iter().map(str::to_owned).collect();
    let chain = call::rust_short_chain(&format!("{name}_schema"), &calls);
    if chain.contains('\n') { call::rust(".select", &[chain]) } else { format!(".select({chain})") }
}
