//! Listings over scripted pages.

use super::super::transport::{Request, Response, TransportError};
use super::super::user::{self, AccessUser};
use super::super::{list_item, member};
use super::*;
use crate::settings::Settings;
use std::cell::Cell;

/// A page: the ids of its items, and the total that it states. An empty id is an item that can't be
/// understood, one with `@` is the address of such an item, and one behind `!` its id.
type Page = (&'static [&'static str], Option<u32>);

/// Answers with these pages, and with the last one again and again.
struct Scripted {
    pages: Vec<Page>,
    requests: Cell<u32>,
}

impl Transport for Scripted {
    type Pending = usize;

    fn start(&self, request: Request) -> std::result::Result<usize, TransportError> {
        self.requests.set(self.requests.get() + 1);
        let page = request.path_and_query.split_once("page=").unwrap().1.split('&').next().unwrap();
        Ok(page.parse().unwrap())
    }

    fn finish(&self, page: usize, _limit: usize) -> std::result::Result<Response, TransportError> {
        let (ids, total) = self.pages[(page - 1).min(self.pages.len() - 1)];
        let item = |id: &&str| match *id {
            "" => "{}".to_owned(),
            id if id.contains('@') => format!(r#"{{"email":"{id}","name":5}}"#),
            id if id.starts_with('!') => format!(r#"{{"id":"{}","name":5}}"#, id.trim_start_matches('!')),
            id => format!(r#"{{"id":"{id}","value":"{id}"}}"#),
        };
        let items: Vec<String> = ids.iter().map(item).collect();
        let total = total.map_or("null".to_owned(), |total| total.to_string());
        let body = format!(
            r#"{{"success":true,"result":[{}],"result_info":{{"page":{page},"total_count":{total}}}}}"#,
            items.join(",")
        );
        Ok(Response { status: 200, headers: Vec::new(), body: body.into_bytes() })
    }

    fn now(&self) -> u64 {
        0
    }

    fn wait(&self, _milliseconds: u32) {}
}

fn client(pages: &[Page]) -> Client<Scripted> {
    let given = [("account-id", "a".repeat(32)), ("api-token", "canary-secret".to_owned())];
    let given = given.map(|(id, value)| (id.to_owned(), value)).to_vec();
    let transport = Scripted { pages: pages.to_vec(), requests: Cell::new(0) };
    Client::new(Settings::parse("api-token", given).unwrap(), transport)
}

/// Reads these pages, and returns the keys of the new items, and the listing.
fn read<'l, I: Listed>(
    list: &'l Collection,
    pages: &[Page],
    matters: &'l dyn Fn(&NotUnderstood) -> bool,
) -> Result<(Vec<String>, Listing<'l, I>)> {
    let mut client = client(pages);
    let mut listing = Listing::<I>::new(list, Ahead::Unsent).looking_for(matters);
    let mut keys = Vec::new();
    while let Some(page) = listing.next(&mut client)? {
        keys.extend(page.into_new_items().map(|item| item.key().to_owned()));
    }
    Ok((keys, listing))
}

/// Reads users, and returns their ids, the gap, and whether the listing is whole.
fn users(pages: &[Page]) -> (Vec<String>, Option<Gap>, bool) {
    let (ids, listing) = read::<AccessUser>(&user::COLLECTION, pages, &|_| true).unwrap();
    (ids, listing.gap().cloned(), listing.is_whole())
}

#[test]
fn a_list_that_held_still_is_whole() {
    let whole = |ids: &[&str]| (ids.iter().map(|&id| id.to_owned()).collect(), None, true);
    assert_eq!(users(&[(&[], Some(0))]), whole(&[]));
    assert_eq!(users(&[(&["a", "b"], Some(3)), (&["c"], Some(3))]), whole(&["a", "b", "c"]));
    assert_eq!(users(&[(&["a", "b"], None), (&["c"], None), (&[], None)]), whole(&["a", "b", "c"]));
}

#[test]
fn a_listing_that_is_not_at_its_end_is_not_whole() {
    let mut client = client(&[(&["a"], Some(2)), (&["b"], Some(2))]);
    let mut listing = Listing::<AccessUser>::new(&user::COLLECTION, Ahead::Unsent);
    let mut step =
        || listing.next(&mut client).unwrap().map(|_| (listing.rest().is_some(), listing.is_whole()));
    assert_eq!([step(), step(), step()], [Some((true, false)), Some((false, true)), None]);
}

#[test]
fn an_item_that_comes_again_comes_once() {
    let pages: [Page; 3] = [(&["a", "b", "b"], None), (&["b", "c"], None), (&[], None)];
    assert_eq!(users(&pages).0, ["a", "b", "c"]);
    let pages: [Page; 4] = [(&["a"], None), (&["b"], None), (&["a", "c"], None), (&[], None)];
    assert_eq!(users(&pages).0, ["a", "b", "c"]);
    let list = list_item::collection(&Id::parse("list").unwrap());
    let (items, _) = read::<Address>(&list, &pages, &|_| true).unwrap();
    assert_eq!(items, ["a", "b", "c"]);
}

#[test]
fn the_same_address_in_other_letters_is_another_item() {
    let list = list_item::collection(&Id::parse("list").unwrap());
    let (items, listing) = read::<Address>(&list, &[(&["Ann", "ann", ""], Some(3))], &|_| true).unwrap();
    assert_eq!(items, ["Ann", "ann"]);
    let why = "it has no value that is a text".to_owned();
    assert_eq!(listing.gap(), Some(&Gap::NotUnderstood { place: 3, why }));
}

#[test]
fn a_list_that_brings_the_same_again_and_again_is_given_up_at_once() {
    let list = list_item::collection(&Id::parse("list").unwrap());
    let same: &[Page] = &[(&["a", "b"], None), (&["b", "a"], None)];
    for error in [
        read::<AccessUser>(&user::COLLECTION, same, &|_| true).err(),
        read::<Address>(&list, same, &|_| true).err(),
    ] {
        let error = error.unwrap();
        assert_eq!(error.kind, ErrorKind::InvalidResponse);
        assert!(error.message.contains("the same items come again and again"), "{error}");
    }
    let error = read::<AccessUser>(&user::COLLECTION, &[(&["a"], Some(9)), (&["a"], None)], &|_| true).err();
    assert_eq!(error.unwrap().kind, ErrorKind::InvalidResponse, "a total says that there is more");
    // A shorter page may be where the list grew, and one that a total promises has an end.
    assert_eq!(users(&[(&["a", "b"], None), (&["b"], None), (&["c"], None), (&[], None)]).0, ["a", "b", "c"]);
    assert_eq!(users(&[(&["a"], Some(3)), (&["a"], Some(3)), (&["b"], Some(3))]).0, ["a", "b"]);
    // An item that can't be understood is no repeat.
    assert_eq!(users(&[(&["a"], None), (&[""], None), (&[], None)]).0, ["a"]);
}

#[test]
fn a_server_without_pages_has_a_whole_list() {
    let whole = |ids: &[&str]| (ids.iter().map(|&id| id.to_owned()).collect(), None, true);
    assert_eq!(users(&[(&["a", "b"], None)]), whole(&["a", "b"]));
    assert_eq!(users(&[(&["a"], None)]), whole(&["a"]));
    let list = list_item::collection(&Id::parse("list").unwrap());
    let (items, listing) = read::<Address>(&list, &[(&["ann", "bob"], None)], &|_| true).unwrap();
    assert_eq!((items, listing.is_whole()), (vec!["ann".to_owned(), "bob".to_owned()], true));
    // An item that isn't understood stays a gap.
    let (ids, gap, is_whole) = users(&[(&["a", ""], None)]);
    assert_eq!((ids, gap.is_some(), is_whole), (vec!["a".to_owned()], true, false));
}

#[test]
fn an_item_that_comes_twice_does_not_make_up_for_a_lost_one() {
    let short = |came, total| Some(Gap::Moved(Finding::Short { came, total }));
    let cases: [(&[Page], _); 7] = [
        (&[(&["a", "b"], Some(4)), (&["b", "c"], Some(4))], short(3, 4)),
        (&[(&["a", "b", "b"], Some(3))], short(2, 3)),
        (&[(&["a", "b"], Some(4)), (&["a", "b"], Some(4))], short(2, 4)),
        (&[(&["a"], Some(4)), (&["b"], Some(4)), (&["c"], Some(4)), (&["a"], Some(4))], short(3, 4)),
        // The last page states no total, and one before it did.
        (&[(&["a", "b"], Some(4)), (&["b"], None), (&[], None)], short(2, 4)),
        (&[(&["a", "b"], Some(4)), (&["b", "c"], Some(5)), (&["d"], Some(5))], short(4, 5)),
        // Nothing is missing.
        (&[(&["a", "b"], Some(3)), (&["b", "c"], Some(3)), (&[], Some(3))], None),
    ];
    let list = list_item::collection(&Id::parse("list").unwrap());
    for (pages, gap) in cases {
        assert_eq!(users(pages).1, gap, "{pages:?}");
        let (_, listing) = read::<Address>(&list, pages, &|_| true).unwrap();
        assert_eq!(listing.gap().cloned(), gap, "{pages:?}");
    }
}

#[test]
fn an_item_that_is_not_understood_and_comes_twice_counts_once() {
    let cases: [(&[Page], _); 5] = [
        (&[(&["a", "!x", "!x"], Some(3))], Some(2)),
        (&[(&["a", "!x"], Some(4)), (&["b", "!x"], Some(4))], Some(3)),
        (&[(&["a", "x"], Some(4)), (&["b", "!x"], Some(4))], Some(3)),
        (&[(&["a", "!x"], Some(4)), (&["b", "!y"], Some(4))], None),
        // Without an id, nobody can say that it is the same.
        (&[(&["a", ""], Some(4)), (&["b", ""], Some(4))], None),
    ];
    for (pages, came) in cases {
        let mut client = client(pages);
        let mut listing = Listing::<AccessUser>::new(&user::COLLECTION, Ahead::Unsent);
        let mut finding = None;
        while let Some(page) = listing.next(&mut client).unwrap() {
            finding = page.verdict.finding;
        }
        let total = pages[0].1.unwrap();
        assert_eq!(finding, came.map(|came| Finding::Short { came, total }), "{pages:?}");
    }
}

#[test]
fn a_list_that_shrinks_or_ends_short_has_a_gap_and_one_that_grows_has_none() {
    let shrinks: [Page; 2] = [(&["a", "b"], Some(4)), (&["c"], Some(3))];
    assert_eq!(users(&shrinks).1, Some(Gap::Moved(Finding::Moved { from: 4, to: 3 })));
    let short: [Page; 2] = [(&["a", "b"], Some(4)), (&[], Some(4))];
    assert_eq!(users(&short).1, Some(Gap::Moved(Finding::Short { came: 2, total: 4 })));
    let grows: [Page; 2] = [(&["a", "b"], Some(3)), (&["c", "d"], Some(4))];
    assert_eq!(users(&grows), (["a", "b", "c", "d"].map(str::to_owned).to_vec(), None, false));
}

#[test]
fn the_first_gap_stays() {
    let pages: [Page; 3] = [(&["a", ""], Some(9)), (&["b"], Some(3)), (&[], Some(3))];
    assert_eq!(users(&pages).1, Some(Gap::NotUnderstood { place: 2, why: "it has no id".to_owned() }));
}

#[test]
fn an_item_that_is_not_understood_is_a_gap_where_it_matters() {
    let pages: [Page; 1] = [(&["a", "ann@corp.example"], Some(2))];
    let gap = |matters: &dyn Fn(&NotUnderstood) -> bool| {
        let (_, listing) = read::<AccessUser>(&user::COLLECTION, &pages, matters).unwrap();
        (listing.gap().is_some(), listing.is_whole())
    };
    let named = |name: &'static str| move |fault: &NotUnderstood| fault.address.as_deref() == Some(name);
    assert_eq!(gap(&named("ann@corp.example")), (true, false));
    assert_eq!(gap(&named("bob@corp.example")), (false, true));
}

#[test]
fn a_gap_is_worth_another_try_only_where_the_list_moved() {
    let moved = Gap::Moved(Finding::Moved { from: 4, to: 3 }).error("Unknown.", &member::COLLECTION);
    assert_eq!((moved.kind, moved.retryable), (ErrorKind::Unavailable, true));
    let odd = Gap::NotUnderstood { place: 7, why: "it has no id".to_owned() };
    let odd = odd.error("Unknown.", &member::COLLECTION);
    assert_eq!((odd.kind, odd.retryable), (ErrorKind::InvalidResponse, false));
    assert_eq!(
        odd.message,
        "Unknown. Item 7 of the account members that Cloudflare lists can't be understood: it has no id."
    );
}
