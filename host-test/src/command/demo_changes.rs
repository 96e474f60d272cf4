//! The demo's second half: questions, grants and revokes, and somebody who leaves.

use super::connector;
use super::failure::Failure;
use super::help::command_line;
use super::reading::read_all;
use crate::routes;
use cloudflare_zero_trust::command::actions::check;
use cloudflare_zero_trust::command::facts::{Known, Learned, Pushed};
use cloudflare_zero_trust::command::failure::Failure as Common;
use cloudflare_zero_trust::command::identities_file;
use cloudflare_zero_trust::command::input::Open;
use cloudflare_zero_trust::command::program::Wanted;
use cloudflare_zero_trust::command::settings::Connection;
use cloudflare_zero_trust::contract::lifecycle::{self, Action};
use cloudflare_zero_trust::contract::{Change, Operation, Options, ResourceId};
use cloudflare_zero_trust::output::{
    Applied, Card, Holdings, Names, Offboarded, Snapshot, Terminal, Verified, Wanted as WantedGroups,
    applied_text, write_limits,
};
use connector_host::{Host, Session, WritableRoute};
use std::io::{self, Write};
use std::path::Path;
use std::slice;
use std::time::Duration;

/// The principals and resources of the story.
struct Cast {
    payroll: ResourceId,
    sales: ResourceId,
    person: ResourceId,
    team: ResourceId,
    everybody: ResourceId,
    accountant: ResourceId,
    role: ResourceId,
}

impl Cast {
    /// Finds them by their names in the mock's account.
    fn find(read: &Snapshot) -> Option<Cast> {
        let find = |kind: &str, name: &str| read.named(kind, name).cloned();
        Some(Cast {
            payroll: find("app", "Payroll")?,
            sales: find("group", "Sales")?,
            person: find("user", "Lucas Moreau")?,
            team: find("group", "Finance")?,
            everybody: find("group", "All staff")?,
            accountant: find("member", "Grace Whitfield")?,
            role: find("role", "Audit Logs Viewer")?,
        })
    }
}

/// The address of somebody with two accounts.
const ADDRESS: &str = "grace.whitfield@northwind.example";
/// The file in which the story's first command keeps the names.
const NAMES: &str = "northwind.jsonl";
/// The people of a group at the identity provider, in the form of `--identities`.
const PEOPLE: [&str; 3] = [
    "provider,group,address",
    "Okta,Sales EMEA,jonas.weber@northwind.example",
    "Okta,Sales EMEA,paula@reseller.example",
];
/// The time that they are of.
const AS_OF: &str = "2026-11-28T18:00:00Z";

/// Tells the story, and changes the mock's account.
pub(super) async fn run(
    host: &Host,
    connection: &Connection,
    read: &Snapshot,
    names: Names,
    terminal: Terminal,
) -> Result<(), Failure> {
    let Some(cast) = Cast::find(read) else {
        return Err(Common::Contract("the read lacks those that the demo is about".to_owned()).into());
    };
    let stage = Stage { host, connection, names, terminal };
    let Cast { payroll, sales, person, team, everybody, accountant, role } = &cast;
    let [of_team, of_everybody] = [team, everybody].map(|group| format!("group:{}:member", group.id));
    let of_role = format!("role:{}:assigned", role.id);

    stage.say("A sync in JSON Lines is for programs. Other commands take the names from it.")?;
    stage.command(&format!("sync --format jsonl --output {NAMES}"))?;
    stage.say("Who can reach payroll, and why?")?;
    stage.show(payroll).await?;
    stage.say("Some rules name groups that only an identity provider knows. Which are they?")?;
    stage.show_wanted().await?;
    stage.say("The provider says who is in them. Who is expected in the group that names them?")?;
    stage.show_with_facts(sales).await?;
    stage.say("Does Cloudflare say the same? Its policy tester judges everybody's last login.")?;
    stage.verify(sales).await?;
    stage.say("A request is approved: somebody joins a team.")?;
    stage.change(Operation::Grant, &of_team, person, false).await?;
    stage.show(team).await?;
    stage.say("The same request again, as after a call that was cut short: it is so already.")?;
    stage.change(Operation::Grant, &of_team, person, false).await?;
    stage.say("A review finds that it isn't needed any more.")?;
    stage.change(Operation::Revoke, &of_team, person, false).await?;
    stage.say("What would not do what is asked is refused: the domain of their address still names them.")?;
    stage.change(Operation::Revoke, &of_everybody, person, false).await?;
    stage.say("A dry run shows what would be written, and reads only.")?;
    stage.change(Operation::Grant, &of_role, accountant, true).await?;
    stage.say("Somebody leaves. What do they hold, with all of their accounts?")?;
    stage.show_held(ADDRESS).await?;
    stage.say("The plan for it begins with what would still let them in. It reads only.")?;
    stage.offboard(ADDRESS, true).await?;
    stage.say("It is done. What still lets them in comes first again.")?;
    stage.offboard(ADDRESS, false).await?;
    stage.say("What does the address hold now? What that list names, and nothing of their own.")?;
    stage.show_held(ADDRESS).await
}

/// Tells a session who is in a group of the identity provider, and returns of which groups it was told.
async fn tell_facts(session: &mut Session) -> Result<Learned, Failure> {
    let demand = connector::wanted(session).await?;
    let open: Open = |_| Ok(Box::new(io::Cursor::new(PEOPLE.join("\n"))));
    let told = identities_file::read(Path::new("-"), open, Some(AS_OF))?;
    let known = Known::of(vec![Box::new(told)], &demand, &Pushed::default())?;
    for piece in known.pieces {
        connector::learn(session, &piece).await?;
    }
    Ok(known.learned)
}

fn email(address: &str) -> ResourceId {
    ResourceId { kind: "email".to_owned(), id: address.to_owned() }
}

struct Stage<'a> {
    host: &'a Host,
    connection: &'a Connection,
    names: Names,
    terminal: Terminal,
}

impl Stage<'_> {
    fn say(&self, what: &str) -> Result<(), Failure> {
        writeln!(io::stdout().lock(), "{}", self.terminal.heading(what)).map_err(Failure::stdout)
    }

    /// Shows the command that does the next step. What follows is what that command prints.
    fn command(&self, arguments: &str) -> Result<(), Failure> {
        let command = self.terminal.faint(&format!("$ {}", command_line(arguments)));
        writeln!(io::stdout().lock(), "{command}\n").map_err(Failure::stdout)
    }

    async fn open(&self, writable: &[WritableRoute]) -> Result<Session, Failure> {
        connector::open(writable, self.connection, self.host).await
    }

    async fn change(
        &self,
        operation: Operation,
        entitlement: &str,
        principal: &ResourceId,
        dry_run: bool,
    ) -> Result<(), Failure> {
        let verb = if operation == Operation::Grant { "grant" } else { "revoke" };
        let dry = if dry_run { " --dry-run" } else { "" };
        let ResourceId { kind, id } = principal;
        self.command(&format!(
            "{verb} --entitlement {entitlement} --principal {kind}:{id} --names {NAMES}{dry}"
        ))?;
        let change = Change { operation, entitlement: entitlement.to_owned(), principal: principal.clone() };
        let options = Options { dry_run, allow_gains: false, extra: String::new() };
        let writable = if dry_run { &[] } else { routes::writable() };
        let mut session = self.open(writable).await?;
        let report = connector::apply(&mut session, slice::from_ref(&change), &options).await?.into();
        check(&report, 1)?;
        let actions = [Action::Change(change)];
        let applied = Applied::new(&actions, &report, dry_run);
        let names = Snapshot::with_names(self.names.clone());
        let mut out = io::stdout().lock();
        applied_text::write(&applied, &names, self.terminal, &mut out).map_err(Failure::stdout)
    }

    async fn offboard(&self, address: &str, dry_run: bool) -> Result<(), Failure> {
        let dry = if dry_run { " --dry-run" } else { "" };
        self.command(&format!("offboard {address} --names {NAMES}{dry}"))?;
        let options = lifecycle::Options { dry_run, allow_own: false, extra: String::new() };
        let writable = if dry_run { &[] } else { routes::for_lifecycle() };
        let mut session = self.open(writable).await?;
        let offboarding = connector::offboard(&mut session, &email(address), &[], &options).await?;
        let offboarded = Offboarded::new(&offboarding, dry_run);
        let names = Snapshot::with_names(self.names.clone());
        let mut out = io::stdout().lock();
        offboarded.write(&names, self.terminal, &mut out).map_err(Failure::stdout)
    }

    async fn show(&self, resource: &ResourceId) -> Result<(), Failure> {
        let ResourceId { kind, id } = resource;
        self.command(&format!("get {kind}:{id} --names {NAMES}"))?;
        let mut snapshot = Snapshot::with_names(self.names.clone());
        let session = self.open(&[]).await?;
        read_all(session, Wanted::One(resource.clone()), &mut snapshot).await?;
        let card = Card::new(&snapshot, self.terminal);
        card.write(&mut io::stdout().lock()).map_err(Failure::stdout)
    }

    async fn show_wanted(&self) -> Result<(), Failure> {
        self.command(&format!("identities wanted --names {NAMES}"))?;
        let demand = connector::wanted(&mut self.open(&[]).await?).await?;
        let names = Snapshot::with_names(self.names.clone());
        let mut out = io::stdout().lock();
        WantedGroups::new(&demand).write(&names, self.terminal, &mut out).map_err(Failure::stdout)?;
        writeln!(out).map_err(Failure::stdout)
    }

    /// Shows a resource to a session that was told facts.
    async fn show_with_facts(&self, ResourceId { kind, id }: &ResourceId) -> Result<(), Failure> {
        self.command_with_facts(&format!("get {kind}:{id} --names {NAMES}"))?;
        let mut session = self.open(&[]).await?;
        tell_facts(&mut session).await?;
        let mut snapshot = Snapshot::with_names(self.names.clone());
        let sales = ResourceId { kind: kind.clone(), id: id.clone() };
        read_all(session, Wanted::One(sales), &mut snapshot).await?;
        let card = Card::new(&snapshot, self.terminal);
        card.write(&mut io::stdout().lock()).map_err(Failure::stdout)
    }

    /// Compares what the rules and these facts say with Cloudflare's verdict.
    async fn verify(&self, group: &ResourceId) -> Result<(), Failure> {
        self.command_with_facts(&format!("verify {}:{} --names {NAMES}", group.kind, group.id))?;
        let mut session = self.open(routes::for_verification()).await?;
        let learned = tell_facts(&mut session).await?;
        let (mut verified, mut cursor) = (Verified::new(group.clone(), false), None);
        loop {
            let comparison = connector::compare(&mut session, group, cursor.as_deref()).await?;
            verified.add(comparison.people);
            connector::wait(Duration::from_millis(comparison.wait_ms.unwrap_or_default().into())).await?;
            cursor = comparison.next;
            if cursor.is_none() {
                break;
            }
        }
        let names = Snapshot::with_names(self.names.clone());
        let mut out = io::stdout().lock();
        verified.write(&names, self.terminal, false, &mut out).map_err(Failure::stdout)?;
        write_limits(false, learned.sources.iter(), self.terminal, &mut out).map_err(Failure::stdout)?;
        writeln!(out).map_err(Failure::stdout)
    }

    /// Shows a command to which the people of the story are piped.
    fn command_with_facts(&self, arguments: &str) -> Result<(), Failure> {
        let arguments = format!("{arguments} --identities - --as-of {AS_OF}");
        let piped = format!("$ printf '{}\\n' |\n    {}", PEOPLE.join("\\n"), command_line(&arguments));
        for line in piped.lines() {
            writeln!(io::stdout().lock(), "{}", self.terminal.faint(line)).map_err(Failure::stdout)?;
        }
        writeln!(io::stdout().lock()).map_err(Failure::stdout)
    }

    async fn show_held(&self, address: &str) -> Result<(), Failure> {
        self.command(&format!("held email:{address} --names {NAMES}"))?;
        let mut snapshot = Snapshot::with_names(self.names.clone());
        read_all(self.open(&[]).await?, Wanted::Held(email(address)), &mut snapshot).await?;
        let mut out = io::stdout().lock();
        Holdings::new(&snapshot, self.terminal).write(&mut out).map_err(Failure::stdout)?;
        writeln!(out).map_err(Failure::stdout)
    }
}
