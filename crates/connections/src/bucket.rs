//! What object stores have in common: their client's options, the steps of their test, and their errors in plain words.

use std::process;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use flowloom_flow::value::Certificate;
use flowloom_flow::{Problem, Problems, Secret};
use flowloom_net::{Failure, Passed, Probe, Tls};
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path;
use object_store::{ClientOptions, Error, ObjectStore, ObjectStoreExt as _, RetryConfig};
use tokio::runtime::Runtime;
use url::Url;

use crate::details::{chain, scrubbed};
use crate::runtime::wait;
use crate::ssl_mode::pem;

/// A bucket, as messages name it.
#[derive(Clone, Debug)]
pub(crate) struct About {
    /// `bucket`, or `container` on Azure.
    pub(crate) noun: &'static str,
    pub(crate) name: String,
    /// Below which everything is read and written; empty for all.
    pub(crate) prefix: String,
    /// What must not stay in details.
    pub(crate) secrets: Vec<Secret>,
}

/// A client and what it runs on.
pub(crate) struct Opened<S> {
    pub(crate) runtime: Runtime,
    pub(crate) store: Arc<S>,
}

/// Options of a client that gives up in time. `ca`: trusted beside whom this machine trusts.
pub(crate) fn options(limit: Duration, endpoint: &str, ca: &Certificate) -> Result<ClientOptions, Failure> {
    let mut options = ClientOptions::new()
        .with_timeout(limit)
        .with_connect_timeout(limit.min(Duration::from_secs(10)))
        .with_allow_http(endpoint.trim().starts_with("http://"));
    let tls = Tls { ca: pem(ca), ..Tls::default() };
    if let Some(ca) = tls.ca_pem()? {
        let certificates = object_store::Certificate::from_pem_bundle(&ca).map_err(|error| {
            Failure::new("the CA certificate cannot be used").hint("check that it is PEM").details(&error)
        })?;
        for certificate in certificates {
            options = options.with_root_certificate(certificate);
        }
    }
    Ok(options)
}

/// One more try, within the time.
pub(crate) fn retry(limit: Duration) -> RetryConfig {
    RetryConfig { max_retries: 1, retry_timeout: limit, ..RetryConfig::default() }
}

/// Which credentials of the environment count: those of the first variable that is set, or the last resort. In the
/// order of `object_store`.
pub(crate) fn source(variables: &[(&str, &'static str)], otherwise: &'static str) -> &'static str {
    let set = variables.iter().find(|(variable, _)| std::env::var_os(variable).is_some());
    set.map_or(otherwise, |(_, source)| *source)
}

/// What is wrong with the name of a bucket.
pub(crate) fn check_name(problems: &mut Problems, field: &str, noun: &str, name: &str) {
    let name = name.trim();
    if name.is_empty() {
        problems.error(field, format!("no {noun} is given"));
    } else if name.contains("://") || name.contains('/') {
        problems.push(
            Problem::user(format!("`{name}` is more than the name of a {noun}"))
                .hint("write what follows the name into the prefix")
                .at_field(field),
        );
    }
}

/// What is wrong with the URL of a service that speaks another's protocol. It is not repeated where it holds a password.
pub(crate) fn check_endpoint(problems: &mut Problems, endpoint: &str) {
    let endpoint = endpoint.trim();
    if endpoint.is_empty() {
        return;
    }
    let problem = match Url::parse(endpoint) {
        Ok(url) if url.host_str().is_none() && endpoint.contains('@') => {
            Problem::user("the endpoint is no URL").hint("write it as `https://host:port`")
        }
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            Problem::user("the endpoint has a user or a password before an `@`")
                .hint("write them into their own fields: a URL is shown, a password is kept locked")
        }
        Ok(url) if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() => {
            Problem::user(format!("`{endpoint}` is no endpoint")).hint("write it as `https://host:port`")
        }
        Ok(url) if url.query().is_some() => {
            Problem::user("the endpoint has a query").hint("write it as `https://host:port`")
        }
        Ok(url) if url.scheme() == "http" && !url.host_str().is_some_and(crate::host::is_local) => {
            Problem::user(
                "nothing is encrypted on the way to the endpoint: whoever is in between reads every row",
            )
            .hint("write it with `https://`")
            .warning()
        }
        Ok(_) => return,
        Err(_) if endpoint.contains('@') => {
            Problem::user("the endpoint is no URL").hint("write it as `https://host:port`")
        }
        Err(error) => {
            Problem::user(format!("`{endpoint}` is no URL: {error}")).hint("write it as `https://host:port`")
        }
    };
    problems.push(problem.at_field("endpoint"));
}

/// The steps after somebody was let in.
pub(crate) fn steps<S>(probe: &mut Probe<'_>, about: &About, opened: Opened<S>)
where
    S: ObjectStore + PaginatedListStore,
{
    let it = about.clone();
    let opened = probe.step(capital(about.noun), move |left| {
        let message = it.is_there(&opened, left)?;
        Ok(Passed::new(opened, message))
    });
    let Some(opened) = opened else { return };
    let it = about.clone();
    let Some(opened) = probe.step("List", move |left| {
        let message = it.list(&opened, left)?;
        Ok(Passed::new(opened, message))
    }) else {
        return;
    };
    let it = about.clone();
    probe.step("Write", move |left| it.write(&opened, left));
}

fn capital(noun: &str) -> &'static str {
    if noun == "bucket" { "Bucket" } else { "Container" }
}

impl About {
    fn path(&self, name: &str) -> Path {
        Path::from(format!("{}/{name}", self.prefix.trim_matches('/')))
    }

    /// Asks for an object that is not there: only a bucket that is there can say so.
    fn is_there<S: ObjectStore>(&self, opened: &Opened<S>, limit: Duration) -> Result<String, Failure> {
        let path = self.path(".flowloom-test-of-the-bucket");
        match wait(&opened.runtime, limit, opened.store.get(&path))? {
            Ok(_) => Ok(format!("{} is there", self.name)),
            Err(error) => match (code(&chain(&error)).as_str(), &error) {
                ("NoSuchKey" | "BlobNotFound" | "ResourceNotFound", _) => {
                    Ok(format!("{} is there", self.name))
                }
                // Who may not list is not told whether an object is there: the next step says more.
                ("AccessDenied", Error::PermissionDenied { .. }) => {
                    Ok(format!("{} may be there; no object of it may be read", self.name))
                }
                ("", Error::NotFound { .. }) => {
                    Ok(format!("{} may be there: the service does not say", self.name))
                }
                _ => Err(self.failure(&format!("the {} `{}` cannot be used", self.noun, self.name), &error)),
            },
        }
    }

    fn list<S: PaginatedListStore>(&self, opened: &Opened<S>, limit: Duration) -> Result<String, Failure> {
        let prefix = self.prefix.trim_matches('/');
        let prefix = (!prefix.is_empty()).then(|| format!("{prefix}/"));
        let page = PaginatedListOptions { max_keys: Some(100), ..PaginatedListOptions::default() };
        let listed = wait(&opened.runtime, limit, opened.store.list_paginated(prefix.as_deref(), page))?;
        let listed = listed.map_err(|error| self.failure("objects cannot be listed", &error))?;
        let below = prefix.map_or_else(String::new, |prefix| format!(" below {prefix}"));
        Ok(match (listed.result.objects.len(), listed.page_token.is_some()) {
            (0, _) => format!("no object{below}"),
            (1, false) => format!("1 object{below}"),
            (count, false) => format!("{count} objects{below}"),
            (count, true) => format!("{count} objects and more{below}"),
        })
    }

    fn write<S: ObjectStore>(&self, opened: &Opened<S>, limit: Duration) -> Result<Passed<()>, Failure> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let path = self.path(&format!(".flowloom-test-{}-{}", process::id(), now.as_nanos()));
        let put = wait(&opened.runtime, limit, opened.store.put(&path, "flowloom".into()))?;
        if let Err(error) = put {
            let failure = self.failure("no object can be written", &error);
            return Ok(Passed::new((), "").warn(Failure {
                hint: "reading works; allow writing if a flow is to write here".to_owned(),
                ..failure
            }));
        }
        Ok(match wait(&opened.runtime, limit, opened.store.delete(&path))? {
            Ok(()) => Passed::new((), "an object can be written and removed"),
            Err(error) => {
                let failure =
                    self.failure("the object of this test was written, and cannot be removed", &error);
                Passed::new((), "").warn(Failure { hint: format!("remove `{path}` by hand"), ..failure })
            }
        })
    }

    /// Why `what` failed, in plain words.
    pub(crate) fn failure(&self, what: &str, error: &Error) -> Failure {
        let said = scrubbed(&chain(error), &self.secrets);
        let Self { noun, name, .. } = self;
        let because = |why: &str, hint: &str| Failure::new(format!("{what}: {why}")).hint(hint);
        let failure = match code(&said).as_str() {
            "NoSuchBucket" | "ContainerNotFound" | "NotFound" => Failure::new(format!(
                "there is no {noun} `{name}` here"
            ))
            .hint(format!("check the name of the {noun}, and that account, endpoint and region are its own")),
            "InvalidAccessKeyId" | "NotSignedUp" => because(
                "the service knows no such access key",
                "check the access key's id; it may have been deleted",
            ),
            "SignatureDoesNotMatch" => because(
                "the secret access key is wrong",
                "give the secret that belongs to the access key's id",
            ),
            "InvalidToken" | "ExpiredToken" | "TokenRefreshRequired" => {
                because("the session token is expired or wrong", "get new keys with a new token")
            }
            "AuthorizationHeaderMalformed"
            | "PermanentRedirect"
            | "TemporaryRedirect"
            | "IllegalLocationConstraintException" => {
                let region = between(&said, "<Region>", "</Region>");
                let is = region.map_or_else(String::new, |region| format!(": it is `{region}`"));
                Failure::new(format!("the {noun} `{name}` is in another region"))
                    .hint(format!("write the region of the {noun}{is}"))
            }
            "RequestTimeTooSkewed" => because("this machine's clock is wrong", "set the clock"),
            "AuthenticationFailed" | "InvalidAuthenticationInfo" => because(
                "the service refused the credentials",
                "check the key or the token: it may be of another account, or expired",
            ),
            "AuthorizationFailure" => because(
                "the service refused the credentials, or they have no right to",
                "check them; the account's firewall may refuse this machine, too",
            ),
            "AccessDenied"
            | "AuthorizationPermissionMismatch"
            | "InsufficientAccountPermissions"
            | "PublicAccessNotPermitted" => {
                because("these credentials have no right to", "ask for the right")
            }
            _ => Self::without_code(what, error, &said),
        };
        failure.details(&said)
    }

    /// Why no client was made, before anybody was asked; `what` says of which setting.
    pub(crate) fn unusable(&self, what: &str, hint: &str, error: &Error) -> Failure {
        Failure::new(what).hint(hint).details(&scrubbed(&chain(error), &self.secrets))
    }

    fn without_code(what: &str, error: &Error, said: &str) -> Failure {
        let because = |why: &str, hint: &str| Failure::new(format!("{what}: {why}")).hint(hint);
        let text = said.to_lowercase();
        match error {
            Error::Unauthenticated { .. } => because("the service refused the credentials", "check them"),
            Error::PermissionDenied { .. } => {
                because("these credentials have no right to", "ask for the right")
            }
            Error::NotFound { .. } => because("it is not there", "check the name and the endpoint"),
            _ if text.contains("redirect without location") => {
                because("it is in another region", "write the region of the bucket")
            }
            _ if text.contains("dns error") => {
                because("the endpoint's name is not known", "check the endpoint")
            }
            _ if text.contains("certificate") => because(
                "the endpoint's certificate is not trusted",
                "give the CA that signed it, where it is a private one",
            ),
            _ if text.contains("connection refused") => {
                because("nothing listens there", "check host and port of the endpoint")
            }
            _ if text.contains("501 not implemented") => {
                because("the service does not know this request", "check that it speaks this protocol")
            }
            _ if text.contains("timed out") || text.contains("error: timeout") => because(
                "there was no answer in time",
                "check the endpoint, and that no firewall drops the packets",
            ),
            _ => because("the service answered with an error", "the details have it word for word"),
        }
    }
}

/// The code of an error as services write it in XML; empty where there is none.
fn code(said: &str) -> String {
    between(said, "<Code>", "</Code>").unwrap_or_default().to_owned()
}

fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(open)?;
    Some(rest.split_once(close)?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about() -> About {
        About {
            noun: "bucket",
            name: "sales".to_owned(),
            prefix: "raw/".to_owned(),
            secrets: vec![Secret::new("hunter2hunter2")],
        }
    }

    fn error(said: &str) -> Error {
        Error::Generic { store: "S3", source: said.to_owned().into() }
    }

    #[test]
    fn codes_become_sentences_and_secrets_never_stay() {
        let failure = about().failure(
            "objects cannot be listed",
            &error("400: <Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>"),
        );
        assert_eq!(failure.message, "the bucket `sales` is in another region");
        assert!(failure.hint.ends_with("it is `eu-west-1`"), "{failure:?}");
        let failure = about().failure("no", &error("<Code>SignatureDoesNotMatch</Code> hunter2hunter2"));
        assert_eq!(failure.message, "no: the secret access key is wrong");
        assert!(!failure.details.contains("hunter2"), "{failure:?}");
        let failure = about().failure("no", &error("error sending request: dns error: failed to lookup"));
        assert_eq!(failure.message, "no: the endpoint's name is not known");
    }

    #[test]
    fn an_endpoint_is_a_url_without_a_login() {
        let told = |endpoint: &str| {
            let mut problems = Problems::default();
            check_endpoint(&mut problems, endpoint);
            problems.into_vec().iter().map(ToString::to_string).collect::<String>()
        };
        for good in ["", "https://s3.example.com", "http://localhost:9000"] {
            assert_eq!(told(good), "", "{good}");
        }
        for bad in ["s3.example.com", "ftp://s3", "https://", "https://s3?x=1", "http://s3.example.com"] {
            assert!(told(bad).starts_with("endpoint: "), "{bad}");
        }
        assert!(!told("https://AKIA:hunter2@s3").contains("hunter2"));
        assert!(!told("AKIA:hunter2@s3 x").contains("hunter2"));
    }
}
