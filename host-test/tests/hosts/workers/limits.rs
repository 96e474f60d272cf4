//! The limits of a plugin that misbehaves in the Worker.

use super::worker::{Worker, build};
use crate::setup::MockAndOwnHost;
use host_test::mock::Account;
use http::Method;
use serde_json::json;

#[test]
fn requests_go_to_one_address_and_only_read() {
    let (allowed, other) = (MockAndOwnHost::new(Account::company()), MockAndOwnHost::new(Account::company()));
    let base_url = allowed.mock.base_url();
    let (to, elsewhere) = (allowed.mock.address().to_string(), other.mock.address().to_string());
    // Its manifest names the address too, without TLS.
    let plugin = guests::hostile_plugin_in_describe(&format!("origin http://{to}"));
    let Some(worker) = Worker::around(&plugin) else { return };
    let by_name = format!("localhost:{}", allowed.mock.address().port());
    let say = |base_url: Option<&str>, [method, scheme, authority]: [&str; 3]| {
        let words = ["http-ended", method, scheme, authority, "/client/v4/user"];
        let answer = worker.ask(Method::POST, "/", &json!([base_url, words]).to_string());
        assert_eq!(answer.status, 200, "{answer:?} {}", worker.log());
        answer.json[0].as_str().unwrap().to_owned()
    };
    // The mock answers clients without a token, too.
    let said = say(Some(&base_url), ["GET", "http", &to]);
    assert!(said.parse().is_ok_and(|status: u16| status >= 400), "{said}");
    assert_eq!(allowed.requests().len(), 1);
    for denied in [
        ["PUT", "http", &to],
        ["POST", "http", &to],
        ["DELETE", "http", &to],
        ["GET", "https", &to],
        ["GET", "http", &by_name],
        ["GET", "http", &elsewhere],
    ] {
        assert_eq!(say(Some(&base_url), denied), "HttpRequestDenied", "{denied:?}");
    }
    // Without an address, the manifest's origins are allowed as far as they have TLS.
    assert_eq!(say(None, ["GET", "http", &to]), "HttpRequestDenied");
    assert_eq!((allowed.requests(), other.requests()), (vec![], vec![]));
}

#[test]
fn a_plugin_that_wants_more_is_not_built() {
    let Some(_installed) = Worker::shared() else { return };
    let place = tempfile::tempdir().unwrap();
    let done = build(place.path(), guests::WANTS_FILES, &[]);
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(!done.status.success() && said.contains("wants what no connector needs"), "{said}");
    assert!(said.contains("wasi:filesystem/types"), "{said}");
}
