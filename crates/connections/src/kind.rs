//! What a kind of connection is: one file that implements [`Kind`].

use std::any::Any;
use std::fmt;

use flowloom_flow::{Form, Problem, Problems};
use flowloom_net::Probe;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Where a kind stands in lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    Streams,
    Databases,
    Storage,
}

impl Group {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Streams => "Streams",
            Self::Databases => "Databases",
            Self::Storage => "Storage",
        }
    }
}

/// A provider's usual settings, to start from.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Preset {
    pub id: &'static str,
    /// The provider: `Confluent Cloud`.
    pub name: &'static str,
    /// What the person must still fill in, and where the provider shows it; one or two sentences.
    pub note: &'static str,
    /// Settings as JSON, over the kind's defaults.
    #[serde(skip)]
    pub settings: &'static str,
}

/// What is fixed about a kind.
#[derive(Debug, Serialize)]
pub struct Card {
    /// Key in files and name of the icon: `kafka`.
    pub id: &'static str,
    /// What the user reads: `Kafka`.
    pub name: &'static str,
    pub group: Group,
    /// One line that says what it reaches.
    pub blurb: &'static str,
    pub presets: &'static [Preset],
    /// Schemes of URIs that write such a connection: `postgres`, `postgresql`.
    pub schemes: &'static [&'static str],
}

/// A kind of connection; the value is one connection's settings.
///
/// Secrets are fields of type [`flowloom_flow::value::Credential`], which is never written with its text.
pub trait Kind:
    Default + Clone + PartialEq + fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static
{
    const CARD: &'static Card;

    /// Draws the form and takes the user's edits. What it does not show does not count: secrets of hidden settings are
    /// neither unlocked nor kept.
    fn form(&mut self, form: &mut dyn Form);

    /// What it reaches, in a few words: `kafka.example.com:9093 · SASL_SSL · SCRAM-SHA-512 as app`. Never a secret.
    fn caption(&self) -> String;

    /// What is wrong with the settings, before anything is asked of the network.
    fn check(&self, problems: &mut Problems);

    /// Tries the connection step by step. Secrets and references have been resolved.
    fn test(&self, probe: &mut Probe<'_>);

    /// Settings of a connection that is written as a URI, or as Airflow writes them.
    fn of_parts(parts: &Parts) -> Result<Self, Problem> {
        let _ = parts;
        let id = Self::CARD.id;
        Err(Problem::user(format!("a connection of kind `{id}` cannot be written as a URI"))
            .hint(format!("write it as JSON: {{\"kind\": \"{id}\", …}}")))
    }

    /// Settings of a connection that environment variables describe one by one: `PROD_BOOTSTRAP_SERVERS`. `None`: the
    /// variables are not there.
    fn of_variables(variables: &Variables<'_>) -> Option<Result<Self, Problem>> {
        let _ = variables;
        None
    }
}

/// The environment variables of one connection.
pub struct Variables<'a> {
    /// `PROD` of `PROD_BOOTSTRAP_SERVERS`.
    pub prefix: String,
    pub get: &'a dyn Fn(&str) -> Option<String>,
}

impl Variables<'_> {
    /// The variable that ends like this; `None` where it is empty.
    pub fn get(&self, ending: &str) -> Option<String> {
        (self.get)(&format!("{}_{ending}", self.prefix)).filter(|text| !text.trim().is_empty())
    }
}

/// What a URI says of a connection, percent-decoded: `scheme://login:password@host:port/path?extra`.
#[derive(Clone, Default, PartialEq)]
pub struct Parts {
    pub scheme: String,
    pub login: Option<String>,
    pub password: Option<flowloom_flow::Secret>,
    /// `host:port`, several with commas between.
    pub authority: String,
    pub host: Option<String>,
    pub port: Option<u16>,
    /// Without its first slash; a database's name for most kinds.
    pub path: String,
    /// Of the query, or of Airflow's `extra`.
    pub extra: Map<String, Value>,
}

impl Parts {
    /// The text of an extra.
    pub fn extra(&self, key: &str) -> Option<String> {
        match self.extra.get(key)? {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        }
    }
}

/// The object-safe twin of [`Kind`].
pub trait Settings: fmt::Debug + Send + Sync {
    fn card(&self) -> &'static Card;
    fn form(&mut self, form: &mut dyn Form);
    fn caption(&self) -> String;
    fn check(&self, problems: &mut Problems);
    fn test(&self, probe: &mut Probe<'_>);
    /// As files have it: what differs from the default, without secrets.
    fn written(&self) -> Map<String, Value>;
    /// Every setting, defaults too, without secrets.
    fn all_settings(&self) -> Map<String, Value>;
    fn clone_box(&self) -> Box<dyn Settings>;
    fn equals(&self, other: &dyn Settings) -> bool;
    fn as_any(&self) -> &dyn Any;
}

impl<K: Kind> Settings for K {
    fn card(&self) -> &'static Card {
        K::CARD
    }

    fn form(&mut self, form: &mut dyn Form) {
        Kind::form(self, form);
    }

    fn caption(&self) -> String {
        Kind::caption(self)
    }

    fn check(&self, problems: &mut Problems) {
        Kind::check(self, problems);
    }

    fn test(&self, probe: &mut Probe<'_>) {
        Kind::test(self, probe);
    }

    fn written(&self) -> Map<String, Value> {
        let defaults = to_map(&K::default());
        to_map(self).into_iter().filter(|(key, value)| defaults.get(key) != Some(value)).collect()
    }

    fn all_settings(&self) -> Map<String, Value> {
        to_map(self)
    }

    fn clone_box(&self) -> Box<dyn Settings> {
        Box::new(self.clone())
    }

    fn equals(&self, other: &dyn Settings) -> bool {
        other.as_any().downcast_ref::<K>() == Some(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Clone for Box<dyn Settings> {
    fn clone(&self) -> Self {
        self.clone_box()
    }
}

impl PartialEq for dyn Settings {
    fn eq(&self, other: &Self) -> bool {
        self.equals(other)
    }
}

fn to_map<K: Kind>(kind: &K) -> Map<String, Value> {
    match serde_json::to_value(kind) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

type OfVariables = fn(&Variables<'_>) -> Option<Result<Box<dyn Settings>, Problem>>;
type Read = fn(Map<String, Value>) -> Result<Box<dyn Settings>, Problem>;

/// A kind's row in the table.
#[derive(Clone, Copy)]
pub struct Entry {
    pub card: &'static Card,
    /// New settings.
    pub new: fn() -> Box<dyn Settings>,
    /// Settings as files have them; secrets may be among them.
    pub read: Read,
    pub of_parts: fn(&Parts) -> Result<Box<dyn Settings>, Problem>,
    pub of_variables: OfVariables,
}

impl Entry {
    pub const fn of<K: Kind>() -> Self {
        Self {
            card: K::CARD,
            new: || Box::new(K::default()),
            read: |settings| Ok(Box::new(read::<K>(settings)?)),
            of_parts: |parts| Ok(Box::new(K::of_parts(parts)?)),
            of_variables: |variables| Some(K::of_variables(variables)?.map(|kind| Box::new(kind) as _)),
        }
    }

    /// New settings as a provider has them.
    pub fn preset(&self, preset: &Preset) -> Result<Box<dyn Settings>, Problem> {
        let settings = serde_json::from_str(preset.settings).map_err(|error| {
            Problem::internal(format!("the preset `{}` cannot be read", preset.id)).source(error)
        })?;
        (self.read)(settings)
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry of {}", self.card.id)
    }
}

/// Reads settings; an error names the setting and never repeats its value, which may be a secret.
pub(crate) fn read<K: Kind>(settings: Map<String, Value>) -> Result<K, Problem> {
    let known = to_map(&K::default());
    if let Some(unknown) = settings.keys().find(|key| !known.contains_key(*key)) {
        let nearest = flowloom_flow::nearest(unknown, known.keys().map(String::as_str));
        let problem =
            Problem::user(format!("a connection of kind `{}` has no setting `{unknown}`", K::CARD.id))
                .at_field(unknown.clone());
        return Err(match nearest {
            Some(nearest) => problem.hint(format!("did you mean `{nearest}`?")),
            None => problem,
        });
    }
    // One setting at a time, so that a wrong one is told by its name.
    let mut good = known;
    for (key, value) in settings {
        let before = good.insert(key.clone(), value.clone());
        if let Err(error) = serde_json::from_value::<K>(Value::Object(good.clone())) {
            let reason = reason(&error.to_string());
            drop(before);
            return Err(Problem::user(format!("the setting `{key}` is wrong: {reason}")).at_field(key));
        }
    }
    serde_json::from_value(Value::Object(good))
        .map_err(|_may_repeat_a_value| Problem::user("the settings contradict each other"))
}

/// What serde says, less the value that it repeats.
fn reason(text: &str) -> String {
    match text.split_once("expected ") {
        Some((_, expected)) => format!("expected {expected}"),
        None => text.to_owned(),
    }
}
