//! `write_file` in exported programs.

use flowloom_flow::value::code::{python_string, rust_string};
use flowloom_flow::value::dtype_features;
use flowloom_flow::{CodeWriter, Problem, Target};
use polars::prelude::Schema;

use super::{Mode, WriteFile};
use crate::file::call;
use crate::file::format::{Compression, Format, Writing};

pub(super) fn write(kind: &WriteFile, out: &mut CodeWriter<'_>) -> Result<(), Problem> {
    if kind.mode == Mode::Append {
        return Err(out
            .refuse("appending to a folder")
            .at_field("mode")
            .hint("overwrite a file, or run the flow with Flowloom"));
    }
    let format = kind.format()?;
    let writing = kind.writing()?;
    let path = kind.path()?;
    let stem = out.node().as_str().to_uppercase();
    let mut features = vec![match format {
        Format::Parquet => "parquet",
        Format::Csv => "csv",
        Format::Jsonl => "json",
        Format::Ipc => "ipc",
    }];
    features.extend(out.input_schemas().iter().flat_map(Schema::iter_values).flat_map(dtype_features));
    out.polars(&features);
    match out.target() {
        Target::Python => {
            out.import("import os");
            out.import("from pathlib import Path");
            out.constant(format!("{stem}_PATH = Path({})", python_string(path)));
            out.function("staged", PYTHON_STAGED);
            out.function("publish", PYTHON_PUBLISH);
            if kind.mode == Mode::FailIfExists {
                out.step(format!(
                    "if {stem}_PATH.exists():\n    raise SystemExit(f\"the file exists already: {{{stem}_PATH}}\")"
                ));
            }
            let statement = python_sink(out.input(0), &stem, format, &writing);
            out.step(statement);
            out.commit(format!("publish({stem}_PATH)"));
        }
        Target::Rust => {
            out.import("use std::error::Error;");
            out.import("use std::fs;");
            out.import("use std::fs::File;");
            out.import("use std::path::Path;");
            out.import("use std::path::PathBuf;");
            if format == Format::Parquet || (format == Format::Csv && writing.delimiter != b',') {
                out.import("use std::sync::Arc;");
            }
            out.constant(format!("const {stem}_PATH: &str = {};", rust_string(path)));
            out.function("staged", RUST_STAGED);
            out.function("stage", RUST_STAGE);
            out.function("publish", RUST_PUBLISH);
            if kind.mode == Mode::FailIfExists {
                out.step(format!(
                    "if Path::new({stem}_PATH).exists() {{\n    return Err(format!(\"the file exists already: {{{stem}_PATH}}\").into());\n}}"
                ));
            }
            let statement = rust_sink(out.input(0), &stem, format, &writing);
            out.step(statement);
            out.commit(format!("publish({stem}_PATH)?;"));
        }
    }
    Ok(())
}

const PYTHON_STAGED: &str = r#"def staged(path: Path) -> Path:
    """Where the rows of `path` are written until all of them are there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f".{path.name}.part")"#;

const PYTHON_PUBLISH: &str = r#"def publish(path: Path) -> None:
    """Put the staged rows in the place of `path`: readers see all of them or none."""
    with staged(path).open("rb+") as file:
        os.fsync(file.fileno())
    os.replace(staged(path), path)"#;

fn python_sink(input: &str, stem: &str, format: Format, writing: &Writing) -> String {
    let mut arguments = vec![format!("staged({stem}_PATH)")];
    let method = match format {
        Format::Parquet => {
            match writing.compression {
                Compression::Zstd => {}
                Compression::Snappy => arguments.push("compression=\"snappy\"".to_owned()),
                Compression::Lz4 => arguments.push("compression=\"lz4\"".to_owned()),
                Compression::Gzip => arguments.push("compression=\"gzip\"".to_owned()),
                Compression::None => arguments.push("compression=\"uncompressed\"".to_owned()),
            }
            "sink_parquet"
        }
        Format::Csv => {
            if writing.delimiter != b',' {
                let delimiter = char::from(writing.delimiter).to_string();
                arguments.push(format!("separator={}", python_string(&delimiter)));
            }
            if !writing.has_header {
                arguments.push("include_header=False".to_owned());
            }
            "sink_csv"
        }
        Format::Jsonl => "sink_ndjson",
        Format::Ipc => "sink_ipc",
    };
    call::python(&format!("{input}.{method}"), &arguments)
}

const RUST_STAGED: &str = r#"/// Where the rows of `path` are written until all of them are there.
fn staged(path: &str) -> PathBuf {
    let path = Path::new(path);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.part"))
}"#;

const RUST_STAGE: &str = r#"/// Writes `rows` beside `path`, where they wait for `publish`.
fn stage(rows: LazyFrame, path: &str, format: FileWriteFormat) -> Result<(), Box<dyn Error>> {
    let staged = staged(path);
    fs::create_dir_all(staged.parent().unwrap_or(Path::new("")))?;
    let target = SinkTarget::Path(PlRefPath::try_from_path(&staged)?);
    rows.sink(SinkDestination::File { target }, format, UnifiedSinkArgs::default())?
        .collect_with_engine(Engine::Streaming)?;
    Ok(())
}"#;

const RUST_PUBLISH: &str = r"/// Puts the staged rows in the place of `path`: readers see all of them or none.
fn publish(path: &str) -> Result<(), Box<dyn Error>> {
    let staged = staged(path);
    File::options().write(true).open(&staged)?.sync_all()?;
    fs::rename(staged, path)?;
    Ok(())
}";

fn rust_sink(input: &str, stem: &str, format: Format, writing: &Writing) -> String {
    let options = match format {
        Format::Parquet => parquet_options(writing.compression),
        Format::Csv => csv_options(writing),
        Format::Jsonl => "FileWriteFormat::NDJson(NDJsonWriterOptions::default())".to_owned(),
        Format::Ipc => "FileWriteFormat::Ipc(IpcWriterOptions::default())".to_owned(),
    };
    call::rust("stage", &[input.to_owned(), format!("{stem}_PATH"), options]) + "?;"
}

fn parquet_options(compression: Compression) -> String {
    let compression = match compression {
        Compression::Zstd => return "FileWriteFormat::Parquet(Arc::default())".to_owned(),
        Compression::Snappy => "Snappy",
        Compression::Lz4 => "Lz4Raw",
        Compression::Gzip => "Gzip(None)",
        Compression::None => "Uncompressed",
    };
    format!(
        "FileWriteFormat::Parquet(Arc::new(ParquetWriteOptions {{
    compression: ParquetCompression::{compression},
    ..Default::default()
}}))"
    )
}

fn csv_options(writing: &Writing) -> String {
    let header = if writing.has_header { "" } else { "    include_header: false,\n" };
    let separator = match writing.delimiter {
        b',' => String::new(),
        other => format!(
            "    serialize_options: Arc::new(SerializeOptions {{
        separator: {},
        ..Default::default()
    }}),\n",
            call::byte(other)
        ),
    };
    match [header, &separator].concat().as_str() {
        "" => "FileWriteFormat::Csv(CsvWriterOptions::default())".to_owned(),
        options => {
            format!("FileWriteFormat::Csv(CsvWriterOptions {{\n{options}    ..Default::default()\n}})")
        }
    }
}
