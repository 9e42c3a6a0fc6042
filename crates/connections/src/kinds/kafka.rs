//! `kafka`: a cluster of Apache Kafka, or of what speaks its protocol.

pub(crate) mod cluster;
pub(super) mod exported;
mod presets;
mod written;

use flowloom_flow::form::Choices;
use flowloom_flow::value::{Certificate, ConnectionName, Credential, Properties};
use flowloom_flow::{Choice, Form, Problem, Problems, Setting};
use flowloom_net::Probe;
use serde::{Deserialize, Serialize};

use super::encryption::Encryption;
use crate::kind::Variables;
use crate::{Card, Group, Kind, Parts};

/// A cluster and how to log in to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Kafka {
    pub bootstrap_servers: String,
    pub security: Security,
    pub mechanism: Mechanism,
    pub username: String,
    pub password: Credential,
    pub kerberos_service: String,
    pub principal: String,
    pub kerberos: Kerberos,
    pub keytab: String,
    pub token: Token,
    pub token_url: String,
    pub client_id: String,
    pub client_secret: Credential,
    pub scope: String,
    /// Further parameters of the token request: `audience`.
    pub token_parameters: Properties,
    pub aws_region: String,
    pub aws_access_key_id: String,
    pub aws_secret_access_key: Credential,
    pub aws_session_token: Credential,
    pub ca: Certificate,
    pub certificate: Certificate,
    pub key: Credential,
    pub key_password: Credential,
    pub skip_host_name: bool,
    pub skip_certificate: bool,
    pub schema_registry: ConnectionName,
    pub connect_timeout_ms: i64,
    pub properties: Properties,
}

impl Default for Kafka {
    fn default() -> Self {
        Self {
            bootstrap_servers: String::new(),
            security: Security::default(),
            mechanism: Mechanism::default(),
            username: String::new(),
            password: Credential::Empty,
            kerberos_service: "kafka".to_owned(),
            principal: String::new(),
            kerberos: Kerberos::default(),
            keytab: String::new(),
            token: Token::default(),
            token_url: String::new(),
            client_id: String::new(),
            client_secret: Credential::Empty,
            scope: String::new(),
            token_parameters: Properties::default(),
            aws_region: String::new(),
            aws_access_key_id: String::new(),
            aws_secret_access_key: Credential::Empty,
            aws_session_token: Credential::Empty,
            ca: Certificate::default(),
            certificate: Certificate::default(),
            key: Credential::Empty,
            key_password: Credential::Empty,
            skip_host_name: false,
            skip_certificate: false,
            schema_registry: ConnectionName::default(),
            connect_timeout_ms: 10_000,
            properties: Properties::default(),
        }
    }
}

/// `security.protocol` of Kafka.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    #[default]
    #[serde(alias = "PLAINTEXT")]
    Plaintext,
    #[serde(alias = "SSL")]
    Ssl,
    #[serde(alias = "SASL_PLAINTEXT")]
    SaslPlaintext,
    #[serde(alias = "SASL_SSL")]
    SaslSsl,
}

impl Security {
    /// As Kafka writes it.
    pub(crate) const fn protocol(self) -> &'static str {
        match self {
            Self::Plaintext => "PLAINTEXT",
            Self::Ssl => "SSL",
            Self::SaslPlaintext => "SASL_PLAINTEXT",
            Self::SaslSsl => "SASL_SSL",
        }
    }

    pub(crate) const fn has_tls(self) -> bool {
        matches!(self, Self::Ssl | Self::SaslSsl)
    }

    pub(crate) const fn has_login(self) -> bool {
        matches!(self, Self::SaslPlaintext | Self::SaslSsl)
    }
}

impl Choices for Security {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Plaintext, Choice { key: "plaintext", label: "PLAINTEXT: neither login nor encryption" }),
        (Self::Ssl, Choice { key: "ssl", label: "SSL: encrypted" }),
        (
            Self::SaslPlaintext,
            Choice { key: "sasl_plaintext", label: "SASL_PLAINTEXT: login, not encrypted" },
        ),
        (Self::SaslSsl, Choice { key: "sasl_ssl", label: "SASL_SSL: login, encrypted" }),
    ];
}

/// `sasl.mechanism` of Kafka.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mechanism {
    #[default]
    #[serde(alias = "PLAIN")]
    Plain,
    #[serde(rename = "scram_sha_256", alias = "SCRAM-SHA-256")]
    ScramSha256,
    #[serde(rename = "scram_sha_512", alias = "SCRAM-SHA-512")]
    ScramSha512,
    #[serde(alias = "GSSAPI", alias = "kerberos")]
    Gssapi,
    #[serde(alias = "OAUTHBEARER")]
    Oauthbearer,
}

impl Mechanism {
    /// As Kafka writes it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
            Self::Gssapi => "GSSAPI",
            Self::Oauthbearer => "OAUTHBEARER",
        }
    }

    const fn has_password(self) -> bool {
        matches!(self, Self::Plain | Self::ScramSha256 | Self::ScramSha512)
    }
}

impl Choices for Mechanism {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Plain, Choice { key: "plain", label: "PLAIN" }),
        (Self::ScramSha256, Choice { key: "scram_sha_256", label: "SCRAM-SHA-256" }),
        (Self::ScramSha512, Choice { key: "scram_sha_512", label: "SCRAM-SHA-512" }),
        (Self::Gssapi, Choice { key: "gssapi", label: "GSSAPI (Kerberos)" }),
        (Self::Oauthbearer, Choice { key: "oauthbearer", label: "OAUTHBEARER" }),
    ];
}

/// Where the Kerberos ticket comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kerberos {
    #[default]
    Keytab,
    /// `kinit` has been run by whoever started the program.
    TicketCache,
}

impl Choices for Kerberos {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Keytab, Choice { key: "keytab", label: "Keytab" }),
        (Self::TicketCache, Choice { key: "ticket_cache", label: "Ticket cache" }),
    ];
}

/// Where the bearer token comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Token {
    /// A provider of `OpenID Connect`, by client credentials.
    #[default]
    Oidc,
    AwsMskIam,
}

impl Choices for Token {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Oidc, Choice { key: "oidc", label: "OIDC client" }),
        (Self::AwsMskIam, Choice { key: "aws_msk_iam", label: "AWS MSK IAM" }),
    ];
}

impl Kind for Kafka {
    const CARD: &'static Card = &Card {
        id: "kafka",
        name: "Kafka",
        group: Group::Streams,
        blurb: "A cluster of Apache Kafka, or of what speaks its protocol",
        presets: presets::ALL,
        schemes: &["kafka"],
    };

    fn form(&mut self, form: &mut dyn Form) {
        let servers = Setting::new("bootstrap_servers", "Bootstrap servers")
            .help("`host:port` of one or more brokers, separated by commas");
        form.text(servers, &mut self.bootstrap_servers);
        form.pick(
            Setting::new("security", "Security protocol")
                .help("As the listener has it: ask whoever runs the cluster, or try with Test"),
            &mut self.security,
        );
        if self.security.has_login() {
            form.section("Login", &mut |form| self.login(form));
        }
        if self.security.has_tls() {
            form.section("Encryption", &mut |form| self.encryption(form));
        }
        form.section("Schemas", &mut |form| {
            let registry = Setting::new("schema_registry", "Schema registry")
                .hint("optional")
                .help("The connection to the registry that messages of this cluster have their schemas in");
            form.value(registry, &mut self.schema_registry, &[]);
        });
        form.section("Client", &mut |form| {
            let timeout = Setting::new("connect_timeout_ms", "Connect timeout").hint("ms");
            form.integer(timeout, &mut self.connect_timeout_ms, 100..=600_000);
            let properties = Setting::new("properties", "Properties")
                .help("librdkafka's own properties, beside those that settings of this connection set");
            form.value(properties, &mut self.properties, &[]);
        });
    }

    fn caption(&self) -> String {
        let mut text = match self.bootstrap_servers.trim().split_once(',') {
            Some((first, rest)) => format!("{first} and {} more", rest.split(',').count()),
            None => self.bootstrap_servers.trim().to_owned(),
        };
        if self.security != Security::Plaintext {
            text.extend([" · ", self.security.protocol()]);
        }
        if self.security.has_login() {
            text.extend([" · ", self.mechanism.name()]);
            if self.mechanism.has_password() && !self.username.is_empty() {
                text.extend([" as ", &self.username]);
            }
        }
        text
    }

    fn check(&self, problems: &mut Problems) {
        cluster::check(self, problems);
    }

    fn test(&self, probe: &mut Probe<'_>) {
        cluster::test(self, probe);
    }

    fn of_parts(parts: &Parts) -> Result<Self, Problem> {
        written::of_parts(parts)
    }

    fn of_variables(variables: &Variables<'_>) -> Option<Result<Self, Problem>> {
        written::of_variables(variables)
    }
}

impl Kafka {
    fn login(&mut self, form: &mut dyn Form) {
        form.pick(Setting::new("mechanism", "Mechanism"), &mut self.mechanism);
        match self.mechanism {
            Mechanism::Plain | Mechanism::ScramSha256 | Mechanism::ScramSha512 => {
                form.text(Setting::new("username", "User name"), &mut self.username);
                form.value(Setting::new("password", "Password"), &mut self.password, &[]);
            }
            Mechanism::Gssapi => {
                form.text(Setting::new("principal", "Principal").hint("user@REALM"), &mut self.principal);
                let service = Setting::new("kerberos_service", "Service name").help(
                    "First part of the brokers' principal: `kafka` of `kafka/broker.example.com@REALM`",
                );
                form.text(service, &mut self.kerberos_service);
                form.pick(Setting::new("kerberos", "Ticket from"), &mut self.kerberos);
                if self.kerberos == Kerberos::Keytab {
                    let keytab = Setting::new("keytab", "Keytab")
                        .hint("path")
                        .help("File with the principal's key; the program `kinit` must be there");
                    form.text(keytab, &mut self.keytab);
                }
            }
            Mechanism::Oauthbearer => self.token(form),
        }
    }

    fn token(&mut self, form: &mut dyn Form) {
        form.pick(Setting::new("token", "Token from"), &mut self.token);
        match self.token {
            Token::Oidc => {
                form.text(Setting::new("token_url", "Token endpoint").hint("https://…"), &mut self.token_url);
                form.text(Setting::new("client_id", "Client id"), &mut self.client_id);
                form.value(Setting::new("client_secret", "Client secret"), &mut self.client_secret, &[]);
                form.text(Setting::new("scope", "Scope").hint("optional"), &mut self.scope);
                let more = Setting::new("token_parameters", "Further parameters")
                    .help("Sent with the request for a token: `audience` and the like");
                form.value(more, &mut self.token_parameters, &[]);
            }
            Token::AwsMskIam => {
                form.text(Setting::new("aws_region", "Region").hint("eu-central-1"), &mut self.aws_region);
                let id = Setting::new("aws_access_key_id", "Access key id").hint("optional").help(
                    "Empty: AWS's own places count, in this order: its environment variables, the profile in \
                     `~/.aws/credentials`, the role of the container",
                );
                form.text(id, &mut self.aws_access_key_id);
                if !self.aws_access_key_id.is_empty() {
                    let key = Setting::new("aws_secret_access_key", "Secret access key");
                    form.value(key, &mut self.aws_secret_access_key, &[]);
                    let session = Setting::new("aws_session_token", "Session token").hint("optional");
                    form.value(session, &mut self.aws_session_token, &[]);
                }
            }
        }
    }

    fn encryption(&mut self, form: &mut dyn Form) {
        let shown = Encryption {
            ca: &mut self.ca,
            certificate: &mut self.certificate,
            key: &mut self.key,
            key_password: &mut self.key_password,
            skip_host_name: &mut self.skip_host_name,
            skip_certificate: &mut self.skip_certificate,
        };
        shown.form(form, "broker");
    }
}
