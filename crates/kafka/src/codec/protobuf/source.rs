//! Where the schema of a message comes from: a registry, or files that the person has.

use std::collections::BTreeMap;

use prost_reflect::{DescriptorPool, MessageDescriptor};

use crate::codec::reason::Reason;
use crate::codec::{Fault, Framing};
use crate::error::{Error, Result};
use crate::registry::Registry;
use crate::show::decoder::Decoder;
use crate::show::out::Stop;
use crate::show::protobuf;

/// How the files of a local schema are called when they have no name.
const ROOT: &str = "schema.proto";

/// Message types by their files.
#[derive(Clone, Debug)]
pub(super) struct Local {
    pool: DescriptorPool,
    /// The file whose messages are meant.
    root: String,
}

impl Local {
    /// `source` is a `.proto` file, `imports` are those that it imports by path; Google's need not be there.
    pub(super) fn source(source: &str, imports: &BTreeMap<String, String>) -> Result<Self> {
        let mut root = ROOT.to_owned();
        while imports.contains_key(&root) {
            root.insert(0, '_');
        }
        let mut files = imports.clone();
        files.insert(root.clone(), source.to_owned());
        let pool = protobuf::compile(files, &root).map_err(unusable)?;
        Ok(Self { pool, root })
    }

    /// A `FileDescriptorSet` as `protoc --descriptor_set_out` writes it; its last file is the one that is meant.
    pub(super) fn descriptor_set(bytes: &[u8]) -> Result<Self> {
        let pool = DescriptorPool::decode(bytes).or_else(|_incomplete| {
            // Without `--include_imports` Google's own types are not in it.
            let mut pool = DescriptorPool::global();
            pool.decode_file_descriptor_set(bytes).map(|()| pool)
        });
        let pool = pool.map_err(unusable)?;
        let root = pool.files().filter(|file| !file.name().starts_with("google/protobuf/")).last();
        let Some(root) = root.map(|file| file.name().to_owned()) else {
            return Err(unusable("it holds no file"));
        };
        Ok(Self { pool, root })
    }

    /// The message `name`, with or without its package; without a name the only one that the schema's file declares.
    pub(super) fn message(&self, name: Option<&str>) -> Result<MessageDescriptor> {
        if let Some(name) = name {
            return find(&self.pool, name).ok_or_else(|| {
                unusable(format!("it has no message `{name}`, but {}", listed(self.pool.all_messages())))
            });
        }
        let file = self.pool.get_file_by_name(&self.root);
        let mut messages = file.iter().flat_map(prost_reflect::FileDescriptor::messages);
        match (messages.next(), messages.next()) {
            (Some(message), None) => Ok(message),
            (None, _) => Err(unusable("it declares no message")),
            _ => {
                let all = file.iter().flat_map(prost_reflect::FileDescriptor::messages);
                Err(unusable(format!("it declares several messages, and one must be named: {}", listed(all))))
            }
        }
    }

    /// The message that indexes in front of a payload name.
    pub(super) fn at(&self, indexes: &[usize]) -> Option<MessageDescriptor> {
        protobuf::nested(&self.pool, &self.root, indexes)
    }
}

/// The message `name`; one without its package when no other is called so.
fn find(pool: &DescriptorPool, name: &str) -> Option<MessageDescriptor> {
    let name = name.trim_start_matches('.');
    pool.get_message_by_name(name).or_else(|| {
        let mut found = pool.all_messages().filter(|message| {
            message.full_name().strip_suffix(name).is_some_and(|package| package.ends_with('.'))
        });
        found.next().filter(|_| found.next().is_none())
    })
}

/// Names of messages, the first of them.
fn listed(messages: impl Iterator<Item = MessageDescriptor>) -> String {
    const MOST: usize = 8;
    let mut names: Vec<_> = messages
        .filter(|message| !message.is_map_entry() && message.package_name() != "google.protobuf")
        .map(|message| format!("`{}`", message.full_name()))
        .take(MOST + 1)
        .collect();
    if names.len() > MOST {
        names.truncate(MOST);
        names.push("…".to_owned());
    }
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn unusable(reason: impl std::fmt::Display) -> Error {
    Error::InvalidRequest { reason: format!("the Protobuf schema cannot be used: {reason}") }
}

/// The schema's id in front of a payload, which of its messages follows, and where it begins.
pub(super) fn frame(payload: &[u8]) -> std::result::Result<(i32, Vec<usize>, usize), Reason> {
    let (id, at) = Framing::id(payload)?;
    let mut body = payload.get(at..).unwrap_or_default();
    match protobuf::indexes(&mut body) {
        Ok(indexes) => Ok((id, indexes, payload.len() - body.len())),
        Err(Stop::Wrong(reason)) => {
            Err(Reason::new(format!("which message of schema {id} it is cannot be read: {reason}")))
        }
        Err(Stop::Full) => Err(Reason::new(format!("which message of schema {id} it is does not end"))),
    }
}

/// The message at `indexes` of schema `id`, as `registry` has it.
pub(super) fn registered(
    registry: &Registry,
    id: i32,
    indexes: &[usize],
) -> std::result::Result<MessageDescriptor, Fault> {
    let decoder = registry.decoder(id).map_err(Fault::from)?;
    let Decoder::Protobuf(schema) = &*decoder else {
        return Err(Reason::new(format!("schema {id} is not Protobuf")).into());
    };
    match schema.descriptor(indexes) {
        Some(message) => Ok(message),
        None => Err(Reason::new(format!("schema {id} has no message {indexes:?}")).into()),
    }
}
