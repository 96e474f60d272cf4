//! Bounds on what a guest's requests make the host keep, where wasmtime has none.

use super::sandbox::Sandbox;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi_http::p2::bindings::http::outgoing_handler::Host as Handler;
use wasmtime_wasi_http::p2::bindings::http::types::{
    ErrorCode, FutureIncomingResponse, HostOutgoingRequest, Method, OutgoingRequest, RequestOptions,
};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpView};

/// Bytes of a request's headers, with what each header takes beside its text.
const HEADERS: usize = 16 * 1024;
/// Bytes of a made-up method.
const METHOD: usize = 32;
/// Bytes of a host and a port.
const AUTHORITY: usize = 300;
/// Bytes of a path with its query.
const PATH: usize = 16 * 1024;
/// Bytes that a request's body may be ahead of the network, in each of two buffers.
pub(super) const BODY_CHUNK: usize = 16 * 1024;

pub(super) fn context() -> WasiHttpCtx {
    let mut context = WasiHttpCtx::new();
    context.set_field_size_limit(HEADERS);
    context
}

/// Puts itself before wasmtime's own functions, which have been added to the linker.
///
/// wasmtime takes whatever length as a method, and 64 KiB each as an authority and a path; and it
/// never lets go of the options of a request that was sent, so that a session could only send so
/// many.
pub(super) fn add_to_linker(linker: &mut Linker<Sandbox>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let mut types = linker.instance("wasi:http/types@0.2.12")?;
    types.func_wrap("[method]outgoing-request.set-method", set_method)?;
    types.func_wrap("[method]outgoing-request.set-authority", set_authority)?;
    types.func_wrap("[method]outgoing-request.set-path-with-query", set_path)?;
    linker.instance("wasi:http/outgoing-handler@0.2.12")?.func_wrap("handle", handle)?;
    linker.allow_shadowing(false);
    Ok(())
}

type Store<'a> = StoreContextMut<'a, Sandbox>;
type Taken = wasmtime::Result<(Result<(), ()>,)>;

fn set_method(mut store: Store<'_>, (request, method): (Resource<OutgoingRequest>, Method)) -> Taken {
    match &method {
        Method::Other(name) if name.len() > METHOD => Ok((Err(()),)),
        _ => Ok((store.data_mut().http().set_method(request, method)?,)),
    }
}

fn set_authority(
    mut store: Store<'_>,
    (request, authority): (Resource<OutgoingRequest>, Option<String>),
) -> Taken {
    if is_longer(authority.as_ref(), AUTHORITY) {
        return Ok((Err(()),));
    }
    Ok((store.data_mut().http().set_authority(request, authority)?,))
}

fn set_path(mut store: Store<'_>, (request, path): (Resource<OutgoingRequest>, Option<String>)) -> Taken {
    if is_longer(path.as_ref(), PATH) {
        return Ok((Err(()),));
    }
    Ok((store.data_mut().http().set_path_with_query(request, path)?,))
}

fn is_longer(text: Option<&String>, limit: usize) -> bool {
    text.is_some_and(|text| text.len() > limit)
}

type Sent = Result<Resource<FutureIncomingResponse>, ErrorCode>;

fn handle(
    mut store: Store<'_>,
    (request, options): (Resource<OutgoingRequest>, Option<Resource<RequestOptions>>),
) -> wasmtime::Result<(Sent,)> {
    let mut view = store.data_mut().http();
    let kept = options.as_ref().map(|options| Resource::<RequestOptions>::new_own(options.rep()));
    let sent = view.handle(request, options);
    if let Some(options) = kept {
        view.table.delete(options)?;
    }
    match sent {
        Ok(pending) => Ok((Ok(pending),)),
        Err(error) => Ok((Err(error.downcast()?),)),
    }
}
