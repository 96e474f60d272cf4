//! Access policies.

use crate::apps::Decision;
use crate::cloudflare::id::Id;
use crate::cloudflare::policy::Policy;
use crate::model::{Kind, Resource, ResourceId};
use crate::rules::RuleSet;

/// Returns the policy as a resource. `app` is the application that it belongs to, unless it is reusable.
pub fn resource(policy: &Policy, app: Option<&Id>) -> Resource {
    Resource {
        id: ResourceId::new(Kind::Policy, policy.id.as_str()),
        parent: app.map(|app| ResourceId::new(Kind::App, app.as_str())),
        display_name: policy.name.as_deref().unwrap_or(policy.id.as_str()).to_owned(),
        account: None,
        profile: policy.profile.clone(),
    }
}

/// Takes the rules of a policy that decides this, in the account with this id.
pub fn rule_set(policy: &mut Policy, decision: &Decision, account_id: &str) -> RuleSet {
    let sections = std::mem::take(&mut policy.sections);
    let rules = RuleSet::new(ResourceId::new(Kind::Policy, policy.id.as_str()), sections, account_id);
    if *decision == Decision::Allow { rules } else { rules.giving_nothing() }
}
