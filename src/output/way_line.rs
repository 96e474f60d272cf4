//! The ways that remain after an offboarding, as JSON.

use super::grant_lines::grant_objects;
use super::lines::IdLine;
use super::sink::SinkError;
use crate::contract::lifecycle::{Certainty, Way};
use serde::Serialize;
use serde_json::value::RawValue;

/// A way by which a person can still come in, or come back.
#[derive(Serialize)]
#[serde(tag = "type", rename = "way")]
pub(crate) struct WayLine<'a> {
    certainty: &'static str,
    into: Option<IdLine<'a>>,
    detail: &'a str,
    by: Option<Box<RawValue>>,
}

impl<'a> WayLine<'a> {
    /// Makes the object of a way.
    ///
    /// # Errors
    /// If the connector returned something that is no JSON object where the contract declares one.
    pub(crate) fn of(way: &'a Way) -> Result<Self, SinkError> {
        let Way { certainty: of, into, detail, by } = way;
        let by = grant_objects(by.as_slice())?.pop();
        Ok(Self { certainty: certainty(*of), into: into.as_ref().map(Into::into), detail, by })
    }
}

/// Returns the contract's word.
fn certainty(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::NotKnown => "not-known",
        Certainty::Certain => "certain",
        Certainty::Conditional => "conditional",
        Certainty::Open => "open",
        Certainty::Returning => "returning",
    }
}
