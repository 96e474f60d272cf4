//! A run that is written, read, damaged and removed, in memory and in a directory.

use super::*;
use object_store::memory::InMemory;
use proptest::prelude::*;
use std::fs;

fn in_memory() -> Store {
    Store { objects: Arc::new(InMemory::new()), base: Path::from("base"), directory: None }
}

fn manifest(account: &str, run: &str, pages: u32, digest: Digest) -> Manifest {
    Manifest {
        account: account.to_owned(),
        run: run.to_owned(),
        connector: Connector { id: "a-connector".to_owned(), version: "1.2.3".to_owned() },
        begun_ms: 1_795_953_600_123,
        ended_ms: 1_795_953_660_000,
        pages,
        digest,
        requests: 7,
        records_by_kind: BTreeMap::from([("grant".to_owned(), 3), ("resource".to_owned(), 2)]),
        warnings: 1,
        ..Manifest::default()
    }
}

async fn put(run: &Run, pages: &[&[u8]]) -> Digest {
    let mut digest = Digest::default();
    for (number, lines) in (0..).zip(pages) {
        digest = run.put_page(number, lines, &digest).await.unwrap();
    }
    digest
}

/// A complete run of account `a`.
async fn complete(store: &Store, name: &str, pages: &[&[u8]]) {
    let run = store.run("a", name);
    let digest = put(&run, pages).await;
    let count = u32::try_from(pages.len()).unwrap();
    run.complete(manifest("a", name, count, digest)).await.unwrap();
}

async fn read(store: &Store, run: Option<&str>) -> Result<Vec<u8>, StoreError> {
    let reader = store.read("a", run).await?;
    let mut lines = Vec::new();
    for number in 0.. {
        let Some(page) = reader.page(number).await? else { break };
        lines.extend(page);
    }
    Ok(lines)
}

async fn names(store: &Store) -> Vec<String> {
    let listed: Vec<_> = store.objects.list(Some(&store.base)).try_collect().await.unwrap();
    let of = |object: &object_store::ObjectMeta| {
        object.location.to_string().strip_prefix(&format!("{}/", store.base)).unwrap().to_owned()
    };
    let mut names: Vec<_> = listed.iter().map(of).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_run_is_there_once_its_manifest_is() {
    let store = in_memory();
    assert!(matches!(store.read("a", None).await, Err(StoreError::NoRun { .. })));
    let run = store.run("a", "20261129T120000Z-1");
    let digest = put(&run, &[b"one\n", b"", b"three\n"]).await;
    assert!(matches!(store.read("a", None).await, Err(StoreError::NoRun { .. })));
    let named = store.read("a", Some("20261129T120000Z-1")).await;
    assert!(matches!(named, Err(StoreError::NotComplete { .. })));
    assert!(store.runs("a").await.unwrap().is_empty());
    run.complete(manifest("a", "20261129T120000Z-1", 3, digest)).await.unwrap();
    assert_eq!(read(&store, None).await.unwrap(), b"one\nthree\n");
    assert_eq!(
        names(&store).await,
        ["000000.jsonl.zst", "000001.jsonl.zst", "000002.jsonl.zst", "manifest.json"]
            .map(|name| format!("a/20261129T120000Z-1/{name}"))
    );
}

#[tokio::test]
async fn the_newest_complete_run_is_read_and_an_older_one_by_its_name() {
    let store = in_memory();
    complete(&store, "20261129T110000Z-2", &[b"older\n"]).await;
    complete(&store, "20261129T120000Z-1", &[b"newer\n"]).await;
    put(&store.run("a", "20261129T130000Z-3"), &[b"unfinished\n"]).await;
    complete(&store, "20261129T110000Z-2", &[b"older\n"]).await;
    assert_eq!(read(&store, None).await.unwrap(), b"newer\n");
    assert_eq!(read(&store, Some("20261129T110000Z-2")).await.unwrap(), b"older\n");
    let runs: Vec<_> = store.runs("a").await.unwrap().into_iter().map(|manifest| manifest.run).collect();
    assert_eq!(runs, ["20261129T110000Z-2", "20261129T120000Z-1"]);
}

#[tokio::test]
async fn a_manifest_says_what_the_run_brought() {
    let store = in_memory();
    complete(&store, "20261129T120000Z-1", &[b"one\n", b"two\n"]).await;
    let run = store.run("a", "20261129T120000Z-1");
    let json = store.get(&run.path(MANIFEST)).await.unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["version"], 1);
    assert_eq!(json["begun"], "2026-11-29T12:00:00.123Z");
    assert_eq!(json["ended"], "2026-11-29T12:01:00.000Z");
    assert_eq!(json["records"], 5);
    assert_eq!(json["records_by_kind"]["grant"], 3);
    assert_eq!(json["connector"]["version"], "1.2.3");
    let sizes: Vec<u64> =
        json["sizes"].as_array().unwrap().iter().map(|size| size.as_u64().unwrap()).collect();
    assert_eq!(sizes, run.pages().await.unwrap().into_values().collect::<Vec<_>>());
    assert_eq!(json["bytes"], sizes.iter().sum::<u64>());
    let manifest = run.manifest().await.unwrap().unwrap();
    assert_eq!(manifest.begun_ms, 1_795_953_600_123);
}

#[tokio::test]
async fn a_manifest_of_something_else_is_refused() {
    let store = in_memory();
    complete(&store, "1", &[b"one\n"]).await;
    complete(&store, "2", &[b"two\n"]).await;
    let (one, two) = (store.run("a", "1"), store.run("a", "2"));
    let original = store.get(&one.path(MANIFEST)).await.unwrap();
    let text = String::from_utf8(original.clone()).unwrap();
    for (content, told) in [
        (store.get(&two.path(MANIFEST)).await.unwrap(), "it is the one of a/2"),
        (text.replace("\"version\": 1,", "\"version\": 2,").into_bytes(), "it is of version 2"),
        (text.replace("\"pages\": 1", "\"pages\": 2").into_bytes(), "it has 2 pages, and the sizes of 1"),
        (original[..original.len() / 2].to_vec(), "EOF"),
    ] {
        store.objects.put(&one.path(MANIFEST), content.into()).await.unwrap();
        let error = read(&store, Some("1")).await.unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
        assert!(error.contains("a/1/manifest.json"), "{error}");
    }
}

#[tokio::test]
async fn a_page_that_comes_again_takes_the_place_of_the_other() {
    let store = in_memory();
    let run = store.run("a", "1");
    let first = run.put_page(0, b"one\n", &Digest::default()).await.unwrap();
    run.put_page(1, b"two\n", &first).await.unwrap();
    let again = run.put_page(1, b"two again\n", &first).await.unwrap();
    run.complete(manifest("a", "1", 2, again)).await.unwrap();
    assert_eq!(read(&store, None).await.unwrap(), b"one\ntwo again\n");
}

#[tokio::test]
async fn a_run_that_began_again_has_no_page_of_before() {
    let store = in_memory();
    let run = store.run("a", "1");
    put(&run, &[b"old\n", b"old\n", b"old\n"]).await;
    let digest = put(&run, &[b"new\n"]).await;
    run.complete(manifest("a", "1", 1, digest)).await.unwrap();
    assert_eq!(names(&store).await, ["a/1/000000.jsonl.zst", "a/1/manifest.json"]);
    assert_eq!(read(&store, None).await.unwrap(), b"new\n");
}

#[tokio::test]
async fn a_page_that_is_missing_is_found_before_the_run_is_visible() {
    let store = in_memory();
    let run = store.run("a", "1");
    let digest = put(&run, &[b"one\n", b"two\n"]).await;
    assert!(run.has_pages(2).await.unwrap());
    assert!(!run.has_pages(3).await.unwrap());
    store.objects.delete(&run.page(0)).await.unwrap();
    assert!(!run.has_pages(2).await.unwrap());
    let error = run.complete(manifest("a", "1", 2, digest)).await.unwrap_err();
    assert!(matches!(error, StoreError::Missing { number: 0, .. }), "{error}");
    assert!(matches!(store.read("a", None).await, Err(StoreError::NoRun { .. })));
}

/// Runs 1 to 6 of the account, of which 2 and 5 were abandoned, and 6 is under way in another attempt.
async fn several(store: &Store) {
    for name in ["1", "3", "4"] {
        complete(store, name, &[b"one\n", b"two\n"]).await;
    }
    for name in ["2", "5", "6"] {
        put(&store.run("a", name), &[b"one\n"]).await;
    }
    let other = store.run("ab", "1");
    let digest = put(&other, &[b"one\n"]).await;
    other.complete(manifest("ab", "1", 1, digest)).await.unwrap();
}

async fn folders_after_cleaning(store: &Store, by: &str, keep: usize) -> Vec<String> {
    store.run("a", by).clean(keep).await.unwrap();
    assert_eq!(store.runs("ab").await.unwrap().len(), 1);
    store.folders("a").await.unwrap()
}

#[tokio::test]
async fn the_newest_runs_are_kept_and_abandoned_ones_are_not() {
    for (by, keep, left) in [
        ("4", 2, vec!["3", "4", "5", "6"]),
        ("4", 3, vec!["1", "3", "4", "5", "6"]),
        ("4", 1, vec!["4", "5", "6"]),
        // The newest complete run is always left.
        ("4", 0, vec!["4", "5", "6"]),
        // An attempt of an older run that wakes up late leaves newer ones alone.
        ("2", 1, vec!["2", "3", "4", "5", "6"]),
    ] {
        let store = in_memory();
        several(&store).await;
        assert_eq!(folders_after_cleaning(&store, by, keep).await, left, "{by} {keep}");
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path().to_str().unwrap()).unwrap();
        several(&store).await;
        assert_eq!(folders_after_cleaning(&store, by, keep).await, left, "{by} {keep}");
    }
}

#[tokio::test]
async fn a_directory_shows_whole_pages_only_and_nothing_is_left_of_a_removed_run() {
    let directory = tempfile::tempdir().unwrap();
    // With characters that an address would encode.
    let base = directory.path().join("my runs %20 ä");
    let store = Store::open(base.to_str().unwrap()).unwrap();
    let run = store.run("a", "1");
    let digest = put(&run, &[b"one\n"]).await;
    // What a process leaves that was killed in the middle of a page.
    fs::write(base.join("a/1/000001.jsonl.zst#1"), b"half").unwrap();
    assert!(run.has_pages(1).await.unwrap());
    assert!(!run.has_pages(2).await.unwrap());
    run.complete(manifest("a", "1", 1, digest)).await.unwrap();
    assert_eq!(read(&store, None).await.unwrap(), b"one\n");
    complete(&store, "2", &[b"two\n"]).await;
    store.run("a", "2").clean(1).await.unwrap();
    assert!(!base.join("a/1").exists());
    assert!(base.join("a/2/manifest.json").exists());
}

/// One way to damage a stored run.
#[derive(Clone, Debug)]
enum Damage {
    Remove,
    Cut(usize),
    Flip(usize),
    ExchangeWith(usize),
    Replace(Vec<u8>),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        Just(Damage::Remove),
        any::<usize>().prop_map(Damage::Cut),
        any::<usize>().prop_map(Damage::Flip),
        any::<usize>().prop_map(Damage::ExchangeWith),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Damage::Replace),
    ]
}

/// Damages a page. Returns whether anything is another than before.
async fn apply(store: &Store, run: &Run, pages: u32, at: u32, damage: Damage) -> bool {
    let path = run.page(at);
    let original = store.get(&path).await.unwrap();
    let mut changed = original.clone();
    match damage {
        Damage::Remove => {
            store.objects.delete(&path).await.unwrap();
            return true;
        }
        Damage::Cut(at) => changed.truncate(at % original.len()),
        Damage::Flip(at) => changed[at % original.len()] ^= 1,
        Damage::ExchangeWith(other) => {
            let other = run.page(u32::try_from(other % pages as usize).unwrap());
            changed = store.get(&other).await.unwrap();
            store.objects.put(&other, original.clone().into()).await.unwrap();
        }
        Damage::Replace(with) => changed = with,
    }
    let is_other = changed != original;
    store.objects.put(&path, changed.into()).await.unwrap();
    is_other
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A run isn't opened if any page of it is damaged; one that is damaged later gives out nothing of
    /// the page.
    #[test]
    fn each_damage_is_found(
        pages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 1..6),
        at in any::<prop::sample::Index>(),
        damage in damage(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let store = in_memory();
            let slices: Vec<&[u8]> = pages.iter().map(Vec::as_slice).collect();
            complete(&store, "1", &slices).await;
            assert_eq!(read(&store, None).await.unwrap(), pages.concat());
            let opened = store.read("a", None).await.unwrap();
            let at = u32::try_from(at.index(pages.len())).unwrap();
            let count = u32::try_from(pages.len()).unwrap();
            if apply(&store, &store.run("a", "1"), count, at, damage.clone()).await {
                let error = store.read("a", None).await.err().expect("a damaged run is refused");
                let is_clear = matches!(
                    error,
                    StoreError::Missing { .. } | StoreError::Size { .. } | StoreError::Changed { .. }
                );
                assert!(is_clear, "{damage:?}: {error}");
                assert!(opened.page(at).await.is_err(), "{damage:?}");
            } else {
                assert_eq!(read(&store, None).await.unwrap(), pages.concat());
            }
        });
    }
}
