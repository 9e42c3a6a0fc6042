//! Arrow's record batches as Polars' frames, without a copy: they share the buffers.
//!
//! Both crates know the Arrow C data interface, which is what passes from one to the other.

use arrow::array::{Array as _, RecordBatch};
use arrow::datatypes::{
    DataType as ArrowType, Field as ArrowField, Fields, SchemaRef, TimeUnit as ArrowUnit,
};
use arrow::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use flowloom_flow::Problem;
use polars::prelude::{
    ArrayRef, Column, DataFrame, DataType, Field, IntoColumn as _, Series, TimeUnit, TimeZone,
};

/// The rows of `batches`, which all have `schema`, in order.
pub(crate) fn frame(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<DataFrame, Problem> {
    let height = batches.iter().map(RecordBatch::num_rows).sum();
    let columns = schema.fields().iter().enumerate().map(|(i, field)| column(field, i, batches));
    Ok(DataFrame::new(height, columns.collect::<Result<_, _>>()?)?)
}

fn column(field: &ArrowField, i: usize, batches: &[RecordBatch]) -> Result<Column, Problem> {
    let name = field.name().as_str();
    let field = import_field(field)?;
    let chunks: Vec<ArrayRef> = batches
        .iter()
        .map(|batch| import_array(batch.column(i), field.dtype().clone()))
        .collect::<Result<_, _>>()?;
    if chunks.is_empty() {
        return Ok(Column::new_empty(name.into(), &DataType::from_arrow_field(&field)));
    }
    Ok(Series::try_from((&field, chunks))?.into_column())
}

#[expect(unsafe_code, reason = "the C data interface is the one door between the two Arrow crates")]
fn import_field(field: &ArrowField) -> Result<polars::prelude::ArrowField, Problem> {
    let exported = FFI_ArrowSchema::try_from(field).map_err(foreign)?;
    // SAFETY: both types are `#[repr(C)]` with the fields of the C data interface's `ArrowSchema`, and
    // transmute moves the only owner, so it is released once.
    let exported: polars_arrow::ffi::ArrowSchema = unsafe { std::mem::transmute(exported) };
    // SAFETY: `exported` was made by arrow just now, by the rules of the interface.
    Ok(unsafe { polars_arrow::ffi::import_field_from_c(&exported) }?)
}

#[expect(unsafe_code, reason = "the C data interface is the one door between the two Arrow crates")]
fn import_array(
    array: &arrow::array::ArrayRef,
    dtype: polars_arrow::datatypes::ArrowDataType,
) -> Result<ArrayRef, Problem> {
    let exported = FFI_ArrowArray::new(&array.to_data());
    // SAFETY: both types are `#[repr(C)]` with the fields of the C data interface's `ArrowArray`, and
    // transmute moves the only owner, so it is released once.
    let exported: polars_arrow::ffi::ArrowArray = unsafe { std::mem::transmute(exported) };
    // SAFETY: `exported` was made by arrow just now, by the rules of the interface, and `dtype` is the
    // type of its field.
    Ok(unsafe { polars_arrow::ffi::import_array_from_c(exported, dtype) }?)
}

fn foreign(error: arrow::error::ArrowError) -> Problem {
    Problem::internal(format!("a column cannot be handed to Polars: {error}")).source(error)
}

/// The Arrow type that holds `dtype`; `None`: no message has values of it.
pub(crate) fn to_arrow(dtype: &DataType) -> Option<ArrowType> {
    Some(match dtype {
        DataType::Null => ArrowType::Null,
        DataType::Boolean => ArrowType::Boolean,
        DataType::Int8 => ArrowType::Int8,
        DataType::Int16 => ArrowType::Int16,
        DataType::Int32 => ArrowType::Int32,
        DataType::Int64 => ArrowType::Int64,
        DataType::UInt8 => ArrowType::UInt8,
        DataType::UInt16 => ArrowType::UInt16,
        DataType::UInt32 => ArrowType::UInt32,
        DataType::UInt64 => ArrowType::UInt64,
        DataType::Float32 => ArrowType::Float32,
        DataType::Float64 => ArrowType::Float64,
        DataType::String => ArrowType::Utf8View,
        DataType::Binary => ArrowType::Binary,
        DataType::Date => ArrowType::Date32,
        DataType::Time => ArrowType::Time64(ArrowUnit::Nanosecond),
        DataType::Datetime(unit, zone) => {
            let unit = match unit {
                TimeUnit::Milliseconds => ArrowUnit::Millisecond,
                TimeUnit::Microseconds => ArrowUnit::Microsecond,
                TimeUnit::Nanoseconds => ArrowUnit::Nanosecond,
            };
            ArrowType::Timestamp(unit, zone.as_ref().map(|zone| zone.as_str().into()))
        }
        DataType::Decimal(precision, scale) => {
            ArrowType::Decimal128(u8::try_from(*precision).ok()?, i8::try_from(*scale).ok()?)
        }
        DataType::List(item) => ArrowType::new_large_list(to_arrow(item)?, true),
        DataType::Struct(fields) => {
            let fields = fields
                .iter()
                .map(|field| Some(ArrowField::new(field.name.as_str(), to_arrow(&field.dtype)?, true)));
            ArrowType::Struct(fields.collect::<Option<Fields>>()?)
        }
        _ => return None,
    })
}

/// The Polars type of an Arrow type that [`to_arrow`] gives, or that a schema was inferred as.
pub(crate) fn from_arrow(arrow: &ArrowType) -> Option<DataType> {
    Some(match arrow {
        ArrowType::Null => DataType::Null,
        ArrowType::Boolean => DataType::Boolean,
        ArrowType::Int8 => DataType::Int8,
        ArrowType::Int16 => DataType::Int16,
        ArrowType::Int32 => DataType::Int32,
        ArrowType::Int64 => DataType::Int64,
        ArrowType::UInt8 => DataType::UInt8,
        ArrowType::UInt16 => DataType::UInt16,
        ArrowType::UInt32 => DataType::UInt32,
        ArrowType::UInt64 => DataType::UInt64,
        ArrowType::Float32 => DataType::Float32,
        ArrowType::Float64 => DataType::Float64,
        ArrowType::Utf8 | ArrowType::LargeUtf8 | ArrowType::Utf8View => DataType::String,
        ArrowType::Binary | ArrowType::LargeBinary | ArrowType::BinaryView => DataType::Binary,
        ArrowType::Date32 => DataType::Date,
        ArrowType::Time64(ArrowUnit::Nanosecond) => DataType::Time,
        ArrowType::Timestamp(unit, zone) => {
            let unit = match unit {
                // Polars has no seconds.
                ArrowUnit::Second | ArrowUnit::Millisecond => TimeUnit::Milliseconds,
                ArrowUnit::Microsecond => TimeUnit::Microseconds,
                ArrowUnit::Nanosecond => TimeUnit::Nanoseconds,
            };
            let zone = match zone {
                Some(zone) => Some(TimeZone::opt_try_new(Some(zone.as_ref())).ok()??),
                None => None,
            };
            DataType::Datetime(unit, zone)
        }
        ArrowType::Decimal128(precision, scale) => {
            DataType::Decimal(usize::from(*precision), usize::try_from(*scale).ok()?)
        }
        ArrowType::List(item) | ArrowType::LargeList(item) => {
            DataType::List(Box::new(from_arrow(item.data_type())?))
        }
        ArrowType::Struct(fields) => {
            let fields = fields
                .iter()
                .map(|field| Some(Field::new(field.name().as_str().into(), from_arrow(field.data_type())?)));
            DataType::Struct(fields.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef as Arrow, BinaryArray, Int64Array, ListArray, StringViewArray, StructArray};
    use arrow::datatypes::{Int64Type, Schema};
    use flowloom_flow::value::{parse_dtype, show_dtype};

    use super::*;

    #[test]
    fn every_shape_of_column_arrives_in_order() {
        let texts: Arrow =
            Arc::new(StringViewArray::from(vec![Some("short"), None, Some("longer than twelve bytes")]));
        let lists: Arrow = Arc::new(ListArray::from_iter_primitive::<Int64Type, _, _>([
            Some(vec![Some(1), None]),
            None,
            Some(vec![]),
        ]));
        let numbers: Arrow = Arc::new(Int64Array::from(vec![Some(1), None, Some(3)]));
        let bytes: Arrow =
            Arc::new(BinaryArray::from_opt_vec(vec![Some(b"\xff".as_slice()), None, Some(b"")]));
        let structs: Arrow = Arc::new(StructArray::from(vec![(
            Arc::new(ArrowField::new("n", ArrowType::Int64, true)),
            Arc::clone(&numbers),
        )]));
        let columns = [("text", texts), ("list", lists), ("struct", structs), ("bytes", bytes)];
        let batch =
            RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true)))
                .expect("a batch");
        let frame = frame(&batch.schema(), &[batch.slice(0, 2), batch.slice(2, 1)]).expect("a frame");
        drop(batch);
        insta::assert_snapshot!(frame, @r#"
        shape: (3, 4)
        ┌──────────────────────────┬───────────┬───────────┬─────────┐
        │ text                     ┆ list      ┆ struct    ┆ bytes   │
        │ ---                      ┆ ---       ┆ ---       ┆ ---     │
        │ str                      ┆ list[i64] ┆ struct[1] ┆ binary  │
        ╞══════════════════════════╪═══════════╪═══════════╪═════════╡
        │ short                    ┆ [1, null] ┆ {1}       ┆ b"\xff" │
        │ null                     ┆ null      ┆ {null}    ┆ null    │
        │ longer than twelve bytes ┆ []        ┆ {3}       ┆ b""     │
        └──────────────────────────┴───────────┴───────────┴─────────┘
        "#);
    }

    #[test]
    fn no_batches_are_typed_columns() {
        let dtype = parse_dtype("Struct{a: List(String), b: UInt8}").expect("a type");
        let field = ArrowField::new("s", to_arrow(&dtype).expect("known"), true);
        let empty = frame(&Arc::new(Schema::new(vec![field])), &[]).expect("a frame");
        assert_eq!((empty.height(), empty.column("s").expect("there").dtype()), (0, &dtype));
    }

    #[test]
    fn types_of_messages_go_there_and_back() {
        for text in [
            "Int8",
            "UInt64",
            "Float32",
            "Boolean",
            "String",
            "Binary",
            "Date",
            "Time",
            "Datetime(ms)",
            "Datetime(us, UTC)",
            "Datetime(ns, Europe/Berlin)",
            "Decimal(10, 2)",
            "List(List(Int64))",
            "Struct{a: String}",
        ] {
            let dtype = parse_dtype(text).expect("a type");
            let back = to_arrow(&dtype).and_then(|arrow| from_arrow(&arrow)).expect("known");
            assert_eq!(show_dtype(&back), text);
        }
        assert_eq!(to_arrow(&DataType::Duration(TimeUnit::Microseconds)), None);
        assert_eq!(to_arrow(&DataType::List(Box::new(DataType::Duration(TimeUnit::Microseconds)))), None);
    }
}
