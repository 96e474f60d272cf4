//! Account members tell which ids roles keep, where Cloudflare has no list of roles. Whoever isn't seen
//! then is warned of, because a role that only they show gets another id.

use crate::common::setup::HostAndMock;
use host_test::mock::{Account, Effect, Fault, Operation, Options, When};
use serde_json::json;

async fn without_a_list(faults: Vec<Fault>) -> HostAndMock {
    let account = Account { roles_gone: Some((410, 1)), ..Account::company() };
    let max_per_page = [("members".to_owned(), 5)].into();
    HostAndMock::with(account, Options { faults, max_per_page, ..Options::default() }).await
}

#[tokio::test]
async fn members_who_move_while_they_tell_names_are_warned_of() {
    let setup = without_a_list(Vec::new()).await;
    assert!(setup.read(&["role"]).await.warned_of("list-moved").is_empty());
    let setup = without_a_list(Vec::new()).await;
    let second = Operation { page: Some(2), ..Operation::on("GET", "members") };
    setup.mock.meddle(second, When::Before, |account| drop(account.members.remove(0)));
    let whole = setup.read(&["role"]).await;
    assert_eq!(setup.mock.meddled(), [true]);
    assert_eq!(whole.warned_of("roles-moved").len(), 1);
    let moved = whole.warned_of("list-moved");
    assert!(moved.iter().any(|warning| warning.incomplete), "{:?}", whole.warnings);
}

#[tokio::test]
async fn a_member_who_can_not_be_understood_there_is_warned_of() {
    let effect = Effect::ReplaceItem { at: 0, item: json!({"status": "accepted"}) };
    let setup = without_a_list(vec![Fault::on("GET", "members", effect).at_page(1)]).await;
    let whole = setup.read(&["role"]).await;
    assert_eq!(setup.mock.fired(), [1]);
    let odd = whole.warned_of("item-not-understood");
    assert!(odd.len() == 1 && odd[0].incomplete, "{:?}", whole.warnings);
}
