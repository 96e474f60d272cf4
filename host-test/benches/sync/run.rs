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
    Component,
    Review,
}

impl Way {
    pub const ALL: [Way; 4] = [Way::Null, Way::Native, Way::Component, Way::Review];

    pub fn word(self) -> &'static str {
        match self {
            Way::Null => "null",
            Way::Native => "native",
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

/// Writes pages, and counts.
struct Writer {
    output: Output,
    counts: Counts,
}

enum Output {
    Lines(JsonLines<File>),
    Review(Box<Collector>, File),
}

impl Writer {
    fn new(task: &Task) -> Writer {
        let file = File::create(&task.output).expect("the output can be written");
        let output = match task.way {
            Way::Review => Output::Review(Box::default(), file),
            _ => Output::Lines(JsonLines::new(file)),
        };
        Writer { output, counts: Counts::default() }
    }

    fn page(&mut self, page: &Page) {
        let written = match &mut self.output {
            Output::Lines(lines) => lines.page(page),
            Output::Review(review, _) => review.page(page),
        };
        written.expect("a page can be written");
        self.counts.add(page);
    }

    /// Writes what needs the whole read, and returns the number of grants.
    fn finish(self) -> u64 {
        if let Output::Review(review, file) = self.output {
            review.write(0, &mut BufWriter::new(file)).expect("the review can be written");
        }
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
        Way::Native => native(&task, &runtime),
        Way::Component | Way::Review => runtime.block_on(component(&task)),
    };
    measured.wall = began.elapsed();
    measured.processor = processor_time();
    measured.resident = most_resident();
    measured.bytes_out = fs::metadata(&task.output).expect("the output is there").len();
    println!("{}", serde_json::to_string(&measured).expect("figures are JSON"));
}

fn native(task: &Task, runtime: &Runtime) -> Measured {
    let settings = Settings::parse("api-token", settings(&task.base_url)).expect("good settings");
    let pooled = Pooled::new(runtime.handle());
    let received = pooled.received();
    let mut session = Session::new(settings, pooled);
    let mut writer = Writer::new(task);
    let mut cursor: Option<String> = None;
    loop {
        let page: Page = session.read(&[], cursor.as_deref()).expect("a page").into();
        writer.page(&page);
        cursor = page.next;
        if cursor.is_none() {
            return Measured { grants: writer.finish(), bytes_in: received.get(), ..Measured::default() };
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

async fn component(task: &Task) -> Measured {
    let host = host(task.component.as_deref(), Cache::Directory(task.cache.clone())).await;
    let session = host.open("api-token", &settings(&task.base_url)).await.expect("a session");
    let mut writer = Writer::new(task);
    let mut pages = Pages::start(session, Wanted::Kinds(Vec::new()), None);
    let mut measured = Measured::default();
    while let Some(given) = pages.next().await {
        let Given { page, traffic, memory_peak } = given.expect("a page");
        writer.page(&page.translate());
        measured = Measured { bytes_in: traffic.bytes_in, guest: memory_peak as u64, ..measured };
    }
    Measured { grants: writer.finish(), ..measured }
}
