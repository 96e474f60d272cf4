//! Credentials in files, as Kubernetes mounts a Secret.

use super::{Found, KEYS, LONGEST, trimmed};
use std::io::ErrorKind;
use std::path::Path;
use tokio::fs::File;
use tokio::io::AsyncReadExt;

/// Looks a credential up. Its files are read each time, so that a token that is exchanged is the one that is
/// used.
pub(super) async fn find(directory: &Path, credential: &str) -> Result<Found, String> {
    let paths = KEYS.map(|key| directory.join(credential).join(key));
    let names = [0, 1, 2].map(|at: usize| paths[at].display().to_string());
    let mut values = [const { None }; KEYS.len()];
    for ((value, path), name) in values.iter_mut().zip(&paths).zip(&names) {
        *value = read(path).await.map_err(|why| format!("{name} can't be read: {why}"))?;
    }
    Ok(Found { values, names })
}

async fn read(path: &Path) -> Result<Option<String>, String> {
    let file = match File::open(path).await {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(|error| error.to_string())?,
    };
    let mut bytes = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut bytes).await.map_err(|error| error.to_string())?;
    if bytes.len() as u64 > LONGEST {
        return Err("it is too long to hold a credential".to_owned());
    }
    let text = String::from_utf8(bytes).map_err(|_| "it isn't UTF-8 text".to_owned())?;
    Ok(Some(trimmed(&text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[tokio::test]
    async fn a_mounted_secret_is_read_without_what_an_editor_puts_around_it() {
        let directory = tempfile::tempdir().unwrap();
        let berlin = directory.path().join("berlin-2");
        fs::create_dir_all(&berlin).unwrap();
        fs::write(berlin.join("email"), "a@example.com\n").unwrap();
        fs::write(berlin.join("api-key"), "\u{feff}canary\r\n").unwrap();
        let settings = find(directory.path(), "berlin-2").await.unwrap().settings().unwrap();
        assert_eq!(settings.auth_method, "api-key");
        assert_eq!(settings.settings[1].1, "canary");
        fs::write(berlin.join("api-key"), "exchanged").unwrap();
        let settings = find(directory.path(), "berlin-2").await.unwrap().settings().unwrap();
        assert_eq!(settings.settings[1].1, "exchanged");
    }

    #[tokio::test]
    async fn what_is_missing_or_no_credential_is_named_by_its_path() {
        let directory = tempfile::tempdir().unwrap();
        let error = find(directory.path(), "berlin").await.unwrap().settings().unwrap_err();
        let path = directory.path().join("berlin").join("api-token");
        assert!(error.starts_with(&format!("there is no {}, and no ", path.display())), "{error}");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        for (content, told) in [
            (b"canary\xff".to_vec(), "it isn't UTF-8 text"),
            (b"canary".repeat(20_000), "it is too long to hold a credential"),
        ] {
            fs::write(&path, content).unwrap();
            let error = find(directory.path(), "berlin").await.err().unwrap();
            assert_eq!(error, format!("{} can't be read: {told}", path.display()));
        }
    }
}
