//! A real Kafka broker for a test, started through `scripts/kafka.sh`.
//!
//! Tests that only read and write share one broker for each test process; a test that stops, kills or configures it
//! takes a private one. The script holds the broker while its stdin is open, so however this process ends, by panic
//! or by `kill -9`, the kernel closes the pipe and the broker and its folder are gone.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use rdkafka::ClientConfig;
use rdkafka::admin::AdminClient;
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::BaseConsumer;

/// One broker, its data and its addresses; dropping it kills the broker and deletes its folder.
pub(crate) struct Broker {
    holder: Child,
    folder: PathBuf,
    env: BTreeMap<String, String>,
    admin: AdminClient<DefaultClientContext>,
}

impl Broker {
    /// The broker that all tests of this process share, started by the first that asks.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Result<Broker, String>> = OnceLock::new();
        match SHARED.get_or_init(|| Self::start(&[])) {
            Ok(broker) => broker,
            Err(reason) => panic!("{reason}"),
        }
    }

    /// A broker of the test's own, to stop, kill and start again.
    pub(crate) fn private() -> Self {
        Self::private_with(&[])
    }

    /// A broker of the test's own, with broker properties beside the usual ones.
    pub(crate) fn private_with(properties: &[(&str, &str)]) -> Self {
        Self::start(properties).unwrap_or_else(|reason| panic!("{reason}"))
    }

    fn start(properties: &[(&str, &str)]) -> Result<Self, String> {
        let folder = tempfile::Builder::new()
            .prefix("flowloom-kafka-")
            .tempdir()
            .map_err(|error| format!("no folder for a broker: {error}"))?
            .keep();
        let mut script = kafka_sh("hold", &folder);
        if !properties.is_empty() {
            let extra = folder.join("extra.properties");
            let lines: Vec<String> =
                properties.iter().map(|(name, value)| format!("{name}={value}")).collect();
            fs::write(&extra, lines.join("\n"))
                .map_err(|error| format!("cannot write {}: {error}", extra.display()))?;
            script.env("KAFKA_EXTRA", extra);
        }
        let mut holder = script
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("scripts/kafka.sh does not run: {error}"))?;
        let mut printed = String::new();
        if let Some(stdout) = holder.stdout.as_mut() {
            stdout.read_to_string(&mut printed).map_err(|error| format!("scripts/kafka.sh: {error}"))?;
        }
        let env: BTreeMap<String, String> = printed
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let bootstrap = env.get("KAFKA_PLAINTEXT").ok_or(
            "no broker: scripts/kafka.sh said why above; `scripts/install.sh test` installs what it needs",
        )?;
        let admin = client_config(bootstrap).create().map_err(|error| format!("no admin client: {error}"))?;
        Ok(Self { holder, folder, env, admin })
    }

    /// `host:port` of the listener without security.
    pub(crate) fn bootstrap(&self) -> &str {
        self.env("KAFKA_PLAINTEXT")
    }

    /// What the script says of the broker: `KAFKA_SASL_SSL`, `KAFKA_CA`, `KAFKA_USER`, …
    pub(crate) fn env(&self, name: &str) -> &str {
        self.env.get(name).unwrap_or_else(|| panic!("scripts/kafka.sh does not print {name}"))
    }

    /// Client properties that reach this broker.
    pub(crate) fn client_config(&self) -> ClientConfig {
        client_config(self.bootstrap())
    }

    /// A client that looks, and commits under `group`, but joins nothing.
    pub(crate) fn consumer(&self, group: &str) -> BaseConsumer {
        self.client_config()
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest")
            .set("enable.partition.eof", "false")
            .create()
            .expect("a consumer's properties are right")
    }

    /// The client that creates and deletes.
    pub(crate) fn admin(&self) -> &AdminClient<DefaultClientContext> {
        &self.admin
    }

    /// Shuts the broker down in good order; its data stays for [`restart`](Self::restart).
    pub(crate) fn stop(&self) {
        run(&mut kafka_sh("stop", &self.folder));
    }

    /// Ends the broker as a power cut does; its data stays for [`restart`](Self::restart).
    pub(crate) fn kill(&self) {
        run(&mut kafka_sh("kill", &self.folder));
    }

    /// Stops the broker's clock: it answers nothing and loses nothing, until [`thaw`](Self::thaw).
    pub(crate) fn freeze(&self) {
        assert!(self.signal("-STOP"), "the broker runs");
    }

    /// Lets a frozen broker go on.
    pub(crate) fn thaw(&self) {
        assert!(self.signal("-CONT"), "the broker runs");
    }

    /// Whether there was a broker to take the signal.
    fn signal(&self, signal: &str) -> bool {
        let Ok(pid) = fs::read_to_string(self.folder.join("pid")) else { return false };
        Command::new("kill").args([signal, pid.trim()]).status().is_ok_and(|status| status.success())
    }

    /// Starts the broker again on its data and ports, and returns when it serves.
    pub(crate) fn restart(&self) {
        run(kafka_sh("start", &self.folder).env("KAFKA_KEEP", "1"));
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // A frozen broker could not be told to stop; one that is gone needs not be.
        self.signal("-CONT");
        drop(self.holder.stdin.take());
        if let Err(error) = self.holder.wait() {
            panic!("scripts/kafka.sh hold: {error}");
        }
    }
}

fn client_config(bootstrap: &str) -> ClientConfig {
    let mut config = ClientConfig::new();
    config
        .set("bootstrap.servers", bootstrap)
        .set("broker.address.family", "v4")
        .set("reconnect.backoff.ms", "20")
        .set("reconnect.backoff.max.ms", "200")
        .set("log_level", "0");
    config
}

fn kafka_sh(command: &str, folder: &Path) -> Command {
    let mut script = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/kafka.sh"));
    script.arg(command).arg(folder).stdin(Stdio::null());
    script
}

#[track_caller]
fn run(script: &mut Command) {
    let output = script.output().expect("scripts/kafka.sh runs");
    assert!(output.status.success(), "{script:?}: {}", String::from_utf8_lossy(&output.stderr));
}
