//! The reports of an evaluation beside the memberships, and the warnings about rules.

use super::*;

fn membership(json: Json, lists: &[(&str, Option<&[&str]>)]) -> Membership {
    let lists = lists.iter().map(|(id, items)| {
        let items = items.map(|items| items.iter().map(|&item| item.to_owned()).collect());
        ((*id).to_owned(), items)
    });
    built(&groups(json), lists.collect())
}

const fn user(address: &str) -> Subject<'_> {
    Subject::Person { address: Some(address), standing: Standing::None }
}

fn held_by<'m>(membership: &'m Membership, who: Subject<'m>) -> Vec<Held<'m>> {
    membership.of(who, &mut Scratch::default())
}

#[test]
fn a_circle_is_solved_though_what_names_somebody_comes_last() {
    let membership = membership(
        serde_json::json!([
            {"id": "a", "include": [{"group": {"id": "b"}}]},
            {"id": "b", "include": [{"group": {"id": "c"}}]},
            {"id": "c", "include": [{"group": {"id": "a"}}, {"email": {"email": "ann@corp.example"}}]},
        ]),
        &[],
    );
    let held: Vec<_> =
        held_by(&membership, user("ann@corp.example")).iter().map(|held| held.resource.id.as_str()).collect();
    assert_eq!(held, ["a", "b", "c"]);
    assert!(held_by(&membership, user("bob@corp.example")).is_empty());
}

#[test]
fn a_basis_is_in_the_order_of_the_rules_whatever_kind_they_are_of() {
    let include = serde_json::json!([
        {"email_domain": {"domain": "corp.example"}}, {"group": {"id": "b"}}, {"email_list": {"id": "l"}},
        {"cloudflare_account_member": {}}, {"email": {"email": "ann@corp.example"}}, {"everyone": {}},
    ]);
    let mut reversed = include.as_array().unwrap().clone();
    reversed.reverse();
    reversed.retain(|rule| rule.get("group").is_none());
    let membership = membership(
        serde_json::json!([{"id": "a", "include": include}, {"id": "b", "include": reversed}]),
        &[("l", Some(&["ann@corp.example"]))],
    );
    let ann = Subject::Person { address: Some("ann@corp.example"), standing: Standing::Accepted };
    let held = held_by(&membership, ann);
    let basis: Vec<Vec<_>> =
        held.iter().map(|held| held.basis.iter().map(|(rule, _)| *rule).collect()).collect();
    let kinds = ["email_domain", "group", "email_list", "cloudflare_account_member", "email", "everyone"];
    let reversed: Vec<_> = kinds.into_iter().rev().filter(|kind| *kind != "group").collect();
    assert_eq!(basis, [kinds.to_vec(), reversed]);
}

#[test]
fn who_is_refused_hears_by_which_rule() {
    let membership = membership(
        serde_json::json!([{
            "id": "g",
            "include": [{"everyone": {}}],
            "exclude": [{"ip": {"ip": "10.0.0.0/8"}}, {"email": {"email": "Bob@corp.example"}}],
            "require": [
                {"okta": {"name": "Eng"}}, {"email_domain": {"domain": "corp.example"}}, {"common_name": {}},
            ],
        }]),
        &[],
    );
    for (address, expected) in [
        ("bob@corp.example", ("exclude", 1, r#"{"email":{"email":"Bob@corp.example"}}"#)),
        ("ann@other.example", ("require", 1, r#"{"email_domain":{"domain":"corp.example"}}"#)),
        ("ann@corp.example", ("require", 2, r#"{"common_name":{}}"#)),
    ] {
        let mut scratch = Scratch::default();
        let evaluation = membership.evaluate(user(address), [], &mut scratch);
        let refusing = evaluation.refusing(0).unwrap();
        assert_eq!((refusing.section.word(), refusing.position, &*refusing.text), expected, "{address}");
    }
    let open = built(
        &groups(serde_json::json!([{"id": "g", "include": [{"email": {"email": "a@b"}}]}])),
        Lists::default(),
    );
    assert_eq!(open.evaluate(user("c@d"), [], &mut Scratch::default()).refusing(0), None);
    assert_eq!(Section::ALL.map(Section::word), ["include", "exclude", "require"]);
}

#[test]
fn the_includes_that_only_a_login_can_tell() {
    let membership = membership(
        serde_json::json!([{"id": "g", "include": [
            {"email": {"email": "bob@corp.example"}},
            {"okta": {"name": "Eng"}},
            {"email_list": {"id": "unreadable"}},
            {"email_list": {"id": "readable"}},
            {"ip": {"ip": "10.0.0.0/8"}},
        ]}]),
        &[("unreadable", None), ("readable", Some(&["bob@corp.example"]))],
    );
    let mut scratch = Scratch::default();
    assert_eq!(
        membership.evaluate(user("ann@corp.example"), [], &mut scratch).open_includes(0),
        [
            r#"{"okta":{"name":"Eng"}}"#,
            r#"{"email_list":{"id":"unreadable"}}"#,
            r#"{"ip":{"ip":"10.0.0.0/8"}}"#
        ]
    );
}

#[test]
fn only_an_accepted_member_is_named_as_one() {
    let include = serde_json::json!([{"everyone": {}}, {"cloudflare_account_member": {}}]);
    let membership = membership(serde_json::json!([{"id": "g", "include": include}]), &[]);
    let basis = |standing| {
        let held = held_by(&membership, Subject::Person { address: Some("ann@corp.example"), standing });
        held[0].basis.iter().map(|(rule, _)| *rule).collect::<Vec<_>>()
    };
    assert_eq!(basis(Standing::None), ["everyone"]);
    assert_eq!(basis(Standing::Rejected), ["everyone"]);
    assert_eq!(basis(Standing::Accepted), ["everyone", "cloudflare_account_member"]);
}

#[test]
fn who_has_no_address_may_have_the_one_that_is_required() {
    let everyone = serde_json::json!([{"everyone": {}}]);
    let membership = membership(
        serde_json::json!([
            {"id": "free", "include": everyone},
            {"id": "required", "include": everyone,
                "require": [{"email": {"email": "ann@corp.example"}}]},
        ]),
        &[],
    );
    let held = held_by(&membership, Subject::Person { address: None, standing: Standing::None });
    assert_eq!((held[0].resource.id.as_str(), &held[0].conditions), ("free", &None));
    assert_eq!(held[1].conditions.as_ref().unwrap().all_of, [r#"{"email":{"email":"ann@corp.example"}}"#]);
}

#[test]
fn included_addresses_are_found_and_numbered_whatever_their_case() {
    let membership = membership(
        serde_json::json!([
            {"id": "a",
                "include": [{"email": {"email": "Bob@corp.example"}}, {"email": {"email": "no address"}}]},
            {"id": "b", "include": [{"email_list": {"id": "l"}}, {"email": {"email": "bob@CORP.example"}}],
                "exclude": [{"email": {"email": "eve@corp.example"}}, {"email_list": {"id": "excluded"}}]},
            {"id": "c", "require": [{"email": {"email": "kim@corp.example"}}]},
        ]),
        &[
            (
                "l",
                Some(&["ann@corp.example", "ANN@corp.example", "@", "a@", "@b", "x@\ty", "a b@c", "a\0@c"]),
            ),
            ("excluded", Some(&["zoe@corp.example"])),
        ],
    );
    let included = membership.included();
    let spelled: Vec<_> =
        included.iter().map(|&address| membership.included_address(address).to_ascii_lowercase()).collect();
    assert_eq!(spelled, ["ann@corp.example", "bob@corp.example"]);
    let mut numbers = Vec::new();
    for address in
        ["ann@corp.example", "bob@corp.example", "eve@corp.example", "kim@corp.example", "zoe@corp.example"]
    {
        let number = membership.number_of(address).unwrap();
        assert_eq!(membership.number_of(&address.to_ascii_uppercase()), Some(number), "{address}");
        assert!(number < membership.addresses(), "{address}");
        numbers.push(number);
    }
    assert_eq!(numbers[..2], included.iter().map(|address| address.number()).collect::<Vec<_>>());
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 5, "two addresses have one number");
    assert_eq!(membership.number_of("nobody@corp.example"), None);
}

#[test]
fn a_rule_that_is_not_understood_is_reported_with_its_place_and_why() {
    let include = serde_json::json!([{"everyone": {}}, 7, {}, {"everyone": {}, "email": {}}, {"email": 7}]);
    let membership = membership(serde_json::json!([{"id": "g", "include": include}]), &[]);
    let messages: Vec<_> = membership.warnings().iter().map(|warning| warning.message.as_str()).collect();
    let expected = [
        (2, "it isn't an object"),
        (3, "it has no key"),
        (4, "it has 2 keys instead of one"),
        (5, "its value is of an unexpected type"),
    ];
    assert_eq!(
        messages,
        expected.map(|(rule, why)| {
            format!("Include rule {rule} of group g isn't understood ({why}): whether it holds is left open.")
        })
    );
}

#[test]
fn another_version_of_a_group_leaves_the_others_and_the_lists() {
    let before = serde_json::json!([
        {"id": "a", "include": [{"email_list": {"id": "l"}}]},
        {"id": "b", "include": [{"email": {"email": "ann@corp.example"}}]},
    ]);
    let after = serde_json::json!([
        {"id": "b", "include": [{"email": {"email": "bob@corp.example"}}, {"email_list": {"id": "m"}}]},
    ]);
    let other = built(&groups(after), Lists::default()).groups()[0].clone();
    let lists: Lists =
        [("m".to_owned(), Some(["eve@corp.example".to_owned()].into_iter().collect()))].into_iter().collect();
    let membership = membership(before, &[("l", Some(&["ann@corp.example"]))]).with(vec![other], lists);
    let held = |address| {
        held_by(&membership, user(address)).iter().map(|held| held.resource.id.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(
        (held("ann@corp.example"), held("bob@corp.example"), held("eve@corp.example")),
        (vec!["a"], vec!["b"], vec!["b"])
    );
    assert_eq!(membership.group_ids().collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn a_digest_is_of_the_id_and_of_every_rule_where_it_stands() {
    let (everyone, ip) =
        (serde_json::json!({"everyone": {}}), serde_json::json!({"ip": {"ip": "10.0.0.0/8"}}));
    let versions = [
        serde_json::json!({"id": "g", "include": [everyone, ip]}),
        serde_json::json!({"id": "h", "include": [everyone, ip]}),
        serde_json::json!({"id": "g", "include": [ip, everyone]}),
        serde_json::json!({"id": "g", "include": [everyone], "exclude": [ip]}),
        serde_json::json!({"id": "g", "include": [everyone], "require": [ip]}),
        serde_json::json!({"id": "g", "include": [everyone, {"ip": {"ip": "10.0.0.0/9"}}]}),
    ];
    let rules = versions.map(|group| membership(Json::from(vec![group]), &[]).groups()[0].clone());
    assert_eq!(rules.each_ref().map(RuleSet::count), [2; 6]);
    assert_eq!(rules.each_ref().map(RuleSet::includes), [2, 2, 2, 1, 1, 2]);
    let mut digests = rules.each_ref().map(RuleSet::digest).to_vec();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), rules.len(), "two different groups have one digest");
}
