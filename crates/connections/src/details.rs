//! What a library said, for the details of a step.

use std::error::Error;

use flowloom_flow::Secret;

/// An error with all that caused it, each said once.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let said = error.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        source = error.source();
    }
    text
}

/// `text` without any of `secrets`: what a library quotes of a request may hold one.
pub(crate) fn scrubbed(text: &str, secrets: &[Secret]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| secret.reveal().len() >= 4) {
        text = text.replace(secret.reveal(), "***");
        let encoded: String = url::form_urlencoded::byte_serialize(secret.reveal().as_bytes()).collect();
        text = text.replace(&encoded, "***");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_taken_out_as_it_is_and_as_urls_write_it() {
        let secrets = [Secret::new("sig=a+b/c"), Secret::new("")];
        assert_eq!(
            scrubbed("GET x?sig=a+b/c and sig%3Da%2Bb%2Fc failed", &secrets),
            "GET x?*** and *** failed"
        );
    }
}
