//! Ids that differ only in the case of letters. Cloudflare spells all in lower case, so whatever comes
//! is given as it came, and nothing of it is lost.

use super::*;

#[test]
fn an_application_that_comes_in_two_cases_is_given_twice_and_each_has_its_people() {
    let policy = |id: &str, address: &str| {
        let include = json!([{"email": {"email": address}}]);
        json!([{"id": id, "decision": "allow", "include": include}])
    };
    let account = [
        (
            "access/apps",
            vec![
                json!({"id": "AB", "type": "self_hosted", "policies": policy("p1", "ann@corp.example")}),
                json!({"id": "ab", "type": "self_hosted", "policies": policy("p2", "bob@corp.example")}),
            ],
        ),
        (
            "access/users",
            vec![
                json!({"id": "u1", "email": "ann@corp.example"}),
                json!({"id": "u2", "email": "bob@corp.example"}),
            ],
        ),
    ];
    let expected = ["app:AB", "app:ab", "app:AB:access user:u1", "app:ab:access user:u2"];
    let client = &mut client(account.into());
    let pages = read(client, &["app", "user"], None, false);
    let mut told = words(&pages);
    told.retain(|word| word.starts_with("app"));
    assert_eq!(told, expected);
    for asked in ["ab", "AB"] {
        let only = ResourceId::new(Kind::App, asked);
        let (mut reader, mut pages, mut cursor) = (Reader::default(), Vec::new(), None);
        loop {
            let page = reader.get(client, &only, cursor.as_deref()).unwrap();
            cursor.clone_from(&page.next);
            pages.push(page);
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(words(&pages), expected, "{asked}");
    }
}
