//! Runs the program as `wasmtime run -S http` does, with its output in memory.

use host_test::mock::{Account, DEMO_TOKEN, Mock, Options};
use tokio::sync::OnceCell;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::p2::bindings::{Command, CommandPre};
use wasmtime_wasi::p2::pipe::{ClosedOutputStream, MemoryInputPipe, MemoryOutputPipe};
use wasmtime_wasi::{I32Exit, WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView, default_hooks};

/// A secret that must show up nowhere.
pub const CANARY: &str = "canary-0f9e8d7c6b5a";

struct World {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
}

impl WasiView for World {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for World {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: default_hooks(), table: &mut self.table, ctx: &mut self.http }
    }
}

/// Compiles the program once. An engine serves any runtime.
async fn program() -> &'static CommandPre<World> {
    static PROGRAM: OnceCell<CommandPre<World>> = OnceCell::const_new();
    let prepare = || async {
        let engine = Engine::default();
        let component = Component::new(&engine, host_test::STANDALONE).unwrap();
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker).unwrap();
        CommandPre::new(linker.instantiate_pre(&component).unwrap()).unwrap()
    };
    PROGRAM.get_or_init(prepare).await
}

/// A process that hasn't begun.
#[derive(Clone, Default)]
pub struct Process {
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    input: String,
    is_unread: bool,
}

/// The output of a process, also while it runs.
#[derive(Clone)]
pub struct Written {
    stdout: MemoryOutputPipe,
    stderr: MemoryOutputPipe,
}

impl Written {
    pub fn stdout(&self) -> String {
        String::from_utf8(self.stdout.contents().to_vec()).unwrap()
    }

    pub fn stderr(&self) -> String {
        String::from_utf8(self.stderr.contents().to_vec()).unwrap()
    }
}

/// The end of a process.
pub struct Output {
    pub exit: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    #[track_caller]
    pub fn assert_exit(&self, exit: i32) -> &Output {
        assert_eq!(self.exit, exit, "{}\n{}", self.stdout, self.stderr);
        self
    }
}

impl Process {
    pub fn new(arguments: &[&str]) -> Process {
        Process {
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
            ..Process::default()
        }
    }

    pub fn env(mut self, name: &str, value: &str) -> Process {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn input(mut self, text: &str) -> Process {
        text.clone_into(&mut self.input);
        self
    }

    /// Closes standard output, as a reader does that is gone.
    pub fn unread(self) -> Process {
        Process { is_unread: true, ..self }
    }

    /// Sets the mock's account and a token.
    pub fn of(self, mock: &Mock) -> Process {
        self.with_token(mock, DEMO_TOKEN)
    }

    pub fn with_token(self, mock: &Mock, token: &str) -> Process {
        self.env("CLOUDFLARE_BASE_URL", &mock.base_url())
            .env("CLOUDFLARE_ACCOUNT_ID", &mock.read(|account| account.id.clone()))
            .env("CLOUDFLARE_API_TOKEN", token)
    }

    pub fn arguments(&self) -> &[String] {
        &self.arguments
    }

    pub fn environment(&self) -> &[(String, String)] {
        &self.environment
    }

    pub async fn run(self) -> Output {
        let (written, running) = self.start();
        let exit = running.await;
        Output { exit, stdout: written.stdout(), stderr: written.stderr() }
    }

    /// Starts the process. Returns its output, and its exit code in the end.
    pub fn start(self) -> (Written, impl Future<Output = i32>) {
        const ROOM: usize = 64 << 20;
        let written = Written { stdout: MemoryOutputPipe::new(ROOM), stderr: MemoryOutputPipe::new(ROOM) };
        let mut wasi = WasiCtx::builder();
        wasi.arg("cloudflare-zero-trust.wasm")
            .args(&self.arguments)
            .envs(&self.environment)
            .stdin(MemoryInputPipe::new(self.input.into_bytes()))
            .stderr(written.stderr.clone());
        match self.is_unread {
            true => wasi.stdout(ClosedOutputStream),
            false => wasi.stdout(written.stdout.clone()),
        };
        let wasi = wasi.build();
        let running = async move {
            let program = program().await;
            let world = World { wasi, http: WasiHttpCtx::new(), table: ResourceTable::new() };
            let mut store = Store::new(program.engine(), world);
            let command: Command = program.instantiate_async(&mut store).await.unwrap();
            match command.wasi_cli_run().call_run(&mut store).await {
                Ok(Ok(())) => 0,
                Ok(Err(())) => 1,
                Err(error) => match error.downcast_ref::<I32Exit>() {
                    Some(I32Exit(code)) => *code,
                    None => panic!("the program trapped: {error:?}"),
                },
            }
        };
        (written, running)
    }
}

/// Starts a mock with the demo company.
pub async fn company() -> Mock {
    Mock::start(Account::company(), Options::default()).await.unwrap()
}

/// Returns the lines of a read through this project's own host.
pub async fn by_our_host(mock: &Mock) -> String {
    use cloudflare_zero_trust::output::{JsonLines, Sink};
    use connector_host::{Config, Host};
    use host_test::contract::Translate;
    let host = Host::new(host_test::CONNECTOR, Config::default()).await.unwrap();
    let settings = [
        ("account-id", mock.read(|account| account.id.clone())),
        ("base-url", mock.base_url()),
        ("api-token", DEMO_TOKEN.to_owned()),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value));
    let mut session = host.open("api-token", &settings).await.unwrap();
    let mut lines = Vec::new();
    let mut cursor = None;
    loop {
        let page = session.read(&[], cursor.as_deref()).await.unwrap();
        cursor = page.next.clone();
        JsonLines::new(&mut lines).page(&page.translate()).unwrap();
        if cursor.is_none() {
            return String::from_utf8(lines).unwrap();
        }
    }
}
