//! The records of what is held: names, parents and profiles.

use super::*;
use crate::model::{Kind, Warning, WarningCode};
use crate::records;

fn scoped(permission_group: Json, resource_group: Json) -> (String, Option<String>, Json) {
    let member = member(json!([]), json!([allow("p1", json!([permission_group]), json!([resource_group]))]));
    let (groups, roles) = (UserGroups::default(), listed());
    let of = Assignments::of_member(&member, &groups, &roles);
    let [held] = &of.held[..] else { panic!("{:?}", shown(&of)) };
    let resource = records::scoped_role::resource(held, &roles);
    let entitlement = records::scoped_role::entitlement(held);
    assert_eq!(entitlement.on, resource.id);
    assert_eq!(entitlement.display_name, format!("{} assigned", resource.display_name));
    assert_eq!(entitlement.id, format!("scoped-role:{}:assigned", held.id));
    let profile = serde_json::from_str(&resource.profile).unwrap();
    (resource.display_name, resource.parent.map(|parent| parent.to_string()), profile)
}

#[test]
fn a_scoped_role_is_named_in_words() {
    let key = format!("com.cloudflare.api.account.{ACCOUNT}");
    let zone_key = "com.cloudflare.api.account.zone.z1";
    let workers: Vec<String> = (1..=5).map(|n| format!("com.cloudflare.api.account.worker.w{n}")).collect();
    let workers: Vec<&str> = workers.iter().map(String::as_str).collect();
    let two_zones = |name: Json| {
        json!({"id": "rg", "name": name, "scope": [
        {"key": "com.cloudflare.api.account.zone.z2", "objects": [{"key": "*"}]},
        {"key": zone_key, "objects": [{"key": "*"}]}]})
    };
    for (resource_group, words) in [
        (zone("z1", "corp.example"), "corp.example"),
        (zone("z1", zone_key), "zone z1"),
        (zone("z1", " "), "zone z1"),
        (json!({"id": "rg", "scope": {"key": zone_key, "objects": [{"key": "*"}]}}), "zone z1"),
        (inline(zone_key, &["*"]), "zone z1"),
        (two_zones(json!("Two")), "Two"),
        (two_zones(json!(null)), "zone z2, zone z1"),
        (inline(&key, &[zone_key]), "zone z1"),
        (inline(&format!("{key}f"), &["*", workers[0]]), "0123456789abcdef0123456789abcdeff"),
        (inline(&key, &workers[..1]), "worker w1"),
        (inline(&key, &workers[..3]), "worker w1, worker w2, worker w3"),
        (inline(&key, &workers), "worker w1, worker w2, worker w3 and 2 more"),
        (inline(&key, &["com.cloudflare.edge.thing.t9"]), "t9"),
        (inline("com.cloudflare.edge.thing.t9", &["*"]), "t9"),
        (inline("odd", &[]), "odd"),
        (json!({"id": "rg"}), "rg"),
        (json!({"id": "rg", "name": "Named"}), "Named"),
    ] {
        let (name, ..) = scoped(dns(), resource_group.clone());
        assert_eq!(name, format!("DNS on {words}"), "{resource_group}");
    }
    assert_eq!(scoped(json!({"id": "pg"}), zone("z1", "corp.example")).0, "pg on corp.example");
}

#[test]
fn its_parent_is_the_role_of_the_same_name() {
    let parent = |group: Json| scoped(group, zone("z", "z")).1;
    assert_eq!(parent(dns()).as_deref(), Some("role:r-dns"));
    assert_eq!(parent(json!({"id": "r-admin"})).as_deref(), Some("role:r-admin"));
    assert_eq!(parent(group("pg", "Nobody lists this")), None);
    assert_eq!(parent(group("pg", "Twin")).as_deref(), Some("role:r-1"));
}

#[test]
fn its_profile_says_what_it_is_made_of() {
    let (_, _, profile) = scoped(dns(), zone("z", "z"));
    assert_eq!(profile, json!({"permission_group": "pg-dns", "resource_group": "rg-z"}));
    let (_, _, inline) = scoped(dns(), inline("k", &["b", "a"]));
    assert_eq!(inline, json!({"permission_group": "pg-dns", "scope": "k", "objects": ["a", "b"]}));
}

#[test]
fn a_role_under_a_permission_groups_id_has_its_name() {
    let policies = json!([allow(
        "p1",
        json!([group("pg", "Turnstile"), {"id": "bare"}]),
        json!([account(), zone("z", "z")])
    ),]);
    let member = member(json!([{"id": "r-own", "name": "Own", "description": "Mine."}]), policies);
    let (groups, roles) = (UserGroups::default(), listed());
    let of = Assignments::of_member(&member, &groups, &roles);
    let known: Vec<_> = of.held.iter().filter_map(records::role::of_held).collect();
    let shown: Vec<_> =
        known.iter().map(|role| (role.id.as_str(), role.name.as_deref(), role.profile.as_str())).collect();
    assert_eq!(
        shown,
        [
            ("bare", None, r#"{"permission_group":"bare"}"#),
            ("pg", Some("Turnstile"), r#"{"permission_group":"pg"}"#),
            ("r-own", Some("Own"), r#"{"description":"Mine."}"#),
        ]
    );
}

#[test]
fn a_grant_has_its_reasons_and_what_denies_it() {
    let member = member(
        json!([]),
        json!([
            allow("p1", json!([dns()]), json!([account()])),
            deny("d1", json!([dns()]), json!([account()])),
            allow("p2", json!([administrator()]), json!([zone("z", "z")])),
        ]),
    );
    let groups = user_groups(&[("g", json!([allow("gp", json!([dns()]), json!([account()]))]), &["m"])]);
    let roles = listed();
    let of = Assignments::of_member(&member, &groups, &roles);
    let holder = crate::model::ResourceId::new(Kind::Member, "m");
    let grants: Vec<_> = of.held.iter().map(|held| records::role::grant(&holder, &of, held)).collect();
    let [role, scoped] = &grants[..] else { panic!("two") };
    let basis: Vec<_> = role.basis.iter().map(|it| (it.rule.as_str(), it.value.as_str())).collect();
    assert_eq!(basis, [("policy", "p1"), ("user_group", "g")]);
    assert_eq!((role.entitlement.as_str(), role.revocable), ("role:r-dns:assigned", false));
    assert_eq!(role.extra, r#"{"denied_by":["d1"]}"#);
    assert_eq!((scoped.entitlement.as_str(), scoped.revocable), ("scoped-role:pg-admin-rg-z:assigned", true));
    assert_eq!(scoped.extra, "{}");
}

fn warnings(member: &Member) -> Vec<Warning> {
    let (groups, roles) = (UserGroups::default(), listed());
    let of = Assignments::of_member(member, &groups, &roles);
    records::member::role_warnings(&crate::model::ResourceId::new(Kind::Member, "m"), &of).collect()
}

#[test]
fn warnings_say_what_no_grant_shows() {
    let denies = deny("d1", json!([dns()]), json!([account(), zone("z", "corp.example")]));
    let odd = json!({"id": "odd", "access": "perhaps"});
    let told = warnings(&member(json!(null), json!([denies, odd, 7])));
    let codes: Vec<_> = told.iter().map(|warning| (warning.code, warning.incomplete)).collect();
    assert_eq!(
        codes,
        [
            (WarningCode::RolesNotUnderstood, true),
            (WarningCode::RoleNotShown, true),
            (WarningCode::PolicyDenies, false)
        ]
    );
    assert!(told[1].message.contains("(odd)"), "{}", told[1].message);
    let denied = "The policy d1 denies DNS on the whole account, DNS on corp.example.";
    assert!(told[2].message.starts_with(denied), "{}", told[2].message);
    assert!(told.iter().all(|warning| warning.about.is_some()));
    // An account-wide policy for a role that the member's roles lack is a grant now.
    let policies = json!([allow("p1", json!([administrator()]), json!([account()]))]);
    assert!(warnings(&member(json!([]), policies)).is_empty());
}
