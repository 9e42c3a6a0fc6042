//! `mysql`: a database of `MySQL` or `MariaDB`.

use std::io::Write as _;
use std::time::Duration;

use flowloom_flow::value::{Certificate, Credential};
use flowloom_flow::{Form, Problem, Problems, Secret, Setting};
use flowloom_net::{Failure, Passed, Probe, Verify};
use mysql::prelude::Queryable as _;
use mysql::{ClientIdentity, Conn, Error, OptsBuilder, SslOpts};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::details::chain;
use crate::ssl_mode::{self, Encryption, SslMode};
use crate::{Card, Group, Kind, Parts, Preset, host, wire};

/// A database of `MySQL` or `MariaDB`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mysql {
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

impl Default for Mysql {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            port: 3306,
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

impl Kind for Mysql {
    const CARD: &'static Card = &Card {
        id: "mysql",
        name: "MySQL",
        group: Group::Databases,
        blurb: "A database of MySQL or MariaDB",
        presets: &[
            Preset {
                id: "rds",
                name: "Amazon RDS and Aurora",
                note: "The endpoint is on the instance's page under Connectivity. Download global-bundle.pem from \
                       truststore.pki.rds.amazonaws.com and give its path as the CA certificate.",
                settings: r#"{"host": "", "ssl_mode": "verify-full"}"#,
            },
            Preset {
                id: "planetscale",
                name: "PlanetScale",
                note: "Host, user and password are shown once, under Connect.",
                settings: r#"{"host": "", "ssl_mode": "verify-full"}"#,
            },
        ],
        schemes: &["mysql", "mariadb"],
    };

    fn form(&mut self, form: &mut dyn Form) {
        form.text(Setting::new("host", "Host").help("Name or IP address of the server"), &mut self.host);
        form.integer(
            Setting::new("port", "Port").help("3306 unless the server's `port` says otherwise"),
            &mut self.port,
            1..=65535,
        );
        form.text(
            Setting::new("database", "Database")
                .hint("optional")
                .help("`SHOW DATABASES` lists them. Empty: tables are written with their database"),
            &mut self.database,
        );
        form.text(
            Setting::new("user", "User")
                .help("`SELECT user, host FROM mysql.user` lists users and where from"),
            &mut self.user,
        );
        form.value(
            Setting::new("password", "Password").hint("optional").help("Of the user on this server"),
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
        host::check_network(problems, &self.host, self.port);
        if self.user.trim().is_empty() {
            problems.error("user", "no user is given");
        }
        self.encryption().check(problems);
    }

    fn test(&self, probe: &mut Probe<'_>) {
        if !wire::steps(probe, &self.encryption(), self.port, wire::MYSQL) {
            return;
        }
        let settings = self.clone();
        let client = probe.step("Login", move |left| {
            let client = settings.client(left)?;
            Ok(Passed::new(client, format!("logged in as {}", settings.user)))
        });
        let Some(client) = client else { return };
        let Some(client) = probe.step("Version", move |_| version(client)) else { return };
        if self.database.is_empty() {
            probe.skip("Rights", "no database is chosen to look at");
            return;
        }
        probe.step("Rights", move |_| Ok(rights(client)));
    }

    fn of_parts(parts: &Parts) -> Result<Self, Problem> {
        // Airflow has the files in one extra: `ssl: {"ca": …, "cert": …, "key": …}`, as text or as JSON.
        let ssl = match parts.extra.get("ssl") {
            Some(serde_json::Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
            Some(serde_json::Value::Object(map)) => map.clone(),
            _ => serde_json::Map::new(),
        };
        let text = |names: &[&str], of_ssl: &str| {
            let given = names.iter().find_map(|name| parts.extra(name));
            given.or_else(|| ssl.get(of_ssl)?.as_str().map(str::to_owned)).unwrap_or_default()
        };
        let host = parts.host.clone().filter(|host| !host.is_empty());
        Ok(Self {
            host: host.unwrap_or_else(|| "localhost".to_owned()),
            port: host::port_or(parts.port, 3306),
            database: parts.path.clone(),
            user: parts.login.clone().unwrap_or_default(),
            password: parts
                .password
                .as_ref()
                .map_or(Credential::Empty, |password| Credential::of(password.reveal())),
            ssl_mode: SslMode::of_text(&text(&["ssl_mode", "ssl-mode"], ""))?,
            ca: Certificate(text(&["ssl_ca", "ssl-ca"], "ca")),
            certificate: Certificate(text(&["ssl_cert", "ssl-cert"], "cert")),
            key: ssl_mode::key_of(&text(&["ssl_key", "ssl-key"], "key")),
            key_password: Credential::Empty,
        })
    }
}

impl Mysql {
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

    /// A client of the server, logged in. Secrets and references have been resolved; `limit`: for reaching it, and for
    /// each answer.
    pub fn client(&self, limit: Duration) -> Result<Conn, Failure> {
        let limit = limit.max(Duration::from_millis(1));
        let mut options = OptsBuilder::new()
            .ip_or_hostname(Some(self.host.trim()))
            .tcp_port(host::port(self.port))
            .prefer_socket(false)
            .user(Some(self.user.as_str()))
            .pass(self.password.secret().map(Secret::reveal))
            .db_name(Some(self.database.as_str()).filter(|name| !name.is_empty()))
            .tcp_connect_timeout(Some(limit))
            .read_timeout(Some(limit))
            .write_timeout(Some(limit));
        // The client takes files only; they are gone once it is connected.
        let mut files = Vec::new();
        if let Some(tls) = self.encryption().tls() {
            let mut ssl = SslOpts::default()
                .with_danger_accept_invalid_certs(tls.verify == Verify::Nothing)
                .with_danger_skip_domain_validation(tls.verify != Verify::Full);
            if let Some(ca) = tls.ca_pem()? {
                let file = file(&ca)?;
                ssl = ssl.with_root_cert_path(Some(file.path().to_owned()));
                files.push(file);
            }
            if let Some((identity, password)) = tls.pkcs12()? {
                let file = file(&identity)?;
                let identity = ClientIdentity::new(file.path().to_owned());
                ssl = ssl.with_client_identity(Some(identity.with_password(password.reveal().to_owned())));
                files.push(file);
            }
            options = options.ssl_opts(ssl);
        }
        let client = Conn::new(options).map_err(|error| self.refusal(&error));
        drop(files);
        client
    }

    /// Why nobody was let in, in plain words.
    fn refusal(&self, error: &Error) -> Failure {
        let Self { user, database, .. } = self;
        let failure = match error {
            Error::MySqlError(refused) => match refused.code {
                1045 | 1698 => {
                    let password = if self.password.is_empty() {
                        "no password was given"
                    } else {
                        "a password was given"
                    };
                    Failure::new(format!("the server refused `{user}` ({password})")).hint(
                        "check user and password, that the user may come from this machine, and whether it must use \
                         TLS or a client certificate; the server does not say which of them is wrong",
                    )
                }
                1044 => {
                    Failure::new(format!("`{user}` may not use the database `{database}`, or there is none"))
                        .hint("grant the user rights on it; `SHOW DATABASES` lists those it may see")
                }
                1049 => Failure::new(format!("there is no database `{database}` on this server"))
                    .hint("`SHOW DATABASES` lists them"),
                1040 | 1203 | 1226 => Failure::new("the server has no connection left")
                    .hint("try again later, or raise its limits"),
                1130 => Failure::new("the server lets no user in from this machine")
                    .hint("a user's host part must match this machine's address"),
                1129 => Failure::new("the server has blocked this machine after too many failed attempts")
                    .hint("ask for `FLUSH HOSTS` on the server"),
                3159 => Failure::new("the server asks for TLS, and it is switched off here")
                    .hint("choose Verify full"),
                1251 | 2059 => Failure::new("the server wants a way of logging in that is not supported")
                    .hint("mysql_native_password, caching_sha2_password and sha256_password are"),
                _ => Failure::new(format!("the server refused the login: {}", refused.message)),
            },
            Error::TlsError(_) => Failure::new("TLS could not be set up with the server")
                .hint("check the CA certificate, and that the certificate is for this host"),
            Error::DriverError(mysql::DriverError::TlsNotSupported) => {
                Failure::new("the server does not offer TLS")
                    .hint("give the server a certificate: `ssl_cert`, `ssl_key`")
            }
            _ => Failure::new("the connection broke while logging in")
                .hint("check that host and port are those of a MySQL server"),
        };
        failure.details(&chain(error))
    }
}

/// A file that only this user can read.
fn file(bytes: &[u8]) -> Result<NamedTempFile, Failure> {
    let write = || {
        let mut file = NamedTempFile::new()?;
        file.write_all(bytes)?;
        file.flush().map(|()| file)
    };
    write().map_err(|error| {
        Failure::new("no temporary file could be written for the client")
            .hint("make room in the folder for temporary files")
            .details(&error)
    })
}

fn version(mut client: Conn) -> Result<Passed<Conn>, Failure> {
    let failed = |error: &Error| {
        Failure::new("the server did not answer a query").hint("try again").details(&chain(error))
    };
    let row: Option<(String, Option<String>)> =
        client.query_first("SELECT VERSION(), DATABASE()").map_err(|error| failed(&error))?;
    let (version, database) = row.unwrap_or_default();
    // `8.4.3` or `10.11.19-MariaDB-0+deb12u1`
    let name = if version.contains("MariaDB") { "MariaDB" } else { "MySQL" };
    let number = version.split('-').next().unwrap_or_default();
    let database =
        database.map_or_else(|| "no database chosen".to_owned(), |name| format!("database {name}"));
    Ok(Passed::new(client, format!("{name} {number}, {database}")))
}

fn rights(mut client: Conn) -> Passed<()> {
    let tried = client
        .query_drop("CREATE TEMPORARY TABLE flowloom_test (n INT)")
        .and_then(|()| client.query_drop("DROP TEMPORARY TABLE flowloom_test"));
    match tried {
        Ok(()) => Passed::new((), "temporary tables can be created"),
        Err(error) => {
            let failure = match &error {
                Error::MySqlError(refused) if matches!(refused.code, 1290 | 1792 | 1836) => {
                    Failure::new("no temporary table can be created: the server is read-only")
                        .hint("reading works; use the primary server if a flow is to write here")
                }
                Error::MySqlError(refused) if matches!(refused.code, 1044 | 1142 | 1227) => {
                    Failure::new("no temporary table can be created: the user has no right to")
                        .hint("reading works; grant CREATE TEMPORARY TABLES if a flow is to write here")
                }
                _ => Failure::new("no temporary table can be created").hint("reading may work all the same"),
            };
            Passed::new((), "").warn(failure.details(&chain(&error)))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kinds::tests::{parts, told};

    #[test]
    fn a_uri_is_read_with_the_files_that_airflow_names() {
        let mut uri = parts("mysql", "app", "hunter2", "db.example.com", None, "shop");
        uri.extra.insert("ssl".to_owned(), json!(r#"{"ca": "/etc/my/ca.pem"}"#));
        uri.extra.insert("ssl_mode".to_owned(), json!("VERIFY_IDENTITY"));
        let settings = Mysql::of_parts(&uri).expect("read");
        assert_eq!(settings.caption(), "db.example.com:3306/shop · TLS verify-full as app");
        assert_eq!(settings.password.secret().map(Secret::reveal), Some("hunter2"));
        assert_eq!((settings.ca.0.as_str(), settings.ssl_mode), ("/etc/my/ca.pem", SslMode::VerifyFull));
    }

    #[test]
    fn what_is_wrong_is_told_by_its_field() {
        assert_eq!(told(&Mysql { user: "app".to_owned(), ..Mysql::default() }), Vec::<String>::new());
        assert_eq!(
            told(&Mysql { host: "/run/mysqld".to_owned(), ..Mysql::default() }),
            ["error host", "error user"]
        );
        let remote = Mysql { host: "db".to_owned(), user: "app".to_owned(), ..Mysql::default() };
        assert_eq!(told(&Mysql { ssl_mode: SslMode::Disable, ..remote }), ["warning ssl_mode"]);
    }

    #[test]
    fn error_numbers_become_sentences() {
        let settings = Mysql { user: "app".to_owned(), database: "shop".to_owned(), ..Mysql::default() };
        for (code, words) in
            [(1045, "no password was given"), (1049, "no database `shop`"), (3159, "asks for TLS")]
        {
            let error = mysql::MySqlError { state: "HY000".to_owned(), message: "raw".to_owned(), code };
            let failure = settings.refusal(&Error::MySqlError(error));
            assert!(failure.message.contains(words) && failure.details.contains("raw"), "{failure:?}");
        }
    }
}
