//! `azure_blob`: a container of Azure Blob Storage or Data Lake Storage.

use std::sync::Arc;
use std::time::Duration;

use flowloom_flow::value::{Certificate, Credential};
use flowloom_flow::{Choice, Choices, Form, Problem, Problems, Secret, Setting};
use flowloom_net::{Failure, Passed, Probe};
use object_store::azure::{MicrosoftAzure, MicrosoftAzureBuilder};
use serde::{Deserialize, Serialize};

use crate::bucket::{self, About, Opened};
use crate::runtime::{runtime, wait};
use crate::{Card, Group, Kind, Parts, Preset, wire};

const CLOUD: &str = "blob.core.windows.net";

/// Who asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AzureLogin {
    #[default]
    AccountKey,
    Sas,
    ServicePrincipal,
    /// `AZURE_…` variables, a workload's identity, or the machine's own.
    Environment,
    Anonymous,
}

impl Choices for AzureLogin {
    const ALL: &'static [(Self, Choice)] = &[
        (Self::AccountKey, Choice { key: "account_key", label: "Account key" }),
        (Self::Sas, Choice { key: "sas", label: "SAS token" }),
        (Self::ServicePrincipal, Choice { key: "service_principal", label: "Service principal" }),
        (Self::Environment, Choice { key: "environment", label: "Environment" }),
        (Self::Anonymous, Choice { key: "anonymous", label: "Anonymous" }),
    ];
}

/// A container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AzureBlob {
    pub account: String,
    pub container: String,
    pub prefix: String,
    pub login: AzureLogin,
    pub account_key: Credential,
    pub sas_token: Credential,
    pub tenant_id: String,
    pub client_id: String,
    pub client_secret: Credential,
    pub endpoint: String,
}

impl Kind for AzureBlob {
    const CARD: &'static Card = &Card {
        id: "azure_blob",
        name: "Azure Blob Storage",
        group: Group::Storage,
        blurb: "A container of Azure Blob Storage or Data Lake Storage",
        presets: &[Preset {
            id: "azurite",
            name: "Azurite",
            note: "The emulator's account; its well-known key is in Azurite's documentation.",
            settings: r#"{"account": "devstoreaccount1", "endpoint": "http://127.0.0.1:10000/devstoreaccount1"}"#,
        }],
        schemes: &["wasb", "wasbs", "abfs", "abfss", "az", "azure"],
    };

    fn form(&mut self, form: &mut dyn Form) {
        form.text(
            Setting::new("account", "Storage account")
                .help("Its name alone: the portal lists storage accounts"),
            &mut self.account,
        );
        form.text(
            Setting::new("container", "Container")
                .help("The portal lists them in the account, under Containers"),
            &mut self.container,
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
                    "Environment takes what is there where the flow runs: AZURE_CLIENT_ID and its like, a workload's \
                     identity, or the machine's own",
                ),
                &mut self.login,
            );
            match self.login {
                AzureLogin::AccountKey => form.value(
                    Setting::new("account_key", "Account key")
                        .help("In the account, under Security + networking, Access keys; it opens the whole account"),
                    &mut self.account_key,
                    &[],
                ),
                AzureLogin::Sas => form.value(
                    Setting::new("sas_token", "SAS token")
                        .help("`sv=…&sig=…`: in the container, under Shared access tokens"),
                    &mut self.sas_token,
                    &[],
                ),
                AzureLogin::ServicePrincipal => self.principal(form),
                AzureLogin::Environment | AzureLogin::Anonymous => {}
            }
        });
        form.text(
            Setting::new("endpoint", "Endpoint").hint("optional").help(
                "Only for an emulator or another cloud, with the account in it: \
                 `http://127.0.0.1:10000/devstoreaccount1`",
            ),
            &mut self.endpoint,
        );
    }

    fn caption(&self) -> String {
        let prefix = self.prefix.trim_matches('/');
        let slash = if prefix.is_empty() { "" } else { "/" };
        let login = match self.login {
            AzureLogin::ServicePrincipal => format!("service principal {}", self.client_id),
            AzureLogin::Environment => "credentials of the environment".to_owned(),
            login => login.choice().label.to_lowercase().replace("sas", "SAS"),
        };
        format!("{}/{}{slash}{prefix} · {login}", self.account, self.container)
    }

    fn check(&self, problems: &mut Problems) {
        let account = self.account.trim();
        if account.is_empty() {
            problems.error("account", "no storage account is given");
        } else if !account.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
            problems.push(
                Problem::user("the storage account is no name of one")
                    .hint("write its name alone: small letters and digits")
                    .at_field("account"),
            );
        }
        bucket::check_name(problems, "container", "container", &self.container);
        bucket::check_endpoint(problems, &self.endpoint);
        let mut needs = |is_empty: bool, field: &str, what: &str| {
            if is_empty {
                problems.error(field, format!("no {what} is given"));
            }
        };
        match self.login {
            AzureLogin::AccountKey => needs(self.account_key.is_empty(), "account_key", "account key"),
            AzureLogin::Sas => needs(self.sas_token.is_empty(), "sas_token", "SAS token"),
            AzureLogin::ServicePrincipal => {
                needs(self.tenant_id.trim().is_empty(), "tenant_id", "tenant");
                needs(self.client_id.trim().is_empty(), "client_id", "client id");
                needs(self.client_secret.is_empty(), "client_secret", "client secret");
            }
            AzureLogin::Environment | AzureLogin::Anonymous => {}
        }
    }

    fn test(&self, probe: &mut Probe<'_>) {
        if !wire::endpoint(probe, &self.url(), &Certificate::default()) {
            return;
        }
        let about = self.about();
        let (settings, it) = (self.clone(), about.clone());
        let opened = probe.step("Credentials", move |left| {
            let runtime = runtime()?;
            let store = Arc::new(settings.store(left)?);
            if settings.login == AzureLogin::Anonymous {
                return Ok(Passed::new(Opened { runtime, store }, "none, as chosen"));
            }
            let found = wait(&runtime, left, store.credentials().get_credential())?;
            found.map_err(|error| {
                it.failure("Azure gave no token for these credentials", &error).hint(
                    "check tenant, client and secret: a secret expires; or give this machine an identity",
                )
            })?;
            let source = match settings.login {
                AzureLogin::Environment => bucket::source(
                    &[
                        ("AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_ACCOUNT_KEY"),
                        ("AZURE_FEDERATED_TOKEN_FILE", "the workload's identity"),
                        ("AZURE_CLIENT_SECRET", "AZURE_CLIENT_SECRET"),
                        ("AZURE_STORAGE_SAS_KEY", "AZURE_STORAGE_SAS_KEY"),
                    ],
                    "this machine's identity",
                ),
                login => login.choice().label,
            };
            Ok(Passed::new(Opened { runtime, store }, source))
        });
        if let Some(opened) = opened {
            bucket::steps(probe, &about, opened);
        }
    }

    fn of_parts(parts: &Parts) -> Result<Self, Problem> {
        let extra = |name: &str| {
            let long = format!("extra__wasb__{name}");
            parts.extra(name).or_else(|| parts.extra(&long)).unwrap_or_default()
        };
        let mut read = Self { container: extra("container"), endpoint: extra("endpoint"), ..Self::default() };
        read.connection_string(&extra("connection_string"));
        let host = parts.host.clone().unwrap_or_default();
        let host = host.trim_start_matches("https://").trim_end_matches('/');
        let (login, password) = (parts.login.clone().unwrap_or_default(), parts.password.as_ref());
        let secret = password.map_or(Credential::Empty, |password| Credential::of(password.reveal()));
        let of_host = host.split_once('.').map(|(account, _)| account.to_owned());
        match (parts.scheme.as_str(), of_host) {
            // Hadoop's: abfss://container@account.dfs.core.windows.net/folder
            ("abfs" | "abfss" | "wasbs" | "wasb", Some(account))
                if password.is_none() && !login.is_empty() =>
            {
                (read.account, read.container, read.prefix) = (account, login, parts.path.clone());
            }
            ("az" | "azure" | "abfs" | "abfss", None) if !host.is_empty() => {
                (read.container, read.prefix) = (host.to_owned(), parts.path.clone());
                (read.account, read.account_key) = (login, secret);
            }
            // Airflow's: an account and its key, or an application and its secret with the account as the host.
            (_, account) => {
                let tenant = extra("tenant_id");
                if tenant.is_empty() {
                    let named = Some(login).filter(|login| !login.is_empty()).or(account);
                    read.account = named.unwrap_or(read.account);
                    if !secret.is_empty() {
                        read.account_key = secret;
                    }
                } else {
                    read.account = account.unwrap_or_else(|| host.to_owned());
                    (read.tenant_id, read.client_id, read.client_secret) = (tenant, login, secret);
                }
            }
        }
        for key in [extra("shared_access_key"), extra("account_key")].iter().filter(|key| !key.is_empty()) {
            read.account_key = Credential::of(key);
        }
        if !extra("sas_token").is_empty() {
            // A whole URL, or what follows its `?`.
            let token = extra("sas_token");
            read.sas_token = Credential::of(token.split_once('?').map_or(token.as_str(), |(_, query)| query));
        }
        read.login = match &read {
            Self { sas_token, .. } if !sas_token.is_empty() => AzureLogin::Sas,
            Self { account_key, .. } if !account_key.is_empty() => AzureLogin::AccountKey,
            Self { client_secret, .. } if !client_secret.is_empty() => AzureLogin::ServicePrincipal,
            _ => AzureLogin::Environment,
        };
        Ok(read)
    }
}

impl AzureBlob {
    fn principal(&mut self, form: &mut dyn Form) {
        form.text(
            Setting::new("tenant_id", "Tenant")
                .help("Directory (tenant) ID, on the app registration's overview"),
            &mut self.tenant_id,
        );
        form.text(
            Setting::new("client_id", "Client id")
                .help("Application (client) ID, on the app registration's overview"),
            &mut self.client_id,
        );
        form.value(
            Setting::new("client_secret", "Client secret")
                .help("Its value, shown once: App registrations, Certificates & secrets"),
            &mut self.client_secret,
            &[],
        );
    }

    /// Takes what Azure's portal calls a connection string: `AccountName=…;AccountKey=…`.
    fn connection_string(&mut self, text: &str) {
        for (key, value) in text.split(';').filter_map(|part| part.split_once('=')) {
            match key.trim() {
                "AccountName" => value.clone_into(&mut self.account),
                "AccountKey" => self.account_key = Credential::of(value),
                "BlobEndpoint" if !value.contains(CLOUD) => {
                    value.trim_end_matches('/').clone_into(&mut self.endpoint);
                }
                "SharedAccessSignature" => self.sas_token = Credential::of(value),
                _ => {}
            }
        }
    }

    fn about(&self) -> About {
        let secrets = [&self.account_key, &self.sas_token, &self.client_secret];
        let mut secrets: Vec<Secret> = secrets.iter().filter_map(|secret| secret.secret().cloned()).collect();
        // The signature is repeated without the rest of its token.
        let token = self.sas_token.secret().map(Secret::reveal).unwrap_or_default();
        let signature = token.split('&').find_map(|pair| pair.trim_start_matches('?').strip_prefix("sig="));
        secrets.extend(signature.map(Secret::new));
        About {
            noun: "container",
            name: self.container.trim().to_owned(),
            prefix: self.prefix.trim().to_owned(),
            secrets,
        }
    }

    /// Where requests go.
    fn url(&self) -> String {
        match self.endpoint.trim().trim_end_matches('/') {
            "" => format!("https://{}.{CLOUD}", self.account.trim()),
            endpoint => endpoint.to_owned(),
        }
    }

    /// The container, unsplit: paths are below the container, not below the prefix. Secrets and references have been
    /// resolved; `limit`: for each answer.
    pub fn store(&self, limit: Duration) -> Result<MicrosoftAzure, Failure> {
        let text =
            |secret: &Credential| secret.secret().map_or_else(String::new, |it| it.reveal().to_owned());
        let mut builder = match self.login {
            AzureLogin::Environment => MicrosoftAzureBuilder::from_env(),
            _ => MicrosoftAzureBuilder::new(),
        };
        builder = builder
            .with_account(self.account.trim())
            .with_container_name(self.container.trim())
            .with_endpoint(self.url())
            .with_client_options(bucket::options(limit, &self.endpoint, &Certificate::default())?)
            .with_retry(bucket::retry(limit));
        builder = match self.login {
            AzureLogin::AccountKey => builder.with_access_key(text(&self.account_key)),
            AzureLogin::Sas => {
                builder.with_config(object_store::azure::AzureConfigKey::SasKey, text(&self.sas_token))
            }
            AzureLogin::ServicePrincipal => builder.with_client_secret_authorization(
                self.client_id.trim(),
                text(&self.client_secret),
                self.tenant_id.trim(),
            ),
            AzureLogin::Anonymous => builder.with_skip_signature(true),
            AzureLogin::Environment => builder,
        };
        builder.build().map_err(|error| {
            let (what, hint) = match self.login {
                AzureLogin::AccountKey => {
                    ("the account key is none", "copy it again: it is Base64 and often ends with `==`")
                }
                AzureLogin::Sas => ("the SAS token is none", "copy it again: it is written as `sv=…&sig=…`"),
                _ => ("no client can be made of these settings", "check account and endpoint"),
            };
            self.about().unusable(what, hint, &error)
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::kinds::tests::{parts, told};

    fn with(scheme: &str, extra: &str, value: &str) -> AzureBlob {
        let mut parts = Parts { scheme: scheme.to_owned(), ..Parts::default() };
        parts.extra.insert(extra.to_owned(), json!(value));
        parts.extra.insert("container".to_owned(), json!("sales"));
        AzureBlob::of_parts(&parts).expect("read")
    }

    #[test]
    fn airflows_ways_to_log_in_are_told_apart() {
        let read = with(
            "wasb",
            "connection_string",
            "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=aHVudGVyMg==",
        );
        assert_eq!(read.caption(), "shop/sales · account key");
        assert_eq!(read.account_key.secret().map(Secret::reveal), Some("aHVudGVyMg=="));
        assert_eq!(told(&read), Vec::<String>::new());
        let read =
            with("wasb", "extra__wasb__sas_token", "https://shop.blob.core.windows.net/?sv=1&sig=hunter2");
        assert_eq!(
            (read.login, read.sas_token.secret().map(Secret::reveal)),
            (AzureLogin::Sas, Some("sv=1&sig=hunter2"))
        );
        let mut principal = parts("wasb", "app", "hunter2", "shop.blob.core.windows.net", None, "");
        principal.extra.insert("tenant_id".to_owned(), json!("tenant"));
        let read = AzureBlob::of_parts(&principal).expect("read");
        assert_eq!((read.login, read.account.as_str()), (AzureLogin::ServicePrincipal, "shop"));
        assert_eq!(told(&read), ["error container"]);
    }

    #[test]
    fn hadoops_uri_names_container_and_account() {
        let uri = Parts {
            scheme: "abfss".to_owned(),
            login: Some("sales".to_owned()),
            host: Some("shop.dfs.core.windows.net".to_owned()),
            path: "raw".to_owned(),
            ..Parts::default()
        };
        let read = AzureBlob::of_parts(&uri).expect("read");
        assert_eq!(read.caption(), "shop/sales/raw · credentials of the environment");
    }

    #[test]
    fn a_wrong_key_is_told_without_its_text() {
        let settings = AzureBlob {
            account: "shop".to_owned(),
            container: "sales".to_owned(),
            account_key: Credential::of("hunter2 is no base64"),
            ..AzureBlob::default()
        };
        let failure = settings.store(Duration::from_secs(1)).expect_err("no key");
        assert!(!format!("{failure:?}").contains("hunter2"), "{failure:?}");
        assert_eq!(told(&AzureBlob { account: "Shop!".to_owned(), ..settings }), ["error account"]);
    }
}
