//! Connections in a file: what `export` writes and `import` reads, and what `FLOWLOOM_CONNECTIONS` names.
//!
//! ```yaml
//! flowloom_connections: 1
//! connections:
//!   prod:
//!     kind: kafka
//!     bootstrap_servers: kafka.example.com:9093
//!     security: sasl_ssl
//!     username: app
//!     password: ${env:PROD_PASSWORD}
//! ```

use std::path::Path;

use flowloom_flow::Problem;
use flowloom_flow::value::Credential;
use serde_json::{Map, Value, json};

use crate::environment::variable;
use crate::{Named, Origin, check_name, credentials, named};

const VERSION: i64 = 1;
const HEAD: &str = "flowloom_connections";

/// The connections in `text`, or everything that is wrong with it. Secrets may stand in it: errors repeat no values.
pub fn read(text: &str, path: &Path) -> Result<Vec<Named>, Vec<Problem>> {
    let hint = || format!("the file starts with `{HEAD}: {VERSION}`, then `connections:`");
    let value = flowloom_flow::file::value(text)?;
    let Value::Object(mut file) = value else {
        return Err(vec![Problem::user("this is no file of connections").hint(hint())]);
    };
    match file.get(HEAD).map(Value::as_i64) {
        Some(Some(VERSION)) => {}
        Some(Some(newer)) if newer > VERSION => {
            return Err(vec![Problem::user(format!(
                "the file was written by a newer Flowloom (version {newer}, this one knows {VERSION})"
            ))]);
        }
        _ => return Err(vec![Problem::user("this is no file of connections").hint(hint())]),
    }
    let connections = match file.remove("connections") {
        Some(Value::Object(connections)) => connections,
        None | Some(Value::Null) => Map::new(),
        Some(_) => return Err(vec![Problem::user("`connections` must be a map of names").hint(hint())]),
    };
    if let Some(unknown) = file.keys().find(|key| *key != HEAD) {
        return Err(vec![Problem::user(format!("a file of connections has no `{unknown}`")).hint(hint())]);
    }
    let mut problems = Vec::new();
    let mut found = Vec::new();
    for (name, settings) in connections {
        let read = check_name(&name).and_then(|()| match settings {
            Value::Object(settings) => named::of_map(settings),
            _ => Err(Problem::user("its settings are no map")),
        });
        match read {
            Ok(settings) => found.push(Named { name, settings, origin: Origin::File(path.to_owned()) }),
            Err(problem) => {
                problems.push(Problem {
                    message: format!("connection `{name}`: {}", problem.message),
                    ..problem
                });
            }
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(problems) }
}

/// A file without a secret in it: each stands as a reference to a variable. Second: those variables, for the person
/// to set.
pub fn write<'a>(connections: impl Iterator<Item = &'a Named>) -> (String, Vec<String>) {
    let mut variables = Vec::new();
    let mut all = Map::new();
    for Named { name, settings, .. } in connections {
        let mut map = Map::from_iter([("kind".to_owned(), json!(settings.card().id))]);
        map.extend(settings.written());
        for (key, credential) in credentials(&**settings) {
            if matches!(credential, Credential::Given(_) | Credential::Kept) && !credential.is_empty() {
                let stem = format!("{}_{}", variable(name), variable(&key));
                // Names that differ in signs alone share a stem.
                let variable = (2..).map(|n| format!("{stem}_{n}"));
                let mut variable = std::iter::once(stem.clone()).chain(variable);
                let variable = variable.find(|name| !variables.contains(name)).unwrap_or(stem);
                map.insert(key, json!(format!("${{env:{variable}}}")));
                variables.push(variable);
            }
        }
        all.insert(name.clone(), Value::Object(map));
    }
    let file =
        Map::from_iter([(HEAD.to_owned(), json!(VERSION)), ("connections".to_owned(), Value::Object(all))]);
    (flowloom_flow::file::yaml(&file), variables)
}

#[cfg(test)]
mod tests {
    use flowloom_flow::Secret;
    use proptest::prelude::{any, prop, prop_assert, proptest};

    use super::*;

    const FILE: &str = "flowloom_connections: 1
connections:
  prod:
    kind: kafka
    bootstrap_servers: a:9092
    security: sasl_ssl
    username: app
    password: app-secret
  files: {kind: local_folder, path: /data}
";

    fn read_it(text: &str) -> Result<Vec<Named>, Vec<Problem>> {
        read(text, Path::new("connections.yaml"))
    }

    #[test]
    fn a_file_is_read_and_written_without_its_secrets() {
        let found = read_it(FILE).expect("read");
        let names: Vec<_> = found.iter().map(|named| named.name.as_str()).collect();
        assert_eq!(names, ["prod", "files"]);
        let (_, password) = &credentials(&*found[0].settings)[0];
        assert_eq!(password, &Credential::Given(Secret::new("app-secret")));
        let (text, variables) = write(found.iter());
        assert!(!text.contains("app-secret") && text.contains("password: ${env:PROD_PASSWORD}"), "{text}");
        assert_eq!(variables, ["PROD_PASSWORD"]);
        assert_eq!(read_it(&text).expect("read again").len(), 2);
    }

    #[test]
    fn everything_wrong_is_told_and_no_value_is_repeated() {
        let wrong =
            FILE.replace("security: sasl_ssl", "security: app-secret").replace("/data", "[app-secret]");
        let problems = read_it(&wrong).expect_err("wrong");
        let text = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert!(text.contains("connection `prod`: the setting `security` is wrong"), "{text}");
        assert!(text.contains("connection `files`: the setting `path` is wrong"), "{text}");
        assert!(!text.contains("app-secret"), "{text}");
        for (text, part) in [
            ("", "no file of connections"),
            ("flowloom_connections: 2\n", "newer Flowloom"),
            ("flowloom_connections: 1\nconections: {}\n", "no `conections`"),
            ("flowloom_connections: 1\nconnections: {a b: {kind: kafka}}\n", "cannot be the name"),
            ("flowloom_connections: 1\nconnections: {a: {kind: kafca}}\n", "no kind of connection `kafca`"),
            ("flowloom_connections: 1\nconnections: {a: {path: x}}\n", "`kind` is missing"),
            (
                "flowloom_connections: 1\nconnections: {a: {kind: kafka, pasword: x}}\n",
                "did you mean `password`?",
            ),
        ] {
            let problems = read_it(text).expect_err(part);
            assert!(problems[0].to_string().contains(part), "{part}: {problems:?}");
        }
    }

    proptest! {
        #[test]
        fn no_file_makes_it_panic(text in any::<String>()) {
            let _found = read_it(&text).map(|found| found.len());
        }

        #[test]
        fn no_broken_file_repeats_a_secret(at in 0..FILE.len(), junk in "[ -~\\n]{0,6}", cut in prop::bool::ANY) {
            let at = (0..=at).rev().find(|at| FILE.is_char_boundary(*at)).unwrap_or(0);
            let (left, right) = FILE.split_at(at);
            let text = if cut { format!("{left}{junk}") } else { format!("{left}{junk}{right}") };
            if let Err(problems) = read_it(&text) {
                for problem in problems {
                    prop_assert!(!problem.to_string().contains("app-secret"), "{problem}");
                }
            }
        }
    }
}
