//! One page over HTTP: `GET /metrics`.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use flowloom_flow::Problem;
use prometheus_client::encoding::text;
use prometheus_client::registry::Registry;
use tiny_http::{Header, Method, Request, Response};

use super::Exposed;

const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Serves until it is dropped.
pub(super) struct Server {
    http: Arc<tiny_http::Server>,
    address: SocketAddr,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// `address`: `host:port`, or a port of this machine alone.
    pub(super) fn start(address: &str, exposed: Arc<Exposed>) -> Result<Self, Problem> {
        let whole = match address.parse::<u16>() {
            Ok(port) => format!("127.0.0.1:{port}"),
            Err(_) => address.to_owned(),
        };
        let refused = |why: String| {
            Problem::user(format!("metrics cannot be served at `{address}`: {why}")).hint(
                "give `host:port` of this machine that nothing else uses, such as `127.0.0.1:9464`; port 0 takes a free one",
            )
        };
        let listener = TcpListener::bind(&whole).map_err(|error| refused(error.to_string()).source(error))?;
        let address = listener.local_addr().map_err(|error| refused(error.to_string()).source(error))?;
        let server =
            tiny_http::Server::from_listener(listener, None).map_err(|error| refused(error.to_string()))?;
        let server = Arc::new(server);
        let (serving, mut registry) = (Arc::clone(&server), Registry::default());
        registry.register_collector(Box::new(exposed));
        let thread = std::thread::Builder::new()
            .name("flowloom-metrics".to_owned())
            .spawn(move || serve(&serving, &registry))
            .map_err(|error| Problem::external("no thread could be started for the metrics").source(error))?;
        Ok(Self { http: server, address, thread: Some(thread) })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/metrics", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.http.unblock();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::warn!("the metrics were no longer served");
        }
    }
}

/// Until the server is unblocked.
fn serve(server: &tiny_http::Server, registry: &Registry) {
    while let Ok(request) = server.recv() {
        answer(request, registry);
    }
}

fn answer(request: Request, registry: &Registry) {
    let path = request.url().split('?').next().unwrap_or_default();
    let (code, body) = match (request.method(), path) {
        (Method::Get | Method::Head, "/metrics") => {
            let mut body = String::new();
            match text::encode(&mut body, registry) {
                Ok(()) => (200, body),
                Err(error) => (500, format!("the metrics cannot be written: {error}\n")),
            }
        }
        (Method::Get | Method::Head, _) => (404, "the metrics are at /metrics\n".to_owned()),
        _ => (405, "only GET is answered\n".to_owned()),
    };
    let kind = if code == 200 { TEXT } else { "text/plain; charset=utf-8" };
    let mut response = Response::from_string(body).with_status_code(code);
    if let Ok(header) = Header::from_bytes("Content-Type", kind) {
        response.add_header(header);
    }
    if let Err(error) = request.respond(response) {
        tracing::debug!("who asked for the metrics went away: {error}");
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    use parking_lot::Mutex;

    use super::*;

    fn exposed() -> Arc<Exposed> {
        Arc::new(Exposed { flow: "test".to_owned(), seen: Mutex::default() })
    }

    fn ask(server: &Server, line: &str) -> String {
        let mut stream = TcpStream::connect(server.address).expect("it listens");
        write!(stream, "{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        answer
    }

    #[test]
    fn one_page_is_served() {
        let server = Server::start("127.0.0.1:0", exposed()).expect("a free port");
        let page = ask(&server, "GET /metrics");
        assert!(page.starts_with("HTTP/1.1 200") && page.contains(TEXT) && page.contains("# EOF"), "{page}");
        assert!(ask(&server, "GET /").contains("404"));
        assert!(ask(&server, "POST /metrics").contains("405"));
    }

    #[test]
    fn an_address_that_is_taken_is_told_before_the_run() {
        let server = Server::start("0", exposed()).expect("a free port");
        let again = server.address.to_string();
        for (address, words) in [(again.as_str(), "in use"), ("nowhere.invalid:1", "nowhere.invalid")] {
            let problem = Server::start(address, exposed()).err().expect("refused");
            assert!(problem.to_string().contains(words), "{problem}");
            assert!(problem.hint.is_some());
        }
    }
}
