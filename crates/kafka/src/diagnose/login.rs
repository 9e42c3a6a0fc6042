//! The login: is it offered, and are we let in?

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use flowloom_net::{Failure, Passed, Probe};

use super::listener::Greeted;
use super::wire::{Broken, UNSUPPORTED_SASL_MECHANISM};
use super::{Client, client};
use crate::cancel::Cancel;
use crate::client::{Cluster, Kerberos, Login, Mechanism, Token};

/// Runs the steps of a login, and returns the client that is logged in.
pub(super) fn run(
    probe: &mut Probe<'_>,
    cluster: &Cluster,
    login: &Login,
    greeted: Greeted,
) -> Option<Arc<Client>> {
    let mechanism = login.mechanism();
    // What the listener does not offer needs no ticket and no token.
    let mut greeted = Some(greeted);
    match login {
        Login::Kerberos(kerberos) => {
            let (kerberos, greeted) = (kerberos.clone(), greeted.take()?);
            probe.step("Kerberos", move |_left| {
                offered(greeted, mechanism)?;
                ticket(&kerberos)
            })?;
        }
        Login::Token(token) => {
            let (token, greeted) = (token.clone(), greeted.take()?);
            probe.step("Token", move |left| {
                offered(greeted, mechanism)?;
                let made = token.make(left * 9 / 10)?;
                let message =
                    format!("a token for `{}`, {}", made.principal_name, lifetime(made.lifetime_ms));
                Ok(Passed::new((), message))
            })?;
        }
        Login::Password { .. } => {}
    }
    let (cluster, login, cancel) = (cluster.clone(), login.clone(), Cancel::from(probe.cancel()));
    probe.step("SASL", move |left| {
        if let Some(greeted) = greeted {
            offered(greeted, mechanism)?;
        }
        let client = client(&cluster, left, &cancel).map_err(|failure| failure.hint(hint(&login)))?;
        let message = match &login {
            Login::Password { username, .. } => format!("logged in as `{username}` with {mechanism}"),
            Login::Kerberos(_) | Login::Token(_) => format!("logged in with {mechanism}"),
        };
        Ok(Passed::new(Arc::new(client), message))
    })
}

/// What to look at when a login is refused.
fn hint(login: &Login) -> &'static str {
    match login {
        Login::Password { mechanism: Mechanism::Plain, .. } => "Check user and password",
        Login::Password { .. } => {
            "Check user, password and mechanism: brokers keep SCRAM users for each mechanism by itself"
        }
        Login::Kerberos(_) => {
            "Check the service name; the host that is asked for must be the one in the broker's principal"
        }
        Login::Token(Token::Oidc(_)) => {
            "Check scope and audience: the broker must accept tokens of this provider"
        }
        Login::Token(Token::MskIam(_)) => {
            "Check the region, and that the credentials may use `kafka-cluster:Connect` on this cluster"
        }
    }
}

/// Whether the listener takes this mechanism at all.
fn offered(greeted: Greeted, mechanism: &str) -> Result<(), Failure> {
    let Greeted { address, mut channel } = greeted;
    let (error, offered) = channel.sasl(mechanism).map_err(|broken| {
        let raw = match broken {
            Broken::Closed(raw) | Broken::Silent(raw) => raw,
            Broken::Io(error) => error.to_string(),
            Broken::Strange(bytes) => format!("{} strange bytes", bytes.len()),
        };
        Failure::new(format!("`{address}` does not answer the start of a login"))
            .hint("Choose a protocol without SASL, or the port of a listener with it")
            .details(&raw)
    })?;
    if error == 0 {
        return Ok(());
    }
    if error == UNSUPPORTED_SASL_MECHANISM && !offered.is_empty() {
        return Err(Failure::new(format!("the listener at `{address}` does not offer {mechanism}"))
            .hint(format!("Choose one of its mechanisms: {}", offered.join(", ")))
            .details(&format!("error code {error} of SaslHandshake")));
    }
    Err(Failure::new(format!("the listener at `{address}` asks for no login"))
        .hint("Choose a protocol without SASL, or the port of a listener with it")
        .details(&format!("error code {error} of SaslHandshake")))
}

/// Whether Kerberos gives us a ticket: with the keytab, or in the cache.
fn ticket(kerberos: &Kerberos) -> Result<Passed<()>, Failure> {
    let Some(keytab) = &kerberos.keytab else {
        let said = ask("klist", &["-s"])?;
        return if said.is_ok() {
            Ok(Passed::new((), "there is a valid ticket in the cache"))
        } else {
            Err(Failure::new("there is no valid ticket in the ticket cache")
                .hint("Run `kinit`, or fill in a keytab")
                .details("`klist -s` failed"))
        };
    };
    let keytab = keytab.to_string_lossy();
    // A cache in memory: nobody else's tickets are touched.
    let arguments = ["-k", "-t", &keytab, "-c", "MEMORY:flowloom-test", &kerberos.principal];
    match ask("kinit", &arguments)? {
        Ok(()) => Ok(Passed::new((), format!("the keytab gets a ticket for `{}`", kerberos.principal))),
        Err(raw) => Err(refused(&kerberos.principal, &keytab, &raw)),
    }
}

fn refused(principal: &str, keytab: &str, raw: &str) -> Failure {
    let failure = if raw.contains("not found in Kerberos database") {
        Failure::new(format!("Kerberos does not know the principal `{principal}`"))
            .hint("Check the spelling and the realm")
    } else if raw.contains("no suitable keys") || raw.contains("Key table entry not found") {
        Failure::new(format!("the keytab has no key of `{principal}`; {keytab}"))
            .hint("Look into it with `klist -k`, or have a keytab made for this principal")
    } else if raw.contains("Preauthentication failed") || raw.contains("Password incorrect") {
        Failure::new(format!("the key of `{principal}` is not its present one; {keytab}"))
            .hint("Have a new keytab made; the password was changed since")
    } else if raw.contains("Clock skew") {
        Failure::new("the clocks of this machine and of Kerberos differ too much")
            .hint("Set the clock of this machine")
    } else if raw.contains("Cannot find KDC")
        || raw.contains("Cannot contact any KDC")
        || raw.contains("Cannot resolve")
    {
        Failure::new("no Kerberos server (KDC) of the realm can be reached")
            .hint("Check `/etc/krb5.conf` and the network")
    } else if raw.contains("Configuration file does not specify default realm") {
        Failure::new("this machine knows no Kerberos realm")
            .hint("Write the realm into the principal, and set up `/etc/krb5.conf`")
    } else {
        Failure::new(format!("Kerberos gives no ticket to `{principal}`")).hint("Look into the details")
    };
    failure.details(raw)
}

/// Runs a program of Kerberos without a shell; the inner error is what it said.
fn ask(program: &str, arguments: &[&str]) -> Result<Result<(), String>, Failure> {
    let output = Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| {
            Failure::new(format!("the program `{program}` of Kerberos cannot be run"))
                .hint("Install Kerberos's programs: `krb5-user` on Debian and Ubuntu, `krb5-workstation` on Fedora")
                .details(&error)
        })?;
    if output.status.success() {
        return Ok(Ok(()));
    }
    Ok(Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

/// How long a token is still valid.
fn lifetime(until_ms: i64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let left = Duration::from_millis(u64::try_from(until_ms).unwrap_or(0)).saturating_sub(now);
    match left.as_secs() {
        seconds @ 0..120 => format!("valid for {seconds} s"),
        seconds => format!("valid for {} min", seconds / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kerberos_says_is_told_in_plain_words() {
        for (raw, says) in [
            (
                "kinit: Client 'app@X' not found in Kerberos database while getting initial credentials",
                "does not know the principal `app@X`",
            ),
            (
                "kinit: Keytab contains no suitable keys for app@X while getting initial credentials",
                "has no key of `app@X`",
            ),
            (
                "kinit: Cannot contact any KDC for realm 'X' while getting initial credentials",
                "can be reached",
            ),
            ("kinit: something new", "gives no ticket to `app@X`"),
        ] {
            let failure = refused("app@X", "/k", raw);
            assert!(failure.message.contains(says) && failure.details == raw, "{failure:?}");
        }
    }
}
