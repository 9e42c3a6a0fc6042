//! HTTP with the connection's own certificates and credentials: registries, Vault and token endpoints are asked here.
//!
//! Blocking, each request within one time limit. An answer has a largest size, credentials never follow a redirect to
//! another place, and an [`HttpError`] is a plain sentence that holds no credential.

mod answer;
mod error;
mod identity;
mod tls;

#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flowloom_secret::Secret;
use serde::Serialize;
use serde::de::DeserializeOwned;
use ureq::Agent;
use ureq::config::Config;
use ureq::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use ureq::http::{HeaderName, HeaderValue, Method, Request};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{ConnectProxyConnector, Connector as _, TcpConnector};
use url::Url;

use crate::tls::Tls;

pub use error::{HttpError, HttpErrorKind};

/// Redirects within the same server that are followed.
const MOST_REDIRECTS: usize = 5;

/// Who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Auth {
    #[default]
    None,
    Basic {
        user: String,
        password: Secret,
    },
    Bearer(Secret),
    /// A header of the service's own, such as Vault's `X-Vault-Token`.
    Header {
        name: String,
        value: Secret,
    },
}

/// How a service is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAccess {
    /// For `https`; `None`: whom this machine trusts, and no certificate of ours.
    pub tls: Option<Tls>,
    pub auth: Auth,
    /// Sent with every request; nothing secret.
    pub headers: Vec<(String, String)>,
    /// For each request with all of its redirects.
    pub timeout: Duration,
}

impl Default for HttpAccess {
    fn default() -> Self {
        Self { tls: None, auth: Auth::None, headers: Vec::new(), timeout: Duration::from_secs(10) }
    }
}

/// A field of a form.
#[derive(Clone, Copy, Debug)]
pub enum Field<'a> {
    Plain(&'a str),
    /// Cut out of every error.
    Secret(&'a Secret),
}

impl<'a> Field<'a> {
    fn text(self) -> &'a str {
        match self {
            Self::Plain(text) => text,
            Self::Secret(secret) => secret.reveal(),
        }
    }
}

/// A client; clones share their connections.
#[derive(Clone)]
pub struct Http {
    agent: Agent,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// What no error may hold.
    hidden: Vec<Secret>,
    timeout: Duration,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

impl Http {
    /// A client that asks as `access` says. Reads certificates and keys, and asks nobody yet.
    ///
    /// Fails with [`HttpErrorKind::Certificates`] and [`HttpErrorKind::Header`].
    pub fn new(access: &HttpAccess) -> Result<Self, HttpError> {
        let connector = tls::TlsConnector::new(access.tls.as_ref())?;
        let config = Config::builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("flowloom/", env!("CARGO_PKG_VERSION")))
            .build();
        let chain =
            ().chain(ConnectProxyConnector::default()).chain(TcpConnector::default()).chain(connector);
        let mut headers = vec![(ACCEPT, HeaderValue::from_static("application/json"))];
        for (name, value) in &access.headers {
            headers.push((header_name(name)?, header_value(name, value)?));
        }
        let mut hidden = Vec::new();
        let credential = match &access.auth {
            Auth::None => None,
            Auth::Basic { user, password } => {
                let login = Secret::new(format!("{user}:{}", password.reveal()));
                let login = Secret::new(STANDARD.encode(login.reveal()));
                let value = Secret::new(format!("Basic {}", login.reveal()));
                hidden.extend([password.clone(), login]);
                Some((AUTHORIZATION, header_value("Authorization", value.reveal())?))
            }
            Auth::Bearer(token) => {
                let value = Secret::new(format!("Bearer {}", token.reveal()));
                hidden.push(token.clone());
                Some((AUTHORIZATION, header_value("Authorization", value.reveal())?))
            }
            Auth::Header { name, value } => {
                hidden.push(value.clone());
                Some((header_name(name)?, header_value(name, value.reveal())?))
            }
        };
        if let Some((name, mut value)) = credential {
            value.set_sensitive(true);
            headers.push((name, value));
        }
        let agent = Agent::with_parts(config, chain, DefaultResolver::default());
        Ok(Self { agent, headers, hidden, timeout: access.timeout })
    }

    /// The same client with another time limit for each request.
    #[must_use]
    pub fn within(&self, timeout: Duration) -> Self {
        Self { timeout, ..self.clone() }
    }

    /// What `url` answers. An empty body is `null`.
    pub fn get_json<T: DeserializeOwned>(&self, url: &str) -> Result<T, HttpError> {
        self.ask(&Method::GET, url, None, &[])
    }

    pub fn post_json<T: DeserializeOwned>(&self, url: &str, body: &impl Serialize) -> Result<T, HttpError> {
        self.ask(&Method::POST, url, Some(&("application/json", json(body)?)), &[])
    }

    pub fn put_json<T: DeserializeOwned>(&self, url: &str, body: &impl Serialize) -> Result<T, HttpError> {
        self.ask(&Method::PUT, url, Some(&("application/json", json(body)?)), &[])
    }

    /// Posts a form, as token endpoints ask for it.
    pub fn post_form<T: DeserializeOwned>(
        &self,
        url: &str,
        fields: &[(&str, Field<'_>)],
    ) -> Result<T, HttpError> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields.iter().map(|(name, field)| (name, field.text())));
        let body = Secret::new(form.finish());
        let hidden: Vec<_> = fields
            .iter()
            .filter_map(|(_, field)| match field {
                Field::Secret(secret) => Some((*secret).clone()),
                Field::Plain(_) => None,
            })
            .collect();
        self.ask(&Method::POST, url, Some(&("application/x-www-form-urlencoded", body)), &hidden)
    }

    fn ask<T: DeserializeOwned>(
        &self,
        method: &Method,
        url: &str,
        body: Option<&(&str, Secret)>,
        hidden: &[Secret],
    ) -> Result<T, HttpError> {
        let mut url = parse(url)?;
        let answer = self.follow(method, &mut url, body);
        answer.and_then(|body| answer::json(&url, &body)).map_err(|error| {
            self.hidden.iter().chain(hidden).fold(error, |error, secret| error.without(secret.reveal()))
        })
    }

    /// Asks, and asks again where the same server sends a question without a body to.
    fn follow(
        &self,
        method: &Method,
        url: &mut Url,
        body: Option<&(&str, Secret)>,
    ) -> Result<Vec<u8>, HttpError> {
        let until = std::time::Instant::now() + self.timeout;
        for _ in 0..=MOST_REDIRECTS {
            let left = until.saturating_duration_since(std::time::Instant::now());
            let sent = self.send(method, url, body, left.max(Duration::from_millis(1)));
            let response = sent.map_err(|error| error::of_transport(url, self.timeout, error))?;
            if !response.status().is_redirection() {
                return answer::body(url, self.timeout, response);
            }
            let to = answer::redirect(url, &response)?;
            if body.is_some() || to.origin() != url.origin() {
                return Err(HttpErrorKind::Redirect { from: place(url), to: place(&to) }.into());
            }
            *url = to;
        }
        Err(HttpErrorKind::Redirect { from: place(url), to: place(url) }.into())
    }

    fn send(
        &self,
        method: &Method,
        url: &Url,
        body: Option<&(&str, Secret)>,
        left: Duration,
    ) -> Result<answer::Response, ureq::Error> {
        let mut request = Request::builder().method(method).uri(url.as_str());
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        match body {
            None => {
                let request = request.body(())?;
                self.agent.run(self.agent.configure_request(request).timeout_global(Some(left)).build())
            }
            Some((kind, text)) => {
                let request = request.header(CONTENT_TYPE, *kind).body(text.reveal())?;
                self.agent.run(self.agent.configure_request(request).timeout_global(Some(left)).build())
            }
        }
    }
}

fn json(body: &impl Serialize) -> Result<Secret, HttpError> {
    let text = serde_json::to_string(body);
    text.map(Secret::new)
        .map_err(|error| HttpError::new(HttpErrorKind::Body { reason: "it is no JSON".to_owned() }, &error))
}

fn header_name(name: &str) -> Result<HeaderName, HttpError> {
    HeaderName::try_from(name)
        .map_err(|error| HttpError::new(HttpErrorKind::Header { name: name.to_owned() }, &error))
}

fn header_value(name: &str, value: &str) -> Result<HeaderValue, HttpError> {
    HeaderValue::try_from(value)
        .map_err(|error| HttpError::new(HttpErrorKind::Header { name: name.to_owned() }, &error))
}

/// `text` as the URL of a service, which holds no credential.
///
/// Fails with [`HttpErrorKind::Url`] and [`HttpErrorKind::CredentialsInUrl`].
pub fn parse(text: &str) -> Result<Url, HttpError> {
    let wrong = |reason: &str| HttpErrorKind::Url { reason: reason.to_owned() };
    let url = match Url::parse(text.trim()) {
        Ok(url) => url,
        // Nothing of the text is repeated: it may hold a password where the parser saw none.
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            return Err(wrong("it starts with neither `https://` nor `http://`").into());
        }
        Err(error) => return Err(HttpError::new(wrong("it cannot be read"), &error)),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(HttpErrorKind::CredentialsInUrl { host: place(&url) }.into());
    }
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("it starts with neither `https://` nor `http://`").into());
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(wrong("it names no host").into());
    }
    Ok(url)
}

/// Where `url` leads: scheme, host and port, and nothing that could be secret.
fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{host}{port}", url.scheme())
}
