//! Answers to a write that aren't what they seem: a refusal of a write that was done, and a success of
//! one that wasn't.

use super::*;

const ANN: &str = "email:ann@corp.example";
const ONE_MEMBER: Routes<'static> =
    &[("GET members/{id}", 2), ("GET roles/{id}", 1), ("PUT members/{id}", 1)];

fn simple() -> Account {
    account([group("a1", json!({"include": [email("carol@other.example")]}))])
}

fn add_ann(account: &mut Account) {
    include(account, "a1").push(email("ann@corp.example"));
}

fn give_d3(account: &mut Account) {
    let mut member = account.members[0].clone();
    set_roles(account, &mut member, &["d1", "d2", "d3"]);
    account.members[0] = member;
}

fn refusals() -> [(Effect, ErrorKind); 5] {
    [
        (400, 12130, ErrorKind::Refused),
        (401, 1000, ErrorKind::Unauthenticated),
        (403, 10000, ErrorKind::PermissionDenied),
        (404, 7003, ErrorKind::NotFound),
        (409, 1, ErrorKind::Conflict),
    ]
    .map(|(status, code, kind)| {
        (Effect::Status { status, code, message: "no".into(), headers: Vec::new() }, kind)
    })
}

/// Makes an answer with this result.
fn shows(result: &Value) -> Effect {
    let body = json!({"success": true, "errors": [], "messages": [], "result": result});
    Effect::Body { status: 200, body: body.to_string() }
}

fn member_with(roles: &[&str]) -> Value {
    let roles: Vec<Value> = roles.iter().map(|id| json!({"id": id})).collect();
    json!({"id": "1a", "status": "accepted", "email": "ann@corp.example", "roles": roles, "policies": []})
}

fn group_with(include: &[Value]) -> Value {
    json!({"id": "a1", "name": "Group a1", "include": include})
}

#[tokio::test]
async fn a_write_that_took_effect_is_applied_though_the_answer_refuses_it() {
    for (effect, _) in refusals() {
        let fault = Fault::on("PUT", "access/groups/{id}", effect.clone()).carried_out(true);
        let told = Scene::new(simple(), [grant("a1", ANN)]).under(fault).run().await;
        told.applied(0, &[]);
        assert_eq!(told.report.writes.len(), 1);
        told.judge(add_ann, ONE_GROUP);

        let fault = Fault::on("PUT", "members/{id}", effect).carried_out(true);
        let told = Scene::new(simple(), [give("d3", "member:1a")]).under(fault).run().await;
        told.applied(0, &[]);
        told.judge(give_d3, ONE_MEMBER);
    }
}

#[tokio::test]
async fn a_write_that_was_refused_is_told_as_refused_once_a_read_has_shown_it() {
    for (effect, kind) in refusals() {
        let fault = Fault::on("PUT", "access/groups/{id}", effect.clone());
        let told = Scene::new(simple(), [grant("a1", ANN)]).under(fault).run().await;
        told.failed(0, kind, &["Couldn't change Access group a1"]);
        told.judge_unchanged(&[ONE_GROUP, OWNERS].concat());

        let fault = Fault::on("PUT", "members/{id}", effect);
        let told = Scene::new(simple(), [give("d3", "member:1a")]).under(fault).run().await;
        told.failed(0, kind, &["Couldn't change account member 1a"]);
        told.judge_unchanged(ONE_MEMBER);
    }
}

#[tokio::test]
async fn a_refused_write_whose_object_is_another_one_then_is_a_conflict_that_says_both() {
    for (effect, _) in refusals() {
        let found = group_with(&[email("carol@other.example"), email("theirs@else.example")]);
        let told = Scene::new(simple(), [grant("a1", ANN)])
            .under(Fault::on("PUT", "access/groups/{id}", effect))
            .under(Fault::on("GET", "access/groups/{id}", shows(&found)).at_attempt(2))
            .run()
            .await;
        told.failed(
            0,
            ErrorKind::Conflict,
            &["Cloudflare answered", "ann@corp.example", "theirs@else.example"],
        );
    }
}

#[tokio::test]
async fn a_write_that_cloudflare_accepts_and_ignores_is_told_as_such_and_blames_nobody() {
    for (unchanged, words) in [
        (shows(&member_with(&["d1", "d2"])), "its answer already"),
        // An answer without the member says nothing. The next read does.
        (shows(&json!(null)), "the next read"),
        (shows(&json!({"id": "1a"})), "the next read"),
    ] {
        let fault = Fault::on("PUT", "members/{id}", unchanged);
        let told = Scene::new(simple(), [give("d3", "member:1a")]).under(fault).run().await;
        let words = [
            "with success",
            words,
            "unchanged",
            "nothing of the change was taken",
            "status",
            "policies",
            "settings",
        ];
        let error = told.failed(0, ErrorKind::Refused, &words);
        assert!(!error.message.contains("omebody else"), "{error:?}");
        assert_eq!(error.about.as_deref(), Some("member:1a"));
        told.judge_unchanged(ONE_MEMBER);
    }
    for unchanged in [shows(&group_with(&[email("carol@other.example")])), shows(&json!(null))] {
        let fault = Fault::on("PUT", "access/groups/{id}", unchanged);
        let told = Scene::new(simple(), [grant("a1", "user:0a")]).under(fault).run().await;
        let error = told.failed(0, ErrorKind::Refused, &["with success", "unchanged", "settings"]);
        assert!(!error.message.contains("omebody else"), "{error:?}");
        told.judge_unchanged(&[ONE_GROUP, &[("GET access/users/{id}", 1)]].concat());
    }
}

#[tokio::test]
async fn a_write_of_which_cloudflare_takes_a_part_is_in_doubt_and_says_what_is_lacking() {
    let part = shows(&member_with(&["d1", "d3"]));
    let changes = [give("d3", "member:1a"), give(SUPER_ADMINISTRATOR, "member:1a"), take("d2", "member:1a")];
    let told = Scene::new(simple(), changes)
        .under(Fault::on("PUT", "members/{id}", part.clone()))
        .under(Fault::on("GET", "members/{id}", part).at_attempt(2))
        .run()
        .await;
    for at in 0..3 {
        let error = told.failed(
            at,
            ErrorKind::Indeterminate,
            &["its answer already", "lacks the role", SUPER_ADMINISTRATOR, "only a part"],
        );
        assert!(!error.message.contains("omebody else"), "{error:?}");
    }
    assert_eq!(told.report.writes.len(), 1);
}

#[tokio::test]
async fn what_the_answer_has_and_the_next_read_lacks_somebody_else_has_changed() {
    // The answer itself already lacks one role, and then another one goes.
    let told = Scene::new(simple(), [give("d3", "member:1a")])
        .under(Fault::on("PUT", "members/{id}", shows(&member_with(&["d1", "d2"]))))
        .under(Fault::on("GET", "members/{id}", shows(&member_with(&["d1"]))).at_attempt(2))
        .run()
        .await;
    let error = told.failed(0, ErrorKind::Conflict, &["lacks the role d2", "Somebody else"]);
    assert!(!error.message.contains("d3"), "{error:?}");
}

#[tokio::test]
async fn a_field_that_appears_and_says_nothing_is_no_conflict() {
    for nothing in [json!(null), json!(false), json!([]), json!("")] {
        let include = [email("carol@other.example"), email("ann@corp.example")];
        let mut found = group_with(&include);
        found["appeared"] = nothing.clone();
        found["exclude"] = if nothing.is_array() { nothing.clone() } else { json!(null) };
        found["include"][0]["email"]["appeared"] = nothing;
        let fault = Fault::on("GET", "access/groups/{id}", shows(&found)).at_attempt(2);
        let told = Scene::new(simple(), [grant("a1", ANN)]).under(fault).run().await;
        told.applied(0, &[]);
        told.judge(add_ann, ONE_GROUP);
    }
    for something in [json!(true), json!(0), json!({}), json!("x"), json!([null])] {
        let mut found = group_with(&[email("carol@other.example"), email("ann@corp.example")]);
        found["appeared"] = something;
        let fault = Fault::on("GET", "access/groups/{id}", shows(&found)).at_attempt(2);
        let told = Scene::new(simple(), [grant("a1", ANN)]).under(fault).run().await;
        told.failed(0, ErrorKind::Conflict, &["appeared is another one"]);
    }
}

#[tokio::test]
async fn a_field_that_cloudflares_own_answer_adds_is_no_fault() {
    let with_ann = || group_with(&[email("carol@other.example"), email("ann@corp.example")]);
    let changed = |name: &str, value: Value| {
        let mut group = with_ann();
        group[name] = value;
        shows(&group)
    };
    let answered = |put: Effect, get: Effect| {
        Scene::new(simple(), [grant("a1", ANN)])
            .under(Fault::on("PUT", "access/groups/{id}", put).carried_out(true))
            .under(Fault::on("GET", "access/groups/{id}", get).at_attempt(2))
            .run()
    };
    for added in [json!(2), json!({}), json!(0), json!(true)] {
        let told = answered(changed("version", added.clone()), changed("version", added)).await;
        told.applied(0, &[]);
        told.judge(add_ann, ONE_GROUP);
    }
    // Somebody else's write counts further.
    let told = answered(changed("version", json!(2)), changed("version", json!(3))).await;
    told.failed(0, ErrorKind::Conflict, &["version is another one", "Somebody else"]);
    for (name, value) in
        [("name", json!("Another")), ("exclude", json!([okta()])), ("is_default", json!(true))]
    {
        let told = answered(changed(name, value.clone()), changed(name, value)).await;
        let error = told.failed(0, ErrorKind::Indeterminate, &["its answer already", name]);
        assert!(!error.message.contains("omebody else"), "{error:?}");
    }
}

#[tokio::test]
async fn a_kind_that_says_nothing_beside_a_rule_is_no_fault() {
    for nothing in [json!(null), json!({"common_name": null})] {
        let mut found = group_with(&[email("carol@other.example"), email("ann@corp.example")]);
        for rule in found["include"].as_array_mut().unwrap() {
            rule["common_name"] = nothing.clone();
        }
        let told = Scene::new(simple(), [grant("a1", ANN)])
            .under(Fault::on("PUT", "access/groups/{id}", shows(&found)).carried_out(true))
            .under(Fault::on("GET", "access/groups/{id}", shows(&found)).at_attempt(2))
            .run()
            .await;
        told.applied(0, &[]);
        told.judge(add_ann, ONE_GROUP);
    }
}

#[tokio::test]
async fn another_state_behind_an_answer_that_shows_nothing_is_in_doubt() {
    let found = group_with(&[email("ann@corp.example")]);
    let told = Scene::new(simple(), [grant("a1", ANN)])
        .under(Fault::on("PUT", "access/groups/{id}", shows(&json!(null))))
        .under(Fault::on("GET", "access/groups/{id}", shows(&found)).at_attempt(2))
        .run()
        .await;
    let words = ["include lacks", "carol@other.example", "either only a part was taken, or somebody else"];
    told.failed(0, ErrorKind::Indeterminate, &words);
}

#[tokio::test]
async fn a_page_that_refuses_a_write_is_read_back_once_and_the_write_is_not_repeated() {
    let redirect = Effect::Redirect { location: "https://login.example/".into() };
    for page in [Effect::Html { status: 403 }, Effect::Html { status: 404 }, redirect] {
        let on = Fault::on("PUT", "access/groups/{id}", page.clone());
        let told = Scene::new(simple(), [grant("a1", ANN)]).under(on).run().await;
        let words = ["Something between here and Cloudflare refuses writes", "is not the API's"];
        let error = told.failed(0, ErrorKind::InvalidResponse, &words);
        assert!(!error.message.contains("base-url"), "{error:?}");
        told.judge_unchanged(&[ONE_GROUP, OWNERS].concat());

        let on = Fault::on("PUT", "access/groups/{id}", page).carried_out(true);
        let told = Scene::new(simple(), [grant("a1", ANN)]).under(on).run().await;
        told.applied(0, &[]);
        told.judge(add_ann, ONE_GROUP);
    }
}
