//! The first minute: the sample flow beside an embedded broker that has orders in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use flowloom_flow::Problem;
use flowloom_kafka::embedded::EmbeddedBroker;
use parking_lot::Mutex;
use serde_json::Value;

use crate::command::Values;

const FLOW: &str = include_str!("../../../flows/orders_by_currency.flow.yaml");
const FILE: &str = "orders_by_currency.flow.yaml";
const TOPIC: &str = "orders";
const ORDERS: usize = 5_000;

/// A running broker and the sample flow's file. The broker goes when this is dropped.
pub struct Demo {
    shop: Arc<Shop>,
    /// The sample flow, in the demo's folder; a user's edits to it are kept.
    pub flow: PathBuf,
}

/// Where the orders come from.
struct Shop {
    broker: EmbeddedBroker,
    /// Orders in the topic; held while more of them are sent.
    sent: Mutex<usize>,
}

/// Puts the sample flow into `folder`, unless it is there, and gives its path.
pub fn put_flow(folder: &Path) -> Result<PathBuf, Problem> {
    let flow = folder.join(FILE);
    if !flow.exists() {
        fs::create_dir_all(folder).and_then(|()| fs::write(&flow, FLOW)).map_err(|error| {
            Problem::external(format!("the sample flow cannot be written: {error}; `{}`", flow.display()))
                .hint("name another folder")
                .source(error)
        })?;
    }
    Ok(flow)
}

/// Starts a demo in `folder` in the background, so that a window can show the flow at once.
pub fn starting(folder: &Path) -> Starting {
    let (sender, demo) = bounded(1);
    let folder = folder.to_owned();
    let start = move || {
        if sender.send(Demo::start(&folder)).is_err() {
            tracing::debug!("nobody waits for the demo any more");
        }
    };
    // Without a thread the channel is closed at once, which `poll` tells.
    if let Err(error) = std::thread::Builder::new().name("flowloom-demo".to_owned()).spawn(start) {
        tracing::warn!(%error, "no thread for the demo");
    }
    Starting(Some(demo))
}

/// A demo that starts.
pub struct Starting(Option<Receiver<Result<Demo, Problem>>>);

impl Starting {
    /// The demo once it has started, or why it did not; once. Never blocks.
    pub fn poll(&mut self) -> Option<Result<Demo, Problem>> {
        let answer = match self.0.as_ref()?.try_recv() {
            Ok(answer) => answer,
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => {
                Err(Problem::internal("the embedded broker ended before it started")
                    .hint("open the flow again, or set `bootstrap` to a broker of yours"))
            }
        };
        self.0 = None;
        Some(answer)
    }
}

impl Demo {
    /// Starts the broker, fills its topic, and puts the sample flow into `folder`. Takes a second or less.
    pub fn start(folder: &Path) -> Result<Self, Problem> {
        let flow = put_flow(folder)?;
        let broker = EmbeddedBroker::with_orders(TOPIC, ORDERS)
            .map_err(|error| Problem::external("the embedded broker did not start").source(error))?;
        Ok(Self { shop: Arc::new(Shop { broker, sent: Mutex::new(ORDERS) }), flow })
    }

    /// Where the broker listens: `127.0.0.1:port`.
    pub fn bootstrap_servers(&self) -> &str {
        self.shop.broker.bootstrap_servers()
    }

    /// The flow's parameters for this broker.
    pub fn values(&self) -> Values {
        Values::from([("bootstrap".to_owned(), Value::from(self.bootstrap_servers()))])
    }

    /// Messages in the topic; `None` while more of them are sent.
    pub fn orders(&self) -> Option<usize> {
        self.shop.sent.try_lock().map(|sent| *sent)
    }

    /// Sends `count` new orders in the background, so that the next run has something new.
    pub fn more(&self, count: usize) {
        let shop = Arc::clone(&self.shop);
        let send = move || {
            let mut sent = shop.sent.lock();
            match shop.broker.send_orders(TOPIC, *sent, count) {
                Ok(()) => *sent += count,
                Err(error) => tracing::warn!(%error, "no new orders for the demo"),
            }
        };
        if let Err(error) = std::thread::Builder::new().name("flowloom-orders".to_owned()).spawn(send) {
            tracing::warn!(%error, "no new orders for the demo: no thread");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::{Command, Limits, Outcome, Reply, RunOutcome, Session};

    const SOON: Duration = Duration::from_secs(30);

    fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let deadline = Instant::now() + SOON;
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(Instant::now() < deadline, "{what}");
            std::thread::yield_now();
        }
    }

    fn read(session: &mut Session, demo: &Demo) -> u64 {
        let Ok(Reply::Opened { flow, .. }) = session.send(Command::Open { path: demo.flow.clone() }) else {
            panic!("the sample flow opens")
        };
        let Ok(Reply::Job(job)) = session.send(Command::Run { flow, values: demo.values() }) else {
            panic!("it runs")
        };
        let Outcome::Run(report) = job.wait(|_| ()) else { panic!("it ran") };
        assert_eq!(report.outcome, RunOutcome::Done, "{:?}", report.problems);
        report.nodes[0].counts.map_or(0, |counts| counts.read)
    }

    #[test]
    fn each_run_has_what_came_since_the_last() {
        let folder = tempfile::tempdir().expect("folder");
        let flow = put_flow(folder.path()).expect("written");
        let mut starting = starting(folder.path());
        let demo = until("the demo starts", || starting.poll()).expect("it starts");
        assert!(starting.poll().is_none(), "it is given once");
        assert_eq!((demo.orders(), &demo.flow), (Some(ORDERS), &flow));
        let mut session = Session::new(Limits::default()).with_home(folder.path().join("home"));
        assert_eq!(read(&mut session, &demo), ORDERS as u64);
        demo.more(7);
        until("more orders come", || demo.orders().filter(|&orders| orders == ORDERS + 7));
        assert_eq!(read(&mut session, &demo), 7);
    }

    #[test]
    fn a_folder_that_cannot_be_is_told() {
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("file");
        fs::write(&file, "").expect("file");
        let mut starting = starting(&file);
        let problem = until("it fails", || starting.poll()).err().expect("a file is no folder");
        assert!(problem.message.starts_with("the sample flow cannot be written: "), "{problem}");
    }
}
