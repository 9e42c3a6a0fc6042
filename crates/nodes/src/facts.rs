//! What a sample of rows says of its columns.

use flowloom_flow::FieldFacts;
use flowloom_flow::value::show_dtype;
use polars::prelude::{AnyValue, DataFrame, DataType, Series, StructChunked};

/// Values of a column that are looked at for examples.
const LOOKED_AT: usize = 200;

/// The facts of each column of `sample`, members of structs as children.
///
/// A column does not know whether a value was missing or null: both count as not seen.
pub(crate) fn facts(sample: &DataFrame) -> Vec<FieldFacts> {
    sample.columns().iter().map(|column| of(column.name(), column.as_materialized_series())).collect()
}

fn of(key: &str, series: &Series) -> FieldFacts {
    let (of, nulls) = (series.len() as u64, series.null_count() as u64);
    let mut facts = FieldFacts {
        key: key.to_owned(),
        dtype: show_dtype(series.dtype()),
        seen: of - nulls,
        of,
        children: children(series),
        ..FieldFacts::default()
    };
    if facts.children.is_empty() {
        for value in series.iter().take(LOOKED_AT).filter(|value| *value != AnyValue::Null) {
            facts.example(&value.str_value());
        }
    }
    facts
}

/// The members of structs, and of the structs in lists.
fn children(series: &Series) -> Vec<FieldFacts> {
    match series.dtype() {
        DataType::Struct(_) => {
            // Where there is no struct there is no member either.
            let structs = series.drop_nulls();
            let members = structs.struct_().map(StructChunked::fields_as_series).unwrap_or_default();
            members.iter().map(|member| of(member.name(), member)).collect()
        }
        DataType::List(_) => {
            let items = series
                .drop_nulls()
                .explode(polars::prelude::ExplodeOptions { empty_as_null: false, keep_nulls: true });
            items.map(|items| children(&items)).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use polars::df;
    use polars::prelude::{IntoLazy as _, as_struct, col};

    use super::*;

    #[test]
    fn columns_members_and_items_are_counted() {
        let frame = df!("n" => [Some(1_i64), None, Some(1), Some(2)], "s" => ["a", "b", "c", "d"])
            .expect("a frame")
            .lazy()
            .select([
                col("n"),
                as_struct(vec![col("n"), col("s")]).alias("both"),
                as_struct(vec![col("n")]).implode(true).alias("list"),
            ])
            .collect()
            .expect("collected");
        let found = facts(&frame);
        let [n, both, list] = &found[..] else { panic!("three columns") };
        assert_eq!((n.seen, n.of, n.nulls), (3, 4, 0));
        assert_eq!(n.examples, ["1", "2"]);
        assert_eq!((both.dtype.as_str(), both.seen), ("Struct{n: Int64, s: String}", 4));
        assert!(both.examples.is_empty());
        assert_eq!(both.children[1].examples, ["a", "b", "c"]);
        assert_eq!(list.dtype, "List(Struct{n: Int64})");
        assert_eq!(list.children[0].seen * 4, list.children[0].of * 3);
    }
}
