//! The same syncs in one process, without an engine: as many sessions as accounts, all at once.

use crate::accounts::{OTHER_TOKEN, Tenant};
use crate::alone::settings;
use cloudflare_zero_trust::output::{JsonLines, Sink};
use connector_host::{Cache, Config, Host};
use fleet::store::{Digest, Manifest, Store};
use host_test::contract::Translate;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use tokio::task::JoinSet;

/// The variables of the process: the file with its sessions, and the place of its runs.
const SESSIONS: &str = "TRIAL_SESSIONS_FILE";
const STORE: &str = "TRIAL_STORE";
/// The name of each run here.
pub const RUN: &str = "20260101T000000Z-alone";

/// Starts the process.
pub fn start<'a>(tenants: impl Iterator<Item = &'a Tenant>, cache: &str, store: &Path) -> Child {
    let sessions: Vec<_> =
        tenants.map(|tenant| (&tenant.name, settings(&tenant.mock, OTHER_TOKEN))).collect();
    std::fs::create_dir_all(store).unwrap();
    let file = store.join("sessions.json");
    std::fs::write(&file, serde_json::to_vec(&sessions).unwrap()).unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "one_process::reads_all_accounts_at_once", "--ignored"]);
    command.env(SESSIONS, file).env(STORE, store).env("TRIAL_CACHE", cache);
    command.stdout(Stdio::null()).spawn().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "the trial starts it, as a process of its own"]
async fn reads_all_accounts_at_once() {
    let Ok(file) = std::env::var(SESSIONS) else { return };
    let sessions: Vec<(String, Vec<(String, String)>)> =
        serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let cache = Cache::Directory(std::env::var_os("TRIAL_CACHE").unwrap().into());
    let config = Config { cache, ..Config::default() };
    let host = Arc::new(Host::new(host_test::READER, config).await.unwrap());
    let store = Store::open(&std::env::var(STORE).unwrap()).unwrap();
    let mut syncs = JoinSet::new();
    for (account, settings) in sessions {
        syncs.spawn(sync(Arc::clone(&host), store.clone(), account, settings));
    }
    syncs.join_all().await;
}

async fn sync(host: Arc<Host>, store: Store, account: String, settings: Vec<(String, String)>) {
    let run = store.run(&account, RUN);
    let mut session = host.open("api-token", &settings).await.unwrap();
    let (mut digest, mut cursor, mut pages) = (Digest::default(), None::<String>, 0);
    loop {
        let page = session.read(&[], cursor.as_deref()).await.unwrap();
        let mut lines = Vec::new();
        JsonLines::new(&mut lines).page(&page.clone().translate()).unwrap();
        digest = run.put_page(pages, &lines, &digest).await.unwrap();
        pages += 1;
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let manifest = Manifest { account, run: RUN.to_owned(), pages, digest, ..Manifest::default() };
    run.complete(manifest).await.unwrap();
}
