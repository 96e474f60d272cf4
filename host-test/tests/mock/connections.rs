//! The effects on connections, as a bare socket sees them.

use std::io::ErrorKind;

use host_test::mock::{DEMO_TOKEN, Effect, Fault, Mock, Place};
use http::Method;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::client::Client;
use super::{below, company, get};

/// Sends a request on a connection of its own.
async fn ask(mock: &Mock, method: &str, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(mock.address()).await.unwrap();
    let path = below(mock, path);
    let request = format!(
        "{method} /client/v4{path} HTTP/1.1\r\nhost: mock\r\n\
         authorization: Bearer {DEMO_TOKEN}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

/// Reads to the end. Returns the bytes, and whether the end was a reset.
async fn listen(mut stream: TcpStream) -> (String, bool) {
    let mut heard = Vec::new();
    let reset = match stream.read_to_end(&mut heard).await {
        Ok(_) => false,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
            true
        }
    };
    (String::from_utf8(heard).unwrap(), reset)
}

async fn hear(effect: Effect) -> (String, bool) {
    let mock = company().await;
    mock.inject(Fault::on("GET", "roles", effect));
    let heard = listen(ask(&mock, "GET", "roles").await).await;
    assert_eq!(mock.fired(), [1]);
    mock.stop().await;
    heard
}

/// Returns the body of the right answer.
async fn body() -> String {
    get(&company().await, "roles").await.body
}

#[tokio::test]
async fn a_connection_is_reset_or_closed_where_the_fault_says() {
    let body = body().await;
    let half = &body[..body.len() / 2];
    for reset in [false, true] {
        let at = |at| if reset { Effect::Reset { at } } else { Effect::Close { at } };
        assert_eq!(hear(at(Place::BeforeHead)).await, (String::new(), reset));
        let (heard, was_reset) = hear(at(Place::InHead)).await;
        assert!(
            heard.starts_with("HTTP/1.1 200 OK\r\n") && !heard.contains("\r\n\r\n") && was_reset == reset,
            "{heard}"
        );
        let (heard, was_reset) = hear(at(Place::InBody)).await;
        let (head, rest) = heard.split_once("\r\n\r\n").unwrap();
        assert!(
            head.contains(&format!("content-length: {}", body.len())) && head.contains("cf-ray"),
            "{head}"
        );
        assert_eq!((rest, was_reset), (half, reset));
        let (heard, was_reset) = hear(at(Place::InChunkedBody)).await;
        let (head, rest) = heard.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("transfer-encoding: chunked") && !head.contains("content-length"), "{head}");
        assert_eq!((rest, was_reset), (format!("{:x}\r\n{half}\r\n", half.len()).as_str(), reset));
    }
}

#[tokio::test]
async fn a_stalled_answer_stays_as_it_is_until_the_mock_ends() {
    let body = body().await;
    let halves = [(Place::BeforeHead, String::new()), (Place::InBody, body[..body.len() / 2].to_owned())];
    let day = |at| Effect::Pause { at, milliseconds: 24 * 60 * 60 * 1000 };
    for (effect, expected) in
        halves.iter().flat_map(|(at, half)| [(Effect::Stall { at: *at }, half), (day(*at), half)])
    {
        let mock = company().await;
        mock.inject(Fault::on("GET", "roles", effect));
        let mut stream = ask(&mock, "GET", "roles").await;
        let mut heard = Vec::new();
        while mock.fired() != [1] {
            tokio::task::yield_now().await;
        }
        while !String::from_utf8_lossy(&heard).ends_with(expected) {
            assert_ne!(stream.read_buf(&mut heard).await.unwrap(), 0, "the connection is still there");
        }
        mock.stop().await;
        let (rest, reset) = listen(stream).await;
        assert_eq!((rest.as_str(), reset), ("", false));
    }
}

#[tokio::test]
async fn an_endless_body_has_no_length_and_ends_with_the_client_or_the_mock() {
    const MANY: usize = 8 << 20;
    let mock = company().await;
    mock.inject(Fault::on("GET", "roles", Effect::EndlessBody));
    for _ in 0..2 {
        let mut stream = ask(&mock, "GET", "roles").await;
        let mut heard = Vec::new();
        while heard.len() < MANY {
            assert_ne!(stream.read_buf(&mut heard).await.unwrap(), 0, "the body ended");
        }
        let heard = String::from_utf8(heard).unwrap();
        let (head, body) = heard.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("transfer-encoding: chunked") && !head.contains("content-length"), "{head}");
        assert!(body.split_once("\r\n").unwrap().1.starts_with("{"), "{}", &body[..80]);
    }
    assert_eq!(mock.fired(), [2]);
    let stream = ask(&mock, "GET", "roles").await;
    while mock.fired() != [3] {
        tokio::task::yield_now().await;
    }
    mock.stop().await;
    drop(stream);
}

#[tokio::test]
async fn an_answer_that_trickles_is_whole_in_the_end() {
    let right = body().await;
    for bytes in [1, 100] {
        let (heard, reset) = hear(Effect::Trickle { bytes }).await;
        assert_eq!((heard.split_once("\r\n\r\n").unwrap().1, reset), (right.as_str(), false));
    }
}

#[tokio::test]
async fn an_answer_with_a_pause_in_it_is_whole_in_the_end() {
    let right = body().await;
    for at in [Place::BeforeHead, Place::InHead, Place::InBody, Place::InChunkedBody] {
        let mock = company().await;
        mock.inject(Fault::on("GET", "roles", Effect::Pause { at, milliseconds: 200 }));
        let answer = Client::new(&mock).get(&below(&mock, "roles")).await;
        assert_eq!((answer.body.as_str(), mock.fired()), (right.as_str(), vec![1]), "{at:?}");
    }
}

#[tokio::test]
async fn what_is_not_http() {
    assert_eq!(hear(Effect::NotHttp { text: "220 ready\r\n".into() }).await, ("220 ready\r\n".into(), false));
}

#[tokio::test]
async fn the_next_request_is_answered() {
    let mock = company().await;
    let at = Place::BeforeHead;
    for (attempt, effect) in
        [(1, Effect::Reset { at }), (2, Effect::Close { at }), (3, Effect::Trickle { bytes: 9 })]
    {
        mock.inject(Fault::on("GET", "roles", effect).at_attempt(attempt));
    }
    let (client, path) = (Client::new(&mock), below(&mock, "roles"));
    let mut came = Vec::new();
    for _ in 0..4 {
        came.push(client.try_send(Method::GET, &path, Value::Null).await.is_ok());
    }
    assert_eq!((came, mock.fired()), (vec![false, false, true, true], vec![1, 1, 1]));
}

#[tokio::test]
async fn a_server_that_went_away_refuses_until_it_comes_back() {
    let mock = company().await;
    mock.inject(Fault::on("GET", "roles", Effect::GoneAway { back_after_ms: None }));
    let idle = TcpStream::connect(mock.address()).await.unwrap();
    // The request was received: the one behind it was answered.
    get(&mock, "members").await;
    assert_eq!(listen(ask(&mock, "GET", "roles").await).await, (String::new(), true));
    assert_eq!(listen(idle).await, (String::new(), true));
    for _ in 0..3 {
        let refused = TcpStream::connect(mock.address()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    }
    mock.end_faults();
    mock.come_back().await;
    assert_eq!(get(&mock, "roles").await.status, 200);

    mock.go_away().await;
    assert!(TcpStream::connect(mock.address()).await.is_err());
    mock.come_back().await;
    assert_eq!((get(&mock, "roles").await.status.as_u16(), mock.fired()), (200, vec![1]));
    mock.go_away().await;
    mock.stop().await;
}

#[tokio::test]
async fn a_server_comes_back_by_itself() {
    let mock = company().await;
    mock.inject(Fault::on("GET", "roles", Effect::GoneAway { back_after_ms: Some(1) }).at_attempt(1));
    assert_eq!(listen(ask(&mock, "GET", "roles").await).await, (String::new(), true));
    while TcpStream::connect(mock.address()).await.is_err() {
        tokio::task::yield_now().await;
    }
    assert_eq!(get(&mock, "roles").await.status, 200);
}

#[tokio::test]
async fn a_write_may_be_carried_out_though_its_answer_is_lost() {
    let at = Place::BeforeHead;
    for (effect, usual) in [
        (Effect::Reset { at }, false),
        (Effect::Close { at }, false),
        (Effect::Reset { at: Place::InBody }, true),
        (Effect::Close { at: Place::InChunkedBody }, true),
        (Effect::NotHttp { text: "?".into() }, false),
        (Effect::GoneAway { back_after_ms: None }, false),
        (Effect::Status { status: 502, code: 1, message: "no".into(), headers: Vec::new() }, false),
        (Effect::Html { status: 502 }, false),
        (Effect::CutOff, true),
    ] {
        let fault = Fault::on("DELETE", "members/{id}", effect);
        for (fault, expected) in [
            (fault.clone(), usual),
            (fault.clone().carried_out(true), true),
            (fault.carried_out(false), false),
        ] {
            let mock = company().await;
            mock.inject(fault.clone());
            let before = mock.account();
            let (heard, _) =
                listen(ask(&mock, "DELETE", &format!("members/{}", before.members[0].id)).await).await;
            assert_eq!(mock.account() != before, expected, "{fault:?}");
            assert_eq!(
                mock.account().members.len(),
                before.members.len() - usize::from(expected),
                "{fault:?}"
            );
            if matches!(&fault.effect, Effect::Reset { at: Place::InBody } | Effect::CutOff) {
                assert!(heard.contains("\r\n\r\n{\"success\":true"), "the true answer, in part: {heard}");
            }
            assert_eq!(mock.fired(), [1]);
        }
    }
}

#[tokio::test]
async fn in_http_2_the_stream_is_reset() {
    let mock = company().await;
    for (attempt, effect) in [(1, Effect::Stall { at: Place::InBody }), (2, Effect::Trickle { bytes: 1 })] {
        mock.inject(Fault::on("GET", "roles", effect).at_attempt(attempt));
    }
    let (client, path) = (Client::new(&mock).http2(), below(&mock, "roles"));
    for _ in 0..2 {
        assert!(client.try_send(Method::GET, &path, Value::Null).await.is_err());
    }
    assert_eq!(client.get(&path).await.status, 200);
}
