//! From the payload's own tree of fields to the columns that a person chose.
//!
//! A column may have another name than its field, and may stand for a member of an object: the decoder fills the tree of
//! all fields that are wanted, and the columns are picked out of it without a copy. Envelopes are a matter of paths too:
//! in `{op, data, metadata}` the fields are those of `data`, and in Debezium's changes those of `after`, or of `before`
//! where a row was deleted.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, AsArray as _, BooleanArray, RecordBatch, StructArray};
use arrow::compute::kernels::zip::zip;
use arrow::compute::{and, is_null};
use arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use arrow::error::ArrowError;
use indexmap::IndexMap;

use crate::error::{Error, Result};

/// What stands around the fields of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Envelope {
    /// Nothing: the message is the fields.
    #[default]
    None,
    /// `{op, data, metadata}`: the fields are those of `data`.
    Structured,
    /// A change as Debezium writes it: the fields are those of `after`, or of `before` where `after` is null.
    /// `wrapped`: it is in `payload`, beside its `schema`.
    Debezium { wrapped: bool },
}

impl Envelope {
    /// Field of the envelope that says what happened to the row.
    const OP: &'static str = "op";

    /// Where the envelope itself is.
    fn root(self) -> &'static [&'static str] {
        match self {
            Self::Debezium { wrapped: true } => &["payload"],
            _ => &[],
        }
    }

    /// Fields of the envelope that hold the message's fields; of several the first that is not null holds.
    fn bodies(self) -> &'static [&'static str] {
        match self {
            Self::None => &[],
            Self::Structured => &["data"],
            Self::Debezium { .. } => &["after", "before"],
        }
    }

    /// Its own fields, beside those that hold the message's: they are no drift.
    fn own(self) -> &'static [&'static str] {
        match self {
            Self::None => &[],
            Self::Structured => &["metadata"],
            Self::Debezium { .. } => &["source", "transaction", "ts_ms", "ts_us", "ts_ns"],
        }
    }

    fn within(self, steps: &[&str]) -> Vec<String> {
        self.root().iter().chain(steps).map(|step| (*step).to_owned()).collect()
    }
}

/// One column that is made of a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Its name and type; how it is written may stand in its metadata ([`Encoding`](super::Encoding)).
    pub field: Field,
    /// Keys from the message, or from what its envelope holds, down to the value.
    pub path: Vec<String>,
    /// The path begins at the envelope and not at what it holds.
    pub of_envelope: bool,
}

impl Output {
    /// A column of the message's field with this path.
    pub fn new(field: Field, path: Vec<String>) -> Self {
        Self { field, path, of_envelope: false }
    }

    /// The column of all fields that are not known.
    pub fn extra() -> Self {
        let field = Field::new(super::EXTRA, DataType::Utf8View, true);
        Self { field, path: vec![super::EXTRA.to_owned()], of_envelope: true }
    }
}

/// The columns that are made of a message, in order.
#[derive(Clone, Debug)]
pub struct Outline {
    outputs: Vec<Output>,
    envelope: Envelope,
    payload: SchemaRef,
    schema: SchemaRef,
}

impl Outline {
    /// The columns `outputs`.
    ///
    /// Fails with [`Error::InvalidRequest`] when two of them read one value as different types.
    pub fn new(outputs: Vec<Output>, envelope: Envelope) -> Result<Self> {
        let mut tree = Tree::default();
        if envelope != Envelope::None {
            let op = Field::new(Envelope::OP, DataType::Utf8View, true);
            tree.insert(&envelope.within(&[Envelope::OP]), &op)?;
            for body in envelope.bodies() {
                // Whether it is there must be known even when no column of it is wanted.
                tree.insert(
                    &envelope.within(&[body]),
                    &Field::new(*body, DataType::Struct(Fields::empty()), true),
                )?;
            }
        }
        for output in &outputs {
            for path in paths(envelope, output) {
                tree.insert(&path, &output.field)?;
            }
        }
        let schema =
            outputs.iter().map(|output| output.field.clone().with_nullable(true)).collect::<Vec<_>>();
        let payload = Arc::new(Schema::new(tree.fields()));
        Ok(Self { outputs, envelope, payload, schema: Arc::new(Schema::new(schema)) })
    }

    /// Each field of `schema` from the key of its name.
    pub fn plain(schema: &Schema) -> Result<Self> {
        let outputs = schema.fields().iter().map(|field| {
            let key = super::payload_key(field.name()).to_owned();
            Output::new(field.as_ref().clone(), vec![key])
        });
        Self::new(outputs.collect(), Envelope::None)
    }

    /// The columns whose name is `wanted`.
    pub fn only(&self, wanted: impl Fn(&str) -> bool) -> Result<Self> {
        let outputs = self.outputs.iter().filter(|output| wanted(output.field.name())).cloned();
        Self::new(outputs.collect(), self.envelope)
    }

    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    pub fn envelope(&self) -> Envelope {
        self.envelope
    }

    /// The tree of fields to decode.
    pub fn payload(&self) -> &SchemaRef {
        &self.payload
    }

    /// The tree of all fields that a message may have without drifting: those that are decoded, and the envelope's own.
    pub fn known(&self) -> Result<SchemaRef> {
        let mut tree = Tree::default();
        for field in self.payload.fields() {
            tree.insert(std::slice::from_ref(field.name()), field)?;
        }
        let text = |name: &str| Field::new(name, DataType::Utf8View, true);
        if self.envelope == (Envelope::Debezium { wrapped: true }) && !tree.has(&["schema".to_owned()]) {
            tree.insert(&["schema".to_owned()], &text("schema"))?;
        }
        for name in self.envelope.own() {
            let path = self.envelope.within(&[name]);
            if !tree.has(&path) {
                tree.insert(&path, &text(name))?;
            }
        }
        Ok(Arc::new(Schema::new(tree.fields())))
    }

    /// The columns, all nullable.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The columns, of a batch of [`payload`](Self::payload).
    pub(crate) fn project(&self, batch: &RecordBatch) -> std::result::Result<Vec<ArrayRef>, ArrowError> {
        self.outputs
            .iter()
            .map(|output| {
                let mut found: Option<ArrayRef> = None;
                for path in paths(self.envelope, output).iter().rev() {
                    let next = prune(&pick(batch, path)?, output.field.data_type())?;
                    found = Some(match found {
                        None => next,
                        Some(fallback) => {
                            let holder = pick(batch, &path[..path.len() - output.path.len()])?;
                            zip(&is_null(&holder)?, &fallback, &next)?
                        }
                    });
                }
                found.ok_or_else(|| ArrowError::InvalidArgumentError("a column without a path".into()))
            })
            .collect()
    }

    /// Which rows of a batch of [`payload`](Self::payload) have no envelope; none when that cannot be.
    pub(crate) fn without_envelope(
        &self,
        batch: &RecordBatch,
    ) -> std::result::Result<Option<BooleanArray>, ArrowError> {
        if self.envelope == Envelope::None {
            return Ok(None);
        }
        let mut missing = is_null(&pick(batch, &self.envelope.within(&[Envelope::OP]))?)?;
        for body in self.envelope.bodies() {
            missing = and(&missing, &is_null(&pick(batch, &self.envelope.within(&[body]))?)?)?;
        }
        Ok((missing.true_count() > 0).then_some(missing))
    }

    /// Why a message without its envelope is bad.
    pub(crate) fn no_envelope(&self) -> &'static str {
        Self::missing(self.envelope)
    }

    /// Why a message that is not in `envelope` is bad.
    pub(crate) fn missing(envelope: Envelope) -> &'static str {
        match envelope {
            Envelope::Structured => "it has no envelope: neither `op` nor `data` stands in it",
            _ => "it is no Debezium change: none of `op`, `before` and `after` stands in it",
        }
    }
}

/// Where a column's value stands in the payload; of several places the first that is not null holds.
fn paths(envelope: Envelope, output: &Output) -> Vec<Vec<String>> {
    let within = |body: Option<&&str>| {
        let root = envelope.root().iter().chain(body).map(|step| (*step).to_owned());
        root.chain(output.path.iter().cloned()).collect()
    };
    let is_extra = output.of_envelope && output.path == [super::EXTRA];
    match envelope.bodies() {
        _ if is_extra => vec![output.path.clone()],
        [] => vec![output.path.clone()],
        _ if output.of_envelope => vec![within(None)],
        bodies => bodies.iter().map(|body| within(Some(body))).collect(),
    }
}

/// The array at `path` of a batch. A member of an object that is null is null itself.
fn pick(batch: &RecordBatch, path: &[String]) -> std::result::Result<ArrayRef, ArrowError> {
    let missing = || ArrowError::SchemaError(format!("no field `{}`", path.join(".")));
    let (first, rest) = path.split_first().ok_or_else(missing)?;
    let mut array = Arc::clone(batch.column_by_name(first).ok_or_else(missing)?);
    for step in rest {
        let within = array.as_struct_opt().and_then(|object| object.column_by_name(step)).map(Arc::clone);
        array = within.ok_or_else(missing)?;
    }
    Ok(array)
}

/// `array` as `wanted`: an object may have been decoded with more members than this column has.
fn prune(array: &ArrayRef, wanted: &DataType) -> std::result::Result<ArrayRef, ArrowError> {
    let DataType::Struct(fields) = wanted else { return Ok(Arc::clone(array)) };
    if array.data_type() == wanted {
        return Ok(Arc::clone(array));
    }
    let object = array.as_struct();
    let missing = |name: &str| ArrowError::SchemaError(format!("no member `{name}`"));
    let members = fields.iter().map(|field| {
        let member = object.column_by_name(field.name()).ok_or_else(|| missing(field.name()))?;
        prune(member, field.data_type())
    });
    let members = members.collect::<std::result::Result<Vec<_>, ArrowError>>()?;
    let nulls = object.nulls().cloned();
    Ok(Arc::new(StructArray::try_new_with_length(fields.clone(), members, nulls, object.len())?))
}

/// Fields by name, objects as trees of their own, so that columns that share an object are decoded once.
#[derive(Default)]
struct Tree(IndexMap<String, Branch>);

enum Branch {
    Leaf(Field),
    Object(Tree),
}

impl Tree {
    fn insert(&mut self, path: &[String], field: &Field) -> Result<()> {
        self.add(path, path, field)
    }

    fn add(&mut self, left: &[String], path: &[String], field: &Field) -> Result<()> {
        let clash = || Error::InvalidRequest {
            reason: format!("two columns read `{}` as different types", path.join(".")),
        };
        let Some((first, rest)) = left.split_first() else {
            return Err(Error::InvalidRequest {
                reason: format!("the column `{}` has no path", field.name()),
            });
        };
        let is_object = !rest.is_empty() || matches!(field.data_type(), DataType::Struct(_));
        let branch = self.0.entry(first.clone()).or_insert_with(|| {
            if is_object {
                Branch::Object(Self::default())
            } else {
                Branch::Leaf(field.clone().with_name(first).with_nullable(true))
            }
        });
        match (branch, field.data_type()) {
            (Branch::Object(within), _) if !rest.is_empty() => within.add(rest, path, field),
            (Branch::Object(within), DataType::Struct(members)) => members.iter().try_for_each(|member| {
                let path = [path, std::slice::from_ref(member.name())].concat();
                within.add(std::slice::from_ref(member.name()), &path, member)
            }),
            (Branch::Leaf(known), wanted)
                if rest.is_empty() && known.data_type() == wanted && known.metadata() == field.metadata() =>
            {
                Ok(())
            }
            _ => Err(clash()),
        }
    }

    fn has(&self, path: &[String]) -> bool {
        match path {
            [] => true,
            [last] => self.0.contains_key(last),
            [first, rest @ ..] => match self.0.get(first) {
                Some(Branch::Object(within)) => within.has(rest),
                _ => false,
            },
        }
    }

    fn fields(&self) -> Fields {
        let field = |(name, branch): (&String, &Branch)| -> FieldRef {
            Arc::new(match branch {
                Branch::Leaf(field) => field.clone(),
                Branch::Object(within) => Field::new(name, DataType::Struct(within.fields()), true),
            })
        };
        self.0.iter().map(field).collect()
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::Int64Array;
    use arrow::datatypes::Int64Type;

    use super::super::Decoder;
    use super::*;

    fn column(name: &str, path: &[&str], data_type: DataType) -> Output {
        Output::new(Field::new(name, data_type, true), path.iter().map(|step| (*step).to_owned()).collect())
    }

    fn read(outline: &Outline, messages: &[&str]) -> (RecordBatch, Vec<ArrayRef>) {
        let mut decoder = Decoder::new(Arc::clone(outline.payload())).unwrap();
        for message in messages {
            decoder.decode(message.as_bytes()).unwrap();
        }
        let batch = decoder.finish().unwrap();
        let columns = outline.project(&batch).unwrap();
        for (column, field) in columns.iter().zip(outline.schema().fields()) {
            assert_eq!(column.data_type(), field.data_type());
        }
        (batch, columns)
    }

    fn integers(array: &ArrayRef) -> Vec<Option<i64>> {
        array.as_primitive::<Int64Type>().iter().collect()
    }

    #[test]
    fn members_become_columns_and_objects_stay_objects() {
        let city = Fields::from(vec![Field::new("city", DataType::Int64, true)]);
        let outputs = vec![
            column("id", &["order_id"], DataType::Int64),
            column("zip", &["customer", "address", "zip"], DataType::Int64),
            column("address", &["customer", "address"], DataType::Struct(city.clone())),
            column("id_again", &["order_id"], DataType::Int64),
        ];
        let outline = Outline::new(outputs, Envelope::None).unwrap();
        let (_, columns) = read(
            &outline,
            &[
                r#"{"order_id":1,"customer":{"address":{"zip":2,"city":3}}}"#,
                r#"{"order_id":4,"customer":null}"#,
                r#"{"customer":{"address":{"city":5}}}"#,
            ],
        );
        assert_eq!(integers(&columns[0]), [Some(1), Some(4), None]);
        assert_eq!(integers(&columns[1]), [Some(2), None, None]);
        assert_eq!(columns[2].data_type(), &DataType::Struct(city));
        assert_eq!(integers(columns[2].as_struct().column(0)), [Some(3), None, Some(5)]);
        assert!(columns[2].is_null(1) && !columns[2].is_null(2));
        assert_eq!(integers(&columns[3]), integers(&columns[0]));
        let one = outline.only(|name| name == "zip").unwrap();
        assert_eq!(one.payload().fields().len(), 1);
    }

    #[test]
    fn keys_of_metadata_columns_are_not_lost() {
        let field = |name| Field::new(name, DataType::Int64, true);
        let schema = Schema::new(vec![field("_kafka_offset_payload"), field("_kafka_note")]);
        let (_, columns) =
            read(&Outline::plain(&schema).unwrap(), &[r#"{"_kafka_offset":7,"_kafka_note":8}"#]);
        assert_eq!((integers(&columns[0]), integers(&columns[1])), (vec![Some(7)], vec![Some(8)]));
    }

    #[test]
    fn one_value_has_one_type() {
        for other in [DataType::Utf8View, DataType::Struct(Fields::empty())] {
            let outputs = vec![column("a", &["x"], DataType::Int64), column("b", &["x"], other)];
            let error = Outline::new(outputs, Envelope::None).unwrap_err();
            assert!(error.to_string().contains("two columns read `x` as different types"), "{error}");
        }
    }

    #[test]
    fn debezium_gives_the_row_after_or_the_row_that_was_deleted() {
        let mut op = column("_op", &["op"], DataType::Utf8View);
        op.of_envelope = true;
        let outputs = vec![column("id", &["id"], DataType::Int64), op];
        for wrapped in [false, true] {
            let outline = Outline::new(outputs.clone(), Envelope::Debezium { wrapped }).unwrap();
            let messages = [
                r#"{"before":null,"after":{"id":1},"op":"c"}"#,
                r#"{"before":{"id":1},"after":{"id":null},"op":"u"}"#,
                r#"{"before":{"id":7},"after":null,"op":"d"}"#,
                r#"{"id":9}"#,
            ];
            let wrap = |text| format!(r#"{{"schema":{{"type":"struct"}},"payload":{text}}}"#);
            let messages = messages.map(|text| if wrapped { wrap(text) } else { text.to_owned() });
            let (batch, columns) = read(&outline, &messages.each_ref().map(String::as_str));
            assert_eq!(integers(&columns[0]), [Some(1), None, Some(7), None]);
            let ops: Vec<_> = columns[1].as_string_view().iter().collect();
            assert_eq!(ops, [Some("c"), Some("u"), Some("d"), None]);
            let missing = outline.without_envelope(&batch).unwrap().unwrap();
            assert_eq!(missing, BooleanArray::from(vec![false, false, false, true]));
        }
    }

    #[test]
    fn an_envelopes_own_fields_are_known() {
        let op = Output { of_envelope: true, ..column("db", &["source", "db"], DataType::Utf8View) };
        let outline =
            |envelope| Outline::new(vec![column("id", &["id"], DataType::Int64)], envelope).unwrap();
        let names = |schema: &Fields| schema.iter().map(|field| field.name().clone()).collect::<Vec<_>>();
        let known = outline(Envelope::Structured).known().unwrap();
        assert_eq!(names(known.fields()), ["op", "data", "metadata"]);
        let known = outline(Envelope::Debezium { wrapped: true }).known().unwrap();
        assert_eq!(names(known.fields()), ["payload", "schema"]);
        let plain = outline(Envelope::None);
        assert_eq!(&plain.known().unwrap(), plain.payload());
        let with = Outline::new(vec![op], Envelope::Debezium { wrapped: false }).unwrap().known().unwrap();
        let DataType::Struct(source) = with.field_with_name("source").unwrap().data_type() else {
            panic!("a struct")
        };
        assert_eq!(names(source), ["db"]);
    }

    #[test]
    fn a_structured_envelope_holds_the_fields() {
        let outline =
            Outline::new(vec![column("id", &["id"], DataType::Int64)], Envelope::Structured).unwrap();
        let (batch, columns) = read(&outline, &[r#"{"op":"I","data":{"id":3},"metadata":{}}"#]);
        assert_eq!(columns[0].as_ref(), &Int64Array::from(vec![3]) as &dyn arrow::array::Array);
        assert!(outline.without_envelope(&batch).unwrap().is_none());
    }
}
