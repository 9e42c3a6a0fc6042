//! A server of a few lines on a thread answers as each test says.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{HandshakeError, SslAcceptor, SslMethod, SslVerifyMode};
use openssl::symm::Cipher;
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::{X509, X509Builder, X509NameBuilder};
use serde_json::{Value, json};

use super::*;
use crate::probe::Failure;
use crate::tls::{Key, Pem, Verify};

/// Answers each request with the next of `answers`, and tells what it was asked.
fn serve(answers: Vec<String>, tls: Option<SslAcceptor>) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, asked) = channel();
    thread::spawn(move || {
        for answer in answers {
            let (stream, _) = listener.accept().unwrap();
            match &tls {
                None => {
                    tell.send(exchange(stream, &answer)).unwrap();
                }
                Some(tls) => match tls.accept(stream) {
                    Ok(stream) => tell.send(exchange(stream, &answer)).unwrap(),
                    Err(HandshakeError::Failure(failed)) => {
                        // Closed with our request unread, the alert would be lost on its way.
                        let mut stream = failed.get_ref();
                        stream.shutdown(std::net::Shutdown::Write).unwrap_or_default();
                        stream.read_to_end(&mut Vec::new()).unwrap_or_default();
                    }
                    Err(error) => panic!("{error}"),
                },
            }
        }
    });
    (port, asked)
}

fn exchange(stream: impl Read + Write, answer: &str) -> String {
    let mut stream = BufReader::new(stream);
    let (mut asked, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).unwrap_or(0) == 0 {
            return asked;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
        asked += &line;
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    asked += &String::from_utf8(body).unwrap();
    stream.get_mut().write_all(answer.as_bytes()).unwrap();
    stream.get_mut().flush().unwrap();
    asked
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    let mut text = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    write!(text, "{headers}\r\n{body}").unwrap();
    text
}

fn ask(access: &HttpAccess, answers: &[String]) -> (Result<Value, HttpError>, Receiver<String>) {
    let (port, asked) = serve(answers.to_vec(), None);
    (Http::new(access).unwrap().get_json(&format!("http://127.0.0.1:{port}/here?a=b")), asked)
}

fn basic() -> HttpAccess {
    let auth = Auth::Basic { user: "ada".to_owned(), password: Secret::new("hunter2&") };
    HttpAccess { auth, ..HttpAccess::default() }
}

#[test]
fn each_way_to_log_in_is_sent() {
    let token = Secret::new("abc");
    let own = Auth::Header { name: "X-Vault-Token".to_owned(), value: token.clone() };
    for (auth, header) in [
        (Auth::None, None),
        (basic().auth, Some("authorization: Basic YWRhOmh1bnRlcjIm")),
        (Auth::Bearer(token), Some("authorization: Bearer abc")),
        (own, Some("x-vault-token: abc")),
    ] {
        let headers = vec![("X-Vault-Namespace".to_owned(), "team".to_owned())];
        let access = HttpAccess { auth, headers, ..HttpAccess::default() };
        let (answer, asked) = ask(&access, &[answer("200 OK", "", "{\"a\":1}")]);
        assert_eq!(answer, Ok(json!({"a": 1})));
        let asked = asked.recv().unwrap();
        assert!(asked.starts_with("GET /here?a=b HTTP/1.1"), "{asked}");
        assert!(asked.contains("x-vault-namespace: team"), "{asked}");
        assert!(header.is_none_or(|header| asked.contains(header)), "{asked}");
    }
}

#[test]
fn a_form_and_json_are_posted() {
    let (port, asked) = serve(vec![answer("200 OK", "", ""), answer("204 No Content", "", "")], None);
    let http = Http::new(&HttpAccess::default()).unwrap();
    let url = format!("http://127.0.0.1:{port}/token");
    let secret = Secret::new("a b&c");
    let fields = [("grant_type", Field::Plain("client_credentials")), ("secret", Field::Secret(&secret))];
    assert_eq!(http.post_form::<Value>(&url, &fields), Ok(Value::Null));
    let form = asked.recv().unwrap();
    assert!(form.ends_with("grant_type=client_credentials&secret=a+b%26c"), "{form}");
    assert!(form.contains("content-type: application/x-www-form-urlencoded"), "{form}");
    assert_eq!(http.put_json::<()>(&url, &json!({"x": [1]})), Ok(()));
    let put = asked.recv().unwrap();
    assert!(put.starts_with("PUT ") && put.ends_with("{\"x\":[1]}"), "{put}");
}

#[test]
fn refusals_are_told_apart_and_hold_no_credential() {
    let body = "no hunter2& and YWRhOmh1bnRlcjIm and hunter2%26 here";
    for (status, text) in [
        ("401 Unauthorized", "refused the login (HTTP status 401)"),
        ("403 Forbidden", "refused the login (HTTP status 403)"),
        ("404 Not Found", "has nothing at `/here`"),
        ("409 Conflict", "refused the request (HTTP status 409)"),
        ("429 Slow", "takes no more requests"),
        ("503 Down", "failed to answer (HTTP status 503)"),
        ("200 OK", "is no JSON"),
    ] {
        let (refused, _) = ask(&basic(), &[answer(status, "Retry-After: 7\r\n", body)]);
        let error = refused.unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(error.details, "no ••• and ••• and ••• here");
        let all = format!("{error} {error:?} {} {:?}", error.hint(), Failure::from(error.clone()));
        assert!(!all.contains("hunter2") && !all.contains("YWRh"), "{all}");
        assert_eq!(error.status(), Some(status[..3].parse().unwrap()).filter(|status| *status != 200));
        assert_eq!(error.hint() == "Try again in 7 s", status.starts_with("429"));
    }
}

#[test]
fn a_good_answer_is_never_quoted() {
    let secret = "{\"data\":\"topsecret\"}";
    let (port, _asked) = serve(vec![answer("200 OK", "", secret), answer("200 OK", "", &secret[..15])], None);
    let http = Http::new(&HttpAccess::default()).unwrap();
    let url = format!("http://127.0.0.1:{port}/");
    let wrong = http.get_json::<std::collections::BTreeMap<String, u8>>(&url).unwrap_err();
    assert!(wrong.to_string().ends_with("but not what was asked for"), "{wrong}");
    let cut = http.get_json::<Value>(&url).unwrap_err();
    assert!(cut.to_string().ends_with("is no JSON"), "{cut}");
    assert!(!format!("{wrong:?}{cut:?}").contains("tops"), "{wrong:?} {cut:?}");
}

#[test]
fn redirects_stay_on_the_server() {
    let here = answer("307 Moved", "Location: /there\r\n", "");
    let (moved, asked) = ask(&basic(), &[here, answer("200 OK", "", "[]")]);
    assert_eq!(moved, Ok(json!([])));
    asked.recv().unwrap();
    assert!(asked.recv().unwrap().starts_with("GET /there "));
    let away = answer("302 Found", "Location: https://elsewhere.example/x?y\r\n", "");
    let error = ask(&basic(), &[away]).0.unwrap_err();
    assert!(error.to_string().ends_with("sends us on to `https://elsewhere.example`"), "{error}");
    let circle = answer("302 Found", "Location: /here\r\n", "");
    let error = ask(&basic(), &vec![circle; 9]).0.unwrap_err();
    assert!(error.hint().contains("circle"), "{error:?}");
}

#[test]
fn urls_with_credentials_and_other_schemes_are_refused() {
    let http = Http::new(&HttpAccess::default()).unwrap();
    let refused = |url: &str| http.get_json::<Value>(url).unwrap_err();
    let error = refused("https://ada:hunter2@vault.example:8200/v1");
    assert!(error.to_string().contains("`https://vault.example:8200` holds a user or a password"), "{error}");
    assert!(error.hint().contains("fields for user and password"), "{error:?}");
    for url in ["ftp://host/", "host:8081", "hunter2", "http://", "https://hunter2@:x/", "mailto:hunter2@x"] {
        let error = refused(url);
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}

#[test]
fn silence_unknown_names_and_closed_ports_are_told_apart() {
    let access = HttpAccess { timeout: Duration::from_millis(200), ..HttpAccess::default() };
    let http = Http::new(&access).unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    for scheme in ["http", "https"] {
        let error = http.get_json::<Value>(&format!("{scheme}://127.0.0.1:{port}/")).unwrap_err();
        assert!(matches!(error.kind, HttpErrorKind::Timeout { .. }), "{error:?}");
    }
    drop(silent);
    let error = http.get_json::<Value>(&format!("http://127.0.0.1:{port}/")).unwrap_err();
    assert!(matches!(error.kind, HttpErrorKind::Unreachable { .. }), "{error:?}");
    let patient = http.within(Duration::from_secs(20));
    let error = patient.get_json::<Value>("http://no-such-host.invalid/").unwrap_err();
    assert!(matches!(error.kind, HttpErrorKind::UnknownHost { .. }), "{error:?}");
    let (port, _asked) = serve(vec![String::new()], None);
    let error = patient.get_json::<Value>(&format!("http://127.0.0.1:{port}/")).unwrap_err();
    assert!(matches!(error.kind, HttpErrorKind::Broken { .. }), "{error:?}");
}

#[test]
fn a_credential_with_a_line_break_is_refused() {
    let access = HttpAccess { auth: Auth::Bearer(Secret::new("abc\ndef")), ..HttpAccess::default() };
    let error = Http::new(&access).unwrap_err();
    assert!(
        error.to_string().contains("`Authorization`") && !format!("{error:?}").contains("abc"),
        "{error:?}"
    );
}

struct Signed {
    certificate: X509,
    key: PKey<Private>,
}

/// A certificate for `name`, of `by` or of itself, that ended or ends `days` from now.
fn sign(name: &str, by: Option<&Signed>, expired: bool) -> Signed {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_text("CN", name).unwrap();
    let subject = subject.build();
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(2).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(by.map_or(&subject, |by| by.certificate.subject_name())).unwrap();
    builder.set_pubkey(&key).unwrap();
    let end = if expired { 86_400 * 365 } else { 4_000_000_000 };
    builder.set_not_before(&Asn1Time::from_unix(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(end).unwrap()).unwrap();
    if by.is_none() {
        builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
    } else {
        let mut names = SubjectAlternativeName::new();
        let names = if name == "127.0.0.1" { names.ip(name) } else { names.dns(name) };
        let names = names.build(&builder.x509v3_context(by.map(|by| &*by.certificate), None)).unwrap();
        builder.append_extension(names).unwrap();
    }
    builder.sign(by.map_or(&key, |by| &by.key), MessageDigest::sha256()).unwrap();
    Signed { certificate: builder.build(), key }
}

fn pem(signed: &Signed) -> Pem {
    Pem::Text(String::from_utf8(signed.certificate.to_pem().unwrap()).unwrap())
}

/// A server with `own`, that wants a certificate of `clients` if there is one.
fn acceptor(own: &Signed, clients: Option<&Signed>) -> SslAcceptor {
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).unwrap();
    builder.set_private_key(&own.key).unwrap();
    builder.set_certificate(&own.certificate).unwrap();
    if let Some(clients) = clients {
        let mut store = X509StoreBuilder::new().unwrap();
        store.add_cert(clients.certificate.clone()).unwrap();
        builder.set_verify_cert_store(store.build()).unwrap();
        builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    }
    builder.build()
}

fn over(tls: Tls, server: SslAcceptor) -> Result<Value, HttpError> {
    let (port, _asked) = serve(vec![answer("200 OK", "", "7")], Some(server));
    let access = HttpAccess { tls: Some(tls), ..HttpAccess::default() };
    Http::new(&access)?.get_json(&format!("https://127.0.0.1:{port}/"))
}

#[test]
fn certificates_are_checked_as_far_as_asked() {
    let ca = sign("our CA", None, false);
    let good = sign("127.0.0.1", Some(&ca), false);
    let other = sign("elsewhere.example", Some(&ca), false);
    let old = sign("127.0.0.1", Some(&ca), true);
    let trusting = |verify| Tls { ca: Some(pem(&ca)), verify, ..Tls::default() };
    let reason = |answer: Result<Value, HttpError>| match answer.unwrap_err().kind {
        HttpErrorKind::Tls { reason, .. } => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(over(trusting(Verify::Full), acceptor(&good, None)), Ok(json!(7)));
    let unknown = reason(over(Tls::default(), acceptor(&good, None)));
    assert!(unknown.contains("nobody who is trusted"), "{unknown}");
    let name = reason(over(trusting(Verify::Full), acceptor(&other, None)));
    assert_eq!(name, "its certificate is not for `127.0.0.1`");
    assert_eq!(over(trusting(Verify::Chain), acceptor(&other, None)), Ok(json!(7)));
    let expired = reason(over(trusting(Verify::Chain), acceptor(&old, None)));
    assert_eq!(expired, "its certificate has expired");
    let anything = Tls { verify: Verify::Nothing, ..Tls::default() };
    assert_eq!(over(anything, acceptor(&old, None)), Ok(json!(7)));
}

#[test]
fn our_certificate_is_shown_and_its_key_unlocked() {
    let ca = sign("our CA", None, false);
    let (server, client) = (sign("127.0.0.1", Some(&ca), false), sign("client", Some(&ca), false));
    let locked = client.key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"hunter2").unwrap();
    let plain = client.key.rsa().unwrap().private_key_to_pem().unwrap();
    let text = |pem: Vec<u8>| Some(Key::Text(Secret::new(String::from_utf8(pem).unwrap())));
    let base = Tls { ca: Some(pem(&ca)), certificate: Some(pem(&client)), ..Tls::default() };
    let with = |key: Option<Key>, password: Option<&str>| Tls {
        key,
        key_password: password.map(Secret::new),
        ..base.clone()
    };
    let server = || acceptor(&server, Some(&ca));
    assert_eq!(over(with(text(plain), None), server()), Ok(json!(7)));
    assert_eq!(over(with(text(locked.clone()), Some("hunter2")), server()), Ok(json!(7)));
    let none = over(Tls { ca: Some(pem(&ca)), ..Tls::default() }, server()).unwrap_err();
    assert!(none.to_string().contains("client certificate"), "{none:?}");
    let wrong = |tls: Tls| Http::new(&HttpAccess { tls: Some(tls), ..HttpAccess::default() }).unwrap_err();
    for (key, password, reason) in [
        (text(locked.clone()), None, "the client key is encrypted and there is no password for it"),
        (text(locked), Some("hunter3"), "the password of the client key is wrong"),
        (text(b"nothing".to_vec()), None, "the client key is no PEM text"),
        (None, None, "there is a client certificate without its key"),
        (
            text(ca.key.private_key_to_pem_pkcs8().unwrap()),
            None,
            "the client key does not fit the client certificate",
        ),
        (
            Some(Key::Path("/no/such/key.pem".into())),
            None,
            "there is no such file for the client key; /no/such/key.pem",
        ),
    ] {
        let error = wrong(with(key, password));
        assert_eq!(error.to_string(), reason);
        assert!(!format!("{error:?}").contains("hunter"), "{error:?}");
    }
    let error = wrong(Tls { ca: Some(Pem::Text("no PEM".to_owned())), ..Tls::default() });
    assert_eq!(error.to_string(), "the CA certificate is no PEM text");
}

#[test]
fn a_port_without_tls_is_told() {
    let http = Http::new(&HttpAccess { timeout: Duration::from_secs(5), ..HttpAccess::default() }).unwrap();
    // A server that reads lines sees none of a handshake: this one answers at once.
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let other = plain.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut stream, _) = plain.accept().unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap_or_default();
    });
    let error = http.get_json::<Value>(&format!("https://127.0.0.1:{other}/")).unwrap_err();
    assert!(error.to_string().ends_with("it does not speak TLS at this port"), "{error:?}");
}
