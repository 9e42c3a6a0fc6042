//! A stand-in for an identity provider such as Keycloak or Okta, with real RS256 signatures: the client credentials
//! grant of RFC 6749, section 4.4, and the keys that brokers check its tokens with (RFC 7517).

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::Signer;
use serde_json::{Value, json};

use crate::http::{Port, Request, Response, Server};
use crate::passwords;

/// A provider at `http://127.0.0.1:PORT`, which is its tokens' issuer too; their audience is `kafka`.
pub(crate) struct Provider {
    server: Server,
}

impl Provider {
    /// The only client, whose secret is [`passwords::OIDC`]; it is the principal `User:flowloom` of a broker.
    pub(crate) const CLIENT: &str = "flowloom";
    /// The only scope; a client may leave it out.
    pub(crate) const SCOPE: &str = "kafka";

    /// The provider that all tests of this process share.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Provider> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    fn start() -> Self {
        let key = rsa();
        let public = json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": "tests",
            "n": URL_SAFE_NO_PAD.encode(key.n().to_vec()), "e": URL_SAFE_NO_PAD.encode(key.e().to_vec()),
        });
        let key = PKey::from_rsa(key).expect("a key");
        let port = Port::take();
        let issuer = format!("http://{}", port.address());
        let server = port.serve(move |request| match (request.method.as_str(), request.target.as_str()) {
            ("GET", "/jwks") => Response::Json(200, json!({"keys": [public]})),
            ("POST", "/token") => grant(request, &issuer, &key),
            _ => Response::Json(404, json!({"error": "not_found"})),
        });
        Self { server }
    }

    /// The issuer.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Where clients fetch tokens.
    pub(crate) fn token_url(&self) -> String {
        format!("{}/token", self.url())
    }

    /// A token that is right in all but its signature: somebody else made it.
    pub(crate) fn forged(&self) -> String {
        token(&self.url(), &PKey::from_rsa(rsa()).expect("a key"))
    }
}

/// Tokens live five minutes.
const LIFETIME_S: u64 = 300;

fn rsa() -> Rsa<Private> {
    Rsa::generate(2048).expect("a new key")
}

fn grant(request: &Request, issuer: &str, key: &PKey<Private>) -> Response {
    let refuse = |status, error: &str| Response::Json(status, json!({"error": error}));
    let body = String::from_utf8_lossy(&request.body);
    let form: Vec<(&str, String)> = body
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name, decoded(value)))
        .collect();
    let field = |wanted: &str| {
        form.iter().find(|(name, _)| *name == wanted).map_or(String::new(), |(_, value)| value.clone())
    };
    // RFC 6749, section 2.3.1: the login is encoded as a form's fields are.
    let basic = request
        .headers
        .get("authorization")
        .and_then(|login| login.strip_prefix("Basic "))
        .and_then(|login| STANDARD.decode(login).ok())
        .and_then(|login| String::from_utf8(login).ok())
        .and_then(|login| login.split_once(':').map(|(id, secret)| (decoded(id), decoded(secret))));
    let (id, secret) = basic.unwrap_or_else(|| (field("client_id"), field("client_secret")));
    if field("grant_type") != "client_credentials" {
        return refuse(400, "unsupported_grant_type");
    }
    if id != Provider::CLIENT || secret != passwords::OIDC {
        return refuse(401, "invalid_client");
    }
    if !["", Provider::SCOPE].contains(&field("scope").as_str()) {
        return refuse(400, "invalid_scope");
    }
    let token = token(issuer, key);
    let answer = json!({
        "access_token": token, "token_type": "Bearer", "expires_in": LIFETIME_S, "scope": Provider::SCOPE,
    });
    Response::Json(200, answer)
}

fn token(issuer: &str, key: &PKey<Private>) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs();
    let claims = json!({
        "iss": issuer, "sub": Provider::CLIENT, "aud": "kafka", "scope": Provider::SCOPE,
        "iat": now, "exp": now + LIFETIME_S,
    });
    let signed = format!("{}.{}", part(json!({"alg": "RS256", "typ": "JWT", "kid": "tests"})), part(claims));
    let signature = Signer::new(MessageDigest::sha256(), key)
        .and_then(|mut signer| signer.sign_oneshot_to_vec(signed.as_bytes()))
        .expect("RSA signs");
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A form's field as its sender meant it.
fn decoded(field: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = field.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits: String = rest.by_ref().take(2).map(char::from).collect();
                u8::from_str_radix(&digits, 16).unwrap_or(b'?')
            }
            _ => byte,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
