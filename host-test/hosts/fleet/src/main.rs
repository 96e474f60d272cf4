//! The command `fleet`.

use clap::Parser;
use fleet::commands::Fleet;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    Fleet::parse().run().await
}
