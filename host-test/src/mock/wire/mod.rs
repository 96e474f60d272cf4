//! From a request on the wire to an answer on the wire.

mod connection;
mod handler;
mod life;
mod play;
mod server;
mod spoil;
mod traffic;

pub(crate) use connection::serve;
pub(crate) use handler::Front;
pub use handler::Hold;
pub(crate) use server::Server;
pub use traffic::Recorded;
