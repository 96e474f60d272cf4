//! Credentials that a program of the operator's looks up, for example in a vault.

use super::{Found, KEYS, LONGEST, trimmed};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::time::timeout;

/// The longest time that the program may take.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);

/// Looks a credential up. The program's standard error goes where that of this process goes.
pub(super) async fn find(program: &[OsString], credential: &str, longest: Duration) -> Result<Found, String> {
    let Some((name, arguments)) = program.split_first() else {
        return Err("no program is named that looks it up".to_owned());
    };
    let shown = name.to_string_lossy();
    let mut command = Command::new(name);
    command.args(arguments).arg(credential);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| format!("{shown} can't be started: {error}"))?;
    let output = async {
        let mut bytes = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            stdout.take(LONGEST + 1).read_to_end(&mut bytes).await?;
        }
        Ok::<_, std::io::Error>((child.wait().await?, bytes))
    };
    let (status, bytes) = timeout(longest, output)
        .await
        .map_err(|_| format!("{shown} didn't end within {} seconds", longest.as_secs()))?
        .map_err(|error| format!("the output of {shown} can't be read: {error}"))?;
    if bytes.len() as u64 > LONGEST {
        return Err(format!("{shown} wrote more than a credential is long"));
    }
    if !status.success() {
        return Err(format!("{shown} failed ({status}). What it says is on the worker's standard error"));
    }
    parse(&bytes).map_err(|()| {
        format!(
            "the output of {shown} isn't a JSON object with api-token, or with email and api-key, as texts"
        )
    })
}

/// Reads the object. An error of the parser would repeat what stands there.
fn parse(bytes: &[u8]) -> Result<Found, ()> {
    let mut given: BTreeMap<String, String> = serde_json::from_slice(bytes).map_err(|_| ())?;
    let values = KEYS.map(|key| given.remove(key).map(|value| trimmed(&value)));
    if !given.is_empty() {
        return Err(());
    }
    Ok(Found { values, names: KEYS.map(|key| format!("{key} in the program's output")) })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Vec<OsString> {
        ["/bin/sh", "-c", script, "sh"].map(OsString::from).to_vec()
    }

    async fn run(script: &str) -> Result<super::super::Settings, String> {
        find(&shell(script), "berlin-2", TIMEOUT).await.and_then(Found::settings)
    }

    #[tokio::test]
    async fn the_name_is_the_last_argument_and_the_output_is_the_credential() {
        let settings = run(r#"printf '{"api-token": "token-of-%s"}\n' "$1""#).await.unwrap();
        assert_eq!(settings.settings, [("api-token".to_owned(), "token-of-berlin-2".to_owned())]);
        let settings = run(r#"echo '{"email": "a@example.com", "api-key": "canary"}'"#).await.unwrap();
        assert_eq!(settings.auth_method, "api-key");
    }

    #[tokio::test]
    async fn what_the_program_wrote_is_in_no_error() {
        for (script, told) in [
            ("echo canary; exit 3", "failed (exit status: 3)"),
            ("echo canary", "isn't a JSON object"),
            (r#"echo '{"api-token": "canary", "canary": "x"}'"#, "isn't a JSON object"),
            (r#"echo '{"api-token": {"canary": 1}}'"#, "isn't a JSON object"),
            (r#"echo '{"email": "canary"}'"#, "there is email in the program's output, and no api-key"),
            ("echo '{}'", "there is no api-token in the program's output"),
            ("while :; do echo canary; done", "wrote more than a credential is long"),
        ] {
            let error = run(script).await.unwrap_err();
            assert!(error.contains(told), "{script}: {error}");
            assert!(!error.contains("canary"), "{script}: {error}");
        }
    }

    #[tokio::test]
    async fn a_program_that_hangs_or_is_not_there_is_named() {
        let error = find(&shell("exec sleep 600"), "a", Duration::from_millis(1)).await.err().unwrap();
        assert!(error.starts_with("/bin/sh didn't end within"), "{error}");
        let error = find(&["/nothing/here".into()], "a", TIMEOUT).await.err().unwrap();
        assert!(error.starts_with("/nothing/here can't be started: "), "{error}");
    }
}
