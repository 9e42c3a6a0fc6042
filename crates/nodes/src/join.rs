//! `join`: matches rows of two inputs by keys.

use std::collections::BTreeSet;

use flowloom_flow::value::code::{python_string, rust_string};
use flowloom_flow::value::lists::{chained, listed};
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
/// (a right join: the other way round). One exception is Polars' own, in 0.55.2: on the streaming engine the
/// rows of a full join that only the right input has come last, in any order.
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
                .help("Otherwise a row with a null key matches none"),
            &mut self.nulls_equal,
        );
        if self.how.takes_right() {
            form.text(
                Setting::new("suffix", "Suffix")
                    .help("Put behind the name of a right column that the left input has as well"),
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
mod tests;
