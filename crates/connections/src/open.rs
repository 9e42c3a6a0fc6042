//! Unlocks a connection: the one place where secrets and references become what a client is built of.

use flowloom_flow::value::Credential;
use flowloom_flow::{Access, Problem, Vault};

use crate::reference::replaced;
use crate::walk::{Held, Walk, with_kept};
use crate::{Kind, Settings, kind};

/// The settings of `access` with its secrets in them. Only for who builds a client now: they are wiped with it.
pub fn open<K: Kind>(access: &Access) -> Result<K, Problem> {
    let mut settings: K = read(access)?;
    resolve(&mut settings, &*access.vault).map_err(|problem| of(&access.name, problem))?;
    Ok(settings)
}

/// The settings of `access` as they are written; its secrets are known to be there and no more.
pub fn locked<K: Kind>(access: &Access) -> Result<K, Problem> {
    let mut settings: K = read(access)?;
    with_kept(&mut settings, &access.secrets);
    Ok(settings)
}

fn read<K: Kind>(access: &Access) -> Result<K, Problem> {
    if access.kind != K::CARD.id {
        let is = kind(&access.kind).map_or(access.kind.as_str(), |entry| entry.card.name);
        return Err(Problem::user(format!(
            "the connection `{}` is one to {is}, not to {}",
            access.name,
            K::CARD.name
        ))
        .hint(format!("choose a connection of kind {}", K::CARD.name)));
    }
    crate::kind::read(access.settings.clone()).map_err(|problem| of(&access.name, problem))
}

/// `settings` with every secret unlocked and every reference followed.
pub fn resolved(settings: &dyn Settings, vault: &dyn Vault) -> Result<Box<dyn Settings>, Problem> {
    let mut settings = settings.clone_box();
    resolve(&mut *settings, vault)?;
    Ok(settings)
}

fn resolve(settings: &mut dyn Settings, vault: &dyn Vault) -> Result<(), Problem> {
    let mut first = None;
    let mut walk = Walk(|key: &str, held: Held<'_>| {
        if let Err(problem) = put(vault, key, held) {
            first.get_or_insert(problem.at_field(key));
        }
    });
    settings.form(&mut walk);
    first.map_or(Ok(()), Err)
}

fn put(vault: &dyn Vault, key: &str, held: Held<'_>) -> Result<(), Problem> {
    match held {
        Held::Text(text) => {
            if let Some(found) = replaced(text, |reference| vault.resolve(reference))? {
                *text = found;
            }
        }
        Held::Credential(credential) => match credential {
            Credential::Reference(reference) => *credential = Credential::Given(vault.resolve(reference)?),
            // A file has nothing where a secret is kept: whether there is one, the vault knows.
            Credential::Empty | Credential::Kept => {
                *credential = vault.secret(key)?.map_or(Credential::Empty, Credential::Given);
            }
            Credential::Given(_) => {}
        },
    }
    Ok(())
}

fn of(name: &str, problem: Problem) -> Problem {
    Problem { message: format!("the connection `{name}` cannot be used: {}", problem.message), ..problem }
}
