//! One way through the pages: the work of a child process.

use crate::measure::{Measured, most_resident, processor_time};
use crate::native::{Pooled, download};
use cloudflare_zero_trust::contract::Page;
use cloudflare_zero_trust::output::{Counts, JsonLines, Sink};
use cloudflare_zero_trust::session::Session;
use cloudflare_zero_trust::settings::Settings;
use connector_host::{Cache, Config, Given, Host, Pages, Wanted};
use host_test::contract::Translate;
use host_test::review::Collector;
use host_test::{CONNECTOR, mock};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tokio::runtime::Runtime;

/// The way in which the pages are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Way {
    Null,
    Native,
    /// As native, but writing Parquet.
    #[cfg(feature = "parquet")]
    Parquet,
    /// As native, but writing a c1z.
    #[cfg(feature = "c1z")]
    C1z,
    Component,
    Review,
}

impl Way {
    pub const ALL: &[Way] = &[
        Way::Null,
        Way::Native,
        #[cfg(feature = "parquet")]
        Way::Parquet,
        #[cfg(feature = "c1z")]
        Way::C1z,
        Way::Component,
        Way::Review,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Way::Null => "null",
            Way::Native => "native",
            #[cfg(feature = "parquet")]
            Way::Parquet => "native, Parquet",
            #[cfg(feature = "c1z")]
            Way::C1z => "native, c1z",
            Way::Component => "component",
            Way::Review => "review",
        }
    }
}

/// The task of a child process.
#[derive(Debug, Serialize, Deserialize)]
pub struct Task {
    pub way: Way,
    pub base_url: String,
    pub output: PathBuf,
    /// The component to use instead of the one that was built.
    pub component: Option<PathBuf>,
    /// The directory of the compiled component.
    pub cache: PathBuf,
    /// The paths and queries of the pages of each list, for the null client.
    pub lists: Vec<Vec<String>>,
}

/// The account of every benchmark.
pub const ACCOUNT: &str = "0123456789abcdef0123456789abcdef";

/// Returns the settings that a session is opened with.
pub fn settings(base_url: &str) -> Vec<(String, String)> {
    let settings = [("account-id", ACCOUNT), ("api-token", mock::DEMO_TOKEN), ("base-url", base_url)];
    settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

fn output(task: &Task) -> File {
    File::create(&task.output).expect("the output can be written")
}

/// Writes pages, and counts.
struct Writer<S> {
    counts: Counts,
    to: Box<S>,
}

impl Writer<JsonLines<File>> {
    fn new(task: &Task) -> Self {
        Writer::to(JsonLines::new(output(task)))
    }
}

impl<S: Sink> Writer<S> {
    fn to(sink: S) -> Self {
        Writer { to: Box::new(sink), counts: Counts::default() }
    }

    fn page(&mut self, page: &Page) {
        self.to.page(page).expect("a page can be written");
        self.counts.add(page);
    }

    /// Returns the number of grants.
    fn grants(&self) -> u64 {
        self.counts.grant.values().sum()
    }
}

/// Runs a task, and prints its figures as JSON.
pub fn child(task: &str) {
    let task: Task = serde_json::from_str(task).expect("a task");
    // The first of the runtimes is the one of host-test's command.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let began = Instant::now();
    let mut measured = match task.way {
        Way::Null => {
            let bytes_in = download(&Pooled::new(runtime.handle()), &task.base_url, &task.lists);
            Measured { bytes_in, ..Measured::default() }
        }
        Way::Native => native(&task, &runtime, &mut Writer::new(&task)),
        #[cfg(feature = "parquet")]
        Way::Parquet => parquet(&task, &runtime),
        #[cfg(feature = "c1z")]
        Way::C1z => c1z(&task, &runtime),
        Way::Component => runtime.block_on(component(&task, &mut Writer::new(&task))),
        Way::Review => runtime.block_on(review(&task)),
    };
    measured.wall = began.elapsed();
    measured.processor = processor_time();
    measured.resident = most_resident();
    if measured.bytes_out == 0 {
        measured.bytes_out = fs::metadata(&task.output).expect("the output is there").len();
    }
    println!("{}", serde_json::to_string(&measured).expect("figures are JSON"));
}

/// Writes a directory of tables beside the output, and removes it.
#[cfg(feature = "parquet")]
fn parquet(task: &Task, runtime: &Runtime) -> Measured {
    use host_test::output::{About, Completing, ParquetDraft};
    let place = tempfile::tempdir_in(task.output.parent().expect("a directory")).expect("a directory");
    let about = About {
        connector: "benchmark".to_owned(),
        connector_version: String::new(),
        account_id: ACCOUNT.to_owned(),
        base_url: Some(task.base_url.clone()),
        kinds: Vec::new(),
    };
    let tables = place.path().join("tables");
    let draft = ParquetDraft::begin(&tables, about).expect("the output can be written");
    let mut writer = Writer::to(draft);
    let measured = native(task, runtime, &mut writer);
    writer.to.complete(false).expect("the tables can be written");
    let files = fs::read_dir(&tables).expect("the output is there");
    let sizes = files.map(|file| file.and_then(|file| file.metadata()).expect("a file has a size").len());
    Measured { bytes_out: sizes.sum(), ..measured }
}

/// Writes a c1z in the place of the output. Its database grows beside it.
#[cfg(feature = "c1z")]
fn c1z(task: &Task, runtime: &Runtime) -> Measured {
    use host_test::output::{C1zDraft, Completing, Life, ResourceTypes};
    let known = cloudflare_zero_trust::contract::manifest().resource_types;
    let types = ResourceTypes { known, kinds: Vec::new() };
    let draft = C1zDraft::begin(&task.output, types, Life::Temporary).expect("the output can be written");
    let mut writer = Writer::to(draft);
    let measured = native(task, runtime, &mut writer);
    writer.to.complete(false).expect("the c1z can be written");
    measured
}

fn native(task: &Task, runtime: &Runtime, writer: &mut Writer<impl Sink>) -> Measured {
    let settings = Settings::parse("api-token", settings(&task.base_url)).expect("good settings");
    let pooled = Pooled::new(runtime.handle());
    let received = pooled.received();
    let mut session = Session::new(settings, pooled);
    let mut cursor: Option<String> = None;
    loop {
        let page: Page = session.read(&[], cursor.as_deref()).expect("a page").into();
        writer.page(&page);
        cursor = page.next;
        if cursor.is_none() {
            return Measured { grants: writer.grants(), bytes_in: received.get(), ..Measured::default() };
        }
    }
}

/// Makes the host as host-test's command does.
pub async fn host(component: Option<&Path>, cache: Cache) -> Host {
    let component =
        component.map_or(Cow::Borrowed(CONNECTOR), |path| fs::read(path).expect("a component").into());
    let config = Config { cache, ..Config::default() };
    Host::new(&component, config).await.expect("the connector is a component")
}

async fn component(task: &Task, writer: &mut Writer<impl Sink>) -> Measured {
    let host = host(task.component.as_deref(), Cache::Directory(task.cache.clone())).await;
    let session = host.open("api-token", &settings(&task.base_url)).await.expect("a session");
    let mut pages = Pages::start(session, Wanted::Kinds(Vec::new()), None);
    let mut measured = Measured::default();
    while let Some(given) = pages.next().await {
        let Given { page, traffic, memory_peak } = given.expect("a page");
        writer.page(&page.translate());
        measured = Measured { bytes_in: traffic.bytes_in, guest: memory_peak as u64, ..measured };
    }
    Measured { grants: writer.grants(), ..measured }
}

/// Makes the review when all pages are there.
async fn review(task: &Task) -> Measured {
    let (file, mut writer) = (output(task), Writer::to(Collector::default()));
    let measured = component(task, &mut writer).await;
    writer.to.write(0, &mut BufWriter::new(file)).expect("the review can be written");
    measured
}
