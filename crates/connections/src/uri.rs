//! Connections written as a URI: `kafka://user:password@a:9092,b:9092/?security=sasl_ssl`.

use flowloom_flow::{Problem, Secret};
use serde_json::{Map, Value, json};

use crate::{KINDS, Parts, Settings};

/// The parts of a URI, percent-decoded. Errors never repeat it: it may hold a password.
pub fn parts(text: &str) -> Result<Parts, Problem> {
    let wrong = |why: &str| {
        Problem::user(format!("this is no URI of a connection: {why}"))
            .hint("write it as `scheme://user:password@host:port/path?setting=value`")
    };
    let (scheme, rest) = text.trim().split_once("://").ok_or_else(|| wrong("there is no `://`"))?;
    if scheme.is_empty() || !scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-._".contains(c)) {
        return Err(wrong("what stands before `://` is no scheme"));
    }
    let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (login, authority) = match authority.rsplit_once('@') {
        Some((login, authority)) => (Some(login), authority),
        None => (None, authority),
    };
    let decoded = |text: &str, what: &str| {
        decode(text).ok_or_else(|| wrong(&format!("{what} has a `%` that is no percent-encoding of UTF-8")))
    };
    let (login, password) = match login.map(|login| login.split_once(':').unwrap_or((login, ""))) {
        Some((login, password)) => {
            (Some(decoded(login, "the login")?), Some(decoded(password, "the password")?))
        }
        None => (None, None),
    };
    let authority = decoded(authority, "the host")?;
    let (host, port) = match split_port(&authority) {
        _ if authority.contains(',') => (None, None),
        (host, None) => (Some(host.to_owned()), None),
        (host, Some(port)) => {
            (Some(host.to_owned()), Some(port.parse().map_err(|_not_a_port| wrong("the port is no number"))?))
        }
    };
    let mut extra = Map::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (key, value) = (decoded(key, "the query")?, decoded(value, "the query")?);
        // Airflow writes nested extras so.
        if key == "__extra__" {
            extra.extend(object(&value).ok_or_else(|| wrong("`__extra__` is no JSON object"))?);
        } else {
            extra.insert(key, typed(value));
        }
    }
    Ok(Parts {
        scheme: scheme.to_ascii_lowercase(),
        login: login.filter(|login| !login.is_empty()),
        password: password.filter(|password| !password.is_empty()).map(Secret::new),
        authority: authority.clone(),
        host: host.filter(|host| !host.is_empty()),
        port,
        path: decoded(path, "the path")?,
        extra,
    })
}

/// The connection that a URI writes, or Airflow's JSON: `{"conn_type": "kafka", "extra": {…}}`.
pub(crate) fn read(text: &str) -> Result<Box<dyn Settings>, Problem> {
    let text = text.trim();
    let parts = match object(text) {
        Some(map) if map.contains_key("kind") => return crate::named::of_map(map),
        Some(map) => airflow(map)?,
        None if text.starts_with('{') => return Err(Problem::user("this is no JSON object")),
        None => parts(text)?,
    };
    of_parts(&parts)
}

fn of_parts(parts: &Parts) -> Result<Box<dyn Settings>, Problem> {
    let entry = KINDS.iter().find(|entry| entry.card.schemes.contains(&parts.scheme.as_str()));
    let unknown = || {
        let known: Vec<_> = KINDS.iter().flat_map(|entry| entry.card.schemes).copied().collect();
        Problem::user(format!("no kind of connection is written `{}://`", parts.scheme))
            .hint(format!("known are {}", known.join(", ")))
    };
    (entry.ok_or_else(unknown)?.of_parts)(parts)
}

/// Airflow's JSON of a connection.
fn airflow(map: Map<String, Value>) -> Result<Parts, Problem> {
    let mut parts = Parts::default();
    for (key, value) in map {
        let text = || match &value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        match key.as_str() {
            "conn_type" => parts.scheme = text().to_lowercase().replace('_', "-"),
            "login" => parts.login = Some(text()).filter(|text| !text.is_empty()),
            "password" => parts.password = Some(text()).filter(|text| !text.is_empty()).map(Secret::new),
            "host" => {
                parts.authority = text();
                parts.host = Some(text()).filter(|text| !text.is_empty());
            }
            "port" => parts.port = text().parse().ok(),
            "schema" => parts.path = text(),
            "extra" => {
                parts.extra = match &value {
                    Value::Object(extra) => extra.clone(),
                    Value::String(text) if text.is_empty() => Map::new(),
                    Value::String(text) => object(text)
                        .ok_or_else(|| Problem::user("`extra` is no JSON object").at_field("extra"))?,
                    _ => Map::new(),
                };
            }
            "description" | "uri" | "conn_id" => {}
            other => {
                return Err(Problem::user(format!("a connection in Airflow's JSON has no `{other}`"))
                    .hint("write `conn_type`, `login`, `password`, `host`, `port`, `schema`, `extra`"));
            }
        }
    }
    if let (Some(port), false) = (parts.port, parts.authority.is_empty()) {
        parts.authority.extend([":", &port.to_string()]);
    }
    Ok(parts)
}

fn object(text: &str) -> Option<Map<String, Value>> {
    match serde_json::from_str(text) {
        Ok(Value::Object(map)) => Some(map),
        _ => None,
    }
}

/// Switches and numbers are written as text in a query.
fn typed(text: String) -> Value {
    match text.as_str() {
        "true" => json!(true),
        "false" => json!(false),
        _ => match text.parse::<i64>() {
            // A number that text would not give back stays text.
            Ok(number) if number.to_string() == text => json!(number),
            _ => Value::String(text),
        },
    }
}

/// `[::1]:9092` and `host:9092`.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    if let Some(rest) = authority.strip_prefix('[')
        && let Some((host, rest)) = rest.split_once(']')
    {
        return (host, rest.strip_prefix(':'));
    }
    match authority.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => (host, Some(port)),
        _ => (authority, None),
    }
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| (byte? as char).to_digit(16);
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        bytes.push((high * 16 + low) as u8);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, proptest};

    use super::*;

    #[test]
    fn a_uri_comes_apart() {
        let found = parts("Postgres://app:p%40ss%2Fword@db.example.com:5433/orders?sslmode=require&a=1")
            .expect("read");
        assert_eq!(found.scheme, "postgres");
        assert_eq!((found.login.as_deref(), found.password), (Some("app"), Some(Secret::new("p@ss/word"))));
        assert_eq!((found.host.as_deref(), found.port), (Some("db.example.com"), Some(5433)));
        assert_eq!(found.path, "orders");
        assert_eq!(Value::Object(found.extra), json!({"sslmode": "require", "a": 1}));
        let several = parts("kafka://a:9092,b:9092").expect("read");
        assert_eq!((several.authority.as_str(), several.host, several.port), ("a:9092,b:9092", None, None));
        let ip = parts("kafka://[::1]:9092/").expect("read");
        assert_eq!((ip.host.as_deref(), ip.port), (Some("::1"), Some(9092)));
        let at = parts("kafka://app:a@b@host").expect("read");
        assert_eq!((at.password, at.host.as_deref()), (Some(Secret::new("a@b")), Some("host")));
    }

    #[test]
    fn what_is_wrong_is_told_without_the_password() {
        for text in ["app:hunter2@host", "kafka://app:hunter2%zz@host", "kafka://app:hunter2@host:port"] {
            let problem = parts(text).err().expect("wrong").to_string();
            assert!(problem.starts_with("this is no URI") && !problem.contains("hunter2"), "{problem}");
        }
        let unknown = read("telnet://app:hunter2@host").expect_err("unknown").to_string();
        assert!(unknown.contains("`telnet://`") && !unknown.contains("hunter2"), "{unknown}");
        let airflow = read(r#"{"conn_type": "file", "schema": "tmp"}"#).expect("read");
        assert_eq!(airflow.caption(), "/tmp");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_or_talk(text in "[ -~]{0,40}", secret in "[a-z]{12}") {
            let _parts = parts(&text).map(|_| ());
            if let Err(problem) = read(&format!("{text}:{secret}@{text}")) {
                prop_assert!(!problem.to_string().contains(&secret));
            }
        }
    }
}
