//! Why a registry did not give what it was asked for.

use flowloom_net::Failure;
use flowloom_net::http::{HttpError, HttpErrorKind};
use serde::Deserialize;

use crate::codec::{Fault, Reason};
use crate::error::Error;

/// Why a registry did not give what it was asked for: one sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    #[error("subject `{subject}` is not in the registry")]
    NoSubject { subject: String },
    #[error("subject `{subject}` has no such version in the registry")]
    NoVersion { subject: String },
    #[error("schema {id} is not in the registry")]
    NoSchema { id: i32 },
    #[error("schema {id} builds on too many other schemas, or on itself")]
    TooManyReferences { id: i32 },
    #[error("{0}")]
    Http(#[from] HttpError),
    #[error("cancelled")]
    Cancelled,
}

/// What a registry says of a failure, in Confluent's form.
#[derive(Deserialize)]
struct Said {
    error_code: i64,
}

impl RegistryError {
    /// `missing` when the registry says that there is no such thing, else `error` itself.
    pub(super) fn of(error: HttpError, missing: impl FnOnce() -> Self) -> Self {
        if !matches!(error.kind, HttpErrorKind::NotFound { .. }) {
            return Self::Http(error);
        }
        match serde_json::from_str::<Said>(&error.details) {
            Ok(Said { error_code: 40401 | 40403 }) => missing(),
            Ok(Said { error_code: 40402 }) => match missing() {
                Self::NoSubject { subject } => Self::NoVersion { subject },
                other => other,
            },
            _ => Self::Http(error),
        }
    }

    /// Whether the same request may well succeed later.
    pub fn is_retriable(&self) -> bool {
        matches!(self, Self::Http(error) if error.is_retriable())
    }

    /// What to do about it; empty when there is nothing to say.
    pub fn hint(&self) -> String {
        match self {
            Self::NoSubject { .. } | Self::NoVersion { .. } => {
                "Check the spelling, or register the schema".to_owned()
            }
            Self::NoSchema { .. } => {
                "The message may be of another registry than the one of this connection".to_owned()
            }
            Self::Cancelled => String::new(),
            Self::TooManyReferences { .. } => "Look at the references of the schema".to_owned(),
            Self::Http(error) => match error.kind {
                HttpErrorKind::NotFound { .. }
                | HttpErrorKind::NotJson { .. }
                | HttpErrorKind::Unexpected { .. } => {
                    "Check the URL: Confluent's ends after the port, Apicurio's in `/apis/ccompat/v7`"
                        .to_owned()
                }
                _ => error.hint(),
            },
        }
    }
}

/// Why messages of a schema cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unusable {
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The registry has it, and nobody can read by it: one sentence without a full stop.
    #[error("{0}")]
    Schema(String),
}

impl From<Unusable> for Fault {
    /// What the registry does not have makes a message bad; without the registry's answer nobody knows.
    fn from(unusable: Unusable) -> Self {
        match unusable {
            Unusable::Registry(error @ (RegistryError::Http(_) | RegistryError::Cancelled)) => {
                Self::Failed(Box::new(error.into()))
            }
            other => Self::Bad(Reason::new(other.to_string())),
        }
    }
}

impl From<Unusable> for Error {
    fn from(unusable: Unusable) -> Self {
        match unusable {
            Unusable::Registry(error) => error.into(),
            Unusable::Schema(reason) => Self::InvalidRequest { reason },
        }
    }
}

impl From<RegistryError> for Error {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Cancelled => Self::Cancelled,
            error => Self::Registry(Box::new(error)),
        }
    }
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        let hint = error.hint();
        let details = match &error {
            RegistryError::Http(http) => http.details.clone(),
            _ => String::new(),
        };
        Self { message: error.to_string(), hint, details }
    }
}
