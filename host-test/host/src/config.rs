//! The configuration of a host.

use crate::authorities::Authorities;
use crate::cache::Cache;
use crate::limits::Limits;
use crate::proxy::Proxy;

/// The configuration of a [`Host`](crate::Host).
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The limits of each session.
    pub limits: Limits,
    /// The place of the compiled component.
    pub cache: Cache,
    /// The certificate authorities that are trusted in addition to those of this machine.
    pub authorities: Authorities,
    /// The way to origins of `https`. The environment of the process counts only with
    /// [`Proxy::from_env`].
    pub proxy: Proxy,
}
