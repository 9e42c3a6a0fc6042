//! Which columns of two inputs must be equal.

use polars::prelude::{DataType, Schema};
use serde::{Deserialize, Serialize};

use super::{column_type, show_dtype};
use crate::Problem;
use crate::form::Value;

/// A pair of columns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoinKey {
    pub left: String,
    pub right: String,
}

/// Pairs that must all be equal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JoinKeys(pub Vec<JoinKey>);

impl Value for JoinKeys {
    const NAME: &'static str = "JoinKeys";
    const SHAPE: &'static str = "[{left: customer, right: id}]";
}

/// A [`JoinKey`] that fits its inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyPair<'a> {
    pub key: &'a JoinKey,
    /// The type that the left column must be cast to first; `None`: it has it.
    pub cast_left: Option<DataType>,
    /// The same for the right column.
    pub cast_right: Option<DataType>,
}

impl JoinKeys {
    /// Every pair, with a common type. A problem names its row: `[0].left`.
    pub fn resolve(&self, left: &Schema, right: &Schema) -> Result<Vec<KeyPair<'_>>, Problem> {
        let pairs = self.0.iter().enumerate().map(|(i, key)| {
            let taken = &self.0[..i];
            for (side, name, is_taken) in [
                ("left", &key.left, taken.iter().any(|other| other.left == key.left)),
                ("right", &key.right, taken.iter().any(|other| other.right == key.right)),
            ] {
                if is_taken && !name.is_empty() {
                    let message = format!("{side} column `{name}` stands in two keys");
                    return Err(Problem::user(message).at_field(format!("[{i}].{side}")));
                }
            }
            key.resolve(left, right).map_err(|mut problem| {
                let side = problem.at.field.take().unwrap_or_default();
                problem.at_field(format!("[{i}].{side}"))
            })
        });
        pairs.collect()
    }
}

impl JoinKey {
    fn resolve(&self, left: &Schema, right: &Schema) -> Result<KeyPair<'_>, Problem> {
        let at = |side: &'static str| {
            move |mut problem: Problem| {
                problem.message = format!("{} on the {side}", problem.message);
                problem.at_field(side)
            }
        };
        let left_type = column_type(left, &self.left).map_err(at("left"))?;
        let right_type = column_type(right, &self.right).map_err(at("right"))?;
        let Some(common) = common_type(left_type, right_type) else {
            return Err(Problem::user(format!(
                "`{}` is {} on the left and `{}` is {} on the right, which never compare safely",
                self.left,
                show_dtype(left_type),
                self.right,
                show_dtype(right_type)
            ))
            .hint("cast one of them in a Select before")
            .at_field("left"));
        };
        let cast = |from: &DataType| (*from != common).then(|| common.clone());
        Ok(KeyPair { key: self, cast_left: cast(left_type), cast_right: cast(right_type) })
    }
}

/// The type that holds every value of both without loss; numbers only widen.
fn common_type(left: &DataType, right: &DataType) -> Option<DataType> {
    use DataType::{Float32, Float64, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64};
    /// Signed integers by width.
    const SIGNED: [DataType; 4] = [Int8, Int16, Int32, Int64];
    const UNSIGNED: [DataType; 4] = [UInt8, UInt16, UInt32, UInt64];
    if left == right {
        return Some(left.clone());
    }
    let signed = |dtype: &DataType| SIGNED.iter().position(|each| each == dtype);
    let unsigned = |dtype: &DataType| UNSIGNED.iter().position(|each| each == dtype);
    match (left, right) {
        (Float32, Float64) | (Float64, Float32) => Some(Float64),
        (Float64, whole) | (whole, Float64)
            if signed(whole).or(unsigned(whole)).is_some_and(|width| width < 3) =>
        {
            Some(Float64)
        }
        _ => match (signed(left), unsigned(left), signed(right), unsigned(right)) {
            (Some(a), _, Some(b), _) => Some(SIGNED[a.max(b)].clone()),
            (_, Some(a), _, Some(b)) => Some(UNSIGNED[a.max(b)].clone()),
            (Some(s), _, _, Some(u)) | (_, Some(u), Some(s), _) => SIGNED.get(s.max(u + 1)).cloned(),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_widen_only_without_loss() {
        use DataType::{Float32, Float64, Int8, Int32, Int64, String, UInt8, UInt32, UInt64};
        for (left, right, common) in [
            (Int64, Int32, Some(Int64)),
            (UInt8, Int8, Some(DataType::Int16)),
            (UInt32, Int8, Some(Int64)),
            (Int32, Float64, Some(Float64)),
            (Float32, Float64, Some(Float64)),
            (Int64, Float64, None),
            (UInt64, Int64, None),
            (Int32, Float32, None),
            (String, Int64, None),
            (String, String, Some(String)),
        ] {
            assert_eq!(common_type(&left, &right), common, "{left} and {right}");
            assert_eq!(common_type(&right, &left), common, "{right} and {left}");
        }
    }
}
