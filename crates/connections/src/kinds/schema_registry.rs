//! `schema_registry`: a registry with Confluent's API: Confluent's own, Apicurio, Karapace, Redpanda.

use std::time::Duration;

use flowloom_flow::form::Choices;
use flowloom_flow::value::{Certificate, Credential};
use flowloom_flow::{Choice, Form, Problem, Problems, Secret, Setting};
use flowloom_kafka::registry::{Registry, RegistryAccess};
use flowloom_net::http::{self, Auth};
use flowloom_net::reach::{dns, tcp};
use flowloom_net::{Address, Failure, Passed, Probe};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::encryption::{self, Encryption};
use crate::kind::{Variables, read};
use crate::{Card, Group, Kind, Preset};

const TIMEOUT: Duration = Duration::from_secs(10);

/// A registry and how to log in to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SchemaRegistry {
    pub url: String,
    pub login: Login,
    pub username: String,
    pub password: Credential,
    pub token: Credential,
    pub ca: Certificate,
    pub certificate: Certificate,
    pub key: Credential,
    pub key_password: Credential,
    pub skip_host_name: bool,
    pub skip_certificate: bool,
}

/// How the registry knows who asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Login {
    #[default]
    None,
    Basic,
    Bearer,
}

impl Choices for Login {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::None, Choice { key: "none", label: "None" }),
        (Self::Basic, Choice { key: "basic", label: "Password" }),
        (Self::Bearer, Choice { key: "bearer", label: "Token" }),
    ];
}

impl Kind for SchemaRegistry {
    const CARD: &'static Card = &Card {
        id: "schema_registry",
        name: "Schema registry",
        group: Group::Streams,
        blurb: "A registry with Confluent's API: Confluent, Apicurio, Karapace, Redpanda",
        presets: &[
            Preset {
                id: "local",
                name: "Local registry",
                note: "A registry on this machine without a login.",
                settings: r#"{"url": "http://localhost:8081"}"#,
            },
            Preset {
                id: "confluent_cloud",
                name: "Confluent Cloud",
                note: "User name and password are an API key of Schema Registry and its secret: not that of the cluster.",
                settings: r#"{"url": "https://psrc-XXXXX.REGION.PROVIDER.confluent.cloud", "login": "basic"}"#,
            },
            Preset {
                id: "apicurio",
                name: "Apicurio",
                note: "Confluent's API has a path of its own there.",
                settings: r#"{"url": "http://localhost:8080/apis/ccompat/v7"}"#,
            },
        ],
        schemes: &[],
    };

    fn form(&mut self, form: &mut dyn Form) {
        let url = Setting::new("url", "URL").hint("https://host:port").help(
            "Where its API begins. Apicurio's ends in `/apis/ccompat/v7`; user and password have fields of their own",
        );
        form.text(url, &mut self.url);
        form.pick(Setting::new("login", "Login"), &mut self.login);
        match self.login {
            Login::None => {}
            Login::Basic => {
                form.text(Setting::new("username", "User name"), &mut self.username);
                form.value(Setting::new("password", "Password"), &mut self.password, &[]);
            }
            Login::Bearer => form.value(Setting::new("token", "Token"), &mut self.token, &[]),
        }
        if self.has_tls() {
            form.section("Encryption", &mut |form| self.encryption(form));
        }
    }

    fn caption(&self) -> String {
        // A password in the URL is refused, and until then not shown.
        let url = self.url.trim();
        let url = match (url.split_once("://"), url.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
            _ => url.to_owned(),
        };
        match self.login {
            Login::Basic if !self.username.is_empty() => format!("{url} · as {}", self.username),
            Login::Bearer => format!("{url} · with a token"),
            Login::Basic | Login::None => url,
        }
    }

    fn check(&self, problems: &mut Problems) {
        let url = self.url.trim();
        if url.is_empty() {
            problems.error("url", "the URL is missing");
        } else if !url.contains("${")
            && let Err(error) = http::parse(url)
        {
            problems.push(
                Problem::user(error.to_string()).hint(super::in_a_sentence(&error.hint())).at_field("url"),
            );
        }
        let (is_basic, is_bearer) = (self.login == Login::Basic, self.login == Login::Bearer);
        for (is_missing, field, what) in [
            (is_basic && self.username.is_empty(), "username", "the user name is missing"),
            (is_basic && self.password.is_empty(), "password", "the password is missing"),
            (is_bearer && self.token.is_empty(), "token", "the token is missing"),
        ] {
            if is_missing {
                problems.error(field, what);
            }
        }
        if self.login != Login::None && url.starts_with("http://") && !is_local(url) {
            problems.push(
                Problem::user("the login goes over an open line: anybody on the way can read it")
                    .hint("write `https://` if the registry knows it")
                    .warning()
                    .at_field("url"),
            );
        }
        if self.has_tls() && self.skip_certificate {
            let warning = Problem::user("the registry's certificate is not verified");
            problems.push(
                warning.hint("switch it off outside of experiments").warning().at_field("skip_certificate"),
            );
        }
    }

    fn test(&self, probe: &mut Probe<'_>) {
        let access = self.access();
        let Some(address) = address(&self.url) else { return };
        let Some(servers) = dns(probe, &[address]) else { return };
        let Some(reached) = tcp(probe, &servers) else { return };
        if let Some(tls) = &access.tls
            && flowloom_net::tls::tls(probe, reached, tls).is_none()
        {
            return;
        }
        let made = probe.step("Client", move |_| match Registry::new(&access) {
            Ok(registry) => Ok(Passed::new(registry, "ready")),
            Err(error) => Err(Failure::from(error)),
        });
        if let Some(registry) = made {
            registry.test(probe);
        }
    }

    fn of_variables(variables: &Variables<'_>) -> Option<Result<Self, Problem>> {
        // `DATABASE_URL` and many others end like this.
        if !variables.prefix.ends_with("SCHEMA_REGISTRY") {
            return None;
        }
        let mut settings = Map::from_iter([("url".to_owned(), json!(variables.get("URL")?))]);
        let mut put = |key: &str, ending: &str| {
            let found = variables.get(ending);
            let is_there = found.is_some();
            settings.extend(found.map(|text| (key.to_owned(), Value::String(text))));
            is_there
        };
        let has_password = put("username", "USERNAME") | put("password", "PASSWORD");
        let has_token = put("token", "TOKEN");
        put("ca", "SSL_CA_LOCATION");
        if has_password || has_token {
            settings.insert("login".to_owned(), json!(if has_token { "bearer" } else { "basic" }));
        }
        Some(read(settings))
    }
}

impl SchemaRegistry {
    /// How a client asks it; secrets have been unlocked.
    pub fn access(&self) -> RegistryAccess {
        let secret = |credential: &Credential| credential.secret().cloned().unwrap_or_default();
        let verify = encryption::verify(self.skip_certificate, self.skip_host_name);
        let tls = || encryption::tls(&self.ca, &self.certificate, &self.key, &self.key_password, verify);
        RegistryAccess {
            url: self.url.trim().to_owned(),
            auth: match self.login {
                Login::None => Auth::None,
                Login::Basic => Auth::Basic { user: self.username.clone(), password: secret(&self.password) },
                Login::Bearer => Auth::Bearer(Secret::new(secret(&self.token).reveal().trim())),
            },
            tls: self.has_tls().then(tls),
            timeout: TIMEOUT,
        }
    }

    fn has_tls(&self) -> bool {
        !self.url.trim().starts_with("http://")
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
        shown.form(form, "registry");
    }
}

/// Where the registry listens.
fn address(url: &str) -> Option<Address> {
    let url = http::parse(url.trim()).ok()?;
    let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
    Some(Address { host, port: url.port_or_known_default()? })
}

fn is_local(url: &str) -> bool {
    address(url).is_some_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(registry: &SchemaRegistry) -> Vec<String> {
        let mut problems = Problems::default();
        registry.check(&mut problems);
        problems.into_vec().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_password_in_the_url_is_refused_and_never_shown() {
        let registry =
            SchemaRegistry { url: "https://app:registry-secret@host".into(), ..SchemaRegistry::default() };
        let found = problems(&registry);
        assert!(
            found[0].starts_with("url: the URL of `https://host` holds a user or a password"),
            "{found:?}"
        );
        assert!(!found.concat().contains("registry-secret"));
        assert_eq!(registry.caption(), "https://host");
    }

    #[test]
    fn what_is_missing_and_what_is_open_is_told() {
        let basic = SchemaRegistry {
            url: "http://host:8081".into(),
            login: Login::Basic,
            ..SchemaRegistry::default()
        };
        let found = problems(&basic);
        assert_eq!(found[..2], ["username: the user name is missing", "password: the password is missing"]);
        assert!(found[2].contains("open line"), "{found:?}");
        let local = SchemaRegistry { url: "http://[::1]:8081".into(), ..basic };
        assert_eq!(problems(&local).len(), 2);
        assert_eq!(problems(&SchemaRegistry::default()), ["url: the URL is missing"]);
    }

    #[test]
    fn variables_of_a_registry_are_told_from_others() {
        let get = |name: &str| match name {
            "PROD_SCHEMA_REGISTRY_URL" | "DATABASE_URL" => Some("https://host".to_owned()),
            "PROD_SCHEMA_REGISTRY_USERNAME" => Some("app".to_owned()),
            "PROD_SCHEMA_REGISTRY_PASSWORD" => Some("registry-secret".to_owned()),
            _ => None,
        };
        let of = |prefix: &str| SchemaRegistry::of_variables(&Variables { prefix: prefix.into(), get: &get });
        let registry = of("PROD_SCHEMA_REGISTRY").expect("there").expect("read");
        assert_eq!((registry.login, registry.caption().as_str()), (Login::Basic, "https://host · as app"));
        assert!(of("DATABASE").is_none());
    }
}
