//! One type for everything that can be wrong, from a node's badge to a log line and an exit code.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use crate::NodeId;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The flow runs; the user should know.
    Warning,
    /// The flow, or this part of it, cannot run or did not.
    Error,
}

/// Whose move it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Domain {
    /// The flow or the call is wrong: the user mends it.
    User,
    /// A broker, a file system or another system failed or refused.
    External,
    /// Flowloom itself is wrong: a bug.
    Internal,
}

/// Where it is: a node, one of its settings, a line of the flow file. Every part may be unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<NodeId>,
    /// Path of the setting, as in the flow file: `conditions.all[0].value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Line of the flow file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

/// What failed, why, and what to do. Read back from a record it has no `source`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Problem {
    pub severity: Severity,
    pub domain: Domain,
    /// The same call may succeed later without a change by the user.
    pub retry: bool,
    pub at: Place,
    /// What failed and why, in one sentence, values quoted in backticks.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The technical cause, for details views and logs.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text", skip_deserializing)]
    pub source: Option<Arc<dyn Error + Send + Sync>>,
}

#[expect(clippy::ref_option, reason = "serde calls it with a reference to the field")]
fn as_text<S: Serializer>(source: &Option<Arc<dyn Error + Send + Sync>>, to: S) -> Result<S::Ok, S::Error> {
    match source {
        Some(source) => to.collect_str(source),
        None => to.serialize_none(),
    }
}

impl Problem {
    fn new(domain: Domain, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            domain,
            retry: false,
            at: Place::default(),
            message: message.into(),
            hint: None,
            source: None,
        }
    }

    /// The flow or the call is wrong.
    pub fn user(message: impl Into<String>) -> Self {
        Self::new(Domain::User, message)
    }

    /// Another system failed or refused.
    pub fn external(message: impl Into<String>) -> Self {
        Self::new(Domain::External, message)
    }

    /// Flowloom is wrong.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Domain::Internal, message)
    }

    /// The run was cancelled: nobody is at fault.
    pub fn cancelled() -> Self {
        Self::user("The run was cancelled")
    }

    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn source(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    #[must_use]
    pub fn retriable(mut self, retry: bool) -> Self {
        self.retry = retry;
        self
    }

    /// Names the node, unless an inner step has named one already.
    #[must_use]
    pub fn at_node(mut self, node: &NodeId) -> Self {
        self.at.node.get_or_insert_with(|| node.clone());
        self
    }

    #[must_use]
    pub fn at_field(mut self, field: impl Into<String>) -> Self {
        self.at.field = Some(field.into());
        self
    }

    #[must_use]
    pub fn at_line(mut self, line: usize) -> Self {
        self.at.line = Some(line);
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.at.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(node) = &self.at.node {
            write!(f, "{node}: ")?;
        }
        if let Some(field) = &self.at.field {
            write!(f, "{field}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}

impl Error for Problem {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn Error + 'static))
    }
}

impl From<polars::prelude::PolarsError> for Problem {
    /// Polars' own words, less the plan that it appends.
    fn from(error: polars::prelude::PolarsError) -> Self {
        let text = error.to_string();
        let message = text.split("\n\nThis error occurred").next().unwrap_or(&text).trim().to_owned();
        Self::user(message).source(error)
    }
}

/// Collects what `check` finds, with the node filled in.
#[derive(Debug, Default)]
pub struct Problems(Vec<Problem>);

impl Problems {
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// An error in the setting `field`.
    pub fn error(&mut self, field: &str, message: impl Into<String>) {
        self.push(Problem::user(message).at_field(field));
    }

    pub fn into_vec(self) -> Vec<Problem> {
        self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
