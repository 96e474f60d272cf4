//! Nobody has to know the case of an id or of an address.

use crate::common::setup::HostAndMock;
use connector_host::contract::{Page, ResourceId};
use host_test::mock::Account;

#[tokio::test]
async fn a_resource_is_found_in_any_case_and_shown_in_its_own() {
    let setup = HostAndMock::new(Account::company()).await;
    let whole = setup.read(&[]).await;
    let mut session = setup.session().await;
    let shown = |page: &Page| format!("{:?} {:?} {:?}", page.resources, page.entitlements, page.grants);
    for kind in ["group", "role", "member", "user", "email"] {
        let has_letters = |id: &str| id.bytes().any(|byte| byte.is_ascii_lowercase());
        let known = whole.of_kind(kind).into_iter().map(|it| &it.id).find(|id| has_letters(&id.id)).unwrap();
        let asked = ResourceId { id: known.id.to_ascii_uppercase(), ..known.clone() };
        let (mut cursors, mut resources) = ([None, None], 0);
        loop {
            let page = session.get(known, cursors[0].as_deref()).await.unwrap();
            let same = setup.session().await.get(&asked, cursors[1].as_deref()).await.unwrap();
            assert_eq!(shown(&same), shown(&page), "{kind}");
            assert_eq!(same.next, page.next, "a cursor is of the resource, whatever its spelling");
            resources += page.resources.len();
            // Each goes on from the cursor of the other.
            cursors = [same.next, page.next];
            if cursors[0].is_none() {
                break;
            }
        }
        assert_eq!(resources, 1, "{kind}");
    }
}

#[tokio::test]
async fn what_the_upstream_spells_in_capitals_stays_so() {
    let mut account = Account::company();
    let id = account.groups[0].id.to_ascii_uppercase();
    account.groups[0].id.clone_from(&id);
    let setup = HostAndMock::new(account).await;
    let mut session = setup.session().await;
    for asked in [id.clone(), id.to_ascii_lowercase()] {
        let asked = ResourceId { kind: "group".to_owned(), id: asked };
        let page = session.get(&asked, None).await.unwrap();
        let ids: Vec<&str> = page.resources.iter().map(|it| it.id.id.as_str()).collect();
        assert_eq!(ids, [id.as_str()]);
        assert_eq!(page.entitlements.len(), 1);
        assert_eq!(page.entitlements[0].id, format!("group:{id}:member"));
    }
}
