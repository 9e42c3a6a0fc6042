//! What a server answered.

use std::time::Duration;

use serde::de::DeserializeOwned;
use ureq::Body;
use ureq::http::header::{LOCATION, RETRY_AFTER};
use url::Url;

use super::error::{self, HttpError, HttpErrorKind};
use super::place;

pub(super) type Response = ureq::http::Response<Body>;

/// The largest answer that is taken; schemas and tokens are far smaller.
const MOST_BYTES: u64 = 32 << 20;

/// How much of an answer is quoted.
const QUOTED: usize = 2000;

/// The body of an answer that says that all is well.
pub(super) fn body(url: &Url, timeout: Duration, mut response: Response) -> Result<Vec<u8>, HttpError> {
    let status = response.status().as_u16();
    let retry = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let read = response.body_mut().with_config().limit(MOST_BYTES).read_to_vec();
    let read = match read {
        Err(ureq::Error::BodyExceedsLimit(_)) => {
            return Err(HttpErrorKind::TooLarge { server: place(url), limit_bytes: MOST_BYTES }.into());
        }
        read => read.map_err(|error| error::of_transport(url, timeout, error))?,
    };
    let server = place(url);
    let kind = match status {
        200..=299 => return Ok(read),
        401 | 403 => HttpErrorKind::LoginRefused { server, status },
        404 => HttpErrorKind::NotFound { server, path: url.path().to_owned() },
        429 => HttpErrorKind::TooManyRequests { server, retry_after_s: retry },
        500..=599 => HttpErrorKind::ServerFailed { server, status },
        _ => HttpErrorKind::Refused { server, status },
    };
    Err(HttpError::new(kind, &quoted(&read)))
}

/// The JSON that a body holds. What a good answer holds may be secret: nothing of JSON is quoted.
pub(super) fn json<T: DeserializeOwned>(url: &Url, body: &[u8]) -> Result<T, HttpError> {
    let text = body.trim_ascii();
    let text = if text.is_empty() { b"null" } else { text };
    serde_json::from_slice(text).map_err(|error| {
        let place_of = format!("line {}, column {}", error.line(), error.column());
        let server = place(url);
        if error.is_data() {
            HttpError::new(HttpErrorKind::Unexpected { server }, &place_of)
        } else if matches!(text[0], b'{' | b'[' | b'"') {
            HttpError::new(HttpErrorKind::NotJson { server }, &place_of)
        } else {
            HttpError::new(HttpErrorKind::NotJson { server }, &quoted(text))
        }
    })
}

/// Where a redirect leads.
pub(super) fn redirect(url: &Url, response: &Response) -> Result<Url, HttpError> {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let to = location.and_then(|location| url.join(location).ok());
    to.ok_or_else(|| HttpErrorKind::Refused { server: place(url), status: response.status().as_u16() }.into())
}

fn quoted(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(QUOTED)]);
    if body.len() > QUOTED { format!("{text}…") } else { text.trim().to_owned() }
}
