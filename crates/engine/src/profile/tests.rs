use polars::df;
use polars::prelude::{DataFrame, DataType, NamedFrom as _, Series, TimeUnit};

use super::*;

/// The profile of one column.
fn of(values: Series) -> ColumnProfile {
    profile(&DataFrame::new(values.len(), vec![values.into()]).expect("frame")).remove(0)
}

fn numbers(values: &[f64]) -> ColumnProfile {
    of(Series::new("n".into(), values))
}

#[test]
fn nulls_are_counted_apart() {
    let rows = df!("amount" => [Some(1.5), None, Some(-2.0), Some(1.5)], "name" => ["b", "a", "b", "c"])
        .expect("frame");
    let columns = profile(&rows);
    let seen: Vec<_> =
        columns.iter().map(|c| (c.nulls, c.distinct, c.min.as_deref(), c.max.as_deref())).collect();
    assert_eq!(seen, [(1, Some(2), Some("-2.0"), Some("1.5")), (0, Some(3), Some("a"), Some("c"))]);
    assert_eq!(columns[0].mean, Some(1.0 / 3.0));
    assert_eq!(columns[0].histogram, [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    assert_eq!(columns[1].top, [("b".to_owned(), 2), ("a".to_owned(), 1), ("c".to_owned(), 1)]);
    assert!(columns[0].top.is_empty() && columns[1].histogram.is_empty() && columns[1].mean.is_none());
}

#[test]
fn no_rows_have_no_edges() {
    for dtype in [DataType::Int64, DataType::Float64, DataType::String, DataType::Boolean, DataType::Date] {
        let empty = of(Series::new_empty("n".into(), &dtype));
        assert_eq!((empty.nulls, empty.distinct, empty.min, empty.max), (0, Some(0), None, None), "{dtype}");
        assert!(empty.histogram.is_empty() && empty.top.is_empty() && empty.mean.is_none());
        let nulls = of(Series::full_null("n".into(), 3, &dtype));
        assert_eq!((nulls.nulls, nulls.distinct, nulls.min, nulls.max), (3, Some(0), None, None), "{dtype}");
        assert!(nulls.histogram.is_empty() && nulls.top.is_empty() && nulls.mean.is_none());
    }
    assert!(profile(&DataFrame::empty()).is_empty());
}

#[test]
fn what_is_no_number_is_left_out_of_the_bins() {
    let spread = numbers(&[f64::NAN, f64::INFINITY, 0.0, 6.0, 12.0, f64::NEG_INFINITY]);
    assert_eq!(spread.histogram, [1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
    assert_eq!(spread.mean, Some(6.0));
    let none = numbers(&[f64::NAN, f64::INFINITY]);
    assert!(none.histogram.is_empty() && none.mean.is_none());
    let huge = numbers(&[f64::MIN, f64::MAX, f64::MAX]);
    assert_eq!((huge.histogram[0], huge.histogram[11]), (1, 2));
    assert!(huge.mean.is_some_and(f64::is_finite));
    assert_eq!(numbers(&[2.5, 2.5]).histogram, [2], "one value, one bin");
}

#[test]
fn a_few_integers_and_days_have_a_bin_each() {
    let dice = of(Series::new("n".into(), [1, 6, 6, 3]));
    assert_eq!(dice.histogram, [1, 0, 1, 0, 0, 2]);
    let days = Series::new("n".into(), [10, 12]).cast(&DataType::Date).expect("days");
    assert_eq!(of(days).histogram, [1, 0, 1]);
    let many = of(Series::new("n".into(), (0..120).collect::<Vec<i64>>()));
    assert_eq!(many.histogram, [10; 12]);
    assert_eq!(many.mean, Some(59.5));
    let extreme = of(Series::new("n".into(), [i64::MIN, i64::MAX]));
    assert_eq!((extreme.histogram.len(), extreme.histogram.iter().sum::<u64>()), (12, 2));
}

#[test]
fn times_and_decimals_are_spread_too() {
    let times = Series::new("n".into(), [0_i64, 1_000_000, 12_000_000]);
    let times = times.cast(&DataType::Datetime(TimeUnit::Microseconds, None)).expect("times");
    let times = of(times);
    assert_eq!((times.histogram.iter().sum::<u64>(), times.mean), (3, None), "a mean time is no number");
    let decimals = Series::new("n".into(), [1_i64, 2, 4]).cast(&DataType::Decimal(10, 2)).expect("decimals");
    let decimals = of(decimals);
    assert_eq!(decimals.histogram.iter().sum::<u64>(), 3);
    assert_eq!(decimals.mean, Some(7.0 / 3.0));
}

#[test]
fn the_most_frequent_come_first_and_long_ones_are_cut() {
    let words = of(Series::new("s".into(), ["g", "f", "e", "d", "c", "b", "a", "g", "g", "b"]));
    let top: Vec<_> = words.top.iter().map(|(value, count)| (value.as_str(), *count)).collect();
    assert_eq!(top, [("g", 3), ("b", 2), ("a", 1), ("c", 1), ("d", 1)]);
    assert_eq!(words.distinct, Some(7));
    let long = "é".repeat(1_000);
    assert_eq!(of(Series::new("s".into(), [long.as_str()])).top[0].0.chars().count(), 201);
    let flags = of(Series::new("b".into(), [Some(true), None, Some(false), Some(true)]));
    assert_eq!(flags.top, [("true".to_owned(), 2), ("false".to_owned(), 1)]);
    assert_eq!(flags.distinct, Some(2));
}

#[test]
fn every_type_has_a_profile() {
    for column in profile(&flowloom_flow::testing::every_type()) {
        let counted: u64 = column.histogram.iter().chain(column.top.iter().map(|(_, count)| count)).sum();
        let is_counted = !["binary", "list", "null"].contains(&column.column.as_str());
        assert_eq!(counted, if is_counted { 2 } else { 0 }, "{column:?}");
    }
}

#[test]
fn a_long_frame_is_sampled_evenly() {
    let rows = 3 * MOST_ROWS;
    let column = of(Series::new("n".into(), (0..rows as i64).collect::<Vec<_>>()));
    assert_eq!(column.sampled, Some(MOST_ROWS as u64));
    assert_eq!(column.max.as_deref(), Some("299999"), "edges are exact");
    assert!(column.histogram.iter().all(|&count| count.abs_diff(MOST_ROWS as u64 / 12) <= 1), "{column:?}");
}
