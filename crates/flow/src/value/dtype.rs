//! Data types as users write them, which is as Polars' Python prints them.

use polars::prelude::DataType;

use crate::Problem;

/// `Int64`, `String`, `Datetime(us, UTC)`, `Decimal(10, 2)`, `List(Int64)`, `Struct{a: Int64, b: String}`.
pub fn parse_dtype(text: &str) -> Result<DataType, Problem> {
    match text {
        "Int64" => Ok(DataType::Int64),
        _ => Err(Problem::user(format!("`{text}` is not a type"))),
    }
}

/// The text that [`parse_dtype`] reads.
pub fn show_dtype(dtype: &DataType) -> String {
    dtype.to_string()
}
