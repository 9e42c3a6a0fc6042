//! How other threads reach the event loop: a bell that wakes it, an alarm for later, and letters.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use accesskit::ActionRequest;
use flowloom_ui::Answer;
use parking_lot::{Condvar, Mutex};

/// Wakes the event loop, at most once until it has looked.
#[derive(Clone, Default)]
pub(crate) struct Bell(Arc<Wires>);

#[derive(Default)]
struct Wires {
    is_rung: AtomicBool,
    /// Known once the loop runs; before that nobody sleeps.
    wake: OnceLock<Box<dyn Fn() + Send + Sync>>,
    alarm: OnceLock<Arc<Alarm>>,
}

impl Bell {
    /// Tells how the loop is woken.
    pub(crate) fn connect(&self, wake: impl Fn() + Send + Sync + 'static) {
        if self.0.wake.set(Box::new(wake)).is_ok() && self.0.is_rung.load(Ordering::Acquire) {
            self.0.wake.get().inspect(|wake| wake());
        }
    }

    pub(crate) fn ring(&self) {
        if !self.0.is_rung.swap(true, Ordering::AcqRel) {
            self.0.wake.get().inspect(|wake| wake());
        }
    }

    /// Rings at `due`, if nothing rings before.
    pub(crate) fn ring_at(&self, due: Instant) {
        let alarm = self.0.alarm.get_or_init(|| Alarm::start(self.clone()));
        let mut next = alarm.next.lock();
        if next.is_none_or(|next| due < next) {
            *next = Some(due);
            alarm.changed.notify_one();
        }
    }

    /// The loop looks: what rings from here on wakes it again.
    pub(crate) fn heard(&self) {
        self.0.is_rung.store(false, Ordering::Release);
    }
}

/// The thread that rings later. `ControlFlow::WaitUntil` would do, but on GTK it does not wake the loop.
struct Alarm {
    next: Mutex<Option<Instant>>,
    changed: Condvar,
}

impl Alarm {
    fn start(bell: Bell) -> Arc<Self> {
        let alarm = Arc::new(Self { next: Mutex::new(None), changed: Condvar::new() });
        let kept = Arc::clone(&alarm);
        let started = thread::Builder::new().name("repaint-alarm".to_owned()).spawn(move || kept.run(&bell));
        if let Err(error) = started {
            tracing::error!(%error, "no thread for timed repaints: animations wait for input");
        }
        alarm
    }

    #[expect(clippy::infinite_loop, reason = "it ends with the process")]
    fn run(&self, bell: &Bell) {
        let mut next = self.next.lock();
        loop {
            match *next {
                None => self.changed.wait(&mut next),
                Some(due) if due <= Instant::now() => {
                    *next = None;
                    bell.ring();
                }
                Some(due) => {
                    self.changed.wait_until(&mut next, due);
                }
            }
        }
    }
}

/// When one window wants to be painted next.
pub(crate) struct Repaint {
    due: Mutex<Option<Instant>>,
    is_hidden: AtomicBool,
    bell: Bell,
}

/// How often at most a window works that nobody sees: what runs in it goes on, what is animated waits.
const HIDDEN_PACE: Duration = Duration::from_millis(250);

impl Repaint {
    pub(crate) fn new(bell: Bell) -> Self {
        Self { due: Mutex::new(None), is_hidden: AtomicBool::new(false), bell }
    }

    /// Whether nobody sees the window.
    pub(crate) fn is_hidden(&self) -> bool {
        self.is_hidden.load(Ordering::Acquire)
    }

    pub(crate) fn hide(&self, is_hidden: bool) {
        if self.is_hidden.swap(is_hidden, Ordering::AcqRel) && !is_hidden {
            self.now();
        }
    }

    /// Asks for a frame after `delay`; an earlier request stands.
    pub(crate) fn after(&self, delay: Duration) {
        let delay = if self.is_hidden() { delay.max(HIDDEN_PACE) } else { delay };
        // egui says "never" by the longest duration there is.
        let Some(due) = Instant::now().checked_add(delay) else { return };
        {
            let mut earliest = self.due.lock();
            if earliest.is_some_and(|earliest| earliest <= due) {
                return;
            }
            *earliest = Some(due);
        }
        if delay.is_zero() {
            self.bell.ring();
        } else {
            self.bell.ring_at(due);
        }
    }

    pub(crate) fn now(&self) {
        self.after(Duration::ZERO);
    }

    /// Whether a frame is due; if so it counts as painted. If not, the alarm is set for when it will be.
    pub(crate) fn take(&self) -> bool {
        let mut due = self.due.lock();
        match *due {
            Some(at) if at <= Instant::now() => {
                *due = None;
                true
            }
            Some(at) => {
                self.bell.ring_at(at);
                false
            }
            None => false,
        }
    }
}

/// What other threads have for the event loop.
pub(crate) enum Letter {
    /// Files that a second start was called with.
    Open(Vec<PathBuf>),
    /// A dialog was answered.
    Answer { window: String, answer: Answer },
    /// Text of a clipboard whose owner took its time.
    Pasted { window: String, text: String },
    /// Screen readers want to see the window, or no longer.
    Watched { window: String, is_watched: bool },
    /// A screen reader presses a button.
    Asked { window: String, request: Box<ActionRequest> },
    /// The graphics device is gone.
    DeviceLost(String),
}

/// Where letters go; each one wakes the loop.
#[derive(Clone)]
pub(crate) struct Inbox {
    letters: Sender<Letter>,
    bell: Bell,
}

impl Inbox {
    pub(crate) fn new(bell: Bell) -> (Self, Receiver<Letter>) {
        let (letters, received) = channel();
        (Self { letters, bell }, received)
    }

    pub(crate) fn send(&self, letter: Letter) {
        // The host reads until the process ends.
        if self.letters.send(letter).is_ok() {
            self.bell.ring();
        }
    }
}
