//! A look at everything that surrounds a guest.

use super::bindings::exports::iga::connector::sync;
use super::pages;

/// Reports everything from std, the clocks and the random numbers, a message each.
#[cfg(target_os = "wasi")]
pub(super) fn look_around() -> sync::Page {
    use std::env;
    use std::hash::{BuildHasher, RandomState};
    use std::io::{Read, stdin};
    use waki::bindings::wasi::clocks::{monotonic_clock, wall_clock};
    use waki::bindings::wasi::random::random;

    let mut input = Vec::new();
    let read = stdin().read_to_end(&mut input).map_err(|error| error.kind());
    let ticks = monotonic_clock::now() <= monotonic_clock::now();
    pages::saying([
        format!("environment {:?}", env::vars().collect::<Vec<_>>()),
        format!("arguments {:?}", env::args().collect::<Vec<_>>()),
        format!("input {read:?} {input:?}"),
        format!("clocks {}", ticks && wall_clock::now().seconds > 0),
        format!("random {} {}", random::get_random_u64(), RandomState::new().hash_one(0)),
    ])
}

/// Reports nothing, since a plugin imports none of it.
#[cfg(not(target_os = "wasi"))]
pub(super) fn look_around() -> sync::Page {
    pages::empty()
}

#[cfg(feature = "filesystem")]
pub(super) fn read_files() {
    drop(std::hint::black_box(std::fs::read("/etc/passwd")));
}

#[cfg(not(feature = "filesystem"))]
pub(super) fn read_files() {}

/// Sockets without std, whose own would import files too.
#[cfg(feature = "sockets")]
#[allow(unsafe_code, clippy::all, reason = "generated")]
mod network {
    wit_bindgen::generate!({
        inline: "
            package guests:sockets;

            world sockets {
                import wasi:sockets/instance-network@0.2.2;
            }

            package wasi:sockets@0.2.2 {
                interface network {
                    resource network;
                }
                interface instance-network {
                    use network.{network};
                    instance-network: func() -> network;
                }
            }
        ",
        generate_all,
    });
}

#[cfg(feature = "sockets")]
pub(super) fn connect() {
    drop(network::wasi::sockets::instance_network::instance_network());
}

#[cfg(not(feature = "sockets"))]
pub(super) fn connect() {}
