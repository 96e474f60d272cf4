//! Granting, revoking, and reading one resource.

mod native;
mod properties;
mod random;
