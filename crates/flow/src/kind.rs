//! What a node kind is: one file that implements [`Kind`].
//!
//! The file holds the settings (the type itself, by serde), the panel, the schema rule, the plan, the
//! code that it exports, and its tests. Engine, code generator and interface reach it through [`crate::Node`].

use polars::prelude::{LazyFrame, Schema};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{
    Cancel, CodeWriter, Form, Inferred, Position, Problem, Problems, Reset, ResetAsk, Site, Standing, Step,
    Suggestion, ValueFacts,
};

/// Where a kind stands in the palette, and its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    Source,
    Transform,
    Combine,
    Aggregate,
    Writer,
}

/// A place where wires end. All ports carry rows; other types join this enum's siblings when they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Port {
    /// Key in the flow file: `left`, `reject`.
    pub name: &'static str,
    /// What the user reads on hover.
    pub label: &'static str,
    pub wires: Wires,
}

/// How many wires an input port takes. An output port fans out without limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Wires {
    One,
    /// One or more, in an order that the user sets.
    Many,
}

impl Port {
    /// The only input of most kinds.
    pub const IN: Self = Self::one("in", "Rows");
    /// The only output of most kinds.
    pub const OUT: Self = Self::one("out", "Rows");

    pub const fn one(name: &'static str, label: &'static str) -> Self {
        Self { name, label, wires: Wires::One }
    }

    pub const fn many(name: &'static str, label: &'static str) -> Self {
        Self { name, label, wires: Wires::Many }
    }
}

/// What is fixed about a kind: what palette, docs and wiring need before there is a node.
#[derive(Debug, Serialize)]
pub struct Card {
    /// Key in the flow file and name of the icon: `group_by`.
    pub id: &'static str,
    /// What the user reads: `Group by`.
    pub name: &'static str,
    pub group: Group,
    /// One line that says what it does.
    pub blurb: &'static str,
    /// Other words that find it in the palette.
    pub tags: &'static [&'static str],
    pub inputs: &'static [Port],
    /// The first is the default one; a kind that has none is a writer.
    pub outputs: &'static [Port],
    /// Version of the settings; [`Kind::upgrade`] lifts older ones.
    pub version: u32,
}

/// A node kind; the value is one node's settings.
pub trait Kind: Default + Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    const CARD: &'static Card;

    /// Draws the settings panel and takes the user's edits. `inputs`: schema of each wire, in port order.
    fn form(&mut self, form: &mut dyn Form, inputs: &[Schema]);

    /// The lazy plan of this node. `inputs`: one frame for each wire, in port order.
    ///
    /// Reads nothing and writes nothing; a [`Step::Source`] or [`Step::Sink`] does so later, when asked.
    fn plan(&self, inputs: Vec<LazyFrame>, site: &Site<'_>) -> Result<Step, Problem>;

    /// Writes this node as code for `out.target()`.
    fn code(&self, out: &mut CodeWriter<'_>) -> Result<(), Problem>;

    /// Schema of each output port. Sources and sinks say their own; for all others the plan on empty frames knows.
    fn schema(&self, inputs: &[Schema], site: &Site<'_>) -> Result<Vec<Schema>, Problem> {
        crate::node::planned_schema(self, inputs, site)
    }

    /// What is wrong with the settings, beyond what [`Kind::schema`] fails on.
    fn check(&self, inputs: &[Schema], problems: &mut Problems) {
        let _ = (inputs, problems);
    }

    /// Whether settings are missing that [`Kind::infer`] would give.
    fn needs_inference(&self) -> bool {
        false
    }

    /// Looks outside for settings that need not be typed in: the fields of a topic's messages.
    ///
    /// `None`: this kind has nothing to look for.
    fn infer(&self, site: &Site<'_>, cancel: &Cancel) -> Option<Result<Inferred, Problem>> {
        let _ = (site, cancel);
        None
    }

    /// Looks outside for values of the setting `key`: the topics of the cluster. Best first.
    ///
    /// `None`: this kind knows no values for it, and the user types one in.
    fn suggest(
        &self,
        key: &str,
        site: &Site<'_>,
        cancel: &Cancel,
    ) -> Option<Result<Vec<Suggestion>, Problem>> {
        let _ = (key, site, cancel);
        None
    }

    /// Whether this source goes on where the last run ended, so that [`Kind::standing`] and [`Kind::reset`] are for it.
    fn keeps_offsets(&self) -> bool {
        false
    }

    /// Whether each batch of a live run begins where the one before ended, whoever keeps the offsets. A problem: the
    /// settings give this source an end, so that there is nothing to go on to.
    fn goes_on(&self) -> Result<bool, Problem> {
        Ok(false)
    }

    /// Looks outside for how far this source is. `held`: what the writers below it have, where
    /// [`Kind::needs_batches`].
    ///
    /// `None`: this kind keeps no offsets.
    fn standing(
        &self,
        site: &Site<'_>,
        held: Option<&Position>,
        cancel: &Cancel,
    ) -> Option<Result<Standing, Problem>> {
        let _ = (site, held, cancel);
        None
    }

    /// Moves the offsets that the next run starts from; without `apply` it says only what that would do. What is asked
    /// beyond what a partition holds is clamped and noted.
    ///
    /// `None`: this kind keeps no offsets.
    fn reset(
        &self,
        site: &Site<'_>,
        ask: &ResetAsk,
        apply: bool,
        cancel: &Cancel,
    ) -> Option<Result<Reset, Problem>> {
        let _ = (site, ask, apply, cancel);
        None
    }

    /// Whether the offsets of this source are kept by the writers below it alone, so that each of them must be one
    /// that [keeps batches](Kind::keeps_batches).
    fn needs_batches(&self) -> bool {
        false
    }

    /// Whether this writer's sink knows the batch that it committed last.
    fn keeps_batches(&self) -> bool {
        false
    }

    /// Looks outside for what there is to know of `values`, which the setting `key` may take: how many messages
    /// those topics hold. Asked for the few that somebody looks at, however many were suggested.
    ///
    /// `None`: this kind knows no more than their names.
    fn facts(
        &self,
        key: &str,
        values: &[String],
        site: &Site<'_>,
        cancel: &Cancel,
    ) -> Option<Result<ValueFacts, Problem>> {
        let _ = (key, values, site, cancel);
        None
    }

    /// One line that says what this node does with its settings: `amount > 100 and status in (paid)`.
    fn caption(&self) -> String {
        String::new()
    }

    /// Lifts settings of version `from` to the next one; called until they are at `CARD.version`.
    fn upgrade(from: u32, settings: &mut Map<String, Value>) -> Result<(), Problem> {
        let _ = (from, settings);
        Ok(())
    }
}
