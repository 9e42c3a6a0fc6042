//! What a client is built of, and what is wrong with it before one is.

use std::path::PathBuf;
use std::time::Duration;

use flowloom_flow::value::Credential;
use flowloom_flow::{Problem, Problems, Secret};
use flowloom_kafka::{self as kafka_client, Cluster, Domain, Error};
use flowloom_net::{Probe, Tls};

use super::{Kafka, Kerberos, Mechanism, Token};
use crate::kinds::encryption::{self, pem};

impl Kafka {
    /// The cluster as a client gets it; secrets have been unlocked.
    pub fn cluster(&self) -> Cluster {
        Cluster {
            bootstrap_servers: self.bootstrap_servers.trim().to_owned(),
            security: kafka_client::Security {
                tls: self.security.has_tls().then(|| self.tls()),
                login: self.security.has_login().then(|| self.logged_in()),
            },
            properties: self.properties.0.clone(),
            connect_timeout: Duration::from_millis(self.connect_timeout_ms.max(1).unsigned_abs()),
        }
    }

    fn tls(&self) -> Tls {
        let verify = encryption::verify(self.skip_certificate, self.skip_host_name);
        encryption::tls(&self.ca, &self.certificate, &self.key, &self.key_password, verify)
    }

    fn logged_in(&self) -> kafka_client::Login {
        let secret = |credential: &Credential| credential.secret().cloned().unwrap_or_default();
        let password = |mechanism| kafka_client::Login::Password {
            mechanism,
            username: self.username.clone(),
            password: secret(&self.password),
        };
        match self.mechanism {
            Mechanism::Plain => password(kafka_client::Mechanism::Plain),
            Mechanism::ScramSha256 => password(kafka_client::Mechanism::ScramSha256),
            Mechanism::ScramSha512 => password(kafka_client::Mechanism::ScramSha512),
            Mechanism::Gssapi => kafka_client::Login::Kerberos(kafka_client::Kerberos {
                service_name: self.kerberos_service.trim().to_owned(),
                principal: self.principal.trim().to_owned(),
                keytab: (self.kerberos == Kerberos::Keytab).then(|| PathBuf::from(self.keytab.trim())),
                ticket_cache: None,
            }),
            Mechanism::Oauthbearer => kafka_client::Login::Token(match self.token {
                Token::Oidc => kafka_client::Token::Oidc(kafka_client::Oidc {
                    token_url: self.token_url.trim().to_owned(),
                    client_id: self.client_id.clone(),
                    client_secret: secret(&self.client_secret),
                    scope: self.scope.clone(),
                    parameters: self.token_parameters.0.clone(),
                    // The provider's certificate may be of the same authority; certificates of ours are the brokers'.
                    tls: pem(&self.ca).map(|ca| Tls { ca: Some(ca), ..Tls::default() }),
                }),
                Token::AwsMskIam => kafka_client::Token::MskIam(kafka_client::MskIam {
                    region: self.aws_region.trim().to_owned(),
                    credentials: match self.aws_access_key_id.trim() {
                        "" => kafka_client::AwsCredentials::Chain,
                        id => kafka_client::AwsCredentials::Keys {
                            access_key_id: id.to_owned(),
                            secret_access_key: secret(&self.aws_secret_access_key),
                            session_token: self.aws_session_token.secret().cloned(),
                        },
                    },
                }),
            }),
        }
    }
}

pub(super) fn check(kafka: &Kafka, problems: &mut Problems) {
    let mut need = |field: &str, is_missing: bool, what: &str| {
        if is_missing {
            problems.error(field, what);
        }
    };
    need("bootstrap_servers", kafka.bootstrap_servers.trim().is_empty(), "the bootstrap servers are missing");
    if kafka.security.has_login() {
        match kafka.mechanism {
            Mechanism::Plain | Mechanism::ScramSha256 | Mechanism::ScramSha512 => {
                need("username", kafka.username.is_empty(), "the user name is missing");
                need("password", kafka.password.is_empty(), "the password is missing");
            }
            Mechanism::Gssapi => {
                need("kerberos_service", kafka.kerberos_service.is_empty(), "the service name is missing");
                if kafka.kerberos == Kerberos::Keytab {
                    need("principal", kafka.principal.is_empty(), "the principal is missing");
                    need("keytab", kafka.keytab.is_empty(), "the keytab is missing");
                }
            }
            Mechanism::Oauthbearer if kafka.token == Token::Oidc => {
                need("token_url", kafka.token_url.is_empty(), "the token endpoint is missing");
                need("client_id", kafka.client_id.is_empty(), "the client id is missing");
                need("client_secret", kafka.client_secret.is_empty(), "the client secret is missing");
            }
            Mechanism::Oauthbearer => {
                need("aws_region", kafka.aws_region.is_empty(), "the region is missing");
                let has_id = !kafka.aws_access_key_id.is_empty();
                let has_key = !kafka.aws_secret_access_key.is_empty();
                need("aws_secret_access_key", has_id && !has_key, "the secret access key is missing");
            }
        }
    }
    if kafka.security.has_tls() && !kafka.certificate.0.trim().is_empty() {
        need("key", kafka.key.is_empty(), "the client certificate needs its key");
        if let Some(key) = kafka.key.secret().filter(|key| !is_pem(key)) {
            let hint = if key.reveal().contains("BEGIN") {
                "copy it whole, from `-----BEGIN` to the last dash"
            } else {
                "paste the text of the file, or write `${file:/path/client.key}`"
            };
            problems.push(Problem::user("the client key is no PEM text").hint(hint).at_field("key"));
        }
    }
    let open = kafka.token_parameters.0.iter().find(|(name, value)| {
        ["assertion", "client_assertion", "client_secret", "password", "refresh_token"]
            .contains(&name.as_str())
            && !value.starts_with("${")
    });
    if let Some((name, _)) = open {
        problems.push(
            Problem::user(format!("the parameter `{name}` is a secret, and parameters are not kept secret"))
                .hint("write where it stands, such as `${env:NAME}` or `${vault:PATH#KEY}`")
                .at_field("token_parameters"),
        );
    }
    let cluster = Cluster { properties: kafka.properties.0.clone(), ..Cluster::new("localhost:9092") };
    if let Err(error) = cluster.check() {
        problems.push(problem(error).at_field("properties"));
    }
    if kafka.security.has_tls() {
        for (is_on, field, what) in [
            (kafka.skip_certificate, "skip_certificate", "the brokers' certificates are not verified"),
            (kafka.skip_host_name, "skip_host_name", "the host names of the brokers are not verified"),
        ] {
            if is_on {
                let warning = Problem::user(what).hint("switch it off outside of experiments").warning();
                problems.push(warning.at_field(field));
            }
        }
    }
}

fn is_pem(text: &Secret) -> bool {
    text.reveal().trim_start().starts_with("-----BEGIN")
}

/// What Kafka's crate says, as a problem.
pub fn problem(error: Error) -> Problem {
    if matches!(error, Error::Cancelled) {
        return Problem::cancelled();
    }
    let message = error.to_string();
    let problem = match error.domain() {
        Domain::User => Problem::user(message),
        Domain::External => Problem::external(message),
        Domain::Internal => Problem::internal(message),
    };
    let problem = problem.retriable(error.is_retriable());
    match error.hint() {
        Some(hint) => problem.hint(in_a_sentence(&hint)).source(error),
        None => problem.source(error),
    }
}

/// A hint follows the message after a semicolon.
pub(crate) fn in_a_sentence(hint: &str) -> String {
    let mut chars = hint.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

pub(super) fn test(kafka: &Kafka, probe: &mut Probe<'_>) {
    kafka_client::diagnose::run(&kafka.cluster(), probe);
}

#[cfg(test)]
mod tests {
    use flowloom_flow::value::Certificate;
    use flowloom_net::Pem;

    use super::super::Security;
    use super::*;

    fn fields(kafka: &Kafka) -> Vec<String> {
        let mut problems = Problems::default();
        check(kafka, &mut problems);
        problems.into_vec().into_iter().filter_map(|problem| problem.at.field).collect()
    }

    #[test]
    fn what_is_missing_is_named_by_its_field() {
        assert_eq!(fields(&Kafka::default()), ["bootstrap_servers"]);
        let plain =
            Kafka { bootstrap_servers: "a:9092".into(), security: Security::SaslSsl, ..Kafka::default() };
        assert_eq!(fields(&plain), ["username", "password"]);
        let kerberos = Kafka { mechanism: Mechanism::Gssapi, ..plain.clone() };
        assert_eq!(fields(&kerberos), ["principal", "keytab"]);
        let token = Kafka { mechanism: Mechanism::Oauthbearer, ..plain.clone() };
        assert_eq!(fields(&token), ["token_url", "client_id", "client_secret"]);
        let tls = Kafka {
            security: Security::Ssl,
            certificate: Certificate("/c.pem".into()),
            key: Credential::Given(Secret::new("key-secret")),
            skip_certificate: true,
            ..plain
        };
        assert_eq!(fields(&tls), ["key", "skip_certificate"]);
        let mut owned = Kafka { bootstrap_servers: "a:9092".into(), ..Kafka::default() };
        owned.properties.0.insert("sasl.password".into(), "x".into());
        assert_eq!(fields(&owned), ["properties"]);
    }

    #[test]
    fn hidden_settings_do_not_reach_the_client() {
        let kafka = Kafka {
            bootstrap_servers: " a:9092 ".into(),
            username: "app".into(),
            password: Credential::Given(Secret::new("app-secret")),
            ca: Certificate("/ca.pem".into()),
            ..Kafka::default()
        };
        let cluster = kafka.cluster();
        assert_eq!(cluster.bootstrap_servers, "a:9092");
        assert_eq!(cluster.security, kafka_client::Security::default());
        let cluster =
            Kafka { security: Security::SaslSsl, mechanism: Mechanism::ScramSha256, ..kafka }.cluster();
        assert_eq!(cluster.security.protocol(), "SASL_SSL");
        assert_eq!(cluster.security.tls.and_then(|tls| tls.ca), Some(Pem::Path("/ca.pem".into())));
    }
}
