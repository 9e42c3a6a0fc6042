//! Given flows of tiny kinds, when exported, then programs.

mod kinds;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use flowloom_flow::{Compiled, Flow, FlowNode, Host, NoConnections, Output, Problem, Target, Wire};

use crate::{Project, export};
use kinds::REGISTRY;

struct NoHost;

impl Host for NoHost {
    fn path(&self, path: &str) -> std::path::PathBuf {
        path.into()
    }

    fn spill_dir(&self) -> Result<&std::path::Path, Problem> {
        Ok(std::path::Path::new("."))
    }

    fn memory_bytes(&self) -> u64 {
        0
    }

    fn decode_threads(&self) -> usize {
        1
    }
}

/// `id: kind <- node node.port`, one line for each node.
fn flow(name: &str, lines: &[&str]) -> Flow {
    let mut flow = Flow { name: name.to_owned(), ..Flow::default() };
    for line in lines {
        let (id, rest) = line.split_once(": ").expect("an id");
        let (kind, from) = rest.split_once(" <- ").unwrap_or((rest, ""));
        let inputs = from.split_whitespace().map(|from| {
            let (node, port) = from.split_once('.').map_or((from, None), |(node, port)| (node, Some(port)));
            let node = node.parse().expect("an id");
            Wire { port: "in".to_owned(), from: Output { node, port: port.map(str::to_owned) } }
        });
        let node =
            FlowNode { kind: kind.to_owned(), version: 1, inputs: inputs.collect(), ..FlowNode::default() };
        flow.nodes.insert(id.parse().expect("an id"), node);
    }
    flow
}

fn exported(flow: &Flow, target: Target) -> Result<Project, Vec<Problem>> {
    export(&Compiled::new(flow, &BTreeMap::new(), REGISTRY, &NoHost), target, &NoConnections)
}

/// The one text of `project` whose path ends in `end`, after its language's own tool has read it.
fn text(flow: &Flow, target: Target) -> String {
    let project = exported(flow, target).expect("exports");
    let is_source = |file: &str| file == "src/main.rs" || file.split_once(".py").is_some();
    let (_, text) = project.files.into_iter().find(|(file, _)| is_source(file)).expect("a source");
    match target {
        Target::Python => accepts(
            Command::new("python3").args(["-c", "import sys; compile(sys.stdin.read(), 'it', 'exec')"]),
            &text,
        ),
        Target::Rust => accepts(Command::new("rustfmt").args(["--check", "--edition", "2024"]), &text),
    }
    text
}

fn accepts(command: &mut Command, text: &str) {
    // No configuration but the tool's own.
    let command = command.current_dir(std::env::temp_dir());
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the tool is installed");
    child.stdin.take().expect("piped").write_all(text.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&said));
}

fn main_of(text: &str) -> &str {
    let start = text.find("def main").or_else(|| text.find("fn main")).expect("a main function");
    text[start..].split("\n\n\n").next().unwrap_or_default()
}

#[test]
fn a_python_script_runs_steps_then_commits_then_acknowledgements() {
    let flow = flow(
        "Big numbers",
        &["n: numbers", "big: split <- n", "out: save <- big", "rest: save <- big.reject"],
    );
    insta::assert_snapshot!(text(&flow, Target::Python), @r#"
    """Flow Big numbers, exported from Flowloom. README.md says how to run it."""

    import os
    from os import replace

    import polars as pl

    MOST = int(os.environ.get("MOST", "3"))


    def count() -> pl.DataFrame:
        return pl.DataFrame({"n": range(1, MOST + 1)})


    def main() -> None:
        n = count().lazy()
        big = n.filter(pl.col("n") > 1)
        big_reject = n.filter(pl.col("n") <= 1)
        big.sink_csv("out.part")
        big_reject.sink_csv("rest.part")

        replace("out.part", "out.csv")
        replace("rest.part", "rest.csv")

        print("n is done")


    if __name__ == "__main__":
        main()
    "#);
}

#[test]
fn a_rust_program_clones_a_frame_for_every_reader_but_the_last() {
    let flow = flow(
        "big numbers",
        &["n: numbers", "twice: pair <- n n", "all: pair <- n twice", "out: save <- all"],
    );
    insta::assert_snapshot!(text(&flow, Target::Rust), @r#"
    //! Flow big numbers, exported from Flowloom. README.md says how to run it.

    use std::fs;

    use polars::prelude::*;

    fn main() -> Result<(), Box<dyn std::error::Error>> {
        let n = count()?.lazy();
        let twice = concat([n.clone(), n.clone()], UnionArgs::default())?;
        let all = concat([n, twice], UnionArgs::default())?;
        fs::write("out.part", all.collect()?.to_string())?;

        fs::rename("out.part", "out.txt")?;

        println!("n is done");
        Ok(())
    }

    fn count() -> PolarsResult<DataFrame> {
        df!("n" => [1_i64, 2, 3])
    }
    "#);
    let project = exported(&flow, Target::Rust).expect("exports");
    insta::assert_snapshot!(project.files["Cargo.toml"], @r#"
    [package]
    name = "big_numbers"
    version = "0.1.0"
    edition = "2024"

    [dependencies]
    polars = { version = "0.55", default-features = false, features = ["lazy"] }

    [workspace]
    "#);
    insta::assert_snapshot!(project.files["README.md"], @r#"
    # big numbers

    Exported from Flowloom. It does, in this order:

    - `n`: Numbers, 1 to 3
    - `twice`: Pair
    - `all`: Pair
    - `out`: Save

    ## Run

    Needs Rust 1.85 or later; with rdkafka also a C compiler and CMake.

    ```sh
    cargo run --release
    ```

    Relative paths start at the folder that it runs in.

    ## Environment variables

    | name | default | meaning |
    |---|---|---|
    | `MOST` | `3` | the largest number |
    "#);
}

#[test]
fn without_a_writer_the_last_nodes_are_printed_and_nothing_is_acknowledged() {
    let flow = flow("show", &["n: numbers", "big: split <- n"]);
    insta::assert_snapshot!(main_of(&text(&flow, Target::Python)), @r#"
    def main() -> None:
        n = count().lazy()
        big = n.filter(pl.col("n") > 1)
        print(big.collect())
    "#);
    insta::assert_snapshot!(main_of(&text(&flow, Target::Rust)), @r#"
    fn main() -> Result<(), Box<dyn std::error::Error>> {
        let n = count()?.lazy();
        let big = n.filter(col("n").gt(lit(1)));
        println!("{}", big.collect()?);
        Ok(())
    }

    fn count() -> PolarsResult<DataFrame> {
        df!("n" => [1_i64, 2, 3])
    }
    "#);
}

#[test]
fn without_news_from_its_logs_a_writer_writes_nothing() {
    let lines = ["a: numbers", "b: numbers", "x: save <- a", "both: pair <- a b", "y: save <- both"];
    let mut logged = flow("logged", &lines);
    for id in ["a", "b"] {
        logged.nodes[id].settings.insert("is_log".to_owned(), true.into());
    }
    insta::assert_snapshot!(main_of(&text(&logged, Target::Python)), @r#"
    def main() -> None:
        a = count().lazy()
        b = count().lazy()
        both = pl.concat([a, b])
        if a_count:
            a.sink_csv("x.part")
        if a_count or b_count:
            both.sink_csv("y.part")

        if a_count:
            replace("x.part", "x.csv")
        if a_count or b_count:
            replace("y.part", "y.csv")

        print("a is done")
        print("b is done")
    "#);
    logged.nodes.shift_remove("x");
    insta::assert_snapshot!(main_of(&text(&logged, Target::Rust)), @r#"
    fn main() -> Result<(), Box<dyn std::error::Error>> {
        let a = count()?.lazy();
        let b = count()?.lazy();
        let both = concat([a, b], UnionArgs::default())?;
        if a_count > 0 || b_count > 0 {
            fs::write("y.part", both.collect()?.to_string())?;

            fs::rename("y.part", "y.txt")?;
        }

        println!("a is done");
        println!("b is done");
        Ok(())
    }

    fn count() -> PolarsResult<DataFrame> {
        df!("n" => [1_i64, 2, 3])
    }
    "#);
}

#[test]
fn what_no_writer_needs_is_left_out() {
    let flow = flow("dead", &["n: numbers", "unread: split <- n", "out: save <- n"]);
    for target in Target::ALL {
        let text = text(&flow, target);
        assert!(!text.contains("unread") && !text.contains(".clone()"), "{text}");
    }
}

#[test]
fn variables_hide_no_keyword_import_function_or_other_variable() {
    let ids = ["pl", "os", "match", "count", "replace", "self", "col", "n", "n_reject"];
    let mut lines: Vec<String> = ids[..7].iter().map(|id| format!("{id}: numbers")).collect();
    lines.push(format!("all: pair <- {}", ids[..7].join(" ")));
    lines.extend(
        ["n: split <- all", "n_reject: split <- n", "a: save <- n.reject", "b: save <- n_reject"]
            .map(str::to_owned),
    );
    let flow = flow("names", &lines.iter().map(String::as_str).collect::<Vec<_>>());
    insta::assert_snapshot!(main_of(&text(&flow, Target::Python)), @r#"
    def main() -> None:
        pl_rows = count().lazy()
        os_rows = count().lazy()
        match_rows = count().lazy()
        count_rows = count().lazy()
        replace_rows = count().lazy()
        self = count().lazy()
        col = count().lazy()
        all_rows = pl.concat(
            [pl_rows, os_rows, match_rows, count_rows, replace_rows, self, col]
        )
        n = all_rows.filter(pl.col("n") > 1)
        n_reject_rows = all_rows.filter(pl.col("n") <= 1)
        n_reject = n.filter(pl.col("n") > 1)
        n_reject_rows.sink_csv("a.part")
        n_reject.sink_csv("b.part")

        replace("a.part", "a.csv")
        replace("b.part", "b.csv")

        print("pl is done")
        print("os is done")
        print("match is done")
        print("count is done")
        print("replace is done")
        print("self is done")
        print("col is done")
    "#);
    insta::assert_snapshot!(main_of(&text(&flow, Target::Rust)), @r#"
    fn main() -> Result<(), Box<dyn std::error::Error>> {
        let pl = count()?.lazy();
        let os = count()?.lazy();
        let match_rows = count()?.lazy();
        let count_rows = count()?.lazy();
        let replace = count()?.lazy();
        let self_rows = count()?.lazy();
        let col_rows = count()?.lazy();
        let all = concat(
            [pl, os, match_rows, count_rows, replace, self_rows, col_rows],
            UnionArgs::default(),
        )?;
        let n = all.filter(col("n").gt(lit(1)));
        let n_reject_rows = all.filter(col("n").lt_eq(lit(1)));
        let n_reject = n.filter(col("n").gt(lit(1)));
        fs::write("a.part", n_reject_rows.collect()?.to_string())?;
        fs::write("b.part", n_reject.collect()?.to_string())?;

        fs::rename("a.part", "a.txt")?;
        fs::rename("b.part", "b.txt")?;

        println!("pl is done");
        println!("os is done");
        println!("match is done");
        println!("count is done");
        println!("replace is done");
        println!("self is done");
        println!("col is done");
        Ok(())
    }

    fn count() -> PolarsResult<DataFrame> {
        df!("n" => [1_i64, 2, 3])
    }
    "#);
}

#[test]
fn a_project_hides_no_module_and_breaks_no_tool() {
    for (name, python, cargo) in [
        ("polars", "polars_flow.py", "polars_flow"),
        ("Json", "json_flow.py", "json"),
        ("Test", "test.py", "test_flow"),
    ] {
        let flow = flow(name, &["n: numbers"]);
        assert!(exported(&flow, Target::Python).expect("exports").files.contains_key(python), "{name}");
        let manifest = &exported(&flow, Target::Rust).expect("exports").files["Cargo.toml"];
        assert!(manifest.contains(&format!("name = \"{cargo}\"\n")), "{manifest}");
    }
}

#[test]
fn a_name_with_quotes_breaks_no_docstring() {
    text(&flow("\"\"\"\\", &["n: numbers"]), Target::Python);
}

#[test]
fn every_refusal_is_told_at_its_node() {
    let mut flow = flow("refused", &["n: numbers", "a: save <- n", "b: save <- n"]);
    for id in ["a", "b"] {
        flow.nodes[id].settings.insert("is_local".to_owned(), true.into());
    }
    let problems = exported(&flow, Target::Rust).expect_err("refused");
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "a: saving on this machine cannot be exported to rust",
            "b: saving on this machine cannot be exported to rust"
        ]
    );
}

#[test]
fn a_flow_with_errors_gives_them_all() {
    let problems = exported(&flow("wrong", &["a: unheard", "b: split"]), Target::Python).expect_err("wrong");
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("a: unknown kind `unheard`"), "{told:?}");
}
