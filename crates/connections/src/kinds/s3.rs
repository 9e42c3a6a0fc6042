//! `s3`: a bucket of Amazon S3, or of a service that speaks its protocol.

use std::sync::Arc;
use std::time::Duration;

use flowloom_flow::value::{Certificate, Credential};
use flowloom_flow::{Choice, Choices, Form, Problem, Problems, Secret, Setting};
use flowloom_net::{Failure, Passed, Probe};
use object_store::aws::{AmazonS3, AmazonS3Builder, resolve_bucket_region};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use crate::bucket::{self, About, Opened};
use crate::runtime::{runtime, wait};
use crate::{Card, Group, Kind, Parts, Preset, wire};

/// Who asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum S3Login {
    #[default]
    AccessKey,
    /// `AWS_…` variables, a web identity, a container's or a machine's role: whichever is there, in this order.
    Environment,
    Anonymous,
}

impl Choices for S3Login {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::AccessKey, Choice { key: "access_key", label: "Access key" }),
        (Self::Environment, Choice { key: "environment", label: "Environment" }),
        (Self::Anonymous, Choice { key: "anonymous", label: "Anonymous" }),
    ];
}

/// A bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct S3 {
    pub bucket: String,
    pub prefix: String,
    pub region: String,
    pub endpoint: String,
    pub bucket_in_host: bool,
    pub login: S3Login,
    pub access_key_id: String,
    pub secret_access_key: Credential,
    pub session_token: Credential,
    pub ca: Certificate,
}

impl Default for S3 {
    fn default() -> Self {
        Self {
            bucket: String::new(),
            prefix: String::new(),
            region: "us-east-1".to_owned(),
            endpoint: String::new(),
            bucket_in_host: false,
            login: S3Login::AccessKey,
            access_key_id: String::new(),
            secret_access_key: Credential::Empty,
            session_token: Credential::Empty,
            ca: Certificate::default(),
        }
    }
}

impl Kind for S3 {
    const CARD: &'static Card = &Card {
        id: "s3",
        name: "S3",
        group: Group::Storage,
        blurb: "A bucket of Amazon S3, or of a service that speaks its protocol",
        presets: &[
            Preset {
                id: "minio",
                name: "MinIO",
                note: "The endpoint is the server's API port, 9000 by default, not the console's. Access keys are made \
                       in the console.",
                settings: r#"{"endpoint": "http://localhost:9000"}"#,
            },
            Preset {
                id: "r2",
                name: "Cloudflare R2",
                note: "Put the account's id into the endpoint. Access keys are made under Manage R2 API tokens.",
                settings: r#"{"endpoint": "https://ACCOUNT.r2.cloudflarestorage.com", "region": "auto"}"#,
            },
            Preset {
                id: "b2",
                name: "Backblaze B2",
                note: "Endpoint and region are shown with the bucket; the access key is an application key.",
                settings: r#"{"endpoint": "https://s3.us-west-004.backblazeb2.com", "region": "us-west-004"}"#,
            },
        ],
        schemes: &["s3", "s3a", "aws"],
    };

    fn form(&mut self, form: &mut dyn Form) {
        form.text(
            Setting::new("bucket", "Bucket").help("Its name alone; the console lists buckets"),
            &mut self.bucket,
        );
        form.text(
            Setting::new("prefix", "Prefix")
                .hint("optional")
                .help("Everything is read and written below it: `raw/sales`"),
            &mut self.prefix,
        );
        form.text(
            Setting::new("region", "Region")
                .help("Where the bucket is: the console shows it beside the bucket. The test says it where it is wrong"),
            &mut self.region,
        );
        form.text(
            Setting::new("endpoint", "Endpoint")
                .hint("optional")
                .help("URL of a service that is not Amazon's: `https://minio.example.com:9000`"),
            &mut self.endpoint,
        );
        form.value(
            Setting::new("ca", "CA certificate")
                .hint("PEM or path, optional")
                .help("Who signed the endpoint's certificate, where it is nobody whom this machine trusts"),
            &mut self.ca,
            &[],
        );
        form.switch(
            Setting::new("bucket_in_host", "Bucket in the host name")
                .help("`bucket.host` in place of `host/bucket`, where a service asks for it"),
            &mut self.bucket_in_host,
        );
        form.section("Credentials", &mut |form| {
            form.pick(
                Setting::new("login", "Who asks").help(
                    "Environment takes what is there where the flow runs: AWS_ACCESS_KEY_ID and its like, a web \
                     identity, the role of a container or of a machine",
                ),
                &mut self.login,
            );
            if self.login != S3Login::AccessKey {
                return;
            }
            form.text(
                Setting::new("access_key_id", "Access key id")
                    .help("Begins with AKIA or ASIA on Amazon: IAM, Users, Security credentials"),
                &mut self.access_key_id,
            );
            form.value(
                Setting::new("secret_access_key", "Secret access key")
                    .help("Shown once, when the access key is made"),
                &mut self.secret_access_key,
                &[],
            );
            form.value(
                Setting::new("session_token", "Session token")
                    .hint("optional")
                    .help("Only with keys that expire: their id begins with ASIA"),
                &mut self.session_token,
                &[],
            );
        });
    }

    fn caption(&self) -> String {
        let prefix = self.prefix.trim_matches('/');
        let slash = if prefix.is_empty() { "" } else { "/" };
        let at = match Url::parse(self.endpoint.trim()) {
            Ok(url) => url.host_str().unwrap_or_default().to_owned(),
            Err(_) => self.region.clone(),
        };
        let login = match self.login {
            S3Login::AccessKey => String::new(),
            S3Login::Environment => " · credentials of the environment".to_owned(),
            S3Login::Anonymous => " · anonymous".to_owned(),
        };
        format!("s3://{}{slash}{prefix} · {at}{login}", self.bucket)
    }

    fn check(&self, problems: &mut Problems) {
        bucket::check_name(problems, "bucket", "bucket", &self.bucket);
        if self.region.trim().is_empty() {
            problems.push(
                Problem::user("no region is given")
                    .hint("write the bucket's; most other services take `us-east-1`")
                    .at_field("region"),
            );
        }
        bucket::check_endpoint(problems, &self.endpoint);
        if self.login != S3Login::AccessKey {
            return;
        }
        if self.access_key_id.trim().is_empty() {
            problems.error("access_key_id", "no access key id is given");
        }
        if self.secret_access_key.is_empty() {
            problems.error("secret_access_key", "the access key has no secret");
        }
        if self.access_key_id.starts_with("ASIA") && self.session_token.is_empty() {
            problems.push(
                Problem::user("the access key is one that expires, and has no session token")
                    .hint("give the token that came with the key")
                    .at_field("session_token"),
            );
        }
    }

    fn test(&self, probe: &mut Probe<'_>) {
        if !wire::endpoint(probe, &self.url(), &self.ca) {
            return;
        }
        let about = self.about();
        let (settings, it) = (self.clone(), about.clone());
        let opened = probe.step("Credentials", move |left| {
            let runtime = runtime()?;
            let store = Arc::new(settings.store(left)?);
            if settings.login == S3Login::Anonymous {
                return Ok(Passed::new(Opened { runtime, store }, "none, as chosen"));
            }
            let found = wait(&runtime, left, store.credentials().get_credential())?;
            let found = found.map_err(|error| {
                let failure = it.failure("no credentials", &error);
                Failure { message: "no credentials were found in the environment".to_owned(), ..failure }
                    .hint("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a role")
            })?;
            let source = match settings.login {
                S3Login::Environment => bucket::source(
                    &[
                        ("AWS_ACCESS_KEY_ID", "of AWS_ACCESS_KEY_ID"),
                        ("AWS_WEB_IDENTITY_TOKEN_FILE", "of the web identity"),
                        ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "of the container's role"),
                        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "of the container's role"),
                    ],
                    "of this machine's role",
                ),
                _ => "of this connection",
            };
            Ok(Passed::new(Opened { runtime, store }, format!("key {} {source}", found.key_id)))
        });
        let Some(mut opened) = opened else { return };
        if self.endpoint.trim().is_empty() {
            let (settings, it) = (self.clone(), about.clone());
            let found = probe.step("Region", move |left| {
                settings.is_in_region(&it, &opened, left)?;
                Ok(Passed::new(opened, settings.region.clone()))
            });
            match found {
                Some(found) => opened = found,
                None => return,
            }
        }
        bucket::steps(probe, &about, opened);
    }

    fn of_parts(parts: &Parts) -> Result<Self, Problem> {
        for role in ["role_arn", "profile_name"] {
            if parts.extra.contains_key(role) {
                return Err(Problem::user(format!("`{role}` is not supported")).hint(
                    "take the role outside: the credentials of the environment are used where none are given",
                ));
            }
        }
        // Airflow has what is S3's own in an extra of its own.
        let service = match parts.extra.get("service_config") {
            Some(Value::String(text)) => serde_json::from_str(text).unwrap_or(Value::Null),
            other => other.cloned().unwrap_or_default(),
        };
        let text = |names: &[&str]| {
            let own = names.iter().find_map(|name| service["s3"][*name].as_str().map(str::to_owned));
            own.or_else(|| names.iter().find_map(|name| parts.extra(name))).unwrap_or_default()
        };
        let is_bucket = parts.scheme != "aws";
        let host = parts.host.clone().unwrap_or_default();
        let key = parts.login.clone().filter(|login| !login.is_empty());
        let key = key.unwrap_or_else(|| text(&["aws_access_key_id", "access_key_id"]));
        let secret = parts.password.as_ref().map_or_else(
            || Credential::of(&text(&["aws_secret_access_key", "secret_access_key"])),
            |password| Credential::of(password.reveal()),
        );
        let region = text(&["region_name", "region"]);
        let login = match (key.is_empty(), text(&["anonymous"]).as_str()) {
            (_, "true") => S3Login::Anonymous,
            (true, _) => S3Login::Environment,
            (false, _) => S3Login::AccessKey,
        };
        Ok(Self {
            bucket: if is_bucket { host } else { text(&["bucket_name", "bucket"]) },
            prefix: if is_bucket { parts.path.clone() } else { String::new() },
            region: if region.is_empty() { "us-east-1".to_owned() } else { region },
            endpoint: text(&["endpoint_url", "endpoint"]),
            login,
            access_key_id: key,
            secret_access_key: secret,
            session_token: Credential::of(&text(&["aws_session_token", "session_token"])),
            ..Self::default()
        })
    }
}

impl S3 {
    fn about(&self) -> About {
        let secrets = [&self.secret_access_key, &self.session_token];
        About {
            noun: "bucket",
            name: self.bucket.trim().to_owned(),
            prefix: self.prefix.trim().to_owned(),
            secrets: secrets.iter().filter_map(|secret| secret.secret().cloned()).collect(),
        }
    }

    /// Where requests go.
    fn url(&self) -> String {
        let (endpoint, bucket) = (self.endpoint.trim().trim_end_matches('/'), self.bucket.trim());
        match (endpoint, self.bucket_in_host) {
            ("", false) => format!("https://s3.{}.amazonaws.com", self.region.trim()),
            ("", true) => format!("https://{bucket}.s3.{}.amazonaws.com", self.region.trim()),
            (endpoint, true) => endpoint.replacen("://", &format!("://{bucket}."), 1),
            (endpoint, false) => endpoint.to_owned(),
        }
    }

    /// The bucket, unsplit: paths are below the bucket, not below the prefix. Secrets and references have been resolved;
    /// `limit`: for each answer.
    pub fn store(&self, limit: Duration) -> Result<AmazonS3, Failure> {
        let mut builder = match self.login {
            S3Login::Environment => AmazonS3Builder::from_env(),
            S3Login::AccessKey | S3Login::Anonymous => AmazonS3Builder::new(),
        };
        builder = builder
            .with_bucket_name(self.bucket.trim())
            .with_region(self.region.trim())
            .with_endpoint(self.url())
            .with_virtual_hosted_style_request(self.bucket_in_host)
            .with_allow_http(self.url().starts_with("http://"))
            .with_client_options(bucket::options(limit, &self.endpoint, &self.ca)?)
            .with_retry(bucket::retry(limit));
        match self.login {
            S3Login::AccessKey => {
                builder = builder
                    .with_access_key_id(self.access_key_id.trim())
                    .with_secret_access_key(self.secret_access_key.secret().map_or("", Secret::reveal));
                if let Some(token) = self.session_token.secret() {
                    builder = builder.with_token(token.reveal());
                }
            }
            S3Login::Anonymous => builder = builder.with_skip_signature(true),
            S3Login::Environment => {}
        }
        builder.build().map_err(|error| {
            let hint = "check endpoint and region, and AWS_… variables where the environment counts";
            self.about().unusable("no client can be made of these settings", hint, &error)
        })
    }

    /// Amazon says the region of every bucket to everybody, so that a wrong one is told before it fails in other words.
    fn is_in_region(&self, about: &About, opened: &Opened<AmazonS3>, limit: Duration) -> Result<(), Failure> {
        let options = bucket::options(limit, "", &self.ca)?;
        let found = wait(&opened.runtime, limit, resolve_bucket_region(&about.name, &options))?;
        let is = found.map_err(|error| {
            if error.to_string().contains("not found") {
                return Failure::new(format!("there is no bucket `{}` on Amazon S3", about.name))
                    .hint("check its name, or give the endpoint of the service that has it");
            }
            about.failure("the region of the bucket cannot be asked for", &error)
        })?;
        if is == self.region.trim() {
            return Ok(());
        }
        Err(Failure::new(format!("the bucket `{}` is in {is}, not in {}", about.name, self.region.trim()))
            .hint(format!("write `{is}` as the region")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kinds::tests::{parts, told};

    #[test]
    fn airflows_aws_and_a_plain_uri_are_read() {
        let mut uri = parts("aws", "AKIAEXAMPLE", "hunter2", "", None, "");
        uri.extra.insert("region_name".to_owned(), json!("eu-west-1"));
        uri.extra.insert("endpoint_url".to_owned(), json!("https://minio.example.com:9000"));
        uri.extra.insert("service_config".to_owned(), json!({"s3": {"bucket_name": "sales"}}));
        let read = S3::of_parts(&uri).expect("read");
        assert_eq!(read.caption(), "s3://sales · minio.example.com");
        assert_eq!(told(&read), Vec::<String>::new());
        assert_eq!(read.secret_access_key.secret().map(Secret::reveal), Some("hunter2"));
        let bare = Parts {
            scheme: "s3".to_owned(),
            host: Some("sales".to_owned()),
            path: "raw/2026".to_owned(),
            ..Parts::default()
        };
        let read = S3::of_parts(&bare).expect("read");
        assert_eq!(read.caption(), "s3://sales/raw/2026 · us-east-1 · credentials of the environment");
        assert_eq!(told(&read), Vec::<String>::new());
        uri.extra.insert("role_arn".to_owned(), json!("arn:aws:iam::1:role/x"));
        assert!(S3::of_parts(&uri).expect_err("refused").to_string().contains("`role_arn`"));
    }

    #[test]
    fn half_of_a_key_pair_is_told() {
        let half =
            S3 { bucket: "sales".to_owned(), access_key_id: "ASIAEXAMPLE".to_owned(), ..S3::default() };
        assert_eq!(told(&half), ["error secret_access_key", "error session_token"]);
        let other =
            S3 { bucket: "sales".to_owned(), secret_access_key: Credential::of("hunter2"), ..S3::default() };
        assert_eq!(told(&other), ["error access_key_id"]);
    }

    #[test]
    fn the_bucket_stands_in_the_host_or_behind_it() {
        let of = |endpoint: &str, bucket_in_host| {
            S3 { bucket: "b".to_owned(), endpoint: endpoint.to_owned(), bucket_in_host, ..S3::default() }
                .url()
        };
        assert_eq!(of("", false), "https://s3.us-east-1.amazonaws.com");
        assert_eq!(of("", true), "https://b.s3.us-east-1.amazonaws.com");
        assert_eq!(of("https://x.com/", true), "https://b.x.com");
    }
}
