//! A mock on the loopback of IPv6, where the machine has one.

use host_test::mock::Options;
use std::net::{Ipv6Addr, TcpListener};

/// Returns the options of a mock on `::1`. Without IPv6 it says that the test is skipped.
pub fn options() -> Option<Options> {
    if let Err(error) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) {
        eprintln!("skipped: this machine has no IPv6 loopback: {error}");
        return None;
    }
    Some(Options { address: Ipv6Addr::LOCALHOST.into(), ..Options::default() })
}
