//! One request, as an endpoint's function gets it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::mock::faults::Armed;

use super::envelope::Failure;
use super::paging::{Limits, Paging};

/// The parts of a request that an endpoint needs.
pub(crate) struct Call<'a> {
    /// The path's segment for the route's `{id}`.
    pub id: &'a str,
    /// The path's segment for the route's second `{id}`.
    pub inner: &'a str,
    pub query: &'a BTreeMap<String, String>,
    pub body: &'a [u8],
    /// The longest page that the server sends on this route.
    pub max_per_page: Option<u64>,
    pub totals: bool,
    /// The faults that may bend the page of the answer.
    pub faults: &'a [Arc<Armed>],
}

impl Call<'_> {
    pub fn paging(&self, limits: Limits) -> Result<Paging<'_>, Failure> {
        let (page, per_page) = (self.query("page"), self.query("per_page"));
        Paging::new(page, per_page, limits, self.max_per_page, self.totals, self.faults)
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// Reads the body, or refuses it with this code.
    pub fn json<T: DeserializeOwned>(&self, code: u64) -> Result<T, Failure> {
        serde_json::from_slice(self.body)
            .map_err(|error| Failure::bad_request(code, format!("invalid body: {error}")))
    }
}
