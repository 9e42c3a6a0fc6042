//! TLS and a login in front of a service that has neither.
//!
//! Apicurio has no basic login of its own, only OIDC; Confluent's registry and its cloud have one. What is behind the
//! gate is the real registry.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::http::{Port, Request, Response, Server};
use crate::passwords;
use crate::service::Service;

/// An `https` address of the shared registry; dropping it closes the address.
pub(crate) struct Gate {
    server: Server,
    path: String,
    certs: PathBuf,
}

impl Gate {
    /// Who may pass with [`passwords::REGISTRY`]; the other way is the token [`passwords::BEARER`].
    pub(crate) const USER: &str = "alice";

    /// A gate before the registry that all tests of this process share.
    pub(crate) fn before_registry() -> Self {
        let registry = Service::registry();
        let url = registry.env("REGISTRY_URL").strip_prefix("http://").expect("an http address");
        let (behind, path) = url.split_once('/').expect("the registry is not at the root");
        let certs = Path::new(registry.env("REGISTRY_CERTS")).to_owned();
        let behind = behind.to_owned();
        let basic = format!("Basic {}", STANDARD.encode(format!("{}:{}", Self::USER, passwords::REGISTRY)));
        let bearer = format!("Bearer {}", passwords::BEARER);
        let server = Port::take().serve_tls(&certs, move |request| {
            match request.headers.get("authorization") {
                Some(login) if *login == basic || *login == bearer => {}
                _ => {
                    return Response::Json(401, json!({"error_code": 401, "message": "Unauthorized"}));
                }
            }
            forward(&behind, request).map_or_else(
                |error| Response::Json(502, json!({"error_code": 502, "message": error.to_string()})),
                Response::Raw,
            )
        });
        Self { server, path: path.to_owned(), certs }
    }

    /// The registry's address behind the gate.
    pub(crate) fn url(&self) -> String {
        format!("https://localhost:{}/{}", self.server.address().port(), self.path)
    }

    /// The authority that signed the gate's certificate.
    pub(crate) fn ca(&self) -> PathBuf {
        self.certs.join("ca.pem")
    }
}

fn forward(behind: &str, request: &Request) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(behind)?;
    write!(stream, "{} {} HTTP/1.1\r\nHost: {behind}\r\n", request.method, request.target)?;
    for (name, value) in &request.headers {
        if !["authorization", "connection", "host"].contains(&name.as_str()) {
            write!(stream, "{name}: {value}\r\n")?;
        }
    }
    stream.write_all(b"Connection: close\r\n\r\n")?;
    stream.write_all(&request.body)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(answer)
}
