//! [`Node`]: the object-safe twin of [`Kind`], and the table of kinds.

use polars::prelude::{DataFrame, IntoLazy as _, LazyFrame, Schema};
use serde_json::{Map, Value};

use crate::{
    Cancel, Card, CodeWriter, Form, Inferred, Kind, Position, Problem, Problems, Reset, ResetAsk, Site,
    Standing, Step, Suggestion, ValueFacts,
};

/// One node's settings, whatever its kind. Every [`Kind`] is a `Node`.
pub trait Node: Send + Sync {
    fn card(&self) -> &'static Card;
    fn form(&mut self, form: &mut dyn Form, inputs: &[Schema]);
    fn plan(&self, inputs: Vec<LazyFrame>, site: &Site<'_>) -> Result<Step, Problem>;
    fn code(&self, out: &mut CodeWriter<'_>) -> Result<(), Problem>;
    fn schema(&self, inputs: &[Schema], site: &Site<'_>) -> Result<Vec<Schema>, Problem>;
    fn check(&self, inputs: &[Schema], problems: &mut Problems);
    fn needs_inference(&self) -> bool;
    fn infer(&self, site: &Site<'_>, cancel: &Cancel) -> Option<Result<Inferred, Problem>>;
    fn suggest(
        &self,
        key: &str,
        site: &Site<'_>,
        cancel: &Cancel,
    ) -> Option<Result<Vec<Suggestion>, Problem>>;
    fn keeps_offsets(&self) -> bool;
    fn goes_on(&self) -> Result<bool, Problem>;
    fn standing(
        &self,
        site: &Site<'_>,
        held: Option<&Position>,
        cancel: &Cancel,
    ) -> Option<Result<Standing, Problem>>;
    fn reset(
        &self,
        site: &Site<'_>,
        ask: &ResetAsk,
        apply: bool,
        cancel: &Cancel,
    ) -> Option<Result<Reset, Problem>>;
    fn needs_batches(&self) -> bool;
    fn keeps_batches(&self) -> bool;
    fn facts(
        &self,
        key: &str,
        values: &[String],
        site: &Site<'_>,
        cancel: &Cancel,
    ) -> Option<Result<ValueFacts, Problem>>;
    fn caption(&self) -> String;
    /// Settings as the flow file has them: those that differ from the default.
    fn settings(&self) -> Map<String, Value>;
    /// Every setting, defaults too.
    fn all_settings(&self) -> Map<String, Value>;
    fn clone_node(&self) -> Box<dyn Node>;
}

impl<K: Kind> Node for K {
    fn card(&self) -> &'static Card {
        K::CARD
    }

    fn form(&mut self, form: &mut dyn Form, inputs: &[Schema]) {
        Kind::form(self, form, inputs);
    }

    fn plan(&self, inputs: Vec<LazyFrame>, site: &Site<'_>) -> Result<Step, Problem> {
        Kind::plan(self, inputs, site)
    }

    fn code(&self, out: &mut CodeWriter<'_>) -> Result<(), Problem> {
        Kind::code(self, out)
    }

    fn schema(&self, inputs: &[Schema], site: &Site<'_>) -> Result<Vec<Schema>, Problem> {
        Kind::schema(self, inputs, site)
    }

    fn check(&self, inputs: &[Schema], problems: &mut Problems) {
        Kind::check(self, inputs, problems);
    }

    fn needs_inference(&self) -> bool {
        Kind::needs_inference(self)
    }

    fn infer(&self, site: &Site<'_>, cancel: &Cancel) -> Option<Result<Inferred, Problem>> {
        Kind::infer(self, site, cancel)
    }

    fn suggest(
        &self,
        key: &str,
        site: &Site<'_>,
        cancel: &Cancel,
    ) -> Option<Result<Vec<Suggestion>, Problem>> {
        Kind::suggest(self, key, site, cancel)
    }

    fn keeps_offsets(&self) -> bool {
        Kind::keeps_offsets(self)
    }

    fn goes_on(&self) -> Result<bool, Problem> {
        Kind::goes_on(self)
    }

    fn standing(
        &self,
        site: &Site<'_>,
        held: Option<&Position>,
        cancel: &Cancel,
    ) -> Option<Result<Standing, Problem>> {
        Kind::standing(self, site, held, cancel)
    }

    fn reset(
        &self,
        site: &Site<'_>,
        ask: &ResetAsk,
        apply: bool,
        cancel: &Cancel,
    ) -> Option<Result<Reset, Problem>> {
        Kind::reset(self, site, ask, apply, cancel)
    }

    fn needs_batches(&self) -> bool {
        Kind::needs_batches(self)
    }

    fn keeps_batches(&self) -> bool {
        Kind::keeps_batches(self)
    }

    fn facts(
        &self,
        key: &str,
        values: &[String],
        site: &Site<'_>,
        cancel: &Cancel,
    ) -> Option<Result<ValueFacts, Problem>> {
        Kind::facts(self, key, values, site, cancel)
    }

    fn caption(&self) -> String {
        Kind::caption(self)
    }

    fn settings(&self) -> Map<String, Value> {
        let defaults = to_map(&K::default());
        to_map(self).into_iter().filter(|(key, value)| defaults.get(key) != Some(value)).collect()
    }

    fn all_settings(&self) -> Map<String, Value> {
        to_map(self)
    }

    fn clone_node(&self) -> Box<dyn Node> {
        Box::new(self.clone())
    }
}

fn to_map<K: Kind>(kind: &K) -> Map<String, Value> {
    match serde_json::to_value(kind) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

/// [`Kind::schema`] by planning on empty frames, without touching data.
pub(crate) fn planned_schema<K: Kind>(
    kind: &K,
    inputs: &[Schema],
    site: &Site<'_>,
) -> Result<Vec<Schema>, Problem> {
    let empty = inputs.iter().map(|schema| DataFrame::empty_with_schema(schema).lazy()).collect();
    match Kind::plan(kind, empty, site)? {
        Step::Frames(frames) => {
            frames.into_iter().map(|mut frame| Ok((*frame.collect_schema()?).clone())).collect()
        }
        Step::Sink(_) => Ok(Vec::new()),
        Step::Source(_) => Err(Problem::internal(format!("`{}` is a source without a schema", K::CARD.id))),
    }
}

type Load = fn(Map<String, Value>) -> Result<Box<dyn Node>, Problem>;
type Upgrade = fn(u32, &mut Map<String, Value>) -> Result<(), Problem>;

/// A kind's row in the table of kinds.
#[derive(Clone, Copy)]
pub struct Entry {
    pub card: &'static Card,
    load: Load,
    upgrade: Upgrade,
}

impl Entry {
    pub const fn of<K: Kind>() -> Self {
        Self { card: K::CARD, load: load::<K>, upgrade: K::upgrade }
    }

    /// A node of `version`'s settings, lifted to today's. A wrong value is named by its path.
    pub fn load(&self, version: u32, settings: Map<String, Value>) -> Result<Box<dyn Node>, Problem> {
        (self.load)(self.lift(version, settings)?)
    }

    /// `version`'s settings as today's version writes them.
    pub fn lift(
        &self,
        version: u32,
        mut settings: Map<String, Value>,
    ) -> Result<Map<String, Value>, Problem> {
        if version > self.card.version {
            return Err(Problem::user(format!(
                "this node was saved with version {version} of `{}`; this Flowloom knows version {}",
                self.card.id, self.card.version
            ))
            .hint("update Flowloom"));
        }
        for from in version..self.card.version {
            (self.upgrade)(from, &mut settings)?;
        }
        Ok(settings)
    }

    /// A node with default settings.
    pub fn default_node(&self) -> Result<Box<dyn Node>, Problem> {
        (self.load)(Map::new())
    }
}

fn load<K: Kind>(settings: Map<String, Value>) -> Result<Box<dyn Node>, Problem> {
    match serde_path_to_error::deserialize::<_, K>(Value::Object(settings)) {
        Ok(kind) => Ok(Box::new(kind)),
        Err(error) => {
            let path = error.path().to_string();
            Err(Problem::user(error.into_inner().to_string()).at_field(path))
        }
    }
}

/// The table of kinds, sorted by id.
#[derive(Clone, Copy)]
pub struct Registry(pub &'static [Entry]);

impl Registry {
    pub fn find(&self, kind: &str) -> Option<&'static Entry> {
        self.0.iter().find(|entry| entry.card.id == kind)
    }

    pub fn entries(&self) -> &'static [Entry] {
        self.0
    }
}
