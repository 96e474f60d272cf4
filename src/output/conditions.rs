//! The rules that a grant depends on, in a person's words.

use super::expected::Expected;
use super::json::compact;
use super::policy::Profile;
use super::words::Words;
use crate::contract::{Alternative, Grant};
use crate::identities::ProviderGroup;
use serde_json::Value;

/// Says what a grant depends on: the rules that only a login decides, and policies that deny the same. A
/// mark in front says what sources of facts say of them.
pub(super) fn only_if(grant: &Grant, words: Words<'_>) -> String {
    let conditions = depends_on(grant, words);
    match Expected::of(grant) {
        Some(expected) if !conditions.is_empty() => format!("{}: {conditions}", expected.mark()),
        _ => conditions,
    }
}

fn depends_on(grant: &Grant, words: Words<'_>) -> String {
    let extra: Value = serde_json::from_str(&grant.extra).unwrap_or_default();
    let denying = extra.get("denied_by").and_then(Value::as_array).into_iter().flatten();
    let denying: Vec<String> = denying.filter_map(Value::as_str).map(|id| words.short(id)).collect();
    let conditions = conditions(&grant.conditions, words);
    if denying.is_empty() {
        return conditions;
    }
    let denying =
        format!("not taken away by policy {}, which denies it", words.list(denying.into_iter(), " or "));
    if conditions.is_empty() { denying } else { format!("{conditions}; {denying}") }
}

/// Says what a grant depends on. A semicolon stands only between two alternatives.
pub(super) fn conditions(alternatives: &[Alternative], words: Words<'_>) -> String {
    let ways = words.list(alternatives.iter().map(|way| of_rules(way, words, of_grant)), "; or ");
    if alternatives.len() > 1 { format!("either {ways}") } else { ways }
}

/// Says what has to be so, by rules of Cloudflare's as JSON. Empty if there are none.
pub(super) fn alternative(of: &Alternative, words: Words<'_>) -> String {
    of_rules(of, words, rule)
}

/// Puts an alternative into words, each of its rules by `in_words`. Brackets keep together what is
/// itself a list.
fn of_rules(of: &Alternative, words: Words<'_>, in_words: fn(&str, Words<'_>) -> String) -> String {
    let Alternative { any_of, all_of, none_of } = of;
    let is_alone = all_of.len() + none_of.len() == 0;
    let mut any: Vec<String> = any_of.iter().map(|it| in_words(it, words)).collect();
    without_repetition(&mut any);
    let any = words.list(any.into_iter(), " or ");
    let any = if is_alone || any_of.len() < 2 { any } else { format!("({any})") };
    let is_alone = any_of.is_empty() && all_of.len() == 1 && none_of.is_empty();
    let all =
        all_of.iter().map(|it| if is_alone { in_words(it, words) } else { grouped(it, in_words(it, words)) });
    let all = words.list(all, " and ");
    // In a rule that keeps somebody out, a group is what somebody is in.
    let none = words.list(none_of.iter().map(|it| grouped(it, rule(it, words))), " and not ");
    let none = if none.is_empty() { none } else { format!("not {none}") };
    [any, all, none].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" and ")
}

/// Takes a word away that a rule has in common with the one before it, as in `country KP or RU`.
fn without_repetition(rules: &mut [String]) {
    let mut before = None;
    for rule in rules {
        let word = ["country ", "address "].into_iter().find(|word| rule.starts_with(word));
        match word {
            Some(word) if before == Some(word) => *rule = rule.replacen(word, "", 1),
            _ => before = word,
        }
    }
}

/// Puts a rule that is several things at once into brackets.
fn grouped(json: &str, in_words: String) -> String {
    const LISTS: [&str; 3] = ["allowed_idps", "approval_required", "user_risk_score"];
    let is_list = LISTS.iter().any(|kind| json.starts_with(&format!("{{\"{kind}\":")));
    let is_several = is_list && [" or ", " and "].iter().any(|between| in_words.contains(between));
    if is_several { format!("({in_words})") } else { in_words }
}

/// Puts a condition of a grant into words. Its principal is in a group that is named there only if
/// the group's own rules let them in at a login.
fn of_grant(json: &str, words: Words<'_>) -> String {
    let parsed: Value = serde_json::from_str(json).unwrap_or_default();
    match parsed.pointer("/group/id").and_then(Value::as_str) {
        Some(id) => format!("what group {} asks of a login", words.name("group", id)),
        None => rule(json, words),
    }
}

/// Puts a rule into words that refers to something by its id, if its name is known. `is_asked` says whether
/// a login has to show it.
pub(super) fn referring(json: &str, words: Words<'_>, is_asked: bool) -> Option<String> {
    const REFERRING: [&str; 5] = ["group", "policy", "allowed_idps", "login_method", "service_token"];
    let rule_of: serde_json::Map<String, Value> = serde_json::from_str(json).ok()?;
    let is_referring = rule_of.keys().all(|kind| REFERRING.contains(&kind.as_str()));
    let in_words = if is_asked { of_grant } else { rule };
    Some(in_words(json, words)).filter(|words| is_referring && words.contains('“'))
}

/// Puts a rule into words, or returns its JSON on one line if it isn't understood.
pub(super) fn rule(json: &str, words: Words<'_>) -> String {
    let parsed: Option<Value> = serde_json::from_str(json).ok();
    let in_words = parsed.as_ref().and_then(Value::as_object).and_then(|rule| {
        let (kind, selector) = rule.iter().next().filter(|_| rule.len() == 1)?;
        known(kind, selector, words)
    });
    let as_it_is = || parsed.as_ref().and_then(|_| compact(json)).unwrap_or_else(|| json.to_owned());
    in_words.unwrap_or_else(as_it_is)
}

/// Puts a rule of a known kind into words. Kinds and fields are those of `include` in OpenAPI:
/// GET /accounts/{account_id}/access/groups. The last three are the connector's own.
fn known(kind: &str, selector: &Value, words: Words<'_>) -> Option<String> {
    let text = |field: &str| selector.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    let of_provider = |claim: String| {
        let name = text("identity_provider_id").and_then(|id| words.known_name("identity-provider", id));
        match name {
            Some(name) => format!("{claim} of {name}"),
            None => claim,
        }
    };
    let group = |text: String| Some(format!("{} {}", ProviderGroup::noun(kind, &text)?, words.short(&text)));
    Some(match kind {
        "everyone" => "everyone".to_owned(),
        "ip" => format!("IP address in {}", text("ip")?),
        "ip_list" => format!("IP address in list {}", words.short(text("id")?)),
        "geo" => format!("country {}", text("country_code")?),
        "certificate" => "a client certificate".to_owned(),
        "common_name" => format!("a certificate for {}", text("common_name")?),
        "service_token" => format!("service token {}", words.name("service-token", text("token_id")?)),
        "any_valid_service_token" => "any service token".to_owned(),
        "linked_app_token" => format!("a token of application {}", words.name("app", text("app_uid")?)),
        "login_method" => login(text("id")?, words),
        "auth_method" => match text("auth_method")? {
            "mfa" => "multi-factor login".to_owned(),
            method => format!("authentication by {method}"),
        },
        "auth_context" => of_provider(format!("authentication context {}", text("ac_id").or(text("id"))?)),
        "azureAD" => of_provider(group(text("id")?.to_owned())?),
        "okta" => of_provider(group(text("name")?.to_owned())?),
        "gsuite" => of_provider(group(text("email")?.to_owned())?),
        "github-organization" => {
            let team = text("team").map(|team| format!("/{team}")).unwrap_or_default();
            of_provider(group(format!("{}{team}", text("name")?))?)
        }
        "saml" => of_provider(group(format!("{}={}", text("attribute_name")?, text("attribute_value")?))?),
        "oidc" => of_provider(group(format!("{}={}", text("claim_name")?, text("claim_value")?))?),
        "device_posture" => format!("device check {}", words.short(text("integration_uid")?)),
        "external_evaluation" => format!("{} says so", text("evaluate_url")?),
        "user_risk_score" => {
            let levels = selector.get("user_risk_score")?.as_array()?;
            let levels: Vec<&str> = levels.iter().filter_map(Value::as_str).collect();
            format!("user risk {}", levels.join(" or "))
        }
        "group" => format!("in group {}", words.name("group", text("id")?)),
        "email_list" => format!("on email list {}", words.short(text("id")?)),
        "email" => format!("address {}", text("email")?),
        "email_domain" => format!("email domain {}", text("domain")?),
        "cloudflare_account_member" => "login as a Cloudflare account member".to_owned(),
        "allowed_idps" => {
            let providers = selector.as_array().filter(|providers| !providers.is_empty())?;
            let providers = providers.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?;
            words.list(providers.into_iter().map(|id| login(id, words)), " or ")
        }
        "approval_required" => approval(selector.as_array()?, words),
        "policy" => policy(text("id")?, words),
        _ => return None,
    })
}

/// Names a policy that must not match, and says what it matches, if that is known.
fn policy(id: &str, words: Words<'_>) -> String {
    let name = words.name("policy", id);
    let known = words.policy(id);
    let is_block = known.as_ref().is_some_and(Profile::is_block);
    let does = if is_block { "blocked by" } else { "a match of" };
    // Its own rules can't name it.
    let rules = known.map(|known| alternative(&known.rules(), words.within_condition()));
    match rules.filter(|rules| !rules.is_empty()) {
        Some(rules) => format!("{does} policy {name} ({rules})"),
        None => format!("{does} policy {name}"),
    }
}

fn login(provider: &str, words: Words<'_>) -> String {
    match words.known_name("identity-provider", provider) {
        Some(name) => format!("login with {name}"),
        None => format!("login with provider {}", words.short(provider)),
    }
}

/// Names those who have to approve a login, by the groups of `approval_groups` (OpenAPI:
/// GET /accounts/{account_id}/access/policies). That each group has to approve is inferred.
fn approval(groups: &[Value], words: Words<'_>) -> String {
    let of_group = |group: &Value| {
        let addresses = group.get("email_addresses").and_then(Value::as_array);
        let addresses = addresses.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
        let list = group.get("email_list_uuid").and_then(Value::as_str).filter(|id| !id.is_empty());
        let approvers = addresses.chain(list.map(|id| format!("email list {}", words.short(id))));
        let approvers = words.list(approvers, " or ");
        let approvals = match group.get("approvals_needed").and_then(Value::as_u64) {
            None | Some(0 | 1) => "approval".to_owned(),
            Some(many) => format!("{many} approvals"),
        };
        if approvers.is_empty() { approvals } else { format!("{approvals} by {approvers}") }
    };
    match groups {
        [] => "approval".to_owned(),
        groups => words.list(groups.iter().map(of_group), " and "),
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::super::sink::Sink;
    use super::super::snapshot::Snapshot;
    use super::*;
    use crate::contract::{Page, Resource};

    const LONG_ID: &str = "0c9b1d1e-3f5a-4b8e-9d7c-2a1b3c4d5e6f";

    fn snapshot() -> Snapshot {
        let named = |kind: &str, id: &str, name: &str| Resource {
            id: samples::id(kind, id),
            ..samples::group(id, name)
        };
        let resources = vec![
            samples::group("g1", "Engineering"),
            named("identity-provider", "i1", "Corporate Okta"),
            named("policy", "p1", "Contractors"),
            named("service-token", "t1", "CI"),
            named("app", "a1", "Wiki"),
        ];
        let mut snapshot = Snapshot::default();
        snapshot.page(&Page { resources, ..samples::page() }).unwrap();
        snapshot
    }

    fn rules(rules: &[&str]) -> Vec<String> {
        rules.iter().map(|rule| (*rule).to_owned()).collect()
    }

    #[test]
    fn a_policy_that_denies_the_same_is_named() {
        let mut grant = samples::grant("g1", "user", "u1");
        let snapshot = snapshot();
        let words = Words::new(&snapshot);
        assert_eq!(only_if(&grant, words), "");
        grant.extra = r#"{"denied_by":["p8","p9"]}"#.to_owned();
        assert_eq!(only_if(&grant, words), "not taken away by policy p8 or p9, which denies it");
        grant.conditions = vec![Alternative {
            any_of: rules(&[r#"{"geo":{"country_code":"NL"}}"#]),
            all_of: vec![],
            none_of: vec![],
        }];
        assert!(only_if(&grant, words).starts_with("country NL; not taken away"));
    }

    #[test]
    fn conditions_read_as_a_sentence() {
        let login = Alternative {
            any_of: rules(&[r#"{"okta":{"name":"Sales"}}"#, r#"{"geo":{"country_code":"NL"}}"#]),
            all_of: rules(&[r#"{"ip":{"ip":"192.0.2.0/24"}}"#, r#"{"group":{"id":"g1"}}"#]),
            none_of: rules(&[
                r#"{"user_risk_score":{"user_risk_score":["high","medium"]}}"#,
                r#"{"policy":{"id":"p1"}}"#,
            ]),
        };
        let approved = Alternative {
            any_of: vec![],
            all_of: rules(&[r#"{"allowed_idps":["i1"]}"#, r#"{"approval_required":[]}"#]),
            none_of: vec![],
        };
        assert_eq!(
            conditions(&[login, approved], Words::new(&snapshot())),
            "either (Okta group Sales or country NL) and IP address in 192.0.2.0/24 and what group \
             “Engineering” asks of a login and not (user risk high or medium) and not a match of policy \
             “Contractors”; or login with “Corporate Okta” and approval"
        );
    }

    #[test]
    fn a_policy_that_must_not_match_says_what_it_blocks() {
        let policy = |id: &str, name: &str, profile: &str| Resource {
            id: samples::id("policy", id),
            ..samples::app(id, name, profile)
        };
        let with = |section: &str, rules: &str| format!(r#"{{"decision":"deny","{section}":[{rules}]}}"#);
        let countries = r#"{"geo":{"country_code":"KP"}},{"geo":{"country_code":"RU"}}"#;
        let circular = r#"{"group":{"id":"g1"}},{"policy":{"id":"p2"}}"#;
        let many = (0..11).map(|n| format!(r#"{{"geo":{{"country_code":"C{n}"}}}}"#)).collect::<Vec<_>>();
        let approving = r#"{"decision":"allow","include":[{"group":{"id":"g1"}}],"approval_required":true}"#;
        let resources = vec![
            samples::group("g1", "Engineering"),
            policy("p1", "Elsewhere", &with("include", countries)),
            policy("p2", "Circle", &with("include", circular)),
            policy("p3", "Approved", approving),
            policy("p4", "Nobody", &with("exclude", "")),
            policy("p7", "Many", &with("include", &many.join(","))),
            samples::app("a1", "Wiki", r#"{"policies":[{"id":"p5","name":"Brief","decision":"deny"}]}"#),
        ];
        let mut snapshot = Snapshot::default();
        snapshot.page(&Page { resources, ..samples::page() }).unwrap();
        for (id, told) in [
            ("p1", "not blocked by policy “Elsewhere” (country KP or RU)"),
            ("p2", "not blocked by policy “Circle” (in group “Engineering” or a match of policy “Circle”)"),
            ("p3", "not a match of policy “Approved” (in group “Engineering”)"),
            ("p4", "not blocked by policy “Nobody”"),
            ("p5", "not blocked by policy “Brief”"),
            ("p6", "not a match of policy p6"),
            (
                "p7",
                "not blocked by policy “Many” (country C0 or C1 or C2 or C3 or C4 or C5 or C6 or C7 or 3 \
                 more)",
            ),
        ] {
            let none_of = vec![format!(r#"{{"policy":{{"id":"{id}"}}}}"#)];
            let way = Alternative { any_of: vec![], all_of: vec![], none_of };
            assert_eq!(conditions(&[way], Words::new(&snapshot)), told);
        }
    }

    #[test]
    fn a_semicolon_stands_only_between_alternatives() {
        let snapshot = snapshot();
        let way = |any_of: &[&str], all_of: &[&str], none_of: &[&str]| Alternative {
            any_of: rules(any_of),
            all_of: rules(all_of),
            none_of: rules(none_of),
        };
        let (nl, group) = (r#"{"geo":{"country_code":"NL"}}"#, r#"{"group":{"id":"g1"}}"#);
        let logins = r#"{"allowed_idps":["i1","i2"]}"#;
        let asks = "what group “Engineering” asks of a login";
        for (ways, expected) in [
            (vec![way(&[nl, group], &[], &[])], format!("country NL or {asks}")),
            (vec![way(&[nl], &[group], &[])], format!("country NL and {asks}")),
            (
                vec![way(&[], &[logins], &[])],
                "login with “Corporate Okta” or login with provider i2".to_owned(),
            ),
            (
                vec![way(&[], &[logins, nl], &[group])],
                "(login with “Corporate Okta” or login with provider i2) and country NL and not in group \
                 “Engineering”"
                    .to_owned(),
            ),
            (vec![way(&[nl], &[], &[]), way(&[], &[group], &[])], format!("either country NL; or {asks}")),
        ] {
            assert_eq!(conditions(&ways, Words::new(&snapshot)), expected);
        }
        assert_eq!(
            alternative(&way(&[group, nl], &[], &[]), Words::new(&snapshot)),
            "in group “Engineering” or country NL",
            "a policy's own rule"
        );
    }

    #[test]
    fn ids_are_whole_where_they_are_wanted() {
        let snapshot = snapshot();
        for kind in
            ["device_posture:integration_uid", "ip_list:id", "email_list:id", "azureAD:id", "group:id"]
        {
            let (kind, field) = kind.split_once(':').unwrap();
            let json = format!(r#"{{"{kind}":{{"{field}":"{LONG_ID}"}}}}"#);
            let words = Words::new(&snapshot);
            assert!(rule(&json, words).ends_with(" 0c9b1d1e…"), "{kind}");
            assert!(rule(&json, words.with_ids(true)).ends_with(LONG_ID), "{kind}");
        }
    }

    #[test]
    fn names_stand_for_ids_where_they_are_known() {
        let snapshot = snapshot();
        let okta = format!(r#"{{"allowed_idps":["i1","{LONG_ID}"]}}"#);
        for (json, expected) in [
            (r#"{"login_method":{"id":"i1"}}"#, "login with “Corporate Okta”"),
            (r#"{"login_method":{"id":"i2"}}"#, "login with provider i2"),
            (&okta, "login with “Corporate Okta” or login with provider 0c9b1d1e…"),
            (
                r#"{"okta":{"name":"Sales","identity_provider_id":"i1"}}"#,
                "Okta group Sales of “Corporate Okta”",
            ),
            (
                r#"{"saml":{"attribute_name":"a","attribute_value":"b","identity_provider_id":"i2"}}"#,
                "SAML attribute a=b",
            ),
            (r#"{"service_token":{"token_id":"t1"}}"#, "service token “CI”"),
            (r#"{"linked_app_token":{"app_uid":"a1"}}"#, "a token of application “Wiki”"),
            (r#"{"everyone":{}}"#, "everyone"),
        ] {
            assert_eq!(rule(json, Words::new(&snapshot)), expected);
        }
    }

    #[test]
    fn an_approval_names_those_who_give_it() {
        let snapshot = Snapshot::default();
        let list = format!(r#"{{"approvals_needed":1,"email_list_uuid":"{LONG_ID}"}}"#);
        for (groups, expected) in [
            ("", "approval"),
            (r#"{"approvals_needed":1,"email_addresses":["a@b"]}"#, "approval by a@b"),
            (r#"{"approvals_needed":2,"email_addresses":["a@b","c@d"]}"#, "2 approvals by a@b or c@d"),
            (r#"{"email_addresses":["a@b"]},{"approvals_needed":3}"#, "approval by a@b and 3 approvals"),
            (&list, "approval by email list 0c9b1d1e…"),
            ("5", "approval"),
        ] {
            let json = format!(r#"{{"approval_required":[{groups}]}}"#);
            assert_eq!(rule(&json, Words::new(&snapshot)), expected);
        }
    }

    #[test]
    fn a_long_list_is_counted() {
        let snapshot = Snapshot::default();
        let words = Words::new(&snapshot).with_most(2);
        let countries: Vec<String> =
            (0..5).map(|n| format!(r#"{{"geo":{{"country_code":"C{n}"}}}}"#)).collect();
        let way = Alternative { any_of: countries.clone(), all_of: vec![], none_of: countries };
        let shown = "(country C0 or C1 or 3 more) and not country C0 and not country C1 and not 3 more";
        assert_eq!(conditions(std::slice::from_ref(&way), words), shown);
        let all = conditions(&vec![way; 9], words);
        assert_eq!(all, format!("either {shown}; or {shown}; or 7 more"));
    }

    #[test]
    fn a_condition_that_is_not_known_stands_as_it_is() {
        let snapshot = snapshot();
        let rule = |json| rule(json, Words::new(&snapshot));
        for json in [
            r#"{"new_kind":{"x":1}}"#,
            r#"{"ip":{}}"#,
            r#"{"ip":{"ip":"a"},"geo":{}}"#,
            r#"{"allowed_idps":[]}"#,
            r#"{"allowed_idps":[1]}"#,
            r#"{"approval_required":{}}"#,
            "not JSON",
            "[]",
        ] {
            assert_eq!(rule(json), json);
        }
        let spaced = "{\n   \"okta\": { \"id\": \"a b\",\r\n \"n\": 1.0 } }";
        assert_eq!(rule(spaced), r#"{"okta":{"id":"a b","n":1.0}}"#);
    }
}
