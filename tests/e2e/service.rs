//! Real services other than Kafka, started through `scripts/service.sh`: each once for the test process, by the first
//! test that asks.

use std::sync::OnceLock;

use crate::held::{Held, folder, script};

/// A service on 127.0.0.1, until this process ends.
pub(crate) struct Service(Held);

type Shared = OnceLock<Result<Service, String>>;

impl Service {
    /// Google Cloud Storage as an emulator has it, open to all: `GCS_ENDPOINT`, `GCS_BUCKET`.
    pub(crate) fn gcs() -> &'static Self {
        static SHARED: Shared = OnceLock::new();
        shared(&SHARED, "gcs")
    }

    /// MIT's KDC: `KRB5_CONFIG`, `KRB5_PRINCIPAL` with `KRB5_PASSWORD` or `KRB5_KEYTAB`, and `KRB5_STALE_PRINCIPAL`
    /// with `KRB5_STALE_KEYTAB`, which the KDC refuses. A program finds the realm only with `KRB5_CONFIG` in its
    /// environment.
    pub(crate) fn kerberos() -> &'static Self {
        static SHARED: Shared = OnceLock::new();
        shared(&SHARED, "kerberos")
    }

    /// MariaDB with and without TLS: `MARIADB_HOST`, `_PORT`, `_USER`, `_PASSWORD`, `_DATABASE`, `_CA`.
    pub(crate) fn mariadb() -> &'static Self {
        static SHARED: Shared = OnceLock::new();
        shared(&SHARED, "mariadb")
    }

    /// PostgreSQL with and without TLS: `POSTGRES_HOST`, `_PORT`, `_USER`, `_PASSWORD`, `_DATABASE`, `_CA`.
    pub(crate) fn postgres() -> &'static Self {
        static SHARED: Shared = OnceLock::new();
        shared(&SHARED, "postgres")
    }

    /// Apicurio, open to all at `REGISTRY_URL`; `REGISTRY_CERTS` is for the [`Gate`](crate::gate::Gate) before it.
    ///
    /// It differs from Confluent's: no subject has a compatibility rule until `/config/SUBJECT` sets one, ids have
    /// gaps, and there is no `/mode`.
    pub(crate) fn registry() -> &'static Self {
        static SHARED: Shared = OnceLock::new();
        shared(&SHARED, "registry")
    }

    /// S3 by s3s-fs, which checks signatures: `S3_ENDPOINT`, `S3_REGION`, `S3_BUCKET`, `S3_ACCESS_KEY`,
    /// `S3_SECRET_KEY`.
    pub(crate) fn s3() -> &'static Self {
        static SHARED: Shared = OnceLock::new();
        shared(&SHARED, "s3")
    }

    /// What the script says of the service.
    #[track_caller]
    pub(crate) fn env(&self, name: &str) -> &str {
        self.0.env(name)
    }
}

#[track_caller]
fn shared(cell: &'static Shared, name: &str) -> &'static Service {
    let start = || Held::start(script("service.sh").args(["hold", name]).arg(folder(name)?)).map(Service);
    match cell.get_or_init(start) {
        Ok(service) => service,
        Err(reason) => panic!("{reason}"),
    }
}
