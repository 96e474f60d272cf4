//! Reads the applications and their policies: a change of a group can give and take them.

use crate::apps::Application;
use crate::cloudflare::app::{self, App, Attached};
use crate::cloudflare::client::Client;
use crate::cloudflare::client::gap::is_gap;
use crate::cloudflare::endpoint::Collection;
use crate::cloudflare::id::Id;
use crate::cloudflare::identity_provider::{self, IdentityProvider};
use crate::cloudflare::listing::{Ahead, Gap, Listing};
use crate::cloudflare::policy::{self, Policy};
use crate::cloudflare::transport::Transport;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{Kind, ResourceId, Warning};
use crate::provision::errors::{applications_not_seen, policies_not_seen};
use crate::records::known_apps::{KnownApps, Missing};
use crate::records::warnings;
use crate::rules::RuleSet;
use crate::sorted::Set;

/// The most applications whose policies are asked for one by one in a call. Cloudflare's list has the
/// policies of all (OpenAPI: GET /accounts/{account_id}/access/apps).
const MOST_ASKED: usize = 20;

/// The names of resources.
type Names = Vec<(ResourceId, String)>;

/// The applications of the account.
#[derive(Default)]
pub(super) struct ListedApps {
    pub applications: Vec<Application>,
    /// The rules of their policies.
    pub policies: Vec<RuleSet>,
    /// The ids of the account's identity providers, if it matters which there are, and they can be read.
    pub providers: Option<Set<String>>,
    /// The names of applications and policies.
    pub names: Names,
    /// The part of the applications that wasn't seen.
    pub unseen: Option<Unseen>,
    /// The ids of the applications that policies gate, and of which not all policies are known.
    pub not_judged: Set<String>,
}

/// The reason why not all applications were seen.
pub(super) enum Unseen {
    /// The credentials may not read them.
    Denied(Error),
    /// A part of the list wasn't seen.
    Gap(Gap),
}

impl ListedApps {
    /// Reads all applications, with their policies. If the credentials may not read them, there are none.
    ///
    /// # Errors
    /// They can't be read for another reason.
    pub fn read<T: Transport>(client: &mut Client<T>, warnings: &mut Vec<Warning>) -> Result<Self> {
        let (mut read, mut known) = (Self::default(), KnownApps::default());
        match read.list(client, &mut known, warnings) {
            Err(error) if error.kind == ErrorKind::PermissionDenied => {
                warnings.push(applications_not_seen(&error));
                return Ok(Self { unseen: Some(Unseen::Denied(error)), ..Self::default() });
            }
            listed => listed?,
        }
        let why = complete(client, &mut known, &mut read.names)?;
        let gathered = known.gather();
        (read.applications, read.policies) = (gathered.applications, gathered.rules);
        read.not_judged = read.without_all_policies().map(str::to_owned).collect();
        if !read.not_judged.is_empty() {
            warnings.push(policies_not_seen(&read.not_judged, &why));
        }
        if read.applications.iter().any(|app| !app.allowed_idps.is_empty()) {
            read.providers = read_providers(client, warnings)?;
        }
        Ok(read)
    }

    fn list<T: Transport>(
        &mut self,
        client: &mut Client<T>,
        known: &mut KnownApps,
        warnings: &mut Vec<Warning>,
    ) -> Result<()> {
        let list = &app::COLLECTION;
        let account_id = client.settings().account_id.clone();
        let mut listing = Listing::<App>::new(list, Ahead::Sent);
        while let Some(page) = listing.next(client)? {
            for (place, fault) in page.not_understood() {
                warnings.push(warnings::not_understood(Kind::App, list.noun, place, fault));
            }
            warnings.extend(page.verdict.finding.map(|finding| warnings::list_moved(list.noun, finding)));
            for mut app in page.into_new_items() {
                let policies = app.policies.iter().flatten().filter_map(|it| it.policy.as_ref());
                policies.for_each(|policy| name_policy(&mut self.names, policy));
                name(&mut self.names, Kind::App, &app.id, app.name.as_deref());
                known.add_app(&mut app, &account_id);
            }
        }
        self.unseen = listing.gap().cloned().map(Unseen::Gap);
        Ok(())
    }

    /// Returns the ids of the applications that policies gate, and of which not all policies are known.
    fn without_all_policies(&self) -> impl Iterator<Item = &str> {
        let known: Set<&str> = self.policies.iter().map(RuleSet::id).collect();
        let lacks = move |app: &&Application| {
            let policies = app.policies.as_ref();
            app.gate.is_by_policies()
                && policies.is_none_or(|all| all.iter().any(|it| !known.contains(it.id.as_str())))
        };
        self.applications.iter().filter(lacks).map(|app| app.id.as_str())
    }
}

fn name(names: &mut Names, kind: Kind, id: &Id, name: Option<&str>) {
    names.extend(name.map(|name| (ResourceId::new(kind, id.as_str()), name.to_owned())));
}

fn name_policy(names: &mut Names, policy: &Policy) {
    name(names, Kind::Policy, &policy.id, policy.name.as_deref());
}

/// Asks for the policies that the list of applications doesn't have: all reusable ones at once, and
/// those of some applications. Returns the reason why some are still not known, if there are such.
///
/// # Errors
/// They can't be read for a reason that says nothing of them.
fn complete<T: Transport>(
    client: &mut Client<T>,
    known: &mut KnownApps,
    names: &mut Names,
) -> Result<String> {
    let account_id = client.settings().account_id.clone();
    let (mut has_reusable, mut asked, mut why) = (false, 0, None);
    while let Some(missing) = known.missing(has_reusable) {
        let list = match &missing {
            Missing::PoliciesOf(_) if asked == MOST_ASKED => {
                return Ok("There are too many of them to ask for each.".to_owned());
            }
            Missing::PoliciesOf(app) => &policy::of_app(app),
            Missing::Reusable => &policy::COLLECTION,
        };
        let (mut found, gap) = read_policies(client, list)?;
        let policies = found.iter().filter_map(|it| it.policy.as_ref());
        policies.for_each(|policy| name_policy(names, policy));
        match missing {
            Missing::PoliciesOf(app) => {
                let attached = known.attach(&app, &mut found, &account_id);
                known.found_policies(&app, gap.is_none().then_some(attached));
                asked += 1;
            }
            Missing::Reusable => {
                let policies = found.iter_mut().filter_map(|it| it.policy.as_mut());
                policies.for_each(|policy| known.add_policy(policy, &account_id));
                has_reusable = true;
            }
        }
        why = why.or(gap);
    }
    Ok(why.map_or_else(|| "They can't be understood.".to_owned(), |why| why.message.clone()))
}

/// Reads a list of policies. Also returns why it isn't whole, if it isn't.
///
/// # Errors
/// It can't be read for a reason that says nothing of the list.
fn read_policies<T: Transport>(
    client: &mut Client<T>,
    list: &Collection,
) -> Result<(Vec<Attached>, Option<Error>)> {
    let (mut listing, mut found) = (Listing::<Attached>::new(list, Ahead::Sent), Vec::new());
    loop {
        match client.named_list(|client| listing.next(client)) {
            Ok(Some(page)) => found.extend(page.into_new_items()),
            Ok(None) => {
                let gap = listing.gap().map(|gap| gap.error("Not all of them were seen.", list));
                return Ok((found, gap));
            }
            Err(error) if is_gap(&error) => return Ok((found, Some(error))),
            Err(error) => return Err(error),
        }
    }
}

/// Returns the ids of the identity providers, if they can be read and all were seen. Without them, only
/// conditions are less exact, so that is no reason to write nothing.
///
/// # Errors
/// Nothing more can be asked in this call.
fn read_providers<T: Transport>(
    client: &mut Client<T>,
    warnings: &mut Vec<Warning>,
) -> Result<Option<Set<String>>> {
    let mut listing = Listing::<IdentityProvider>::new(&identity_provider::COLLECTION, Ahead::Sent);
    let mut providers = Set::default();
    loop {
        match listing.next(client) {
            Ok(Some(page)) => {
                providers.extend(page.into_new_items().map(|provider| provider.id.as_str().to_owned()));
            }
            Ok(None) => return Ok(listing.gap().is_none().then_some(providers)),
            Err(error) if client.stopped().is_none() => {
                warnings.push(warnings::providers_not_readable(&error.message));
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
    }
}
