//! Refusals by what was read before them.

use super::*;
use crate::cloudflare::endpoint::Write;
use crate::cloudflare::id::Id;
use crate::cloudflare::user_group;

fn refusal(code: u32, message: &str) -> Answer {
    let body = format!(r#"{{"success":false,"errors":[{{"code":{code},"message":"{message}"}}]}}"#);
    Ok(Response { status: 403, headers: Vec::new(), body: body.into_bytes() })
}

fn refused() -> Answer {
    refusal(10000, "Authentication error")
}

/// Makes a client that may not wait.
fn impatient(transport: Scripted) -> Client<Scripted> {
    let mut client = client(transport);
    client.settings.max_wait_seconds = 0;
    client.begin_call();
    client
}

const MINUTE: u64 = 60_000_000_000;

#[test]
fn a_refusal_in_the_middle_of_a_list_is_asked_once_more() {
    let mut client = client(scripted(3, vec![refused()]));
    client.turn(1).unwrap();
    client.turn(2).unwrap();
    client.did();
    client.turn(3).unwrap();
    assert_eq!(client.did(), [Took(3), Waited(500), Sent(3), Took(3), Sent(7)]);

    let mut client = impatient(scripted(9, vec![refused(), refused()]));
    client.turn(1).unwrap();
    client.did();
    let error = client.turn(9).unwrap_err();
    assert_eq!(client.did(), [Sent(9), Took(9), Sent(9), Took(9)], "there is no time to wait");
    assert_eq!((error.kind, error.retryable), (ErrorKind::Unavailable, true));
    assert!(error.message.contains("Authentication error") && !error.message.contains("permission"));
    assert!(client.turn(9).is_ok(), "it passed");
}

#[test]
fn it_is_so_for_every_list() {
    let items = list_item::collection(&Id::parse("list").unwrap());
    for list in [&group::COLLECTION, &role::COLLECTION, &member::COLLECTION, &user::COLLECTION, &items] {
        for alone in [false, true] {
            let mut client = impatient(scripted(2, vec![refused(), refused(), refused()]));
            let mut ask = |page| {
                let at = Position { page, before: page - 1, ..Position::START };
                if alone {
                    client.page_alone(list, at, &mut |_| ())
                } else {
                    client.page(list, at, &mut |_| ())
                }
            };
            ask(1).unwrap();
            assert_eq!(ask(2).unwrap_err().kind, ErrorKind::Unavailable, "{list:?}");
            ask(2).unwrap();
            ask(3).unwrap();
        }
    }
}

#[test]
fn a_permission_that_was_taken_away_shows() {
    let always = || scripted(2, (0..99).map(|_| refused()).collect());
    let mut client = impatient(always());
    client.turn(1).unwrap();
    for minutes in [0, 2, 2] {
        client.transport.now.set(client.transport.now.get() + minutes * MINUTE);
        assert_eq!(client.turn(2).unwrap_err().kind, ErrorKind::Unavailable);
    }
    client.transport.now.set(client.transport.now.get() + 2 * MINUTE);
    let error = client.turn(2).unwrap_err();
    assert_eq!((error.kind, error.retryable), (ErrorKind::PermissionDenied, false), "the page before is old");
    assert!(error.message.contains("Access: Audit Logs Read") && !error.message.contains("account ID"));

    // A session that begins there has read nothing.
    let mut another = impatient(always());
    let error = another.turn(2).unwrap_err();
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
    for named in ["Access: Audit Logs Read", "account ID", "Client IP Address Filtering"] {
        assert!(error.message.contains(named), "{error}");
    }
    assert_eq!(another.did(), [Sent(2), Took(2)]);

    // A list that begins anew isn't in the middle.
    let mut client = impatient(scripted(1, vec![refused()]));
    client.turn(2).unwrap();
    client.did();
    assert_eq!(client.turn(1).unwrap_err().kind, ErrorKind::PermissionDenied);
    assert_eq!(client.did(), [Sent(1), Took(1)]);
}

#[test]
fn other_lists_say_nothing_of_this_one() {
    let mut client = impatient(scripted(2, vec![refused()]));
    client.page(&member::COLLECTION, Position::START, &mut |_| ()).unwrap();
    let error = client.turn(2).unwrap_err();
    assert_eq!(error.kind, ErrorKind::PermissionDenied);
    assert!(!error.message.contains("account ID"), "something of the account was read: {error}");
}

#[test]
fn a_refused_write_names_the_role_that_it_takes() {
    let id = Id::parse("6f1").unwrap();
    for (write, list, role) in [
        (Write::REPLACE_GROUP, &group::COLLECTION, "Cloudflare Access"),
        (Write::REPLACE_MEMBER, &member::COLLECTION, "Super Administrators"),
        (Write::JOIN, &user_group::MEMBERS, "identity provider"),
        (Write::LEAVE, &user_group::MEMBERS, "Super Administrators"),
    ] {
        let client = client(Scripted::default());
        let object = list.object(id.clone());
        let ask = client.ask(format!("change {object}"), write.permission, String::new());
        let ask = Ask { method: write.method, owner: write.owner, ..ask };
        let error = ask.envelope(&refused().unwrap()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::PermissionDenied);
        for named in [write.permission, role, "no more than its owner"] {
            assert!(error.message.contains(named), "{error}");
        }
    }
}

#[test]
fn an_address_that_may_not_be_used_is_told_once() {
    let location = || refusal(9109, "Cannot use the access token from location: 198.51.100.7");
    let mut client = client(scripted(1, vec![location()]));
    let error = client.turn(1).unwrap_err();
    assert_eq!((error.kind, error.retryable), (ErrorKind::Unauthenticated, false));
    for named in ["198.51.100.7", "Client IP Address Filtering"] {
        assert!(error.message.contains(named), "{error}");
    }
    client.did();
    assert!(client.probe(&role::COLLECTION).is_err());
    assert!(client.first_page(&group::COLLECTION, &mut |_| ()).is_err());
    assert!(client.turn(2).is_err());
    assert_eq!(client.did(), [], "nothing more is asked in this call");
    client.begin_call();
    client.turn(1).unwrap();
}
