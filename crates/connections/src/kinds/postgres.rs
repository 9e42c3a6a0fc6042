//! `postgres`: a database of `PostgreSQL`, or of a server that speaks its protocol.

use std::time::Duration;

use flowloom_flow::value::{Certificate, Credential};
use flowloom_flow::{Form, Problem, Problems, Setting};
use flowloom_net::{Failure, Passed, Probe, Verify};
use postgres::error::SqlState;
use postgres::{Client, Config, NoTls};
use serde::{Deserialize, Serialize};

use crate::details::chain;
use crate::ssl_mode::{self, Encryption, SslMode};
use crate::{Card, Group, Kind, Parts, Preset, host, wire};

/// A database of `PostgreSQL`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Postgres {
    pub host: String,
    pub port: i64,
    pub database: String,
    pub user: String,
    pub password: Credential,
    pub ssl_mode: SslMode,
    pub ca: Certificate,
    pub certificate: Certificate,
    pub key: Credential,
    pub key_password: Credential,
}

impl Default for Postgres {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            port: 5432,
            database: String::new(),
            user: String::new(),
            password: Credential::Empty,
            ssl_mode: SslMode::Auto,
            ca: Certificate::default(),
            certificate: Certificate::default(),
            key: Credential::Empty,
            key_password: Credential::Empty,
        }
    }
}

impl Kind for Postgres {
    const CARD: &'static Card = &Card {
        id: "postgres",
        name: "PostgreSQL",
        group: Group::Databases,
        blurb: "A database of PostgreSQL, or of a server that speaks its protocol",
        presets: &[
            Preset {
                id: "rds",
                name: "Amazon RDS and Aurora",
                note: "The endpoint is on the instance's page under Connectivity. Download global-bundle.pem from \
                       truststore.pki.rds.amazonaws.com and give its path as the CA certificate.",
                settings: r#"{"host": "", "ssl_mode": "verify-full"}"#,
            },
            Preset {
                id: "supabase",
                name: "Supabase",
                note: "Host and user are shown under Connect. Download the CA certificate from the database's \
                       settings, under SSL configuration.",
                settings: r#"{"host": "", "user": "postgres", "database": "postgres", "ssl_mode": "verify-full"}"#,
            },
            Preset {
                id: "neon",
                name: "Neon",
                note: "Host, user and database are in the connection string on the project's dashboard.",
                settings: r#"{"host": "", "ssl_mode": "verify-full"}"#,
            },
        ],
        schemes: &["postgresql", "postgres"],
    };

    fn form(&mut self, form: &mut dyn Form) {
        form.text(
            Setting::new("host", "Host")
                .help("Name or IP address of the server, or the folder of its socket on this machine"),
            &mut self.host,
        );
        form.integer(
            Setting::new("port", "Port").help("5432 unless the server's `port` says otherwise"),
            &mut self.port,
            1..=65535,
        );
        form.text(
            Setting::new("database", "Database")
                .hint("optional")
                .help("psql lists them with `\\l`. Empty: the one that is named like the user"),
            &mut self.database,
        );
        form.text(
            Setting::new("user", "User").help("A role that may log in; psql lists them with `\\du`"),
            &mut self.user,
        );
        form.value(
            Setting::new("password", "Password")
                .hint("optional")
                .help("Of the role. Empty where the server trusts this machine or a client certificate"),
            &mut self.password,
            &[],
        );
        ssl_mode::form(
            form,
            &self.host,
            &mut self.ssl_mode,
            &mut self.ca,
            &mut self.certificate,
            (&mut self.key, &mut self.key_password),
        );
    }

    fn caption(&self) -> String {
        let mode = ssl_mode::label(self.ssl_mode, &self.host);
        host::caption(&host::at(&self.host, self.port), &self.database, &mode, &self.user)
    }

    fn check(&self, problems: &mut Problems) {
        host::check(problems, &self.host, self.port);
        if self.user.trim().is_empty() {
            problems.error("user", "no user is given");
        }
        self.encryption().check(problems);
    }

    fn test(&self, probe: &mut Probe<'_>) {
        if !self.host.trim().starts_with('/')
            && !wire::steps(probe, &self.encryption(), self.port, wire::POSTGRES)
        {
            return;
        }
        let settings = self.clone();
        let client = probe.step("Login", move |left| {
            let client = settings.client(left)?;
            Ok(Passed::new(client, format!("logged in as {}", settings.user)))
        });
        let Some(client) = client else { return };
        let Some(client) = probe.step("Version", move |left| version(client, left)) else { return };
        probe.step("Rights", move |_| Ok(rights(client)));
    }

    fn of_parts(parts: &Parts) -> Result<Self, Problem> {
        let text = |key: &str| parts.extra(key).unwrap_or_default();
        let host = parts.host.clone().filter(|host| !host.is_empty()).or_else(|| parts.extra("host"));
        Ok(Self {
            host: host.unwrap_or_else(|| "localhost".to_owned()),
            port: host::port_or(parts.port, 5432),
            database: parts.path.clone(),
            user: parts.login.clone().or_else(|| parts.extra("user")).unwrap_or_default(),
            password: parts.password.clone().map_or_else(
                || Credential::of(&text("password")),
                |password| Credential::of(password.reveal()),
            ),
            ssl_mode: SslMode::of_text(&text("sslmode"))?,
            ca: Certificate(text("sslrootcert").replace("system", "")),
            certificate: Certificate(text("sslcert")),
            key: ssl_mode::key_of(&text("sslkey")),
            key_password: Credential::of(&text("sslpassword")),
        })
    }
}

impl Postgres {
    fn encryption(&self) -> Encryption<'_> {
        Encryption {
            host: &self.host,
            mode: self.ssl_mode,
            ca: &self.ca,
            certificate: &self.certificate,
            key: &self.key,
            key_password: &self.key_password,
        }
    }

    /// A client of the database, logged in. Secrets and references have been resolved; `limit`: for reaching it.
    pub fn client(&self, limit: Duration) -> Result<Client, Failure> {
        let mut config = Config::new();
        config
            .host(self.host.trim())
            .port(host::port(self.port))
            .user(&self.user)
            .application_name("flowloom")
            .connect_timeout(limit)
            .tcp_user_timeout(limit.max(Duration::from_secs(1)));
        if !self.database.is_empty() {
            config.dbname(&self.database);
        }
        if let Some(password) = self.password.secret() {
            config.password(password.reveal());
        }
        let client = match self.encryption().tls() {
            None => config.ssl_mode(postgres::config::SslMode::Disable).connect(NoTls),
            Some(tls) => {
                let mut connector = postgres_openssl::MakeTlsConnector::new(tls.openssl_connector()?);
                let is_named = tls.verify == Verify::Full;
                connector.set_callback(move |tls, _| {
                    tls.set_verify_hostname(is_named);
                    Ok(())
                });
                config.ssl_mode(postgres::config::SslMode::Require).connect(connector)
            }
        };
        client.map_err(|error| self.refusal(&error))
    }

    /// Why nobody was let in, in plain words.
    fn refusal(&self, error: &postgres::Error) -> Failure {
        let Self { user, database, .. } = self;
        let database = if database.is_empty() { user } else { database };
        let code = error.code().map_or("", SqlState::code);
        let said = error.as_db_error().map_or("", postgres::error::DbError::message);
        let failure = match code {
            "28P01" => {
                Failure::new(format!("the server refused the password of `{user}`, or knows no such user"))
                    .hint("check user and password; the server does not say which of them is wrong")
            }
            "28000" if said.contains("does not exist") => {
                Failure::new(format!("the server knows no user `{user}`"))
                    .hint("psql lists the users with `\\du`")
            }
            "28000" if said.contains("pg_hba.conf") => Failure::new(format!(
                "the server lets `{user}` not into `{database}` from this machine{}",
                if said.contains("no encryption") { " without TLS" } else { "" }
            ))
            .hint("switch TLS on if it is off, or ask for a line in the server's pg_hba.conf"),
            "28000" if said.contains("certificate authentication failed") => {
                Failure::new(format!("the client certificate is not one of `{user}`, or none was sent"))
                    .hint("give the certificate whose common name is the user's, with its key")
            }
            "28000" => Failure::new(format!("the server does not let `{user}` in"))
                .hint("the role may lack the right to log in, or need a client certificate"),
            "3D000" => Failure::new(format!("there is no database `{database}` on this server"))
                .hint("psql lists the databases with `\\l`"),
            "42501" => Failure::new(format!("`{user}` may not connect to the database `{database}`"))
                .hint("grant it CONNECT on the database"),
            "53300" => Failure::new("the server has no connection left")
                .hint("try again later, or raise its `max_connections`"),
            "57P03" => Failure::new("the server is starting, stopping or recovering").hint("try again later"),
            "" if self.password.is_empty() && chain(error).contains("password missing") => {
                Failure::new(format!("the server asks for a password of `{user}`, and none is given"))
                    .hint("give the password")
            }
            "" if chain(error).contains("server does not support TLS") => {
                Failure::new("the server does not offer TLS")
                    .hint("switch `ssl` on in the server's configuration")
            }
            "" => Failure::new("the connection broke while logging in")
                .hint("check that host and port are those of a PostgreSQL server"),
            _ => Failure::new(format!("the server refused the login: {said}")),
        };
        failure.details(&chain(error))
    }
}

fn version(mut client: Client, left: Duration) -> Result<Passed<Client>, Failure> {
    let failed = |error: postgres::Error| {
        Failure::new("the server did not answer a query").hint("try again").details(&chain(&error))
    };
    client.batch_execute(&format!("SET statement_timeout = {}", left.as_millis().max(1))).map_err(failed)?;
    let row = client.query_one("SELECT version(), current_database()", &[]).map_err(failed)?;
    let version: String = row.get(0);
    let database: String = row.get(1);
    // `PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu, compiled by …`
    let short = version.split([',', '(']).next().unwrap_or_default();
    let short = short.split(" on ").next().unwrap_or_default().trim();
    Ok(Passed::new(client, format!("{short}, database {database}")))
}

fn rights(mut client: Client) -> Passed<()> {
    let refused = |what: &str, error: &postgres::Error| {
        let failure = match error.code().map_or("", SqlState::code) {
            "25006" => Failure::new(format!("{what}: the server or the role is read-only"))
                .hint("reading works; use the primary server if a flow is to write here"),
            "42501" => Failure::new(format!("{what}: the user has no right to"))
                .hint("reading works; grant TEMPORARY on the database if a flow is to write here"),
            _ => Failure::new(format!("{what}: the server refused")).hint("reading may work all the same"),
        };
        Passed::new((), "").warn(failure.details(&chain(error)))
    };
    // Dropped without a commit: nothing stays.
    let temporary = client.transaction().and_then(|mut transaction| {
        transaction.batch_execute("CREATE TEMPORARY TABLE flowloom_test (n integer) ON COMMIT DROP")
    });
    if let Err(error) = temporary {
        return refused("no temporary table can be created", &error);
    }
    let schema = "SELECT current_schema(), has_schema_privilege(current_schema(), 'CREATE')";
    let row = match client.query_one(schema, &[]) {
        Ok(row) => row,
        Err(error) => return refused("rights cannot be asked for", &error),
    };
    match (row.get::<_, Option<String>>(0), row.get::<_, Option<bool>>(1)) {
        (Some(schema), Some(true)) => Passed::new((), format!("tables can be created in schema {schema}")),
        (Some(schema), _) => Passed::new((), "").warn(
            Failure::new(format!("no table can be created in schema `{schema}`"))
                .hint("reading and tables that are there may work; grant CREATE on the schema if a flow is to make one"),
        ),
        (None, _) => Passed::new((), "").warn(
            Failure::new("the user's search path names no schema that is there")
                .hint("write tables with their schema: `sales.orders`"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use flowloom_flow::Secret;
    use serde_json::json;

    use super::*;
    use crate::kinds::tests::{parts, told};

    #[test]
    fn a_uri_is_read_with_its_mode_and_certificates() {
        let mut uri = parts("postgresql", "app", "hunter2", "db.example.com", Some(6432), "shop");
        uri.extra.insert("sslmode".to_owned(), json!("require"));
        uri.extra.insert("sslrootcert".to_owned(), json!("/etc/pg/ca.pem"));
        let settings = Postgres::of_parts(&uri).expect("read");
        assert_eq!(settings.caption(), "db.example.com:6432/shop · TLS require as app");
        assert_eq!(settings.password.secret().map(Secret::reveal), Some("hunter2"));
        assert_eq!((settings.ca.0.as_str(), settings.ssl_mode), ("/etc/pg/ca.pem", SslMode::Require));
        uri.extra.insert("sslmode".to_owned(), json!("sometimes"));
        assert!(Postgres::of_parts(&uri).expect_err("unknown").to_string().contains("`sometimes`"));
        let bare = Postgres::of_parts(&Parts::default()).expect("read");
        assert_eq!((bare.host.as_str(), bare.port, bare.ssl_mode), ("localhost", 5432, SslMode::Auto));
    }

    #[test]
    fn what_is_wrong_is_told_by_its_field() {
        assert_eq!(told(&Postgres { user: "app".to_owned(), ..Postgres::default() }), Vec::<String>::new());
        let wrong = Postgres { host: "app:hunter2@db".to_owned(), port: 0, ..Postgres::default() };
        assert_eq!(told(&wrong), ["error host", "error port", "error user"]);
        let remote = Postgres { host: "db".to_owned(), user: "app".to_owned(), ..Postgres::default() };
        assert_eq!(told(&remote), Vec::<String>::new());
        let plain = Postgres { ssl_mode: SslMode::Disable, ..remote.clone() };
        assert_eq!(told(&plain), ["warning ssl_mode"]);
        let unchecked = Postgres { ssl_mode: SslMode::Require, ..remote.clone() };
        assert_eq!(told(&unchecked), ["warning ssl_mode"]);
        let half = Postgres { certificate: Certificate("/etc/pg/me.pem".to_owned()), ..remote };
        assert_eq!(told(&half), ["error key"]);
    }
}
