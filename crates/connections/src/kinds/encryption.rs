//! Certificates as forms have them, as what a client is built of.

use flowloom_flow::value::{Certificate, Credential};
use flowloom_flow::{Form, Setting};
use flowloom_net::tls::Key;
use flowloom_net::{Pem, Tls, Verify};

/// The settings of a form's part for certificates.
pub(crate) struct Encryption<'a> {
    pub(crate) ca: &'a mut Certificate,
    pub(crate) certificate: &'a mut Certificate,
    pub(crate) key: &'a mut Credential,
    pub(crate) key_password: &'a mut Credential,
    pub(crate) skip_host_name: &'a mut bool,
    pub(crate) skip_certificate: &'a mut bool,
}

impl Encryption<'_> {
    /// Draws them. `server`: who shows us a certificate, `broker` or `registry`.
    pub(crate) fn form(self, form: &mut dyn Form, server: &str) {
        let signed = format!(
            "Who has signed the {server}'s certificate. Empty: the authorities that this machine trusts, as for most \
             cloud providers"
        );
        form.value(Setting::new("ca", "CA certificate").hint("PEM or path").help(&signed), self.ca, &[]);
        let asked = format!("For a {server} that asks who connects (mutual TLS)");
        let certificate = Setting::new("certificate", "Client certificate").hint("PEM or path, optional");
        form.value(certificate.help(&asked), self.certificate, &[]);
        if !self.certificate.0.is_empty() {
            let key = Setting::new("key", "Client key").hint("PEM").help(
                "The private key of the client certificate. For a file write `${file:/path/client.key}`",
            );
            form.value(key, self.key, &[]);
            form.value(Setting::new("key_password", "Key password").hint("optional"), self.key_password, &[]);
        }
        let pretend =
            format!("Whoever holds any certificate of this authority can pretend to be the {server}.");
        let host = Setting::new("skip_host_name", "Skip host name verification").danger(&pretend);
        form.switch(host, self.skip_host_name);
        let all = Setting::new("skip_certificate", "Skip certificate verification")
            .danger("Anybody on the way can read and change everything, the password too.");
        form.switch(all, self.skip_certificate);
    }
}

/// How a connection is encrypted; without a certificate of ours its key says nothing.
pub(crate) fn tls(
    ca: &Certificate,
    certificate: &Certificate,
    key: &Credential,
    key_password: &Credential,
    verify: Verify,
) -> Tls {
    let certificate = pem(certificate);
    let of_ours = |credential: &Credential| credential.secret().filter(|_| certificate.is_some()).cloned();
    Tls {
        ca: pem(ca),
        key: of_ours(key).map(Key::Text),
        key_password: of_ours(key_password),
        certificate,
        verify,
    }
}

/// PEM text, or the path of a file.
pub(crate) fn pem(certificate: &Certificate) -> Option<Pem> {
    match certificate.0.trim() {
        "" => None,
        // Other programs write a few words before it.
        text if text.contains("-----BEGIN") => Some(Pem::Text(text.to_owned())),
        path => Some(Pem::Path(path.into())),
    }
}

/// What two switches leave to be verified.
pub(crate) const fn verify(skip_certificate: bool, skip_host_name: bool) -> Verify {
    match (skip_certificate, skip_host_name) {
        (true, _) => Verify::Nothing,
        (false, true) => Verify::Chain,
        (false, false) => Verify::Full,
    }
}
