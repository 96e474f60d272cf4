//! A worker of the fleet: one process, one compiled connector, and as many sessions at once as it has slots.

use crate::changes::{AccountChanges, Changers};
use crate::credential::{Credential, Slots};
use crate::engine::{Engine, causes};
use crate::secrets::{Secrets, SecretsArgs};
use crate::store::Store;
use crate::sync::{SyncAccount, SyncIsDue, Syncs};
use clap::Args;
use connector_host::{Cache, Config, Host, Proxy};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use temporalio_common::telemetry::{
    PrometheusExporterOptions, TelemetryOptions, start_prometheus_metric_exporter,
};
use temporalio_common::worker::WorkerDeploymentOptions;
use temporalio_sdk::runtime::RuntimeOptions;
use temporalio_sdk::runtime::worker_tuner::{FixedSizeSlotSupplier, TunerHolder};
use temporalio_sdk::{Runtime, Worker, WorkerOptions};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// The longest time between two heartbeats that the server gets, for syncs of many short pages.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// The longest time that a setting of the connector may have it wait within one call.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// The workflow tasks at once. Each takes a moment.
const WORKFLOW_TASKS: usize = 100;

/// The options of a worker.
#[derive(Debug, Args)]
pub struct WorkerArgs {
    /// The store of runs: a directory, or a URL
    #[arg(long, env = "FLEET_STORE", value_name = "URL")]
    store: String,
    /// The syncs and changes at once
    #[arg(long, default_value_t = 10, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    slots: u32,
    /// The complete runs that are kept of each account
    #[arg(long, default_value_t = 7, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    keep: u32,
    /// The directory of the compiled connector, to start faster. Without it, the user's cache directory
    #[arg(long, env = "FLEET_CACHE", value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Serves metrics for Prometheus at this address, under /metrics
    #[arg(long, env = "FLEET_METRICS", value_name = "HOST:PORT")]
    metrics_addr: Option<SocketAddr>,
    /// After SIGTERM, how long a page may take to its end before another worker reads it again, in seconds
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    grace: u64,
    #[command(flatten)]
    secrets: SecretsArgs,
}

/// Runs a worker until SIGTERM or SIGINT, and until what it was working on has been handed over.
///
/// # Errors
/// Fails if the cluster can't be reached, or if the connector, the store or the metrics can't be started.
pub async fn run(engine: &Engine, args: &WorkerArgs) -> Result<(), Failed> {
    let (stop, stopping) = watch::channel(false);
    let stop = Arc::new(stop);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;

    let store = Store::open(&args.store)?;
    let reader = host(host_test::READER, args).await?;
    let writer = host(host_test::CONNECTOR, args).await?;
    let client = engine.connect().await?;
    let runtime = Runtime::from_current_tokio(telemetry(args)?)?;
    let keep = usize::try_from(args.keep)?;
    let secrets = Secrets::new(args.secrets.source());
    let changers = Changers { host: writer, secrets: secrets.clone(), stopping: stopping.clone() };
    let syncs = Syncs { host: reader, store, secrets, keep, stopping };
    let slots = usize::try_from(args.slots)?;
    let options = WorkerOptions::new(&engine.queue)
        .deployment_options(WorkerDeploymentOptions::from_build_id(env!("CARGO_PKG_VERSION").to_owned()))
        .tuner(tuner(slots))
        .max_heartbeat_throttle_interval(HEARTBEAT)
        .graceful_shutdown_period(Duration::from_secs(args.grace))
        .register_workflow::<SyncAccount>()?
        .register_workflow::<SyncIsDue>()?
        .register_workflow::<AccountChanges>()?
        .register_workflow::<Credential>()?
        .register_activities(syncs)
        .register_activities(changers)
        .register_activities(Slots)
        .build();
    let namespace = client.options().namespace.clone();
    let mut worker = Worker::new(&runtime, client, options)?;
    let shut_down = worker.shutdown_handle();
    tokio::spawn(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        tracing::info!("asked to end: each sync goes on to the end of its page, and then on another worker");
        let _ = stop.send(true);
        shut_down();
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        tracing::warn!("asked again: what is under way is given up");
        std::process::exit(1);
    });
    tracing::info!(queue = engine.queue, namespace, slots, "the worker is ready");
    worker.run().await.map_err(|error| format!("the worker has ended: {}", causes(&error)))?;
    tracing::info!("the worker has ended");
    Ok(())
}

async fn host(component: &[u8], args: &WorkerArgs) -> Result<Host, Failed> {
    let cache = args.cache.clone().map_or_else(Cache::default, Cache::Directory);
    let mut config = Config { cache, proxy: Proxy::from_env(), ..Config::default() };
    config.limits.call += LONGEST_WAIT;
    Ok(Host::new(component, config).await?)
}

fn telemetry(args: &WorkerArgs) -> Result<RuntimeOptions, Failed> {
    let Some(address) = args.metrics_addr else { return Ok(RuntimeOptions::default()) };
    let options = PrometheusExporterOptions::builder().socket_addr(address).build();
    let served = start_prometheus_metric_exporter(options)
        .map_err(|error| format!("metrics can't be served at {address}: {error:#}"))?;
    let metrics: Arc<dyn temporalio_common::telemetry::metrics::CoreMeter> = served.meter;
    let telemetry = TelemetryOptions::builder().metrics(metrics).build();
    Ok(RuntimeOptions::builder().telemetry_options(telemetry).build()?)
}

fn tuner(slots: usize) -> TunerHolder {
    TunerHolder::builder()
        .workflow_task_slot_supplier(FixedSizeSlotSupplier::new(WORKFLOW_TASKS))
        .activity_task_slot_supplier(FixedSizeSlotSupplier::new(slots))
        .local_activity_task_slot_supplier(FixedSizeSlotSupplier::new(WORKFLOW_TASKS))
        .nexus_task_slot_supplier(FixedSizeSlotSupplier::new(1))
        .build()
}
