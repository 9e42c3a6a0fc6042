//! Every verdict on a server, met at a real one in a thread.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslAcceptor, SslMethod, SslVerifyMode};
use openssl::symm::Cipher;
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::{X509, X509NameBuilder};

use super::*;
use crate::probe::{Failure, Passed, Probe, State, Step};
use crate::reach::{Address, Reached};

struct Made {
    certificate: X509,
    key: PKey<Private>,
}

impl Made {
    fn pem(&self) -> String {
        String::from_utf8(self.certificate.to_pem().unwrap()).unwrap()
    }

    fn key_pem(&self) -> Secret {
        Secret::new(String::from_utf8(self.key.private_key_to_pem_pkcs8().unwrap()).unwrap())
    }
}

/// A certificate of `name` that is valid from day `from` to day `to` after today; signed by itself without a `ca`.
fn make(name: &str, ca: Option<&Made>, from: i64, to: i64) -> Made {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_nid(Nid::COMMONNAME, name).unwrap();
    let subject = subject.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial.rand(64, openssl::bn::MsbOption::MAYBE_ZERO, false).unwrap();
    builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(ca.map_or(&subject, |ca| ca.certificate.subject_name())).unwrap();
    builder.set_pubkey(&key).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64;
    let day = |days: i64| Asn1Time::from_unix(now + days * 86_400 + 60).unwrap();
    builder.set_not_before(&day(from)).unwrap();
    builder.set_not_after(&day(to)).unwrap();
    if name.starts_with("ca") {
        builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
    } else {
        let names =
            SubjectAlternativeName::new().dns(name).build(&builder.x509v3_context(None, None)).unwrap();
        builder.append_extension(names).unwrap();
    }
    builder.sign(ca.map_or(&key, |ca| &ca.key), MessageDigest::sha256()).unwrap();
    Made { certificate: builder.build(), key }
}

/// A server for one connection; with `clients` it asks for a certificate of theirs.
fn serve(server: &Made, clients: Option<&Made>) -> u16 {
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    acceptor.set_certificate(&server.certificate).unwrap();
    acceptor.set_private_key(&server.key).unwrap();
    if let Some(ca) = clients {
        let mut store = X509StoreBuilder::new().unwrap();
        store.add_cert(ca.certificate.clone()).unwrap();
        acceptor.set_cert_store(store.build());
        acceptor.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    }
    let acceptor = acceptor.build();
    talk(move |stream| {
        if let Ok(mut stream) = acceptor.accept(stream) {
            stream.write_all(b"hello").ok();
            stream.read_exact(&mut [0]).ok();
        }
    })
}

fn talk(server: impl FnOnce(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || server(listener.accept().unwrap().0));
    port
}

fn greet(port: u16, tls: &Tls) -> Result<Passed<Secured>, Failure> {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let address = Address { host: "localhost".into(), port };
    handshake(Reached { address, stream }, tls, Duration::from_secs(5))
}

fn trusting(ca: &Made) -> Tls {
    Tls { ca: Some(Pem::Text(ca.pem())), ..Tls::default() }
}

#[track_caller]
fn refused(answer: Result<Passed<Secured>, Failure>, says: &str, hints: &str) {
    let failure = answer.expect_err("the server must not be trusted");
    assert!(failure.message.contains(says), "{failure:?}");
    assert!(failure.hint.contains(hints) && !failure.details.is_empty(), "{failure:?}");
}

#[test]
fn a_good_server_is_told_with_its_chain_and_its_end() {
    let ca = make("ca-root", None, -1, 3650);
    let server = make("localhost", Some(&ca), -1, 100);
    let mut tell = |_: &[Step]| ();
    let mut probe = Probe::new(Duration::from_secs(5), Arc::default(), &mut tell);
    let port = serve(&server, None);
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let reached = Reached { address: Address { host: "localhost".into(), port }, stream };
    let mut secured = tls(&mut probe, reached, &trusting(&ca)).unwrap();
    let mut hello = [0; 5];
    secured.stream.read_exact(&mut hello).unwrap();
    assert_eq!(&hello, b"hello");
    let step = &probe.steps()[0];
    assert!(step.state == State::Passed, "{step:?}");
    assert!(
        step.message.starts_with("TLS 1.3, certificate of `localhost` signed by `ca-root`, valid until 2"),
        "{step:?}"
    );
}

#[test]
fn who_is_not_trusted_is_told_why() {
    let (ca, rogue) = (make("ca-root", None, -1, 3650), make("ca-rogue", None, -1, 3650));
    let good = make("localhost", Some(&ca), -1, 100);
    refused(
        greet(serve(&good, None), &trusting(&rogue)),
        "is signed by `ca-root`, which the CA certificate that is set",
        "`ca-root` as CA certificate",
    );
    refused(
        greet(serve(&good, None), &Tls::default()),
        "which this machine does not vouch for",
        "`ca-root` as CA certificate",
    );
    let old = make("localhost", Some(&ca), -10, -3);
    refused(greet(serve(&old, None), &trusting(&ca)), "expired on 20", "renewed");
    let new = make("localhost", Some(&ca), 3, 10);
    refused(greet(serve(&new, None), &trusting(&ca)), "is valid only from 20", "clock");
    let other = make("kafka.example.com", Some(&ca), -1, 100);
    refused(
        greet(serve(&other, None), &trusting(&ca)),
        "is not for `localhost` but for `kafka.example.com`",
        "name",
    );
    let own = make("localhost", None, -1, 100);
    refused(greet(serve(&own, None), &Tls::default()), "is signed by itself", "as CA certificate");
    assert!(greet(serve(&own, None), &trusting(&own)).is_ok(), "a certificate may vouch for itself");
}

#[test]
fn less_is_checked_only_where_it_was_asked_for() {
    let (ca, rogue) = (make("ca-root", None, -1, 3650), make("ca-rogue", None, -1, 3650));
    let other = make("kafka.example.com", Some(&ca), -1, 100);
    let chain = |ca: &Made| Tls { verify: Verify::Chain, ..trusting(ca) };
    let passed = greet(serve(&other, None), &chain(&ca)).unwrap();
    assert!(passed.message.ends_with("its host name is not checked") && passed.warning.is_none());
    refused(greet(serve(&other, None), &chain(&rogue)), "which the CA certificate that is set", "`ca-root`");
    let nothing = Tls { verify: Verify::Nothing, ..trusting(&rogue) };
    let warning = greet(serve(&other, None), &nothing).unwrap().warning.unwrap();
    assert!(warning.message.starts_with("the certificate is not checked"), "{warning:?}");
}

#[test]
fn an_end_that_is_near_is_a_warning() {
    let ca = make("ca-root", None, -1, 3650);
    let server = make("localhost", Some(&ca), -1, 12);
    let warning = greet(serve(&server, None), &trusting(&ca)).unwrap().warning.unwrap();
    assert!(warning.message.contains("expires in 12 days, on 20"), "{warning:?}");
}

#[test]
fn a_server_that_asks_for_a_certificate_gets_ours() {
    let (ca, rogue) = (make("ca-root", None, -1, 3650), make("ca-rogue", None, -1, 3650));
    let server = make("localhost", Some(&ca), -1, 100);
    let with = |client: &Made| Tls {
        certificate: Some(Pem::Text(client.pem())),
        key: Some(Key::Text(client.key_pem())),
        ..trusting(&ca)
    };
    let says = |tls: &Tls| {
        let mut secured = greet(serve(&server, Some(&ca)), tls).unwrap().value;
        let answer = secured.stream.read_exact(&mut [0; 5]);
        answer.map_err(|error| {
            refusal(&secured.address, &error.to_string(), Some(tls)).expect("a refusal").message
        })
    };
    assert!(says(&with(&make("client", Some(&ca), -1, 100))).is_ok());
    assert!(says(&trusting(&ca)).unwrap_err().contains("asks for a client certificate"));
    let stranger = says(&with(&make("client", Some(&rogue), -1, 100))).unwrap_err();
    assert!(stranger.contains("client certificate"), "{stranger}");
}

#[test]
fn who_does_not_speak_tls_is_told_so() {
    let speaks = talk(|mut stream| {
        stream.write_all(b"+OK hello, this is no TLS\r\n").ok();
        stream.read_exact(&mut [0]).ok();
    });
    refused(greet(speaks, &Tls::default()), "does not speak TLS", "protocol without TLS");
    let closes = talk(|mut stream| {
        stream.read_exact(&mut [0; 16]).ok();
    });
    refused(
        greet(closes, &Tls::default()),
        "closed the connection during the TLS handshake",
        "does not speak TLS",
    );
}

#[test]
fn our_own_files_are_looked_at_before_anybody_is_asked() {
    let ca = make("ca-root", None, -1, 3650);
    let client = make("client", Some(&ca), -1, 100);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let with =
        |certificate: Pem, key: Key| Tls { certificate: Some(certificate), key: Some(key), ..Tls::default() };
    let pem = || Pem::Text(client.pem());
    let key = || Key::Text(client.key_pem());
    let locked =
        client.key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"hunter2-key").unwrap();
    let locked = || Key::Path(file("locked.key", &locked));
    let opened = |password: &str| Tls { key_password: Some(Secret::new(password)), ..with(pem(), locked()) };

    assert_eq!(with(pem(), key()).check(), Ok(Vec::new()));
    assert_eq!(opened("hunter2-key").check(), Ok(Vec::new()));
    let near = make("client", Some(&ca), -1, 3);
    let warnings = with(Pem::Text(near.pem()), Key::Text(near.key_pem())).check().unwrap();
    assert!(warnings[0].message.contains("`client` expires in 3 days"), "{warnings:?}");

    let late = make("client", Some(&ca), -9, -3);
    let der = client.certificate.to_der().unwrap();
    let half = client.pem().replace("\n-----END", "\n-----");
    let authority = |ca: Pem| Tls { ca: Some(ca), ..Tls::default() };
    for (tls, says) in [
        (
            authority(Pem::Path("/no/such/ca.pem".into())),
            "there is no such file for the CA certificate; /no/such/ca.pem",
        ),
        (authority(Pem::Text(String::new())), "the CA certificate is empty"),
        (authority(Pem::Text("hello".into())), "the CA certificate is no PEM text"),
        (authority(Pem::Path(file("ca.der", &der))), "the CA certificate is binary"),
        (authority(Pem::Path(file("ca.jks", &[0xfe, 0xed, 0xfe, 0xed, 0]))), "is a Java keystore"),
        (authority(Pem::Text(half)), "the CA certificate is damaged"),
        (authority(Pem::Text(client.key_pem().reveal().into())), "the CA certificate is a private key"),
        (with(pem(), Key::Text(Secret::new(client.pem()))), "the client key is a certificate"),
        (with(pem(), locked()), "is encrypted and there is no password"),
        (opened("hunter2-wrong"), "the password of the client key is wrong"),
        (with(Pem::Text(ca.pem()), key()), "does not fit"),
        (with(Pem::Text(format!("{}{}", ca.pem(), client.pem())), key()), "does not fit"),
        (with(Pem::Text(late.pem()), Key::Text(late.key_pem())), "expired on 20"),
        (Tls { certificate: Some(pem()), ..Tls::default() }, "without its key"),
        (Tls { key: Some(key()), ..Tls::default() }, "without its certificate"),
    ] {
        let failure = tls.check().unwrap_err();
        assert!(failure.message.contains(says) && !failure.hint.is_empty(), "{says}: {failure:?}");
        let told = format!("{failure:?}{tls:?}");
        assert!(!told.contains("hunter2") && !told.contains("PRIVATE KEY-----\nM"), "{told}");
    }
}

#[test]
fn other_clients_get_our_certificates_as_they_take_them() {
    let (ca, middle) = (make("ca-root", None, -1, 3650), make("ca-middle", None, -1, 3650));
    let client = make("client", Some(&ca), -1, 100);
    let tls = Tls {
        certificate: Some(Pem::Text(client.pem() + &ca.pem())),
        key: Some(Key::Text(client.key_pem())),
        ca: Some(Pem::Text(ca.pem() + &middle.pem())),
        ..Tls::default()
    };
    let (der, password) = tls.pkcs12().unwrap().unwrap();
    let packed = openssl::pkcs12::Pkcs12::from_der(&der).unwrap();
    let unpacked = packed.parse2(password.reveal()).unwrap();
    assert_eq!(unpacked.cert.unwrap().to_pem().unwrap(), client.certificate.to_pem().unwrap());
    assert!(unpacked.pkey.unwrap().public_eq(&client.key) && unpacked.ca.unwrap().len() == 1);
    assert!(packed.parse2("").is_err());
    assert_ne!(tls.pkcs12().unwrap().unwrap().1, password);
    assert_eq!(X509::stack_from_pem(&tls.ca_pem().unwrap().unwrap()).unwrap().len(), 2);
    assert!(Tls::default().ca_pem().unwrap().is_none() && Tls::default().pkcs12().unwrap().is_none());
}
