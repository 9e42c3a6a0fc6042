//! A token of an identity provider.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flowloom_net::Failure;
use flowloom_net::http::{self, Field, Http, HttpAccess, HttpErrorKind};
use flowloom_secret::Secret;
use rdkafka::client::OAuthToken;
use serde::Deserialize;
use serde_json::Value;

use super::super::security::wrong;
use super::{Oidc, filled};
use crate::error::Result;

/// How long a token is taken to live when nobody says it.
const UNTOLD: u64 = 300;

/// What a token endpoint answers (RFC 6749, section 5.1).
#[derive(Deserialize)]
struct Answer {
    access_token: Option<Secretive>,
    expires_in: Option<Value>,
}

/// A text that is read straight into a secret.
struct Secretive(Secret);

impl<'de> Deserialize<'de> for Secretive {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Secret::new(text)))
    }
}

/// The part of a token that says whose it is and until when (RFC 7519).
#[derive(Default, Deserialize)]
struct Claims {
    sub: Option<String>,
    exp: Option<f64>,
}

impl Oidc {
    pub(super) fn check(&self) -> Result<()> {
        filled("token URL", &self.token_url)?;
        filled("client id", &self.client_id)?;
        http::parse(self.token_url.trim())
            .map_err(|error| wrong(format!("the token URL is wrong: {error}")))?;
        if self.client_secret.is_empty() {
            return Err(wrong("the client secret is empty"));
        }
        for name in self.parameters.keys() {
            if ["grant_type", "client_id", "client_secret", "scope"].contains(&name.as_str()) {
                return Err(wrong(format!(
                    "the parameter `{name}` of the token request has a field of its own"
                )));
            }
        }
        Ok(())
    }

    /// Asks the provider. `now`: seconds since 1970.
    pub(super) fn fetch(&self, limit: Duration, now: u64) -> std::result::Result<OAuthToken, Failure> {
        let told = |error: http::HttpError| self.told(&error);
        let access = HttpAccess { tls: self.tls.clone(), timeout: limit, ..HttpAccess::default() };
        let http = Http::new(&access).map_err(told)?;
        let mut fields = vec![
            ("grant_type", Field::Plain("client_credentials")),
            ("client_id", Field::Plain(&self.client_id)),
            ("client_secret", Field::Secret(&self.client_secret)),
        ];
        if !self.scope.trim().is_empty() {
            fields.push(("scope", Field::Plain(self.scope.trim())));
        }
        fields.extend(self.parameters.iter().map(|(name, value)| (name.as_str(), Field::Plain(value))));
        let answer: Answer = http.post_form(self.token_url.trim(), &fields).map_err(told)?;
        let Some(Secretive(token)) = answer.access_token.filter(|token| !token.0.is_empty()) else {
            return Err(Failure::new(format!(
                "the token endpoint of `{}` answers without a token",
                self.host()
            ))
            .hint("Check the token URL: it mostly ends in `/token`"));
        };
        if !token.reveal().chars().all(|c| c.is_ascii_graphic()) {
            return Err(Failure::new(format!(
                "the token of `{}` has characters in it that no token may have",
                self.host()
            ))
            .hint("Check the token URL"));
        }
        let claims = claims(token.reveal());
        let seconds = answer.expires_in.as_ref().and_then(seconds);
        let until = seconds.map(|seconds| now + seconds).or(claims.exp.map(|exp| exp as u64));
        let until = until.unwrap_or(now + UNTOLD);
        if until <= now {
            return Err(Failure::new(format!("the token of `{}` has expired already", self.host()))
                .hint("Check the clock of this machine"));
        }
        Ok(OAuthToken {
            token: token.reveal().to_owned(),
            principal_name: claims
                .sub
                .filter(|sub| !sub.is_empty() && !sub.contains('\0'))
                .unwrap_or_else(|| self.client_id.clone()),
            lifetime_ms: i64::try_from(until * 1000).unwrap_or(i64::MAX),
        })
    }

    /// Who is asked, without the path, which may hold a tenant's id.
    fn host(&self) -> String {
        let url = http::parse(self.token_url.trim());
        url.ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
    }

    fn told(&self, error: &http::HttpError) -> Failure {
        let refused =
            matches!(error.kind, HttpErrorKind::LoginRefused { .. } | HttpErrorKind::Refused { .. });
        let (message, hint) = if refused {
            (
                format!(
                    "the identity provider `{}` gives no token to the client `{}`",
                    self.host(),
                    self.client_id
                ),
                "Check client id, client secret and scope; the details say what the provider objects to"
                    .to_owned(),
            )
        } else {
            (format!("no token: {error}"), error.hint())
        };
        Failure::new(message).hint(hint).details(&error.details)
    }
}

/// Some providers write the number as a text.
fn seconds(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_f64().map(|seconds| seconds as u64))
        .or_else(|| value.as_str()?.parse().ok())
}

/// What a token says of itself; opaque ones say nothing.
fn claims(token: &str) -> Claims {
    let payload =
        token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok());
    payload.and_then(|payload| serde_json::from_slice(&payload).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread::{self, JoinHandle};

    use super::*;

    /// A token endpoint for one request, and what it was asked.
    fn provider(status: &'static str, body: &'static str) -> (String, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/oauth2/token", listener.local_addr().unwrap());
        let served = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream);
            let mut size = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some(length) = line.to_lowercase().strip_prefix("content-length:") {
                    size = length.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut form = vec![0; size];
            reader.read_exact(&mut form).unwrap();
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
            String::from_utf8(form).unwrap()
        });
        (url, served)
    }

    fn oidc(token_url: String) -> Oidc {
        Oidc {
            token_url,
            client_id: "flowloom".into(),
            client_secret: Secret::new("hunter2-client"),
            scope: "kafka read".into(),
            parameters: [("audience".to_owned(), "https://kafka".to_owned())].into(),
            tls: None,
        }
    }

    #[test]
    fn a_token_is_fetched_with_all_parameters() {
        // {"sub":"app-7","exp":4102444800}
        let body = r#"{"access_token":"e30.eyJzdWIiOiJhcHAtNyIsImV4cCI6NDEwMjQ0NDgwMH0.x","token_type":"Bearer","expires_in":600}"#;
        let (url, served) = provider("200 OK", body);
        let token = oidc(url).fetch(Duration::from_secs(5), 1_000).unwrap();
        assert_eq!((token.principal_name.as_str(), token.lifetime_ms), ("app-7", 1_600_000));
        assert_eq!(
            served.join().unwrap(),
            "grant_type=client_credentials&client_id=flowloom&client_secret=hunter2-client&scope=kafka+read&audience=https%3A%2F%2Fkafka"
        );
    }

    #[test]
    fn an_opaque_token_without_a_life_is_taken_all_the_same() {
        let (url, served) = provider("200 OK", r#"{"access_token":"opaque","expires_in":"60"}"#);
        let token = oidc(url).fetch(Duration::from_secs(5), 1_000).unwrap();
        assert_eq!((token.principal_name.as_str(), token.lifetime_ms), ("flowloom", 1_060_000));
        served.join().unwrap();
    }

    #[test]
    fn refusals_are_plain_and_hold_no_secret() {
        for (status, body, says) in [
            (
                "401 Unauthorized",
                r#"{"error":"invalid_client","error_description":"bad hunter2-client"}"#,
                "gives no token to the client `flowloom`",
            ),
            ("400 Bad Request", r#"{"error":"invalid_scope"}"#, "gives no token to the client `flowloom`"),
            ("200 OK", r#"{"token":"x"}"#, "answers without a token"),
            ("200 OK", r#"{"access_token":"a b"}"#, "characters in it that no token may have"),
            ("200 OK", "<html>login</html>", "no token: "),
            ("503 Service Unavailable", "", "no token: "),
        ] {
            let (url, served) = provider(status, body);
            let failure = oidc(url).fetch(Duration::from_secs(5), 1_000).map(drop).unwrap_err();
            assert!(failure.message.contains(says) && !failure.hint.is_empty(), "{failure:?}");
            assert!(!format!("{failure:?}").contains("hunter2"), "{failure:?}");
            served.join().unwrap();
        }
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let away =
            oidc(format!("http://{closed}/token")).fetch(Duration::from_secs(5), 1).map(drop).unwrap_err();
        assert!(away.message.contains("refuses connections"), "{away:?}");
    }

    #[test]
    fn wrong_settings_are_found_without_asking() {
        let url = || "https://login.example.com/token".to_owned();
        assert!(oidc(url()).check().is_ok());
        for (oidc, says) in [
            (oidc(String::new()), "token URL is empty"),
            (oidc("nonsense".into()), "token URL is wrong"),
            (Oidc { client_id: String::new(), ..oidc(url()) }, "client id is empty"),
            (Oidc { client_secret: Secret::default(), ..oidc(url()) }, "client secret is empty"),
            (
                Oidc { parameters: [("scope".to_owned(), String::new())].into(), ..oidc(url()) },
                "field of its own",
            ),
        ] {
            let error = oidc.check().unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
