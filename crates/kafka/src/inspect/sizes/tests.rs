//! Brokers in threads, which answer as real ones do, or do not.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use super::*;
use crate::client::{Mechanism, Security};

const PASSWORD: &str = "hunter2-hidden";

/// A server that does `answer` with every connection.
fn serve(answer: impl Fn(TcpStream) + Send + 'static) -> Address {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || listener.incoming().for_each(|stream| answer(stream.unwrap())));
    Address { host: "127.0.0.1".into(), port }
}

/// A broker of old that knows `SaslHandshake`, `DescribeLogDirs` in version 1 and `SaslAuthenticate`; it takes the
/// handshake and answers the others with `answer`, given their key.
fn broker(answer: impl Fn(i16) -> Vec<u8> + Send + 'static) -> Address {
    serve(move |mut stream| {
        let mut correlation = 0_i32;
        let mut size = [0; 4];
        while stream.read_exact(&mut size).is_ok() {
            let mut request = vec![0; u32::from_be_bytes(size) as usize];
            stream.read_exact(&mut request).unwrap();
            let number = |at: usize| i16::from_be_bytes([request[at], request[at + 1]]);
            let body = match (number(0), number(2)) {
                (18, 3) => vec![0, 35],
                (18, _) => {
                    let keys = [17, 18, 35, 36].map(|key| [0, key, 0, 0, 0, 1]);
                    [&[0, 0, 0, 0, 0, 4][..], &keys.concat()].concat()
                }
                (17, _) => vec![0, 0, 0, 0, 0, 0],
                (key, _) => answer(key),
            };
            correlation += 1;
            let frame =
                [&(body.len() as u32 + 4).to_be_bytes()[..], &correlation.to_be_bytes(), &body].concat();
            if stream.write_all(&frame).is_err() {
                break;
            }
        }
    })
}

/// The topic `a` with `size` bytes in `partition`.
fn holds(partition: u8, size: u8) -> Vec<u8> {
    let head = [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, b'/', 0, 0, 0, 1, 0, 1, b'a', 0, 0, 0, 1];
    [&head[..], &[0, 0, 0, partition], &[0, 0, 0, 0, 0, 0, 0, size], &[0; 9]].concat()
}

fn plan(brokers: Vec<Address>) -> Plan {
    let topic: Arc<str> = "a".into();
    let partitions = BTreeMap::from([(Arc::clone(&topic), brokers.len())]);
    let leaders = brokers.into_iter().zip(0..).map(|(at, id)| (at, vec![(Arc::clone(&topic), id)]));
    Plan { leaders: leaders.collect(), partitions }
}

fn within(
    limit_ms: u64,
    brokers: Vec<Address>,
    login: Option<Login>,
) -> error::Result<BTreeMap<String, u64>> {
    let cluster = Cluster { security: Security { tls: None, login }, ..Cluster::new("127.0.0.1:1") };
    let until = Instant::now() + Duration::from_millis(limit_ms);
    carry_out(plan(brokers), &cluster, until, &Cancel::default())
}

fn login(mechanism: Mechanism) -> Login {
    Login::Password { mechanism, username: "app".into(), password: Secret::new(PASSWORD) }
}

/// Accepts a connection and says one byte of a long answer every now and then.
fn drips() -> Address {
    serve(|mut stream| {
        let (_hold, pause) = bounded::<()>(0);
        stream.write_all(&[0, 1, 0, 0]).unwrap();
        while stream.write_all(&[0]).is_ok() {
            assert!(pause.recv_timeout(Duration::from_millis(20)).is_err(), "nobody sends");
        }
    })
}

#[test]
fn leaders_are_summed_and_a_topic_is_left_out_without_one_of_them() {
    let both = || vec![broker(|_| holds(0, 40)), broker(|_| holds(1, 2))];
    assert_eq!(within(5000, both(), None).unwrap(), BTreeMap::from([("a".to_owned(), 42)]));
    let other = vec![broker(|_| holds(0, 40)), broker(|_| holds(0, 2))];
    assert_eq!(within(5000, other, None).unwrap(), BTreeMap::new(), "not the partition that was asked for");
    let gone = Address { host: "127.0.0.1".into(), port: 1 };
    for bad in [gone, serve(drop), broker(|_| vec![1, 2]), broker(|_| Vec::new())] {
        let brokers = vec![broker(|_| holds(0, 40)), bad];
        assert_eq!(within(5000, brokers, None).unwrap(), BTreeMap::new());
    }
}

#[test]
fn a_slow_broker_takes_the_time_that_there_is_and_a_cancel_ends_it() {
    let started = Instant::now();
    let silent = serve(std::mem::forget);
    assert_eq!(within(300, vec![drips(), silent], None).unwrap(), BTreeMap::new());
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    let cancel = Cancel::default();
    let stop = cancel.clone();
    let (cluster, until) = (Cluster::new("127.0.0.1:1"), Instant::now() + Duration::from_secs(20));
    let asked = thread::spawn(move || {
        let answer = carry_out(plan(vec![drips()]), &cluster, until, &cancel);
        (answer, Instant::now())
    });
    thread::park_timeout(Duration::from_millis(100));
    stop.cancel();
    let cancelled = Instant::now();
    let (answer, ended) = asked.join().unwrap();
    assert!(matches!(answer, Err(Error::Cancelled)), "{answer:?}");
    assert!(ended.saturating_duration_since(cancelled) < Duration::from_millis(200));
}

#[test]
fn a_login_is_refused_in_words_and_without_the_password() {
    let refuses = |key| match key {
        36 => [&[0, 58, 0, 14][..], PASSWORD.as_bytes(), &[0; 4]].concat(),
        _ => holds(0, 40),
    };
    for mechanism in [Mechanism::Plain, Mechanism::ScramSha256, Mechanism::ScramSha512] {
        let error = within(5000, vec![broker(refuses)], Some(login(mechanism))).unwrap_err();
        assert!(error.to_string().contains("does not accept this login"), "{error}");
        assert!(!format!("{error} {error:?}").contains(PASSWORD));
    }
    let accepts = |key| if key == 36 { vec![0, 0, 255, 255, 0, 0, 0, 0] } else { holds(0, 40) };
    let sizes = within(5000, vec![broker(accepts)], Some(login(Mechanism::Plain))).unwrap();
    assert_eq!(sizes, BTreeMap::from([("a".to_owned(), 40)]));
    // Who says yes without SCRAM's own proof learns nothing, and tells nothing.
    assert_eq!(
        within(5000, vec![broker(accepts)], Some(login(Mechanism::ScramSha256))).unwrap(),
        BTreeMap::new()
    );
}

#[test]
#[cfg(target_os = "linux")]
fn nobody_is_asked_with_a_ticket() {
    let login = Some(Login::Kerberos(crate::client::Kerberos::default()));
    let security = Security { tls: None, login };
    let cluster = Cluster { security, ..Cluster::new("127.0.0.1:1") };
    assert_eq!(sizes(&cluster, &["a".to_owned()], &Cancel::default()).unwrap(), BTreeMap::new());
}
