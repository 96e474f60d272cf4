//! A secret is in no output, error, cursor or log, whatever the server echoes, and in whatever form.

use crate::common::reading::{connector_error, strings};
use crate::common::setup::{HostAndMock, pairs};
use host_test::mock::{Account, Effect, Fault, GlobalKey, Options, Token};
use std::io::Write;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

/// As long as an API token.
const CANARY: &str = "canary-7c1f0e5d9b3a4886_2f6a0c9e1b7d4835";

/// Everything that is logged, at the finest level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;

    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

/// Encodes a text in Base64, with padding.
fn base64(text: &str) -> String {
    const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |bytes: &[u8]| {
        let byte = |at: usize| u32::from(bytes.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        (0..4)
            .map(move |at| {
                let sign = char::from(SIGNS[(bits >> (18 - 6 * at)) as usize & 63]);
                if at <= bytes.len() { sign } else { '=' }
            })
            .collect::<String>()
    };
    text.as_bytes().chunks(3).map(group).collect()
}

/// Forms in which a server or a proxy may echo the canary.
fn forms() -> Vec<String> {
    let each = |write: &dyn Fn(char) -> String| CANARY.chars().map(write).collect::<String>();
    let (first, second) = CANARY.split_at(CANARY.len() / 2);
    let mut forms = vec![
        CANARY.to_owned(),
        CANARY.to_uppercase(),
        CANARY.chars().rev().collect(),
        first.to_owned(),
        second.to_owned(),
        each(&|sign| format!("%{:02X}", u32::from(sign))),
        each(&|sign| format!("\\u{:04x}", u32::from(sign))),
        each(&|sign| format!("&#{};", u32::from(sign))),
        each(&|sign| format!("{:02x}", u32::from(sign))),
    ];
    for before in ["", "Bearer ", "ann@corp.example:", "xy"] {
        let text = base64(&format!("{before}{CANARY}"));
        forms.extend([text.trim_end_matches('=').to_owned(), text.replace('+', "-").replace('/', "_"), text]);
    }
    forms
}

/// Whether a text shows a considerable part of a form.
fn shows(text: &str, form: &str) -> bool {
    const PART: usize = 16;
    form.as_bytes().windows(PART).any(|part| text.contains(std::str::from_utf8(part).unwrap()))
}

#[test]
fn base64_is_base64() {
    let encoded = ["", "f", "fo", "foo", "foob"].map(base64);
    assert_eq!(encoded, ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]);
}

#[tokio::test]
async fn the_secret_shows_in_none_of_its_forms() {
    let options = Options { tokens: vec![Token::new(CANARY)], ..Options::default() };
    let setup = HostAndMock::with(Account::company(), options).await;
    let mut settings = setup.settings();
    settings[1].1 = CANARY.to_owned();
    for form in forms() {
        let message = format!("you sent {form}, which is wrong");
        // Half of it is where the quoted beginning ends.
        let late = format!("{}{form}", "x".repeat(100));
        let headers = vec![("cf-ray".to_owned(), form.clone())];
        for effect in [
            Effect::Status { status: 401, code: 1000, message: message.clone(), headers },
            Effect::Status { status: 403, code: 10000, message: late.clone(), headers: Vec::new() },
            Effect::Body { status: 200, body: message.clone() },
            Effect::Body { status: 502, body: late.clone() },
            Effect::Body { status: 200, body: format!("{}{message}", " ".repeat(900)) },
            Effect::NotHttp { text: format!("{message}\r\n") },
        ] {
            setup.mock.end_faults();
            setup.mock.inject(Fault::always(effect.clone()));
            let mut session = setup.host.open("api-token", &settings).await.unwrap();
            let validated = session.validate().await.map_err(connector_error);
            let read = session.read(&strings(&["group", "user"]), None).await.map_err(connector_error);
            let shown = format!("{validated:?} {read:?}");
            assert!(read.is_err());
            assert!(!shows(&shown, &form), "{form} shows: {shown}");
            if matches!(&effect, Effect::Status { status: 401, .. }) {
                assert!(shown.contains("you sent [redacted], which is wrong"), "{form}: {shown}");
            }
        }
    }
}

fn effects() -> Vec<Option<Effect>> {
    let echo = format!("you sent {CANARY}");
    let padded = format!("{}{CANARY}", "x".repeat(100));
    let status = |status, code: u64, message: &str| {
        let headers =
            vec![("x-echo".to_owned(), CANARY.to_owned()), ("location".to_owned(), CANARY.to_owned())];
        Some(Effect::Status { status, code, message: message.to_owned(), headers })
    };
    vec![
        None,
        status(401, 1000, &echo),
        status(403, 10000, &echo),
        status(400, 6003, &padded),
        status(500, 1, &echo),
        status(429, 971, &echo),
        Some(Effect::Html { status: 502 }),
        Some(Effect::Body { status: 200, body: echo.clone() }),
        Some(Effect::Body { status: 502, body: padded.clone() }),
        Some(Effect::Body { status: 200, body: format!(r#"{{"success":"{CANARY}"}}"#) }),
        Some(Effect::Body { status: 200, body: format!(r#"{{"success":true,"result":"{CANARY}"}}"#) }),
        Some(Effect::Body {
            status: 200,
            body: format!(r#"{{"success":true,"result":{{"status":"{CANARY}"}}}}"#),
        }),
        Some(Effect::Body {
            status: 200,
            body: format!(r#"{{"success":true,"result":[{{"id":"a","roles":"x, expected {CANARY}"}}]}}"#),
        }),
        Some(Effect::Redirect { location: format!("https://evil.example/{CANARY}") }),
    ]
}

#[tokio::test]
async fn a_canary_shows_nowhere() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    tracing::trace!("logging begins");
    let mut shown = String::new();
    for effect in effects() {
        let options = Options {
            tokens: vec![Token::new(CANARY)],
            keys: vec![GlobalKey { email: "ann@corp.example".into(), key: CANARY.into() }],
            ..Options::default()
        };
        let setup = HostAndMock::with(Account::company(), options).await;
        if let Some(effect) = effect {
            setup.mock.inject(Fault::always(effect));
        }
        let account = setup.mock.read(|account| account.id.clone());
        let base_url = setup.mock.base_url();
        let common =
            [("account-id", account.as_str()), ("base-url", base_url.as_str()), ("max-wait-seconds", "0")];
        let token = [&common[..], &[("api-token", CANARY)]].concat();
        let key = [&common[..], &[("email", "ann@corp.example"), ("api-key", CANARY)]].concat();
        for (method, settings) in [("api-token", token), ("api-key", key)] {
            let mut session = setup.host.open(method, &pairs(&settings)).await.unwrap();
            shown += &format!("{:?}\n", session.validate().await.map_err(connector_error));
            let mut cursor = None;
            loop {
                let page = session.read(&strings(&[]), cursor.as_deref()).await.map_err(connector_error);
                shown += &format!("{page:?}\n");
                match page {
                    Ok(page) if page.next.is_some() => cursor = page.next,
                    _ => break,
                }
            }
            shown += &format!("{:?}\n", session.traffic());
        }
        for wrong in [
            pairs(&[("account-id", &account), ("api-token", "t"), (CANARY, "in the wrong place")]),
            pairs(&[("account-id", CANARY), ("api-token", CANARY)]),
            pairs(&[("account-id", &account), ("api-token", &format!("{CANARY} ")), ("base-url", &base_url)]),
            pairs(&[
                ("account-id", &account),
                ("api-token", CANARY),
                ("base-url", &format!("http://{CANARY}.example")),
            ]),
        ] {
            shown += &format!("{}\n", setup.host.open("api-token", &wrong).await.err().unwrap());
        }
        shown += &format!("{:?}\n", setup.mock.requests());
    }
    let logged = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(logged.contains("logging begins"));
    for (what, text) in [("outputs", &shown), ("the log", &logged)] {
        let found =
            text.find(CANARY).map(|at| text[at.saturating_sub(200)..].chars().take(400).collect::<String>());
        assert_eq!(found, None, "the canary shows in {what}");
    }
}
