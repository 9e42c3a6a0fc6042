//! All connections of this person: the store's, and those that the environment and a file write.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flowloom_connections::{
    Held, Named, Origin, Walk, check_name, credentials, environment, file, open_key, with_kept,
};
use flowloom_flow::value::Credential;
use flowloom_flow::{Access, Connections, Problem, Problems, Secret, Suggestion, Vault, no_connection};
use flowloom_store::{
    Connection, Error, Hold, Keeping, Keyring, Master, NoKeyring, Place, SecretChanges, Store, SystemKeyring,
};
use serde_json::Value;

use super::listed::{listed, of_store, settings_of};
use super::locker::Locker;
use super::{Draft, Listed};
use crate::remember::now_ms;
use crate::store;

/// Names a file of connections.
pub(super) const FILE: &str = "FLOWLOOM_CONNECTIONS";

type Get = dyn Fn(&str) -> Option<String> + Send + Sync;

/// Where connections are found and kept. Every call reads the disk: not in a frame.
#[derive(Clone)]
pub struct Book {
    /// Folder of the store; `None`: this person's.
    home: Option<PathBuf>,
    pub(super) get: Arc<Get>,
    /// Names of variables.
    names: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
    /// The system's keyring may hold the master key.
    has_keyring: bool,
}

impl fmt::Debug for Book {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Book in {:?}", self.home)
    }
}

/// What a rotation of the master key did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// Where the new key is, in words.
    pub place: String,
    /// Secrets that were locked anew.
    pub secrets: usize,
}

impl Book {
    /// The book of the store in `home`, else of this person's, and of the environment.
    pub fn new(home: Option<PathBuf>) -> Self {
        Self {
            home,
            get: Arc::new(|name| env::var(name).ok()),
            names: Arc::new(|| env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect()),
            has_keyring: true,
        }
    }

    /// The master key is never looked for in the system's keyring, and never put there.
    #[must_use]
    pub fn without_keyring(self) -> Self {
        Self { has_keyring: false, ..self }
    }

    /// The same in another environment.
    #[cfg(test)]
    pub(crate) fn with_environment(self, variables: &[(&str, &str)]) -> Self {
        let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        let variables: BTreeMap<String, String> = variables.iter().map(owned).collect();
        let names: Vec<String> = variables.keys().cloned().collect();
        Self {
            get: Arc::new(move |name| variables.get(name).cloned()),
            names: Arc::new(move || names.clone()),
            ..self
        }
    }

    /// All connections by name, with what is wrong with each.
    pub fn list(&self) -> Result<Vec<Listed>, Problem> {
        let mut all: BTreeMap<String, Listed> = BTreeMap::new();
        for connection in self.store()?.connections().map_err(problem)? {
            // As it is used: a variable of its name comes before it.
            let one = match environment::ours(&connection.name, &*self.get) {
                Some(found) => listed(&connection.name, found),
                None => of_store(&connection),
            };
            all.insert(connection.name, one);
        }
        let mut put = |name: &str, found: Result<Named, Problem>, counts_more: bool| {
            let is_known = |known: &String| environment::variable(known) == environment::variable(name);
            if counts_more || !all.keys().any(is_known) {
                all.insert(name.to_owned(), listed(name, found));
            }
        };
        // A file that cannot be read must not keep the others from being seen.
        match self.of_file() {
            Ok(found) => {
                for named in found.into_iter().flatten() {
                    let name = named.name.clone();
                    put(&name, Ok(named), true);
                }
            }
            Err(problem) => put(FILE, Err(problem), true),
        }
        for name in environment::names((self.names)().into_iter()) {
            match environment::ours(&name, &*self.get) {
                Some(found) => put(&name, found, false),
                None => {
                    if let Some(found) = environment::others(&name, &*self.get) {
                        put(&name, found, false);
                    }
                }
            }
        }
        Ok(all.into_values().collect())
    }

    /// The connection of this name to use: of the environment, of the file, of the store, of what others wrote.
    pub fn access(&self, name: &str) -> Result<Access, Problem> {
        if let Some(found) = self.outside(name)? {
            return Ok(self.access_of(found));
        }
        if let Some(found) = self.store()?.connection(name).map_err(problem)? {
            let settings = settings_of(&found)?;
            return Ok(Access {
                name: found.name,
                kind: found.kind,
                settings: settings.written(),
                secrets: found.secrets,
                vault: Arc::new(Locker {
                    book: self.clone(),
                    name: name.to_owned(),
                    given: BTreeMap::new(),
                    only: None,
                }),
            });
        }
        match environment::others(name, &*self.get) {
            Some(found) => Ok(self.access_of(found?)),
            None => Err(self.unknown(name)),
        }
    }

    /// A connection of the store, to edit it. Its secrets stay locked.
    pub fn draft(&self, name: &str) -> Result<Draft, Problem> {
        let found = self.store()?.connection(name).map_err(problem)?;
        let found = found.ok_or_else(|| self.not_in_the_store(name))?;
        let mut settings = settings_of(&found)?;
        with_kept(&mut *settings, &found.secrets);
        Ok(Draft { name: name.to_owned(), before: Some(name.to_owned()), settings })
    }

    /// Keeps `draft` in the store, its secrets locked; where they are locked, if that is new.
    pub fn keep(&self, draft: &Draft) -> Result<Option<String>, Problem> {
        self.keep_all(std::slice::from_ref(draft))
    }

    /// Keeps all drafts or none.
    fn keep_all(&self, drafts: &[Draft]) -> Result<Option<String>, Problem> {
        let store = self.store()?;
        let all: Vec<Keeping> =
            drafts.iter().map(|draft| keeping(&store, draft)).collect::<Result<_, _>>()?;
        if all.iter().flat_map(|keeping| keeping.changes.values()).all(Option::is_none) {
            // Nothing to lock: a lost key must not keep anybody from changing a host name.
            store.keep_connections(&all, None).map_err(problem)?;
            return Ok(None);
        }
        let (master, _hold) = self.master(&store)?;
        store.keep_connections(&all, Some(&master.ring)).map_err(problem)?;
        Ok(master.is_new.then(|| notice(&master.place)))
    }

    /// Keeps a copy of a connection of the store, with its secrets; what [`Book::keep`] says.
    pub fn duplicate(&self, name: &str, to: &str) -> Result<Option<String>, Problem> {
        let mut draft = self.draft(name)?;
        let vault = self.vault(&draft);
        let mut failed = None;
        let mut unlock = Walk(|field: &str, held: Held<'_>| {
            let Held::Credential(credential @ Credential::Kept) = held else { return };
            match vault.secret(field) {
                Ok(secret) => *credential = secret.map_or(Credential::Empty, Credential::Given),
                Err(problem) => failed = Some(problem),
            }
        });
        draft.settings.form(&mut unlock);
        match failed {
            Some(problem) => Err(problem),
            None => self.keep(&Draft { name: to.to_owned(), before: None, ..draft }),
        }
    }

    /// Forgets a connection of the store, and its secrets.
    pub fn remove(&self, name: &str) -> Result<(), Problem> {
        match self.store()?.remove_connection(name) {
            Err(Error::NoConnection(_)) => Err(self.not_in_the_store(name)),
            removed => removed.map_err(problem),
        }
    }

    /// Locks every secret with a new master key.
    pub fn rotate(&self) -> Result<Rotated, Problem> {
        let store = self.store()?;
        let (master, _hold) = self.master(&store)?;
        let master = master
            .rotate(store.folder(), &*self.keyring(&store), |ring| store.relock(ring))
            .map_err(problem)?;
        let secrets = store.connections().map_err(problem)?.iter().map(|one| one.secrets.len()).sum();
        Ok(Rotated { place: place(&master.place), secrets })
    }

    /// Where the master key is, in words; it is made where there is none. And how many secrets it locks.
    pub fn locks(&self) -> Result<Rotated, Problem> {
        let store = self.store()?;
        let (master, _hold) = self.master(&store)?;
        let mut secrets = 0;
        for connection in store.connections().map_err(problem)? {
            // Each is tried: a key that opens nothing is no key.
            secrets += store.secrets(&connection.name, &master.ring).map_err(problem)?.len();
        }
        Ok(Rotated { place: place(&master.place), secrets })
    }

    /// Puts the connections of a file into the store, all or none; their names. `may_replace`: also those that are
    /// there.
    pub fn import(
        &self,
        text: &str,
        path: &Path,
        may_replace: bool,
    ) -> Result<(Vec<String>, Option<String>), Vec<Problem>> {
        let one = |problem| vec![problem];
        let found = file::read(text, path)?;
        let there = self.store().and_then(|store| store.connections().map_err(problem)).map_err(one)?;
        let there: BTreeSet<String> = there.into_iter().map(|one| one.name).collect();
        let taken: Vec<Problem> = found
            .iter()
            .filter(|named| !may_replace && there.contains(&named.name))
            .map(|named| {
                Problem::user(format!("there is a connection `{}` already", named.name))
                    .hint("rename it in the file, or replace those that are there with `--replace`")
            })
            .collect();
        if !taken.is_empty() {
            return Err(taken);
        }
        let drafts: Vec<Draft> = found
            .into_iter()
            .map(|Named { name, settings, .. }| {
                let before = there.contains(&name).then(|| name.clone());
                Draft { name, before, settings }
            })
            .collect();
        let notice = self.keep_all(&drafts).map_err(one)?;
        Ok((drafts.into_iter().map(|draft| draft.name).collect(), notice))
    }

    /// A file of these connections, of all in the store where none is named, without secrets; and the variables that
    /// stand in their place.
    pub fn export(&self, names: &[String]) -> Result<(String, Vec<String>), Problem> {
        let names = if names.is_empty() {
            self.store()?.connections().map_err(problem)?.into_iter().map(|one| one.name).collect()
        } else {
            names.to_vec()
        };
        let found: Vec<Named> = names.iter().map(|name| self.named(name)).collect::<Result<_, _>>()?;
        Ok(file::write(found.iter()))
    }

    /// A connection from anywhere, its secrets still locked.
    pub fn named(&self, name: &str) -> Result<Named, Problem> {
        if let Some(found) = self.outside(name)? {
            return Ok(found);
        }
        if self.store()?.connection(name).map_err(problem)?.is_some() {
            let Draft { name, settings, .. } = self.draft(name)?;
            return Ok(Named { name, settings, origin: Origin::Store });
        }
        environment::others(name, &*self.get).unwrap_or_else(|| Err(self.unknown(name)))
    }

    /// What unlocks a draft: its own secrets, and those that the store has.
    pub(super) fn vault(&self, draft: &Draft) -> Arc<dyn Vault> {
        let name = draft.before.clone().unwrap_or_default();
        let kept = credentials(&*draft.settings).into_iter();
        let kept = kept.filter(|(_, credential)| *credential == Credential::Kept).map(|(field, _)| field);
        Arc::new(Locker { book: self.clone(), name, given: BTreeMap::new(), only: Some(kept.collect()) })
    }

    pub(super) fn store(&self) -> Result<Store, Problem> {
        store::open_home(self.home.as_ref()).map_err(problem)
    }

    /// What comes before the store.
    fn outside(&self, name: &str) -> Result<Option<Named>, Problem> {
        if let Some(found) = environment::ours(name, &*self.get) {
            return found.map(Some);
        }
        Ok(self.of_file()?.and_then(|found| found.into_iter().find(|named| named.name == name)))
    }

    fn of_file(&self) -> Result<Option<Vec<Named>>, Problem> {
        let Some(path) = (self.get)(FILE).filter(|path| !path.is_empty()).map(PathBuf::from) else {
            return Ok(None);
        };
        let text = fs::read_to_string(&path).map_err(|error| {
            Problem::user(format!(
                "the file of connections cannot be read: {}; `{}`",
                error.kind(),
                path.display()
            ))
            .hint(format!("{FILE} names it"))
            .source(error)
        })?;
        file::read(&text, &path).map(Some).map_err(|problems| {
            let problem = problems.into_iter().next().unwrap_or_else(|| Problem::user("it cannot be read"));
            Problem { message: format!("{} ({})", problem.message, path.display()), ..problem }
        })
    }

    fn access_of(&self, named: Named) -> Access {
        let given = credentials(&*named.settings).into_iter();
        let given: BTreeMap<String, Secret> =
            given.filter_map(|(field, credential)| Some((field, credential.secret()?.clone()))).collect();
        Access {
            kind: named.settings.card().id.to_owned(),
            settings: named.settings.written(),
            secrets: given.keys().cloned().collect(),
            vault: Arc::new(Locker { book: self.clone(), name: String::new(), given, only: None }),
            name: named.name,
        }
    }

    /// The keys, which nobody else changes until the second is dropped.
    pub(super) fn master(&self, store: &Store) -> Result<(Master, Hold), Problem> {
        let environment = (self.get)("FLOWLOOM_MASTER_KEY").map(Secret::new);
        let environment = environment.as_ref().map(Secret::reveal);
        Master::hold(store.folder(), environment, &*self.keyring(store), || store.has_secrets())
            .map_err(problem)
    }

    /// `FLOWLOOM_KEYRING=off` leaves the system's keyring alone.
    fn keyring(&self, store: &Store) -> Box<dyn Keyring> {
        match (self.get)("FLOWLOOM_KEYRING").as_deref() {
            Some("off") => Box::new(NoKeyring),
            _ if !self.has_keyring => Box::new(NoKeyring),
            _ => Box::new(SystemKeyring::new(store.folder())),
        }
    }

    fn unknown(&self, name: &str) -> Problem {
        let known = self.list().unwrap_or_default();
        let problem = no_connection(name);
        match flowloom_flow::nearest(name, known.iter().map(|listed| listed.name.as_str())) {
            Some(nearest) => problem.hint(format!("did you mean `{nearest}`?")),
            None => problem,
        }
    }

    fn not_in_the_store(&self, name: &str) -> Problem {
        match self.list().unwrap_or_default().into_iter().find(|listed| listed.name == name) {
            Some(Listed { origin: Origin::Environment(variable), .. }) => Problem::user(format!(
                "`{name}` is written by the environment (`{variable}`), so it cannot be changed here"
            )),
            Some(Listed { origin: Origin::File(path), .. }) => Problem::user(format!(
                "`{name}` is written in `{}`, so it cannot be changed here",
                path.display()
            )),
            _ => self.unknown(name),
        }
    }
}

/// What the store is to keep of a draft; nothing that is wrong, for it may be a secret in the wrong place.
fn keeping(store: &Store, draft: &Draft) -> Result<Keeping, Problem> {
    check_name(&draft.name)?;
    if let Some(field) = open_key(&*draft.settings) {
        return Err(Problem::user(format!("a private key stands in `{field}`, which is not kept secret"))
            .hint("put the key into the setting for the key, and leave the certificate alone here")
            .at_field(field));
    }
    let mut problems = Problems::default();
    draft.settings.check(&mut problems);
    if let Some(wrong) = problems.into_vec().into_iter().find(Problem::is_error) {
        let message = format!("the connection `{}` is not complete: {}", draft.name, wrong.message);
        return Err(Problem { message, ..wrong });
    }
    let held = match &draft.before {
        Some(before) => store.connection(before).map_err(problem)?.map(|found| found.secrets),
        None => None,
    };
    let held = held.unwrap_or_default();
    // What the form does not show is not used by anything: it does not stay behind.
    let mut changes: SecretChanges = held.into_iter().map(|field| (field, None)).collect();
    for (field, credential) in credentials(&*draft.settings) {
        match credential {
            Credential::Given(secret) if !secret.is_empty() => {
                changes.insert(field, Some(secret));
            }
            Credential::Kept => {
                changes.remove(&field);
            }
            Credential::Given(_) | Credential::Empty | Credential::Reference(_) => {}
        }
    }
    let connection = Connection {
        name: draft.name.clone(),
        kind: draft.settings.card().id.to_owned(),
        settings: Value::Object(draft.settings.written()).to_string(),
        changed_ms: now_ms(),
        secrets: Vec::new(),
    };
    Ok(Keeping { connection, before: draft.before.clone(), changes })
}

impl Connections for Book {
    fn get(&self, name: &str) -> Result<Access, Problem> {
        self.access(name)
    }

    fn list(&self, kinds: &[&str]) -> Result<Vec<Suggestion>, Problem> {
        let found = Self::list(self)?.into_iter().filter(|listed| kinds.contains(&listed.kind.as_str()));
        Ok(found.map(|listed| Suggestion { value: listed.name, detail: listed.caption }).collect())
    }
}

fn notice(at: &Place) -> String {
    let at = place(at);
    format!(
        "a key that locks the secrets of connections was made; it is in {at}: without it they cannot be read"
    )
}

fn place(place: &Place) -> String {
    match place {
        Place::Environment => "FLOWLOOM_MASTER_KEY".to_owned(),
        Place::Keyring => "the system's keyring".to_owned(),
        Place::File(path) => format!("`{}`", path.display()),
    }
}

pub(super) fn problem(error: Error) -> Problem {
    match error {
        Error::Taken(_) => Problem::user(error.to_string()).at_field("name"),
        Error::NoConnection(_) => Problem::user(error.to_string()),
        _ => {
            let hint = error.hint();
            let problem = Problem::external(error.to_string());
            match hint {
                Some(hint) => problem.hint(hint).source(error),
                None => problem.source(error),
            }
        }
    }
}
