//! The connector as a program of its own: `wasmtime run -S http … cloudflare-zero-trust.wasm
//! --help`.

#[cfg(target_family = "wasm")]
fn main() -> std::process::ExitCode {
    cloudflare_zero_trust::wasi::command()
}

/// Explains how to build it. Tools that build every target of the workspace also build this program
/// natively.
#[cfg(not(target_family = "wasm"))]
fn main() {
    eprintln!("Build this program for wasm32-wasip2, and run it with `wasmtime run -S http`.");
    std::process::exit(1);
}
