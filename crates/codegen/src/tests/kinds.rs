//! Tiny kinds, enough to export something.

use flowloom_flow::{
    Batch, Card, CodeWriter, Entry, Form, Group, Kind, Port, Problem, Registry, Sink, Site, Step, Target,
    Written,
};
use polars::prelude::{DataType, LazyFrame, Schema, lit};
use serde::{Deserialize, Serialize};

pub(crate) const REGISTRY: Registry =
    Registry(&[Entry::of::<Numbers>(), Entry::of::<Pair>(), Entry::of::<Save>(), Entry::of::<Split>()]);

const VERSION: &str = "0.55";

/// Three numbers, from a helper function.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Numbers {
    /// Keeps offsets.
    is_log: bool,
}

impl Kind for Numbers {
    const CARD: &'static Card = &Card {
        id: "numbers",
        name: "Numbers",
        group: Group::Source,
        blurb: "",
        tags: &[],
        inputs: &[],
        outputs: &[Port::OUT],
        version: 1,
    };

    fn form(&mut self, _form: &mut dyn Form, _inputs: &[Schema]) {}

    fn plan(&self, _inputs: Vec<LazyFrame>, _site: &Site<'_>) -> Result<Step, Problem> {
        Err(Problem::internal("never planned"))
    }

    fn schema(&self, _inputs: &[Schema], _site: &Site<'_>) -> Result<Vec<Schema>, Problem> {
        Ok(vec![Schema::from_iter([("n".into(), DataType::Int64)])])
    }

    fn caption(&self) -> String {
        "1 to 3".to_owned()
    }

    fn code(&self, out: &mut CodeWriter<'_>) -> Result<(), Problem> {
        out.environment("MOST", Some("3"), "the largest number");
        match out.target() {
            Target::Python => {
                out.import("import os");
                out.import("import polars as pl");
                out.package("polars", ">=2.1", &[]);
                out.constant("MOST = int(os.environ.get(\"MOST\", \"3\"))");
                out.function(
                    "count",
                    "def count() -> pl.DataFrame:\n    return pl.DataFrame({\"n\": range(1, MOST + 1)})",
                );
                out.assign(0, "count().lazy()");
            }
            Target::Rust => {
                out.import("use polars::prelude::*;");
                out.package("polars", VERSION, &["lazy"]);
                out.function(
                    "count",
                    "fn count() -> PolarsResult<DataFrame> {\n    df!(\"n\" => [1_i64, 2, 3])\n}",
                );
                out.assign(0, "count()?.lazy()");
            }
        }
        let node = out.node().clone();
        if self.is_log {
            out.news(match out.target() {
                Target::Python => format!("{node}_count"),
                Target::Rust => format!("{node}_count > 0"),
            });
        }
        if out.has_writers() {
            out.acknowledge(match out.target() {
                Target::Python => format!("print(\"{node} is done\")"),
                Target::Rust => format!("println!(\"{node} is done\");"),
            });
        }
        Ok(())
    }
}

/// Even and odd numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Split {}

impl Kind for Split {
    const CARD: &'static Card = &Card {
        id: "split",
        name: "Split",
        group: Group::Transform,
        blurb: "",
        tags: &[],
        inputs: &[Port::IN],
        outputs: &[Port::one("pass", ""), Port::one("reject", "")],
        version: 1,
    };

    fn form(&mut self, _form: &mut dyn Form, _inputs: &[Schema]) {}

    fn plan(&self, inputs: Vec<LazyFrame>, _site: &Site<'_>) -> Result<Step, Problem> {
        let keep = inputs[0].clone().filter(lit(true));
        Ok(Step::Frames(vec![keep.clone(), keep]))
    }

    fn code(&self, out: &mut CodeWriter<'_>) -> Result<(), Problem> {
        let input = out.input(0).to_owned();
        match out.target() {
            Target::Python => {
                out.assign(0, &format!("{input}.filter(pl.col(\"n\") > 1)"));
                out.assign(1, &format!("{input}.filter(pl.col(\"n\") <= 1)"));
            }
            Target::Rust => {
                out.assign(0, &format!("{input}.filter(col(\"n\").gt(lit(1)))"));
                out.assign(1, &format!("{input}.filter(col(\"n\").lt_eq(lit(1)))"));
            }
        }
        Ok(())
    }
}

/// One input below the other.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pair {}

impl Kind for Pair {
    const CARD: &'static Card = &Card {
        id: "pair",
        name: "Pair",
        group: Group::Combine,
        blurb: "",
        tags: &[],
        inputs: &[Port::many("in", "")],
        outputs: &[Port::OUT],
        version: 1,
    };

    fn form(&mut self, _form: &mut dyn Form, _inputs: &[Schema]) {}

    fn plan(&self, inputs: Vec<LazyFrame>, _site: &Site<'_>) -> Result<Step, Problem> {
        Ok(Step::Frames(inputs.into_iter().take(1).collect()))
    }

    fn code(&self, out: &mut CodeWriter<'_>) -> Result<(), Problem> {
        let frames = out.inputs().join(", ");
        match out.target() {
            Target::Python => out.assign(0, &format!("pl.concat([{frames}])")),
            Target::Rust => out.assign(0, &format!("concat([{frames}], UnionArgs::default())?")),
        }
        Ok(())
    }
}

/// A file; cannot leave as Rust when `local` is set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Save {
    pub(crate) is_local: bool,
}

impl Kind for Save {
    const CARD: &'static Card = &Card {
        id: "save",
        name: "Save",
        group: Group::Writer,
        blurb: "",
        tags: &[],
        inputs: &[Port::IN],
        outputs: &[],
        version: 1,
    };

    fn form(&mut self, _form: &mut dyn Form, _inputs: &[Schema]) {}

    fn plan(&self, _inputs: Vec<LazyFrame>, _site: &Site<'_>) -> Result<Step, Problem> {
        Ok(Step::Sink(Box::new(Nowhere)))
    }

    fn code(&self, out: &mut CodeWriter<'_>) -> Result<(), Problem> {
        if self.is_local {
            return Err(out.refuse("saving on this machine"));
        }
        let (input, node) = (out.input(0).to_owned(), out.node().clone());
        match out.target() {
            Target::Python => {
                out.import("from os import replace");
                out.step(format!("{input}.sink_csv(\"{node}.part\")"));
                out.commit(format!("replace(\"{node}.part\", \"{node}.csv\")"));
            }
            Target::Rust => {
                out.import("use std::fs;");
                out.step(format!("fs::write(\"{node}.part\", {input}.collect()?.to_string())?;"));
                out.commit(format!("fs::rename(\"{node}.part\", \"{node}.txt\")?;"));
            }
        }
        Ok(())
    }
}

struct Nowhere;

impl Sink for Nowhere {
    fn last_committed(&self) -> Result<Option<Batch>, Problem> {
        Ok(None)
    }

    fn stage(&mut self, rows: LazyFrame, _batch: &Batch) -> Result<LazyFrame, Problem> {
        Ok(rows)
    }

    fn prepare(&mut self) -> Result<(), Problem> {
        Ok(())
    }

    fn commit(&mut self) -> Result<Written, Problem> {
        Ok(Written::default())
    }

    fn abort(&mut self) {}
}
