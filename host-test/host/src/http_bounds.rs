//! Bounds on the memory that a guest's requests take in the host, where wasmtime has none.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi_http::p2::bindings::http::outgoing_handler::Host as Handler;
use wasmtime_wasi_http::p2::bindings::http::types::{
    ErrorCode, FutureIncomingResponse, HostOutgoingRequest, Method, OutgoingRequest, RequestOptions,
};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpView};

/// The most bytes of a request's headers, with wasmtime's own overhead for each header.
const HEADERS: usize = 16 * 1024;
/// The most bytes of a method that HTTP doesn't define.
const METHOD: usize = 32;
/// The most bytes of a host and a port.
const AUTHORITY: usize = 300;
/// The most bytes of a path with its query.
const PATH: usize = 16 * 1024;
pub(crate) fn context() -> WasiHttpCtx {
    let mut context = WasiHttpCtx::new();
    context.set_field_size_limit(HEADERS);
    context
}

/// Replaces four of wasmtime's own functions, which must be in the linker already.
///
/// wasmtime takes a method of any length, and authorities and paths of up to 64 KiB. It also keeps
/// the options of each request after it was sent, so that the limit on handles would limit the
/// number of requests.
pub(crate) fn add_to_linker<T: WasiHttpView>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let mut types = linker.instance("wasi:http/types@0.2.12")?;
    types.func_wrap("[method]outgoing-request.set-method", set_method::<T>)?;
    types.func_wrap("[method]outgoing-request.set-authority", set_authority::<T>)?;
    types.func_wrap("[method]outgoing-request.set-path-with-query", set_path::<T>)?;
    linker.instance("wasi:http/outgoing-handler@0.2.12")?.func_wrap("handle", handle::<T>)?;
    linker.allow_shadowing(false);
    Ok(())
}

/// The result of a request's setter; the inner `Err` refuses the part.
type Taken = wasmtime::Result<(Result<(), ()>,)>;

fn set_method<T: WasiHttpView>(
    mut store: StoreContextMut<'_, T>,
    (request, method): (Resource<OutgoingRequest>, Method),
) -> Taken {
    match &method {
        Method::Other(name) if name.len() > METHOD => Ok((Err(()),)),
        _ => Ok((store.data_mut().http().set_method(request, method)?,)),
    }
}

fn set_authority<T: WasiHttpView>(
    mut store: StoreContextMut<'_, T>,
    (request, authority): (Resource<OutgoingRequest>, Option<String>),
) -> Taken {
    if is_longer(authority.as_ref(), AUTHORITY) {
        return Ok((Err(()),));
    }
    Ok((store.data_mut().http().set_authority(request, authority)?,))
}

fn set_path<T: WasiHttpView>(
    mut store: StoreContextMut<'_, T>,
    (request, path): (Resource<OutgoingRequest>, Option<String>),
) -> Taken {
    if is_longer(path.as_ref(), PATH) {
        return Ok((Err(()),));
    }
    Ok((store.data_mut().http().set_path_with_query(request, path)?,))
}

fn is_longer(text: Option<&String>, limit: usize) -> bool {
    text.is_some_and(|text| text.len() > limit)
}

type Sent = Result<Resource<FutureIncomingResponse>, ErrorCode>;

fn handle<T: WasiHttpView>(
    mut store: StoreContextMut<'_, T>,
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
