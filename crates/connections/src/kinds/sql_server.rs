//! `sql_server`: a database of Microsoft SQL Server or Azure SQL.

use std::time::Duration;

use flowloom_flow::value::{Certificate, Credential};
use flowloom_flow::{Choice, Choices, Form, Problem, Problems, Secret, Setting};
use flowloom_net::{Failure, Passed, Probe, Tls};
use serde::{Deserialize, Serialize};
use tiberius::error::Error;
use tiberius::{AuthMethod, Client, Config, EncryptionLevel, Row};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt as _};

use crate::details::chain;
use crate::runtime::{runtime, wait};
use crate::ssl_mode::pem;
use crate::{Card, Group, Kind, Parts, Preset, host, wire};

/// What is encrypted, in the words of Microsoft's drivers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encrypt {
    /// TLS from the first byte on, as TDS 8.0 has it: SQL Server 2022 and newer, Azure SQL.
    Strict,
    #[default]
    Mandatory,
    /// The login alone, unless the server asks for more.
    Optional,
}

impl Choices for Encrypt {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::Mandatory, Choice { key: "mandatory", label: "Mandatory" }),
        (Self::Strict, Choice { key: "strict", label: "Strict" }),
        (Self::Optional, Choice { key: "optional", label: "Optional" }),
    ];
}

/// A database of SQL Server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SqlServer {
    pub host: String,
    pub port: i64,
    pub database: String,
    pub user: String,
    pub password: Credential,
    pub encrypt: Encrypt,
    pub trust_server_certificate: bool,
    pub ca: Certificate,
    pub host_name_in_certificate: String,
}

impl Default for SqlServer {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            port: 1433,
            database: String::new(),
            user: String::new(),
            password: Credential::Empty,
            encrypt: Encrypt::default(),
            trust_server_certificate: false,
            ca: Certificate::default(),
            host_name_in_certificate: String::new(),
        }
    }
}

impl Kind for SqlServer {
    const CARD: &'static Card = &Card {
        id: "sql_server",
        name: "SQL Server",
        group: Group::Databases,
        blurb: "A database of Microsoft SQL Server or Azure SQL, with an SQL login",
        presets: &[Preset {
            id: "azure",
            name: "Azure SQL",
            note: "The server's name is on the database's overview page. This machine's address must be allowed under \
                   Networking.",
            settings: r#"{"host": ".database.windows.net", "encrypt": "strict"}"#,
        }],
        schemes: &["mssql", "sqlserver"],
    };

    fn form(&mut self, form: &mut dyn Form) {
        form.text(
            Setting::new("host", "Host")
                .help("Name or IP address of the server, without the name of an instance"),
            &mut self.host,
        );
        form.integer(
            Setting::new("port", "Port").help(
                "1433, or the port of a named instance: the SQL Server Configuration Manager shows it under TCP/IP",
            ),
            &mut self.port,
            1..=65535,
        );
        form.text(
            Setting::new("database", "Database")
                .hint("optional")
                .help("`SELECT name FROM sys.databases` lists them. Empty: the login's own"),
            &mut self.database,
        );
        form.text(
            Setting::new("user", "Login").help("An SQL login: `SELECT name FROM sys.sql_logins` lists them"),
            &mut self.user,
        );
        form.value(Setting::new("password", "Password").help("Of the SQL login"), &mut self.password, &[]);
        form.section("Encryption", &mut |form| {
            form.pick(
                Setting::new("encrypt", "Encrypt").help(
                    "Mandatory encrypts everything. Strict does so before the first byte (SQL Server 2022, Azure \
                     SQL). Optional encrypts the login alone, and rows are sent as they are: dangerous outside of \
                     this machine",
                ),
                &mut self.encrypt,
            );
            form.switch(
                Setting::new("trust_server_certificate", "Trust any certificate")
                    .help("For a server that made its certificate itself; better give that one as CA certificate")
                    .danger("Anybody on the way can pose as the server, and read the password and every row."),
                &mut self.trust_server_certificate,
            );
            if self.trust_server_certificate {
                return;
            }
            form.value(
                Setting::new("ca", "CA certificate").hint("optional").help(
                    "Who signed the server's certificate, as PEM or the path of a file; trusted beside whom this \
                     machine trusts",
                ),
                &mut self.ca,
                &[],
            );
            form.text(
                Setting::new("host_name_in_certificate", "Name in the certificate")
                    .hint("optional")
                    .help("Only where the certificate has another name than the host"),
                &mut self.host_name_in_certificate,
            );
        });
    }

    fn caption(&self) -> String {
        let at = host::at(&self.host, self.port);
        let slash = if self.database.is_empty() { "" } else { "/" };
        let user = if self.user.is_empty() { String::new() } else { format!(" as {}", self.user) };
        let encrypt = match self.encrypt {
            Encrypt::Optional => "TLS for the login".to_owned(),
            encrypt => format!("TLS {}", encrypt.choice().key),
        };
        format!("{at}{slash}{} · {encrypt}{user}", self.database)
    }

    fn check(&self, problems: &mut Problems) {
        if let Some((_, instance)) = self.host.split_once('\\') {
            problems.push(
                Problem::user(format!("the host names the instance `{instance}`"))
                    .hint("write the host alone, and the port of the instance into its field")
                    .at_field("host"),
            );
        } else {
            host::check_network(problems, &self.host, self.port);
        }
        if self.user.trim().is_empty() {
            problems.error("user", "no login is given");
        } else if self.user.contains('\\') {
            problems.push(
                Problem::user(format!("`{}` is a login of Windows", self.user))
                    .hint("use an SQL login: logins of Windows are not supported")
                    .at_field("user"),
            );
        }
        if self.password.is_empty() {
            problems.error("password", "no password is given");
        }
        let warning = |message: &str, hint: &str, field: &str| {
            Problem::user(message).hint(hint).warning().at_field(field)
        };
        if !host::is_local(&self.host) && self.encrypt == Encrypt::Optional {
            problems.push(warning(
                "only the login is encrypted: whoever is in between reads every row",
                "choose Mandatory",
                "encrypt",
            ));
        }
        if !host::is_local(&self.host) && self.trust_server_certificate {
            problems.push(warning(
                "the server's certificate is not checked: whoever is in between can pose as the server",
                "switch it off, and give the CA where the server's is a private one",
                "trust_server_certificate",
            ));
        }
    }

    fn test(&self, probe: &mut Probe<'_>) {
        // TLS is spoken inside of the login's own packets: it is part of that step.
        if wire::reach(probe, &self.host, self.port).is_none() {
            return;
        }
        let settings = self.clone();
        let connected = probe.step("TLS and login", move |left| {
            let connected = settings.client(left)?;
            Ok(Passed::new(connected, format!("logged in as {}", settings.user)))
        });
        let Some(mut connected) = connected else { return };
        let connected = probe.step("Version", move |left| {
            let row = connected.row(
                "SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)), \
                 CAST(SERVERPROPERTY('Edition') AS nvarchar(128)), DB_NAME()",
                left,
            )?;
            let text = |at: usize| {
                row.as_ref().and_then(|row| row.get::<&str, _>(at)).unwrap_or("unknown").to_owned()
            };
            let message = format!("SQL Server {}, {}, database {}", text(0), text(1), text(2));
            Ok(Passed::new(connected, message))
        });
        let Some(mut connected) = connected else { return };
        probe.step("Rights", move |left| rights(&mut connected, left));
    }

    fn of_parts(parts: &Parts) -> Result<Self, Problem> {
        let text = |names: &[&str]| names.iter().find_map(|name| parts.extra(name)).unwrap_or_default();
        let is_yes = |text: &str| matches!(text.to_ascii_lowercase().as_str(), "yes" | "true" | "1");
        let encrypt = match text(&["encrypt", "Encrypt"]).to_ascii_lowercase().as_str() {
            "strict" => Encrypt::Strict,
            "no" | "false" | "optional" | "0" => Encrypt::Optional,
            _ => Encrypt::Mandatory,
        };
        Ok(Self {
            host: parts
                .host
                .clone()
                .filter(|host| !host.is_empty())
                .unwrap_or_else(|| "localhost".to_owned()),
            port: host::port_or(parts.port, 1433),
            database: parts.path.clone(),
            user: parts.login.clone().unwrap_or_default(),
            password: parts
                .password
                .as_ref()
                .map_or(Credential::Empty, |password| Credential::of(password.reveal())),
            encrypt,
            trust_server_certificate: is_yes(&text(&["trustservercertificate", "TrustServerCertificate"])),
            ca: Certificate::default(),
            host_name_in_certificate: text(&["hostnameincertificate", "HostNameInCertificate"]),
        })
    }
}

/// A client, and what it runs on.
pub struct Connected {
    pub runtime: Runtime,
    pub client: Client<Compat<TcpStream>>,
}

impl Connected {
    fn row(&mut self, query: &str, limit: Duration) -> Result<Option<Row>, Failure> {
        let client = &mut self.client;
        let row = wait(&self.runtime, limit, async { client.simple_query(query).await?.into_row().await })?;
        row.map_err(|error| {
            Failure::new("the server did not answer a query").hint("try again").details(&chain(&error))
        })
    }
}

impl SqlServer {
    fn config(&self, limit: Duration) -> Result<Config, Failure> {
        let mut config = Config::new();
        config.host(self.host.trim());
        config.port(host::port(self.port));
        if !self.database.is_empty() {
            config.database(&self.database);
        }
        config.application_name("flowloom");
        config.authentication(AuthMethod::sql_server(
            &self.user,
            self.password.secret().map_or("", Secret::reveal),
        ));
        config.handshake_timeout(Some(limit));
        config.command_timeout(Some(limit));
        config.encryption(match self.encrypt {
            Encrypt::Strict => EncryptionLevel::Strict,
            Encrypt::Mandatory => EncryptionLevel::Required,
            Encrypt::Optional => EncryptionLevel::Off,
        });
        if self.trust_server_certificate {
            config.trust_cert();
        } else {
            let tls = Tls { ca: pem(&self.ca), ..Tls::default() };
            if let Some(ca) = tls.ca_pem()? {
                config.trust_cert_ca_bundle(ca);
            }
            if !self.host_name_in_certificate.trim().is_empty() {
                config.hostname_in_certificate(self.host_name_in_certificate.trim());
            }
        }
        Ok(config)
    }

    /// A client of the server, logged in. Secrets and references have been resolved; `limit`: for reaching it, and for
    /// each answer.
    pub fn client(&self, limit: Duration) -> Result<Connected, Failure> {
        let runtime = runtime()?;
        let mut config = self.config(limit)?;
        let client = wait(&runtime, limit, async {
            match open(config.clone()).await {
                // Azure sends a client on to the machine that has the database.
                Err(Error::Routing { host, port }) => {
                    config.host(host);
                    config.port(port);
                    open(config).await
                }
                other => other,
            }
        })?;
        let client = client.map_err(|error| self.refusal(&error))?;
        Ok(Connected { runtime, client })
    }

    /// Why nobody was let in, in plain words.
    fn refusal(&self, error: &Error) -> Failure {
        let Self { user, database, .. } = self;
        let failure = match (error.code(), error) {
            (Some(18456), _) => Failure::new(format!("the server refused the password of `{user}`, or knows no such login"))
                .hint(
                    "check login and password; the server must allow SQL logins, and its log says which of them is \
                     wrong",
                ),
            (Some(4060), _) => {
                Failure::new(format!("there is no database `{database}` on this server, or `{user}` may not open it"))
                    .hint("`SELECT name FROM sys.databases` lists those that the login may see")
            }
            (Some(18452), _) => Failure::new("the server lets only logins of Windows in")
                .hint("switch the server to SQL Server and Windows Authentication mode"),
            (Some(18486..=18488), _) => {
                Failure::new(format!("the login `{user}` is locked, or its password is expired or must be changed"))
                    .hint("change the password with another program first")
            }
            (Some(40615), _) => Failure::new("the server's firewall lets no one in from this machine")
                .hint("add this machine's address under Networking in the Azure portal"),
            (Some(40613 | 40197 | 40501), _) => {
                Failure::new("the database is not available at the moment").hint("try again in a minute")
            }
            (Some(_), Error::Server(token)) => {
                Failure::new(format!("the server refused the login: {}", token.message()))
            }
            (_, Error::Tls(_)) => Failure::new("TLS could not be set up with the server").hint(
                "check the CA certificate, and that the certificate is for this host; SQL Server makes itself one \
                 that nobody trusts until it is given a real one",
            ),
            _ => Failure::new("the connection broke while logging in")
                .hint("check that host and port are those of an SQL Server, and that Strict is not asked of an older one"),
        };
        failure.details(&chain(error))
    }
}

async fn open(config: Config) -> Result<Client<Compat<TcpStream>>, Error> {
    let stream = TcpStream::connect(config.get_addr()).await?;
    stream.set_nodelay(true)?;
    Client::connect(config, stream.compat_write()).await
}

fn rights(connected: &mut Connected, limit: Duration) -> Result<Passed<()>, Failure> {
    let row = connected.row(
        "SELECT HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'CREATE TABLE'), \
         CAST(DATABASEPROPERTYEX(DB_NAME(), 'Updateability') AS nvarchar(128))",
        limit,
    )?;
    let may = row.as_ref().and_then(|row| row.get::<i32, _>(0)) == Some(1);
    let is_read_only = row.as_ref().and_then(|row| row.get::<&str, _>(1)) == Some("READ_ONLY");
    Ok(match (is_read_only, may) {
        (true, _) => Passed::new((), "").warn(
            Failure::new("the database is read-only")
                .hint("reading works; use the primary server if a flow is to write here"),
        ),
        (false, false) => {
            Passed::new((), "").warn(Failure::new("no table can be created: the user has no right to").hint(
                "reading and tables that are there may work; grant CREATE TABLE if a flow is to make one",
            ))
        }
        (false, true) => Passed::new((), "tables can be created"),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kinds::tests::{parts, told};

    fn settings() -> SqlServer {
        SqlServer {
            host: "db.example.com".to_owned(),
            user: "app".to_owned(),
            password: Credential::of("hunter2"),
            ..SqlServer::default()
        }
    }

    #[test]
    fn a_uri_is_read_as_odbc_names_its_extras() {
        let mut uri = parts("mssql", "app", "hunter2", "db.example.com", None, "shop");
        let read = SqlServer::of_parts(&uri).expect("read");
        assert_eq!(read, SqlServer { database: "shop".to_owned(), ..settings() });
        assert_eq!(read.caption(), "db.example.com:1433/shop · TLS mandatory as app");
        uri.extra.insert("Encrypt".to_owned(), json!("no"));
        uri.extra.insert("TrustServerCertificate".to_owned(), json!("yes"));
        let read = SqlServer::of_parts(&uri).expect("read");
        assert_eq!(told(&read), ["warning encrypt", "warning trust_server_certificate"]);
    }

    #[test]
    fn what_is_wrong_is_told_by_its_field() {
        assert_eq!(told(&settings()), Vec::<String>::new());
        assert_eq!(told(&SqlServer { host: "db\\SQLEXPRESS".to_owned(), ..settings() }), ["error host"]);
        assert_eq!(told(&SqlServer { user: "CORP\\me".to_owned(), ..settings() }), ["error user"]);
        assert_eq!(told(&SqlServer::default()), ["error user", "error password"]);
    }

    #[test]
    fn a_server_that_is_none_is_told_as_such() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
        let port = i64::from(listener.local_addr().expect("address").port());
        drop(listener);
        let settings = SqlServer { host: "127.0.0.1".to_owned(), port, ..settings() };
        let failure = settings.client(Duration::from_secs(5)).err().expect("refused");
        assert!(failure.message.starts_with("the connection broke"), "{failure:?}");
        let tls = settings.refusal(&Error::Tls("self-signed certificate".to_owned()));
        assert!(tls.message.starts_with("TLS could not") && tls.details.contains("self-signed"), "{tls:?}");
        let missing = SqlServer { ca: Certificate("/nowhere/ca.pem".to_owned()), ..settings };
        assert!(
            missing
                .client(Duration::from_secs(5))
                .err()
                .expect("no file")
                .message
                .contains("/nowhere/ca.pem")
        );
    }
}
