//! The resource groups of the account. Their list has no pages.

use super::Client;
use crate::cloudflare::account_policy::Policies;
use crate::cloudflare::endpoint::{ACCOUNT_READ, Object};
use crate::cloudflare::transport::Transport;
use crate::error::Result;
use serde_json::value::RawValue;

impl<T: Transport> Client<T> {
    /// Reads the resource groups, as those of one policy. OpenAPI:
    /// `GET /accounts/{account_id}/iam/resource_groups`.
    ///
    /// # Errors
    /// The meaning of the failure.
    pub fn resource_groups(&mut self) -> Result<Policies> {
        let path = format!("{}/iam/resource_groups", self.account_path());
        let ask = self.ask("read resource groups".to_owned(), ACCOUNT_READ, path);
        let response = self.get(&ask, None, None, Object::BYTES)?;
        let envelope = ask.envelope(&response).inspect_err(|error| self.note_stopped(error))?;
        let groups = envelope.result.map_or("[]", RawValue::get);
        let policy = ["[{\"access\":\"allow\",\"resource_groups\":", groups, "}]"].concat();
        let policies = RawValue::from_string(policy).ok();
        Ok(Policies::read(policies.as_deref(), &self.settings.account_id))
    }
}
