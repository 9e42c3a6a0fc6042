//! `join`: matches rows of two inputs by keys.

use std::collections::BTreeSet;

use flowloom_flow::value::code::{python_string, rust_string};
use flowloom_flow::value::layout::{chained, listed};
use flowloom_flow::value::{JoinKeys, KeyPair, dtype_code, dtype_features};
use flowloom_flow::{
    Card, Choice, Choices, CodeWriter, Form, Group, Kind, Port, Problem, Setting, Site, Step, Target,
};
use polars::prelude::{DataType, Expr, JoinCoalesce, JoinType, LazyFrame, MaintainOrderJoin, Schema, col};
use serde::{Deserialize, Serialize};

/// Matches rows of two inputs by keys.
///
/// Whichever way, the columns are those of the left input, then the others of the right one; each key
/// stands once, under its left name. Rows are in the order of the left input, then of the right one
/// (a right join: the other way round). One exception is Polars' own, in 0.55.2: a full join whose left
/// input is empty gives the right rows in any order on the streaming engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Join {
    how: How,
    keys: JoinKeys,
    nulls_equal: bool,
    suffix: String,
}

impl Default for Join {
    fn default() -> Self {
        Self {
            how: How::default(),
            keys: JoinKeys::default(),
            nulls_equal: false,
            suffix: "_right".to_owned(),
        }
    }
}

/// Which rows stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum How {
    #[default]
    Inner,
    Left,
    Right,
    Full,
    Semi,
    Anti,
}

impl Choices for How {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Inner, Choice { key: "inner", label: "Inner: matches only" }),
        (Self::Left, Choice { key: "left", label: "Left: all left rows" }),
        (Self::Right, Choice { key: "right", label: "Right: all right rows" }),
        (Self::Full, Choice { key: "full", label: "Full: all rows of both" }),
        (Self::Semi, Choice { key: "semi", label: "Semi: left rows that match" }),
        (Self::Anti, Choice { key: "anti", label: "Anti: left rows that do not match" }),
    ];
}

impl How {
    /// Whether columns of the right input are in the result.
    fn takes_right(self) -> bool {
        !matches!(self, Self::Semi | Self::Anti)
    }
}

impl Kind for Join {
    const CARD: &'static Card = &Card {
        id: "join",
        name: "Join",
        group: Group::Combine,
        blurb: "Matches rows of two inputs by keys",
        tags: &["merge", "vlookup", "lookup"],
        inputs: &[Port::one("left", "Left rows"), Port::one("right", "Right rows")],
        outputs: &[Port::OUT],
        version: 1,
    };

    fn form(&mut self, form: &mut dyn Form, inputs: &[Schema]) {
        form.pick(Setting::new("how", "Rows that stay"), &mut self.how);
        form.value(
            Setting::new("keys", "Keys").help(
                "Pairs of columns that must all be equal. Numbers of different types are widened \
                 where nothing is lost; other types must be the same.",
            ),
            &mut self.keys,
            inputs,
        );
        form.switch(
            Setting::new("nulls_equal", "Null equals null")
                .help("Otherwise a row with a null key matches none."),
            &mut self.nulls_equal,
        );
        if self.how.takes_right() {
            form.text(
                Setting::new("suffix", "Suffix")
                    .help("Put behind the name of a right column that the left input has as well."),
                &mut self.suffix,
            );
        }
    }

    fn plan(&self, inputs: Vec<LazyFrame>, _site: &Site<'_>) -> Result<Step, Problem> {
        let [mut left, mut right]: [LazyFrame; 2] = inputs
            .try_into()
            .map_err(|_inputs: Vec<LazyFrame>| Problem::user("a join takes two inputs").at_field("inputs"))?;
        let pairs = self.keys(&*left.collect_schema()?, &*right.collect_schema()?)?;
        let columns = self.columns(&*left.collect_schema()?, &*right.collect_schema()?)?;
        let cast = |frame: LazyFrame, casts: Vec<(&str, &DataType)>| match casts.as_slice() {
            [] => frame,
            casts => {
                let casts = casts.iter().map(|(name, dtype)| col(*name).strict_cast((*dtype).clone()));
                frame.with_columns(casts.collect::<Vec<_>>())
            }
        };
        let joined = cast(left, left_casts(&pairs))
            .join_builder()
            .with(cast(right, right_casts(&pairs)))
            .left_on(pairs.iter().map(|pair| col(pair.key.left.as_str())).collect::<Vec<_>>())
            .right_on(pairs.iter().map(|pair| col(pair.key.right.as_str())).collect::<Vec<_>>())
            .how(match self.how {
                How::Inner => JoinType::Inner,
                How::Left => JoinType::Left,
                How::Right => JoinType::Right,
                How::Full => JoinType::Full,
                How::Semi => JoinType::Semi,
                How::Anti => JoinType::Anti,
            })
            .join_nulls(self.nulls_equal)
            .suffix(self.suffix.as_str())
            .coalesce(match self.how {
                How::Full => JoinCoalesce::CoalesceColumns,
                _ => JoinCoalesce::JoinSpecific,
            })
            .maintain_order(match self.how {
                How::Right => MaintainOrderJoin::RightLeft,
                _ => MaintainOrderJoin::LeftRight,
            })
            .finish();
        let rows = match self.how {
            How::Right => joined.select(columns.iter().map(Joined::expr).collect::<Vec<_>>()),
            _ => joined,
        };
        Ok(Step::Frames(vec![rows]))
    }

    fn code(&self, out: &mut CodeWriter<'_>) -> Result<(), Problem> {
        let target = out.target();
        let [left, right] = out.input_schemas() else {
            return Err(Problem::user("a join takes two inputs").at_field("inputs"));
        };
        let pairs = self.keys(left, right)?;
        let columns = self.columns(left, right)?;
        let casts = [left_casts(&pairs), right_casts(&pairs)];
        out.polars(if self.how.takes_right() { &[] } else { &["semi_anti_join"] });
        for (_, dtype) in casts.iter().flatten() {
            out.polars(&dtype_features(dtype).into_iter().collect::<Vec<_>>());
        }
        let right = chained(target, out.input(1), &cast_code(&casts[1], target));
        let mut calls = cast_code(&casts[0], target);
        match target {
            Target::Python => calls.push(self.python(&right, &pairs)),
            Target::Rust => calls.extend(self.rust(right, &pairs)),
        }
        if self.how == How::Right {
            let (open, close) = match target {
                Target::Python => (".select(", ")"),
                Target::Rust => (".select([", "])"),
            };
            let columns: Vec<String> = columns.iter().map(|column| column.code(target)).collect();
            calls.push(listed(target, open, &columns, close));
        }
        let expression = chained(target, out.input(0), &calls);
        out.assign(0, &expression);
        Ok(())
    }

    fn caption(&self) -> String {
        let keys = self.keys.0.iter().map(|key| {
            if key.left == key.right { key.left.clone() } else { format!("{} = {}", key.left, key.right) }
        });
        let keys: Vec<String> = keys.collect();
        format!("{} on {}", self.how.choice().key, keys.join(" and "))
    }
}

/// A column of the result: its name after Polars' join, and the one that it gets.
struct Joined {
    raw: String,
    name: String,
}

impl Joined {
    fn expr(&self) -> Expr {
        if self.raw == self.name {
            col(self.raw.as_str())
        } else {
            col(self.raw.as_str()).alias(self.name.as_str())
        }
    }

    fn code(&self, target: Target) -> String {
        let is_same = self.raw == self.name;
        match target {
            Target::Python if is_same => python_string(&self.raw),
            Target::Python => {
                format!("pl.col({}).alias({})", python_string(&self.raw), python_string(&self.name))
            }
            Target::Rust if is_same => format!("col({})", rust_string(&self.raw)),
            Target::Rust => format!("col({}).alias({})", rust_string(&self.raw), rust_string(&self.name)),
        }
    }
}

impl Join {
    fn keys(&self, left: &Schema, right: &Schema) -> Result<Vec<KeyPair<'_>>, Problem> {
        if self.keys.0.is_empty() {
            return Err(Problem::user("no key is chosen")
                .hint("choose a column of each input that must be equal")
                .at_field("keys"));
        }
        self.keys.resolve(left, right).map_err(|mut problem| {
            let field = problem.at.field.take().unwrap_or_default();
            problem.at_field(format!("keys{field}"))
        })
    }

    /// The columns of the result, in order; their names must differ.
    fn columns(&self, left: &Schema, right: &Schema) -> Result<Vec<Joined>, Problem> {
        let right_key = |name: &str| self.keys.0.iter().find(|key| key.left == name).map(|key| &key.right);
        let is_left_key = |name: &str| right_key(name).is_some();
        // A right join keeps the right key: it clashes with what the left input has beside its keys.
        let after_join = |name: &str| {
            let suffix = if left.contains(name) && !is_left_key(name) { self.suffix.as_str() } else { "" };
            format!("{name}{suffix}")
        };
        let mut columns: Vec<Joined> = left
            .iter_names()
            .map(|name| Joined {
                raw: right_key(name).map_or_else(|| name.to_string(), |key| after_join(key)),
                name: name.to_string(),
            })
            .collect();
        if self.how.takes_right() {
            let others =
                right.iter_names().filter(|name| !self.keys.0.iter().any(|key| key.right == name.as_str()));
            columns.extend(others.map(|name| {
                let suffix = if left.contains(name) { self.suffix.as_str() } else { "" };
                Joined { raw: after_join(name), name: format!("{name}{suffix}") }
            }));
        }
        let mut names = BTreeSet::new();
        match columns.iter().find(|column| !names.insert(column.name.as_str())) {
            Some(twice) => {
                Err(Problem::user(format!("two columns of the result are named `{}`", twice.name))
                    .hint("choose another suffix, or rename columns in a Select before")
                    .at_field("suffix"))
            }
            None => Ok(columns),
        }
    }

    fn python(&self, right: &str, pairs: &[KeyPair<'_>]) -> String {
        let names = |side: fn(&KeyPair<'_>) -> String| {
            let names: Vec<String> = pairs.iter().map(|pair| python_string(&side(pair))).collect();
            if let [name] = names.as_slice() { name.clone() } else { format!("[{}]", names.join(", ")) }
        };
        let (left_on, right_on) = (names(|pair| pair.key.left.clone()), names(|pair| pair.key.right.clone()));
        let mut arguments = vec![right.to_owned()];
        if left_on == right_on {
            arguments.push(format!("on={left_on}"));
        } else {
            arguments.extend([format!("left_on={left_on}"), format!("right_on={right_on}")]);
        }
        arguments.push(format!("how=\"{}\"", self.how.choice().key));
        if self.has_suffix() {
            arguments.push(format!("suffix={}", python_string(&self.suffix)));
        }
        if self.nulls_equal {
            arguments.push("nulls_equal=True".to_owned());
        }
        if self.how == How::Full {
            arguments.push("coalesce=True".to_owned());
        }
        let order = if self.how == How::Right { "right_left" } else { "left_right" };
        arguments.push(format!("maintain_order=\"{order}\""));
        listed(Target::Python, ".join(", &arguments, ")")
    }

    fn rust(&self, right: String, pairs: &[KeyPair<'_>]) -> Vec<String> {
        let on = |call: &str, side: fn(&KeyPair<'_>) -> String| {
            let names: Vec<String> =
                pairs.iter().map(|pair| format!("col({})", rust_string(&side(pair)))).collect();
            listed(Target::Rust, &format!(".{call}(["), &names, "])")
        };
        let mut calls = vec![".join_builder()".to_owned(), listed(Target::Rust, ".with(", &[right], ")")];
        if pairs.iter().all(|pair| pair.key.left == pair.key.right) {
            calls.push(on("on", |pair| pair.key.left.clone()));
        } else {
            calls.push(on("left_on", |pair| pair.key.left.clone()));
            calls.push(on("right_on", |pair| pair.key.right.clone()));
        }
        calls.push(format!(".how(JoinType::{:?})", self.how));
        if self.has_suffix() {
            calls.push(format!(".suffix({})", rust_string(&self.suffix)));
        }
        if self.nulls_equal {
            calls.push(".join_nulls(true)".to_owned());
        }
        if self.how == How::Full {
            calls.push(".coalesce(JoinCoalesce::CoalesceColumns)".to_owned());
        }
        let order = if self.how == How::Right { "RightLeft" } else { "LeftRight" };
        calls.push(format!(".maintain_order(MaintainOrderJoin::{order})"));
        calls.push(".finish()".to_owned());
        calls
    }

    /// Whether the suffix is another than Polars' own, and used at all.
    fn has_suffix(&self) -> bool {
        self.how.takes_right() && self.suffix != "_right"
    }
}

fn left_casts<'a>(pairs: &'a [KeyPair<'_>]) -> Vec<(&'a str, &'a DataType)> {
    pairs.iter().filter_map(|pair| Some((pair.key.left.as_str(), pair.cast_left.as_ref()?))).collect()
}

fn right_casts<'a>(pairs: &'a [KeyPair<'_>]) -> Vec<(&'a str, &'a DataType)> {
    pairs.iter().filter_map(|pair| Some((pair.key.right.as_str(), pair.cast_right.as_ref()?))).collect()
}

/// The call that widens keys, if any.
fn cast_code(casts: &[(&str, &DataType)], target: Target) -> Vec<String> {
    if casts.is_empty() {
        return Vec::new();
    }
    let columns = casts.iter().map(|(name, dtype)| match target {
        Target::Python => format!("pl.col({}).cast({})", python_string(name), dtype_code(dtype, target)),
        Target::Rust => format!("col({}).strict_cast({})", rust_string(name), dtype_code(dtype, target)),
    });
    let columns: Vec<String> = columns.collect();
    let (open, close) = match target {
        Target::Python => (".with_columns(", ")"),
        Target::Rust => (".with_columns([", "])"),
    };
    vec![listed(target, open, &columns, close)]
}

#[cfg(test)]
mod tests {
    use flowloom_flow::NodeId;
    use flowloom_flow::testing::{code, host, run};
    use flowloom_flow::value::JoinKey;
    use polars::prelude::{DataFrame, Engine, IntoLazy as _, SortMultipleOptions, df};

    use super::*;

    fn join(how: How, keys: &[(&str, &str)]) -> Join {
        let key = |&(left, right): &(&str, &str)| JoinKey { left: left.to_owned(), right: right.to_owned() };
        Join { how, keys: JoinKeys(keys.iter().map(key).collect()), ..Join::default() }
    }

    /// Both inputs have `v`; the right one has a `k` of its own beside its key `id é`.
    fn inputs() -> [DataFrame; 2] {
        [
            df!("a" => ["x", "y", "z"], "k" => [Some(1i64), Some(2), None], "v" => [10, 20, 30]).unwrap(),
            df!("id é" => [Some(3i64), Some(2), None], "v" => [7, 8, 9], "k" => ["p", "q", "r"]).unwrap(),
        ]
    }

    /// The rows of both engines, which must agree.
    fn rows(kind: &Join, inputs: &[DataFrame]) -> Vec<String> {
        let rows = run(kind, inputs).unwrap().remove(0);
        let (node, host) = (NodeId::nearest("join"), host());
        let site = Site { node: &node, flow: "test", host: &host };
        let frames = inputs.iter().map(|frame| frame.clone().lazy()).collect();
        let Step::Frames(frames) = kind.plan(frames, &site).unwrap() else { panic!("frames") };
        let streamed = frames.into_iter().next().unwrap().collect_with_engine(Engine::Streaming).unwrap();
        let streamed = streamed.unwrap_single();
        if kind.how == How::Full && inputs[0].height() == 0 {
            // Polars 0.55.2: this one case comes out of the streaming engine in any order.
            let sorted = |frame: &DataFrame| frame.sort(["v_right"], SortMultipleOptions::default()).unwrap();
            assert!(sorted(&rows).equals_missing(&sorted(&streamed)), "{rows} {streamed}");
        } else {
            assert!(rows.equals_missing(&streamed), "{:?}: {rows} {streamed}", kind.how);
        }
        let names: Vec<String> = rows.get_column_names().iter().map(ToString::to_string).collect();
        let values = (0..rows.height()).map(|i| {
            rows.columns()
                .iter()
                .map(|column| column.get(i).unwrap().to_string().replace('"', ""))
                .collect::<Vec<_>>()
                .join(" ")
        });
        std::iter::once(names.join(" ")).chain(values).collect()
    }

    #[test]
    fn every_way_has_the_same_columns_and_a_fixed_order() {
        let of = |how| rows(&join(how, &[("k", "id é")]), &inputs());
        let names = "a k v v_right k_right";
        assert_eq!(of(How::Inner), [names, "y 2 20 8 q"]);
        assert_eq!(of(How::Left), [names, "x 1 10 null null", "y 2 20 8 q", "z null 30 null null"]);
        assert_eq!(of(How::Right), [names, "null 3 null 7 p", "y 2 20 8 q", "null null null 9 r"]);
        assert_eq!(
            of(How::Full),
            [
                names,
                "x 1 10 null null",
                "y 2 20 8 q",
                "z null 30 null null",
                "null 3 null 7 p",
                "null null null 9 r"
            ]
        );
        assert_eq!(of(How::Semi), ["a k v", "y 2 20"]);
        assert_eq!(of(How::Anti), ["a k v", "x 1 10", "z null 30"]);
    }

    #[test]
    fn nulls_match_when_asked_to() {
        let kind = Join { nulls_equal: true, ..join(How::Inner, &[("k", "id é")]) };
        assert_eq!(rows(&kind, &inputs())[1..], ["y 2 20 8 q", "z null 30 9 r"]);
    }

    #[test]
    fn several_keys_must_all_be_equal() {
        let left = df!("a" => [1, 1, 2], "b" => ["x", "y", "x"]).unwrap();
        let right = df!("b" => ["y", "x"], "a" => [1, 2], "n" => [10, 20]).unwrap();
        for how in [How::Inner, How::Right] {
            let kind = join(how, &[("a", "a"), ("b", "b")]);
            assert_eq!(rows(&kind, &[left.clone(), right.clone()]), ["a b n", "1 y 10", "2 x 20"]);
        }
    }

    #[test]
    fn empty_inputs_work() {
        let [left, right] = inputs();
        for how in How::ALL.iter().map(|(how, _)| *how) {
            let kind = join(how, &[("k", "id é")]);
            assert_eq!(rows(&kind, &[left.clear(), right.clear()]).len(), 1, "{how:?}");
            rows(&kind, &[left.clone(), right.clear()]);
            rows(&kind, &[left.clear(), right.clone()]);
        }
    }

    #[test]
    fn many_rows_keep_their_order_in_both_engines() {
        let numbers = |n: i64, step: i64| (0..n).map(|i| i * step % 1_009).collect::<Vec<_>>();
        let left = df!("k" => numbers(20_000, 7), "i" => numbers(20_000, 1)).unwrap();
        let right = df!("k" => numbers(3_000, 11), "j" => numbers(3_000, 1)).unwrap();
        for how in How::ALL.iter().map(|(how, _)| *how) {
            rows(&join(how, &[("k", "k")]), &[left.clone(), right.clone()]);
        }
    }

    #[test]
    fn numbers_widen_and_other_types_must_agree() {
        let left = df!("k" => [1i32, 2], "t" => ["1", "2"]).unwrap();
        let right = df!("k" => [2i64], "n" => [5]).unwrap();
        assert_eq!(
            rows(&join(How::Inner, &[("k", "k")]), &[left.clone(), right.clone()]),
            ["k t n", "2 2 5"]
        );
        let told = run(&join(How::Inner, &[("t", "k")]), &[left, right]).unwrap_err().to_string();
        assert_eq!(
            told,
            "keys[0].left: `t` is String on the left and `k` is Int64 on the right, which never compare safely; \
             cast one of them in a Select before"
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        let told = |kind: Join| run(&kind, &inputs()).unwrap_err().to_string();
        assert_eq!(
            told(join(How::Inner, &[])),
            "keys: no key is chosen; choose a column of each input that must be equal"
        );
        assert_eq!(
            told(join(How::Inner, &[("k", "id e")])),
            "keys[0].right: there is no column `id e` on the right; did you mean `id é`?"
        );
        assert_eq!(
            told(join(How::Inner, &[("k", "id é"), ("k", "v")])),
            "keys[1].left: left column `k` stands in two keys"
        );
        assert_eq!(
            told(Join { suffix: String::new(), ..join(How::Left, &[("k", "id é")]) }),
            "suffix: two columns of the result are named `v`; \
             choose another suffix, or rename columns in a Select before"
        );
    }

    #[test]
    fn code_is_written() {
        let schemas = inputs().map(|frame| (**frame.schema()).clone());
        let full = Join { nulls_equal: true, suffix: "_2".to_owned(), ..join(How::Full, &[("k", "id é")]) };
        insta::assert_snapshot!(code(&full, Target::Python, &schemas).unwrap(), @r#"
        package polars >=2.1 
        import polars as pl
        out = left.join(
            right,
            left_on="k",
            right_on="id é",
            how="full",
            suffix="_2",
            nulls_equal=True,
            coalesce=True,
            maintain_order="left_right",
        )
        "#);
        insta::assert_snapshot!(code(&full, Target::Rust, &schemas).unwrap(), @r#"
        package polars 0.55 lazy
        use polars::prelude::*;
        let out = left
            .join_builder()
            .with(right)
            .left_on([col("k")])
            .right_on([col("id é")])
            .how(JoinType::Full)
            .suffix("_2")
            .join_nulls(true)
            .coalesce(JoinCoalesce::CoalesceColumns)
            .maintain_order(MaintainOrderJoin::LeftRight)
            .finish();
        "#);
        let right = join(How::Right, &[("k", "id é")]);
        insta::assert_snapshot!(code(&right, Target::Python, &schemas).unwrap(), @r#"
        package polars >=2.1 
        import polars as pl
        out = (
            left.join(
                right,
                left_on="k",
                right_on="id é",
                how="right",
                maintain_order="right_left",
            )
            .select(
                "a",
                pl.col("id é").alias("k"),
                "v",
                "v_right",
                pl.col("k").alias("k_right"),
            )
        )
        "#);
        insta::assert_snapshot!(code(&right, Target::Rust, &schemas).unwrap(), @r#"
        package polars 0.55 lazy
        use polars::prelude::*;
        let out = left
            .join_builder()
            .with(right)
            .left_on([col("k")])
            .right_on([col("id é")])
            .how(JoinType::Right)
            .maintain_order(MaintainOrderJoin::RightLeft)
            .finish()
            .select([
                col("a"),
                col("id é").alias("k"),
                col("v"),
                col("v_right"),
                col("k").alias("k_right"),
            ]);
        "#);
        let narrow = df!("k" => [1i8]).unwrap();
        let schemas = [(**narrow.schema()).clone(), schemas[0].clone()];
        let semi = join(How::Semi, &[("k", "k")]);
        insta::assert_snapshot!(code(&semi, Target::Python, &schemas).unwrap(), @r#"
        package polars >=2.1 
        import polars as pl
        out = (
            left.with_columns(pl.col("k").cast(pl.Int64))
            .join(right, on="k", how="semi", maintain_order="left_right")
        )
        "#);
        insta::assert_snapshot!(code(&semi, Target::Rust, &schemas).unwrap(), @r#"
        package polars 0.55 lazy semi_anti_join
        use polars::prelude::*;
        let out = left
            .with_columns([col("k").strict_cast(DataType::Int64)])
            .join_builder()
            .with(right)
            .on([col("k")])
            .how(JoinType::Semi)
            .maintain_order(MaintainOrderJoin::LeftRight)
            .finish();
        "#);
    }
}
