//! The pages that a session reads again, when it continues from the cursor of another one.

use super::*;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// The most requests of a call: what it may read again twice, a page, and what is sent ahead.
const MOST: u32 = 32 + 32 + 1 + 8;

/// An account with so many members and users, and a list with so many addresses. Every tenth
/// address of the list is a member's, every tenth a user's.
fn large(members: usize, users: usize, addresses: usize) -> BTreeMap<&'static str, Vec<Json>> {
    let address = |n: usize| format!("p{n:06}@corp.example");
    let items = (0..addresses).map(|n| json!({"value": address(n)})).collect();
    let member = |n| json!({"id": format!("m{n}"), "status": "accepted", "email": address(n * 10)});
    let user = |n| json!({"id": format!("u{n}"), "email": address(n * 10 + 5)});
    [
        ("access/groups", vec![json!({"id": "g1", "include": [{"email_list": {"id": "l1"}}]})]),
        ("gateway/lists/l1/items", items),
        ("members", (0..members).map(member).collect()),
        ("access/users", (0..users).map(user).collect()),
    ]
    .into()
}

fn facts(pages: &[Page]) -> BTreeSet<String> {
    words(pages).into_iter().flat_map(|word| each(&word)).collect()
}

/// Splits a grant's word into one for each of its principals.
fn each(word: &str) -> Vec<String> {
    match word.split_once(' ') {
        Some((entitlement, who)) => who.split(' ').map(|who| format!("{entitlement} {who}")).collect(),
        None => vec![word.to_owned()],
    }
}

#[test]
fn a_session_that_continues_behind_people_reads_none_of_them_again() {
    let account = large(120, 2500, 3000);
    let client = &mut client(account);
    let whole = read(client, &[], None, false);
    let cursors: Vec<String> = whole.iter().filter_map(|page| page.next.clone()).collect();
    let expected = facts(&whole);
    for (done, cursor) in cursors.iter().enumerate() {
        let rest = read(client, &[], Some(cursor.clone()), false);
        let all: BTreeSet<String> = facts(&whole[..=done]).union(&facts(&rest)).cloned().collect();
        assert!(all == expected, "{cursor}");
        // Providers, groups, policies and applications, the list, the roles and the user groups; and of
        // people only the pages that are left.
        let left = whole[done + 1..].iter().map(|page| page.requests).sum::<u32>();
        let requests: u32 = rest.iter().map(|page| page.requests).sum();
        assert!(requests <= left + 3 + 1 + 3 + 2 + 4, "{requests} instead of {left}: {cursor}");
    }
}

#[test]
fn more_addresses_than_a_cursor_has_marks_for() {
    let account = large(3000, 2000, 27_000);
    let client = &mut client(account);
    let whole = read(client, &[], None, false);
    let expected = facts(&whole);
    assert_eq!(expected.iter().filter(|word| word.starts_with("email:")).count(), 27_000 - 4700);
    let total: u32 = whole.iter().map(|page| page.requests).sum();
    assert_eq!(total, 4 + 27 + 2 + 1 + 60 + 2, "one session reads everything once");

    let last = whole.iter().rposition(|page| page.progress.phase == "users").unwrap();
    let pages = read(client, &[], whole[last].next.clone(), true);
    let all: BTreeSet<String> = facts(&whole[..=last]).union(&facts(&pages)).cloned().collect();
    assert!(all == expected);
    let most = pages.iter().map(|page| page.requests).max().unwrap();
    assert!(most <= MOST, "{most} requests in a call");
    // One pass over 62 pages of people for the addresses beyond the first marks.
    let empty = pages.iter().filter(|page| page.resources.is_empty()).count();
    assert_eq!(empty, 1, "of {} calls", pages.len());
    for page in &pages {
        assert!(page.next.as_ref().is_none_or(|cursor| cursor.len() <= 4096));
    }
}

/// An account that answers one page of members with an error once, and keeps the pages of members that
/// were asked for.
struct OnceBroken {
    account: Account,
    broken: usize,
    asked: RefCell<Vec<usize>>,
}

impl Transport for &OnceBroken {
    type Pending = Response;

    fn start(&self, request: Request) -> std::result::Result<Response, TransportError> {
        let (path, query) = request.path_and_query.split_once('?').unwrap();
        let page = query.split('&').find_map(|pair| pair.strip_prefix("page=")?.parse().ok()).unwrap();
        if path.ends_with("/members") {
            self.asked.borrow_mut().push(page);
            if self.asked.borrow().iter().filter(|&&asked| asked == self.broken).count() == 1 {
                let body = br#"{"success":false,"errors":[{"code":1,"message":"no"}],"result":null}"#;
                return Ok(Response { status: 400, headers: Vec::new(), body: body.to_vec() });
            }
        }
        self.account.start(request)
    }

    fn finish(&self, answer: Response, _limit: usize) -> std::result::Result<Response, TransportError> {
        Ok(answer)
    }

    fn now(&self) -> u64 {
        0
    }

    fn wait(&self, _milliseconds: u32) {}
}

#[test]
fn pages_of_people_before_a_failure_are_not_read_again() {
    const BROKEN: usize = 20;
    let account = || large(3000, 0, 30_000);
    let whole = read(&mut client(account()), &[], None, false);
    let last = whole.iter().rposition(|page| page.progress.phase == "users").unwrap();
    let cursor = whole[last].next.clone();

    let account = OnceBroken { account: Account(account()), broken: BROKEN, asked: RefCell::default() };
    let pages = read(&mut Client::new(settings(), &account), &[], cursor, true);
    let all: BTreeSet<String> = facts(&whole[..=last]).union(&facts(&pages)).cloned().collect();
    assert!(all == facts(&whole));
    let asked = account.asked.into_inner();
    let times = |page| asked.iter().filter(|&&asked| asked == page).count();
    assert_eq!(times(BROKEN), 2, "{asked:?}");
    assert!((1..BROKEN).all(|page| times(page) == 1), "{asked:?}");
}

#[test]
fn more_lists_than_a_call_reads_again() {
    let mut account = large(40, 1200, 0);
    let names: Vec<String> = (0..90).map(|n| format!("l{n}")).collect();
    let include: Vec<Json> = names.iter().map(|name| json!({"email_list": {"id": name}})).collect();
    account.insert("access/groups", vec![json!({"id": "g1", "include": include})]);
    for (n, name) in names.iter().enumerate() {
        let items = (0..200).map(|m| json!({"value": format!("p{:06}@corp.example", n * 200 + m)}));
        account.insert(format!("gateway/lists/{name}/items").leak(), items.collect());
    }
    let client = &mut client(account);
    let whole = read(client, &[], None, false);
    let behind = whole.iter().rposition(|page| page.progress.phase == "members").unwrap();
    let cursor = whole[behind].next.clone();

    // A session that stays: each call reads a part, and the last ones give records.
    let rest = read(client, &[], cursor.clone(), false);
    let expected: BTreeSet<String> = facts(&whole[behind + 1..]);
    assert!(facts(&rest) == expected);
    let calls: Vec<u32> = rest.iter().map(|page| page.requests).collect();
    assert!(calls.iter().all(|&requests| requests <= MOST), "{calls:?}");
    let empty = rest.iter().take_while(|page| page.resources.is_empty() && page.warnings.is_empty());
    assert_eq!(empty.count(), 2, "91 pages come again before the first records: {calls:?}");

    // A session for each call: each lost one lets the next one do more, up to what it takes.
    let rest = read(client, &[], cursor, true);
    assert!(facts(&rest) == expected);
    let calls: Vec<u32> = rest.iter().map(|page| page.requests).collect();
    assert!(calls.iter().all(|&requests| requests <= 128 + MOST), "{calls:?}");
    let empty = rest.iter().take_while(|page| page.resources.is_empty() && page.warnings.is_empty());
    assert_eq!(empty.count(), 2, "32 pages are not enough, and 64 neither: {calls:?}");
    let again = rest[2..].iter().filter(|page| page.resources.is_empty() && page.grants.is_empty());
    assert_eq!(again.count(), 0, "what was learned of lost sessions is kept: {calls:?}");
}

#[test]
fn one_address_is_found_whatever_sessions_read_it() {
    let client = &mut client(large(100, 1100, 3000));
    for (address, is_there) in [("p002999@corp.example", true), ("p000501@corp.example", true)]
        .into_iter()
        .chain([("p000500@corp.example", false), ("p000505@corp.example", false), ("x@corp.example", false)])
    {
        let only = ResourceId::new(Kind::Email, address);
        for is_forgetful in [false, true] {
            let (mut reader, mut cursor, mut found) = (Reader::default(), None, Vec::new());
            let outcome = loop {
                match reader.get(client, &only, cursor.as_deref()) {
                    Ok(page) => {
                        cursor.clone_from(&page.next);
                        found.extend(page.resources);
                    }
                    Err(error) => break Err(error.kind),
                }
                if cursor.is_none() {
                    break Ok(());
                }
                if is_forgetful {
                    reader = Reader::default();
                }
            };
            assert_eq!(outcome, if is_there { Ok(()) } else { Err(ErrorKind::NotFound) }, "{address}");
            assert_eq!(found.len(), usize::from(is_there), "{address}");
        }
    }
}

#[test]
fn an_item_that_comes_twice_is_noticed_whatever_sessions_read_the_list() {
    let mut account = large(400, 0, 60);
    let members = account.get_mut("members").unwrap();
    members[399] = members[3].clone();
    let client = &mut client(account);
    for is_forgetful in [false, true] {
        let pages = read(client, &[], None, is_forgetful);
        let warnings = pages.iter().flat_map(|page| &page.warnings);
        let moved: Vec<&str> =
            warnings.map(|it| it.message.as_str()).filter(|it| it.starts_with("The list of")).collect();
        assert!(moved.len() == 1 && moved[0].contains("399 different items"), "{moved:?}");
        let members = facts(&pages).into_iter().filter(|word| word.starts_with("member:"));
        assert_eq!(members.count(), 399);
    }
}

#[test]
fn the_same_cursor_returns_the_same_page_though_people_were_read_for_it() {
    let client = &mut client(large(3000, 0, 27_000));
    let whole = read(client, &[], None, false);
    let last = whole.iter().rposition(|page| page.progress.phase == "users").unwrap();
    let pages = read(client, &[], whole[last].next.clone(), true);
    let (mut reader, mut passes) = (Reader::default(), 0);
    for page in pages {
        let Some(cursor) = page.next else { break };
        let [once, again] = [(); 2].map(|()| reader.read(client, &[], Some(&cursor)).unwrap());
        assert_eq!(
            (&once.next, words(std::slice::from_ref(&once))),
            (&again.next, words(std::slice::from_ref(&again)))
        );
        passes += usize::from(once.resources.is_empty() && once.next.is_some());
    }
    assert!(passes > 0, "no call only read people again");
}
