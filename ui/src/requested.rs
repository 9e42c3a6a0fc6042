//! An answer that comes later, from a thread of its own. The one before it stays until then, so that
//! nothing flickers.

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use flowloom_flow::Problem;

/// A value that is asked for in the background.
pub struct Requested<T> {
    value: Option<T>,
    coming: Option<Receiver<T>>,
}

impl<T> Default for Requested<T> {
    fn default() -> Self {
        Self { value: None, coming: None }
    }
}

impl<T: Send + 'static> Requested<T> {
    /// Starts `work`; an answer that is still under way is forgotten.
    pub fn ask(&mut self, name: &str, work: impl FnOnce() -> T + Send + 'static) -> Result<(), Problem> {
        let (sender, coming) = bounded(1);
        std::thread::Builder::new()
            .name(format!("flowloom-{name}"))
            .spawn(move || {
                if sender.send(work()).is_err() {
                    tracing::debug!("nobody waits for this answer any more");
                }
            })
            .map_err(|error| Problem::external("no thread could be started").source(error))?;
        self.coming = Some(coming);
        Ok(())
    }

    /// Takes in an answer that has come; whether one has. Call it once a frame.
    pub fn poll(&mut self) -> bool {
        match self.coming.as_ref().map(Receiver::try_recv) {
            Some(Ok(value)) => {
                self.value = Some(value);
                self.coming = None;
                true
            }
            Some(Err(TryRecvError::Disconnected)) => {
                self.coming = None;
                false
            }
            Some(Err(TryRecvError::Empty)) | None => false,
        }
    }

    pub fn value(&self) -> Option<&T> {
        self.value.as_ref()
    }

    pub fn take(&mut self) -> Option<T> {
        self.value.take()
    }

    pub fn set(&mut self, value: T) {
        self.value = Some(value);
    }

    pub fn is_coming(&self) -> bool {
        self.coming.is_some()
    }
}
