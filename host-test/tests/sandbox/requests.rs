//! The methods, paths and number of requests.

use crate::server::Server;
use crate::support::{Bench, say, say_one};
use connector_host::{BASE_URL, Limits, WritableRoute};

#[tokio::test]
async fn a_read_only_session_sends_nothing_but_gets() {
    let bench = Bench::new(Limits::default()).await;
    let server = Server::start().await;
    let mut session = bench.to(&server).await;
    for method in
        ["PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE", "PURGE", "get", "GETS"]
    {
        let said = say_one(&mut session, &["http", method, "http", &server.authority(), "/"]).await;
        assert_eq!(said, "HttpRequestDenied", "{method}");
    }
    for method in ["", "GET ", " GET", "GET\r\n", "GET /other HTTP/1.1\r\nx:", "G\0ET"] {
        let said = say_one(&mut session, &["http", method, "http", &server.authority(), "/"]).await;
        assert_eq!(said, "refused: method \"\"", "{method:?}");
    }
    server.assert_untouched().await;
    assert_eq!((session.traffic().requests, session.traffic().denied), (0, 11));
    bench.lives_on().await;
}

#[tokio::test]
async fn a_session_that_writes_sends_its_routes_and_no_other_write() {
    let bench = Bench::new(Limits::default()).await;
    let server = Server::start().await;
    let routes = [WritableRoute::new("PUT", "groups/{}/members/{}").unwrap()];
    let settings = [(BASE_URL.to_owned(), server.origin())];
    let mut session = bench.hostile.open_with(&routes, "", &settings).await.unwrap();
    for (method, path) in [
        ("POST", "/groups/1a/members/2b"),
        ("DELETE", "/groups/1a/members/2b"),
        ("put", "/groups/1a/members/2b"),
        ("PUT", "/"),
        ("PUT", "/groups/1a"),
        ("PUT", "/groups/1a/members/"),
        ("PUT", "/groups/1a/members/2b/"),
        ("PUT", "/groups/1a/members/2b?x"),
        ("PUT", "/groups/1a/members/.."),
        ("PUT", "/groups/1a/members/%32"),
        ("PUT", "/groups/1a//members/2b"),
        ("PUT", "/groups/groups/1a/members/2b"),
        ("PUT", "/../groups/1a/members/2b"),
        ("PUT", "//groups/1a/members/2b"),
    ] {
        let said = say_one(&mut session, &["http", method, "http", &server.authority(), path]).await;
        assert_eq!(said, "HttpRequestDenied", "{method} {path}");
    }
    server.assert_untouched().await;
    for (method, path) in
        [("PUT", "/groups/1a/members/2b"), ("PUT", "/v1/groups/1a/members/2b"), ("GET", "/groups/../x")]
    {
        let said = say_one(&mut session, &["http", method, "http", &server.authority(), path]).await;
        assert_eq!(said, "200", "{method} {path}");
    }
    bench.lives_on().await;
}

/// The routes are those that a session of the real connector gets.
#[tokio::test]
async fn changes_write_a_group_a_member_and_one_membership_in_a_user_group() {
    const WRITABLE: [(&str, &str); 4] = [
        ("PUT", "access/groups/2b"),
        ("PUT", "members/3c"),
        ("POST", "iam/user_groups/4d/members"),
        ("DELETE", "iam/user_groups/4d/members/3c"),
    ];
    let bench = Bench::new(Limits::default()).await;
    let server = Server::start().await;
    let settings = [(BASE_URL.to_owned(), server.origin())];
    let mut session = bench.hostile.open_with(host_test::routes::writable(), "", &settings).await.unwrap();
    for path in [
        "access/groups/2b",
        "access/groups",
        "members/3c",
        "members",
        "iam/user_groups/4d/members",
        "iam/user_groups/4d/members/3c",
        "iam/user_groups/4d/members/3c/5e",
        "iam/user_groups/4d",
        "iam/user_groups",
        "iam/user_groups//members/3c",
        "iam/user_groups/4d/members/..",
        "iam/user_groups/4d/members?all",
        "iam/permission_groups/2b",
        "iam/resource_groups/2b",
        "roles/2b",
        "access/apps/2b",
        "access/policies/2b",
        "access/users/2b",
        "access/service_tokens/2b",
        "gateway/lists/2b",
        "tokens/2b",
    ] {
        for method in ["PUT", "POST", "DELETE", "PATCH"] {
            let whole = format!("/client/v4/accounts/1a/{path}");
            let said = say_one(&mut session, &["http", method, "http", &server.authority(), &whole]).await;
            let expected = if WRITABLE.contains(&(method, path)) { "200" } else { "HttpRequestDenied" };
            assert_eq!(said, expected, "{method} {path}");
        }
    }
    assert_eq!(server.seen().heads.len(), WRITABLE.len());
    bench.lives_on().await;
}

/// The route is that of a session of the real connector for a comparison.
#[tokio::test]
async fn a_comparison_sends_one_request_besides_gets() {
    let bench = Bench::new(Limits::default()).await;
    let server = Server::start().await;
    let settings = [(BASE_URL.to_owned(), server.origin())];
    let routes = host_test::routes::for_verification();
    let mut session = bench.hostile.open_with(routes, "", &settings).await.unwrap();
    let others = host_test::routes::for_scim().iter().map(|route| route.to_string());
    let writes = others.map(|route| route.split_once(' ').unwrap().1.replace("{}", "1a"));
    let tests =
        ["", "/2b", "/2b/users", "/", "?all"].map(|rest| format!("accounts/1a/access/policy-tests{rest}"));
    for path in writes.chain(tests) {
        for method in ["PUT", "POST", "DELETE", "PATCH"] {
            let whole = format!("/client/v4/{path}");
            let said = say_one(&mut session, &["http", method, "http", &server.authority(), &whole]).await;
            let is_test = (method, path.as_str()) == ("POST", "accounts/1a/access/policy-tests");
            assert_eq!(said, if is_test { "200" } else { "HttpRequestDenied" }, "{method} {path}");
        }
    }
    assert_eq!(server.seen().heads.len(), 1);
    bench.lives_on().await;
}

/// A request line that contains an address asks a server to forward the request.
#[tokio::test]
async fn no_path_makes_a_request_for_another_server() {
    let bench = Bench::new(Limits::default()).await;
    let (allowed, other) = (Server::start().await, Server::start().await);
    let mut session = bench.to(&allowed).await;
    let there = other.authority();
    for path in [
        format!("http://{there}/"),
        format!("HTTP://{there}/"),
        format!("{there}/"),
        format!("@{there}/"),
        format!(":80@{there}/"),
        "*".to_owned(),
        "x".to_owned(),
        format!("/ HTTP/1.1\r\nhost: {there}\r\n\r\nGET http://{there}/"),
        "/\r\nhost: evil".to_owned(),
        "/a b".to_owned(),
        "/\0".to_owned(),
    ] {
        let said = say_one(&mut session, &["http", "GET", "http", &allowed.authority(), &path]).await;
        assert_eq!(said, "refused: path \"\"", "{path}");
    }
    allowed.assert_untouched().await;

    for path in
        [format!("//{there}/"), format!("/http://{there}/"), format!("/@{there}"), "/../..//".to_owned()]
    {
        let said = say_one(&mut session, &["http", "GET", "http", &allowed.authority(), &path]).await;
        assert_eq!(said, "200", "{path}");
        let head = allowed.seen().heads.last().unwrap().to_ascii_lowercase();
        let expected = format!("get {path} http/1.1\r\nhost: {}\r\n\r\n", allowed.address);
        assert_eq!(head, expected);
    }
    other.assert_untouched().await;
    bench.lives_on().await;
}

#[tokio::test]
async fn no_more_requests_than_allowed_are_under_way() {
    let limits = Limits { requests_at_once: 8, ..Limits::default() };
    let bench = Bench::new(limits).await;
    let server = Server::start().await;
    let mut session = bench.to(&server).await;
    let said =
        say(&mut session, &["http-at-once", "500", "GET", "http", &server.authority(), "/"]).await.unwrap();
    assert_eq!(said, ["8 200", "492 ConnectionLimitReached"]);
    assert_eq!(server.seen().connections, 8);
    assert_eq!((session.traffic().requests, session.traffic().denied), (8, 492));

    // Each answer that was read makes room for another request.
    let said =
        say(&mut session, &["http-in-turn", "50", "GET", "http", &server.authority(), "/"]).await.unwrap();
    assert_eq!(said, ["50 200"]);
    bench.lives_on().await;
}

#[tokio::test]
async fn a_session_may_send_more_requests_than_it_may_keep() {
    let bench = Bench::new(Limits { handles: 50, ..Limits::default() }).await;
    let server = Server::start().await;
    let mut session = bench.to(&server).await;
    let said =
        say(&mut session, &["http-in-turn", "500", "GET", "http", &server.authority(), "/"]).await.unwrap();
    assert_eq!(said, ["500 200"]);
}
