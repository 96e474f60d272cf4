//! A secret is in no output, error, cursor or log, whatever the server echoes.

use crate::common::reading::{connector_error, strings};
use crate::common::setup::{HostAndMock, pairs};
use host_test::mock::{Account, Effect, Fault, GlobalKey, Options, Token};
use std::io::Write;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

const CANARY: &str = "canary-7c1f0e5d9b3a4886";

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
