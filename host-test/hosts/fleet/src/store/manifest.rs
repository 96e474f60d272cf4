//! The manifest of a run.

use super::Digest;
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

/// The version of a manifest's form that this program writes and reads.
const VERSION: u32 = 1;

/// The facts of a complete run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub struct Manifest {
    /// The version of this form.
    pub version: u32,
    /// The account's name.
    pub account: String,
    /// The run's folder.
    pub run: String,
    /// The connector that read the account.
    pub connector: Connector,
    /// The beginning, in milliseconds since 1970. In the file it is a text.
    #[serde(rename = "begun", serialize_with = "as_text", deserialize_with = "from_text")]
    pub begun_ms: u64,
    /// The end, in milliseconds since 1970. In the file it is a text.
    #[serde(rename = "ended", serialize_with = "as_text", deserialize_with = "from_text")]
    pub ended_ms: u64,
    /// The number of pages.
    pub pages: u32,
    /// The size of each page, as it is stored.
    pub sizes: Vec<u64>,
    /// All of these sizes together.
    pub bytes: u64,
    /// The digest of all pages.
    pub digest: Digest,
    /// The requests that were sent.
    pub requests: u64,
    /// The number of all records.
    pub records: u64,
    /// The number of records by their kind.
    pub records_by_kind: BTreeMap<String, u64>,
    /// The number of warnings. The warnings themselves are in the pages.
    pub warnings: u64,
    /// Whether a warning says that something is missing.
    pub incomplete: bool,
}

/// The connector of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connector {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
}

impl Manifest {
    /// Fills in what the writer of a run doesn't know, or what follows from the rest.
    pub(super) fn fill_in(&mut self, sizes: Vec<u64>) {
        self.version = VERSION;
        self.bytes = sizes.iter().sum();
        self.sizes = sizes;
        self.records = self.records_by_kind.values().sum();
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        // A struct of numbers and texts is always JSON.
        let mut json = serde_json::to_vec_pretty(self).unwrap_or_default();
        json.push(b'\n');
        json
    }

    /// Reads the manifest of a run.
    pub(super) fn parse(bytes: &[u8], account: &str, run: &str) -> Result<Manifest, String> {
        #[derive(Deserialize)]
        struct Form {
            version: u32,
        }
        let form: Form = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if form.version != VERSION {
            return Err(format!(
                "it is of version {}, and this program reads version {VERSION}",
                form.version
            ));
        }
        let manifest: Manifest = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if manifest.account != account || manifest.run != run {
            return Err(format!("it is the one of {}/{}", manifest.account, manifest.run));
        }
        if usize::try_from(manifest.pages).ok() != Some(manifest.sizes.len()) {
            let (pages, sizes) = (manifest.pages, manifest.sizes.len());
            return Err(format!("it has {pages} pages, and the sizes of {sizes}"));
        }
        Ok(manifest)
    }
}

fn as_text<S: Serializer>(ms: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    let moment = i64::try_from(*ms).ok().and_then(DateTime::<Utc>::from_timestamp_millis);
    moment.unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true).serialize(serializer)
}

fn from_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = String::deserialize(deserializer)?;
    let moment = DateTime::parse_from_rfc3339(&text).map_err(serde::de::Error::custom)?;
    Ok(u64::try_from(moment.timestamp_millis()).unwrap_or_default())
}
