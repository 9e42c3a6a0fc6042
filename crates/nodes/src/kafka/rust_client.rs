//! How an exported Rust program reaches the cluster.

use flowloom_flow::value::code::rust_string as quoted;
use flowloom_flow::{CodeWriter, Problem};

use super::choices::End;
use super::rust::WIDTH;
use super::source::group;
use super::{client, servers_variable};
use crate::kafka_source::KafkaSource;

/// How the cluster is reached: lines before the client's configuration, and of it.
pub(super) fn reached(
    settings: &KafkaSource,
    out: &mut CodeWriter<'_>,
) -> Result<(Vec<String>, Vec<String>), Problem> {
    if settings.connection.0.is_empty() {
        let variable = quoted(&servers_variable(settings, out));
        let servers = quoted(settings.bootstrap_servers.trim());
        let before = vec![
            format!("    let servers = env::var({variable});"),
            format!("    let servers = servers.unwrap_or_else(|_| {servers}.into());"),
        ];
        return Ok((before, vec!["        .set(\"bootstrap.servers\", servers)".to_owned()]));
    }
    let properties = client::properties(settings, out)?.into_iter();
    let set = properties.map(|(name, value)| {
        let name = quoted(&name);
        let line = format!("        .set({name}, {value})");
        if line.len() <= WIDTH {
            line
        } else {
            format!("        .set(\n            {name},\n            {value},\n        )")
        }
    });
    Ok((Vec::new(), set.collect()))
}

/// The function that opens a client.
pub(super) fn consumer(
    settings: &KafkaSource,
    out: &CodeWriter<'_>,
    reached: &(Vec<String>, Vec<String>),
) -> String {
    let (before, set_up) = reached;
    let group = group(settings, out.flow(), out.node().as_str());
    // A run that ends where another group stands asks for that group too.
    let (parameter, group) = match settings.end {
        End::Committed => ("group: &str", "group".to_owned()),
        _ => ("", quoted(&group)),
    };
    let mut lines =
        vec![format!("fn {}_consumer({parameter}) -> Result<BaseConsumer, Box<dyn Error>> {{", out.node())];
    lines.extend(before.iter().cloned());
    lines.push("    let consumer = ClientConfig::new()".to_owned());
    lines.extend(set_up.iter().cloned());
    let set = |name: &str, value: &str| format!("        .set({}, {})", quoted(name), quoted(value));
    lines.extend([
        format!("        .set(\"group.id\", {group})"),
        set("isolation.level", settings.isolation.level()),
        set("auto.offset.reset", "error"),
        set("enable.auto.commit", "false"),
        set("enable.partition.eof", "true"),
    ]);
    let rack = settings.rack.trim();
    lines.extend((!rack.is_empty()).then(|| set("client.rack", rack)));
    lines.extend(settings.properties.0.iter().map(|(name, value)| set(name, value)));
    lines.extend(["        .create()?;", "    Ok(consumer)", "}"].map(str::to_owned));
    lines.join("\n")
}

/// Opens a client of the node's own group.
pub(super) fn opened(settings: &KafkaSource, out: &CodeWriter<'_>) -> String {
    match settings.end {
        End::Committed => {
            let group = group(settings, out.flow(), out.node().as_str());
            format!("{}_consumer({})?", out.node(), quoted(&group))
        }
        _ => format!("{}_consumer()?", out.node()),
    }
}
