//! Runs in a real object store: a directory, and a server that speaks S3.

mod bucket;
mod command;
mod killed;
mod server;
