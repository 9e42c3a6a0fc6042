//! What a document asks of its nodes' outsides: options of settings and facts of these, a sample's fields, offsets.
//!
//! Answers stay until newer ones come, so that nothing flickers; who shows them sees what they were asked under.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::SystemTime;

use flowloom_flow::{Edit, Fact, Inferred, NodeId, Problem, Standing, Suggestion};
use flowloom_studio::{Command, Job, Outcome, Session};
use serde_json::{Map, Value as Json};

use super::{Doc, job_of};

/// What an outside gave as options for a setting.
pub type Suggested = Result<Vec<Suggestion>, Vec<Problem>>;

/// Values whose facts are asked for at a time.
const AT_ONCE: usize = 64;

/// A setting of a node.
type Place = (NodeId, String);

#[derive(Default)]
pub(super) struct Outside {
    /// An empty answer under way has no entry in `suggested`.
    suggesting: HashMap<Place, (Job, Map<String, Json>)>,
    suggested: HashMap<Place, (Map<String, Json>, Suggested)>,
    facts: BTreeMap<Place, Facts>,
    inferring: HashMap<NodeId, (Job, Map<String, Json>)>,
    samples: HashMap<NodeId, Sample>,
    locating: HashMap<NodeId, (Job, Map<String, Json>)>,
    located: BTreeMap<NodeId, Located>,
}

/// What is known of the options of a setting.
#[derive(Default)]
pub struct Facts {
    /// What the facts of each option are called; empty before the first answer.
    pub columns: Vec<&'static str>,
    known: HashMap<String, Vec<Fact>>,
    asked: BTreeSet<String>,
    coming: Option<Job>,
    pub problems: Vec<Problem>,
}

impl Facts {
    pub fn of(&self, value: &str) -> Option<&[Fact]> {
        self.known.get(value).map(Vec::as_slice)
    }

    /// Whether somebody has asked already.
    pub fn is_asked(&self, value: &str) -> bool {
        self.asked.contains(value)
    }

    pub fn is_coming(&self) -> bool {
        self.coming.is_some()
    }
}

/// The last look at a node's sample.
pub struct Sample {
    pub found: Inferred,
    pub at: SystemTime,
    /// The node's settings as they were when it was asked for.
    under: Map<String, Json>,
    /// Why the newest look found nothing; what was found before still stands.
    pub problems: Vec<Problem>,
}

/// How far a source was when somebody last looked.
pub struct Located {
    pub found: Result<Standing, Vec<Problem>>,
    pub at: SystemTime,
    under: Map<String, Json>,
    /// Something has happened since that moves offsets.
    is_old: bool,
}

impl Outside {
    pub(super) fn is_busy(&self) -> bool {
        !self.suggesting.is_empty()
            || !self.inferring.is_empty()
            || !self.locating.is_empty()
            || self.facts.values().any(Facts::is_coming)
    }

    /// A run has moved offsets.
    pub(super) fn has_run(&mut self) {
        for located in self.located.values_mut() {
            located.is_old = true;
        }
    }

    /// Takes in what was found for settings; the samples that came.
    fn poll(&mut self) -> Vec<(NodeId, Outcome)> {
        let Self { suggesting, suggested, facts, inferring, locating, located, .. } = self;
        suggesting.retain(|key, (job, under)| match job.outcome() {
            None => true,
            Some(outcome) => {
                let found = match outcome {
                    Outcome::Suggested(options) => Ok(options),
                    Outcome::Failed(problems) => Err(problems),
                    _ => return false,
                };
                suggested.insert(key.clone(), (std::mem::take(under), found));
                false
            }
        });
        for facts in facts.values_mut() {
            match facts.coming.as_ref().and_then(Job::outcome) {
                None => continue,
                Some(Outcome::Facts(found)) => {
                    facts.columns = found.columns;
                    facts.known.extend(found.values);
                    facts.problems.clear();
                }
                Some(Outcome::Failed(problems)) => facts.problems = problems,
                Some(_) => {}
            }
            facts.coming = None;
        }
        locating.retain(|id, (job, under)| match job.outcome() {
            None => true,
            Some(outcome) => {
                let found = match outcome {
                    Outcome::Standing(found) => Ok(found),
                    Outcome::Failed(problems) => Err(problems),
                    _ => return false,
                };
                let under = std::mem::take(under);
                located.insert(id.clone(), Located { found, at: SystemTime::now(), under, is_old: false });
                false
            }
        });
        let mut found = Vec::new();
        inferring.retain(|id, (job, _)| match job.outcome() {
            None => true,
            Some(outcome) => {
                found.push((id.clone(), outcome));
                true
            }
        });
        found
    }
}

impl Doc {
    pub(super) fn poll_outside(&mut self, session: &mut Session) {
        for (id, outcome) in self.outside.poll() {
            let Some((_, under)) = self.outside.inferring.remove(&id) else { continue };
            match outcome {
                Outcome::Inferred(found) => self.take_inferred(session, id, found, under),
                Outcome::Failed(problems) => {
                    for problem in &problems {
                        self.log.problem(problem.clone());
                    }
                    let nothing = || Sample {
                        found: Inferred::default(),
                        at: SystemTime::now(),
                        under,
                        problems: Vec::new(),
                    };
                    self.outside.samples.entry(id).or_insert_with(nothing).problems = problems;
                }
                _ => {}
            }
        }
    }

    /// Settings that nobody has made yet are made by an edit; others stay, and the panel shows how they differ.
    fn take_inferred(
        &mut self,
        session: &mut Session,
        id: NodeId,
        found: Inferred,
        under: Map<String, Json>,
    ) {
        let Some(node) = self.flow.nodes.get(&id) else { return };
        let mut settings = node.settings.clone();
        let is_open = |key: &String| settings.get(key).is_none_or(is_empty);
        let new: Vec<_> = found.settings.iter().filter(|(key, _)| is_open(key)).collect();
        let new: Map<String, Json> =
            new.into_iter().map(|(key, value)| (key.clone(), value.clone())).collect();
        let sample = Sample { found, at: SystemTime::now(), under, problems: Vec::new() };
        self.outside.samples.insert(id.clone(), sample);
        if new.is_empty() {
            return;
        }
        settings.extend(new);
        self.set_settings(session, id, settings);
    }

    /// Gives a node other settings, as one step that can be undone.
    pub(super) fn set_settings(&mut self, session: &mut Session, id: NodeId, settings: Map<String, Json>) {
        let edit = Edit::SetSettings { id, settings };
        let sent = session.send(Command::Edit { flow: self.key, edit, gesture: None });
        for problem in sent.err().into_iter().flatten() {
            self.log.problem(problem);
        }
        if let Err(problem) = self.follow(session) {
            self.log.problem(problem);
        }
    }

    fn settings_of(&self, node: &NodeId) -> Map<String, Json> {
        self.flow.nodes.get(node).map(|node| node.settings.clone()).unwrap_or_default()
    }

    /// Asks the node's outside for options of a setting; see [`Doc::suggestions`]. What is known of their facts
    /// is forgotten: somebody looks anew.
    pub fn suggest(&mut self, session: &mut Session, node: NodeId, key: String) -> Result<(), Problem> {
        let at = (node.clone(), key.clone());
        if self.outside.suggesting.contains_key(&at) {
            return Ok(());
        }
        let mut under = self.settings_of(&node);
        under.remove(&key);
        let ask = Command::Suggest { flow: self.key, node, key, values: self.values.clone() };
        if let Some(job) = job_of(session.send(ask))? {
            self.outside.suggesting.insert(at.clone(), (job, under));
            self.outside.facts.remove(&at);
        }
        Ok(())
    }

    /// What was found for a setting, and whether an answer is under way. Options that were found under other
    /// settings are not told.
    pub fn suggestions(&self, node: &NodeId, key: &str) -> (Option<&Suggested>, bool) {
        let at = (node.clone(), key.to_owned());
        let is_coming = self.outside.suggesting.contains_key(&at);
        let found = self.outside.suggested.get(&at);
        let is_current = |under: &Map<String, Json>| {
            let Some(node) = self.flow.nodes.get(node) else { return false };
            let now = node.settings.iter().filter(|(each, _)| *each != key);
            let count = node.settings.len() - usize::from(node.settings.contains_key(key));
            under.len() == count && now.into_iter().all(|(each, value)| under.get(each) == Some(value))
        };
        (found.filter(|(under, _)| is_current(under)).map(|(_, found)| found), is_coming)
    }

    /// Asks what there is to know of `of`, options of a setting; those that were asked for are not asked again.
    pub fn look_up(
        &mut self,
        session: &mut Session,
        node: NodeId,
        key: String,
        of: Vec<String>,
    ) -> Result<(), Problem> {
        let facts = self.outside.facts.entry((node.clone(), key.clone())).or_default();
        if facts.is_coming() {
            return Ok(());
        }
        let of: Vec<String> =
            of.into_iter().filter(|value| !facts.asked.contains(value)).take(AT_ONCE).collect();
        if of.is_empty() {
            return Ok(());
        }
        facts.asked.extend(of.iter().cloned());
        let ask = Command::Facts { flow: self.key, node, key, of, values: self.values.clone() };
        facts.coming = job_of(session.send(ask))?;
        Ok(())
    }

    /// What is known of the options of a setting.
    pub fn facts(&self, node: &NodeId, key: &str) -> Option<&Facts> {
        self.outside.facts.get(&(node.clone(), key.to_owned()))
    }

    /// Asks the node's outside for settings that need not be typed in; they arrive as an edit where there are none.
    pub fn infer(&mut self, session: &mut Session, node: NodeId) -> Result<(), Problem> {
        let under = self.settings_of(&node);
        let ask = Command::Infer { flow: self.key, node: node.clone(), values: self.values.clone() };
        if let Some(job) = job_of(session.send(ask))? {
            self.outside.inferring.insert(node, (job, under));
        }
        Ok(())
    }

    /// Nobody waits for a sample of `node` any more.
    pub fn stop_inferring(&mut self, node: &NodeId) {
        if let Some((job, _)) = self.outside.inferring.remove(node) {
            job.cancel().cancel();
        }
    }

    pub fn is_inferring(&self, node: &NodeId) -> bool {
        self.outside.inferring.contains_key(node)
    }

    /// What the last sample of `node` said.
    pub fn sample(&self, node: &NodeId) -> Option<&Sample> {
        self.outside.samples.get(node)
    }

    /// A setting that the sample of `node` went by and that has changed since.
    pub fn outdated(&self, node: &NodeId) -> Option<&'static str> {
        let sample = self.sample(node)?;
        let now = &self.flow.nodes.get(node)?.settings;
        let mut went_by = sample.found.went_by.iter().copied();
        went_by.find(|key| now.get(*key) != sample.under.get(*key))
    }

    /// Asks how far `node` is; see [`Doc::located`].
    pub fn locate(&mut self, session: &mut Session, node: NodeId) -> Result<(), Problem> {
        if self.outside.locating.contains_key(&node) {
            return Ok(());
        }
        let under = self.settings_of(&node);
        let ask = Command::Standing { flow: self.key, node: node.clone(), values: self.values.clone() };
        if let Some(job) = job_of(session.send(ask))? {
            self.outside.locating.insert(node, (job, under));
        }
        Ok(())
    }

    /// How far `node` was when somebody last looked.
    pub fn located(&self, node: &NodeId) -> Option<&Located> {
        self.outside.located.get(node)
    }

    /// Whether somebody asks how far `node` is.
    pub fn is_locating(&self, node: &NodeId) -> bool {
        self.outside.locating.contains_key(node)
    }

    /// Whether what is known of how far `node` is may have changed: never looked, another setting, a run or a reset.
    pub fn is_location_old(&self, node: &NodeId) -> bool {
        let is_old = |located: &Located| {
            located.is_old || self.flow.nodes.get(node).is_none_or(|node| node.settings != located.under)
        };
        self.located(node).is_none_or(is_old)
    }

    /// Offsets were moved.
    pub fn has_moved(&mut self) {
        self.outside.has_run();
    }
}

/// A setting that says nothing.
fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Array(items) => items.is_empty(),
        Json::String(text) => text.is_empty(),
        Json::Object(map) => map.is_empty(),
        _ => false,
    }
}
