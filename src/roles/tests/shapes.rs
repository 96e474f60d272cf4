//! Policies of every shape that Cloudflare or its documentation shows, and stranger ones.

use super::*;

const WORKER: &str = "com.cloudflare.api.account.worker.w1";

fn account_key() -> String {
    format!("com.cloudflare.api.account.{ACCOUNT}")
}

fn of_resource_groups(resource_groups: Json) -> Vec<String> {
    of_policies(json!([allow("p1", json!([dns()]), resource_groups)]))
}

#[test]
fn the_account_is_the_whole_of_it_only_with_everything_in_it() {
    let key = account_key();
    let loud = format!("com.cloudflare.api.account.{}", ACCOUNT.to_uppercase());
    for whole in [
        json!([account()]),
        json!([inline(&key, &["*"])]),
        json!([inline(&loud, &["*"])]),
        json!([inline(&key, &["other", "*"])]),
        json!([{"id": "rg", "scope": [{"key": key, "objects": [{"key": "*"}]}]}]),
        json!([account(), account()]),
    ] {
        assert_eq!(of_resource_groups(whole.clone()), ["r-dns: policy p1"], "{whole}");
    }
    for part in [
        json!([{"id": "rg", "scope": {"key": key, "objects": [{"key": WORKER}]}}]),
        json!([{"id": "rg",
                "scope": {"key": "com.cloudflare.api.account.zone.z", "objects": [{"key": "*"}]}}]),
        json!([{"id": "rg", "scope": {"key": "com.cloudflare.api.account.ffff", "objects": [{"key": "*"}]}}]),
        json!([{"id": "rg", "scope": {"key": "odd", "objects": [{"key": "*"}]}}]),
        json!([{"id": "rg", "scope": []}]),
        json!([{"id": "rg"}]),
        json!([{"id": "rg", "scope": null}]),
    ] {
        assert_eq!(of_resource_groups(part.clone()), ["scoped pg-dns-rg: policy p1"], "{part}");
    }
    // Without objects it may be the whole account.
    for unclear in [
        json!([{"id": "rg", "scope": {"key": key, "objects": []}}]),
        json!([{"id": "rg", "scope": {"key": loud}}]),
    ] {
        let lines = of_resource_groups(unclear.clone());
        assert_eq!(lines, ["scoped pg-dns-rg: policy p1", "unexplained p1"], "{unclear}");
    }
}

#[test]
fn a_scope_is_an_object_or_a_list() {
    let whole = json!({"key": account_key(), "objects": [{"key": "*"}]});
    let zone = |id: &str| {
        json!({"key": format!("com.cloudflare.api.account.zone.{id}"),
        "objects": [{"key": "*"}]})
    };
    // The whole account, and the others besides.
    let both = json!([{"id": "rg", "scope": [zone("1"), whole]}]);
    assert_eq!(of_resource_groups(both), ["r-dns: policy p1", "scoped pg-dns-rg: policy p1"]);
    let two = json!([{"id": "rg", "scope": [zone("1"), zone("2")]}]);
    assert_eq!(of_resource_groups(two), ["scoped pg-dns-rg: policy p1"]);
    // Without an id, each scope is one of its own, wherever else it stands.
    let inline = |scope: Json| of_resource_groups(json!([{"scope": scope}]));
    assert_eq!(inline(json!([zone("1")])), inline(zone("1")));
    let mut alone = [inline(zone("1")), inline(zone("2"))].concat();
    alone.sort();
    assert_eq!((alone.len(), inline(json!([zone("2"), zone("1")]))), (2, alone));
    let whole_and_part = inline(json!([zone("1"), whole]));
    assert_eq!(whole_and_part[0], "r-dns: policy p1");
    assert_eq!(whole_and_part[1..], inline(zone("1")));
}

#[test]
fn an_inline_scope_is_known_by_a_digest_that_stays() {
    let id = |key: &str, objects: &[&str]| {
        let [line] = &of_resource_groups(json!([inline(key, objects)]))[..] else { panic!("one") };
        line.clone()
    };
    // A promise: hosts store these ids.
    assert_eq!(id(WORKER, &["a", "b"]), "scoped pg-dns-b8f5bd30811dc70d: policy p1");
    assert_eq!(id(WORKER, &["b", "a", "b"]), id(WORKER, &["a", "b"]));
    let others = [id(WORKER, &["a"]), id(WORKER, &["ab"]), id(WORKER, &[]), id("k", &["a", "b"])];
    assert!(others.iter().all(|other| *other != id(WORKER, &["a", "b"])));
    let account = account_key();
    assert!(id(&account, &["a"]).starts_with("scoped pg-dns-"));
}

#[test]
fn what_is_not_understood_is_said() {
    let good = allow("p1", json!([dns()]), json!([zone("z", "z")]));
    let with = |field: &str, value: Json| {
        let mut policy = good.clone();
        policy[field] = value;
        policy
    };
    let held = "scoped pg-dns-rg-z: policy p1";
    let nothing: &[&str] = &["unexplained p1"];
    let rest: &[&str] = &[held, "unexplained p1"];
    for (policy, expected) in [
        (good.clone(), &[held][..]),
        (with("access", json!("ALLOW")), nothing),
        (with("access", json!(null)), nothing),
        (with("resource_groups", json!([])), nothing),
        (with("resource_groups", json!(null)), nothing),
        (with("resource_groups", json!([{}])), nothing),
        (with("resource_groups", json!([{"name": "a name alone"}])), nothing),
        (with("resource_groups", json!([{"scope": {"objects": [{"key": "*"}]}}])), nothing),
        (with("resource_groups", json!([zone("z", "z"), {"scope": "odd"}])), rest),
        (with("resource_groups", json!([zone("z", "z"), {"scope": {"key": "k", "objects": "odd"}}])), rest),
        (with("resource_groups", json!([zone("z", "z"), {"scope": {"key": "k", "objects": [{}]}}])), rest),
        (with("resource_groups", json!([zone("z", "z"), 7])), rest),
        (with("permission_groups", json!([dns(), {}])), rest),
        (with("permission_groups", json!([dns(), {"name": "Nobody knows this name"}])), rest),
        (with("permission_groups", json!([dns(), {"id": "no id/"}])), rest),
        // The role of this name is known, but on a part its id would be another one later.
        (with("permission_groups", json!([dns(), {"name": "DNS"}])), rest),
        (with("permission_groups", json!(null)), nothing),
        // No permission group: nothing is given.
        (with("permission_groups", json!([])), &[]),
        // Both forms of meta, and fields that nobody knows.
        (with("meta", json!({"key": "a", "value": "b"})), &[held]),
        (with("status", json!({"V": 1})), &[held]),
    ] {
        assert_eq!(of_policies(json!([policy])), expected, "{policy}");
        // The others are still understood.
        let other = allow("p2", json!([administrator()]), json!([account()]));
        let lines = of_policies(json!([other, policy]));
        assert!(lines.iter().any(|line| line.starts_with("r-admin: policy p2")), "{policy}");
    }
}

#[test]
fn a_policy_without_form_leaves_a_gap() {
    let good = allow("p1", json!([dns()]), json!([account()]));
    for odd in [
        json!(7),
        json!(null),
        json!({"access": 7}),
        json!({"id": 7}),
        json!({"access": "allow", "permission_groups": "odd"}),
        json!({"access": "allow", "permission_groups": [{"id": 7}]}),
        json!({"access": "allow", "resource_groups": {}}),
    ] {
        assert_eq!(of_policies(json!([good, odd])), ["r-dns: policy p1", "unexplained "], "{odd}");
    }
    assert_eq!(of_policies(json!("odd")), ["unexplained "]);
    assert_eq!(of_policies(json!({})), ["unexplained "]);
    assert!(of_policies(json!(null)).is_empty() && of_policies(json!([])).is_empty());
}

#[test]
fn a_policy_without_an_id_still_gives() {
    let policy = json!({"access": "allow", "permission_groups": [dns()], "resource_groups": [account()]});
    assert_eq!(of_policies(json!([policy])), ["r-dns: policy "]);
}

#[test]
fn no_policy_is_so_large_that_it_is_not_told() {
    let groups: Vec<Json> = (0..200).map(|n| group(&format!("pg{n}"), "x")).collect();
    let zones: Vec<Json> = (0..200).map(|n| zone(&n.to_string(), "x")).collect();
    let lines = of_policies(json!([allow("p1", json!(groups), json!(zones))]));
    assert_eq!((lines.len(), lines.last().map(String::as_str)), (20_001, Some("unexplained p1")));
}
