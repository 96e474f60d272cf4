//! Policies that deny something.

use super::*;

fn of(member: &Member, groups: &UserGroups) -> Vec<String> {
    let roles = listed();
    let of = Assignments::of_member(member, groups, &roles);
    let mut lines = shown(&of);
    lines.extend(of.denying.iter().map(|policy| format!("denies {}", policy.id.as_deref().unwrap())));
    lines
}

#[test]
fn a_policy_that_denies_is_not_subtracted_and_marks_what_it_touches() {
    let none = UserGroups::default();
    let given = [
        allow("p1", json!([dns(), administrator()]), json!([account()])),
        allow("p2", json!([dns()]), json!([zone("z", "z")])),
    ];
    // The same permission group, by its id or its name, whatever it is denied on.
    for denied in [
        json!([dns()]),
        json!([{"id": "pg-dns"}]),
        json!([group("pg-other", " DNS")]),
        json!([group("pg-other", "DNS"), group("pg-more", "More")]),
    ] {
        for resource_group in [account(), zone("other", "z")] {
            let [first, second] = given.clone();
            let member =
                member(json!([]), json!([first, second, deny("d", denied.clone(), json!([resource_group]))]));
            let expected = [
                "r-admin: policy p1 !",
                "r-dns: policy p1 -d",
                "scoped pg-dns-rg-z: policy p2 -d",
                "denies d",
            ];
            assert_eq!(of(&member, &none), expected, "{denied}");
        }
    }
}

#[test]
fn a_name_alone_is_enough_on_the_whole_account() {
    let policies = json!([
        allow("p1", json!([dns()]), json!([account()])),
        deny("d", json!([{"name": " DNS"}]), json!([account()]))
    ]);
    assert_eq!(of(&member(json!([]), policies), &UserGroups::default()), ["r-dns: policy p1 -d", "denies d"]);
}

#[test]
fn a_role_of_the_list_is_touched_by_its_permission_group() {
    let none = UserGroups::default();
    let unnamed = member(
        json!([{"id": "r-dns"}, {"id": "r-admin"}]),
        json!([deny("d", json!([{"name": "DNS"}]), json!([account()]))]),
    );
    assert_eq!(of(&unnamed, &none), ["r-admin: role r-admin", "r-dns: role r-dns -d", "denies d"]);
    let roles = json!([{"id": "r-dns", "name": "DNS"}, {"id": "unlisted", "name": "Unlisted"}]);
    for (denied, lines) in [
        (dns(), ["r-dns: role r-dns -d", "unlisted: role unlisted"]),
        (group("r-dns", "other"), ["r-dns: role r-dns -d", "unlisted: role unlisted"]),
        (group("pg", "Unlisted"), ["r-dns: role r-dns", "unlisted: role unlisted -d"]),
        (group("pg", "Elsewhere"), ["r-dns: role r-dns", "unlisted: role unlisted"]),
    ] {
        let member = member(roles.clone(), json!([deny("d", json!([denied]), json!([account()]))]));
        let expected: Vec<&str> = lines.into_iter().chain(["denies d"]).collect();
        assert_eq!(of(&member, &none), expected, "{denied}");
    }
}

#[test]
fn what_a_group_denies_touches_its_members() {
    let denies = deny("gd", json!([dns()]), json!([account()]));
    let groups = user_groups(&[("g", json!([denies]), &["m"])]);
    let own = allow("p1", json!([dns()]), json!([account()]));
    // The group is warned of, not the member.
    assert_eq!(of(&member(json!([]), json!([own])), &groups), ["r-dns: policy p1 -gd"]);
    assert_eq!(of(&member(json!([]), json!([own, denies])), &groups), ["r-dns: policy p1 -gd"]);
    let [group] = groups.all() else { panic!("one") };
    assert_eq!(Assignments::of_group(group, &listed()).denying.len(), 1);
}

#[test]
fn what_a_member_is_denied_touches_what_it_inherits() {
    let policies = json!([allow("gp", json!([dns()]), json!([account()]))]);
    let groups = user_groups(&[("g", policies, &["m"])]);
    let member = member(json!([]), json!([deny("d", json!([dns()]), json!([account()]))]));
    assert_eq!(of(&member, &groups), ["r-dns: user_group g -d", "denies d"]);
}

#[test]
fn a_policy_that_denies_what_nobody_understands_is_not_explained() {
    let none = UserGroups::default();
    let unnamed = member(json!([]), json!([deny("d", json!([dns(), {}]), json!([account()]))]));
    assert_eq!(of(&unnamed, &none), ["unexplained d", "denies d"]);
    let scope = member(json!([]), json!([deny("d", json!([dns()]), json!([]))]));
    assert_eq!(of(&scope, &none), ["unexplained d"]);
    let nothing = member(json!([]), json!([deny("d", json!([]), json!([account()]))]));
    assert!(of(&nothing, &none).is_empty());
}
