//! A log that keeps offsets, a splitter, and a sink with two phases: the smallest kinds that make the
//! engine's promises visible. What stands "outside" is a [`World`], one for each test.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use flowloom_flow::{
    Ask, Batch, Cancel, Card, CodeWriter, Counts, Entry, Form, Group, Kind, PartitionMetrics, Pending, Port,
    Position, Problem, Range, Read, Registry, Scope, Sink, Site, Source, SourceMetrics, Step, Written,
};
use parking_lot::Mutex;
use polars::prelude::*;
use serde::{Deserialize, Serialize};

pub(super) static KINDS: &[Entry] = &[
    Entry::of::<Even>(),
    Entry::of::<Keep>(),
    Entry::of::<Log>(),
    Entry::of::<Numbers>(),
    Entry::of::<Two>(),
];
pub(super) const REGISTRY: Registry = Registry(KINDS);

/// What outlives a run.
#[derive(Default)]
pub(super) struct World {
    pub(super) log: Vec<i64>,
    pub(super) acknowledged: i64,
    /// How often `acknowledged` was set back.
    pub(super) resets: u64,
    pub(super) asked: Vec<Vec<Option<Vec<String>>>>,
    pub(super) stores: BTreeMap<String, Store>,
    /// Where the next run fails, once.
    pub(super) fail: Option<&'static str>,
    /// What it is then: ours to try again, or the user's to mend.
    pub(super) is_users: bool,
    /// How often the log was asked what waits.
    pub(super) looks: usize,
}

#[derive(Clone, Default)]
pub(super) struct Store {
    pub(super) rows: Vec<i64>,
    pub(super) batch: Option<Batch>,
    pub(super) aborted: usize,
}

static WORLDS: LazyLock<Mutex<BTreeMap<String, Arc<Mutex<World>>>>> = LazyLock::new(Mutex::default);

pub(super) fn world(name: &str) -> Arc<Mutex<World>> {
    Arc::clone(WORLDS.lock().entry(name.to_owned()).or_default())
}

fn failing(world: &Arc<Mutex<World>>, at: &str) -> Result<(), Problem> {
    let mut world = world.lock();
    if world.fail == Some(at) {
        world.fail = None;
        if world.is_users {
            return Err(Problem::user(format!("the test fails {at}")));
        }
        return Err(Problem::external(format!("the test fails {at}")));
    }
    Ok(())
}

macro_rules! card {
    ($id:literal, $group:ident, $inputs:expr, $outputs:expr) => {
        &Card {
            id: $id,
            name: $id,
            group: Group::$group,
            blurb: "",
            tags: &[],
            inputs: $inputs,
            outputs: $outputs,
            version: 1,
        }
    };
}

macro_rules! no_panel_no_code {
    () => {
        fn form(&mut self, _form: &mut dyn Form, _inputs: &[Schema]) {}

        fn code(&self, out: &mut CodeWriter<'_>) -> Result<(), Problem> {
            Err(out.refuse("a test kind"))
        }
    };
}

#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Log {
    world: String,
    /// Its offsets are kept by the writers.
    by_sinks: bool,
    /// Its offsets are kept by nobody.
    forgets: bool,
    ends: bool,
}

impl Kind for Log {
    const CARD: &'static Card = card!("log", Source, &[], &[Port::OUT]);
    no_panel_no_code!();

    fn plan(&self, _: Vec<LazyFrame>, _: &Site<'_>) -> Result<Step, Problem> {
        let Self { by_sinks, forgets, .. } = *self;
        Ok(Step::Source(Box::new(LogSource { world: world(&self.world), by_sinks, forgets })))
    }

    fn goes_on(&self) -> Result<bool, Problem> {
        if self.ends { Err(Problem::user("the test's log ends")) } else { Ok(true) }
    }

    fn needs_batches(&self) -> bool {
        self.by_sinks
    }

    fn schema(&self, _: &[Schema], _: &Site<'_>) -> Result<Vec<Schema>, Problem> {
        let fields = [("n", DataType::Int64), ("unused", DataType::String)];
        Ok(vec![fields.into_iter().map(|(name, dtype)| Field::new(name.into(), dtype)).collect()])
    }
}

struct LogSource {
    world: Arc<Mutex<World>>,
    by_sinks: bool,
    forgets: bool,
}

fn at(from: i64, to: i64, resets: u64) -> Position {
    let partitions = BTreeMap::from([(0, Range { from, to })]);
    Position { sync: "log".into(), topics: BTreeMap::from([("log".into(), partitions)]), resets }
}

impl Source for LogSource {
    fn fingerprint(&self, _: Scope, _: &Cancel) -> Result<Option<String>, Problem> {
        Ok(Some(self.world.lock().log.len().to_string()))
    }

    fn read(&mut self, ask: &Ask<'_>) -> Result<Read, Problem> {
        failing(&self.world, "in read")?;
        let mut world = self.world.lock();
        world.asked.push(ask.columns.clone());
        let end = world.log.len() as i64;
        let range = |position: &Position| position.topics["log"][&0];
        let after = if self.forgets { ask.go_on } else { ask.after };
        let after = after.filter(|after| after.resets >= world.resets);
        let (from, to) = match (ask.scope, ask.range, after) {
            (Scope::Preview { rows, .. }, ..) => ((end - rows as i64).max(0), end),
            (_, Some(position), _) => (range(position).from, range(position).to),
            (_, None, Some(position)) => (range(position).to.max(world.acknowledged), end),
            (_, None, None) => (world.acknowledged, end),
        };
        let rows = world.log[from as usize..to as usize].to_vec();
        let wanted = ask.columns.first().cloned().flatten();
        let is_wanted =
            |name: &str| wanted.as_ref().is_none_or(|names| names.iter().any(|each| each == name));
        let text = vec!["x"; rows.len()];
        let frame = df!("n" => &rows, "unused" => text)?;
        let names: Vec<&str> = ["n", "unused"].into_iter().filter(|name| is_wanted(name)).collect();
        let read = rows.len() as u64;
        Ok(Read {
            frames: vec![frame.select(names)?.lazy()],
            position: (!self.forgets)
                .then(|| at(from, to, ask.range.map_or(world.resets, |range| range.resets))),
            counts: Counts { read, decoded: read, bytes: 8 * read, ..Counts::default() },
            notes: Vec::new(),
            metrics: self.forgets.then(|| SourceMetrics {
                partitions: vec![PartitionMetrics {
                    topic: "log".to_owned(),
                    from,
                    position: to,
                    ..PartitionMetrics::default()
                }],
                ..SourceMetrics::default()
            }),
            proposed: serde_json::Map::new(),
            keep: Box::new(()),
        })
    }

    fn pending(&mut self, after: &Position, _: &Cancel) -> Result<Option<Pending>, Problem> {
        failing(&self.world, "in pending")?;
        let mut world = self.world.lock();
        world.looks += 1;
        let messages = world.log.len() as u64 - after.topics["log"][&0].to as u64;
        Ok(Some(Pending { messages, bytes: None }))
    }

    fn sync(&self) -> Option<&str> {
        (!self.forgets).then_some("log")
    }

    fn is_acknowledged(&self, position: &Position) -> Result<bool, Problem> {
        let world = self.world.lock();
        Ok(world.resets > position.resets || world.acknowledged >= position.topics["log"][&0].to)
    }

    fn acknowledge(&mut self, position: &Position) -> Result<(), Problem> {
        failing(&self.world, "in acknowledge")?;
        if self.by_sinks {
            return Ok(());
        }
        self.world.lock().acknowledged = position.topics["log"][&0].to;
        Ok(())
    }
}

/// Even numbers, and the others.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Even {
    plus: i64,
}

impl Kind for Even {
    const CARD: &'static Card =
        card!("even", Transform, &[Port::IN], &[Port::one("pass", ""), Port::one("reject", "")]);
    no_panel_no_code!();

    fn plan(&self, mut inputs: Vec<LazyFrame>, _: &Site<'_>) -> Result<Step, Problem> {
        let rows = inputs.pop().ok_or_else(|| Problem::internal("no input"))?;
        let is_even = ((col("n") + lit(self.plus)) % lit(2)).eq(lit(0));
        Ok(Step::Frames(vec![rows.clone().filter(is_even.clone()), rows.filter(is_even.not())]))
    }
}

/// Takes the numbers and leaves the rest.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Numbers {
    panics: bool,
}

impl Kind for Numbers {
    const CARD: &'static Card = card!("numbers", Transform, &[Port::IN], &[Port::OUT]);
    no_panel_no_code!();

    fn plan(&self, inputs: Vec<LazyFrame>, _: &Site<'_>) -> Result<Step, Problem> {
        assert!(!self.panics, "the kind is broken");
        Ok(Step::Frames(inputs.into_iter().map(|rows| rows.select([col("n")])).collect()))
    }

    fn schema(&self, _: &[Schema], _: &Site<'_>) -> Result<Vec<Schema>, Problem> {
        Ok(vec![std::iter::once(Field::new("n".into(), DataType::Int64)).collect()])
    }
}

/// Two numbers out of nowhere: a source that keeps nothing and cannot tell what waits.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Two {}

impl Kind for Two {
    const CARD: &'static Card = card!("two", Source, &[], &[Port::OUT]);
    no_panel_no_code!();

    fn plan(&self, _: Vec<LazyFrame>, _: &Site<'_>) -> Result<Step, Problem> {
        Ok(Step::Frames(vec![df!("n" => [1_i64, 2])?.lazy()]))
    }

    fn schema(&self, _: &[Schema], _: &Site<'_>) -> Result<Vec<Schema>, Problem> {
        Ok(vec![std::iter::once(Field::new("n".into(), DataType::Int64)).collect()])
    }
}

/// Keeps rows in the world, with the batch.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Keep {
    world: String,
    store: String,
    forgets: bool,
}

impl Kind for Keep {
    const CARD: &'static Card = card!("keep", Writer, &[Port::IN], &[]);
    no_panel_no_code!();

    fn plan(&self, _: Vec<LazyFrame>, _: &Site<'_>) -> Result<Step, Problem> {
        Ok(Step::Sink(Box::new(KeepSink {
            world: world(&self.world),
            store: self.store.clone(),
            rows: Arc::default(),
            batch: Batch::default(),
        })))
    }

    fn keeps_batches(&self) -> bool {
        !self.forgets
    }
}

struct KeepSink {
    world: Arc<Mutex<World>>,
    store: String,
    rows: Arc<Mutex<Vec<i64>>>,
    batch: Batch,
}

impl Sink for KeepSink {
    fn last_committed(&self) -> Result<Option<Batch>, Problem> {
        Ok(self.world.lock().stores.get(&self.store).and_then(|store| store.batch.clone()))
    }

    fn stage(&mut self, rows: LazyFrame, batch: &Batch) -> Result<LazyFrame, Problem> {
        self.batch = batch.clone();
        let staged = Arc::clone(&self.rows);
        let take = PlanCallback::new(move |rows: DataFrame| {
            staged.lock().extend(rows.column("n")?.i64()?.into_no_null_iter());
            Ok(false)
        });
        Ok(rows.sink_batches(take, true, None)?)
    }

    fn prepare(&mut self) -> Result<(), Problem> {
        failing(&self.world, "in prepare")
    }

    fn commit(&mut self) -> Result<Written, Problem> {
        failing(&self.world, if self.store == "second" { "in second commit" } else { "in commit" })?;
        let mut world = self.world.lock();
        let store = world.stores.entry(self.store.clone()).or_default();
        store.rows.append(&mut self.rows.lock());
        store.batch = Some(self.batch.clone());
        Ok(Written { to: self.store.clone(), bytes: 0 })
    }

    fn abort(&mut self) {
        self.world.lock().stores.entry(self.store.clone()).or_default().aborted += 1;
    }
}
