//! The client's configuration in an exported program: librdkafka's properties, each written out or taken from the
//! environment. No secret is ever written: each is a variable that the program cannot run without.

use flowloom_connections::kinds::{Exported, Kafka};
use flowloom_connections::locked;
use flowloom_flow::value::code::{python_string, rust_string};
use flowloom_flow::{CodeWriter, Problem, Target};

use super::exportable::near;
use crate::kafka_source::KafkaSource;

const PYTHON_SETTING: &str = r#"def setting(name: str) -> str:
    """A setting that the script cannot run without."""
    if name not in os.environ:
        raise SystemExit(f"set the environment variable {name}, see README.md")
    return os.environ[name]"#;

const RUST_SETTING: &str = r#"/// A setting from the environment; without a default the program cannot run without it.
fn setting(name: &str, default: Option<&str>) -> Result<String, Box<dyn Error>> {
    match (env::var(name), default) {
        (Ok(value), _) => Ok(value),
        (Err(_), Some(default)) => Ok(default.into()),
        (Err(_), None) => Err(format!("set the environment variable {name}, see README.md").into()),
    }
}"#;

const AWS_TOKEN: &str = r#"def aws_token(region: str) -> tuple[str, float]:
    """A token of AWS MSK IAM, and when it expires, in seconds."""
    token, expires_ms = MSKAuthTokenProvider.generate_auth_token(region)
    return token, expires_ms / 1000"#;

/// How the node's connection is reached: properties of its client, and what each is in the program's language. The
/// program is told of the variables, packages and helpers that they need.
pub(crate) fn properties(
    settings: &KafkaSource,
    out: &mut CodeWriter<'_>,
) -> Result<Vec<(String, String)>, Problem> {
    let name = &settings.connection.0;
    let of_connection = |problem: Problem| problem.at_field("connection");
    let access = out.connection(name).map_err(of_connection)?;
    let kafka: Kafka = locked(&access).map_err(of_connection)?;
    let mut written = Vec::new();
    for (property, exported) in kafka.exported(name).map_err(of_connection)? {
        if out.target() == Target::Rust {
            match property {
                "sasl.oauthbearer.method" => out.package("rdkafka", "0.39", &["curl"]),
                "sasl.kerberos.service.name" => out.package("rdkafka", "0.39", &["gssapi"]),
                _ => {}
            }
        }
        match (&exported, out.target()) {
            (Exported::AwsToken { region }, Target::Python) => {
                out.import("from aws_msk_iam_sasl_signer import MSKAuthTokenProvider");
                out.package("aws-msk-iam-sasl-signer-python", ">=1.0.2", &[]);
                out.function("aws_token", AWS_TOKEN);
                let token = format!("lambda _: aws_token({})", python_string(region));
                written.push(("oauth_cb".to_owned(), token));
            }
            (Exported::AwsToken { .. }, Target::Rust) => {
                return Err(out.refuse("a login with AWS MSK IAM").at_field("connection"));
            }
            _ => written.push((property.to_owned(), value(property, name, exported, out))),
        }
    }
    for (property, text) in &kafka.properties.0 {
        if settings.properties.0.contains_key(property) {
            continue;
        }
        if property == "client.rack" {
            near(out, "connection")?;
        }
        let exported = match text.strip_prefix("${env:").and_then(|rest| rest.strip_suffix('}')) {
            Some(variable) => Exported::Variable(variable.to_owned(), None),
            None if text.contains("${") => {
                let what = format!("the property `{property}`, which stands elsewhere,");
                return Err(out.refuse(&what).hint("write `${env:NAME}`").at_field("connection"));
            }
            None => Exported::Text(text.clone()),
        };
        written.push((property.clone(), value(property, name, exported, out)));
    }
    Ok(written)
}

fn value(property: &str, connection: &str, exported: Exported, out: &mut CodeWriter<'_>) -> String {
    let target = out.target();
    let (variable, default) = match exported {
        Exported::Text(text) => return quoted(target, &text),
        Exported::Variable(variable, default) => (variable, default),
        Exported::AwsToken { region } => return quoted(target, &region),
    };
    out.environment(&variable, default.as_deref(), &format!("`{property}` of the connection `{connection}`"));
    let name = quoted(target, &variable);
    match (target, default) {
        (Target::Python, Some(default)) => format!("os.environ.get({name}, {})", python_string(&default)),
        (Target::Python, None) => {
            out.function("setting", PYTHON_SETTING);
            format!("setting({name})")
        }
        (Target::Rust, default) => {
            out.function("setting", RUST_SETTING);
            let default = default.map_or("None".to_owned(), |text| format!("Some({})", rust_string(&text)));
            format!("setting({name}, {default})?")
        }
    }
}

fn quoted(target: Target, text: &str) -> String {
    match target {
        Target::Python => python_string(text),
        Target::Rust => rust_string(text),
    }
}
