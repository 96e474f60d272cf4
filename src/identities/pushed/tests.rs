//! What follows from the SCIM lists of a provider.

use super::provider::Provider;
use crate::cloudflare::id::Id;
use crate::cloudflare::scim::{Member, ScimGroup, ScimUser};
use crate::identities::{ProviderGroup, WantedGroup};
use crate::model::{Warning, WarningCode};

fn wanted(rule: &'static str, kind: Option<&str>, text: &str) -> WantedGroup {
    WantedGroup {
        group: ProviderGroup { rule, provider: "I".into(), text: text.into() },
        provider_name: Some("Idp".to_owned()),
        provider_type: kind.map(str::to_owned),
        used_by: Vec::new(),
    }
}

/// Makes a group with a name and an external id. A member with a star is a group.
fn group(id: &str, name: &str, external_id: &str, members: Option<&str>) -> ScimGroup {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let member = |word: &str| Member { id: word.replace('*', ""), is_group: word.starts_with('*') };
    ScimGroup {
        id: Id::parse(id).unwrap(),
        name: text(name),
        external_id: text(external_id),
        members: members.map(|members| members.split_whitespace().map(member).collect()),
    }
}

/// Makes a user with these addresses, in these groups.
fn user(id: &str, addresses: &str, groups: Option<&str>) -> ScimUser {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
    ScimUser {
        id: Id::parse(id).unwrap(),
        is_active: true,
        addresses: words(addresses),
        groups: groups.map(words),
    }
}

/// Returns what follows, `group: addresses` for each fact, and the warnings.
fn told(wanted: Vec<WantedGroup>, groups: Vec<ScimGroup>, users: Vec<ScimUser>) -> (String, Vec<Warning>) {
    let (mut all, warning) = Provider::all(wanted.iter());
    let Some(mut provider) = all.pop() else { return (String::new(), warning.into_iter().collect()) };
    assert!(all.is_empty());
    groups.into_iter().for_each(|group| provider.add_group(group));
    if provider.end_groups() {
        provider.add_users(users.into_iter());
    }
    let (facts, mut warnings) = provider.end();
    warnings.extend(warning);
    let shown = facts.iter().map(|fact| {
        assert_eq!(
            (fact.provider.as_str(), fact.source.as_str(), &fact.as_of),
            ("I", "Cloudflare SCIM", &None)
        );
        format!("{}: {}", fact.group, fact.addresses.join(" "))
    });
    (shown.collect::<Vec<_>>().join("; "), warnings)
}

fn ann_and_bob() -> Vec<ScimUser> {
    vec![user("a", "ann@x.example", None), user("b", "bob@x.example", None)]
}

#[test]
fn each_kind_of_provider_is_matched_in_its_own_way() {
    let pushed = || {
        vec![
            group("g1", "Sales", "0AF3", Some("a")),
            group("g2", "sales", "Sales", Some("b")),
            group("g3", "Sales", "", Some("b")),
        ]
    };
    let both = "ann@x.example bob@x.example";
    for (rule, kind, text, expected) in [
        // By name, letter by letter, and two groups with one name count both.
        ("okta", Some("okta"), "Sales", Some(both)),
        ("okta", Some("okta"), "sales", Some("bob@x.example")),
        ("okta", None, "sales", Some("bob@x.example")),
        ("okta", Some("okta"), "0AF3", None),
        ("okta", Some("saml"), "Sales", None),
        // By the object id alone, in any case.
        ("azureAD", Some("azureAD"), "0af3", Some("ann@x.example")),
        ("azureAD", Some("azureAD"), "Sales", Some("bob@x.example")),
        ("azureAD", Some("azureAD"), "g1", None),
        // By the name behind the field "groups".
        ("saml", Some("saml"), "groups=Sales", Some(both)),
        ("saml", Some("saml"), "Groups=sales", Some("bob@x.example")),
        ("saml", Some("saml"), "department=Sales", None),
        ("saml", Some("saml"), "groups=", None),
        ("saml", Some("okta"), "groups=Sales", None),
        ("oidc", Some("oidc"), "groups=Sales", Some(both)),
        ("oidc", Some("azureAD"), "groups=Sales", None),
        ("oidc", Some("oidc"), "groups=Sales=EMEA", None),
        ("gsuite", Some("google-apps"), "Sales", None),
        ("github-organization", Some("github"), "Sales", None),
    ] {
        let (facts, warnings) = told(vec![wanted(rule, kind, text)], pushed(), ann_and_bob());
        let expected = expected.map(|people| format!("{text}: {people}")).unwrap_or_default();
        assert_eq!(facts, expected, "{rule} {kind:?} {text}");
        let codes: Vec<_> = warnings.iter().map(|warning| warning.code).collect();
        let of_none = [WarningCode::NotPushed];
        assert_eq!(codes, if expected.is_empty() { &of_none[..] } else { &[] }, "{rule} {kind:?} {text}");
    }
}

#[test]
fn who_is_in_a_group_stands_with_the_group_or_with_the_people() {
    let okta = |text: &str| wanted("okta", Some("okta"), text);
    let people = |of_ann, of_bob| {
        vec![user("a", "ann@x.example ann@y.example", of_ann), user("b", "Bob@X.example", of_bob)]
    };
    for (groups, users, facts, gap) in [
        // A group that shows its members, and nobody in it.
        (vec![group("g", "A", "", Some("b a b"))], people(None, None), "A: ann@x.example bob@x.example", ""),
        (vec![group("g", "A", "", Some(""))], people(None, None), "A: ", ""),
        // Nobody says who is in it: it isn't known to be empty.
        (vec![group("g", "A", "", None)], people(None, None), "", "It doesn't show who is in “A”"),
        (vec![group("g", "A", "", None)], people(Some(""), Some("h")), "", "It doesn't show who is in “A”"),
        (vec![group("g", "A", "", None)], people(Some("h g"), None), "A: ann@x.example", ""),
        // Both count.
        (vec![group("g", "A", "", Some("a"))], people(None, Some("g")), "A: ann@x.example bob@x.example", ""),
        (vec![group("g", "A", "", Some("a"))], people(Some("g"), Some("h")), "A: ann@x.example", ""),
        // What is missing is told.
        (
            vec![group("g", "A", "", Some("a c d"))],
            people(None, None),
            "A: ann@x.example",
            "members who are not among the users (2)",
        ),
        (
            vec![group("g", "A", "", Some("a *h *i"))],
            people(None, None),
            "A: ann@x.example",
            "members that are groups themselves (2)",
        ),
        (
            vec![group("g", "A", "", Some("a b"))],
            vec![user("a", "a\u{e4}@x.example ann", None), user("b", "x b@x.example", None)],
            "A: b@x.example",
            "members without one plain address (1)",
        ),
    ] {
        let (told, warnings) = told(vec![okta("A")], groups, users);
        assert_eq!(told, facts);
        let gaps: Vec<_> = warnings.iter().map(|it| (it.code, it.incomplete, it.message.as_str())).collect();
        match gaps.as_slice() {
            [] => assert_eq!(gap, ""),
            [(WarningCode::PushedInPart, true, message)] => {
                assert!(message.contains("“Idp”") && !gap.is_empty() && message.contains(gap), "{message}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn who_is_not_active_is_in_no_group_and_not_missing() {
    let mut users = ann_and_bob();
    users[1].is_active = false;
    let asked = || vec![wanted("okta", Some("okta"), "A")];
    let (facts, warnings) = told(asked(), vec![group("g", "A", "", Some("a b"))], users.clone());
    assert_eq!((facts.as_str(), warnings.len()), ("A: ann@x.example", 0));
    users[1].groups = Some(vec!["g".to_owned()]);
    let (facts, warnings) = told(asked(), vec![group("g", "A", "", None)], users);
    assert_eq!((facts.as_str(), warnings.len()), ("A: ", 0), "somebody tells of the group");
}

#[test]
fn what_was_not_pushed_is_named_and_covered_by_nothing() {
    let all: Vec<_> = ["A", "B", "C", "D", "E", "F", "G"].map(|it| wanted("okta", None, it)).into();
    let (facts, warnings) = told(all.clone(), vec![group("g", "A", "", Some("a"))], ann_and_bob());
    assert_eq!(facts, "A: ann@x.example");
    let [warning] = &warnings[..] else { panic!("{warnings:?}") };
    let message = "SCIM pushed no such group to Cloudflare for the identity provider “Idp”: “B”, “C”, “D”, \
                   “E”, “F”, 1 more.";
    assert_eq!((warning.code, warning.incomplete), (WarningCode::NotPushed, false));
    assert_eq!(warning.message, message);
    assert_eq!(warning.about.as_ref().unwrap().to_string(), "identity-provider:I");
    let (facts, warnings) = told(all, vec![], ann_and_bob());
    let [warning] = &warnings[..] else { panic!("{warnings:?}") };
    assert!(facts.is_empty() && warning.message.contains("SCIM is turned on"), "{}", warning.message);
}

#[test]
fn users_are_read_only_where_they_can_matter() {
    let begin = |groups: Vec<ScimGroup>| {
        let (mut all, _) = Provider::all([wanted("okta", None, "A")].iter());
        let mut provider = all.pop().unwrap();
        groups.into_iter().for_each(|group| provider.add_group(group));
        let ended = provider.end_groups();
        (provider, ended)
    };
    assert!(!begin(vec![group("g", "B", "", Some("a"))]).1, "nobody asks for this group");
    assert!(!begin(vec![group("g", "A", "", Some(""))]).1, "nobody is in it");
    let (provider, ended) = begin(vec![group("g", "A", "", Some("a"))]);
    assert!(ended && provider.needs_users());
    for (groups, expected) in [(None, false), (Some(""), true)] {
        let (mut provider, ended) = begin(vec![group("g", "A", "", None)]);
        assert!(ended && !provider.needs_users(), "one page shows it");
        provider.add_users([user("a", "ann@x.example", groups)].into_iter());
        assert_eq!(provider.needs_users(), expected);
    }
}
