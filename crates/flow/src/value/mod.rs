//! Rich settings: values with an editor of their own, found by type.
//!
//! Each type says how it looks in the flow file, which Polars expression it means, and how that
//! expression is written in an exported program, so that engine and export cannot drift apart.

mod aggregation;
mod cast;
pub mod code;
mod column;
mod condition;
mod credential;
mod dtype;
mod dtype_code;
mod expression;
mod field_path;
mod fields;
mod file_path;
mod formula;
mod grid;
mod join_key;
pub mod lists;
pub mod literal;
mod names;
mod partitions;
mod predicate;
mod properties;
mod selection;
mod sort_key;
mod topics;

pub use aggregation::{Aggregate, Aggregation, Aggregations};
pub use cast::{BadCast, Cast};
pub use code::Code;
pub use column::{Column, Columns, column_argument, column_code, column_expr, column_list, column_type};
pub use condition::{Condition, Conditions, Operator};
pub use credential::{Certificate, ConnectionName, Credential, is_reference};
pub use dtype::{parse_dtype, show_dtype};
pub use dtype_code::{dtype_code, dtype_features};
pub use expression::Expression;
pub use field_path::FieldPath;
pub use fields::{Encoding, FieldSpec, Fields, PlainFields};
pub use file_path::FilePath;
pub use formula::{Computed, Formula, Formulas};
pub use grid::{Grid, GridColumn, TypedColumn};
pub use join_key::{JoinKey, JoinKeys, KeyPair};
pub use literal::Literal;
pub use names::Names;
pub use partitions::Partitions;
pub use properties::Properties;
pub use selection::{Kept, Selected, Selection};
pub use sort_key::{SortKey, SortKeys, rust_sort};
pub use topics::{TopicPart, TopicPattern, Topics, Wanted};
