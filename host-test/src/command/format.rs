//! The formats of `host-test sync`: those of every program, a file for ConductorOne's baton, tables for
//! DuckDB, pandas and Spark, and a review.

use clap::ValueEnum;
use clap::builder::PossibleValue;
use cloudflare_zero_trust::command::args::Format;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The format of a sync's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub(super) enum SyncFormat {
    /// A text.
    Text(Format),
    /// A file that baton opens.
    C1z,
    /// A directory of Parquet files.
    Parquet,
    /// A review, which a browser opens.
    Html,
}

impl SyncFormat {
    pub(super) const TABLE: SyncFormat = SyncFormat::Text(Format::Table);
    pub(super) const JSON_LINES: SyncFormat = SyncFormat::Text(Format::Jsonl);
    pub(super) const CSV: SyncFormat = SyncFormat::Text(Format::Csv);

    /// Returns the format of a text, and `None` for what is none.
    pub(super) fn text(self) -> Option<Format> {
        match self {
            SyncFormat::Text(format) => Some(format),
            SyncFormat::C1z | SyncFormat::Parquet | SyncFormat::Html => None,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            SyncFormat::Text(format) => format.as_str(),
            SyncFormat::C1z => "c1z",
            SyncFormat::Parquet => "parquet",
            SyncFormat::Html => "html",
        }
    }
}

impl ValueEnum for SyncFormat {
    fn value_variants<'a>() -> &'a [Self] {
        const {
            &[
                SyncFormat::TABLE,
                SyncFormat::JSON_LINES,
                SyncFormat::CSV,
                SyncFormat::C1z,
                SyncFormat::Parquet,
                SyncFormat::Html,
            ]
        }
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            SyncFormat::Text(format) => format.to_possible_value(),
            SyncFormat::C1z => Some(PossibleValue::new(self.as_str()).help(
                "A file for ConductorOne's baton: a full sync of resources, entitlements and grants. \
                 Pages are written as they come; warnings go to standard error. Where data is missing, it is \
                 not written: see --allow-incomplete",
            )),
            SyncFormat::Parquet => Some(PossibleValue::new(self.as_str()).help(
                "A directory of tables for DuckDB, pandas and Spark: resources, entitlements, grants and \
                 warnings as .parquet, and manifest.json",
            )),
            SyncFormat::Html => Some(PossibleValue::new(self.as_str()).help(
                "A review, for the person who signs who holds what: one file for a browser, as the command \
                 review makes it",
            )),
        }
    }
}

impl fmt::Display for SyncFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<SyncFormat> for &'static str {
    fn from(format: SyncFormat) -> Self {
        format.as_str()
    }
}

impl TryFrom<String> for SyncFormat {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        <Self as ValueEnum>::from_str(&text, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_known_by_its_word() {
        for format in SyncFormat::value_variants() {
            let word = format.to_possible_value().unwrap().get_name().to_owned();
            assert_eq!((format.to_string(), SyncFormat::try_from(word.clone())), (word, Ok(*format)));
        }
        assert!(SyncFormat::try_from("xlsx".to_owned()).is_err());
    }
}
