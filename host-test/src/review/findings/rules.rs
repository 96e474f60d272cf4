//! Findings about rules that lead nowhere.

use super::check::{Check, Level, Table};
use crate::review::kinds::{APP, GROUP, POLICY, PROVIDER, TOKEN};
use crate::review::policy::{applications, text, with_rules};
use crate::review::review::Review;
use serde_json::{Map, Value};

pub(super) const CHECKS: &[Check] = &[Check {
    id: "deleted-references",
    title: "Rules that name something deleted",
    why: "These groups, policies and applications name a group, an identity provider, a policy or a \
          service token that isn't there any more. Such a rule matches nobody: an exclude rule keeps \
          nobody out, and a require rule locks everybody out. Take it away.",
    level: Level::Medium,
    table: Table::Resource,
    needs: &[GROUP, POLICY, APP, PROVIDER],
    rows: deleted_references,
}];

fn deleted_references(review: &Review) -> Vec<u32> {
    let is_gone = |kind: u8, id: &str| review.has_read(&[kind]) && review.place(kind, id).is_none();
    let names_something_gone = |rule: &Map<String, Value>| {
        let names =
            |kind: &str, field: &str, of: u8| text(rule, kind, field).is_some_and(|id| is_gone(of, id));
        // Groups of a provider name it in a field of their own.
        let provider = rule.values().filter_map(|selector| selector.get("identity_provider_id")?.as_str());
        names("group", "id", GROUP)
            || names("login_method", "id", PROVIDER)
            || names("service_token", "token_id", TOKEN)
            || provider.filter(|id| !id.is_empty()).any(|id| is_gone(PROVIDER, id))
    };
    let rules = with_rules(review).filter(|(_, _, rules)| rules.all().any(names_something_gone));
    let apps = applications(review).filter(|(_, app)| {
        app.allowed_idps.iter().any(|id| is_gone(PROVIDER, id))
            || app.policies.iter().any(|policy| is_gone(POLICY, &policy.id))
    });
    rules.map(|(place, ..)| place).chain(apps.map(|(place, _)| place)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::named;
    use crate::review::kinds::TOKEN;
    use crate::review::samples::{resource, review, without};

    #[test]
    fn what_names_something_that_is_gone_is_found() {
        let group = |id: &str, section: &str, rule: &str| {
            resource("group", id, id, &format!(r#"{{"{section}":[{rule}]}}"#))
        };
        let token = r#"{"service_token":{"token_id":"t9"}}"#;
        let lines = [
            resource("identity-provider", "i1", "Okta", "{}"),
            group("here", "include", r#"{"group":{"id":"gone"}},{"everyone":{}}"#),
            group("fine", "include", r#"{"group":{"id":"here"}}"#),
            group("excluding", "exclude", r#"{"group":{"id":"gone"}}"#),
            group("login", "require", r#"{"login_method":{"id":"i9"}}"#),
            group("okta", "include", r#"{"okta":{"name":"x","identity_provider_id":"i9"}}"#),
            group("okta here", "include", r#"{"okta":{"name":"x","identity_provider_id":"i1"}}"#),
            group("okta any", "include", r#"{"okta":{"name":"x"}}"#),
            group("token", "include", token),
            resource("policy", "p1", "p1", "{}"),
            resource("app", "a1", "app", r#"{"allowed_idps":["i9"],"policies":[{"id":"p1"}]}"#),
            resource("app", "a2", "app fine", r#"{"allowed_idps":["i1"],"policies":[{"id":"p1"}]}"#),
            resource("app", "a3", "app policy", r#"{"policies":[{"id":"p9"}]}"#),
        ];
        let found = named("deleted-references", &review(&lines));
        assert_eq!(found, ["here", "excluding", "login", "okta", "token", "app", "app policy"]);
        let found = named("deleted-references", &without(&lines, &[TOKEN]));
        assert!(!found.contains(&"token".to_owned()), "tokens weren't read: {found:?}");
    }
}
