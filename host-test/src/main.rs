//! `host-test`: see `host-test --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    host_test::command::main()
}
