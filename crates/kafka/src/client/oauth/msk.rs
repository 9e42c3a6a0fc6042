//! The token of Amazon MSK: a presigned request for `kafka-cluster:Connect`, in URL-safe Base64.
//!
//! Signed as AWS's Signature Version 4 says for query parameters
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>) and laid out as AWS's
//! own signers for MSK do.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sha::sha256;
use openssl::sign::Signer;
use rdkafka::client::OAuthToken;

use super::super::security::wrong;
use super::aws::Keys;
use super::{AwsCredentials, MskIam, filled};
use crate::error::Result;

/// How long a token may be used, in seconds; MSK allows no longer.
const LIFETIME: u64 = 900;

pub(super) const USER_AGENT: &str = concat!("flowloom/", env!("CARGO_PKG_VERSION"));

impl MskIam {
    pub(super) fn check(&self) -> Result<()> {
        filled("AWS region", &self.region)?;
        if !self.region.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            return Err(wrong(format!("`{}` is no AWS region; one is `eu-central-1`", self.region)));
        }
        match &self.credentials {
            AwsCredentials::Chain => Ok(()),
            AwsCredentials::Profile(profile) => filled("AWS profile", profile),
            AwsCredentials::Keys { access_key_id, secret_access_key, .. } => {
                filled("access key id", access_key_id)?;
                filled("secret access key", secret_access_key.reveal())
            }
        }
    }

    /// The token of `keys` at `now`, in seconds since 1970.
    pub(super) fn sign(
        &self,
        keys: &Keys,
        now: u64,
        user_agent: &str,
    ) -> std::result::Result<OAuthToken, flowloom_net::Failure> {
        let url = self.presigned(keys, now, user_agent).map_err(|error| {
            flowloom_net::Failure::new("the token for Amazon MSK cannot be signed").details(&error)
        })?;
        let until = (now + LIFETIME).min(keys.until.unwrap_or(u64::MAX));
        Ok(OAuthToken {
            token: URL_SAFE_NO_PAD.encode(url),
            principal_name: keys.access_key_id.clone(),
            lifetime_ms: i64::try_from(until * 1000).unwrap_or(i64::MAX),
        })
    }

    fn presigned(&self, keys: &Keys, now: u64, user_agent: &str) -> std::result::Result<String, ErrorStack> {
        let time = DateTime::from_timestamp(i64::try_from(now).unwrap_or_default(), 0).unwrap_or_default();
        let (date, stamp) = (time.format("%Y%m%d").to_string(), time.format("%Y%m%dT%H%M%SZ").to_string());
        let (host, scope) = (
            format!("kafka.{}.amazonaws.com", self.region),
            format!("{date}/{}/kafka-cluster/aws4_request", self.region),
        );
        // Rising by name, as they are signed.
        let mut parameters = vec![
            ("Action", "kafka-cluster:Connect".to_owned()),
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256".to_owned()),
            ("X-Amz-Credential", format!("{}/{scope}", keys.access_key_id)),
            ("X-Amz-Date", stamp.clone()),
            ("X-Amz-Expires", LIFETIME.to_string()),
        ];
        if let Some(token) = &keys.session_token {
            parameters.push(("X-Amz-Security-Token", token.reveal().to_owned()));
        }
        parameters.push(("X-Amz-SignedHeaders", "host".to_owned()));
        let query = query(&parameters);
        let request = format!("GET\n/\n{query}\nhost:{host}\n\nhost\n{}", hex(&sha256(b"")));
        let text = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{}", hex(&sha256(request.as_bytes())));
        let mut key = format!("AWS4{}", keys.secret_access_key.reveal()).into_bytes();
        for part in [date.as_str(), &self.region, "kafka-cluster", "aws4_request"] {
            key = hmac(&key, part)?;
        }
        let signature = hex(&hmac(&key, &text)?);
        // AWS's signers put the security token after the signed headers; the order is not signed.
        parameters.sort_by_key(|(name, _)| *name == "X-Amz-Security-Token");
        let query = self::query(&parameters);
        let agent = encode(user_agent);
        Ok(format!("https://{host}/?{query}&X-Amz-Signature={signature}&User-Agent={agent}"))
    }
}

fn hmac(key: &[u8], text: &str) -> std::result::Result<Vec<u8>, ErrorStack> {
    let key = PKey::hmac(key)?;
    let mut signer = Signer::new(MessageDigest::sha256(), &key)?;
    signer.sign_oneshot_to_vec(text.as_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        // Writing to a text does not fail.
        write!(out, "{byte:02x}").ok();
        out
    })
}

fn query(parameters: &[(&str, String)]) -> String {
    let pairs: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    pairs.join("&")
}

/// Percent encoding as signatures ask for it: everything but RFC 3986's unreserved characters.
fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").ok();
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use flowloom_secret::Secret;

    use super::*;

    /// Made by AWS's own signer, aws-msk-iam-sasl-signer-python 1.0.2, at 2026-01-02 03:04:05 UTC.
    const GOLDEN: &str = "aHR0cHM6Ly9rYWZrYS5ldS1jZW50cmFsLTEuYW1hem9uYXdzLmNvbS8_QWN0aW9uPWthZmthLWNsdXN0ZXIlM0FDb25uZWN0JlgtQW16LUFsZ29yaXRobT1BV1M0LUhNQUMtU0hBMjU2JlgtQW16LUNyZWRlbnRpYWw9QUtJREVYQU1QTEUlMkYyMDI2MDEwMiUyRmV1LWNlbnRyYWwtMSUyRmthZmthLWNsdXN0ZXIlMkZhd3M0X3JlcXVlc3QmWC1BbXotRGF0ZT0yMDI2MDEwMlQwMzA0MDVaJlgtQW16LUV4cGlyZXM9OTAwJlgtQW16LVNpZ25lZEhlYWRlcnM9aG9zdCZYLUFtei1TaWduYXR1cmU9MDA2MjlhYmU5MDA5NWI5MWMxYTllNDYwYjY3YTAxYThlNGU3NDk5Yjk5ZjU3MTI3NmI5OWRkOTI1OGRkNjVlNSZVc2VyLUFnZW50PWF3cy1tc2staWFtLXNhc2wtc2lnbmVyLXB5dGhvbiUyRjEuMC4y";
    /// The same with the session token `FwoGZXIvYXdzE+x/y==`.
    const GOLDEN_SESSION: &str = "aHR0cHM6Ly9rYWZrYS5ldS1jZW50cmFsLTEuYW1hem9uYXdzLmNvbS8_QWN0aW9uPWthZmthLWNsdXN0ZXIlM0FDb25uZWN0JlgtQW16LUFsZ29yaXRobT1BV1M0LUhNQUMtU0hBMjU2JlgtQW16LUNyZWRlbnRpYWw9QUtJREVYQU1QTEUlMkYyMDI2MDEwMiUyRmV1LWNlbnRyYWwtMSUyRmthZmthLWNsdXN0ZXIlMkZhd3M0X3JlcXVlc3QmWC1BbXotRGF0ZT0yMDI2MDEwMlQwMzA0MDVaJlgtQW16LUV4cGlyZXM9OTAwJlgtQW16LVNpZ25lZEhlYWRlcnM9aG9zdCZYLUFtei1TZWN1cml0eS1Ub2tlbj1Gd29HWlhJdllYZHpFJTJCeCUyRnklM0QlM0QmWC1BbXotU2lnbmF0dXJlPTM5YWM0ODNhZDU2ZjkzMzZhNTM5YTVkNDE4YjA3NmY1ODNlZDc1ZTkwMzQ4NmJiMjZlYmIzOWE1NDA5YWEyODEmVXNlci1BZ2VudD1hd3MtbXNrLWlhbS1zYXNsLXNpZ25lci1weXRob24lMkYxLjAuMg";

    #[test]
    fn tokens_are_those_of_aws_s_own_signer() {
        let msk = MskIam { region: "eu-central-1".into(), ..MskIam::default() };
        let mut keys = Keys {
            access_key_id: "AKIDEXAMPLE".into(),
            secret_access_key: Secret::new("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            session_token: None,
            until: None,
        };
        let agent = "aws-msk-iam-sasl-signer-python/1.0.2";
        let token = msk.sign(&keys, 1_767_323_045, agent).unwrap();
        assert_eq!((token.token.as_str(), token.lifetime_ms), (GOLDEN, 1_767_323_945_000));
        keys.session_token = Some(Secret::new("FwoGZXIvYXdzE+x/y=="));
        keys.until = Some(1_767_323_100);
        let token = msk.sign(&keys, 1_767_323_045, agent).unwrap();
        assert_eq!((token.token.as_str(), token.lifetime_ms), (GOLDEN_SESSION, 1_767_323_100_000));
    }

    #[test]
    fn wrong_settings_are_found_without_asking() {
        let msk = |region: &str| MskIam { region: region.into(), ..MskIam::default() };
        assert!(msk("eu-central-1").check().is_ok());
        assert!(msk("").check().is_err());
        assert_eq!(
            msk("Frankfurt").check().unwrap_err().to_string(),
            "`Frankfurt` is no AWS region; one is `eu-central-1`"
        );
    }
}
