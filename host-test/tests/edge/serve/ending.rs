//! The end of the service by a signal.

use super::{Ours, told};
use crate::asking::checked;
use host_test::mock::Account;
use http::Method;
use rustix::process::Signal;
use std::net::TcpStream;

#[tokio::test]
async fn requests_under_way_end_and_no_new_ones_are_taken() {
    for signal in [Signal::TERM, Signal::INT] {
        let ours = Ours::with(Account::company(), &[]).await;
        let release = ours.hold_after(0);
        let client = ours.trusted();
        let asking = tokio::spawn(async move { checked(&client, Method::POST, "/v1/sync", "{}").await });
        ours.is_asked().await;
        // It has sent nothing yet.
        let idle = TcpStream::connect(ours.served.address).unwrap();
        ours.served.send(signal);
        while TcpStream::connect(ours.served.address).is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        assert!(!asking.is_finished());
        release.send(true).unwrap();
        let answer = asking.await.unwrap();
        assert_eq!(answer.status, 200);
        assert!(answer.body.lines().last().unwrap().contains(r#""type":"end""#), "{}", answer.body);
        let Ours { served, mock: _mock } = ours;
        let (status, log) = tokio::task::spawn_blocking(|| served.ended()).await.unwrap();
        drop(idle);
        assert_eq!(status.code(), Some(0), "{signal:?}");
        assert!(log.iter().any(|line| told(line) == Some(("/v1/sync", 200, "answered"))), "{log:?}");
    }
}

#[tokio::test]
async fn what_does_not_end_in_time_is_cut_off() {
    let ours = Ours::with(Account::company(), &["--grace-seconds", "0"]).await;
    let _release = ours.hold_after(0);
    let client = ours.trusted();
    let asking =
        tokio::spawn(async move { client.begin(Method::POST, "/v1/sync", "{}".to_owned()).await.is_ok() });
    ours.is_asked().await;
    ours.served.send(Signal::TERM);
    assert!(!asking.await.unwrap(), "there is no answer");
    let Ours { served, mock } = ours;
    let (status, log) = tokio::task::spawn_blocking(|| served.ended()).await.unwrap();
    assert_eq!(status.code(), Some(0));
    let warned = |line: &serde_json::Value| {
        line["fields"]["message"]
            == "the requests that were still under \
                                                                          way are cut off"
    };
    assert!(log.iter().any(warned), "{log:?}");
    mock.is_left().await;
}
