//! `verify`: Cloudflare's own verdict on people, beside what the rules say of them.

use super::args::{IdsArgs, TextFormat};
use super::facts::Sources;
use super::failure::{Exit, Failure};
use super::ids::tested_id;
use super::names::{NamesArgs, by_name};
use super::program::{Access, Fault, Program, Session, Target, exit_of_gaps};
use super::tell::tell;
use crate::contract::{Error, ErrorKind, Page, ResourceId, Warning};
use crate::model::Kind;
use crate::output::{
    Sink, SinkError, Snapshot, Verdicts, Verified, not_tested_line, verdict_lines, verification_line,
    warning_line, warning_text, with_names, write_limits, write_not_tested,
};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::time::Duration;

/// The wait after which a person is told what takes so long.
const SOON: Duration = Duration::from_secs(5);

/// The subjects, and the form of the result.
#[derive(Debug, clap::Args)]
pub struct VerifyArgs<T: Target> {
    /// What: applications and groups, by kind and id; with --names, a name can stand for the id
    #[arg(
        value_name = "KIND:ID",
        value_parser = tested_id,
        required_unless_present_any = ["all_apps", "all_groups"],
        conflicts_with_all = ["all_apps", "all_groups"],
    )]
    subjects: Vec<ResourceId>,
    /// All applications whose policies can be tested
    #[arg(long)]
    all_apps: bool,
    /// All Access groups
    #[arg(long)]
    all_groups: bool,
    /// For a person, or for a program: a line for each person, and one for each application or group
    #[arg(long, value_enum, default_value_t = TextFormat::Table)]
    format: TextFormat,
    /// With table: show everybody, also those whose verdict agrees or depends on the login
    #[arg(long)]
    everybody: bool,
    /// How long Cloudflare may take to judge everybody for one application or group
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    max_test_seconds: u32,
    #[command(flatten)]
    ids: IdsArgs,
    #[command(flatten)]
    names: NamesArgs,
    #[command(flatten)]
    facts: T::Facts,
    #[command(flatten)]
    target: T,
}

/// The form of the result.
#[derive(Clone, Copy)]
struct Form {
    is_table: bool,
    ids: bool,
}

pub(super) fn run<P: Program>(program: &P, args: VerifyArgs<P::Target>) -> Result<Exit, P::Failure> {
    let VerifyArgs {
        subjects,
        all_apps,
        all_groups,
        format,
        everybody,
        max_test_seconds,
        ids,
        names,
        facts,
        target,
    } = args;
    target.check()?;
    let form = Form { is_table: format == TextFormat::Table, ids: ids.ids };
    ids.check(form.is_table)?;
    if everybody && !form.is_table {
        let problem = "--everybody is for --format table: JSON Lines have them all.";
        return Err(Failure::Usage(problem.to_owned()).into());
    }
    names.check(form.is_table, facts.check(target.reads_stdin())?)?;
    let mut names = names.read(P::OPEN)?;
    let named: Result<Vec<_>, _> = subjects.into_iter().map(|of| by_name(of, &names)).collect();
    let mut subjects = named?;
    let sources = facts.read(P::OPEN)?;
    let mut session = program.open(target, Access::Verification)?;
    let learned = tell::<P>(&mut session, sources)?;
    let mut told = Told::new(form);
    if all_apps || all_groups {
        let wanted = [(all_apps, Kind::App), (all_groups, Kind::Group)];
        let kinds = wanted.into_iter().filter(|(is_wanted, _)| *is_wanted).map(|(_, kind)| kind.to_string());
        let mut found = Found { names: &mut names, subjects: Vec::new(), warnings: Vec::new() };
        session.list(&kinds.collect::<Vec<_>>(), &mut found)?;
        subjects = found.sorted();
        told.warnings(&found.warnings)?;
        told.beside::<P>(&names);
    }
    let out = &mut io::stdout().lock();
    let is_one_of_many = all_apps || all_groups || subjects.len() > 1;
    let limit = Duration::from_secs(max_test_seconds.into());
    let (mut tested, mut verdicts) = (0_u64, Verdicts::default());
    out.write_all(&std::mem::take(&mut told.lines)).map_err(Failure::Stdout)?;
    for subject in &subjects {
        let mut verified = Verified::new(subject.clone(), everybody);
        match compare::<P>(&mut session, subject, limit, &mut verified, &mut told, out) {
            Ok(()) => {
                tested += 1;
                verdicts.add_all(verified.verdicts());
                let line = |verdicts| verification_line(subject, verdicts, &learned.sources);
                let written = match form.is_table {
                    true => verified.write(&names, P::terminal(), form.ids, out),
                    false => out.write_all(&line(verified.verdicts()).map_err(Failure::from)?),
                };
                // What is told beside a table stands behind its heading.
                written.and_then(|()| out.flush()).map_err(Failure::Stdout)?;
                told.beside::<P>(&names);
            }
            Err(failure) => {
                told.beside::<P>(&names);
                match failure.error().filter(|error| is_one_of_many && has_nothing_to_test(error)) {
                    Some(Error { message, .. }) if form.is_table => {
                        write_not_tested(subject, message, &names, P::terminal(), out)
                            .map_err(Failure::Stdout)?;
                    }
                    Some(Error { message, .. }) => {
                        let line = not_tested_line(subject, message).map_err(Failure::from)?;
                        out.write_all(&line).map_err(Failure::Stdout)?;
                    }
                    None => {
                        if is_one_of_many {
                            let ResourceId { kind, id } = subject;
                            P::summary(&format!(
                                "The comparison of {kind}:{id} failed, and ended the command."
                            ));
                        }
                        return Err(failure.with_names(&names));
                    }
                }
            }
        }
    }
    if form.is_table {
        write_limits(everybody, learned.sources.iter(), P::terminal(), out).map_err(Failure::Stdout)?;
    }
    out.flush().map_err(Failure::Stdout)?;
    P::summary(&verdicts.of_subjects(tested));
    if verdicts.impossible() > 0 {
        P::note(Exit::Refused, "what the rules say and what Cloudflare says can't both be");
        return Ok(Exit::Refused);
    }
    Ok(exit_of_gaps::<P>(told.is_incomplete || learned.is_in_part || verdicts.is_incomplete()))
}

/// Compares all people for one subject. People for a program are written as they come.
fn compare<P: Program>(
    session: &mut P::Session,
    subject: &ResourceId,
    limit: Duration,
    verified: &mut Verified,
    told: &mut Told,
    out: &mut impl Write,
) -> Result<(), P::Failure> {
    let (mut cursor, mut waited) = (None, Duration::ZERO);
    loop {
        let comparison = session.compare(subject, cursor.as_deref())?;
        told.warnings(&comparison.warnings)?;
        if !told.form.is_table {
            told.lines.extend(verdict_lines(subject, &comparison.people).map_err(Failure::from)?);
            out.write_all(&std::mem::take(&mut told.lines)).map_err(Failure::Stdout)?;
        }
        verified.add(comparison.people);
        cursor = match comparison.next {
            None => return Ok(()),
            next => next,
        };
        if let Some(milliseconds) = comparison.wait_ms {
            if waited >= limit {
                return Err(too_long(subject, limit).into());
            }
            let time = Duration::from_millis(milliseconds.into()).min(limit - waited);
            if waited < SOON && waited + time >= SOON {
                P::summary(&format!("Cloudflare is judging everybody for {}:{}…", subject.kind, subject.id));
            }
            session.wait(time)?;
            waited += time;
        }
    }
}

/// Whether there is nothing to test of a subject, which is no failure where others are asked for too.
fn has_nothing_to_test(error: &Error) -> bool {
    error.kind == ErrorKind::InvalidArgument && error.about.as_deref() == Some("subject")
}

fn too_long(ResourceId { kind, id }: &ResourceId, limit: Duration) -> Failure {
    let seconds = limit.as_secs();
    Failure::TooLong(format!(
        "Cloudflare hasn't judged everybody for {kind}:{id} within {seconds} seconds. Give it more time with \
         --max-test-seconds."
    ))
}

/// The applications and groups that a list has, and their names.
struct Found<'a> {
    names: &'a mut Snapshot,
    subjects: Vec<(String, ResourceId)>,
    warnings: Vec<Warning>,
}

impl Found<'_> {
    /// Returns applications before groups, each by their names.
    fn sorted(&mut self) -> Vec<ResourceId> {
        self.subjects.sort_by(|(a, of), (b, other)| (&of.kind, a, &of.id).cmp(&(&other.kind, b, &other.id)));
        self.subjects.drain(..).map(|(_, subject)| subject).collect()
    }
}

impl Sink for Found<'_> {
    fn page(&mut self, page: &Page) -> Result<(), SinkError> {
        let is_subject = |kind: &str| [Kind::App, Kind::Group].iter().any(|known| known.as_str() == kind);
        let found = page.resources.iter().filter(|of| is_subject(&of.id.kind));
        self.subjects.extend(found.map(|of| (of.display_name.to_lowercase(), of.id.clone())));
        // The others are about what everybody may reach, which is no matter of verdicts.
        self.warnings.extend(page.warnings.iter().filter(|warning| warning.incomplete).cloned());
        self.names.page(page)
    }
}

/// The warnings so far. Each is told once: many subjects rest on the same groups.
struct Told {
    form: Form,
    warnings: BTreeSet<String>,
    is_incomplete: bool,
    /// The warnings that standard error doesn't have yet.
    beside: Vec<Warning>,
    /// The lines for a program that aren't written yet.
    lines: Vec<u8>,
}

impl Told {
    fn new(form: Form) -> Self {
        Self { form, warnings: BTreeSet::new(), is_incomplete: false, beside: Vec::new(), lines: Vec::new() }
    }

    fn warnings(&mut self, warnings: &[Warning]) -> Result<(), Failure> {
        for warning in warnings {
            self.is_incomplete |= warning.incomplete;
            if !self.warnings.insert(warning_text(warning)) {
                continue;
            }
            if self.form.is_table || warning.incomplete {
                self.beside.push(warning.clone());
            }
            if !self.form.is_table {
                self.lines.extend(warning_line(warning)?);
            }
        }
        Ok(())
    }

    /// Writes what is to be said beside the result, with the names that are known.
    fn beside<P: Program>(&mut self, names: &Snapshot) {
        for warning in self.beside.drain(..) {
            let message = with_names(&warning.message, names, self.form.ids);
            P::warn(&Warning { message, ..warning });
        }
    }
}
