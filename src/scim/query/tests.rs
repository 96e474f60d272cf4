use super::{ListResponse, Query, Start, has_filter, projection_of_url};
use crate::scim::problem::{Problem, ScimType};
use crate::scim::schema::{GROUP, ROLE, USER};
use serde_json::{Value, json};

fn of_url(query: &str) -> Result<Query, Problem> {
    Query::of_url(Some(query), &USER)
}

fn of_search(fields: &Value) -> Result<Query, Problem> {
    Query::of_search(fields, &USER)
}

#[test]
fn a_page_is_where_the_standard_says() {
    for (query, start, count) in [
        ("", Start::Index(1), 100),
        ("startIndex=1&count=2", Start::Index(1), 2),
        ("startIndex=26&count=25", Start::Index(26), 25),
        ("startIndex=0&count=0", Start::Index(1), 0),
        ("startIndex=-7&count=-7", Start::Index(1), 0),
        ("STARTINDEX=2&Count=+3", Start::Index(2), 3),
        ("count=1001", Start::Index(1), 1_000),
        (
            "startIndex=99999999999999999999&count=99999999999999999999",
            Start::Index(i64::MAX.unsigned_abs()),
            1_000,
        ),
        ("count=-99999999999999999999", Start::Index(1), 0),
        ("cursor", Start::FirstByCursor, 100),
        ("cursor=&count=5", Start::FirstByCursor, 5),
        ("cursor=a-B_9.~&count=1000", Start::Cursor("a-B_9.~".to_owned()), 1_000),
        ("cursor=a&count=-1", Start::Cursor("a".to_owned()), 0),
        ("&&sortBy=userName&sortOrder=descending&aadOptscim062020&x=y", Start::Index(1), 100),
    ] {
        let given = of_url(query).unwrap_or_else(|problem| panic!("{query}: {}", problem.detail));
        assert_eq!((given.start, given.count), (start, count), "{query}");
    }
    assert_eq!(Query::of_url(None, &USER).unwrap().start, Start::Index(1));
    for (fields, start, count) in [
        (json!({}), Start::Index(1), 100),
        (json!({"startIndex": 5, "count": 7}), Start::Index(5), 7),
        (json!({"startIndex": -5, "count": "7", "cursor": null}), Start::Index(1), 7),
        (json!({"cursor": "", "sortBy": "userName"}), Start::FirstByCursor, 100),
    ] {
        let given = of_search(&fields).unwrap_or_else(|problem| panic!("{fields}: {}", problem.detail));
        assert_eq!((given.start, given.count), (start, count), "{fields}");
    }
}

#[test]
fn a_filter_is_decoded_and_read() {
    for query in [
        "filter=userName%20eq%20%22ann%2Bx%40corp.example%22",
        "filter=userName+eq+%22ann%2bx@corp.example%22",
        "count=1&filter=userName eq \"ann%2Bx@corp.example\"",
    ] {
        let filter = of_url(query).unwrap().filter.unwrap();
        assert_eq!(filter.only_equals("userName"), Some("ann+x@corp.example"), "{query}");
    }
    let filter = of_search(&json!({"filter": "userName eq \"ann+x@corp.example\""})).unwrap().filter.unwrap();
    assert_eq!(filter.only_equals("userName"), Some("ann+x@corp.example"));
}

#[test]
fn what_cannot_be_read_is_refused_with_the_kind_of_the_standard() {
    use ScimType::{InvalidCount, InvalidCursor, InvalidFilter, InvalidSyntax, InvalidValue};
    for (query, kind, why) in [
        ("filter=", InvalidFilter, "It ends where"),
        ("filter=nickName+pr", InvalidFilter, "has no attribute"),
        ("filter=active+pr&FILTER=active+pr", InvalidSyntax, "is there twice"),
        ("count=1&count=1", InvalidSyntax, "is there twice"),
        ("filter=%", InvalidSyntax, "isn't percent-encoded UTF-8"),
        ("filter=%ff", InvalidSyntax, "isn't percent-encoded UTF-8"),
        ("startIndex=x", InvalidValue, "\"startIndex\" has to be a whole number, and isn't: \"x\"."),
        ("startIndex=", InvalidValue, "whole number"),
        ("count=1.5", InvalidCount, "\"count\" has to be a whole number"),
        ("count=-", InvalidCount, "whole number"),
        ("cursor&count=1001", InvalidCount, "from 0 to 1000"),
        ("cursor=a%20b", InvalidCursor, "no cursor of this service"),
        ("cursor=a%2Fb", InvalidCursor, "no cursor of this service"),
        ("cursor=a&startIndex=1", InvalidValue, "this one has both"),
        ("attributes=id&excludedAttributes=groups", InvalidValue, "this one has both"),
    ] {
        let problem = of_url(query).expect_err(query);
        assert_eq!((problem.status, problem.scim_type), (400, Some(kind)), "{query}: {}", problem.detail);
        assert!(problem.detail.contains(why), "{query}: {}", problem.detail);
    }
    for (fields, kind) in [
        (json!([]), InvalidSyntax),
        (json!({"schemas": ["urn:x"]}), InvalidSyntax),
        (json!({"count": true}), InvalidCount),
        (json!({"count": 1.5}), InvalidCount),
        (json!({"filter": 7}), InvalidFilter),
        (json!({"filter": {}}), InvalidFilter),
        (json!({"count": 1, "Count": 2}), InvalidSyntax),
    ] {
        assert_eq!(of_search(&fields).expect_err("it is odd").scim_type, Some(kind), "{fields}");
    }
}

/// A search among all types is read for each of them. The first refusal says where it could be asked.
#[test]
fn a_search_among_all_types_names_the_type_that_refuses_it() {
    let of = |filter: &str| {
        let body = json!({"filter": filter, "attributes": ["members", "userName"]});
        [&USER, &GROUP, &ROLE].map(|schema| Query::of_search_among_all(&body, schema))
    };
    let [users, groups, roles] = of("userName pr or members pr").map(Result::unwrap);
    assert!(users.projection.wants("userName", &USER) && !users.projection.wants("displayName", &USER));
    assert!(groups.projection.wants("members", &GROUP) && !groups.projection.wants("displayName", &GROUP));
    assert!(roles.projection.wants("id", &ROLE) && !roles.projection.wants("displayName", &ROLE));
    for (filter, ends) in [
        ("meta.lastModified pr", "from the answer. A search at /Groups/.search takes it."),
        ("nickName pr", "No other type has it either."),
        ("active pr and meta.created pr", "from the answer."),
    ] {
        let [users, ..] = of(filter);
        let problem = users.unwrap_err();
        assert_eq!(problem.scim_type, Some(ScimType::InvalidFilter));
        assert!(problem.detail.ends_with(ends), "{}", problem.detail);
    }
}

#[test]
fn a_filter_in_a_url_is_noticed_however_it_is_written() {
    for (query, expected) in [
        (None, false),
        (Some(""), false),
        (Some("count=1&attributes=filter"), false),
        (Some("filters=x&%=1"), false),
        (Some("filter=id%20pr"), true),
        (Some("count=x&FILTER"), true),
        (Some("f%69lter="), true),
    ] {
        assert_eq!(has_filter(query), expected, "{query:?}");
    }
}

#[test]
fn attributes_are_read_from_both() {
    let of_one = projection_of_url(Some("excludedAttributes=members%2Cmeta&count=x"), &GROUP);
    assert!(of_one.is_err(), "a number that is none is told, wherever it is");
    let of_one = projection_of_url(Some("excludedAttributes=members%2Cmeta"), &GROUP).unwrap();
    assert!(!of_one.wants("members", &GROUP) && of_one.wants("displayName", &GROUP));
    let listed = of_search(&json!({"attributes": ["userName", "groups"]})).unwrap().projection;
    assert!(listed.asks_for("groups", &USER) && !listed.wants("roles", &USER));
}

#[test]
fn an_answer_has_what_its_kind_of_page_has() {
    const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
    assert_eq!(
        ListResponse::whole(vec![json!({"id": "a"})]).into_json(),
        json!({
            "schemas": [LIST],
            "totalResults": 1,
            "startIndex": 1,
            "itemsPerPage": 1,
            "Resources": [{"id": "a"}],
        })
    );
    let by_cursor = ListResponse { next: Some("n".to_owned()), ..ListResponse::default() };
    assert_eq!(
        by_cursor.into_json(),
        json!({"schemas": [LIST], "itemsPerPage": 0, "nextCursor": "n", "Resources": []})
    );
}
