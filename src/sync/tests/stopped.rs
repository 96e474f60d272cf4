//! Pages that are full in the middle of a page of Cloudflare's.

use super::*;

#[test]
fn a_cursor_into_a_page_can_be_asked_for_again() {
    let user = |n| json!({"id": format!("u{n}"), "name": "n".repeat(4000)});
    let client = &mut client([("access/users", (0..900).map(user).collect())].into());
    let kinds = ["user".to_owned()];
    let mut reader = Reader::default();
    let mut next = reader.read(client, &kinds, None).unwrap().next;
    let mut pages = 1;
    while let Some(cursor) = next {
        let told = [(); 2].map(|()| {
            let page = reader.read(client, &kinds, Some(&cursor)).unwrap();
            (words(std::slice::from_ref(&page)), page.warnings, page.next)
        });
        assert_eq!(told[0], told[1]);
        assert_eq!(told[0].1, []);
        next = told[0].2.clone();
        pages += 1;
    }
    assert!(pages > 3, "{pages} pages");
}
