//! The search for applications that a subject has access to.
