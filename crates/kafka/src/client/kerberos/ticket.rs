//! Tickets: who this process is to Kerberos.
//!
//! The ticket cache is the whole process's, and librdkafka logs in as whoever is in it. So we fill it ourselves before
//! a client is made, and while clients of one principal live, no client of another is made: it would log in as the
//! wrong one.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use flowloom_net::Failure;
use parking_lot::Mutex;

use super::Kerberos;

/// How often a running program is looked at.
const TICK: Duration = Duration::from_millis(5);

/// How long a client may take to close.
const CLOSING: Duration = Duration::from_secs(1);

/// Who this process is, and how many clients rely on it.
static PRINCIPAL: Mutex<(String, usize)> = Mutex::new((String::new(), 0));

/// Keeps the process's principal as it is, for a client that lives.
pub(crate) struct Lease(());

impl Lease {
    /// Waits a little, for a client that closes just now.
    fn of(principal: &str, limit: Duration) -> Result<Self, Failure> {
        let until = Instant::now() + limit.min(CLOSING);
        loop {
            match Self::at_once(principal) {
                Err(_) if Instant::now() < until => thread::park_timeout(TICK),
                answer => return answer,
            }
        }
    }

    fn at_once(principal: &str) -> Result<Self, Failure> {
        let mut held = PRINCIPAL.lock();
        let (who, clients) = &mut *held;
        if *clients > 0 && who != principal {
            return Err(Failure::new(format!(
                "this program is `{who}` to Kerberos at present and cannot be `{principal}` at the same time"
            ))
            .hint("Wait until what runs has ended, or run the other in a program of its own"));
        }
        principal.clone_into(who);
        *clients += 1;
        Ok(Self(()))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut held = PRINCIPAL.lock();
        held.1 = held.1.saturating_sub(1);
    }
}

impl Kerberos {
    /// Sees to it that the process's ticket cache holds a ticket of this principal, as long as the lease lives.
    pub(crate) fn ticket(&self, limit: Duration) -> Result<Lease, Failure> {
        let Some(keytab) = &self.keytab else {
            return Lease::of(&self.cached(limit)?, limit);
        };
        let lease = Lease::of(&self.principal, limit)?;
        let keytab = keytab.to_string_lossy();
        match run("kinit", &["-k", "-t", &keytab, &self.principal], limit)? {
            Ok(_) => Ok(lease),
            Err(raw) => Err(refused(&self.principal, &keytab, &raw)),
        }
    }

    /// Whether there would be a ticket, without changing the cache; what was found, in words.
    pub(crate) fn try_ticket(&self, limit: Duration) -> Result<String, Failure> {
        let Some(keytab) = &self.keytab else {
            let principal = self.cached(limit)?;
            return Ok(format!("there is a valid ticket of `{principal}` in the cache"));
        };
        let keytab = keytab.to_string_lossy();
        let arguments = ["-k", "-t", &keytab, "-c", "MEMORY:flowloom-test", &self.principal];
        match run("kinit", &arguments, limit)? {
            Ok(_) => Ok(format!("the keytab gets a ticket for `{}`", self.principal)),
            Err(raw) => Err(refused(&self.principal, &keytab, &raw)),
        }
    }

    /// Whose ticket is in the cache; another than the one that is set is refused.
    fn cached(&self, limit: Duration) -> Result<String, Failure> {
        let none = |raw: &str| {
            Failure::new("there is no valid ticket in the ticket cache")
                .hint("Run `kinit`, or fill in a keytab")
                .details(raw)
        };
        if let Err(raw) = run("klist", &["-s"], limit)? {
            return Err(none(&format!("`klist -s` failed {raw}")));
        }
        let listed = run("klist", &[], limit)?.map_err(|raw| none(&raw))?;
        let owner = listed.lines().find_map(|line| line.trim().strip_prefix("Default principal:"));
        let owner = owner.map(str::trim).ok_or_else(|| none(&listed))?;
        if !self.principal.is_empty() && self.principal != owner {
            return Err(Failure::new(format!(
                "the ticket in the ticket cache is of `{owner}`, not of `{}`",
                self.principal
            ))
            .hint("Run `kinit` for this principal, or leave the principal empty"));
        }
        Ok(owner.to_owned())
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

/// Runs a program of Kerberos without a shell, within `limit`: what it wrote, or what it complained about.
fn run(program: &str, arguments: &[&str], limit: Duration) -> Result<Result<String, String>, Failure> {
    let until = Instant::now() + limit;
    let failed = |error: &std::io::Error| {
        Failure::new(format!("the program `{program}` of Kerberos cannot be run"))
            .hint(
                "Install Kerberos's programs: `krb5-user` on Debian and Ubuntu, `krb5-workstation` on Fedora",
            )
            .details(error)
    };
    let mut child = Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&error))?;
    // They write a few lines, which the pipes hold until the end.
    let status = loop {
        match child.try_wait().map_err(|error| failed(&error))? {
            Some(status) => break status,
            None if Instant::now() < until => thread::park_timeout(TICK),
            None => {
                if let Err(error) = child.kill().and_then(|()| child.wait().map(drop)) {
                    tracing::debug!(%error, "a program of Kerberos cannot be ended");
                }
                return Err(Failure::new("Kerberos does not answer in time")
                    .hint("Check that the realm's servers (KDC) can be reached from this machine"));
            }
        }
    };
    let (mut said, mut complained) = (String::new(), String::new());
    if let Some(mut pipe) = child.stdout.take() {
        pipe.read_to_string(&mut said).map_err(|error| failed(&error))?;
    }
    if let Some(mut pipe) = child.stderr.take() {
        pipe.read_to_string(&mut complained).map_err(|error| failed(&error))?;
    }
    Ok(if status.success() { Ok(said) } else { Err(complained.trim().to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_is_one_principal_at_a_time() {
        let first = Lease::at_once("alice@X").ok().unwrap();
        let again = Lease::at_once("alice@X").ok().unwrap();
        let other = Lease::of("bob@X", TICK).err().unwrap();
        assert!(other.message.contains("is `alice@X` to Kerberos") && !other.hint.is_empty(), "{other:?}");
        drop((first, again));
        assert!(Lease::at_once("bob@X").is_ok(), "nobody relies on the first any more");
    }

    #[test]
    fn programs_are_run_within_their_time_and_without_a_shell() {
        assert_eq!(run("echo", &["$HOME; id"], Duration::from_secs(5)).unwrap().unwrap().trim(), "$HOME; id");
        assert!(run("false", &[], Duration::from_secs(5)).unwrap().is_err());
        let late = run("sleep", &["30"], Duration::from_millis(20)).unwrap_err();
        assert!(late.message.contains("in time"), "{late:?}");
        let missing = run("flowloom-no-such-program", &[], Duration::from_secs(5)).unwrap_err();
        assert!(missing.hint.contains("krb5-user"), "{missing:?}");
    }

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
