//! Reasons, rules and applications in words, for a result that is made elsewhere: a review.

use super::application::{self, Opening, Profile as Application};
use super::conditions;
use super::expected::{Expected, ToldBy, sources};
use super::known::Names;
use super::named_text::told;
use super::policy;
use super::snapshot::Snapshot;
use super::state::account_policies;
use super::words::Words;
use crate::contract::{Alternative, Basis, Entitlement, Grant, Resource, ResourceId};
use crate::identities::ProviderGroup;
use serde_json::Value;

/// Puts what a read returns into words, with the names of things that are known.
pub struct Wording {
    names: Snapshot,
}

impl Wording {
    /// The most parts of a list: a sentence with more of them is read by nobody. The others are counted.
    const MOST: usize = 24;

    /// Takes the names that are known, and the groups of identity providers, in their normal form, of which
    /// somebody told who is in them.
    #[must_use]
    pub fn new(names: Names, told: Vec<ProviderGroup>) -> Wording {
        let mut names = Snapshot::with_names(names);
        names.note_told(told);
        Wording { names }
    }

    fn words(&self) -> Words<'_> {
        Words::new(&self.names).with_most(Self::MOST)
    }

    /// Says why somebody holds something: the rule or the assignment, and the policy that has it.
    #[must_use]
    pub fn basis(&self, basis: &Basis) -> String {
        self.words().basis(std::slice::from_ref(basis))
    }

    /// Says on which conditions one way of a grant holds. Empty if there are none.
    #[must_use]
    pub fn conditions(&self, way: &Alternative) -> String {
        conditions::conditions(std::slice::from_ref(way), self.words())
    }

    /// Names a resource with its kind, as in `policy “Staff”`.
    #[must_use]
    pub fn resource(&self, id: &ResourceId) -> String {
        self.words().resource(id)
    }

    /// Returns a resource's name in quotation marks, or its id if the name isn't known.
    #[must_use]
    pub fn name(&self, kind: &str, id: &str) -> String {
        self.words().name(kind, id)
    }

    /// Puts a message into words, with names in the place of ids.
    #[must_use]
    pub fn message(&self, message: &str) -> String {
        told(message, &self.names)
    }

    /// Says what sources of facts say of a grant's conditions, and who says so. Empty if they say nothing.
    #[must_use]
    pub fn expected(&self, grant: &Grant) -> String {
        let Some(expected) = Expected::of(grant) else { return String::new() };
        let mark = expected.mark();
        let ToldBy { source, as_of } = expected.told_by();
        match sources([ToldBy { source, as_of }].iter()) {
            Some(by) => format!("{mark}: {by}"),
            None => mark.to_owned(),
        }
    }

    /// Names the policies that deny the same. Empty if there are none.
    #[must_use]
    pub fn denied(&self, grant: &Grant) -> String {
        // Most grants say nothing, and they are many.
        if !grant.extra.contains("\"denied_by\"") {
            return String::new();
        }
        let extra: Value = serde_json::from_str(&grant.extra).unwrap_or_default();
        let denying = extra.get("denied_by").and_then(Value::as_array).into_iter().flatten();
        let words = self.words();
        let denying =
            denying.filter_map(Value::as_str).map(|id| format!("policy {}", words.name("policy", id)));
        words.list(denying, " and ")
    }

    /// Says what a policy of Access does: its action, and for whom. Each is empty if it isn't known.
    #[must_use]
    pub fn policy(&self, profile: &str) -> (String, String) {
        let policy = policy::Profile::of(profile);
        let rules = policy.rules_and_approval();
        (policy.action().to_owned(), conditions::alternative(&rules, self.words()))
    }

    /// Says what has to be so by the rules of a group. Empty if there are none.
    #[must_use]
    pub fn rules(&self, rules: &Alternative) -> String {
        conditions::alternative(rules, self.words())
    }

    /// Says what an application is, and where.
    #[must_use]
    pub fn application(&self, app: &Resource) -> String {
        let profile = Application::of(app);
        let parts = [profile.type_in_words(), profile.place(self.words())];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }

    /// Returns an application's policies in their order: their ids, and what they do.
    #[must_use]
    pub fn policies_of(&self, app: &Resource) -> Vec<(String, String)> {
        let profile = Application::of(app);
        let policies = profile.policies();
        policies.iter().map(|it| (it.id.to_owned(), policy::action(it.decision).to_owned())).collect()
    }

    /// Says what opens an application to nobody in particular, or to people whom only a login shows.
    #[must_use]
    pub fn openings(&self, entitlement: &Entitlement, app: &Resource) -> Vec<String> {
        let (profile, words) = (Application::of(app), self.words());
        let mut openings = application::openings(entitlement, &profile, words);
        openings.extend(application::known_at_login(&profile, words, |id| self.names.policy(id)));
        let in_words = |Opening { who, why, only_if }: Opening| match only_if.as_str() {
            "" => format!("{who}: {why}"),
            only_if => format!("{who}: {why}; only if {only_if}"),
        };
        openings.into_iter().map(in_words).collect()
    }

    /// Says what the policies of a member or a user group allow, and where.
    #[must_use]
    pub fn account_policies(&self, profile: &str) -> Vec<String> {
        account_policies(profile)
    }
}

/// Whether an entitlement says that everybody has access, without a login.
#[must_use]
pub fn is_public(entitlement: &Entitlement) -> bool {
    application::is_public(entitlement)
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn wording() -> Wording {
        let mut names = Names::default();
        let mut policy = samples::group("p1", "Staff");
        policy.id = samples::id("policy", "p1");
        policy.profile = r#"{"decision":"allow","include":[{"group":{"id":"g1"}}]}"#.to_owned();
        for resource in [samples::group("g1", "Engineering"), policy] {
            names.learn_resource(&resource);
        }
        Wording::new(names, Vec::new())
    }

    #[test]
    fn names_stand_for_ids() {
        let basis = Basis {
            rule: "group".to_owned(),
            value: "g1".to_owned(),
            through: Some(samples::id("policy", "p1")),
        };
        assert_eq!(wording().basis(&basis), "group “Engineering”, by policy “Staff”");
        let rule = r#"{"group":{"id":"g1"}}"#.to_owned();
        let way = Alternative { any_of: vec![rule], all_of: vec![], none_of: vec![] };
        assert_eq!(wording().conditions(&way), "what group “Engineering” asks of a login");
        let (action, rules) = wording().policy(r#"{"decision":"deny","include":[{"group":{"id":"g1"}}]}"#);
        assert_eq!((action.as_str(), rules.as_str()), ("Block", "in group “Engineering”"));
    }

    #[test]
    fn what_is_said_beside_conditions_is_told() {
        let with = |extra: &str| Grant { extra: extra.to_owned(), ..samples::grant("g1", "user", "u1") };
        let none = with("{}");
        assert_eq!((wording().expected(&none), wording().denied(&none)), (String::new(), String::new()));
        let expected = with(r#"{"expected":true,"source":"okta.csv","as_of":"2026-11-20T08:00:00Z"}"#);
        assert_eq!(wording().expected(&expected), "expected: okta.csv, as of 2026-11-20T08:00:00Z");
        assert_eq!(wording().denied(&with(r#"{"denied_by":["p1","p9"]}"#)), "policy “Staff” and policy p9");
    }

    #[test]
    fn an_application_is_told_with_its_policies_and_openings() {
        let profile = r#"{"type":"self_hosted","domain":"wiki.corp.example","policies":[
            {"id":"p1","name":"Staff","decision":"allow","precedence":1}]}"#;
        let app = samples::app("a1", "Wiki", profile);
        assert_eq!(wording().application(&app), "self-hosted, wiki.corp.example");
        assert_eq!(wording().policies_of(&app), [("p1".to_owned(), "Allow".to_owned())]);
        let access = samples::access("a1", r#"{"whoever_logs_in":true}"#);
        assert!(!is_public(&access));
        let openings = wording().openings(&access, &app);
        assert!(openings[0].starts_with("whoever logs in: "), "{openings:?}");
        assert_eq!(wording().openings(&samples::access("a1", "{}"), &app), Vec::<String>::new());
    }
}
