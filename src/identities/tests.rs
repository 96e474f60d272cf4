//! Facts: what is kept of them.
