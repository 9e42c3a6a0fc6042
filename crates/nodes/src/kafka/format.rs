//! The format settings of a Kafka source as codecs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowloom_connections::kinds::SchemaRegistry;
use flowloom_connections::{kafka_problem, open};
use flowloom_flow::{Host, Problem};
use flowloom_kafka::codec::{
    Avro, AvroReader, AvroSchemas, Cbor, Codec, Csv, Framing, Json, JsonSchema, MessagePack, Protobuf, Raw,
    Text,
};
use flowloom_kafka::read::DecodedKey;
use flowloom_kafka::registry::Registry;

use super::choices::{Format, SchemaFrom};
use super::columns;
use crate::file::one_byte;
use crate::kafka_source::KafkaSource;

/// Settings that decide how a message is read.
pub(super) const DECIDING: &[&str] = &[
    "format",
    "schema_from",
    "registry",
    "schema_file",
    "has_schema_id",
    "message",
    "reader_subject",
    "delimiter",
    "quote",
    "null_text",
    "lenient",
    "key_column",
    "key_schema_file",
    "key_message",
];

/// A `.proto` file imports others; more than this are a mistake.
const MOST_IMPORTS: usize = 256;

/// Reads the values and keys of a node.
pub(super) struct Formats {
    pub(super) value: Arc<dyn Codec>,
    /// `None`: keys are not decoded.
    pub(super) key: Option<DecodedKey>,
    /// Changes with what is not in the settings: schema files and where the registry is.
    pub(super) fingerprint: String,
}

impl Formats {
    pub(super) fn new(settings: &KafkaSource, host: &dyn Host) -> Result<Self, Problem> {
        let Codecs { value, key, fingerprint } = Codecs::new(settings, host)?;
        let key = match (columns::key(settings)?, key) {
            (Some(field), Some(codec)) => Some(DecodedKey { codec, field }),
            _ => None,
        };
        Ok(Self { value, key, fingerprint })
    }
}

/// What reads values and keys.
pub(super) struct Codecs {
    pub(super) value: Arc<dyn Codec>,
    /// Of keys of any type; `None`: they are not decoded.
    pub(super) key: Option<Arc<dyn Codec>>,
    /// See [`Formats::fingerprint`]. Of a registry's subject the newest schema may change without a sign here.
    fingerprint: String,
}

impl Codecs {
    pub(super) fn new(settings: &KafkaSource, host: &dyn Host) -> Result<Self, Problem> {
        let mut read = blake3::Hasher::new();
        let of_values = SchemaPlace {
            file: host.path(&settings.schema_file.0),
            field: "schema_file",
            message: settings.message.trim(),
            reader_subject: settings.reader_subject.trim(),
            message_field: "message",
        };
        let value = codec(settings, host, settings.format, &of_values, &mut read)?;
        let of_keys = SchemaPlace {
            file: host.path(&settings.key_schema_file.0),
            field: "key_schema_file",
            message: settings.key_message.trim(),
            reader_subject: "",
            message_field: "key_message",
        };
        let key = settings.key_column.format();
        let key = key.map(|format| codec(settings, host, format, &of_keys, &mut read)).transpose()?;
        Ok(Self { value, key, fingerprint: read.finalize().to_hex().to_string() })
    }
}

/// Where the schema of values or keys is, and the settings that say so.
struct SchemaPlace<'a> {
    file: PathBuf,
    field: &'static str,
    /// Full name of a Protobuf message; may be empty.
    message: &'a str,
    message_field: &'static str,
    /// Subject that Avro messages are read as; may be empty.
    reader_subject: &'a str,
}

impl SchemaPlace<'_> {
    fn bytes(&self, read: &mut blake3::Hasher) -> Result<Vec<u8>, Problem> {
        let bytes = fs::read(&self.file).map_err(|error| {
            Problem::user(format!("the schema `{}` cannot be read: {error}", self.file.display()))
                .hint("choose a file that is there; paths are relative to the flow file")
                .source(error)
                .at_field(self.field)
        })?;
        read.update(&bytes);
        Ok(bytes)
    }

    fn text(&self, read: &mut blake3::Hasher) -> Result<String, Problem> {
        String::from_utf8(self.bytes(read)?).map_err(|_bytes| {
            Problem::user(format!("the schema `{}` is no text", self.file.display()))
                .hint("choose a file of the format's schema language")
                .at_field(self.field)
        })
    }

    /// What Kafka's crate says of the schema.
    fn problem(&self, error: flowloom_kafka::Error) -> Problem {
        kafka_problem(error).at_field(self.field)
    }
}

/// What reads `format`; `read` is told of what decides that beside the settings.
fn codec(
    settings: &KafkaSource,
    host: &dyn Host,
    format: Format,
    schema: &SchemaPlace<'_>,
    read: &mut blake3::Hasher,
) -> Result<Arc<dyn Codec>, Problem> {
    let by_registry = settings.schema_from == SchemaFrom::Registry;
    let framing = if settings.has_schema_id { Framing::Confluent } else { Framing::Bare };
    Ok(match format {
        Format::Json => Arc::new(Json),
        Format::Text => Arc::new(Text),
        Format::Raw => Arc::new(Raw),
        Format::MessagePack => Arc::new(MessagePack),
        Format::Cbor => Arc::new(Cbor),
        Format::Csv => Arc::new(csv(settings)?),
        Format::JsonSchema if by_registry => {
            Arc::new(JsonSchema::by_registry(registry(settings, host, read)?))
        }
        Format::JsonSchema => {
            let made = JsonSchema::by_text(&schema.text(read)?, &BTreeMap::new(), framing);
            Arc::new(made.map_err(|error| schema.problem(error))?)
        }
        Format::Avro if by_registry => {
            let registry = registry(settings, host, read)?;
            let avro = Avro::new(AvroSchemas::Registry(registry.clone()));
            match schema.reader_subject {
                "" => Arc::new(avro),
                subject => {
                    Arc::new(avro.read_as(AvroReader::Latest { registry, subject: subject.to_owned() }))
                }
            }
        }
        Format::Avro => Arc::new(Avro::new(AvroSchemas::local(schema.text(read)?, framing))),
        Format::Protobuf => {
            let message = (!schema.message.is_empty()).then_some(schema.message);
            let of_message = |error| kafka_problem(error).at_field(schema.message_field);
            if by_registry {
                return Ok(Arc::new(Protobuf::by_registry(registry(settings, host, read)?, message)));
            }
            let bytes = schema.bytes(read)?;
            let made = match String::from_utf8(bytes) {
                Ok(text) if schema.file.extension().is_some_and(|extension| extension == "proto") => {
                    let imports = imports(&schema.file, &text);
                    for (name, text) in &imports {
                        read.update(name.as_bytes()).update(text.as_bytes());
                    }
                    Protobuf::by_source(&text, &imports, message, framing)
                }
                Ok(text) => Protobuf::by_descriptor_set(text.as_bytes(), message, framing),
                Err(bytes) => Protobuf::by_descriptor_set(bytes.as_bytes(), message, framing),
            };
            Arc::new(made.map_err(of_message)?)
        }
    })
}

/// A client of the node's registry.
fn registry(settings: &KafkaSource, host: &dyn Host, read: &mut blake3::Hasher) -> Result<Registry, Problem> {
    let at_registry = |problem: Problem| problem.at_field("registry");
    let name = settings.registry.0.as_str();
    if name.is_empty() {
        return Err(at_registry(
            Problem::user("no schema registry is chosen")
                .hint("choose a connection, or let the schema come from a file"),
        ));
    }
    let access = host.connection(name).map_err(at_registry)?;
    if access.kind != "schema_registry" {
        return Err(at_registry(
            Problem::user(format!("the connection `{name}` is not one to a schema registry"))
                .hint("choose another one"),
        ));
    }
    read.update(format!("{:?}", access.settings).as_bytes());
    let registry = open::<SchemaRegistry>(&access).map_err(at_registry)?;
    Registry::new(&registry.access()).map_err(|error| at_registry(kafka_problem(error.into())))
}

fn csv(settings: &KafkaSource) -> Result<Csv, Problem> {
    let quote = match settings.quote.as_str() {
        "" => None,
        text => Some(one_byte(text, "quote")?),
    };
    let csv = Csv {
        delimiter: one_byte(&settings.delimiter, "delimiter")?,
        quote,
        null: settings.null_text.clone(),
        fewer: settings.lenient,
        more: settings.lenient,
        ..Csv::default()
    };
    csv.check().map_err(|error| kafka_problem(error).at_field("delimiter"))?;
    Ok(csv)
}

/// The files that `text`, the `.proto` file at `path`, imports, and those that they import, by their paths from its
/// folder. One that is not there is left out: it may be one of Google's, and otherwise the schema says so.
fn imports(path: &Path, text: &str) -> BTreeMap<String, String> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut found = BTreeMap::new();
    let mut waiting = imported(text);
    while let Some(name) = waiting.pop() {
        if found.len() == MOST_IMPORTS || found.contains_key(&name) {
            continue;
        }
        if let Ok(text) = fs::read_to_string(folder.join(&name)) {
            waiting.extend(imported(&text));
            found.insert(name, text);
        }
    }
    found
}

/// The paths in `import "shop/money.proto";`, `import public "…";`.
fn imported(text: &str) -> Vec<String> {
    let line = |line: &str| {
        let rest = line.trim_start().strip_prefix("import")?;
        let (before, rest) = rest.split_once(['"', '\''])?;
        let is_import = matches!(before.trim(), "" | "public" | "weak") && before.len() < 16;
        let (path, _) = rest.split_once(['"', '\''])?;
        is_import.then(|| path.to_owned())
    };
    text.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_found_from_file_to_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("inside")).expect("made");
            fs::write(&path, text).expect("written");
        };
        let order = "syntax = \"proto3\";\nimport public \"shop/money.proto\";\nimport \"google/protobuf/any.proto\";\n";
        write("order.proto", order);
        write("shop/money.proto", "import 'unit.proto'; // and itself\nimport \"shop/money.proto\";");
        write("unit.proto", "message Unit { string important = 1; }");
        let found = imports(&folder.path().join("order.proto"), order);
        assert_eq!(found.keys().collect::<Vec<_>>(), ["shop/money.proto", "unit.proto"]);
    }
}
