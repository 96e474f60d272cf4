//! The owner of the credentials leaves: nothing is done, because they would stop working on the way.

use crate::common::small_account::{account, email, group, member};
use crate::{Behaviour, DEMO_EMAIL, METHODS, Setup, failure, only, planning, really, remove};
use connector_host::HostError;
use connector_host::contract::lifecycle::{Offboarding, Options, Part};
use connector_host::contract::{ErrorKind, Status};
use host_test::mock::{
    AccessUser, Account, DEMO_TOKEN, Effect, Fault, Permission, Recorded, SUPER_ADMINISTRATOR, Token,
    TokenOwner, UserGroup,
};

/// An account that two administer. The owner of the demo credentials is also in groups and a user.
fn owned() -> Account {
    let mut account = account([group(
        "a1",
        serde_json::json!({"include": [email(DEMO_EMAIL), email("bob@corp.example")]}),
    )]);
    member(&mut account, "1e", "root@corp.example", "accepted", &[SUPER_ADMINISTRATOR]);
    member(&mut account, "1f", DEMO_EMAIL, "accepted", &[SUPER_ADMINISTRATOR]);
    account.user_groups.push(UserGroup {
        id: "e1".into(),
        name: "Team".into(),
        members: vec!["1f".into()],
        ..UserGroup::default()
    });
    let user = AccessUser { id: "0f".into(), email: Some(DEMO_EMAIL.into()), ..AccessUser::default() };
    account.users.push(user);
    account
}

/// A user's token that may read its owner.
fn token() -> Token {
    let permissions = Permission::ALL.into_iter().chain([Permission::UserDetailsRead]);
    Token::new(DEMO_TOKEN).with_permissions(permissions)
}

async fn setup(token: Token) -> Setup {
    Setup::with(owned(), Behaviour { tokens: vec![token], ..Behaviour::default() }).await
}

fn refused(error: HostError) {
    let HostError::Connector(error) = error else { panic!("{error}") };
    assert_eq!((error.kind, error.about.as_deref()), (ErrorKind::Refused, Some("person")), "{error:?}");
    assert!(error.message.contains("owns the credentials"), "{}", error.message);
    assert!(error.message.contains("set allow-own. Nothing was written."), "{}", error.message);
}

/// A plan shows everything, and refuses that on which the credentials rest.
fn planned(offboarding: Offboarding) {
    let mut refusals = 0;
    for Part { word, outcome, .. } in &offboarding.parts {
        match (word.split(':').next().unwrap(), outcome) {
            ("member" | "user-group", Err(error)) => {
                assert_eq!((error.kind, error.about.as_ref()), (ErrorKind::Refused, Some(word)));
                assert!(error.message.contains("set allow-own. Nothing was written."), "{}", error.message);
                refusals += 1;
            }
            ("seat", Ok(outcome)) => assert_eq!(outcome.status, Status::Unchanged, "there is none"),
            (_, Ok(outcome)) => assert_eq!(outcome.status, Status::Planned, "{word}"),
            _ => panic!("{word}: {outcome:?}"),
        }
    }
    assert!(refusals > 0);
    let stays = crate::into(&offboarding, "member:1f");
    assert_eq!(stays.len(), 1, "{:#?}", offboarding.remaining);
    assert!(
        stays[0].detail.contains(SUPER_ADMINISTRATOR) && stays[0].detail.contains("user-group:e1:member")
    );
}

#[tokio::test]
async fn who_owns_the_credentials_is_not_offboarded_with_them() {
    for method in METHODS {
        for options in [planning(), really()] {
            for (person, keep) in [("member:1f", vec![]), ("user:0f", vec!["member"]), ("user:0f", vec![])] {
                let setup = setup(token()).await;
                let keep: Vec<String> = keep.into_iter().map(str::to_owned).collect();
                let mut session = setup.session(method).await;
                let done = session.offboard(&crate::id(person), &keep, &options).await;
                match options.dry_run {
                    true => planned(done.unwrap()),
                    false => refused(done.unwrap_err()),
                }
                assert_eq!(setup.mock.account(), owned());
                assert!(setup.writes().is_empty(), "{person}: nothing else is taken away either");
            }
            // What the credentials don't rest on can go, and so can all if that is asked for.
            for (keep, allow_own) in [(vec!["member", "user-group"], false), (vec![], true)] {
                let setup = setup(token()).await;
                let keep: Vec<String> = keep.into_iter().map(str::to_owned).collect();
                let options = Options { allow_own, ..options.clone() };
                let mut session = setup.session(method).await;
                let done = session.offboard(&crate::id("user:0f"), &keep, &options).await.unwrap();
                assert!(done.parts.iter().all(|part| part.outcome.is_ok()), "{:#?}", done.parts);
                let told = format!("{:?}", done.parts).contains("of this session stop working with that");
                assert_eq!(told, allow_own);
            }
        }
    }
}

#[tokio::test]
async fn a_removal_alone_knows_the_owner_of_a_token_too() {
    let setup = setup(token()).await;
    let report = setup.apply(&[remove("member:1f")]).await;
    let error = failure(&report);
    assert_eq!((error.kind, error.about.as_deref()), (ErrorKind::Refused, Some("member:1f")));
    // Somebody else's removal says nothing of the token.
    let report = setup.apply(&[remove("member:1e")]).await;
    assert!(!only(&report).detail.contains("API token"), "{}", only(&report).detail);
    assert!(setup.mock.requests_by_route().contains_key("GET user"));
}

#[tokio::test]
async fn where_the_owner_can_not_be_known_that_is_said() {
    let unreadable = |effect| Fault::on("GET", "user", effect);
    let body = |body: &str| Effect::Body { status: 200, body: body.into() };
    for (token, fault) in [
        (Token::new(DEMO_TOKEN), None),
        (token(), Some(body(r#"{"success":true,"errors":[],"messages":[],"result":{"id":"1"}}"#))),
        (token(), Some(body("<html>"))),
    ] {
        let setup = setup(token).await;
        if let Some(effect) = fault {
            setup.mock.inject(unreadable(effect));
        }
        let done = setup.offboard("member:1f", &[]).await;
        let detail = &done.parts.iter().find(|part| part.word == "member:1f").unwrap().outcome;
        let detail = &detail.as_ref().unwrap().detail;
        assert!(detail.contains("doesn't tell whose API token this session has"), "{detail}");
        assert!(detail.contains("User Details Read"), "{detail}");
    }
    let of_account = Token { owner: TokenOwner::Account, ..token() };
    let setup = setup(of_account).await;
    let done = setup.offboard("member:1f", &[]).await;
    assert!(!format!("{:?}", done.parts).contains("API token"), "the account has it: {:#?}", done.parts);
}

#[tokio::test]
async fn the_owner_s_membership_ends_last_and_is_read_back_if_that_still_works() {
    let rejected = |status, code| {
        let effect = Effect::Status { status, code, message: "no".into(), headers: Vec::new() };
        let fault = Fault::on("GET", "members/{id}", effect);
        Fault { on: fault.on.of("1f"), ..fault }
    };
    let allowed = Options { allow_own: true, ..really() };
    for method in METHODS {
        let mut reads = 0;
        for end in [None, Some((401, 1000)), Some((403, 10000))] {
            let setup = setup(token()).await;
            if let Some((status, code)) = end {
                // The last of the reads, and whatever is tried after it.
                for attempt in reads..reads + 5 {
                    setup.mock.inject(rejected(status, code).at_attempt(attempt));
                }
            }
            let mut session = setup.session(method).await;
            let done = session.offboard(&crate::id("user:0f"), &[], &allowed).await.unwrap();
            let words: Vec<&str> = done.parts.iter().map(|part| part.word.as_str()).collect();
            assert_eq!(words, ["group:a1", "sessions", "seat", "user:0f", "member:1f"]);
            assert_eq!(setup.writes().last().unwrap(), "DELETE members/1f");
            let outcome = done.parts.last().unwrap().outcome.as_ref().unwrap();
            assert_eq!(outcome.status, Status::Applied);
            assert!(outcome.removed.contains(&"user-group:e1:member".to_owned()), "{:?}", outcome.removed);
            assert_eq!(outcome.detail.contains("couldn't be read back"), end.is_some(), "{}", outcome.detail);
            assert!(setup.mock.read(|account| account.members.iter().all(|member| member.id != "1f")));
            let sent = setup.mock.requests();
            let of_member = |it: &&Recorded| it.method == "GET" && crate::below(&it.path) == "members/1f";
            reads = sent.iter().filter(of_member).count() as u64;
        }
    }
}
