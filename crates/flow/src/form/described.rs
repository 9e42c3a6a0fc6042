//! A form that writes down what it is shown: `flowloom describe` and the docs.
/// One setting of a kind.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct DescribedSetting {
    pub key: String,
}
/// Collects the settings of a panel.
#[derive(Default)]
pub struct Described {
    pub settings: Vec<DescribedSetting>,
}
