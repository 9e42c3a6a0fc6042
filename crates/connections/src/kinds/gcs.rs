//! `gcs`: a bucket of Google Cloud Storage.

use std::sync::Arc;
use std::time::Duration;

use flowloom_flow::value::{Certificate, Credential, is_reference};
use flowloom_flow::{Choice, Choices, Form, Problem, Problems, Setting};
use flowloom_net::{Failure, Passed, Probe};
use object_store::gcp::{GoogleCloudStorage, GoogleCloudStorageBuilder};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::bucket::{self, About, Opened};
use crate::runtime::{runtime, wait};
use crate::{Card, Group, Kind, Parts, wire};

/// Who asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GcsLogin {
    #[default]
    ServiceAccount,
    /// Google's application default credentials: a file that gcloud wrote, or the machine's own account.
    Environment,
    Anonymous,
}

impl Choices for GcsLogin {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::ServiceAccount, Choice { key: "service_account", label: "Service account" }),
        (Self::Environment, Choice { key: "environment", label: "Environment" }),
        (Self::Anonymous, Choice { key: "anonymous", label: "Anonymous" }),
    ];
}

/// A bucket.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gcs {
    pub bucket: String,
    pub prefix: String,
    pub login: GcsLogin,
    pub service_account_key: Credential,
    pub endpoint: String,
}

impl Kind for Gcs {
    const CARD: &'static Card = &Card {
        id: "gcs",
        name: "Google Cloud Storage",
        group: Group::Storage,
        blurb: "A bucket of Google Cloud Storage",
        presets: &[],
        schemes: &["gs", "gcs", "google-cloud-platform", "google_cloud_platform", "gcpstorage"],
    };

    fn form(&mut self, form: &mut dyn Form) {
        form.text(
            Setting::new("bucket", "Bucket")
                .help("Its name alone; the console lists them under Cloud Storage, Buckets"),
            &mut self.bucket,
        );
        form.text(
            Setting::new("prefix", "Prefix")
                .hint("optional")
                .help("Everything is read and written below it: `raw/sales`"),
            &mut self.prefix,
        );
        form.section("Credentials", &mut |form| {
            form.pick(
                Setting::new("login", "Who asks").help(
                    "Environment takes what is there where the flow runs: what `gcloud auth application-default login` \
                     wrote, or the machine's own service account",
                ),
                &mut self.login,
            );
            if self.login == GcsLogin::ServiceAccount {
                form.value(
                    Setting::new("service_account_key", "Key file").help(
                        "The JSON of a service account's key, or its path: IAM & Admin, Service accounts, Keys, Add key",
                    ),
                    &mut self.service_account_key,
                    &[],
                );
            }
        });
        form.text(
            Setting::new("endpoint", "Endpoint")
                .hint("optional")
                .help("Only for an emulator: `http://localhost:4443`"),
            &mut self.endpoint,
        );
    }

    fn caption(&self) -> String {
        let prefix = self.prefix.trim_matches('/');
        let slash = if prefix.is_empty() { "" } else { "/" };
        let login = match self.login {
            GcsLogin::ServiceAccount => "service account",
            GcsLogin::Environment => "credentials of the environment",
            GcsLogin::Anonymous => "anonymous",
        };
        format!("gs://{}{slash}{prefix} · {login}", self.bucket)
    }

    fn check(&self, problems: &mut Problems) {
        bucket::check_name(problems, "bucket", "bucket", &self.bucket);
        bucket::check_endpoint(problems, &self.endpoint);
        if self.login != GcsLogin::ServiceAccount {
            return;
        }
        let wrong = match &self.service_account_key {
            Credential::Given(key) if !key.is_empty() => match serde_json::from_str::<Value>(key.reveal()) {
                Ok(key) if key["type"] == "service_account" => return,
                Ok(_) => "the key is of another kind than a service account's",
                Err(_) if key.reveal().trim_start().starts_with('{') => "the key is no whole JSON",
                Err(_) => return,
            },
            key if key.is_empty() => "no key of a service account is given",
            _ => return,
        };
        problems.push(
            Problem::user(wrong)
                .hint("paste the whole file that was downloaded when the key was made, or give its path")
                .at_field("service_account_key"),
        );
    }

    fn test(&self, probe: &mut Probe<'_>) {
        if !wire::endpoint(probe, self.url(), &Certificate::default()) {
            return;
        }
        let about = self.about();
        let (settings, it) = (self.clone(), about.clone());
        let opened = probe.step("Credentials", move |left| {
            let runtime = runtime()?;
            let store = Arc::new(settings.store(left)?);
            if settings.login == GcsLogin::Anonymous {
                return Ok(Passed::new(Opened { runtime, store }, "none, as chosen"));
            }
            let found = wait(&runtime, left, store.credentials().get_credential())?;
            found.map_err(|error| {
                it.failure("Google gave no token for these credentials", &error).hint(
                    "the key may be deleted or the account disabled; with the environment run `gcloud auth \
                     application-default login`",
                )
            })?;
            let source = match settings.login {
                GcsLogin::Environment => bucket::source(
                    &[
                        ("GOOGLE_SERVICE_ACCOUNT", "a token for the account of GOOGLE_SERVICE_ACCOUNT"),
                        (
                            "GOOGLE_APPLICATION_CREDENTIALS",
                            "a token for the account of GOOGLE_APPLICATION_CREDENTIALS",
                        ),
                    ],
                    "a token for the account of gcloud or of this machine",
                ),
                _ => "a token for the service account",
            };
            Ok(Passed::new(Opened { runtime, store }, source))
        });
        if let Some(opened) = opened {
            bucket::steps(probe, &about, opened);
        }
    }

    fn of_parts(parts: &Parts) -> Result<Self, Problem> {
        // Older Airflow writes each extra with its connection's type before it.
        let extra = |name: &str| {
            let long = format!("extra__google_cloud_platform__{name}");
            parts.extra(name).or_else(|| parts.extra(&long)).unwrap_or_default()
        };
        if !extra("impersonation_chain").is_empty() {
            return Err(Problem::user("`impersonation_chain` is not supported")
                .hint("give the key of the service account itself"));
        }
        let (json, path) = (extra("keyfile_dict"), extra("key_path"));
        let service_account_key = match (json.is_empty(), path.is_empty()) {
            (false, _) => Credential::of(&json),
            (true, false) if is_reference(&path) => Credential::of(&path),
            (true, false) => Credential::Reference(format!("${{file:{path}}}")),
            (true, true) => Credential::Empty,
        };
        let is_bucket = matches!(parts.scheme.as_str(), "gs" | "gcs");
        let login = match (extra("anonymous") == "true", service_account_key.is_empty()) {
            (true, _) => GcsLogin::Anonymous,
            (false, true) => GcsLogin::Environment,
            (false, false) => GcsLogin::ServiceAccount,
        };
        let host = parts.host.clone().unwrap_or_default();
        Ok(Self {
            bucket: if is_bucket { host } else { extra("bucket") },
            prefix: if is_bucket { parts.path.clone() } else { String::new() },
            login,
            service_account_key,
            endpoint: extra("endpoint_url"),
        })
    }
}

impl Gcs {
    fn about(&self) -> About {
        // Of the key's JSON the private key is what may be repeated, not the whole.
        let key = self.service_account_key.secret();
        let private = key.and_then(|key| serde_json::from_str::<Value>(key.reveal()).ok());
        let private = private.as_ref().and_then(|key| key["private_key"].as_str());
        About {
            noun: "bucket",
            name: self.bucket.trim().to_owned(),
            prefix: self.prefix.trim().to_owned(),
            secrets: key.cloned().into_iter().chain(private.map(flowloom_flow::Secret::new)).collect(),
        }
    }

    /// Where requests go.
    fn url(&self) -> &str {
        match self.endpoint.trim().trim_end_matches('/') {
            "" => "https://storage.googleapis.com",
            endpoint => endpoint,
        }
    }

    /// The bucket, unsplit: paths are below the bucket, not below the prefix. Secrets and references have been resolved;
    /// `limit`: for each answer.
    pub fn store(&self, limit: Duration) -> Result<GoogleCloudStorage, Failure> {
        let mut builder = match self.login {
            GcsLogin::Environment => GoogleCloudStorageBuilder::from_env(),
            GcsLogin::ServiceAccount | GcsLogin::Anonymous => GoogleCloudStorageBuilder::new(),
        };
        builder = builder
            .with_bucket_name(self.bucket.trim())
            .with_base_url(self.url())
            .with_client_options(bucket::options(limit, &self.endpoint, &Certificate::default())?)
            .with_retry(bucket::retry(limit));
        match (self.login, self.service_account_key.secret()) {
            (GcsLogin::ServiceAccount, None) => {
                return Err(Failure::new("no key of a service account is given")
                    .hint("give the JSON of its key, or choose the credentials of the environment"));
            }
            (GcsLogin::ServiceAccount, Some(key)) => {
                let text = key.reveal().trim();
                builder = if text.starts_with('{') || text.contains('\n') {
                    builder.with_service_account_key(text)
                } else {
                    builder.with_service_account_path(text)
                };
            }
            (GcsLogin::Anonymous, _) => {
                // With a token of its own nobody looks for credentials elsewhere.
                let none = object_store::gcp::GcpCredential { bearer: String::new() };
                let none = object_store::StaticCredentialProvider::new(none);
                builder = builder.with_skip_signature(true).with_credentials(Arc::new(none));
            }
            (GcsLogin::Environment, _) => {}
        }
        builder.build().map_err(|error| {
            let (what, hint) = match self.login {
                GcsLogin::ServiceAccount => (
                    "the key of the service account cannot be used",
                    "paste the whole file that was downloaded when the key was made, or give its path",
                ),
                _ => (
                    "the credentials of the environment cannot be used",
                    "run `gcloud auth application-default login`, or check the file that \
                     GOOGLE_APPLICATION_CREDENTIALS names",
                ),
            };
            self.about().unusable(what, hint, &error)
        })
    }
}

#[cfg(test)]
mod tests {
    use flowloom_flow::Secret;
    use serde_json::json;

    use super::*;
    use crate::kinds::tests::told;

    #[test]
    fn airflows_extras_and_a_plain_uri_are_read() {
        let mut airflow = Parts { scheme: "google-cloud-platform".to_owned(), ..Parts::default() };
        airflow.extra.insert(
            "extra__google_cloud_platform__keyfile_dict".to_owned(),
            json!({"type": "service_account", "private_key": "hunter2"}),
        );
        airflow.extra.insert("bucket".to_owned(), json!("sales"));
        let read = Gcs::of_parts(&airflow).expect("read");
        assert_eq!(told(&read), Vec::<String>::new());
        assert_eq!(read.caption(), "gs://sales · service account");
        assert!(read.about().secrets.iter().any(|secret| secret.reveal() == "hunter2"));
        let mut bare = Parts { scheme: "gs".to_owned(), host: Some("sales".to_owned()), ..Parts::default() };
        assert_eq!(Gcs::of_parts(&bare).expect("read").login, GcsLogin::Environment);
        bare.extra.insert("key_path".to_owned(), json!("/etc/key.json"));
        let read = Gcs::of_parts(&bare).expect("read");
        assert_eq!(read.service_account_key, Credential::Reference("${file:/etc/key.json}".to_owned()));
    }

    #[test]
    fn a_key_that_is_none_is_told_without_its_text() {
        let with = |key: &str| Gcs {
            bucket: "sales".to_owned(),
            service_account_key: Credential::of(key),
            ..Gcs::default()
        };
        for wrong in ["", "{\"type\": \"hunter2\"}", "{\"private_key\": \"hunter2"] {
            assert_eq!(told(&with(wrong)), ["error service_account_key"], "{wrong}");
        }
        assert_eq!(told(&with("/etc/key.json")), Vec::<String>::new());
        let text = "{\"private_key\": \"hunter2";
        let failure = with(text).store(Duration::from_secs(1)).expect_err("no key");
        assert!(!format!("{failure:?}").contains("hunter2"), "{failure:?}");
        assert!(with("").service_account_key.secret().map(Secret::reveal).is_none());
    }
}
