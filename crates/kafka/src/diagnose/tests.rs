//! Who listens is told by servers in threads; the way through a whole cluster by the embedded broker.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use flowloom_net::State::{Passed, Skipped};
use flowloom_net::{Probe, State, Step, Tls};
use flowloom_secret::Secret;

use super::run;
use crate::client::{Cluster, Login, Mechanism, Security};
use crate::embedded::EmbeddedBroker;

fn test(cluster: &Cluster) -> Vec<Step> {
    let mut tell = |_: &[Step]| ();
    let mut probe = Probe::new(Duration::from_secs(8), Arc::default(), &mut tell);
    run(cluster, &mut probe);
    probe.steps().to_vec()
}

/// A server that does `answer` with every connection.
fn serve(answer: impl Fn(TcpStream) + Send + 'static) -> Cluster {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let servers = listener.local_addr().unwrap().to_string();
    thread::spawn(move || listener.incoming().for_each(|stream| answer(stream.unwrap())));
    Cluster::new(servers)
}

/// Reads one request and returns its key and version.
fn request(stream: &mut TcpStream) -> Option<(i16, i16)> {
    let mut size = [0; 4];
    stream.read_exact(&mut size).ok()?;
    let mut request = vec![0; u32::from_be_bytes(size) as usize];
    stream.read_exact(&mut request).ok()?;
    let number = |at: usize| i16::from_be_bytes([request[at], request[at + 1]]);
    Some((number(0), number(2)))
}

/// A broker of version 0 with `keys`, which closes the connection at any other request.
fn broker(keys: &'static [i16]) -> impl Fn(TcpStream) + Send + 'static {
    move |mut stream| {
        let mut correlation = 0_i32;
        while let Some((key, version)) = request(&mut stream) {
            correlation += 1;
            let mut body = correlation.to_be_bytes().to_vec();
            match key {
                18 if version > 0 => body.extend([0, 35]),
                18 => {
                    body.extend([0, 0]);
                    body.extend((keys.len() as i32).to_be_bytes());
                    for key in keys {
                        body.extend(key.to_be_bytes());
                        body.extend([0, 0, 0, 11]);
                    }
                }
                17 if keys.contains(&17) => {
                    body.extend([0, 33, 0, 0, 0, 1, 0, 5]);
                    body.extend(b"PLAIN");
                }
                17 => body.extend([0, 34, 0, 0, 0, 0]),
                _ => return,
            }
            let frame = [&(body.len() as u32).to_be_bytes()[..], &body].concat();
            stream.write_all(&frame).unwrap();
        }
    }
}

fn login(cluster: Cluster) -> Cluster {
    let login = Login::Password {
        mechanism: Mechanism::ScramSha512,
        username: "app".into(),
        password: Secret::new("hunter2-hidden"),
    };
    Cluster { security: Security { tls: None, login: Some(login) }, ..cluster }
}

#[track_caller]
fn fails(cluster: &Cluster, name: &str, says: &str, hints: &str) {
    let steps = test(cluster);
    let step = steps.last().unwrap();
    assert_eq!((step.name.as_str(), step.state), (name, State::Failed), "{steps:?}");
    assert!(step.message.contains(says) && step.hint.contains(hints), "{step:?}");
    assert!(!format!("{steps:?}").contains("hunter2"), "{steps:?}");
}

#[test]
fn a_cluster_that_is_well_passes_every_step() {
    let broker = EmbeddedBroker::start().unwrap();
    broker.create_topic("orders", 1).unwrap();
    let started = Instant::now();
    let steps = test(&broker.cluster());
    assert!(started.elapsed() < Duration::from_secs(3), "{steps:?}");
    let names: Vec<_> = steps.iter().map(|step| (step.name.as_str(), step.state)).collect();
    assert_eq!(
        names,
        [
            ("DNS", Skipped),
            ("TCP", Passed),
            ("Kafka", Passed),
            ("Brokers", Passed),
            ("Topics", Passed),
            ("Group", Passed)
        ],
        "{steps:?}"
    );
    assert!(steps[4].message.starts_with("1 topic"), "{steps:?}");
}

#[test]
fn settings_are_looked_at_first() {
    fails(
        &Cluster::new("SSL://kafka:9092"),
        "Settings",
        "starts with `SSL://`",
        "settings of the connection",
    );
    let mut cluster = Cluster::new("127.0.0.1:1");
    cluster.properties.insert("sasl.password".into(), "hunter2-hidden".into());
    fails(&cluster, "Settings", "`sasl.password`", "`Password`");
    let tls =
        Tls { key: Some(flowloom_net::tls::Key::Text(Secret::new("hunter2-hidden"))), ..Tls::default() };
    let security = Security { tls: Some(tls), login: None };
    let cluster = Cluster { security, ..serve(drop) };
    fails(&cluster, "TLS", "a client key without its certificate", "client certificate");
}

#[test]
fn who_is_no_broker_is_told_by_what_it_says() {
    let http = serve(|mut stream| {
        request(&mut stream);
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").ok();
    });
    fails(&http, "Kafka", "an HTTP service listens", "registry");
    let noise = serve(|mut stream| {
        request(&mut stream);
        stream.write_all(b"220 smtp.example.com ESMTP\r\n").ok();
    });
    fails(&noise, "Kafka", "does not speak Kafka", "9092");
    let tls = serve(|mut stream| {
        request(&mut stream);
        stream.write_all(&[0x15, 3, 3, 0, 2, 2, 80]).ok();
    });
    fails(&tls, "Kafka", "asks for TLS, and the protocol has none", "SSL");
    fails(&serve(broker(&[18, 58])), "Kafka", "a controller listens", "broker's listener");
}

#[test]
fn listeners_with_and_without_a_login_are_told_apart() {
    fails(
        &serve(broker(&[3, 17, 18])),
        "Kafka",
        "asks for a login, and none is chosen",
        "SASL_PLAINTEXT with one of its mechanisms: PLAIN",
    );
    fails(&login(serve(broker(&[3, 17, 18]))), "SASL", "does not offer SCRAM-SHA-512", "PLAIN");
    fails(&login(serve(broker(&[3, 18]))), "SASL", "asks for no login", "without SASL");
}

#[test]
fn tls_to_a_listener_without_it_is_told() {
    let security = Security { tls: Some(Tls::default()), login: None };
    let cluster = Cluster {
        security,
        ..serve(|mut stream| {
            let mut size = [0; 4];
            if stream.read_exact(&mut size).is_ok() && size[0] != 0x16 {
                let mut rest = vec![0; u32::from_be_bytes(size) as usize];
                stream.read_exact(&mut rest).unwrap();
                stream.write_all(&[0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0]).unwrap();
            }
        })
    };
    fails(&cluster, "TLS", "does not speak TLS", "without TLS");
}
