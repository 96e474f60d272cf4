//! Finds which groups of identity providers the rules of an account name, on the pages of a read.

use super::learned::Learned;
use crate::cloudflare::client::gap::is_unreadable;
use crate::error::Result;
use crate::identities::Demand;
use crate::json::value::Json;
use crate::model::{Kind, Page, Resource, Warning};
use crate::records::warnings;
use crate::rules::Membership;

/// The demand as far as pages were read.
#[derive(Default)]
pub struct Wanted {
    demand: Demand,
    /// The identity providers.
    providers: Vec<Resource>,
}

impl Wanted {
    /// Adds a page. Returns the cursor of the next one, if there is one. Where the applications can't be
    /// read, the page before was the last one.
    ///
    /// # Errors
    /// The page can't be read, and it isn't one of applications.
    pub fn add(&mut self, page: Result<Page>, learned: &Learned) -> Result<Option<String>> {
        match page {
            Ok(page) => {
                self.demand.warnings.extend(page.warnings.into_iter().filter(matters));
                let named = page.resources.into_iter().filter(|it| it.id.kind == Kind::IdentityProvider);
                self.providers.extend(named);
                Ok(page.next)
            }
            Err(error) if is_unreadable(&error) && learned.seen.next(Kind::Group).is_none() => {
                self.demand.warnings.push(warnings::applications_not_readable(&error.message));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Returns the demand of the rules that were learned.
    pub fn of(self, learned: &Learned) -> Demand {
        let Self { mut demand, providers } = self;
        // Without the applications, nothing is compiled.
        let compiled = learned.membership.as_ref().map(Membership::sets).unwrap_or_default();
        for set in learned.rule_sets().iter().chain(compiled) {
            set.provider_groups().for_each(|group| demand.note(group, set.resource()));
        }
        demand.warnings.extend(learned.no_providers.as_deref().map(warnings::providers_not_named));
        for provider in providers {
            let profile = Json::parse(&provider.profile).unwrap_or(Json::Null);
            demand.name(&provider.id.id, &provider.display_name, profile.get("type").text());
        }
        demand
    }
}

/// Whether a warning is about groups that may be missing.
fn matters(warning: &Warning) -> bool {
    warning.incomplete
}
