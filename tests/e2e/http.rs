//! A small HTTP/1.1 server for stand-ins: one request for each connection, plain or TLS.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use openssl::ssl::{SslAcceptor, SslFiletype, SslMethod};

/// What came in; names of headers are in lower case.
pub(crate) struct Request {
    pub(crate) method: String,
    /// With the query, as it was sent.
    pub(crate) target: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// What goes out.
pub(crate) enum Response {
    /// A status and a JSON document.
    Json(u16, serde_json::Value),
    /// The bytes of a whole answer, as another server gave it.
    Raw(Vec<u8>),
}

/// A server on a free port of 127.0.0.1; dropping it closes the port.
pub(crate) struct Server {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

/// A port that is taken but not served yet: a stand-in that names itself must know its address first.
pub(crate) struct Port(TcpListener);

impl Port {
    pub(crate) fn take() -> Self {
        Self(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port"))
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.0.local_addr().expect("a bound port has an address")
    }

    /// Serves without TLS.
    pub(crate) fn serve(self, answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Server {
        self.accept(move |stream| talk(stream, &answer))
    }

    /// Serves with the server's certificate of `certs`, a folder of `scripts/certs.sh`.
    pub(crate) fn serve_tls(
        self,
        certs: &Path,
        answer: impl Fn(&Request) -> Response + Send + Sync + 'static,
    ) -> Server {
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).expect("TLS");
        acceptor
            .set_private_key_file(certs.join("server.key"), SslFiletype::PEM)
            .and_then(|()| acceptor.set_certificate_chain_file(certs.join("server.pem")))
            .expect("scripts/certs.sh makes a key and a certificate");
        let acceptor = acceptor.build();
        self.accept(move |stream| {
            let mut stream = acceptor.accept(stream).map_err(io::Error::other)?;
            talk(&mut stream, &answer)?;
            stream.shutdown().map(drop).map_err(io::Error::other)
        })
    }

    fn accept(self, talk: impl Fn(TcpStream) -> io::Result<()> + Send + Sync + 'static) -> Server {
        let address = self.address();
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopped);
        let talk = Arc::new(talk);
        let accepting = thread::spawn(move || {
            for stream in self.0.incoming().map_while(Result::ok) {
                if stop.load(Ordering::Acquire) {
                    return;
                }
                let talk = Arc::clone(&talk);
                // A client that hangs up or trusts nobody is the client's matter: the test asserts what it saw.
                thread::spawn(move || {
                    stream.set_read_timeout(Some(Duration::from_secs(10))).and_then(|()| talk(stream)).ok()
                });
            }
        });
        Server { address, stopped, accepting: Some(accepting) }
    }
}

impl Server {
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Release);
        // Wakes the thread that waits for a connection.
        if TcpStream::connect(self.address).is_ok()
            && let Some(accepting) = self.accepting.take()
        {
            accepting.join().expect("the accepting thread does not panic");
        }
    }
}

fn talk(mut stream: impl Read + Write, answer: &impl Fn(&Request) -> Response) -> io::Result<()> {
    let request = read(&mut stream)?;
    let bytes = match answer(&request) {
        Response::Raw(bytes) => bytes,
        Response::Json(status, body) => {
            let body = body.to_string();
            let length = body.len();
            // Every client goes by the number; the phrase after it is optional. A 401 must name a scheme.
            format!(
                "HTTP/1.1 {status} \r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
                 WWW-Authenticate: Basic\r\nConnection: close\r\n\r\n{body}"
            )
            .into_bytes()
        }
    };
    stream.write_all(&bytes)?;
    stream.flush()
}

fn read(stream: impl Read) -> io::Result<Request> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or_default();
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(Request { method, target, headers, body })
}
