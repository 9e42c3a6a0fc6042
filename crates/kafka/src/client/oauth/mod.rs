//! Tokens for SASL's OAUTHBEARER, made or fetched by us and not by librdkafka, so that what fails is told in plain
//! words.

mod aws;
mod msk;
mod oidc;

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flowloom_net::{Failure, Tls};
use flowloom_secret::Secret;
use rdkafka::client::OAuthToken;

use super::security::wrong;
use crate::error::Result;

/// Where tokens come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    Oidc(Oidc),
    MskIam(MskIam),
}

/// A token of an identity provider, by its client credentials (OAuth 2.0, RFC 6749, section 4.4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Oidc {
    pub token_url: String,
    pub client_id: String,
    pub client_secret: Secret,
    /// Several separated by spaces; empty: the provider's default.
    pub scope: String,
    /// Form parameters that the provider asks for besides, such as `audience`.
    pub parameters: BTreeMap<String, String>,
    /// How the token endpoint is trusted; `None`: as this machine trusts.
    pub tls: Option<Tls>,
}

/// A token of Amazon MSK: a request to connect that is signed by AWS credentials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MskIam {
    /// `eu-central-1`.
    pub region: String,
    pub credentials: AwsCredentials,
}

/// Who signs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AwsCredentials {
    /// As AWS's own tools find them: the environment (`AWS_…`), a profile in `~/.aws`, the container's credentials.
    #[default]
    Chain,
    /// A profile of `~/.aws/credentials`.
    Profile(String),
    Keys {
        access_key_id: String,
        secret_access_key: Secret,
        session_token: Option<Secret>,
    },
}

impl Token {
    /// What is wrong with the settings.
    pub(super) fn check(&self) -> Result<()> {
        match self {
            Self::Oidc(oidc) => oidc.check(),
            Self::MskIam(msk) => msk.check(),
        }
    }

    pub(super) fn secrets(&self, secrets: &mut Vec<Secret>) {
        match self {
            Self::Oidc(oidc) => secrets.push(oidc.client_secret.clone()),
            Self::MskIam(msk) => {
                if let AwsCredentials::Keys { secret_access_key, session_token, .. } = &msk.credentials {
                    secrets.push(secret_access_key.clone());
                    secrets.extend(session_token.clone());
                }
            }
        }
    }

    /// A new token, within `limit`. librdkafka asks for the next one after four fifths of its life.
    pub(crate) fn make(&self, limit: Duration) -> std::result::Result<OAuthToken, Failure> {
        match self {
            Self::Oidc(oidc) => oidc.fetch(limit, now()),
            Self::MskIam(msk) => {
                let credentials = msk.credentials.find(limit)?;
                msk.sign(&credentials, now(), msk::USER_AGENT)
            }
        }
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// Whether a setting is filled in and has nothing in it that a URL or a header cannot hold.
fn filled(field: &str, value: &str) -> Result<()> {
    if value.trim().is_empty() {
        return Err(wrong(format!("the {field} is empty")));
    }
    if value.chars().any(char::is_control) {
        return Err(wrong(format!("the {field} has a line break or another control character in it")));
    }
    Ok(())
}
