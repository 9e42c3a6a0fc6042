//! A real Kafka broker for a test, started through `scripts/kafka.sh`.
//!
//! Tests that only read and write share one broker for each test process; a test that stops, kills or configures it
//! takes a private one.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use rdkafka::ClientConfig;
use rdkafka::admin::AdminClient;
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::BaseConsumer;

use crate::held::{self, Held, script};
use crate::oidc::Provider;
use crate::service::Service;

/// One broker, its data and its addresses; dropping it kills the broker and deletes its folder.
pub(crate) struct Broker {
    held: Held,
    folder: PathBuf,
    /// What `scripts/kafka.sh` finds in its environment beside the tests' own.
    settings: Vec<(String, String)>,
    admin: AdminClient<DefaultClientContext>,
}

impl Broker {
    /// The broker that all tests of this process share, started by the first that asks.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Result<Broker, String>> = OnceLock::new();
        match SHARED.get_or_init(|| Self::start(&[], &[])) {
            Ok(broker) => broker,
            Err(reason) => panic!("{reason}"),
        }
    }

    /// The broker that all tests of this process share which need rights, tickets or tokens: with
    /// [`allow`](Self::allow), a listener `KAFKA_GSSAPI` for the realm of [`Service::kerberos`], and `OAUTHBEARER` by
    /// [`Provider::shared`] on both SASL listeners. Without a login everything is allowed, to `admin` too.
    pub(crate) fn guarded() -> &'static Self {
        static GUARDED: OnceLock<Broker> = OnceLock::new();
        GUARDED.get_or_init(|| {
            Self::private_with_env(&[
                ("KAFKA_ACL", "1"),
                ("KAFKA_KERBEROS", Service::kerberos().env("KRB5_FOLDER")),
                ("KAFKA_OIDC", &Provider::shared().url()),
            ])
        })
    }

    /// A broker of the test's own, to stop, kill and start again.
    pub(crate) fn private() -> Self {
        Self::private_with(&[])
    }

    /// A broker of the test's own, with broker properties beside the usual ones.
    pub(crate) fn private_with(properties: &[(&str, &str)]) -> Self {
        Self::start(properties, &[]).unwrap_or_else(|reason| panic!("{reason}"))
    }

    /// A broker of the test's own, with settings of `scripts/kafka.sh`.
    pub(crate) fn private_with_env(settings: &[(&str, &str)]) -> Self {
        Self::start(&[], settings).unwrap_or_else(|reason| panic!("{reason}"))
    }

    fn start(properties: &[(&str, &str)], settings: &[(&str, &str)]) -> Result<Self, String> {
        let folder = held::folder("kafka")?;
        let settings: Vec<(String, String)> =
            settings.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let mut script = kafka_sh("hold", &folder);
        script.envs(settings.iter().cloned());
        if !properties.is_empty() {
            let extra = folder.join("extra.properties");
            let lines: Vec<String> =
                properties.iter().map(|(name, value)| format!("{name}={value}")).collect();
            fs::write(&extra, lines.join("\n"))
                .map_err(|error| format!("cannot write {}: {error}", extra.display()))?;
            script.env("KAFKA_EXTRA", extra);
        }
        let held = Held::start(&mut script)?;
        let bootstrap = held.env("KAFKA_PLAINTEXT");
        let admin = client_config(bootstrap).create().map_err(|error| format!("no admin client: {error}"))?;
        Ok(Self { held, folder, settings, admin })
    }

    /// `host:port` of the listener without security.
    pub(crate) fn bootstrap(&self) -> &str {
        self.env("KAFKA_PLAINTEXT")
    }

    /// What the script says of the broker: `KAFKA_SASL_SSL`, `KAFKA_CA`, `KAFKA_USER`, …
    #[track_caller]
    pub(crate) fn env(&self, name: &str) -> &str {
        self.held.env(name)
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

    /// Bytes of the broker's files that hold the messages of a topic.
    pub(crate) fn log_bytes(&self, topic: &str) -> u64 {
        let entries =
            |folder: &Path| fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
        let is_of = |name: &str| name.rsplit_once('-').is_some_and(|(found, _partition)| found == topic);
        let partitions = entries(&self.folder.join("data"))
            .filter(|entry| is_of(&entry.file_name().to_string_lossy()))
            .map(|entry| entry.path())
            .collect::<Vec<_>>();
        let files = partitions.iter().flat_map(|partition| entries(partition));
        let logs = files.filter(|file| file.path().extension().is_some_and(|extension| extension == "log"));
        logs.map(|file| file.metadata().expect("a file").len()).sum()
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
        run(kafka_sh("start", &self.folder).envs(self.settings.iter().cloned()).env("KAFKA_KEEP", "1"));
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // A frozen broker could not be told to stop; one that is gone needs not be.
        self.signal("-CONT");
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
    let mut script = script("kafka.sh");
    script.arg(command).arg(folder).stdin(Stdio::null());
    script
}

#[track_caller]
fn run(script: &mut Command) {
    let output = script.output().expect("scripts/kafka.sh runs");
    assert!(output.status.success(), "{script:?}: {}", String::from_utf8_lossy(&output.stderr));
}
