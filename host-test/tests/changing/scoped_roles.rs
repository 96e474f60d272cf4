//! Changes of scoped roles, and of roles beside them: by the member's policies.

use super::*;

const ZONE: &str = "abc";

fn role_of(account: &Account, id: &str) -> Role {
    account.role(id).unwrap().clone()
}

/// Makes an account in which Ann has the roles DNS and Billing, and DNS on a zone.
fn with_zone() -> Account {
    let mut account = account([]);
    let policy = account.zone_policy("1a", &role_of(&account, "d1"), ZONE, Some("corp.example"));
    account.members[0].policies.push(policy);
    account
}

/// Makes an account whose permission groups have other ids than the roles.
fn with_own_ids() -> Account {
    let mut account = Account { has_own_permission_ids: true, ..account([]) };
    for at in 0..account.members.len() {
        let mut member = account.members[at].clone();
        let roles = member.roles.clone();
        set_roles(&account, &mut member, &roles.iter().map(String::as_str).collect::<Vec<_>>());
        account.members[at] = member;
    }
    account
}

/// The id of the scoped role that a policy gives.
fn id_of(policy: &Policy) -> String {
    format!("{}-{}", policy.permission_groups[0].id, policy.resource_groups[0].id)
}

fn of_scoped(id: &str) -> String {
    format!("scoped-role:{id}:assigned")
}

fn give_scoped(id: &str, who: &str) -> Change {
    change(Operation::Grant, &of_scoped(id), who)
}

fn take_scoped(id: &str, who: &str) -> Change {
    change(Operation::Revoke, &of_scoped(id), who)
}

/// The policies of the one PUT, each as it was sent.
fn put(told: &Told) -> Vec<String> {
    let puts: Vec<_> = told.sent.iter().filter(|sent| sent.method == "PUT").collect();
    assert_eq!(puts.len(), 1);
    let body: BTreeMap<String, Vec<Box<serde_json::value::RawValue>>> =
        serde_json::from_str(&puts[0].body).unwrap();
    assert_eq!(body.keys().collect::<Vec<_>>(), ["policies"]);
    body["policies"].iter().map(|policy| policy.get().to_owned()).collect()
}

fn shown(policies: &[Policy]) -> Vec<String> {
    // The mock sorts the fields.
    policies.iter().map(|policy| json!(policy).to_string()).collect()
}

#[tokio::test]
async fn a_scoped_role_is_taken_and_all_else_stays_byte_for_byte() {
    let account = with_zone();
    let policies = account.members[0].policies.clone();
    let id = id_of(&policies[2]);
    let told = Scene::new(account, [take_scoped(&id, "member:1a")]).run().await;
    let outcome = told.applied(0, &["Took the role \"DNS on corp.example\"."]);
    assert_eq!(outcome.removed, [of_scoped(&id)]);
    assert_eq!(put(&told), shown(&policies[..2]));
    let write = &told.report.writes[0];
    assert_eq!((write.on.kind.as_str(), write.on.id.as_str()), ("member", "1a"));
    assert!(write.before.starts_with("{\"policies\":[") && write.before.contains("corp.example"));
    assert!(!write.after.contains("corp.example"));
    told.judge(
        |account| {
            account.members[0].policies.pop();
        },
        &[("GET members/{id}", 2), ("PUT members/{id}", 1)],
    );
}

#[tokio::test]
async fn a_scoped_role_is_given_by_the_ids_that_it_consists_of() {
    let mut account = with_zone();
    account.has_own_permission_ids = true;
    let policy = account.zone_policy("1b", &role_of(&account, "d1"), ZONE, Some("corp.example"));
    let id = id_of(&policy);
    let before = account.members[1].policies.clone();
    let told = Scene::new(account, [give_scoped(&id, "member:1b")]).run_unplanned().await;
    let outcome = told.applied(0, &["Gave the role \"DNS on corp.example\"."]);
    assert_eq!(outcome.added[0].entitlement, of_scoped(&id));
    assert_eq!(outcome.added[0].basis[0].rule, "policy");
    assert!(!outcome.added[0].basis[0].value.is_empty());
    let sent = put(&told);
    assert_eq!(sent[..1], shown(&before));
    let (group, resources) = (&policy.permission_groups[0].id, &policy.resource_groups[0].id);
    let (groups, resources) = (json!([{"id": group}]), json!([{"id": resources}]));
    let new = json!({"access": "allow", "permission_groups": groups, "resource_groups": resources});
    assert_eq!(serde_json::from_str::<Value>(&sent[1]).unwrap(), new);
    assert_eq!(told.after.members[1].roles, ["d1"]);
    let again = Scene::new(told.after.clone(), [give_scoped(&id, "member:1b")]).run().await;
    again.unchanged(0, &["already"]);
    again.judge_unchanged(&[("GET members/{id}", 1)]);
    let none = Scene::new(with_zone(), [take_scoped(&id, "member:1b")]).run().await;
    none.unchanged(0, &["doesn't have"]);
}

#[tokio::test]
async fn a_scope_that_only_policies_tell_is_given_as_somebodys_policy_has_it() {
    let mut account = with_zone();
    account.members[0].policies[2].resource_groups[0].id.clear();
    account.members[0].policies[2].resource_groups[0].name.clear();
    let setup = HostAndMock::new(account.clone()).await;
    let held = setup.held_by_members().await;
    let id =
        held.keys().find_map(|(id, _)| id.strip_prefix("scoped-role:")?.strip_suffix(":assigned")).unwrap();
    let told = Scene::new(account.clone(), [give_scoped(id, "member:1b")]).run_unplanned().await;
    assert_eq!(told.applied(0, &[]).added[0].entitlement, of_scoped(id));
    assert!(put(&told)[1].contains("com.cloudflare.api.account.zone.abc"), "{:?}", put(&told));
    let told = Scene::new(account, [take_scoped(id, "member:1a")]).run().await;
    told.applied(0, &["DNS on zone abc"]);
    let nobody = Scene::new(super::account([]), [give_scoped(id, "member:1b")]).run().await;
    nobody.refused(0, &["no member has now", "dashboard"]);
}

#[tokio::test]
async fn what_stands_in_a_policy_with_others_is_taken_out_of_it() {
    let mut account = with_zone();
    let (dns, billing) = (role_of(&account, "d1"), role_of(&account, "d2"));
    let other = account.zone_policy("1a", &dns, "def", Some("other.example")).resource_groups[0].clone();
    let policy = account.members[0].policies[2].clone();
    let groups = Policy {
        permission_groups: vec![account.permission_group(&dns), account.permission_group(&billing)],
        ..policy.clone()
    };
    let resources =
        Policy { resource_groups: vec![policy.resource_groups[0].clone(), other.clone()], ..policy.clone() };
    for (policy, kept) in [
        (
            groups.clone(),
            Policy { permission_groups: vec![groups.permission_groups[1].clone()], ..policy.clone() },
        ),
        (resources.clone(), Policy { resource_groups: vec![other.clone()], ..policy.clone() }),
    ] {
        account.members[0].policies[2] = policy.clone();
        let before = account.members[0].policies.clone();
        let told = Scene::new(account.clone(), [take_scoped(&id_of(&policy), "member:1a")]).run().await;
        told.applied(0, &[]);
        assert_eq!(put(&told), shown(&[&before[..2], &[kept]].concat()));
    }
    // Both at once leave nothing of it.
    account.members[0].policies[2] = groups.clone();
    let second = Policy { permission_groups: vec![groups.permission_groups[1].clone()], ..groups.clone() };
    let changes = [&groups, &second].map(|policy| take_scoped(&id_of(policy), "member:1a"));
    let told = Scene::new(account.clone(), changes).run().await;
    told.all_applied(0..2);
    assert_eq!(put(&told).len(), 2);
    let square = Policy { resource_groups: resources.resource_groups, ..groups };
    account.members[0].policies[2] = square.clone();
    let told = Scene::new(account, [take_scoped(&id_of(&square), "member:1a")]).run().await;
    told.refused(0, &["can't be taken out of it alone", "Nothing was written"]);
    assert!(told.report.writes.is_empty());
}

#[tokio::test]
async fn roles_beside_scoped_ones_are_written_as_policies() {
    for own_ids in [false, true] {
        let mut account = if own_ids { with_own_ids() } else { account([]) };
        let zone = account.zone_policy("1a", &role_of(&account, "d1"), ZONE, Some("corp.example"));
        account.members[0].policies.push(zone);
        let before = account.members[0].policies.clone();
        let told = Scene::new(account.clone(), [take("d2", "member:1a")]).run().await;
        assert_eq!(told.applied(0, &["Billing"]).removed, [of_role("d2")]);
        assert_eq!(put(&told), shown(&[before[0].clone(), before[2].clone()]));
        assert_eq!(told.after.members[0].roles, ["d1"]);

        // Nobody has Audit, so its permission group is looked up by name.
        let told = Scene::new(account.clone(), [give("d3", "member:1a")]).run().await;
        let outcome = told.applied(0, &["Audit"]);
        assert_eq!(
            (outcome.added[0].entitlement.as_str(), outcome.added[0].basis[0].rule.as_str()),
            ("role:d3:assigned", "role")
        );
        assert_eq!(put(&told)[..3], shown(&before));
        assert_eq!(told.after.members[0].roles, ["d1", "d2", "d3"]);
        assert_eq!(told.routes["GET iam/permission_groups"], 1);
        assert!(!told.routes.contains_key("GET iam/resource_groups"), "a policy of the member tells it");
        let told =
            Scene::new(account, [give("d3", "member:1a"), take("d2", "member:1a"), take("d1", "member:1a")])
                .run()
                .await;
        told.all_applied(0..3);
        assert_eq!(told.after.members[0].roles, ["d3"]);
    }
}

#[tokio::test]
async fn a_member_without_any_role_gets_one_by_a_policy() {
    let mut account = with_zone();
    account.members[0].policies.drain(..2);
    account.members[0].roles.clear();
    account.members.truncate(1);
    let told = Scene::new(account, [give("d3", "member:1a")]).run().await;
    told.applied(0, &[]);
    assert_eq!(told.routes["GET iam/resource_groups"], 1, "nobody's policy tells the whole account");
    assert_eq!(told.after.members[0].roles, ["d3"]);
}

#[tokio::test]
async fn a_role_that_no_list_has_is_given_by_a_policy() {
    let mut account = account([]);
    let new = host_test::mock::PermissionGroup {
        id: "ab".into(),
        name: "New".into(),
        meta: Some(json!({"scopes": "com.cloudflare.api.account"})),
    };
    account.permission_groups.push(new);
    let told = Scene::new(account.clone(), [give("ab", "member:1a")]).run_unplanned().await;
    let outcome = told.applied(0, &["New"]);
    assert_eq!(
        (outcome.added[0].entitlement.as_str(), outcome.added[0].basis[0].rule.as_str()),
        ("role:ab:assigned", "policy")
    );
    let told = Scene::new(told.after.clone(), [take("ab", "member:1a")]).run().await;
    told.applied(0, &["New"]);
    assert_eq!(told.after.members[0].policies, account.members[0].policies);
}

#[tokio::test]
async fn what_can_not_be_told_apart_is_refused_with_the_reason() {
    let mut denied = with_zone();
    let deny = Policy { access: "deny".into(), id: "f1".into(), ..denied.members[0].policies[2].clone() };
    denied.members[0].policies.push(deny);
    let scoped = id_of(&denied.members[0].policies[2]);
    let told = Scene::new(denied, [take_scoped(&scoped, "member:1a"), take("d2", "member:1a")]).run().await;
    told.refused(0, &["A policy denies the same"]);
    // It isn't about this one.
    told.applied(1, &[]);
    let mut unmirrored = with_zone();
    unmirrored.members[0].policies.remove(0);
    let mut strange = with_zone();
    strange.members[0].policies[2].access = "maybe".into();
    let mut without = with_zone();
    without.members[0].policies[2].resource_groups.clear();
    for (account, why) in
        [(unmirrored, "could drop a role"), (strange, "isn't understood"), (without, "isn't understood")]
    {
        let told = Scene::new(account, [take("d2", "member:1a"), give("d3", "member:1a")]).run().await;
        (0..2).for_each(|at| told.refused(at, &[why, "Nothing was written"]));
        assert!(told.report.writes.is_empty());
    }
}

#[tokio::test]
async fn policies_of_user_groups_are_not_sent() {
    for inherited in [Inherited::Hidden, Inherited::InPolicies, Inherited::InRoles] {
        let mut account = Account { inherited, ..with_zone() };
        let policy = account.account_wide_policy("e1", &role_of(&account, "d3"));
        let group = UserGroup::new("e1", vec![policy]).with_members(vec!["1a".into()]);
        account.user_groups.push(UserGroup { id: "e1".into(), ..group });
        let before = account.members[0].policies.clone();
        let told = Scene::new(account, [take("d2", "member:1a")]).run().await;
        told.applied(0, &[]);
        assert_eq!(put(&told), shown(&[before[0].clone(), before[2].clone()]), "{inherited:?}");
        assert_eq!(told.after.members[0].roles, ["d1"], "{inherited:?}");
    }
}

#[tokio::test]
async fn the_last_thing_that_a_member_has_stays() {
    let mut account = with_zone();
    account.members[0].policies.drain(..2);
    account.members[0].roles.clear();
    let id = id_of(&account.members[0].policies[0]);
    let told = Scene::new(account.clone(), [take_scoped(&id, "member:1a")]).run().await;
    told.refused(0, &["last role", "Nothing was written"]);
    let told = Scene::new(account, [take_scoped(&id, "member:1a"), give("d3", "member:1a")]).run().await;
    told.all_applied(0..2);
    assert_eq!(told.after.members[0].policies.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_given_leaves_what_is_there() {
    let mut account = with_zone();
    account.members[0].policies.drain(..2);
    account.members[0].roles.clear();
    let id = id_of(&account.members[0].policies[0]);
    let digest = format!("d1-{}", "0".repeat(16));
    let told =
        Scene::new(account, [take_scoped(&id, "member:1a"), give_scoped(&digest, "member:1a")]).run().await;
    told.refused(0, &["last role"]);
    told.refused(1, &["no member has now"]);
    assert!(told.report.writes.is_empty());
}

#[tokio::test]
async fn a_lost_answer_is_read_back_and_a_refusal_leaves_what_was_there() {
    use host_test::mock::Place;
    let account = with_zone();
    let id = id_of(&account.members[0].policies[2]);
    let lost = Effect::Close { at: Place::BeforeHead };
    let fault = Fault::on("PUT", "members/{id}", lost.clone()).at_attempt(1).carried_out(true);
    let told = Scene::new(account.clone(), [take_scoped(&id, "member:1a")]).under(fault).run().await;
    told.applied(0, &[]);
    assert_eq!(told.routes["PUT members/{id}"], 1);
    let fault = Fault::on("PUT", "members/{id}", lost).at_attempt(1);
    let told = Scene::new(account.clone(), [take_scoped(&id, "member:1a")]).under(fault).run().await;
    assert!(told.report.results[0].is_err() || told.routes["PUT members/{id}"] == 2);
    let refuse = Effect::Status {
        status: 400,
        code: 1006,
        message: "invalid permission group and resource group combination".into(),
        headers: Vec::new(),
    };
    let fault = Fault::on("PUT", "members/{id}", refuse);
    let told = Scene::new(account, [take_scoped(&id, "member:1a")]).under(fault).run().await;
    told.refused(0, &["1006", "combination"]);
    assert_eq!(told.before, told.after);
}

#[tokio::test]
async fn a_success_that_keeps_the_policy_is_told() {
    let account = with_zone();
    let id = id_of(&account.members[0].policies[2]);
    let shown = account.member_json(&account.members[0]);
    let body = json!({"success": true, "errors": [], "messages": [], "result": shown}).to_string();
    let fault = Fault::on("PUT", "members/{id}", Effect::Body { status: 200, body });
    let told = Scene::new(account, [take_scoped(&id, "member:1a")]).under(fault).run().await;
    told.refused(0, &["with success", "unchanged"]);
    assert!(told.report.writes.is_empty());
}

#[tokio::test]
async fn a_login_without_domain_scoped_roles_is_told() {
    let mut account = with_zone();
    account.members[1].has_no_dsr = true;
    let id = id_of(&account.members[0].policies[2]);
    let setup = HostAndMock::new(account).await;
    let options = Scene::new(with_zone(), []).options(false);
    let report =
        setup.writer("api-token").await.apply(&[give_scoped(&id, "member:1b")], &options).await.unwrap();
    let error = report.results[0].as_ref().unwrap_err();
    assert!(error.kind == ErrorKind::Refused && error.message.contains("(DSR)"), "{}", error.message);
}

#[tokio::test]
async fn another_writers_policy_is_a_conflict() {
    let account = with_zone();
    let id = id_of(&account.members[0].policies[2]);
    let mut other = account.members[0].clone();
    other.policies.push(account.zone_policy("1a", &role_of(&account, "d2"), "def", Some("other.example")));
    let theirs = account.member_json(&other);
    let body = json!({"success": true, "errors": [], "messages": [], "result": theirs}).to_string();
    let fault = Fault::on("GET", "members/{id}", Effect::Body { status: 200, body }).at_attempt(2);
    let told = Scene::new(account, [take_scoped(&id, "member:1a")]).under(fault).run().await;
    let error = told.failed(0, ErrorKind::Conflict, &["Somebody else changes it too"]);
    assert_eq!(error.about.as_deref(), Some("member:1a"));
}

#[tokio::test]
async fn where_roles_are_gone_they_are_still_given_and_taken_by_their_old_ids() {
    for gone in [(404, 7003), (410, 7003), (404, 1)] {
        let account = Account { roles_gone: Some(gone), ..with_own_ids() };
        let told = Scene::new(account, [take("d2", "member:1a"), give("d2", "member:1b")]).run().await;
        told.all_applied(0..2);
        assert_eq!(told.after.members[0].roles, ["d1"], "{gone:?}");
        assert_eq!(told.after.members[1].roles, ["d1", "d2"], "{gone:?}");
    }
}
