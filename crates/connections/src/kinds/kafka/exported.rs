//! How an exported program reaches the cluster: librdkafka's properties, each written out or taken from a variable.
//! The variables are those that [`super::written`] reads, so what runs an export runs the studio too.

use flowloom_flow::Problem;
use flowloom_flow::value::{Credential, is_reference};

use super::{Kafka, Kerberos, Mechanism, Token};
use crate::environment::variable;

/// The value of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exported {
    Text(String),
    /// A variable of the environment, and its value where it is not set; `None`: the program cannot run without it.
    Variable(String, Option<String>),
    /// A token of AWS for this region, made by the program each time it is asked for one.
    AwsToken {
        region: String,
    },
}

impl Kafka {
    /// Properties of a client of this connection, which is called `name`. No secret is among them: each is a variable
    /// without a value.
    pub fn exported(&self, name: &str) -> Result<Vec<(&'static str, Exported)>, Problem> {
        let mut all = Written { prefix: variable(name), properties: Vec::new() };
        all.text("bootstrap.servers", "BOOTSTRAP_SERVERS", self.bootstrap_servers.trim());
        let protocol = self.security.protocol();
        if protocol != "PLAINTEXT" {
            all.text("security.protocol", "SECURITY_PROTOCOL", protocol);
        }
        if self.security.has_login() {
            self.login_exported(&mut all)?;
        }
        if self.security.has_tls() {
            all.pem("ssl.ca", "SSL_CA", &self.ca.0);
            all.pem("ssl.certificate", "SSL_CERTIFICATE", &self.certificate.0);
            if !self.certificate.0.is_empty() {
                match in_file(&self.key) {
                    Some(path) => all.text("ssl.key.location", "SSL_KEY_LOCATION", path),
                    None => all.secret("ssl.key.pem", "SSL_KEY_PEM", &self.key),
                }
                if !self.key_password.is_empty() {
                    all.secret("ssl.key.password", "SSL_KEY_PASSWORD", &self.key_password);
                }
            }
            if self.skip_certificate {
                all.fixed("enable.ssl.certificate.verification", "false");
            }
            if self.skip_certificate || self.skip_host_name {
                all.fixed("ssl.endpoint.identification.algorithm", "none");
            }
        }
        Ok(all.properties)
    }

    fn login_exported(&self, all: &mut Written) -> Result<(), Problem> {
        all.text("sasl.mechanism", "SASL_MECHANISM", self.mechanism.name());
        match self.mechanism {
            Mechanism::Plain | Mechanism::ScramSha256 | Mechanism::ScramSha512 => {
                all.text("sasl.username", "SASL_USERNAME", &self.username);
                all.secret("sasl.password", "SASL_PASSWORD", &self.password);
            }
            Mechanism::Gssapi => {
                all.text("sasl.kerberos.service.name", "SASL_KERBEROS_SERVICE_NAME", &self.kerberos_service);
                if !self.principal.is_empty() {
                    all.text("sasl.kerberos.principal", "SASL_KERBEROS_PRINCIPAL", &self.principal);
                }
                if self.kerberos == Kerberos::Keytab {
                    all.text("sasl.kerberos.keytab", "SASL_KERBEROS_KEYTAB", &self.keytab);
                } else {
                    all.fixed("sasl.kerberos.kinit.cmd", "true");
                }
            }
            Mechanism::Oauthbearer if self.token == Token::Oidc => {
                if !self.token_parameters.0.is_empty() {
                    return Err(Problem::user("further parameters of the token request cannot be exported")
                        .hint("librdkafka's own token client knows none"));
                }
                all.fixed("sasl.oauthbearer.method", "oidc");
                let url = "sasl.oauthbearer.token.endpoint.url";
                all.text(url, "SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL", &self.token_url);
                all.text("sasl.oauthbearer.client.id", "SASL_OAUTHBEARER_CLIENT_ID", &self.client_id);
                let secret = "sasl.oauthbearer.client.secret";
                all.secret(secret, "SASL_OAUTHBEARER_CLIENT_SECRET", &self.client_secret);
                if !self.scope.is_empty() {
                    all.text("sasl.oauthbearer.scope", "SASL_OAUTHBEARER_SCOPE", &self.scope);
                }
            }
            Mechanism::Oauthbearer => {
                let region = self.aws_region.clone();
                all.properties.push(("sasl.oauthbearer.method", Exported::AwsToken { region }));
            }
        }
        Ok(())
    }
}

struct Written {
    /// `PROD` of `PROD_SASL_PASSWORD`.
    prefix: String,
    properties: Vec<(&'static str, Exported)>,
}

impl Written {
    fn fixed(&mut self, property: &'static str, text: &str) {
        self.properties.push((property, Exported::Text(text.to_owned())));
    }

    /// A setting that is no secret; a reference to a variable stays one.
    fn text(&mut self, property: &'static str, ending: &str, text: &str) {
        let value = if let Some(variable) = in_variable(text) {
            Exported::Variable(variable.to_owned(), None)
        } else {
            // What stands elsewhere must be told to the program in its place.
            let default = (!text.contains("${")).then(|| text.to_owned());
            Exported::Variable(format!("{}_{ending}", self.prefix), default)
        };
        self.properties.push((property, value));
    }

    fn secret(&mut self, property: &'static str, ending: &str, credential: &Credential) {
        let variable =
            if let Credential::Reference(reference) = credential { in_variable(reference) } else { None };
        let variable = variable.map_or_else(|| format!("{}_{ending}", self.prefix), str::to_owned);
        self.properties.push((property, Exported::Variable(variable, None)));
    }

    /// Certificates are no secrets: their text is written out, a path may be set.
    fn pem(&mut self, property: &'static str, ending: &str, text: &str) {
        let (location, pem) = match property {
            "ssl.ca" => ("ssl.ca.location", "ssl.ca.pem"),
            _ => ("ssl.certificate.location", "ssl.certificate.pem"),
        };
        match text.trim() {
            "" => {}
            text if text.starts_with("-----BEGIN") => self.fixed(pem, text),
            path => self.text(location, &format!("{ending}_LOCATION"), path),
        }
    }
}

/// The variable of `${env:NAME}`.
fn in_variable(text: &str) -> Option<&str> {
    if !is_reference(text) {
        return None;
    }
    text.strip_prefix("${env:")?.strip_suffix('}')
}

/// The path of `${file:PATH}`.
fn in_file(credential: &Credential) -> Option<&str> {
    let Credential::Reference(reference) = credential else { return None };
    reference.strip_prefix("${file:")?.strip_suffix('}')
}

#[cfg(test)]
mod tests {
    use flowloom_flow::Secret;
    use flowloom_flow::value::Certificate;

    use super::super::Security;
    use super::*;

    #[test]
    fn no_secret_is_written_and_every_variable_has_the_connections_name() {
        let kafka = Kafka {
            bootstrap_servers: "a:9093".into(),
            security: Security::SaslSsl,
            mechanism: Mechanism::ScramSha512,
            username: "${env:APP_USER}".into(),
            password: Credential::Given(Secret::new("app-secret")),
            ca: Certificate("/ca.pem".into()),
            certificate: Certificate("-----BEGIN CERTIFICATE-----\nx".into()),
            key: Credential::Reference("${file:/client.key}".into()),
            key_password: Credential::Kept,
            ..Kafka::default()
        };
        let exported = kafka.exported("prod-eu").expect("exported");
        let variable =
            |name: &str, default: Option<&str>| Exported::Variable(name.into(), default.map(str::to_owned));
        assert_eq!(
            exported,
            [
                ("bootstrap.servers", variable("PROD_EU_BOOTSTRAP_SERVERS", Some("a:9093"))),
                ("security.protocol", variable("PROD_EU_SECURITY_PROTOCOL", Some("SASL_SSL"))),
                ("sasl.mechanism", variable("PROD_EU_SASL_MECHANISM", Some("SCRAM-SHA-512"))),
                ("sasl.username", variable("APP_USER", None)),
                ("sasl.password", variable("PROD_EU_SASL_PASSWORD", None)),
                ("ssl.ca.location", variable("PROD_EU_SSL_CA_LOCATION", Some("/ca.pem"))),
                ("ssl.certificate.pem", Exported::Text("-----BEGIN CERTIFICATE-----\nx".into())),
                ("ssl.key.location", variable("PROD_EU_SSL_KEY_LOCATION", Some("/client.key"))),
                ("ssl.key.password", variable("PROD_EU_SSL_KEY_PASSWORD", None)),
            ]
        );
    }
}
