//! A process that is killed while it writes a run.

use crate::server::{SECRET, Server};
use fleet::store::{Digest, Manifest, Store, StoreError};
use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::time::Duration;

/// The variable that tells the process that is killed where it writes.
const STORE: &str = "TEST_STORE";
const PAGES: u32 = 6;

/// The lines of a page: enough for a kill to meet a page half written.
fn lines(number: u32) -> Vec<u8> {
    (0..200_000_u32)
        .flat_map(|at| format!("{{\"{number}\":{}}}\n", at * 7_919 % 1_000_003).into_bytes())
        .collect()
}

/// The process that is killed. It writes pages, those of one run over and over, and never ends by itself.
#[tokio::test]
#[ignore = "it is started by the tests below"]
async fn writes_until_it_is_killed() {
    let Ok(place) = std::env::var(STORE) else { return };
    let run = Store::open(&place).unwrap().run("a", "2");
    let mut digest = Digest::default();
    for number in (0..PAGES).cycle() {
        digest = run.put_page(number, &lines(number), &digest).await.unwrap();
    }
}

async fn a_kill_shows_nothing(place: &str, variables: Vec<(OsString, OsString)>) {
    let store = Store::open_with(place, variables.clone()).unwrap();
    let (run, digest) = (store.run("a", "1"), Digest::default());
    let digest = run.put_page(0, b"older\n", &digest).await.unwrap();
    let older = |run: &str, pages, digest| Manifest {
        account: "a".to_owned(),
        run: run.to_owned(),
        pages,
        digest,
        ..Manifest::default()
    };
    run.complete(older("1", 1, digest)).await.unwrap();
    let run = store.run("a", "2");
    for seen in [1, 3, PAGES] {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "killed::writes_until_it_is_killed", "--ignored"]);
        command.env(STORE, place).envs(variables.clone()).stdout(Stdio::null());
        let mut process = command.spawn().unwrap();
        while !run.has_pages(seen).await.unwrap() {
            assert!(process.try_wait().unwrap().is_none(), "it ended by itself");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        process.kill().unwrap();
        process.wait().unwrap();
        let reader = store.read("a", None).await.unwrap();
        assert_eq!(reader.manifest().run, "1");
        assert_eq!(reader.page(0).await.unwrap().unwrap(), b"older\n");
        assert!(matches!(store.read("a", Some("2")).await, Err(StoreError::NotComplete { .. })));
    }
    // Another process goes on where the killed one was, and each page it takes over is a whole one.
    let mut digest = Digest::default();
    for number in 0..PAGES {
        digest = run.put_page(number, &lines(number), &digest).await.unwrap();
    }
    run.complete(older("2", PAGES, digest)).await.unwrap();
    let reader = store.read("a", None).await.unwrap();
    assert_eq!(reader.manifest().run, "2");
    for number in 0..PAGES {
        assert_eq!(reader.page(number).await.unwrap().unwrap(), lines(number));
    }
}

#[tokio::test]
async fn a_kill_shows_nothing_of_a_run_in_a_directory() {
    let directory = tempfile::tempdir().unwrap();
    a_kill_shows_nothing(directory.path().to_str().unwrap(), Vec::new()).await;
}

#[tokio::test]
async fn a_kill_shows_nothing_of_a_run_in_a_bucket() {
    let Some(server) = Server::start() else { return };
    a_kill_shows_nothing("s3://bucket/all/runs", server.variables(SECRET)).await;
}
