//! The places that a store can be at.

use super::{Store, StoreError};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use reqwest::Url;
use std::ffi::OsString;
use std::path::{PathBuf, absolute};
use std::sync::Arc;

/// The region of a compatible server that has none.
const REGION: &str = "us-east-1";

/// Opens the store that a text names. The variables are those of the environment.
pub(super) fn open(
    text: &str,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Store, StoreError> {
    let wrong = |why: &str| StoreError::Place { place: text.to_owned(), why: why.to_owned() };
    if let Some(rest) = text.strip_prefix("s3://") {
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() || bucket.contains(['@', ':', '?', '#']) {
            return Err(wrong("give s3://BUCKET/PREFIX, and the access in the variables AWS_…"));
        }
        return s3(bucket, prefix, variables).map_err(|why| wrong(&why));
    }
    if text.starts_with("file:") {
        let path = Url::parse(text).ok().and_then(|url| url.to_file_path().ok());
        return directory(path.ok_or_else(|| wrong("give file:///PATH"))?).map_err(|why| wrong(&why));
    }
    if text.is_empty() || text.contains("://") {
        return Err(wrong("give a directory, file:///PATH or s3://BUCKET/PREFIX"));
    }
    directory(PathBuf::from(text)).map_err(|why| wrong(&why))
}

fn directory(path: PathBuf) -> Result<Store, String> {
    let path = absolute(path).map_err(|error| error.to_string())?;
    let base = Path::from_absolute_path(&path).map_err(|error| error.to_string())?;
    // A page whose cursor is stored must also be there after a power cut.
    let objects = Arc::new(LocalFileSystem::new().with_fsync(true));
    Ok(Store { objects, base, directory: Some(path) })
}

fn s3(
    bucket: &str,
    prefix: &str,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<Store, String> {
    // Without effect where the process has one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let base = Path::parse(prefix.trim_end_matches('/')).map_err(|error| error.to_string())?;
    let mut builder = AmazonS3Builder::new();
    for (name, value) in variables {
        let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else { continue };
        if let (true, Ok(key)) = (name.starts_with("AWS_"), name.to_ascii_lowercase().parse()) {
            builder = builder.with_config(key, value);
        }
    }
    builder = builder.with_bucket_name(bucket);
    if builder.get_config_value(&AmazonS3ConfigKey::Region).is_none() {
        builder = builder.with_region(REGION);
    }
    let objects = Arc::new(builder.build().map_err(|error| error.to_string())?);
    Ok(Store { objects, base, directory: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_place_is_refused() {
        for text in
            ["", "http://host/a", "s3://", "s3:///prefix", "s3://key:secret@bucket/a", "file://host/a"]
        {
            assert!(matches!(open(text, []), Err(StoreError::Place { .. })), "{text}");
        }
    }

    #[test]
    fn directories_and_buckets_are_places() {
        for (text, base) in [
            ("/var/runs", "var/runs"),
            ("file:///var/a%20b", "var/a b"),
            ("s3://bucket/a/b/", "a/b"),
            ("s3://bucket", ""),
        ] {
            assert_eq!(open(text, []).unwrap().base.to_string(), base, "{text}");
        }
        let here = open("runs", []).unwrap().directory.unwrap();
        assert_eq!(here, std::env::current_dir().unwrap().join("runs"));
    }
}
