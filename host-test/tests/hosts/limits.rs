//! The limits that the examples set a plugin: a hostile one, in the part that an embedder would
//! copy.

use crate::example::Example;
use crate::for_each_example;
use crate::setup::MockAndOwnHost;
use host_test::mock::Account;
use serde_json::{Value, json};
use std::net::{TcpListener, TcpStream};
use std::thread;

for_each_example!(
    requests_go_to_one_address_with_allowed_methods,
    without_a_base_url_they_go_where_the_manifest_says,
    a_manifest_allows_what_it_names_with_tls,
    a_plugin_that_wants_more_is_not_started,
    memory_is_bounded,
    a_call_that_takes_too_long_ends_the_plugin,
    a_trap_ends_the_plugin,
);

/// Returns the hostile plugin's findings for each of these.
fn say(example: Example, policy: &Value, each: &[Vec<&str>]) -> Vec<String> {
    say_as(guests::HOSTILE_PLUGIN, example, policy, each)
}

fn say_as(plugin: &[u8], example: Example, policy: &Value, each: &[Vec<&str>]) -> Vec<String> {
    let open = json!(["open", "", []]);
    let calls = [open].into_iter().chain(each.iter().map(|words| json!(["read", words, null])));
    let results = example.embedded(plugin, policy, &calls.collect());
    let said = results.into_iter().skip(1).map(|page| {
        let page = page.unwrap();
        let warnings = page["warnings"].as_array().unwrap().iter();
        warnings.map(|warning| warning["message"].as_str().unwrap()).collect()
    });
    said.collect()
}

fn requests_go_to_one_address_with_allowed_methods(example: Example) {
    let (allowed, other) = (MockAndOwnHost::new(Account::company()), MockAndOwnHost::new(Account::company()));
    let base_url = allowed.mock.base_url();
    let reading = json!({ "baseUrl": base_url });
    let changing = json!({ "baseUrl": base_url, "methods": ["get", "put"] });
    let send = |policy: &Value, requests: &[[&str; 3]]| {
        let words = requests.iter().map(|[method, scheme, authority]| {
            vec!["http-ended", *method, *scheme, *authority, "/client/v4/user"]
        });
        say(example, policy, &words.collect::<Vec<_>>())
    };
    let to = allowed.mock.address().to_string();
    // The mock answers clients without a token, too.
    for (policy, requests) in
        [(&reading, &[["GET", "http", &to]][..]), (&changing, &[["GET", "http", &to], ["PUT", "http", &to]])]
    {
        for said in send(policy, requests) {
            assert!(said.parse().is_ok_and(|status: u16| status >= 400), "{said}");
        }
        assert_eq!(allowed.requests().len(), requests.len());
    }
    let by_name = format!("localhost:{}", allowed.mock.address().port());
    let (with_user, elsewhere) = (format!("user@{to}"), other.mock.address().to_string());
    let denied: [&[[&str; 3]]; 2] = [
        &[
            ["PUT", "http", &to],
            ["POST", "http", &to],
            ["get", "http", &to],
            ["GET", "https", &to],
            ["GET", "-", &to],
            ["GET", "http", "-"],
            ["GET", "http", "127.0.0.1"],
            ["GET", "http", &by_name],
            ["GET", "http", &with_user],
            ["GET", "http", &elsewhere],
        ],
        &[
            ["POST", "http", &to],
            ["DELETE", "http", &to],
            ["PATCH", "http", &to],
            ["PUT", "http", &elsewhere],
        ],
    ];
    for (policy, requests) in [&reading, &changing].into_iter().zip(denied) {
        let said = send(policy, requests);
        assert_eq!(said.len(), requests.len());
        for (request, said) in requests.iter().zip(said) {
            assert!(said == "HttpRequestDenied" || said.starts_with("refused: "), "{request:?}: {said}");
        }
    }
    assert_eq!((allowed.requests(), other.requests()), (vec![], vec![]));
}

fn without_a_base_url_they_go_where_the_manifest_says(example: Example) {
    let setup = MockAndOwnHost::new(Account::company());
    let account = setup.mock.read(|account| account.id.clone());
    let settings = json!([["account-id", account], ["api-token", "t"], ["base-url", setup.mock.base_url()]]);
    let calls = json!([["open", "api-token", settings], ["validate"]]);
    let results = example.embedded(host_test::CONNECTOR, &json!({}), &calls);
    assert_eq!(results[0], Ok(Value::Null));
    let denied = results[1].as_ref().unwrap_err();
    assert!(denied.contains("the host doesn't allow this request"), "{denied}");
    assert_eq!(setup.requests(), []);
}

fn a_manifest_allows_what_it_names_with_tls(example: Example) {
    let (named, other) =
        (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let authority = |listener: &TcpListener| listener.local_addr().unwrap().to_string();
    let get = |scheme: &'static str, to: &str| {
        vec!["http-ended".to_owned(), "GET".to_owned(), scheme.to_owned(), to.to_owned(), "/".to_owned()]
    };
    let ask = |origin: String, requests: [Vec<String>; 2]| {
        let plugin = guests::hostile_plugin_in_describe(&format!("origin {origin}"));
        let requests = requests.iter().map(|words| words.iter().map(String::as_str).collect());
        say_as(&plugin, example, &json!({}), &requests.collect::<Vec<_>>())
    };
    let (named_at, other_at) = (authority(&named), authority(&other));

    let said = ask(format!("http://{named_at}"), [get("http", &named_at), get("https", &named_at)]);
    assert_eq!(said, ["HttpRequestDenied"; 2]);
    for listener in [&named, &other] {
        listener.set_nonblocking(true).unwrap();
        assert!(listener.accept().is_err(), "nobody has come");
        listener.set_nonblocking(false).unwrap();
    }

    // It accepts a connection, and sends nothing that is TLS.
    let visit = thread::spawn(move || named.accept().unwrap().1);
    let said = ask(format!("https://{named_at}"), [get("https", &named_at), get("https", &other_at)]);
    // This is the first one to come, if the plugin didn't.
    let ours = TcpStream::connect(&named_at).and_then(|ours| ours.local_addr());
    assert_ne!(ours.ok(), Some(visit.join().unwrap()), "the plugin came");
    assert_ne!(said[0], "HttpRequestDenied");
    assert_eq!(said[1], "HttpRequestDenied");
}

fn a_plugin_that_wants_more_is_not_started(example: Example) {
    for (plugin, wanted) in [
        (guests::HOSTILE, "wasi:cli/environment"),
        (guests::WANTS_FILES, "wasi:filesystem/types"),
        (guests::WANTS_SOCKETS, "wasi:sockets/instance-network"),
    ] {
        let done = example.command(plugin, &["describe"]).run();
        assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""), "{done:?}");
        assert!(
            done.stderr.contains("wants what no connector needs") && done.stderr.contains(wanted),
            "{done:?}"
        );
    }
}

fn memory_is_bounded(example: Example) {
    const PAGES: u32 = 256 * 1024 / 64;
    let policy = json!({ "baseUrl": "http://127.0.0.1:9" });
    let (most, more) = (PAGES.to_string(), (PAGES + 1).to_string());
    let said = say(example, &policy, &[vec!["grow-to", &more], vec!["grow-to", &most]]);
    assert!(said[0].parse::<u32>().unwrap() < PAGES, "{said:?}");
    assert_eq!(said[1], most);
}

fn a_call_that_takes_too_long_ends_the_plugin(example: Example) {
    for how in ["loop", "sleep"] {
        // It is enough time to start on a busy machine.
        let late = [5_000, 20_000, 80_000].into_iter().find_map(|longest| {
            let policy = json!({ "baseUrl": "http://127.0.0.1:9", "longestCallMs": longest });
            let calls = json!([["open", "", []], ["read", [how], null], ["read", [], null]]);
            let mut results = example.embedded(guests::HOSTILE_PLUGIN, &policy, &calls).into_iter();
            results.next()?.ok()?;
            Some(results)
        });
        let [read, again] = late.expect("it was started").collect::<Vec<_>>().try_into().unwrap();
        let why = read.unwrap_err();
        assert!(why.contains("took too long"), "{how}: {why}");
        assert!(again.is_err(), "{how}: it is over");
    }
}

fn a_trap_ends_the_plugin(example: Example) {
    let policy = json!({ "baseUrl": "http://127.0.0.1:9" });
    let calls = json!([["open", "", []], ["read", ["unreachable"], null], ["read", [], null]]);
    let results = example.embedded(guests::HOSTILE_PLUGIN, &policy, &calls);
    let trap = results[1].as_ref().unwrap_err();
    assert!(trap.contains("unreachable"), "{trap}");
    assert!(results[2].is_err(), "it is over");
}

/// Node has no such limit.
#[cfg(target_os = "linux")]
#[test]
fn what_a_plugin_has_kept_for_it_is_bounded_in_python() {
    crate::run(Example::Python, |example| {
        let policy = json!({ "baseUrl": "http://127.0.0.1:9" });
        let calls =
            json!([["open", "", []], ["read", ["keep", "headers", "100000"], null], ["read", [], null]]);
        let results = example.embedded(guests::HOSTILE_PLUGIN, &policy, &calls);
        let why = results[1].as_ref().unwrap_err();
        assert!(why.contains("its process is gone"), "{why}");
        assert!(results[2].is_err(), "it is over");
    });
}
