//! Kinds, names and bases in a person's words.

use super::policy;
use super::snapshot::Snapshot;
use crate::contract::{Basis, ResourceId};
use crate::identities::ProviderGroup;
use serde_json::Value;

/// Names a kind in words, for one resource or for many.
pub(super) fn kind(id: &str, many: bool) -> &str {
    match (id, many) {
        ("user", true) => "users",
        ("member", true) => "members",
        ("email", false) => "unmatched email",
        ("email", true) => "unmatched emails",
        ("service-token", false) => "service token",
        ("service-token", true) => "service tokens",
        ("group", true) => "groups",
        ("role", true) => "roles",
        ("user-group", false) => "user group",
        ("user-group", true) => "user groups",
        ("scoped-role", false) => "scoped role",
        ("scoped-role", true) => "scoped roles",
        ("app", false) => "application",
        ("app", true) => "applications",
        ("policy", true) => "policies",
        ("identity-provider", false) => "identity provider",
        ("identity-provider", true) => "identity providers",
        (other, _) => other,
    }
}

/// Puts reasons into words, with the names that a snapshot has.
#[derive(Clone, Copy)]
pub(super) struct Words<'a> {
    snapshot: &'a Snapshot,
    /// The most parts of a list. The others are counted.
    most: usize,
    /// Whether ids are shown whole, to be copied.
    ids: bool,
    /// Whether policies are only named, without their rules.
    is_brief: bool,
}

impl<'a> Words<'a> {
    pub(super) fn new(snapshot: &'a Snapshot) -> Self {
        Self { snapshot, most: usize::MAX, ids: false, is_brief: false }
    }

    /// Counts the parts of a list beyond these.
    pub(super) fn with_most(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// Shows ids whole, if they are wanted.
    pub(super) fn with_ids(self, ids: bool) -> Self {
        Self { ids, ..self }
    }

    /// Returns words for what a policy does, within a condition: a few rules are enough there, and further
    /// policies are only named.
    pub(super) fn within_condition(self) -> Self {
        Self { is_brief: true, most: self.most.min(Snapshot::NAMES), ..self }
    }

    /// Returns what is known of a policy, unless policies are only named.
    pub(super) fn policy(self, id: &str) -> Option<policy::Profile> {
        self.snapshot.policy(id).filter(|_| !self.is_brief).map(policy::Profile::of)
    }

    /// Returns what is known of an Access group.
    pub(super) fn group(self, id: &str) -> Option<policy::Profile> {
        self.snapshot.group(id).map(policy::Profile::of)
    }

    /// Whether a rule names a group of an identity provider of which somebody told who is in it.
    pub(super) fn is_told(self, rule: &str) -> bool {
        provider_group(rule).is_some_and(|group| self.snapshot.is_told(&group))
    }

    /// Says why a principal holds something. Rules of the same policy stand together.
    pub(super) fn basis(self, basis: &[Basis]) -> String {
        let is_of_same_policy = |one: &Basis, other: &Basis| match (&one.through, &other.through) {
            (Some(one), Some(other)) => (&one.kind, &one.id) == (&other.kind, &other.id),
            _ => false,
        };
        let reasons = basis.chunk_by(is_of_same_policy).map(|reasons| {
            // Several addresses of one person are named by one word.
            let mut rules: Vec<String> = reasons.iter().map(|reason| self.reason(reason)).collect();
            rules.dedup();
            let rules = self.list(rules.into_iter(), " and ");
            match reasons.first().and_then(|reason| reason.through.as_ref()) {
                Some(through) => format!("{rules}, by {}", self.resource(through)),
                None => rules,
            }
        });
        self.list(reasons, "; ")
    }

    fn reason(self, Basis { rule, value, through }: &Basis) -> String {
        match rule.as_str() {
            "everyone" => "everyone".to_owned(),
            // The address, or the token, is in the same row.
            "email" => "named by address".to_owned(),
            "service_token" => "named by id".to_owned(),
            "email_domain" => format!("email domain {value}"),
            "email_list" => format!("email list {}", self.short(value)),
            "group" if through.is_some() => format!("group {}", self.name("group", value)),
            "group" => format!("nested group {}", self.name("group", value)),
            "role" => "assigned".to_owned(),
            "policy" => "assigned by a policy".to_owned(),
            "user_group" => self.resource(&ResourceId { kind: "user-group".to_owned(), id: value.clone() }),
            // The member is in the same row.
            "member" => "in the group's own list".to_owned(),
            "cloudflare_account_member" => "every account member".to_owned(),
            rule if value.is_empty() => rule.replace('_', " "),
            rule => match ProviderGroup::noun(rule, value) {
                Some(noun) => format!("{noun} {}", self.short(value)),
                None => format!("{} {value}", rule.replace('_', " ")),
            },
        }
    }

    /// Puts the parts of a list together, and counts those that are too many.
    pub(super) fn list(self, parts: impl Iterator<Item = String>, between: &str) -> String {
        let mut parts: Vec<String> = parts.collect();
        // A part that is alone takes no more room than the words that count it.
        let more = parts.len().saturating_sub(self.most);
        if more > 1 {
            parts.truncate(self.most);
            parts.push(format!("{more} more"));
        }
        parts.join(between)
    }

    /// Names a resource with its kind, as in `policy “Staff”`.
    pub(super) fn resource(self, id: &ResourceId) -> String {
        format!("{} {}", kind(&id.kind, false), self.name(&id.kind, &id.id))
    }

    /// Returns a resource's name in quotation marks, or its id if the name isn't known.
    pub(super) fn name(self, kind: &str, id: &str) -> String {
        self.known_name(kind, id).unwrap_or_else(|| self.short(id))
    }

    /// Returns a resource's name in quotation marks, if it is known.
    pub(super) fn known_name(self, kind: &str, id: &str) -> Option<String> {
        let name = self.snapshot.known_name(kind, id).filter(|name| *name != id);
        name.map(|name| format!("“{name}”"))
    }

    /// Shortens the ids among the words of a name, as in *DNS on zone 0a00…*. A name that is itself an id
    /// stays whole.
    pub(super) fn in_brief(self, name: &str) -> String {
        match name.contains(' ') {
            true => name.split(' ').map(|word| self.short(word)).collect::<Vec<_>>().join(" "),
            false => name.to_owned(),
        }
    }

    /// Shortens a long id to its first characters, which are enough to recognise it.
    pub(super) fn short(self, id: &str) -> String {
        const SHOWN: usize = 8;
        let is_long_id = id.len() >= 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        if is_long_id && !self.ids { id.chars().take(SHOWN).chain(['…']).collect() } else { id.to_owned() }
    }
}

/// Returns the group of an identity provider that a rule of Cloudflare's names, if it names one.
fn provider_group(rule: &str) -> Option<ProviderGroup> {
    let rule: serde_json::Map<String, Value> = serde_json::from_str(rule).ok()?;
    let (kind, selector) = rule.iter().next()?;
    let text = |field: &str| selector.get(field).and_then(Value::as_str).map(str::to_owned);
    let first = ["name", "id", "email", "attribute_name", "claim_name"].into_iter().find_map(text)?;
    ProviderGroup::of_rule(kind, first, &|field| Some(text(field).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::super::sink::{Sink, SinkError};
    use super::*;
    use crate::contract::{Page, Resource};

    fn snapshot() -> Result<Snapshot, SinkError> {
        let mut snapshot = Snapshot::default();
        snapshot.page(&Page { resources: vec![samples::group("g1", "Engineering")], ..samples::page() })?;
        Ok(snapshot)
    }

    #[test]
    fn a_basis_names_the_kind_of_a_group_of_an_identity_provider() {
        let snapshot = Snapshot::default();
        for (rule, value, words) in [
            ("okta", "Finance", "Okta group Finance"),
            ("azureAD", "7f2a1b3c-3f5a-4b8e-9d7c-2a1b3c4d5e6f", "Entra ID group 7f2a1b3c…"),
            ("gsuite", "pay@corp.example", "Google group pay@corp.example"),
            ("github-organization", "acme", "GitHub organization acme"),
            ("github-organization", "acme/web", "GitHub team acme/web"),
            ("saml", "team=pay", "SAML attribute team=pay"),
            ("oidc", "team=pay", "OIDC claim team=pay"),
        ] {
            let basis = Basis { rule: rule.to_owned(), value: value.to_owned(), through: None };
            assert_eq!(Words::new(&snapshot).basis(&[basis]), words);
        }
    }

    #[test]
    fn a_basis_names_groups_instead_of_ids() {
        let list = "0c9b1d1e-3f5a-4b8e-9d7c-2a1b3c4d5e6f";
        let basis: Vec<Basis> = [
            ("email", "ann@corp.example"),
            ("email_domain", "corp.example"),
            ("group", "g1"),
            ("group", "gone"),
            ("email_list", list),
            ("new_kind", ""),
            ("new_kind", "x"),
            ("role", "r1"),
            ("policy", "p1"),
            ("user_group", "k1"),
            ("member", "m1"),
        ]
        .map(|(rule, value)| Basis { rule: rule.to_owned(), value: value.to_owned(), through: None })
        .into();
        assert_eq!(
            Words::new(&snapshot().unwrap()).basis(&basis),
            "named by address; email domain corp.example; nested group “Engineering”; nested group gone; \
             email list 0c9b1d1e…; new kind; new kind x; assigned; assigned by a policy; user group k1; \
             in the group's own list"
        );
    }

    #[test]
    fn ids_in_names_are_shortened_unless_they_are_to_be_copied() {
        let (snapshot, id) = (snapshot().unwrap(), "0a000000000000000000000000000007");
        let (name, words) = (format!("DNS on zone {id}"), Words::new(&snapshot));
        assert_eq!(words.in_brief(&name), "DNS on zone 0a000000…");
        assert_eq!((words.with_ids(true).in_brief(&name), words.in_brief(id)), (name, id.to_owned()));
    }

    #[test]
    fn rules_of_the_same_policy_stand_together() {
        let mut snapshot = snapshot().unwrap();
        let policy = Resource { id: samples::id("policy", "p1"), ..samples::group("p1", "Staff") };
        snapshot.page(&Page { resources: vec![policy], ..samples::page() }).unwrap();
        let of = |rule: &str, value: &str, policy: &str| Basis {
            rule: rule.to_owned(),
            value: value.to_owned(),
            through: Some(samples::id("policy", policy)),
        };
        let mut basis = vec![
            of("email", "ann@corp.example", "p1"),
            of("email", "a.lee@corp.example", "p1"),
            of("email_domain", "corp.example", "p1"),
            of("group", "g1", "p2"),
            of("service_token", "t1", "p1"),
        ];
        let words = Words::new(&snapshot);
        assert_eq!(
            words.basis(&basis),
            "named by address and email domain corp.example, by policy “Staff”; \
             group “Engineering”, by policy p2; named by id, by policy “Staff”"
        );
        basis.extend(["p3", "p4", "p5"].map(|policy| of("everyone", "", policy)));
        assert!(words.with_most(2).basis(&basis).ends_with("policy p2; 4 more"));
        assert!(words.with_most(5).basis(&basis).ends_with("policy p5"), "one more takes no less room");
    }
}
