//! Names that strangers chose run nothing.

use super::super::CANARY;
use super::super::setup::MockAndFolder;
use super::review;

const HOSTILE: &str =
    "</script><script>window.canary=1</script><img src=x onerror=alert(1)>\" '\u{202e}@DATA@";

#[test]
fn a_name_stays_a_text_in_the_data() {
    let setup = MockAndFolder::company();
    let plain = {
        review(&setup, "plain.html", &[], 0);
        setup.read("plain.html")
    };
    let name = format!("{HOSTILE}{CANARY}");
    setup.mock.change(|account| {
        account.groups[0].name.clone_from(&name);
        account.users[0].name = Some(name.clone());
        account.roles[0].name.clone_from(&name);
        account.applications[0].name = Some(name.clone());
    });
    let review = review(&setup, "review.html", &[], 0);
    assert!(review.texts("resource.name").iter().filter(|it| **it == name).count() >= 4);
    let page = setup.read("review.html");
    assert!(!page.contains(CANARY) && !page.contains("onerror="));
    // All that differs from a review of harmless names is the digest and the data, which is Base64.
    let parts = |page: &str| {
        let (before, rest) = page.split_once("data-digest=\"").unwrap();
        let (digest, rest) = rest.split_once("\">").unwrap();
        let (data, after) = rest.split_once('<').unwrap();
        assert!(digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert!(data.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte)));
        (before.to_owned(), after.to_owned())
    };
    assert_eq!(parts(&page), parts(&plain));
}
