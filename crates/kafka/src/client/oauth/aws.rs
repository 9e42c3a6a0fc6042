//! AWS credentials, where AWS's own tools find them.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use chrono::DateTime;
use flowloom_net::Failure;
use flowloom_net::http::{Auth, Http, HttpAccess};
use flowloom_secret::Secret;
use serde::Deserialize;

use super::AwsCredentials;

/// Who signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Keys {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: Secret,
    pub(super) session_token: Option<Secret>,
    /// Until when they are good, in seconds since 1970.
    pub(super) until: Option<u64>,
}

/// The environment and the files that credentials are looked for in.
struct Place<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    home: Option<PathBuf>,
}

impl AwsCredentials {
    /// The credentials themselves; only those of a container are asked for over the network, within `limit`.
    pub(super) fn find(&self, limit: Duration) -> Result<Keys, Failure> {
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.trim().is_empty());
        Place { variable: &variable, home: env::home_dir() }.find(self, limit)
    }
}

impl Place<'_> {
    fn find(&self, wanted: &AwsCredentials, limit: Duration) -> Result<Keys, Failure> {
        match wanted {
            AwsCredentials::Keys { access_key_id, secret_access_key, session_token } => Ok(Keys {
                access_key_id: access_key_id.trim().to_owned(),
                secret_access_key: secret_access_key.clone(),
                session_token: session_token.clone().filter(|token| !token.is_empty()),
                until: None,
            }),
            AwsCredentials::Profile(profile) => self.profile(profile.trim())?.ok_or_else(|| {
                let file = self.file().unwrap_or_default();
                Failure::new(format!("there are no keys for the AWS profile `{profile}`; {}", file.display()))
                    .hint("Check the profile's name; profiles that log in through a browser (SSO) or take on a role cannot be used here")
            }),
            AwsCredentials::Chain => self.chain(limit),
        }
    }

    fn chain(&self, limit: Duration) -> Result<Keys, Failure> {
        let get = self.variable;
        if let (Some(access_key_id), Some(secret)) = (get("AWS_ACCESS_KEY_ID"), get("AWS_SECRET_ACCESS_KEY"))
        {
            return Ok(Keys {
                access_key_id,
                secret_access_key: Secret::new(secret),
                session_token: get("AWS_SESSION_TOKEN").map(Secret::new),
                until: None,
            });
        }
        let profile = get("AWS_PROFILE").unwrap_or_else(|| "default".to_owned());
        if let Some(keys) = self.profile(&profile)? {
            return Ok(keys);
        }
        if let Some(keys) = self.container(limit)? {
            return Ok(keys);
        }
        Err(Failure::new("no AWS credentials were found on this machine").hint(
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, write them into `~/.aws/credentials`, or fill them into \
             the connection",
        ))
    }

    fn file(&self) -> Option<PathBuf> {
        let set = (self.variable)("AWS_SHARED_CREDENTIALS_FILE").map(PathBuf::from);
        set.or_else(|| Some(self.home.as_ref()?.join(".aws/credentials")))
    }

    /// The keys of a profile; `None` where there are none.
    fn profile(&self, profile: &str) -> Result<Option<Keys>, Failure> {
        let Some(path) = self.file() else { return Ok(None) };
        match fs::read_to_string(&path) {
            Ok(text) => Ok(of_profile(&Secret::new(text), profile)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                Err(Failure::new(format!("the AWS credentials cannot be read; {}", path.display()))
                    .hint("Check who may read the file")
                    .details(&error))
            }
        }
    }

    /// The credentials that ECS and EKS give to a container.
    fn container(&self, limit: Duration) -> Result<Option<Keys>, Failure> {
        let get = self.variable;
        let relative =
            get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").map(|path| format!("http://169.254.170.2{path}"));
        let Some(url) = relative.or_else(|| get("AWS_CONTAINER_CREDENTIALS_FULL_URI")) else {
            return Ok(None);
        };
        let told = |message: &str, details: &str| {
            Failure::new(message).hint("Check the role of the task or pod").details(details)
        };
        let token = match get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            Some(path) => Some(fs::read_to_string(path).map_err(|error| {
                told("the container's authorization token cannot be read", &error.to_string())
            })?),
            None => get("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
        };
        let auth = token.map_or(Auth::None, |token| Auth::Header {
            name: "Authorization".into(),
            value: Secret::new(token.trim()),
        });
        let access = HttpAccess { auth, timeout: limit.min(Duration::from_secs(5)), ..HttpAccess::default() };
        let answer = Http::new(&access).and_then(|http| http.get_json::<Container>(&url));
        let answer = answer.map_err(|error| {
            told(&format!("the container gives no AWS credentials: {error}"), &error.details)
        })?;
        let until = answer.expiration.and_then(|text| DateTime::parse_from_rfc3339(&text).ok());
        Ok(Some(Keys {
            access_key_id: answer.access_key_id,
            secret_access_key: Secret::new(answer.secret_access_key),
            session_token: answer.token.map(Secret::new),
            until: until.and_then(|time| u64::try_from(time.timestamp()).ok()),
        }))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Container {
    access_key_id: String,
    secret_access_key: String,
    token: Option<String>,
    expiration: Option<String>,
}

/// The keys of a profile in the text of a credentials file.
fn of_profile(text: &Secret, profile: &str) -> Option<Keys> {
    let (mut inside, mut id, mut secret, mut session) = (false, None, None, None);
    for line in text.reveal().lines().map(str::trim) {
        if let Some(section) = line.strip_prefix('[').and_then(|line| line.split(']').next()) {
            inside = section.trim().trim_start_matches("profile ").trim() == profile;
        } else if inside && let Some((name, value)) = line.split_once('=') {
            match name.trim().to_ascii_lowercase().as_str() {
                "aws_access_key_id" => id = Some(value.trim()),
                "aws_secret_access_key" => secret = Some(value.trim()),
                "aws_session_token" => session = Some(value.trim()),
                _ => {}
            }
        }
    }
    Some(Keys {
        access_key_id: id?.to_owned(),
        secret_access_key: Secret::new(secret?),
        session_token: session.filter(|token| !token.is_empty()).map(Secret::new),
        until: None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    const FILE: &str = "# keys\n[default]\naws_access_key_id = A1\naws_secret_access_key = S1\n\n[ci]\naws_access_key_id=A2\naws_secret_access_key=S2=\naws_session_token=T2\n[sso]\nsso_start_url = https://x\n";

    fn find(variables: &[(&str, String)], wanted: &AwsCredentials) -> Result<Keys, Failure> {
        let variables: BTreeMap<_, _> = variables.iter().cloned().collect();
        let variable = |name: &str| variables.get(name).cloned();
        Place { variable: &variable, home: None }.find(wanted, Duration::from_secs(5))
    }

    fn id(keys: Result<Keys, Failure>) -> String {
        keys.unwrap().access_key_id
    }

    #[test]
    fn the_chain_goes_from_environment_to_file_to_container() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials");
        fs::write(&path, FILE).unwrap();
        let file = ("AWS_SHARED_CREDENTIALS_FILE", path.display().to_string());
        let set = |name, value: &str| (name, value.to_owned());
        let own = [set("AWS_ACCESS_KEY_ID", "A0"), set("AWS_SECRET_ACCESS_KEY", "S0"), file.clone()];
        assert_eq!(id(find(&own, &AwsCredentials::Chain)), "A0");
        assert_eq!(id(find(std::slice::from_ref(&file), &AwsCredentials::Chain)), "A1");
        let ci = find(&[set("AWS_PROFILE", "ci"), file.clone()], &AwsCredentials::Chain).unwrap();
        assert_eq!((ci.secret_access_key.reveal(), ci.session_token.unwrap().reveal()), ("S2=", "T2"));
        let sso = find(&[file], &AwsCredentials::Profile("sso".into())).unwrap_err();
        assert!(sso.message.starts_with("there are no keys for the AWS profile `sso`; /"), "{sso:?}");
        let none = find(&[], &AwsCredentials::Chain).unwrap_err();
        assert!(none.hint.contains("AWS_ACCESS_KEY_ID"), "{none:?}");
    }

    #[test]
    fn a_container_is_asked_with_its_token() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/creds", listener.local_addr().unwrap());
        let served = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                asked.push(byte[0]);
            }
            let body = r#"{"AccessKeyId":"A9","SecretAccessKey":"S9","Token":"T9","Expiration":"2026-01-02T03:04:05Z"}"#;
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8(asked).unwrap().to_lowercase()
        });
        let set = |name, value: &str| (name, value.to_owned());
        let variables = [
            set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &url),
            set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "let-me-in"),
        ];
        let keys = find(&variables, &AwsCredentials::Chain).unwrap();
        assert_eq!((keys.access_key_id.as_str(), keys.until), ("A9", Some(1_767_323_045)));
        assert!(served.join().unwrap().contains("authorization: let-me-in"));
    }
}
