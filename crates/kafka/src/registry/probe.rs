//! The steps of a test that are the registry's own; name, port and certificate were looked at before.

use flowloom_net::http::{HttpError, HttpErrorKind};
use flowloom_net::{Failure, Passed, Probe};
use serde::Deserialize;

use super::Registry;

#[derive(Deserialize)]
struct Config {
    #[serde(alias = "compatibility")]
    #[serde(rename = "compatibilityLevel")]
    level: String,
}

#[derive(Deserialize)]
struct Mode {
    mode: String,
}

impl Registry {
    /// Whether it answers as a registry, with how many subjects, and how it is set where it says so.
    pub fn test(&self, probe: &mut Probe<'_>) {
        let registry = self.clone();
        let answered = probe.step("Answer", move |left| {
            let subjects = registry.within(left).subjects().map_err(Failure::from)?;
            let count = subjects.len();
            let plural = if count == 1 { "" } else { "s" };
            let told = format!("{count} subject{plural}");
            let passed = Passed::new((), told.as_str());
            if !registry.is_exposed {
                return Ok(passed);
            }
            let exposed = Failure::new(format!("{told}, and the login is sent without encryption"));
            Ok(passed.warn(exposed.hint("Use `https://` in the URL, or everybody on the way can read it")))
        });
        if answered.is_none() {
            return;
        }
        let registry = self.clone();
        probe.step("Settings", move |left| {
            let registry = registry.within(left);
            let config = registry.setting::<Config>("config")?.map(|config| config.level);
            let mode = registry.setting::<Mode>("mode")?.map(|mode| mode.mode);
            Ok(Passed::new((), described(config.as_deref(), mode.as_deref())))
        });
    }

    /// What the registry says of one of its settings; `None` where it has none or does not tell us.
    fn setting<T: serde::de::DeserializeOwned + Send + 'static>(
        &self,
        name: &str,
    ) -> Result<Option<T>, Failure> {
        match self.get(&[name], super::RegistryError::Http) {
            Ok(setting) => Ok(Some(setting)),
            Err(super::RegistryError::Http(error)) if is_untold(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

/// Whether the registry answered that it has no such thing or does not show it: Apicurio 2 has no mode, and logins may
/// be allowed to read schemas and nothing else.
fn is_untold(error: &HttpError) -> bool {
    error.status().is_some()
        || matches!(error.kind, HttpErrorKind::NotJson { .. } | HttpErrorKind::Unexpected { .. })
}

fn described(config: Option<&str>, mode: Option<&str>) -> String {
    match (config, mode) {
        (Some(level), Some(mode)) => format!("compatibility {level}, mode {mode}"),
        (Some(level), None) => format!("compatibility {level}"),
        (None, Some(mode)) => format!("mode {mode}"),
        (None, None) => "the registry does not tell how it is set".to_owned(),
    }
}
