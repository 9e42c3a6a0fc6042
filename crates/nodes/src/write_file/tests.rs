use std::collections::BTreeMap;

use flowloom_flow::{Batch, Kind as _, Position, Problems, Range, Target, testing};
use polars::prelude::*;
use serde_json::{Value, from_value, json};

use super::WriteFile;
use crate::file::testing::{Desk, run, said, stage};
use crate::read_file::ReadFile;

fn rows() -> DataFrame {
    df!(
        "land" => [Some("ä"), None, Some(""), Some("a,\"b\"\n")],
        "amount" => [Some(0.1), Some(1e300), None, Some(5e-324)],
        "n" => [Some(1_i64), None, Some(-3), Some(i64::MAX)],
    )
    .unwrap()
}

fn batch(from: i64, to: i64) -> Batch {
    let topics = BTreeMap::from([("orders".to_owned(), BTreeMap::from([(0, Range { from, to })]))]);
    Batch(BTreeMap::from([("sync".to_owned(), Position { sync: "sync".to_owned(), topics, resets: 0 })]))
}

fn numbers(range: std::ops::Range<i64>) -> DataFrame {
    df!("n" => range.collect::<Vec<_>>()).unwrap()
}

fn append() -> Value {
    json!({"path": "out/orders", "mode": "append"})
}

fn read_back(desk: &Desk) -> Vec<i64> {
    let frame = desk.read::<ReadFile>(json!({"path": "out/orders"})).unwrap();
    frame.column("n").unwrap().i64().unwrap().into_no_null_iter().collect()
}

#[test]
fn every_format_and_mode_gives_the_rows_back() {
    let desk = Desk::new();
    for extension in ["parquet", "csv", "jsonl", "arrow"] {
        for mode in ["overwrite", "fail_if_exists", "append"] {
            let format = if extension == "arrow" { "ipc" } else { extension };
            let path = match mode {
                "append" => format!("ö/{extension}"),
                _ => format!("ö/{mode} [1] & ü.{extension}"),
            };
            let settings = json!({"path": path, "mode": mode, "format": format});
            let written = desk.write::<WriteFile>(settings, &rows(), &Batch::default()).unwrap();
            assert!(written.bytes > 0, "{path}");
            let back = desk.read::<ReadFile>(json!({"path": path, "format": format})).unwrap();
            assert!(back.equals_missing(&rows()), "{path}: {back}");
        }
    }
    assert!(desk.names("ö").iter().all(|name| !name.starts_with('.')));
}

#[test]
fn parquet_is_written_with_each_compression_and_csv_as_asked() {
    let desk = Desk::new();
    for compression in ["zstd", "snappy", "lz4", "gzip", "none"] {
        let settings = json!({"path": "a.parquet", "compression": compression});
        desk.write::<WriteFile>(settings, &rows(), &Batch::default()).unwrap();
        assert!(desk.read::<ReadFile>(json!({"path": "a.parquet"})).unwrap().equals_missing(&rows()));
    }
    desk.write::<WriteFile>(json!({"path": "a.csv"}), &rows(), &Batch::default()).unwrap();
    assert_eq!(
        desk.text("a.csv"),
        "land,amount,n\nä,0.1,1\n,1e+300,\n\"\",,-3\n\"a,\"\"b\"\"\n\",5e-324,9223372036854775807\n"
    );
    let settings = json!({"path": "a.csv", "delimiter": ";", "header": false});
    desk.write::<WriteFile>(settings, &numbers(0..2), &Batch::default()).unwrap();
    assert_eq!(desk.text("a.csv"), "0\n1\n");
}

#[test]
fn no_rows_still_make_a_file_with_a_schema() {
    let desk = Desk::new();
    let none = rows().slice(0, 0);
    for file in ["a.parquet", "a.arrow"] {
        desk.write::<WriteFile>(json!({"path": file}), &none, &Batch::default()).unwrap();
        assert!(desk.read::<ReadFile>(json!({"path": file})).unwrap().equals(&none), "{file}");
    }
    desk.write::<WriteFile>(json!({"path": "a.csv"}), &none, &Batch::default()).unwrap();
    assert_eq!(desk.text("a.csv"), "land,amount,n\n");
    desk.write::<WriteFile>(json!({"path": "a.jsonl"}), &none, &Batch::default()).unwrap();
    assert_eq!(desk.text("a.jsonl"), "");
    let fields = json!([{"name": "n", "type": "Int64"}]);
    let read = desk.read::<ReadFile>(json!({"path": "a.jsonl", "fields": fields})).unwrap();
    assert_eq!(read.shape(), (0, 1));
}

#[test]
fn what_was_there_stays_until_the_commit() {
    let desk = Desk::new();
    desk.put("out.csv", "n\n7\n");
    let mut sink = desk.sink::<WriteFile>(json!({"path": "out.csv"})).unwrap();
    stage(sink.as_mut(), &numbers(0..3), &Batch::default()).unwrap();
    sink.prepare().unwrap();
    assert_eq!(desk.text("out.csv"), "n\n7\n");
    sink.commit().unwrap();
    assert_eq!(desk.text("out.csv"), "n\n0\n1\n2\n");
    assert_eq!(desk.names(""), ["out.csv"]);
}

#[test]
fn a_plan_that_fails_changes_nothing() {
    let desk = Desk::new();
    desk.put("out.csv", "n\n7\n");
    for settings in [json!({"path": "out.csv"}), append()] {
        let mut sink = desk.sink::<WriteFile>(settings).unwrap();
        let bad = df!("n" => ["1", "x"]).unwrap().lazy().select([col("n").strict_cast(DataType::Int64)]);
        let plan = sink.stage(bad, &batch(0, 2)).unwrap();
        run(vec![plan]).unwrap_err();
        sink.abort();
    }
    assert_eq!(desk.text("out.csv"), "n\n7\n");
    assert_eq!(desk.names(""), ["out", "out.csv"]);
    assert_eq!(desk.names("out/orders"), ["_flowloom"]);
    assert_eq!(desk.names("out/orders/_flowloom"), ["lock"]);
}

#[test]
fn leftovers_of_dead_runs_are_removed_and_those_of_live_ones_are_not() {
    let desk = Desk::new();
    let settings = json!({"path": "out.csv"});
    let mut live = desk.sink::<WriteFile>(settings.clone()).unwrap();
    stage(live.as_mut(), &numbers(0..1), &Batch::default()).unwrap();
    // Dropped without a word, as a kill would.
    let mut dead = desk.sink::<WriteFile>(settings.clone()).unwrap();
    stage(dead.as_mut(), &numbers(0..2), &Batch::default()).unwrap();
    drop(dead);
    assert_eq!(desk.names("").len(), 2);
    desk.write::<WriteFile>(settings, &numbers(0..3), &Batch::default()).unwrap();
    let names = desk.names("");
    assert_eq!(names.len(), 2, "{names:?}");
    assert_eq!(desk.text("out.csv"), "n\n0\n1\n2\n");
    live.prepare().unwrap();
    live.commit().unwrap();
    assert_eq!(desk.text("out.csv"), "n\n0\n");
    assert_eq!(desk.names(""), ["out.csv"]);
}

#[test]
fn an_existing_file_stops_a_writer_that_must_not_overwrite() {
    let desk = Desk::new();
    let settings = json!({"path": "out.csv", "mode": "fail_if_exists"});
    let mut sink = desk.sink::<WriteFile>(settings.clone()).unwrap();
    stage(sink.as_mut(), &numbers(0..1), &Batch::default()).unwrap();
    sink.prepare().unwrap();
    desk.put("out.csv", "mine");
    assert!(sink.commit().is_err(), "it appeared in between");
    sink.abort();
    let result = desk.write::<WriteFile>(settings, &numbers(0..1), &Batch::default());
    assert_eq!(
        said(result, &desk.path("")),
        "path: the file exists already: `out.csv`; choose another path, or set the mode to overwrite"
    );
    assert_eq!(desk.text("out.csv"), "mine");
}

#[test]
fn several_sinks_run_as_one_plan() {
    let desk = Desk::new();
    let mut sinks: Vec<_> = ["a.parquet", "b.csv", "c.jsonl"]
        .map(|path| desk.sink::<WriteFile>(json!({"path": path})).unwrap())
        .into();
    sinks.push(desk.sink::<WriteFile>(append()).unwrap());
    let rows = numbers(0..1000).lazy().cache();
    let plans = sinks.iter_mut().map(|sink| sink.stage(rows.clone(), &batch(0, 1)).unwrap()).collect();
    run(plans).unwrap();
    for sink in &mut sinks {
        sink.prepare().unwrap();
        sink.commit().unwrap();
    }
    for path in ["a.parquet", "b.csv", "c.jsonl", "out/orders"] {
        assert_eq!(desk.read::<ReadFile>(json!({"path": path})).unwrap().height(), 1000, "{path}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let desk = Desk::new();
    desk.put("real/out.csv", "n\n7\n");
    let permissions = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(desk.path("real/out.csv"), permissions).unwrap();
    symlink(desk.path("real/out.csv"), desk.path("out.csv")).unwrap();
    desk.write::<WriteFile>(json!({"path": "out.csv"}), &numbers(0..1), &Batch::default()).unwrap();
    assert_eq!(desk.text("real/out.csv"), "n\n0\n");
    assert!(desk.path("out.csv").is_symlink());
    let mode = std::fs::metadata(desk.path("real/out.csv")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}

#[test]
fn wrong_targets_are_named_before_anything_runs() {
    let desk = Desk::new();
    desk.put("folder/x.csv", "n\n1\n");
    desk.put("file", "text");
    let fails = |settings: Value| {
        let result = desk.write::<WriteFile>(settings, &numbers(0..1), &Batch::default());
        said(result, &desk.path(""))
    };
    let texts = [
        fails(json!({"path": " "})),
        fails(json!({"path": "out"})),
        fails(json!({"path": "folder", "format": "csv"})),
        fails(json!({"path": "out/", "format": "csv"})),
        fails(json!({"path": "file/x.csv"})),
        fails(json!({"path": "out/orders.csv", "mode": "append"})),
        fails(json!({"path": "file", "mode": "append"})),
        fails(json!({"path": "folder", "mode": "append"})),
        fails(json!({"path": "a.csv", "delimiter": "::"})),
    ];
    insta::assert_snapshot!(texts.join("\n"), @r#"
    path: the path is missing; choose where to write
    format: the extension does not tell the format: `out`; choose Parquet, CSV, JSON lines or Arrow IPC
    path: this is a folder, not a file: `folder`; add a file's name, or set the mode to append
    path: this is a folder, not a file: `out/`; add a file's name, or set the mode to append
    path: cannot create the folder, a file has that name: `file`; choose another path
    path: rows are appended to a folder, not to a single file: `out/orders.csv`; give a folder, such as `out/orders`
    path: rows are appended to a folder, not to a single file: `file`; give the path of a folder, or of one to be made
    path: the folder holds files that were not appended: `folder`; append to a new folder; read both with a union
    delimiter: the delimiter is one character, not `::`; use a character such as `,` `;` `|`, or a tab
    "#);
    assert_eq!(desk.names(""), ["file", "folder"]);
}

#[test]
fn columns_that_the_format_cannot_hold_are_found_before_the_run() {
    let nested = Schema::from_iter([
        Field::new("tags".into(), DataType::List(Box::new(DataType::String))),
        Field::new("raw".into(), DataType::Binary),
    ]);
    let check = |settings: Value| {
        let mut problems = Problems::default();
        from_value::<WriteFile>(settings).unwrap().check(std::slice::from_ref(&nested), &mut problems);
        problems.into_vec().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(
        check(json!({"path": "a.csv"})),
        "format: CSV cannot hold `tags` (List(String)), `raw` (Binary); cast or drop these columns before, or write Parquet"
    );
    assert_eq!(
        check(json!({"path": "a.jsonl"})),
        "format: JSON lines cannot hold `raw` (Binary); cast or drop these columns before, or write Parquet"
    );
    assert_eq!(check(json!({"path": "a.parquet"})), "");
}

#[test]
fn a_batch_is_appended_once_however_often_it_is_repeated() {
    let desk = Desk::new();
    let sink = desk.sink::<WriteFile>(append()).unwrap();
    assert_eq!(sink.last_committed().unwrap(), None);
    desk.write::<WriteFile>(append(), &numbers(0..2), &batch(0, 2)).unwrap();
    desk.write::<WriteFile>(append(), &numbers(2..4), &batch(2, 4)).unwrap();
    let again = desk.write::<WriteFile>(append(), &numbers(2..4), &batch(2, 4)).unwrap();
    assert_eq!(again.bytes, 0);
    assert_eq!(sink.last_committed().unwrap(), Some(batch(2, 4)));
    assert_eq!(read_back(&desk), [0, 1, 2, 3]);
    assert_eq!(desk.names("out/orders"), ["_flowloom", "part-000001.parquet", "part-000002.parquet"]);
}

#[test]
fn rows_without_offsets_are_appended_each_time_and_keep_the_position() {
    let desk = Desk::new();
    desk.write::<WriteFile>(append(), &numbers(0..1), &batch(0, 1)).unwrap();
    desk.write::<WriteFile>(append(), &numbers(7..8), &Batch::default()).unwrap();
    desk.write::<WriteFile>(append(), &numbers(7..8), &Batch::default()).unwrap();
    assert_eq!(read_back(&desk), [0, 7, 7]);
    let sink = desk.sink::<WriteFile>(append()).unwrap();
    assert_eq!(sink.last_committed().unwrap(), Some(batch(0, 1)));
}

#[test]
fn two_flows_append_to_one_folder_in_turns() {
    let desk = Desk::new();
    let mut other = batch(10, 20);
    let position = other.0.remove("sync").unwrap();
    other.0.insert("other".to_owned(), Position { sync: "other".to_owned(), ..position });
    desk.write::<WriteFile>(append(), &numbers(0..1), &batch(0, 1)).unwrap();
    desk.write::<WriteFile>(append(), &numbers(1..2), &other).unwrap();
    desk.write::<WriteFile>(append(), &numbers(0..1), &batch(0, 1)).unwrap();
    assert_eq!(read_back(&desk), [0, 1]);
    let last = desk.sink::<WriteFile>(append()).unwrap().last_committed().unwrap().unwrap();
    assert_eq!(last.0.keys().collect::<Vec<_>>(), ["other", "sync"]);
}

#[test]
fn a_run_killed_between_any_two_steps_neither_loses_nor_doubles() {
    for steps in 0..=3 {
        let desk = Desk::new();
        desk.write::<WriteFile>(append(), &numbers(0..2), &batch(0, 2)).unwrap();
        let mut sink = desk.sink::<WriteFile>(append()).unwrap();
        sink.last_committed().unwrap();
        if steps >= 1 {
            stage(sink.as_mut(), &numbers(2..4), &batch(2, 4)).unwrap();
        }
        if steps >= 2 {
            sink.prepare().unwrap();
        }
        if steps >= 3 {
            sink.commit().unwrap();
        }
        drop(sink);
        let seen = read_back(&desk);
        assert_eq!(seen, if steps >= 3 { vec![0, 1, 2, 3] } else { vec![0, 1] }, "after {steps} steps");
        desk.write::<WriteFile>(append(), &numbers(2..4), &batch(2, 4)).unwrap();
        assert_eq!(read_back(&desk), [0, 1, 2, 3], "after {steps} steps");
        assert_eq!(desk.names("out/orders").len(), 3);
        assert_eq!(desk.names("out/orders/_flowloom"), ["000001.json", "000002.json", "lock"]);
    }
}

#[test]
fn a_run_killed_right_after_its_commit_is_read_at_once_and_finished_by_the_next() {
    let desk = Desk::new();
    for n in 0..2 {
        desk.write::<WriteFile>(append(), &numbers(n..n + 1), &batch(n, n + 1)).unwrap();
    }
    // The commit is there, its data has not been renamed yet.
    let data = desk.path("out/orders/part-000002.parquet");
    std::fs::rename(&data, desk.path("out/orders/.part-000002.parquet.part")).unwrap();
    assert_eq!(read_back(&desk), [0, 1]);
    desk.write::<WriteFile>(append(), &numbers(1..2), &batch(1, 2)).unwrap();
    assert!(data.exists());
    assert_eq!(read_back(&desk), [0, 1]);
}

#[test]
fn two_writers_do_not_meet_in_one_folder() {
    let desk = Desk::new();
    let mut first = desk.sink::<WriteFile>(append()).unwrap();
    let late = desk.sink::<WriteFile>(append()).unwrap();
    late.last_committed().unwrap();
    stage(first.as_mut(), &numbers(0..1), &batch(0, 1)).unwrap();
    let result = desk.write::<WriteFile>(append(), &numbers(0..1), &batch(0, 2));
    assert!(result.as_ref().is_err_and(|problem| problem.retry));
    insta::assert_snapshot!(said(result, &desk.path("")), @r#"path: another run, or another writer of this flow, is appending to the folder: `out/orders`; run again when it has finished, or give each writer a folder of its own"#);
    first.prepare().unwrap();
    first.commit().unwrap();
    // It asked before the other one committed: its rows would partly be there already.
    let mut late = late;
    let result = stage(late.as_mut(), &numbers(0..2), &batch(0, 2));
    insta::assert_snapshot!(said(result, &desk.path("")), @r#"another run has appended to the folder meanwhile: `out/orders`; run again"#);
    assert_eq!(read_back(&desk), [0]);
}

#[test]
fn rows_of_another_shape_are_refused_and_reordered_columns_are_not() {
    let desk = Desk::new();
    let first = df!("n" => [1_i64], "s" => ["a"]).unwrap();
    desk.write::<WriteFile>(append(), &first, &Batch::default()).unwrap();
    let swapped = df!("s" => ["b"], "n" => [2_i64]).unwrap();
    desk.write::<WriteFile>(append(), &swapped, &Batch::default()).unwrap();
    let both = desk.read::<ReadFile>(json!({"path": "out/orders"})).unwrap();
    assert!(both.equals(&df!("n" => [1_i64, 2], "s" => ["a", "b"]).unwrap()));
    let shapes = [
        df!("n" => [1_i64]).unwrap(),
        df!("n" => [1_i64], "s" => ["a"], "t" => [1]).unwrap(),
        df!("n" => [1.5], "s" => ["a"]).unwrap(),
    ];
    let mut texts = shapes
        .map(|rows| said(desk.write::<WriteFile>(append(), &rows, &Batch::default()), &desk.path("")))
        .to_vec();
    let csv = json!({"path": "out/orders", "mode": "append", "format": "csv"});
    texts.push(said(desk.write::<WriteFile>(csv, &first, &Batch::default()), &desk.path("")));
    insta::assert_snapshot!(texts.join("\n"), @r#"
    path: the rows do not fit the folder's files, `s` is missing: `out/orders`; select and cast the columns to fit, or write to a new folder
    path: the rows do not fit the folder's files, `t` is new: `out/orders`; select and cast the columns to fit, or write to a new folder
    path: the rows do not fit the folder's files, `n` was Int64 and is Float64: `out/orders`; select and cast the columns to fit, or write to a new folder
    format: the folder's files are Parquet, not CSV: `out/orders`; choose Parquet, or write to a new folder
    "#);
}

#[test]
fn a_removed_file_of_the_folder_is_reported() {
    let desk = Desk::new();
    for n in 0..2 {
        desk.write::<WriteFile>(append(), &numbers(n..n + 1), &batch(n, n + 1)).unwrap();
    }
    std::fs::remove_file(desk.path("out/orders/part-000001.parquet")).unwrap();
    assert_eq!(read_back(&desk), [1]);
    let read = desk.source::<ReadFile>(json!({"path": "out/orders"}), flowloom_flow::Scope::Run).unwrap();
    assert_eq!(
        read.notes[0].message.replace(desk.path("").to_str().unwrap(), ""),
        "1 of the files that were appended are gone, the first is `part-000001.parquet`: `out/orders`"
    );
}

fn code(settings: Value, target: Target) -> String {
    let schema = Schema::from_iter([Field::new("n".into(), DataType::Int64)]);
    testing::code(&from_value::<WriteFile>(settings).unwrap(), target, &[schema]).unwrap()
}

#[test]
fn python_stages_and_publishes() {
    insta::assert_snapshot!(code(json!({"path": "out/totals.parquet"}), Target::Python), @r#"
    package polars >=2.1 
    from pathlib import Path
    import os
    import polars as pl
    UNDER_TEST_PATH = Path("out/totals.parquet")
    def staged(path: Path) -> Path:
        """Where the rows of `path` are written until all of them are there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.with_name(f".{path.name}.part")
    def publish(path: Path) -> None:
        """Put the staged rows in the place of `path`: readers see all of them or none."""
        with staged(path).open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(staged(path), path)
    left.sink_parquet(staged(UNDER_TEST_PATH))
    publish(UNDER_TEST_PATH)
    "#);
    let settings = json!({"path": "a.csv", "delimiter": "\t", "header": false, "mode": "fail_if_exists"});
    let text = code(settings, Target::Python);
    let steps: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("if ")).collect();
    insta::assert_snapshot!(steps.join("\n"), @r#"
    if UNDER_TEST_PATH.exists():
        raise SystemExit(f"the file exists already: {UNDER_TEST_PATH}")
    left.sink_csv(staged(UNDER_TEST_PATH), separator="\t", include_header=False)
    publish(UNDER_TEST_PATH)
    "#);
}

#[test]
fn rust_stages_and_publishes() {
    insta::assert_snapshot!(code(json!({"path": "out/totals.parquet"}), Target::Rust), @r#"
    package polars 0.55 lazy parquet
    use polars::prelude::*;
    use std::error::Error;
    use std::fs::File;
    use std::fs;
    use std::path::Path;
    use std::path::PathBuf;
    use std::sync::Arc;
    const UNDER_TEST_PATH: &str = "out/totals.parquet";
    /// Where the rows of `path` are written until all of them are there.
    fn staged(path: &str) -> PathBuf {
        let path = Path::new(path);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        path.with_file_name(format!(".{name}.part"))
    }
    /// Writes `rows` beside `path`, where they wait for `publish`.
    fn stage(rows: LazyFrame, path: &str, format: FileWriteFormat) -> Result<(), Box<dyn Error>> {
        let staged = staged(path);
        fs::create_dir_all(staged.parent().unwrap_or(Path::new("")))?;
        let target = SinkTarget::Path(PlRefPath::try_from_path(&staged)?);
        rows.sink(SinkDestination::File { target }, format, UnifiedSinkArgs::default())?
            .collect_with_engine(Engine::Streaming)?;
        Ok(())
    }
    /// Puts the staged rows in the place of `path`: readers see all of them or none.
    fn publish(path: &str) -> Result<(), Box<dyn Error>> {
        let staged = staged(path);
        File::options().write(true).open(&staged)?.sync_all()?;
        fs::rename(staged, path)?;
        Ok(())
    }
    stage(
        left,
        UNDER_TEST_PATH,
        FileWriteFormat::Parquet(Arc::default()),
    )?;
    publish(UNDER_TEST_PATH)?;
    "#);
    let settings = json!({"path": "a.csv", "delimiter": ";", "header": false, "mode": "fail_if_exists"});
    let text = code(settings, Target::Rust);
    let steps: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("if ")).collect();
    insta::assert_snapshot!(steps.join("\n"), @r#"
    if Path::new(UNDER_TEST_PATH).exists() {
        return Err(format!("the file exists already: {UNDER_TEST_PATH}").into());
    }
    stage(
        left,
        UNDER_TEST_PATH,
        FileWriteFormat::Csv(CsvWriterOptions {
            include_header: false,
            serialize_options: Arc::new(SerializeOptions {
                separator: b';',
                ..Default::default()
            }),
            ..Default::default()
        }),
    )?;
    publish(UNDER_TEST_PATH)?;
    "#);
}

#[test]
fn appending_is_refused_by_name() {
    let kind = from_value::<WriteFile>(append()).unwrap();
    let problem = testing::code(&kind, Target::Rust, &[Schema::default()]).unwrap_err();
    assert_eq!(problem.message, "appending to a folder cannot be exported to rust");
}
