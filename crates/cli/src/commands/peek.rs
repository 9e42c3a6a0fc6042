//! `flowloom peek`.

use std::process::ExitCode;
use std::time::Duration;

use flowloom_flow::Problem;
use flowloom_studio::connections::{Answer, Ask, PeekAsk, PeekEnd, PeekFrom, Seen, Show};
use flowloom_studio::{Command, Limits, Outcome, Reply, Session};
use serde_json::{Value, json};

use super::{ask, on_interrupt, unexpected};
use crate::args::connections::{How, Peek};
use crate::output::{Call, Ended, line};
use crate::time;

/// How often new messages of a tail are printed.
const TICK: Duration = Duration::from_millis(50);

pub(crate) fn run(args: &Peek) -> Call {
    let from = from(&args.from)?;
    let mut peek = PeekAsk::new(args.topic.as_str());
    peek.from = from;
    peek.count = args.count.max(1);
    peek.partitions = (!args.partitions.is_empty()).then(|| args.partitions.clone());
    peek.contains = args.contains.clone().filter(|text| !text.is_empty());
    let (connection, show) = (args.connection.clone(), how(args.how));
    if args.follow {
        return follow(args, Ask::Tail { connection, peek, show });
    }
    let Answer::Peeked(found) = ask(Ask::Peek { connection, peek, show })? else { return Err(unexpected()) };
    for seen in &found.messages {
        print(args, seen)?;
    }
    if !args.json {
        if found.messages.is_empty() {
            line(&format!("no messages; looked through {}", found.scanned))?;
        } else if found.ended == PeekEnd::Scanned {
            line(&format!("looked through {} messages and no further", found.scanned))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn how(how: How) -> Show {
    match how {
        How::Auto => Show::Auto,
        How::Json => Show::Json,
        How::Text => Show::Text,
        How::Hex => Show::Hex,
        How::Registry => Show::Registry,
    }
}

fn from(text: &str) -> Result<PeekFrom, Ended> {
    match text {
        "newest" => return Ok(PeekFrom::Newest),
        "oldest" => return Ok(PeekFrom::Oldest),
        _ => {}
    }
    if let Ok(offset) = text.parse() {
        return Ok(PeekFrom::Offset(offset));
    }
    time::parse(text).map(PeekFrom::Time).ok_or_else(|| {
        Ended::Wrong(vec![
            Problem::user(format!("`{text}` is no place to look from"))
                .hint("write newest, oldest, an offset such as 42, or a time such as 2026-11-21T08:00:00Z"),
        ])
    })
}

/// Prints messages as they come. Ctrl-C is the way out of it and no failure.
fn follow(args: &Peek, ask: Ask) -> Call {
    let mut session = Session::new(Limits::default());
    let reply = session.send(Command::Connections(ask)).map_err(Ended::by_domain)?;
    let Reply::Tail { job, messages } = reply else { return Err(unexpected()) };
    on_interrupt(job.stopper());
    loop {
        let outcome = job.outcome();
        let new: Vec<Seen> = messages.lock().drain(..).collect();
        for seen in &new {
            print(args, seen)?;
        }
        match outcome {
            None => std::thread::park_timeout(TICK),
            Some(Outcome::Cancelled) => return Ok(ExitCode::SUCCESS),
            Some(Outcome::Failed(problems)) => return Err(Ended::by_domain(problems)),
            Some(_) => return Err(unexpected()),
        }
    }
}

fn print(args: &Peek, seen: &Seen) -> Result<(), Ended> {
    let message = &seen.message;
    if args.json {
        return line(&as_json(seen).to_string());
    }
    let time = message.timestamp_ms.map(time::show).unwrap_or_default();
    let key = match &message.key {
        Some(_) => format!("  key {}", seen.key.text),
        None => String::new(),
    };
    line(&format!("partition {} offset {}  {time}{key}", message.partition, message.offset))?;
    for (name, value) in &message.headers {
        line(&format!("  {name}: {}", header(value.as_deref())))?;
    }
    for text in seen.value.text.lines() {
        line(&format!("  {text}"))?;
    }
    if let Some(note) = &seen.value.note {
        line(&format!("  ({note})"))?;
    }
    Ok(())
}

fn header(value: Option<&[u8]>) -> String {
    value.map_or_else(|| "null".to_owned(), |value| String::from_utf8_lossy(value).into_owned())
}

fn as_json(seen: &Seen) -> Value {
    let message = &seen.message;
    let value = message.value.as_ref().map(|_| seen.value.text.as_str());
    let headers: Vec<Value> = message
        .headers
        .iter()
        .map(|(name, value)| json!({"key": name, "value": value.as_deref().map(|value| header(Some(value)))}))
        .collect();
    json!({
        "partition": message.partition, "offset": message.offset, "timestamp_ms": message.timestamp_ms,
        "key": message.key.as_ref().map(|_| seen.key.text.as_str()), "value": value, "headers": headers,
        "schema_id": seen.value.schema_id, "note": seen.value.note,
    })
}
