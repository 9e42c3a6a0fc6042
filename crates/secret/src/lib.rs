//! Text that nobody may see. A crate of its own, because what locks it, what carries it and what uses it must not know
//! each other.

use std::fmt;

use zeroize::Zeroizing;

/// A password, a token, a private key: wiped from memory when it is dropped.
///
/// It cannot be printed and not be written, so it gets into no log, no file and no error by accident:
///
/// ```compile_fail
/// println!("{}", flowloom_secret::Secret::new("hidden".to_owned()));
/// ```
///
/// ```compile_fail
/// fn written<T: serde::Serialize>(_: T) {}
/// written(flowloom_secret::Secret::new("hidden".to_owned()));
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself: only where a client is built of it, or where it is locked.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Where somebody types it in.
    pub fn edit(&mut self) -> &mut String {
        &mut self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_says_nothing_of_itself() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?} {:#?}", Some(&secret)), "Secret Some(\n    Secret,\n)");
        assert_eq!(secret.reveal(), "hunter2");
    }
}
