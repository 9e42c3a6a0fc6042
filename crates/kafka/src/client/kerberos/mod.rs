//! Kerberos, as the system's own libraries do it.
//!
//! librdkafka logs in with the default ticket cache of the whole process (`KRB5CCNAME`), which no client can choose for
//! itself. With a keytab it lets a shell run `kinit` again and again, which fills that very cache.

mod ticket;

use std::env;
use std::path::{Path, PathBuf};

use super::security::wrong;
use crate::error::Result;

pub(super) use ticket::Lease;

/// A login with Kerberos.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kerberos {
    /// The first part of the brokers' principal: `kafka` of `kafka/host@REALM`.
    pub service_name: String,
    /// Ours: `app@EXAMPLE.COM`. May be empty with a ticket cache, whose principal counts then.
    pub principal: String,
    /// Our key; `None`: the ticket cache that `kinit` filled.
    pub keytab: Option<PathBuf>,
    /// Which ticket cache; `None`: the process's own. Another than that of `KRB5CCNAME` is refused.
    pub ticket_cache: Option<PathBuf>,
}

impl Default for Kerberos {
    fn default() -> Self {
        Self { service_name: "kafka".into(), principal: String::new(), keytab: None, ticket_cache: None }
    }
}

/// Runs with a shell; what is filled in has neither quotes nor control characters, see [`plain`].
const KINIT: &str = "kinit -k -t '%{sasl.kerberos.keytab}' '%{sasl.kerberos.principal}' >/dev/null 2>&1";

impl Kerberos {
    /// Name, field and value of librdkafka's properties.
    pub(super) fn properties(&self) -> Result<Vec<(&'static str, &'static str, String)>> {
        if !cfg!(target_os = "linux") {
            return Err(wrong("Kerberos works on Linux only; choose another login on this machine"));
        }
        if self.service_name.is_empty() {
            return Err(wrong(
                "the service name is empty; it is the first part of the brokers' principal, mostly `kafka`",
            ));
        }
        let mut properties =
            vec![("sasl.kerberos.service.name", "service name", plain("service name", &self.service_name)?)];
        if !self.principal.is_empty() {
            properties.push(("sasl.kerberos.principal", "principal", plain("principal", &self.principal)?));
        }
        if let Some(keytab) = &self.keytab {
            if self.principal.is_empty() {
                return Err(wrong("a keytab needs a principal, as in `app@EXAMPLE.COM`"));
            }
            if self.ticket_cache.is_some() {
                return Err(wrong("a keytab and a ticket cache are set; leave one of them empty"));
            }
            let path = keytab.to_str().ok_or_else(|| wrong("the path of the keytab is no valid text"))?;
            let path = plain("path of the keytab", path)?;
            if !keytab.is_file() {
                return Err(wrong(format!("there is no keytab at {}", keytab.display())));
            }
            properties.push(("sasl.kerberos.keytab", "keytab", path));
            properties.push(("sasl.kerberos.kinit.cmd", "keytab", KINIT.to_owned()));
        } else {
            if let Some(cache) = &self.ticket_cache {
                same_cache(cache, env::var("KRB5CCNAME").ok().as_deref())?;
            }
            // Nobody runs `kinit` for us then.
            properties.push(("sasl.kerberos.min.time.before.relogin", "ticket cache", "0".to_owned()));
        }
        Ok(properties)
    }
}

/// `text`, unless a shell would read more than text in it.
fn plain(field: &str, text: &str) -> Result<String> {
    let bad =
        text.chars().find(|c| matches!(c, '\'' | '"' | '`' | '$' | '\\' | '%' | ';' | '|' | '&' | '<' | '>'));
    if let Some(bad) = bad {
        return Err(wrong(format!(
            "the {field} has the character `{bad}`, which cannot be handed to `kinit` safely"
        )));
    }
    if text.chars().any(char::is_control) {
        return Err(wrong(format!("the {field} has a line break or another control character in it")));
    }
    if text.starts_with('-') {
        return Err(wrong(format!("the {field} starts with `-`, which `kinit` takes for an option")));
    }
    Ok(text.to_owned())
}

/// Whether `cache` is the one that every client of this process uses anyway.
fn same_cache(cache: &Path, process: Option<&str>) -> Result<()> {
    let process = process.map(|name| name.strip_prefix("FILE:").unwrap_or(name));
    if process.is_some_and(|process| Path::new(process) == cache) {
        return Ok(());
    }
    let path = cache.display();
    let own = process.map_or_else(|| "the system's default".to_owned(), |process| format!("`{process}`"));
    Err(wrong(format!(
        "the ticket cache {path} cannot be used: one program has one ticket cache, and that of this one is {own}; \
         start Flowloom with KRB5CCNAME={path}, or leave the field empty"
    )))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn with_keytab(principal: &str, keytab: &Path) -> Result<Vec<(&'static str, &'static str, String)>> {
        Kerberos { principal: principal.into(), keytab: Some(keytab.into()), ..Kerberos::default() }
            .properties()
    }

    #[test]
    fn nothing_reaches_the_shell_but_text() {
        let folder = tempfile::tempdir().unwrap();
        let good = folder.path().join("app.keytab");
        std::fs::write(&good, b"").unwrap();
        assert!(with_keytab("app/host.example.com@EXAMPLE.COM", &good).is_ok());
        for principal in ["a' ; rm -rf ~ '", "$(id)", "`id`", "a\nb", "-V", "a%{x}", "a&b", "a|b", ""] {
            let refused = with_keytab(principal, &good).unwrap_err().to_string();
            assert!(refused.contains("principal"), "{refused}");
        }
        let evil = folder.path().join("it's");
        std::fs::write(&evil, b"").unwrap();
        assert!(with_keytab("app@X", &evil).unwrap_err().to_string().contains("path of the keytab"));
        let missing = with_keytab("app@X", &folder.path().join("none")).unwrap_err().to_string();
        assert!(missing.starts_with("there is no keytab at /"), "{missing}");
    }

    #[test]
    fn the_ticket_cache_is_the_process_s() {
        let cache = Path::new("/tmp/tickets");
        assert!(same_cache(cache, Some("FILE:/tmp/tickets")).is_ok());
        let refused = same_cache(cache, None).unwrap_err().to_string();
        assert!(refused.contains("KRB5CCNAME=/tmp/tickets"), "{refused}");
        let properties = Kerberos::default().properties().unwrap();
        assert!(properties.iter().any(|(name, _, value)| name.ends_with("relogin") && value == "0"));
        assert!(!properties.iter().any(|(name, ..)| name.ends_with("kinit.cmd")));
    }
}
