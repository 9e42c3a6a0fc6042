//! A client of a schema registry that speaks Confluent's API: Confluent's own, Apicurio, Karapace, Redpanda.
//!
//! Schemas never change once they have an id, so they are kept; what cannot be had is remembered for some seconds, so
//! that a page of messages asks once and not once for each of them.

mod error;
mod kept;
mod probe;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::RecvTimeoutError;
use flowloom_net::Tls;
pub use flowloom_net::http::Auth;
use flowloom_net::http::{self, Http, HttpAccess, HttpError};
use parking_lot::Mutex;
use serde::Deserialize;
use url::Url;

use crate::cancel::Cancel;
use crate::show::Decoder;

pub use error::RegistryError;
pub(crate) use error::Unusable;
use kept::Kept;

/// How deep references may lead, and how many a schema may have in all.
const MOST_DEPTH: usize = 16;
const MOST_REFERENCES: usize = 256;

/// How often a wait looks whether it was cancelled.
const LOOK: Duration = Duration::from_millis(50);

/// How a registry is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryAccess {
    /// Where its API begins, such as `https://host:8081`; Apicurio's ends in `/apis/ccompat/v7`.
    pub url: String,
    pub auth: Auth,
    pub tls: Option<Tls>,
    /// For each request.
    pub timeout: Duration,
}

/// The language of a schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum SchemaKind {
    /// What it is when the registry does not say.
    #[default]
    #[serde(rename = "AVRO")]
    Avro,
    #[serde(rename = "JSON")]
    Json,
    #[serde(rename = "PROTOBUF")]
    Protobuf,
}

/// A schema that another one builds on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Reference {
    /// What it is called there: a type's full name, or the path of an import.
    pub name: String,
    pub subject: String,
    pub version: i32,
}

/// A schema as the registry has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrySchema {
    pub id: i32,
    pub kind: SchemaKind,
    /// Of Protobuf either the source or a descriptor in base64, as it was registered.
    pub text: String,
    pub references: Vec<Reference>,
}

/// A client; clones share what is kept.
#[derive(Clone, Debug)]
pub struct Registry {
    http: Http,
    base: Url,
    /// Whether our credentials can be read by everybody on the way.
    is_exposed: bool,
    kept: Arc<Mutex<Kept>>,
    /// Ends the wait for an answer.
    cancel: Option<Cancel>,
}

/// A schema as it comes over the wire; by id it comes without one.
#[derive(Deserialize)]
struct Answer {
    id: Option<i32>,
    #[serde(rename = "schemaType", default)]
    kind: Option<SchemaKind>,
    schema: String,
    #[serde(default)]
    references: Option<Vec<Reference>>,
}

impl Answer {
    fn schema(self, id: i32) -> Arc<RegistrySchema> {
        Arc::new(RegistrySchema {
            id: self.id.unwrap_or(id),
            kind: self.kind.unwrap_or_default(),
            text: self.schema,
            references: self.references.unwrap_or_default(),
        })
    }
}

impl Registry {
    /// A client that asks nobody yet.
    pub fn new(access: &RegistryAccess) -> Result<Self, RegistryError> {
        let base = http::parse(&access.url)?;
        let http = Http::new(&HttpAccess {
            tls: access.tls.clone(),
            auth: access.auth.clone(),
            timeout: access.timeout,
            ..HttpAccess::default()
        })?;
        let is_local =
            base.host_str().is_some_and(|host| matches!(host, "localhost" | "127.0.0.1" | "[::1]"));
        let is_exposed = access.auth != Auth::None && base.scheme() == "http" && !is_local;
        Ok(Self { http, base, is_exposed, kept: Arc::default(), cancel: None })
    }

    /// This client for a call that `cancel` ends: it fails with [`RegistryError::Cancelled`] then.
    #[must_use]
    pub fn heeding(&self, cancel: &Cancel) -> Self {
        Self { cancel: Some(cancel.clone()), ..self.clone() }
    }

    /// The names under which schemas are registered, rising.
    pub fn subjects(&self) -> Result<Vec<String>, RegistryError> {
        let mut subjects: Vec<String> = self.get(&["subjects"], RegistryError::Http)?;
        subjects.sort();
        Ok(subjects)
    }

    /// The schema with an id, which is what messages name. One that is not there is asked for again only after some
    /// seconds.
    pub fn schema(&self, id: i32) -> Result<Arc<RegistrySchema>, RegistryError> {
        {
            let kept = self.kept.lock();
            if let Some(schema) = kept.schemas.get(id) {
                return Ok(Arc::clone(schema));
            }
            if kept.is_missing(id) {
                return Err(RegistryError::NoSchema { id });
            }
        }
        let asked = self.get(&["schemas", "ids", &id.to_string()], |error| {
            RegistryError::of(error, || RegistryError::NoSchema { id })
        });
        if let Err(RegistryError::NoSchema { .. }) = asked {
            self.kept.lock().miss(id);
        }
        let answer: Answer = asked?;
        let schema = answer.schema(id);
        self.kept.lock().schemas.put(id, Arc::clone(&schema));
        Ok(schema)
    }

    /// The newest schema of a subject.
    pub fn latest(&self, subject: &str) -> Result<Arc<RegistrySchema>, RegistryError> {
        self.version(subject, "latest")
    }

    fn version(&self, subject: &str, version: &str) -> Result<Arc<RegistrySchema>, RegistryError> {
        let answer: Answer = self.get(&["subjects", subject, "versions", version], |error| {
            RegistryError::of(error, || RegistryError::NoSubject { subject: subject.to_owned() })
        })?;
        Ok(answer.schema(0))
    }

    /// All schemas that `schema` builds on, each by the name that it goes by and before what builds on it.
    pub fn references(
        &self,
        schema: &RegistrySchema,
    ) -> Result<Vec<(String, Arc<RegistrySchema>)>, RegistryError> {
        let mut found = Vec::new();
        self.collect(schema, MOST_DEPTH, &mut BTreeSet::new(), &mut found)?;
        Ok(found)
    }

    fn collect(
        &self,
        schema: &RegistrySchema,
        depth: usize,
        seen: &mut BTreeSet<String>,
        found: &mut Vec<(String, Arc<RegistrySchema>)>,
    ) -> Result<(), RegistryError> {
        for reference in &schema.references {
            if !seen.insert(reference.name.clone()) {
                continue;
            }
            if depth == 0 || seen.len() > MOST_REFERENCES {
                return Err(RegistryError::TooManyReferences { id: schema.id });
            }
            let next = self.version(&reference.subject, &reference.version.to_string())?;
            self.collect(&next, depth - 1, seen, found)?;
            found.push((reference.name.clone(), next));
        }
        Ok(())
    }

    /// What reads messages of the schema `id`; asked again for what failed only after some seconds.
    pub(crate) fn decoder(&self, id: i32) -> Result<Arc<Decoder>, Unusable> {
        if let Some(known) = self.kept.lock().decoder(id) {
            return known;
        }
        let made = self.schema(id).map_err(Unusable::from).and_then(|schema| self.decoder_of(&schema));
        // That somebody stopped says nothing of the schema.
        if !matches!(made, Err(Unusable::Registry(RegistryError::Cancelled))) {
            self.kept.lock().keep(id, made.clone());
        }
        made
    }

    /// What reads messages of `schema`.
    pub(crate) fn decoder_of(&self, schema: &RegistrySchema) -> Result<Arc<Decoder>, Unusable> {
        let references = self.references(schema)?;
        Decoder::new(schema, &references).map(Arc::new).map_err(Unusable::Schema)
    }

    /// Asks for `path` below the base; `plain` words what goes wrong.
    fn get<T: serde::de::DeserializeOwned + Send + 'static>(
        &self,
        path: &[&str],
        plain: impl FnOnce(http::HttpError) -> RegistryError,
    ) -> Result<T, RegistryError> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            // A subject may hold a slash, which is escaped as part of a segment.
            segments.pop_if_empty().extend(path);
        }
        match &self.cancel {
            Some(cancel) => heeded(cancel, &self.http, &url).ok_or(RegistryError::Cancelled)?,
            None => self.http.get_json(url.as_str()),
        }
        .map_err(plain)
    }

    fn within(&self, timeout: Duration) -> Self {
        Self { http: self.http.within(timeout), ..self.clone() }
    }
}

/// Asks on another thread, which has a time limit of its own, so that `cancel` is heard within [`LOOK`]; none once it is.
fn heeded<T: serde::de::DeserializeOwned + Send + 'static>(
    cancel: &Cancel,
    http: &Http,
    url: &Url,
) -> Option<Result<T, HttpError>> {
    if cancel.is_cancelled() {
        return None;
    }
    let (answered, answer) = crossbeam_channel::bounded(1);
    let asking = std::thread::Builder::new().name("flowloom-registry".to_owned());
    let (there, place) = (http.clone(), url.clone());
    // Who has stopped waiting does not take the answer.
    if asking.spawn(move || answered.send(there.get_json(place.as_str())).is_ok()).is_err() {
        return Some(http.get_json(url.as_str()));
    }
    loop {
        match answer.recv_timeout(LOOK) {
            Ok(answer) => return Some(answer),
            Err(RecvTimeoutError::Timeout) if !cancel.is_cancelled() => {}
            Err(RecvTimeoutError::Timeout) => return None,
            // The thread panicked, which says nothing of what is asked.
            Err(RecvTimeoutError::Disconnected) => return Some(http.get_json(url.as_str())),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
