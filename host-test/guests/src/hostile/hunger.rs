//! The use of everything without a limit: time, memory, handles.

use super::bindings::exports::iga::connector::{connection, sync, types};
use super::{SessionResource, number, pages};
use std::arch::wasm32::{memory_grow, memory_size};
use std::hint::black_box;
use std::io::Write;
use std::mem::forget;
use waki::Method;
use waki::bindings::wasi::clocks::monotonic_clock;
use waki::bindings::wasi::http::types::{Fields, OutgoingRequest};

/// Computes for ever.
pub(super) fn compute() {
    for number in 0_u64.. {
        black_box(number);
    }
}

/// Calls a cheap function of the host for ever.
pub(super) fn call_host() {
    loop {
        black_box(monotonic_clock::now());
    }
}

/// Sleeps for centuries.
pub(super) fn sleep() {
    monotonic_clock::subscribe_duration(u64::MAX).block();
}

/// Takes memory for ever, a mebibyte at a time.
pub(super) fn grow() {
    loop {
        black_box(memory_grow::<0>(16));
    }
}

/// Takes memory until it has that many pages of 64 KiB, and reports the number that it has.
pub(super) fn grow_to(pages: usize) -> Result<sync::Page, types::Error> {
    memory_grow::<0>(pages.saturating_sub(memory_size::<0>()));
    Ok(pages::saying([memory_size::<0>().to_string()]))
}

/// Prints for ever.
pub(super) fn print() {
    let line = [b'x'; 4096];
    while std::io::stdout().write_all(&line).is_ok() && std::io::stderr().write_all(&line).is_ok() {}
}

/// Calls itself, and never returns.
#[expect(unconditional_recursion, reason = "that is the misbehaviour")]
pub(super) fn recurse(depth: u64) -> u64 {
    black_box(depth) ^ recurse(black_box(depth + 1))
}

/// Makes the host keep things, without end or as many as the third argument says. The second
/// argument is the size of each in bytes.
pub(super) fn keep(arguments: &[&str]) -> Result<sync::Page, types::Error> {
    let what = arguments.first().copied().unwrap_or_default();
    let text = "x".repeat(number(arguments.get(1..).unwrap_or_default()));
    let most = arguments.get(2).map_or(usize::MAX, |_| number(&arguments[2..]));
    for kept in 0..most {
        if let Err(refused) = keep_one(what, &text) {
            return Ok(pages::saying([format!("{refused} after {kept}")]));
        }
    }
    Ok(pages::empty())
}

fn keep_one(what: &str, text: &str) -> Result<(), &'static str> {
    match what {
        "sessions" => forget(connection::Session::new(SessionResource { in_validate: String::new() })),
        "sleeps" => forget(monotonic_clock::subscribe_duration(u64::MAX)),
        #[cfg(target_os = "wasi")]
        "outputs" => forget(waki::bindings::wasi::cli::stdout::get_stdout()),
        "headers" => {
            let fields = Fields::new();
            fields
                .append(&"x".to_owned(), &text.as_bytes().to_vec())
                .map_err(|_| "the header was refused")?;
            forget(fields);
        }
        "methods" => {
            let request = OutgoingRequest::new(Fields::new());
            request.set_method(&Method::Other(text.to_owned())).map_err(|()| "the method was refused")?;
            forget(request);
        }
        "authorities" => {
            let request = OutgoingRequest::new(Fields::new());
            request.set_authority(Some(text)).map_err(|()| "the authority was refused")?;
            forget(request);
        }
        "paths" => {
            let request = OutgoingRequest::new(Fields::new());
            request.set_path_with_query(Some(&format!("/{text}"))).map_err(|()| "the path was refused")?;
            forget(request);
        }
        "bodies" => {
            let request = OutgoingRequest::new(Fields::new());
            let body = request.body().map_err(|()| "the body was refused")?;
            let stream = body.write().map_err(|()| "the stream was refused")?;
            while let Ok(room @ 1..) = stream.check_write() {
                stream.write(&vec![b'x'; room as usize]).map_err(|_| "the write was refused")?;
            }
            forget((stream, body, request));
        }
        _ => return Err("nothing of that name is kept"),
    }
    Ok(())
}
