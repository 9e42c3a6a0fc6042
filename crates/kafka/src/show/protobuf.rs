//! Protobuf as JSON for people: fields by the names of the schema, 64-bit numbers as numbers.

mod value;

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, MessageDescriptor};
use protox::Compiler;
use protox::file::{File, FileResolver, GoogleFileResolver};

use super::out::{Out, Stop, Written, wrong};
use crate::registry::RegistrySchema;

/// How a schema is called among the files that it imports.
const ROOT: &str = "flowloom/schema.proto";

/// How deep a message may be declared within others.
const MOST_INDEXES: i64 = 64;

/// What Confluent's registry has without a reference.
const BUILT_IN: [(&str, &str); 2] = [
    ("confluent/meta.proto", include_str!("protobuf/meta.proto")),
    ("confluent/type/decimal.proto", include_str!("protobuf/decimal.proto")),
];

/// Reads messages of one file of Protobuf.
#[derive(Debug)]
pub(crate) struct Protobuf {
    pool: DescriptorPool,
}

impl Protobuf {
    pub(super) fn new(
        schema: &RegistrySchema,
        references: &[(String, Arc<RegistrySchema>)],
    ) -> Result<Self, String> {
        let mut files: BTreeMap<String, String> =
            references.iter().map(|(name, schema)| (name.clone(), schema.text.clone())).collect();
        files.insert(ROOT.to_owned(), schema.text.clone());
        Ok(Self { pool: compile(files, ROOT)? })
    }

    /// Writes the message, and says what of it the schema does not know.
    pub(super) fn write(&self, mut body: &[u8], out: &mut Out) -> Result<Option<String>, Stop> {
        let path = indexes(&mut body)?;
        let Some(descriptor) = self.descriptor(&path) else {
            return wrong(format!("the schema has no message {path:?}"));
        };
        let name = descriptor.full_name().to_owned();
        let message = DynamicMessage::decode(descriptor, body)
            .or_else(|error| wrong(format!("it is no `{name}`: {error}")))?;
        value::message(&message, out, value::MOST_DEPTH)?;
        let unknown = message.unknown_fields().count();
        let plural = if unknown == 1 { "field is" } else { "fields are" };
        Ok((unknown > 0).then(|| format!("{unknown} {plural} not in the schema")))
    }

    /// The message at `path`, each step of which is an index among those declared there.
    pub(crate) fn descriptor(&self, path: &[usize]) -> Option<MessageDescriptor> {
        nested(&self.pool, ROOT, path)
    }
}

/// The types of the file `root`, compiled from `files` by the paths that they are imported by, sources or descriptors in
/// base64. Google's own files and what every registry has need not be among them.
pub(crate) fn compile(mut files: BTreeMap<String, String>, root: &str) -> Result<DescriptorPool, String> {
    for (name, text) in BUILT_IN {
        files.entry(name.to_owned()).or_insert_with(|| text.to_owned());
    }
    let mut compiler = Compiler::with_file_resolver(Files(files));
    compiler.include_imports(true).open_file(root).map_err(|error| error.to_string())?;
    Ok(compiler.descriptor_pool())
}

/// The message at `path` of the file `root`, each step of which is an index among those declared there.
pub(crate) fn nested(pool: &DescriptorPool, root: &str, path: &[usize]) -> Option<MessageDescriptor> {
    let (first, rest) = path.split_first()?;
    let mut found = pool.get_file_by_name(root)?.messages().nth(*first)?;
    for index in rest {
        // Java's serializer counts the messages of the source; Python's also those that stand for maps.
        let all: Vec<_> = found.child_messages().collect();
        let declared = all.iter().filter(|message| !message.is_map_entry()).nth(*index);
        found = declared.or_else(|| all.get(*index))?.clone();
    }
    Some(found)
}

/// Writes a whole message.
pub(crate) fn message(of: &DynamicMessage, out: &mut Out) -> Written {
    value::message(of, out, value::MOST_DEPTH)
}

/// Writes the value of one field of a message.
pub(crate) fn field(of: &DynamicMessage, field: &FieldDescriptor, out: &mut Out) -> Written {
    value::value(&of.get_field(field), field, out, value::MOST_DEPTH)
}

/// Which message of the schema follows.
pub(crate) fn indexes(body: &mut &[u8]) -> Result<Vec<usize>, Stop> {
    let count = zigzag(body)?;
    if !(0..=MOST_INDEXES).contains(&count) {
        return wrong(format!("it names a message by {count} steps"));
    }
    if count == 0 {
        return Ok(vec![0]);
    }
    let index = |index: i64| usize::try_from(index).or_else(|_negative| wrong("an index is negative"));
    (0..count).map(|_| index(zigzag(body)?)).collect()
}

fn zigzag(body: &mut &[u8]) -> Result<i64, Stop> {
    let mut number = 0_u64;
    for shift in (0..70).step_by(7) {
        let Some((byte, left)) = body.split_first() else {
            return wrong("it ends before the message begins");
        };
        *body = left;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok((number >> 1) as i64 ^ -((number & 1) as i64));
        }
    }
    wrong("a number is longer than ten bytes")
}

/// The files that a schema is made of, by the paths that they are imported by.
struct Files(BTreeMap<String, String>);

impl FileResolver for Files {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        let Some(text) = self.0.get(name) else { return GoogleFileResolver::new().open_file(name) };
        let Some(file) = descriptor(text) else { return File::from_source(name, text) };
        let mut file = file.file_descriptor_proto().clone();
        file.name = Some(name.to_owned());
        Ok(File::from_file_descriptor_proto(file))
    }
}

/// A file that was registered as a descriptor, as Python's serializer does.
fn descriptor(text: &str) -> Option<File> {
    let bytes = STANDARD.decode(text.trim()).ok()?;
    File::decode_file_descriptor_proto(bytes.as_slice()).ok()
}
