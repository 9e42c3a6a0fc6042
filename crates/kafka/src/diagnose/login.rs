//! The login: is it offered, and are we let in?

use std::sync::Arc;
use std::time::Duration;

use flowloom_net::{Failure, Passed, Probe};

use super::listener::Greeted;
use super::{Client, client};
use crate::cancel::Cancel;
use crate::client::{Cluster, Login, Mechanism, Token};
use crate::wire::{Broken, UNSUPPORTED_SASL_MECHANISM};

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
            probe.step("Kerberos", move |left| {
                offered(greeted, mechanism)?;
                kerberos.try_ticket(left * 9 / 10).map(|message| Passed::new((), message))
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
        let client = client(&cluster, left, &cancel).map_err(|failure| {
            // What is wrong with the cluster has a hint of its own.
            if failure.hint.starts_with("Check user") { failure.hint(hint(&login)) } else { failure }
        })?;
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

/// How long a token is still valid.
fn lifetime(until_ms: i64) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let left = Duration::from_millis(u64::try_from(until_ms).unwrap_or(0)).saturating_sub(now);
    match left.as_secs() {
        seconds @ 0..120 => format!("valid for {seconds} s"),
        seconds => format!("valid for {} min", seconds / 60),
    }
}
