//! Values of Protobuf as JSON; Google's well-known types as what they mean.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat};
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MapKey, ReflectMessage as _, Value};

use super::super::out::{Out, Written, wrong};

/// How deep a message may go; what an `Any` holds counts too.
pub(super) const MOST_DEPTH: usize = 100;

pub(super) fn message(message: &DynamicMessage, out: &mut Out, depth: usize) -> Written {
    let Some(depth) = depth.checked_sub(1) else {
        return wrong(format!("it is nested deeper than {MOST_DEPTH}"));
    };
    if let Some(written) = well_known(message, out, depth) {
        return written;
    }
    let mut first = true;
    out.raw("{")?;
    for field in message.descriptor().fields() {
        // A field of proto3 that is not there has its default; a list, a map or a message is just not there.
        let is_told =
            message.has_field(&field) || !(field.supports_presence() || field.is_list() || field.is_map());
        if is_told {
            out.key(&mut first, field.name())?;
            value(&message.get_field(&field), &field, out, depth)?;
        }
    }
    out.raw("}")
}

pub(super) fn value(value: &Value, field: &FieldDescriptor, out: &mut Out, depth: usize) -> Written {
    let mut first = true;
    match value {
        Value::List(items) => {
            out.raw("[")?;
            for item in items {
                out.comma(&mut first)?;
                single(item, &field.kind(), out, depth)?;
            }
            out.raw("]")
        }
        Value::Map(entries) => {
            let Kind::Message(entry) = field.kind() else { return wrong("a map has no entries") };
            let kind = entry.map_entry_value_field().kind();
            let mut entries: Vec<_> = entries.iter().map(|(key, value)| (name(key), value)).collect();
            entries.sort_by(|(one, _), (other, _)| one.cmp(other));
            out.raw("{")?;
            for (name, value) in entries {
                out.key(&mut first, &name)?;
                single(value, &kind, out, depth)?;
            }
            out.raw("}")
        }
        value => single(value, &field.kind(), out, depth),
    }
}

fn single(value: &Value, kind: &Kind, out: &mut Out, depth: usize) -> Written {
    match value {
        Value::Bool(value) => out.plain(value),
        Value::I32(value) => out.plain(value),
        Value::I64(value) => out.plain(value),
        Value::U32(value) => out.plain(value),
        Value::U64(value) => out.plain(value),
        Value::F32(value) => out.single(*value),
        Value::F64(value) => out.float(*value),
        Value::String(text) => out.string(text),
        Value::Bytes(bytes) => out.string(&STANDARD.encode(bytes)),
        Value::EnumNumber(number) => match kind {
            Kind::Enum(of) => match of.get_value(*number) {
                Some(value) => out.string(value.name()),
                None => out.plain(number),
            },
            _ => out.plain(number),
        },
        Value::Message(inner) => message(inner, out, depth),
        Value::List(_) | Value::Map(_) => wrong("a list is within a list"),
    }
}

fn name(key: &MapKey) -> String {
    match key {
        MapKey::Bool(key) => key.to_string(),
        MapKey::I32(key) => key.to_string(),
        MapKey::I64(key) => key.to_string(),
        MapKey::U32(key) => key.to_string(),
        MapKey::U64(key) => key.to_string(),
        MapKey::String(key) => key.clone(),
    }
}

/// Google's types that mean more than their fields say.
fn well_known(of: &DynamicMessage, out: &mut Out, depth: usize) -> Option<Written> {
    let descriptor = of.descriptor();
    let name = descriptor.full_name().strip_prefix("google.protobuf.")?;
    Some(match name {
        "Timestamp" => {
            let (seconds, nanos) = moment(of)?;
            let at = DateTime::from_timestamp(seconds, u32::try_from(nanos).ok()?)?;
            out.string(&at.to_rfc3339_opts(SecondsFormat::AutoSi, true))
        }
        "Duration" => {
            let (seconds, nanos) = moment(of)?;
            let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
            let fraction = format!("{:09}", nanos.unsigned_abs());
            let fraction = fraction.trim_end_matches('0');
            let point = if fraction.is_empty() { "" } else { "." };
            out.string(&format!("{sign}{}{point}{fraction}s", seconds.unsigned_abs()))
        }
        "BoolValue" | "Int32Value" | "Int64Value" | "UInt32Value" | "UInt64Value" | "FloatValue"
        | "DoubleValue" | "StringValue" | "BytesValue" | "ListValue" | "Struct" => {
            let field = descriptor.get_field(1)?;
            value(&of.get_field(&field), &field, out, depth)
        }
        "Value" => match descriptor.fields().find(|field| of.has_field(field)) {
            Some(field) if field.name() != "null_value" => value(&of.get_field(&field), &field, out, depth),
            _ => out.raw("null"),
        },
        "Any" => any(of, out, depth)?,
        _ => return None,
    })
}

fn moment(of: &DynamicMessage) -> Option<(i64, i32)> {
    match (&*of.get_field_by_name("seconds")?, &*of.get_field_by_name("nanos")?) {
        (Value::I64(seconds), Value::I32(nanos)) => Some((*seconds, *nanos)),
        _ => None,
    }
}

/// What an `Any` holds, where the schema has its type.
fn any(of: &DynamicMessage, out: &mut Out, depth: usize) -> Option<Written> {
    let (url, bytes) = (of.get_field_by_name("type_url")?, of.get_field_by_name("value")?);
    let (Value::String(url), Value::Bytes(bytes)) = (&*url, &*bytes) else { return None };
    let name = url.rsplit('/').next()?;
    let descriptor = of.descriptor().parent_pool().get_message_by_name(name)?;
    let inner = DynamicMessage::decode(descriptor, bytes.as_ref()).ok()?;
    let write = |out: &mut Out| {
        let mut first = true;
        out.raw("{")?;
        out.key(&mut first, "@type")?;
        out.string(url)?;
        out.key(&mut first, "value")?;
        message(&inner, out, depth)?;
        out.raw("}")
    };
    Some(write(out))
}
