//! The admin API, and the secrets behind it.

use super::worker::{ADMIN_TOKEN, Worker, settings};
use crate::CANARY;
use crate::setup::MockAndOwnHost;
use host_test::mock::Account;
use http::{Method, StatusCode};
use serde_json::json;

#[test]
fn nothing_is_said_without_the_admin_token() {
    let Some(mut worker) = Worker::start() else { return };
    let (longer, basic) = (format!("Bearer {ADMIN_TOKEN}x"), format!("Basic {ADMIN_TOKEN}"));
    let shorter = format!("Bearer {}", &ADMIN_TOKEN[1..]);
    for given in [None, Some(longer.as_str()), Some(&shorter), Some(&basic), Some("Bearer "), Some("")] {
        let headers: Vec<_> = given.map(|given| ("authorization", given)).into_iter().collect();
        for (method, path) in
            [(Method::GET, "/accounts"), (Method::POST, "/accounts/a/start"), (Method::GET, "/")]
        {
            let answer = worker.ask_with(&headers, method, path);
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{given:?}: {answer:?}");
            assert!(!answer.body.contains(ADMIN_TOKEN), "{answer:?}");
        }
    }
    // A Worker whose secret isn't set has no door that is open.
    worker.kill();
    worker.start_again(&[("ADMIN_TOKEN", "")]);
    for headers in [&[][..], &[("authorization", "Bearer ")], &[("authorization", "Bearer undefined")]] {
        let answer = worker.ask_with(headers, Method::GET, "/accounts");
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    }
}

#[test]
fn what_is_asked_wrongly_is_said_and_not_repeated() {
    // Nobody has allowed another address than Cloudflare's, and the key isn't one.
    let Some(mut worker) = Worker::start_with(&[("SETTINGS_KEY", "short")]) else { return };
    let id = "0123456789abcdef0123456789abcdef";
    let body =
        |settings: serde_json::Value| json!({ "auth_method": "api-token", "settings": settings }).to_string();
    let token = json!({ "account-id": id, "api-token": CANARY });
    let with = |name: &str, value: &str| {
        let mut settings = token.clone();
        settings[name] = json!(value);
        body(settings)
    };
    for (body, said) in [
        (CANARY.to_owned(), "the body isn't JSON"),
        (format!("{{\"{CANARY}\": 1}}"), "the body has auth_method, settings and every_minutes"),
        (format!("\"{CANARY}\""), "the body is an object with auth_method and settings"),
        (json!({ "auth_method": [CANARY], "settings": {} }).to_string(), "auth_method is a text"),
        (json!({ "auth_method": "api-token", "settings": [[CANARY]] }).to_string(), "an object of texts"),
        (
            json!({ "auth_method": "api-token", "settings": {}, "every_minutes": 0 }).to_string(),
            "every_minutes is a whole number from 1 to 10080",
        ),
        (body(json!({ "api-token": CANARY })), "Account ID (account-id) is missing"),
        (with("account-id", CANARY), "account-id must be 32 hexadecimal digits"),
        (with("base-url", &format!("http://127.0.0.1:9/{CANARY}")), "base-url says where the credentials"),
        (with("read-ahead", "5"), "read-ahead is at most 4 here"),
        (" ".repeat(65_537), "a body has at most 65536 bytes"),
        (body(token.clone()), "SETTINGS_KEY isn't 32 bytes in base64"),
    ] {
        let answer = worker.ask(Method::PUT, "/accounts/wrong", &body);
        assert!(answer.status.as_u16() >= 400 && answer.status.as_u16() != 500, "{answer:?}");
        let message = answer.json["error"]["message"].as_str().unwrap();
        assert!(message.contains(said) && !answer.body.contains(CANARY), "{answer:?}");
    }
    for (method, path, status) in [
        (Method::GET, "/", 404),
        (Method::GET, "/accounts/wrong", 404),
        (Method::POST, "/accounts/wrong/start", 404),
        (Method::GET, "/accounts/wrong/latest", 404),
        (Method::GET, "/accounts/Wrong", 400),
        (Method::GET, "/accounts/..%2fwrong", 400),
        (Method::PATCH, "/accounts/wrong", 404),
        (Method::GET, "/accounts/wrong/start/more", 404),
    ] {
        let answer = worker.ask(method.clone(), path, "");
        assert_eq!(answer.status.as_u16(), status, "{method} {path}: {answer:?}");
        assert!(answer.json["error"]["message"].is_string(), "{answer:?}");
    }
    assert_eq!(worker.ask(Method::GET, "/accounts", "").json["accounts"], json!([]));
    assert!(!worker.log().contains(CANARY), "{}", worker.log());
    worker.kill();
    assert!(worker.files_with(CANARY).is_empty());
}

#[test]
fn accounts_are_listed_and_removed() {
    let Some(worker) = Worker::start() else { return };
    let setup = MockAndOwnHost::new(Account::company());
    for name in ["b", "a-2"] {
        worker.add(name, &settings(&setup, &json!({})));
    }
    let names = || {
        let answer = worker.ask(Method::GET, "/accounts", "").json;
        assert_eq!(answer["next"], json!(null));
        let accounts = answer["accounts"].as_array().unwrap().clone();
        accounts.iter().map(|status| status["account"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(), ["a-2", "b"]);
    let after = worker.ask(Method::GET, "/accounts?after=a-2", "").json;
    assert_eq!(after["accounts"].as_array().unwrap().len(), 1, "{after}");
    worker.wait_for_end("b");
    let answer = worker.ask(Method::DELETE, "/accounts/b", "");
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    assert_eq!(names(), ["a-2"]);
    assert_eq!(worker.latest("b"), None);
    assert_eq!(worker.ask(Method::POST, "/accounts/b/start", "").status, StatusCode::NOT_FOUND);
}

#[test]
fn settings_are_of_no_use_without_their_key() {
    let Some(mut worker) = Worker::start() else { return };
    let setup = MockAndOwnHost::new(Account::company());
    worker.add("locked", &settings(&setup, &json!({})));
    worker.wait_for_end("locked");
    setup.requests();
    worker.kill();
    worker.start_again(&[("SETTINGS_KEY", "YW5vdGhlciBrZXkgdGhhdCBvbmx5IHRlc3RzIGhhdmU=")]);
    worker.start_run("locked");
    let status = worker.wait_for_end("locked");
    assert_eq!(status["state"], "stopped", "{status}");
    let message = status["last"]["error"]["message"].as_str().unwrap();
    assert!(message.contains("can't be decrypted with this SETTINGS_KEY"), "{status}");
    assert_eq!(setup.requests(), []);
}
