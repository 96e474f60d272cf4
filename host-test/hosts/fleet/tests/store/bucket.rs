//! Runs in a bucket.

use crate::server::{SECRET, Server};
use fleet::store::{Digest, Manifest, Run, Store, StoreError};
use std::fs;

/// The pages of a run of account `a`, numbered by their texts.
async fn put(run: &Run, pages: &[String]) -> Digest {
    let mut digest = Digest::default();
    for (number, lines) in (0..).zip(pages) {
        digest = run.put_page(number, lines.as_bytes(), &digest).await.unwrap();
    }
    digest
}

fn manifest(run: &str, pages: usize, digest: Digest) -> Manifest {
    let (account, run, pages) = ("a".to_owned(), run.to_owned(), u32::try_from(pages).unwrap());
    Manifest { account, run, pages, digest, ..Manifest::default() }
}

async fn complete(store: &Store, name: &str, pages: &[String]) {
    let run = store.run("a", name);
    let digest = put(&run, pages).await;
    run.complete(manifest(name, pages.len(), digest)).await.unwrap();
}

async fn read(store: &Store) -> Result<Vec<u8>, StoreError> {
    let reader = store.read("a", None).await?;
    let mut all = Vec::new();
    for number in 0.. {
        let Some(lines) = reader.page(number).await? else { break };
        all.extend(lines);
    }
    Ok(all)
}

#[tokio::test]
async fn a_run_in_a_bucket_is_read_as_it_was_written() {
    let Some(server) = Server::start() else { return };
    let store = server.store(SECRET);
    assert!(matches!(store.read("a", None).await, Err(StoreError::NoRun { .. })));
    // One page is larger than a part of an upload in parts would be.
    let mut pages: Vec<_> = (0..12).map(|number| format!("{{\"number\":{number}}}\n")).collect();
    pages[7] =
        (0_u64..600_000).map(|number| format!("{{\"id\":\"{:x}\"}}\n", number * 7_919 % 1_000_003)).collect();
    let run = store.run("a", "20261129T120000Z-1");
    let digest = put(&run, &pages).await;
    assert!(run.has_pages(12).await.unwrap());
    assert!(!run.has_pages(13).await.unwrap());
    assert!(matches!(store.read("a", None).await, Err(StoreError::NoRun { .. })));
    run.complete(manifest("20261129T120000Z-1", 12, digest)).await.unwrap();
    assert_eq!(read(&store).await.unwrap(), pages.concat().as_bytes());
    assert!(server.file("all/runs/a/20261129T120000Z-1/000011.jsonl.zst").is_file());
    assert!(server.file("all/runs/a/20261129T120000Z-1/manifest.json").is_file());
}

#[tokio::test]
async fn a_page_in_a_bucket_that_was_exchanged_or_removed_is_found() {
    let Some(server) = Server::start() else { return };
    let store = server.store(SECRET);
    complete(&store, "1", &["one\n".to_owned(), "two\n".to_owned()]).await;
    let page = |number: u32| server.file(&format!("all/runs/a/1/{number:06}.jsonl.zst"));
    fs::copy(page(0), page(1)).unwrap();
    let error = read(&server.again().store(SECRET)).await.unwrap_err();
    assert!(matches!(error, StoreError::Changed { .. }), "{error}");
    fs::remove_file(page(1)).unwrap();
    let error = read(&server.again().store(SECRET)).await.unwrap_err();
    assert!(matches!(error, StoreError::Missing { number: 1, .. }), "{error}");
}

#[tokio::test]
async fn old_runs_in_a_bucket_are_removed() {
    let Some(server) = Server::start() else { return };
    let store = server.store(SECRET);
    for name in ["1", "2", "4"] {
        complete(&store, name, &[format!("{name}\n")]).await;
    }
    put(&store.run("a", "3"), &["abandoned\n".to_owned()]).await;
    put(&store.run("a", "5"), &["under way\n".to_owned()]).await;
    store.run("a", "4").clean(2).await.unwrap();
    let runs: Vec<_> = store.runs("a").await.unwrap().into_iter().map(|manifest| manifest.run).collect();
    assert_eq!(runs, ["2", "4"]);
    let page = |run: &str| server.file(&format!("all/runs/a/{run}/000000.jsonl.zst")).exists();
    assert_eq!(["1", "2", "3", "4", "5"].map(page), [false, true, false, true, true]);
}

#[tokio::test]
async fn an_access_that_is_refused_is_an_error_without_the_secret() {
    let Some(server) = Server::start() else { return };
    let secret = "another-canary";
    let error = server.store(secret).read("a", None).await.err().unwrap();
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains("canary"), "{text}");
    }
    let error = error.to_string();
    assert!(error.starts_with("listing all/runs/a failed: "), "{error}");
    assert!(error.contains("SignatureDoesNotMatch"), "{error}");
}
