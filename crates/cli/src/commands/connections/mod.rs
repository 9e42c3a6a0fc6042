//! `flowloom connections`.

mod change;
mod files;
mod kinds;
mod test;

use std::process::ExitCode;

use flowloom_flow::Problem;
use flowloom_flow::value::Credential;
use flowloom_studio::connections::{Answer, Ask, Listed, Origin, credentials};
use serde_json::{Value, json};

use super::{ask, unexpected};
use crate::args::connections::{Connections, Json, Show};
use crate::output::{Call, Ended, json_line, line, show_problem};

pub(crate) fn run(args: &Connections) -> Call {
    match args {
        Connections::List(args) => list(args),
        Connections::Kinds(args) => kinds::run(args),
        Connections::Add(args) => change::add(args),
        Connections::Show(args) => show(args),
        Connections::Edit(args) => change::edit(args),
        Connections::Test(args) => test::run(args),
        Connections::Remove(args) => change::remove(args),
        Connections::Import(args) => files::import(args),
        Connections::Export(args) => files::export(args),
    }
}

fn list(args: &Json) -> Call {
    let Answer::List(all) = ask(Ask::List)? else { return Err(unexpected()) };
    if args.json {
        json_line(&all.iter().map(as_json).collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    if all.is_empty() {
        line("no connections yet; add one with `flowloom connections add NAME KIND`")?;
    }
    let width = |of: fn(&Listed) -> &str| all.iter().map(|one| of(one).chars().count()).max().unwrap_or(0);
    let (names, kinds) = (width(|one| &one.name), width(|one| &one.kind));
    for one in &all {
        let from = match &one.origin {
            Origin::Store => String::new(),
            origin => format!("  ({})", place(origin)),
        };
        line(&format!("{:names$}  {:kinds$}  {}{from}", one.name, one.kind, one.caption))?;
        if let Some(problem) = &one.problem {
            show_problem(problem);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn as_json(one: &Listed) -> Value {
    json!({
        "name": one.name, "kind": one.kind, "caption": one.caption, "from": place(&one.origin),
        "changed_ms": one.changed_ms, "problem": one.problem,
    })
}

/// Where a connection comes from, in words.
fn place(origin: &Origin) -> String {
    match origin {
        Origin::Store => "the store".to_owned(),
        Origin::Environment(variable) => format!("environment: {variable}"),
        Origin::File(path) => format!("file: {}", path.display()),
    }
}

fn show(args: &Show) -> Call {
    let named = flowloom_studio::connections::Book::new(None).named(&args.name).map_err(one)?;
    let (card, written) = (named.settings.card(), named.settings.written());
    let secrets: Vec<(String, &str)> = credentials(&*named.settings)
        .into_iter()
        .filter_map(|(key, credential)| {
            Some((
                key,
                match credential {
                    Credential::Empty => return None,
                    Credential::Reference(_) => "looked up when it is used",
                    Credential::Kept => "locked in the store",
                    Credential::Given(_) => "given where the connection is written",
                },
            ))
        })
        .collect();
    if args.json {
        let secrets: serde_json::Map<String, Value> =
            secrets.into_iter().map(|(key, place)| (key, json!(place))).collect();
        json_line(&json!({
            "name": named.name, "kind": card.id, "from": place(&named.origin), "settings": written, "secrets": secrets,
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    line(&format!("{}: {}, from {}", named.name, card.name, place(&named.origin)))?;
    for (key, value) in &written {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        line(&format!("  {key}: {text}"))?;
    }
    for (key, place) in secrets.iter().filter(|(key, _)| !written.contains_key(key)) {
        line(&format!("  {key}: ({place})"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn one(problem: Problem) -> Ended {
    Ended::by_domain(vec![problem])
}
