//! Connections that the environment writes, for CI and containers.
//!
//! In this order: `FLOWLOOM_CONNECTION_PROD` (JSON or a URI), `AIRFLOW_CONN_PROD` (Airflow's JSON or a URI), and
//! variables such as `PROD_BOOTSTRAP_SERVERS`. A connection of the first sort comes before one of the same name in the
//! store, for a variable that was set on purpose must count; the others stand in where the store has none.

use flowloom_flow::Problem;

use crate::kind::Variables;
use crate::reference::Get;
use crate::{KINDS, Named, Origin, uri};

const OURS: &str = "FLOWLOOM_CONNECTION_";
const AIRFLOW: &str = "AIRFLOW_CONN_";
/// A variable that alone says that there is a connection, and the connection's name without it.
const ENDINGS: &[&str] = &["_BOOTSTRAP_SERVERS", "_SCHEMA_REGISTRY_URL"];

/// The connection `name` that was written for Flowloom.
pub fn ours(name: &str, get: Get<'_>) -> Option<Result<Named, Problem>> {
    written(name, OURS, get)
}

/// The connection `name` that was written for others, or variable by variable.
pub fn others(name: &str, get: Get<'_>) -> Option<Result<Named, Problem>> {
    written(name, AIRFLOW, get).or_else(|| by_variables(name, get))
}

/// Names of connections that the variables `names` write, in lower case, without those twice.
pub fn names(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut found: Vec<String> = names
        .filter_map(|variable| {
            let written = variable.strip_prefix(OURS).or_else(|| variable.strip_prefix(AIRFLOW));
            let name = written.map(str::to_owned).or_else(|| {
                if variable.ends_with("_SCHEMA_REGISTRY_URL") {
                    return variable.strip_suffix("_URL").map(str::to_owned);
                }
                ENDINGS.iter().find_map(|ending| variable.strip_suffix(ending)).map(str::to_owned)
            });
            name.filter(|name| !name.is_empty()).map(|name| name.to_lowercase())
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// A name as a variable has it: `prod-eu` is `PROD_EU`.
pub fn variable(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

fn written(name: &str, prefix: &str, get: Get<'_>) -> Option<Result<Named, Problem>> {
    let variable = format!("{prefix}{}", variable(name));
    let text = get(&variable).filter(|text| !text.trim().is_empty())?;
    let read = uri::read(&text).map_err(|problem| in_variable(&variable, problem));
    Some(read.map(|settings| Named {
        name: name.to_owned(),
        settings,
        origin: Origin::Environment(variable),
    }))
}

fn by_variables(name: &str, get: Get<'_>) -> Option<Result<Named, Problem>> {
    let prefix = variable(name);
    let variables = Variables { prefix: prefix.clone(), get };
    let read = KINDS.iter().find_map(|entry| (entry.of_variables)(&variables))?;
    let origin = Origin::Environment(format!("{prefix}_…"));
    Some(match read {
        Ok(settings) => Ok(Named { name: name.to_owned(), settings, origin }),
        Err(problem) => Err(in_variable(&format!("{prefix}_…"), problem)),
    })
}

fn in_variable(variable: &str, problem: Problem) -> Problem {
    Problem { message: format!("the variable `{variable}` cannot be used: {}", problem.message), ..problem }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::Kafka;

    fn kafka(named: &Named) -> &Kafka {
        named.settings.as_any().downcast_ref().expect("Kafka")
    }

    #[test]
    fn each_way_of_writing_is_understood_and_named() {
        let known = [
            ("FLOWLOOM_CONNECTION_PROD_EU", r#"{"kind": "kafka", "bootstrap_servers": "ours:9092"}"#),
            ("AIRFLOW_CONN_PROD_EU", "kafka://theirs:9092"),
            ("AIRFLOW_CONN_KAFKA_DEFAULT", "kafka://app:app-secret@theirs:9092/?security.protocol=SASL_SSL"),
            ("STAGE_BOOTSTRAP_SERVERS", "stage:9092"),
            ("STAGE_SCHEMA_REGISTRY_URL", "http://stage"),
            (
                "FLOWLOOM_CONNECTION_BROKEN",
                "{\"kind\": \"kafka\", \"password\": \"app-secret\", \"sasl\": 1}",
            ),
        ];
        let get = |name: &str| known.iter().find(|(key, _)| *key == name).map(|(_, text)| (*text).to_owned());
        let prod = ours("prod-eu", &get).expect("there").expect("read");
        assert_eq!(kafka(&prod).bootstrap_servers, "ours:9092");
        assert_eq!(prod.origin, Origin::Environment("FLOWLOOM_CONNECTION_PROD_EU".into()));
        let airflow = others("kafka_default", &get).expect("there").expect("read");
        assert_eq!(airflow.settings.caption(), "theirs:9092 · SASL_SSL · PLAIN as app");
        assert_eq!(
            kafka(&others("stage", &get).expect("there").expect("read")).bootstrap_servers,
            "stage:9092"
        );
        assert!(others("nobody", &get).is_none() && ours("stage", &get).is_none());
        let problem = ours("broken", &get).expect("there").expect_err("wrong").to_string();
        assert!(
            problem.contains("FLOWLOOM_CONNECTION_BROKEN") && !problem.contains("app-secret"),
            "{problem}"
        );
        let all = names(known.iter().map(|(name, _)| (*name).to_owned()));
        assert_eq!(all, ["broken", "kafka_default", "prod_eu", "stage", "stage_schema_registry"]);
    }
}
