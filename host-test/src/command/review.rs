//! `host-test review`: one file of HTML that says who holds what and why.

use super::connector;
use super::facts::{Opener, SourcesArgs};
use super::failure::Failure;
use super::format::SyncFormat;
use super::input;
use super::logs;
use super::outputs::{Outputs, check_name, open};
use super::reading::{Place, read_pages};
use super::target::TargetArgs;
use crate::output::{Destination, Stats};
use crate::review::{EarlierFile, Head, KINDS, Made, Read, Records, TOKEN, kind_number, kind_of, read_lines};
use cloudflare_zero_trust::command::args::ReadArgs;
use cloudflare_zero_trust::command::facts::Sources;
use cloudflare_zero_trust::command::failure::Failure as Common;
use cloudflare_zero_trust::command::program::{Fault, Target, Wanted};
use cloudflare_zero_trust::command::settings::Connection;
use cloudflare_zero_trust::command::shown::file_name;
use cloudflare_zero_trust::command::warnings::{Beside, Warned, Warnings};
use cloudflare_zero_trust::contract::{ErrorKind, Manifest, Page};
use cloudflare_zero_trust::output::{Counts, Sink};
use connector_host::Host;
use serde_json::{Value, json};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use time::OffsetDateTime;

/// The arguments of `review`.
#[derive(Debug, clap::Args)]
pub(super) struct ReviewArgs {
    /// Write the review to this file; it appears when it is complete. - is standard output
    ///
    /// A file that is there is replaced, and keeps its mode; a symbolic link is followed.
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Show what people gained, lost or hold for another reason since this earlier review, or since the
    /// sync that wrote this file with --format jsonl
    #[arg(long, value_name = "FILE")]
    since: Option<PathBuf>,
    /// Make the review from the file that sync --format jsonl wrote, and read nothing from Cloudflare; - is
    /// standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["mock", "identities"])]
    from: Option<PathBuf>,
    #[command(flatten)]
    facts: SourcesArgs,
    #[command(flatten)]
    target: TargetArgs,
}

/// A review's records, and what is known of the read.
struct Work {
    records: Records,
    read: Read,
    head: Head,
}

/// Makes a review. Returns the numbers of its records, and whether people are missing from the facts that it
/// rests on.
pub(super) async fn run(args: ReviewArgs) -> Result<(Counts, bool), Failure> {
    let ReviewArgs { output, since, from, facts, target } = args;
    check_name(SyncFormat::Html, &output)?;
    let outputs = Outputs::find(Some(&output), None, None)?;
    target.check()?;
    let named = |name: &'static str, path: &'_ Option<PathBuf>| path.clone().map(|path| (name, path));
    let files: Vec<(&str, PathBuf)> =
        [named("--since", &since), named("--from", &from)].into_iter().flatten().collect();
    let of_facts = facts.files().iter().map(|file| ("--identities", file.as_path()));
    let of_files = files.iter().map(|(name, path)| (*name, path.as_path()));
    outputs.check(SyncFormat::Html, target.input_files().chain(of_facts).chain(of_files))?;
    facts.check(target.reads_stdin())?;
    let stdin = Path::new("-");
    let is_stdin_taken = from.as_deref() == Some(stdin) || target.reads_stdin();
    if since.as_deref() == Some(stdin) && is_stdin_taken {
        return Err(Failure::usage("Standard input can't hold both the earlier review and something else."));
    }
    // What can't be compared with must fail before anything is asked.
    let earlier = since.as_deref().map(load_earlier).transpose()?;
    let Some(from) = from else {
        let (stats, is_in_part) = live(&outputs, &ReadArgs::default(), facts, target, earlier).await?;
        return Ok((stats.counts, is_in_part));
    };
    let work = load(&from)?;
    let is_incomplete = work.records.warnings.iter().any(|warning| warning.incomplete);
    let to = begin(&outputs)?;
    let mut warnings = Warnings::new(Beside::Gaps, logs::warn);
    let page = Page { warnings: work.records.warnings.clone(), ..empty_page() };
    warnings.page(&page);
    warnings.finish();
    finish(work, earlier, to, outputs.result.as_ref().map(|_| output.as_path()))?;
    Ok((Counts::default().with_incomplete(is_incomplete), false))
}

/// Reads an account, and writes its review. Without `kinds`, service tokens are read too if the credentials
/// may. Returns the figures of the read, and whether people are missing from the facts that it rests on.
pub(super) async fn live(
    outputs: &Outputs,
    wanted: &ReadArgs,
    facts: SourcesArgs,
    target: TargetArgs,
    earlier: Option<EarlierFile>,
) -> Result<(Stats, bool), Failure> {
    let sources = facts.read(input::open)?;
    let target = target.open(0).await?;
    let host = connector::host(target.authorities.clone()).await?;
    let manifest = connector::describe(&host).await?;
    wanted.check_kinds(&manifest)?;
    let kinds = &wanted.kinds;
    let streams = outputs.open_streams()?;
    // From here on there is something to remove.
    let mut signals = connector::listen()?;
    let to = match streams.result {
        Some(stream) => stream,
        None => begin(outputs)?,
    };
    let mut opener = Opener::new(&host, &target.connection, sources);
    let mut warnings = Warnings::new(Beside::Gaps, logs::warn);
    let account = Account {
        id: target.connection.plain("account-id").unwrap_or_default(),
        source: if target.mock.is_some() { "the mock" } else { "Cloudflare" },
    };
    let (work, stats) = signals.unless(account.read(&mut opener, &manifest, kinds, &mut warnings)).await?;
    let path = outputs.result.as_ref().map(crate::output::Place::path);
    warnings.finish();
    finish(work, earlier, to, path)?;
    Ok((stats, opener.is_in_part()))
}

/// Writes the review with which the demo ends, into a new directory that only its owner can read. `lines` are
/// those of the sync at the demo's beginning. Returns the path.
pub(super) async fn of_demo(host: &Host, connection: &Connection, lines: &[u8]) -> Result<PathBuf, Failure> {
    let what = "the directory for the review can't be made";
    let mut directory = tempfile::Builder::new();
    directory.prefix("host-test-demo.");
    #[cfg(unix)]
    directory.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    let directory = directory.tempdir().map_err(|error| Failure::System { what, error })?;
    let path = directory.path().join("review.html");
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let earlier = EarlierFile::read(lines, "the beginning of the demo".to_owned(), now);
    let earlier = earlier.map_err(|error| Failure::System { what: "the sync can't be read again", error })?;
    let outputs = Outputs::find(Some(&path), None, None)?;
    let to = begin(&outputs)?;
    let mut opener = Opener::new(host, connection, Vec::new());
    let manifest = connector::describe(host).await?;
    let account = Account { id: connection.plain("account-id").unwrap_or_default(), source: "the mock" };
    let mut warnings = Warnings::new(Beside::None, logs::warn);
    let (work, _) = account.read(&mut opener, &manifest, &[], &mut warnings).await?;
    write(&work.made(Some(earlier)), to, Some(&path))?;
    let _: PathBuf = directory.keep();
    Ok(path)
}

/// The account that a review is of.
struct Account<'a> {
    id: &'a str,
    source: &'static str,
}

impl Account<'_> {
    /// Reads the account.
    async fn read(
        &self,
        opener: &mut Opener<'_>,
        manifest: &Manifest,
        kinds: &[String],
        warnings: &mut Warnings,
    ) -> Result<(Work, Stats), Failure> {
        let time = OffsetDateTime::now_utc().unix_timestamp();
        let mut records = Records::default();
        let (stats, tokens) = read(opener, kinds, &mut records, warnings).await?;
        let mut head = Head {
            account: self.id.to_owned(),
            source: self.source.to_owned(),
            requests: Some(stats.requests),
            is_in_part: opener.is_in_part(),
            ..Head::default()
        };
        if tokens == Tokens::Refused {
            let told = "Service tokens were not read: these credentials may not (Access: Service Tokens \
                        Read). What tokens hold isn't shown, and the findings about them aren't known.";
            head.missing.push(told.to_owned());
        }
        let mut read = [false; KINDS.len()];
        for of in &manifest.resource_types {
            let is_read = match of.opt_in {
                true => kinds.contains(&of.id) || tokens == Tokens::Read,
                false => kinds.is_empty() || kinds.contains(&of.id),
            };
            if let Some(slot) = kind_number(&of.id).and_then(|number| read.get_mut(usize::from(number))) {
                *slot = is_read;
            }
        }
        head.read = Some(what_was_read(manifest, &read));
        let read = Read { kinds: Some(read), time, told: opener.told() };
        Ok((Work { records, read, head }, stats))
    }
}

impl Work {
    fn made(self, earlier: Option<EarlierFile>) -> Made {
        Made::new(self.records, self.read, &self.head, earlier)
    }
}

/// Whether service tokens are among the records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tokens {
    NotAskedFor,
    Read,
    /// The credentials may not read them.
    Refused,
}

async fn read(
    opener: &mut Opener<'_>,
    kinds: &[String],
    records: &mut Records,
    warnings: &mut Warnings,
) -> Result<(Stats, Tokens), Failure> {
    let session = opener.session().await?;
    let stats = read_pages(session, Wanted::Kinds(kinds.to_vec()), Place::default(), |page, _| {
        Ok(Warned { sink: &mut *records, warnings: &mut *warnings }.page(page)?)
    });
    let stats = stats.await?;
    if !kinds.is_empty() {
        return Ok((stats, Tokens::NotAskedFor));
    }
    // Tokens have a permission of their own, and a read that names a kind fails without it: so they are read
    // apart, with what they can hold.
    let token = kind_of(TOKEN).id;
    let wanted = ["group", "app", token].map(str::to_owned).to_vec();
    let mut counts = stats.counts.clone();
    let session = opener.session().await?;
    let of_tokens = read_pages(session, Wanted::Kinds(wanted), Place::default(), |page, _| {
        let mut page = of_tokens(page, token);
        // What came up between the two reads isn't among the first one's.
        page.grants.retain(|grant| records.has_entitlement(&grant.entitlement));
        records.page(&page)?;
        counts.add(&page);
        Ok(())
    });
    match of_tokens.await {
        Ok(more) => Ok((Stats { counts, ..more.after(&stats) }, Tokens::Read)),
        Err(failure) if is_refused(&failure) => Ok((stats, Tokens::Refused)),
        Err(failure) => Err(failure),
    }
}

fn is_refused(failure: &Failure) -> bool {
    failure.error().is_some_and(|error| error.kind == ErrorKind::PermissionDenied)
}

/// Returns the part of a page that is about service tokens. The rest was read before.
fn of_tokens(page: &Page, token: &str) -> Page {
    let resources = page.resources.iter().filter(|resource| resource.id.kind == token);
    let is_about_one = |about: Option<&str>| about == Some(token);
    let warnings = page.warnings.iter();
    let warnings = warnings.filter(|it| is_about_one(it.about.as_ref().map(|about| about.kind.as_str())));
    Page {
        resources: resources.cloned().collect(),
        grants: page.grants.clone(),
        warnings: warnings.cloned().collect(),
        ..empty_page()
    }
}

fn empty_page() -> Page {
    Page {
        resources: Vec::new(),
        entitlements: Vec::new(),
        grants: Vec::new(),
        warnings: Vec::new(),
        progress: cloudflare_zero_trust::contract::Progress { phase: String::new(), done: 0, total: None },
        requests: 0,
        rate_limit: None,
        next: None,
    }
}

/// Says what was read, and which permissions that takes.
fn what_was_read(manifest: &Manifest, read: &[bool; KINDS.len()]) -> Vec<Value> {
    let types = manifest
        .resource_types
        .iter()
        .filter(|of| kind_number(&of.id).is_some_and(|number| read.get(usize::from(number)) == Some(&true)));
    let told = types.map(|of| {
        let needed = of.permissions.iter().filter(|it| !it.provision_only && it.without.is_empty());
        let permissions: Vec<&str> = needed.map(|permission| permission.name.as_str()).collect();
        let what = kind_number(&of.id).map_or(of.display_name.as_str(), |number| kind_of(number).many);
        json!({"kind": of.id, "what": what, "permissions": permissions})
    });
    told.collect()
}

/// Begins the output.
fn begin(outputs: &Outputs) -> Result<Destination, Failure> {
    match &outputs.result {
        Some(place) => open(place).map_err(Failure::of_output),
        None => Ok(Destination::stdout()),
    }
}

/// Makes the review and writes it, and says in a line what it is.
fn finish(
    work: Work,
    earlier: Option<EarlierFile>,
    to: Destination,
    path: Option<&Path>,
) -> Result<(), Failure> {
    let missing = work.head.missing.clone();
    let made = work.made(earlier);
    write(&made, to, path)?;
    missing.iter().for_each(|missing| logs::summary(&format!("note: {missing}")));
    let Made { people, grants, findings, .. } = &made;
    logs::summary(&format!(
        "A review of {people} people and {grants} grants, with {findings} findings. Its digest is {}.",
        made.digest()
    ));
    Ok(())
}

fn write(made: &Made, mut to: Destination, path: Option<&Path>) -> Result<(), Failure> {
    let written = made.write(&mut to).and_then(|()| to.complete());
    written.map_err(|error| match path {
        Some(path) => Failure::output(path)(error),
        None => Failure::stdout(error),
    })
}

/// Reads the lines of a sync.
fn load(path: &Path) -> Result<Work, Failure> {
    let failure = |problem: String| Failure::from(Common::Usage(format!("--from: {problem}.")));
    let name = file_name(path);
    let unread = |error: std::io::Error| failure(unread(&name, &error));
    let file = input::open(path).map_err(unread)?;
    let records = read_lines(BufReader::new(file)).map_err(unread)?;
    let head = Head { source: format!("the file {name}"), ..Head::default() };
    Ok(Work { records, read: Read { kinds: None, time: written_at(path), told: Vec::new() }, head })
}

fn load_earlier(path: &Path) -> Result<EarlierFile, Failure> {
    let name = file_name(path);
    let failure = |error: std::io::Error| Failure::usage(format!("--since: {}.", unread(&name, &error)));
    let file = input::open(path).map_err(failure)?;
    EarlierFile::read(file, name.to_string(), written_at(path)).map_err(failure)
}

fn unread(name: &str, error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::InvalidData => format!("{name} {error}"),
        _ => format!("{name} can't be read: {error}"),
    }
}

/// Returns when a file was written, or the time now, in seconds since 1970.
fn written_at(path: &Path) -> i64 {
    let written = std::fs::metadata(path).and_then(|metadata| metadata.modified());
    OffsetDateTime::from(written.unwrap_or_else(|_| SystemTime::now())).unix_timestamp()
}
