//! Answers that something on the way has compressed, although nobody asked for it.

use super::worker::{Worker, settings};
use crate::common::http::Client;
use crate::lines::ascii;
use crate::setup::MockAndOwnHost;
use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use host_test::mock::{Account, DEMO_TOKEN};
use http::{Method, header};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Returns the text in the form of gzip (RFC 1952), in blocks that are stored as they are.
fn gzip(text: &[u8]) -> Vec<u8> {
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut blocks = text.chunks(usize::from(u16::MAX)).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap();
        gzip.push(u8::from(blocks.peek().is_none()));
        gzip.extend(length.to_le_bytes());
        gzip.extend((!length).to_le_bytes());
        gzip.extend(block);
    }
    gzip.extend(crc32(text).to_le_bytes());
    gzip.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
    gzip
}

fn crc32(text: &[u8]) -> u32 {
    let bit = |crc: u32, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
    !text.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), bit))
}

/// Asks the mock at this address, and compresses its answer.
async fn compressed(mock: String, request: Request) -> Response {
    let bearer = format!("Bearer {DEMO_TOKEN}");
    let client = Client::at(mock, &[("authorization", &bearer)]);
    let path = request.uri().path_and_query().unwrap().as_str();
    let answer = client.try_send_text(Method::GET, path, String::new()).await.unwrap();
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CONTENT_ENCODING, "gzip")];
    (answer.status, headers, gzip(answer.body.as_bytes())).into_response()
}

#[test]
fn an_answer_that_was_compressed_on_the_way_is_read() {
    let Some(worker) = Worker::shared() else { return };
    let setup = MockAndOwnHost::new(Account::company());
    let expected = ascii(&setup.lines());
    let runtime = Runtime::new().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let base_url = format!("http://{}/client/v4", listener.local_addr().unwrap());
    let mock = format!("http://{}", setup.mock.address());
    let proxy = Router::new().fallback(move |request: Request| compressed(mock.clone(), request));
    runtime.spawn(async { axum::serve(listener, proxy).await });
    worker.add("compressed", &settings(&setup, &json!({ "base-url": base_url })));
    let status = worker.wait_for_end("compressed");
    assert_eq!(status["last"]["state"], "complete", "{status}");
    assert_eq!(worker.latest("compressed").unwrap(), expected);
}
