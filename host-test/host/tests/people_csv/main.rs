//! The host with a connector for another system: people and teams in a CSV file, served from this
//! machine. Nothing of another connector is compiled in.

use connector_host::contract::{Error, ErrorKind, Page, ResourceId};
use connector_host::{BASE_URL, Cache, Config, Host, HostError, Pages, Session, Wanted};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

const TOKEN: &str = "a-token-for-people";
const PEOPLE: &str = "id,name,email,teams\n\
    1,Ann Example,ann@corp.example,Finance;Sales\n\
    2,\"Bo, of Sales\",bo@corp.example,Sales\n\
    3,Cy Alone,cy@corp.example,\n";

/// A server of one file, which wants the token.
struct Server {
    address: String,
    /// The request line of each request.
    requests: Receiver<String>,
}

impl Server {
    fn start(file: &str) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/hr", listener.local_addr().unwrap());
        let (to, requests) = channel();
        let file = file.to_owned();
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                let mut head = BufReader::new(&connection).lines().map(Result::unwrap);
                let request = head.next().unwrap();
                let headers: Vec<String> = head.take_while(|line| !line.is_empty()).collect();
                let status = if !headers.contains(&format!("authorization: Bearer {TOKEN}")) {
                    "401 Unauthorized"
                } else if !request.starts_with("GET /hr/people.csv ") {
                    "404 Not Found"
                } else {
                    "200 OK"
                };
                let length = file.len();
                let answer = format!(
                    "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{file}"
                );
                // A client may close the connection as soon as it has read enough.
                let _ = connection.write_all(answer.as_bytes());
                if to.send(request).is_err() {
                    return;
                }
            }
        });
        Server { address, requests }
    }

    fn settings(&self, token: &str) -> Vec<(String, String)> {
        [(BASE_URL, self.address.as_str()), ("token", token)]
            .map(|(id, value)| (id.into(), value.into()))
            .into()
    }
}

async fn host() -> Host {
    let cache = Cache::Directory(concat!(env!("CARGO_TARGET_TMPDIR"), "/compiled").into());
    Host::new(guests::PEOPLE_CSV, Config { cache, ..Config::default() }).await.unwrap()
}

async fn open(server: &Server) -> Session {
    host().await.open("token", &server.settings(TOKEN)).await.unwrap()
}

fn connector_error(error: &HostError) -> &Error {
    error.as_connector().unwrap_or_else(|| panic!("not the connector's own error: {error}"))
}

fn named(ids: &[ResourceId]) -> Vec<String> {
    ids.iter().map(|id| format!("{}:{}", id.kind, id.id)).collect()
}

fn resources(page: &Page) -> Vec<String> {
    named(&page.resources.iter().map(|resource| resource.id.clone()).collect::<Vec<_>>())
}

fn grants(page: &Page) -> Vec<(&str, Vec<String>)> {
    page.grants.iter().map(|grant| (grant.entitlement.as_str(), named(&grant.principals))).collect()
}

#[tokio::test]
async fn the_manifest_says_what_to_ask_for() {
    let host = host().await;
    let manifest = host.describe().await.unwrap();
    assert_eq!((manifest.id.as_str(), manifest.origins.len()), ("people-csv", 0));
    let [address] = manifest.fields.as_slice() else { panic!("{manifest:?}") };
    assert!(address.id == BASE_URL && address.operator_only && !address.secret);
    let [method] = manifest.auth_methods.as_slice() else { panic!("{manifest:?}") };
    assert!(method.id == "token" && method.fields.iter().all(|field| field.secret && !field.operator_only));
    let kinds: Vec<&str> = manifest.resource_types.iter().map(|kind| kind.id.as_str()).collect();
    assert_eq!(kinds, ["user", "team"]);
}

#[tokio::test]
async fn a_sync_gives_people_teams_and_who_is_in_them() {
    let server = Server::start(PEOPLE);
    let mut session = open(&server).await;
    let checks = session.validate().await.unwrap().checks;
    assert!(checks.len() == 2 && checks.iter().all(|check| check.read.is_ok()), "{checks:?}");

    let mut pages = Pages::start(session, Wanted::Kinds(Vec::new()), None);
    let page = pages.next().await.unwrap().unwrap().page;
    assert!(pages.next().await.is_none());
    assert_eq!(resources(&page), ["user:1", "user:2", "user:3", "team:Finance", "team:Sales"]);
    let [_, bo, ..] = page.resources.as_slice() else { panic!("{page:?}") };
    let account = bo.account.as_ref().unwrap();
    assert_eq!(
        (bo.display_name.as_str(), account.email.as_deref()),
        ("Bo, of Sales", Some("bo@corp.example"))
    );
    let entitlements: Vec<&str> = page.entitlements.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(entitlements, ["team:Finance:member", "team:Sales:member"]);
    let strings = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
    let expected = [
        ("team:Finance:member", strings(&["user:1"])),
        ("team:Sales:member", strings(&["user:1", "user:2"])),
    ];
    assert_eq!(grants(&page), expected);
    assert!(page.warnings.is_empty() && page.requests == 1);

    drop(pages);
    let requests: Vec<String> = server.requests.try_iter().collect();
    assert_eq!(requests, ["GET /hr/people.csv HTTP/1.1", "GET /hr/people.csv HTTP/1.1"]);
}

#[tokio::test]
async fn kinds_and_single_resources_can_be_read() {
    let server = Server::start(PEOPLE);
    let mut session = open(&server).await;
    let teams = session.read(&["team".to_owned()], None).await.unwrap();
    assert_eq!((resources(&teams).len(), teams.entitlements.len(), teams.grants.len()), (2, 2, 0));
    let users = session.read(&["user".to_owned()], None).await.unwrap();
    assert_eq!((resources(&users).len(), users.entitlements.len(), users.grants.len()), (3, 0, 0));

    let id = |kind: &str, id: &str| ResourceId { kind: kind.to_owned(), id: id.to_owned() };
    let sales = session.get(&id("team", "Sales"), None).await.unwrap();
    assert_eq!(resources(&sales), ["team:Sales"]);
    assert_eq!(grants(&sales), [("team:Sales:member", vec!["user:1".to_owned(), "user:2".to_owned()])]);
    let error = session.get(&id("team", "Marketing"), None).await.unwrap_err();
    assert_eq!(connector_error(&error).kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn a_broken_file_is_an_error_that_names_the_line() {
    for (file, expected) in [
        ("id,name,email,teams\n1,Ann,ann@corp.example\n", "line: 2"),
        ("id,name,email,teams\n1,A,a@x.example,\n2,B,b@x.example,Sales,more\n", "line: 3"),
        ("id,name,teams\n1,Ann,Sales\n", "missing field `email`"),
        ("id,name,email,teams\n1,Ann,a@x.example,\n1,Bo,b@x.example,\n", "Bo has the id \"1\""),
        ("id,name,email,teams\n,Ann,a@x.example,\n", "Ann has the id \"\""),
        (&"x".repeat(600 * 1024), "longer than a page may be"),
    ] {
        let server = Server::start(file);
        let error = open(&server).await.read(&[], None).await.unwrap_err();
        let error = connector_error(&error);
        assert_eq!(error.kind, ErrorKind::InvalidResponse, "{}", error.message);
        assert!(error.message.contains(expected), "{expected}: {}", error.message);
        assert!(error.message.starts_with(&server.address), "{}", error.message);
    }
}

#[tokio::test]
async fn a_wrong_token_a_missing_file_and_a_missing_server_are_told_apart() {
    let server = Server::start(PEOPLE);
    let host = host().await;
    let mut session = host.open("token", &server.settings("another-token")).await.unwrap();
    let error = session.validate().await.unwrap_err();
    assert_eq!(connector_error(&error).kind, ErrorKind::Unauthenticated);
    assert!(!error.to_string().contains("another-token"), "{error}");

    let mut settings = server.settings(TOKEN);
    settings[0].1.push_str("/elsewhere");
    let error = host.open("token", &settings).await.unwrap().validate().await.unwrap_err();
    assert!(error.to_string().contains("the server answers 404"), "{error}");

    settings[0].1 = "http://127.0.0.1:1".to_owned();
    let error = host.open("token", &settings).await.unwrap().validate().await.unwrap_err();
    let error = connector_error(&error);
    assert!(error.kind == ErrorKind::Unavailable && error.retryable, "{}", error.message);
}

#[tokio::test]
async fn a_setting_that_is_missing_is_named() {
    let host = host().await;
    for (settings, about) in [
        (&[("token", TOKEN)][..], BASE_URL),
        (&[("token", TOKEN), (BASE_URL, "")], BASE_URL),
        (&[(BASE_URL, "https://files.example/hr")], "token"),
        (&[(BASE_URL, "https://files.example/hr"), ("token", "with a space")], "token"),
    ] {
        let settings: Vec<(String, String)> =
            settings.iter().map(|&(id, value)| (id.to_owned(), value.to_owned())).collect();
        let error = host.open("token", &settings).await.err().unwrap();
        let error = connector_error(&error);
        assert_eq!((error.kind, error.about.as_deref()), (ErrorKind::InvalidSettings, Some(about)));
    }
}

#[tokio::test]
async fn facts_about_groups_of_identity_providers_are_nothing_for_a_file() {
    let mut session = open(&Server::start(PEOPLE)).await;
    for error in [session.wanted().await.unwrap_err(), session.learn(&[]).await.unwrap_err()] {
        assert_eq!(connector_error(&error).kind, ErrorKind::Unsupported, "{error}");
    }
    assert!(session.read(&[], None).await.is_ok());
}
