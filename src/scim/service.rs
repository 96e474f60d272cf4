//! Reading: users, groups and roles, one by one and in lists.

use super::effective::Effective;
use super::failed::problem;
use super::filter::Filter;
use super::group;
use super::groups;
use super::people::{self, Person};
use super::problem::Problem;
use super::projection::Projection;
use super::query::{ListResponse, Query, Start};
use super::remaining::Remains;
use super::report_only::ReportOnly;
use super::role;
use super::schema::{Doors, GROUP, ROLE, ResourceSchema, USER};
use super::user;
use super::user_groups;
use super::user_id;
use super::version::{Preconditions, shown};
use super::window::Window;
use crate::cloudflare::group::Group;
use crate::cloudflare::id::Id;
use crate::cloudflare::transport::Transport;
use crate::digest::Digest;
use crate::error;
use crate::lifecycle::groups::is_nobodys;
use crate::rules::is_address;
use crate::session::Session;
use crate::sorted::Map;
use serde_json::Value;

/// A type of resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A person.
    User,
    /// An Access group.
    Group,
    /// A role of the account.
    Role,
}

impl Type {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::User, Self::Group, Self::Role];

    /// Returns its schema.
    pub const fn schema(self) -> &'static ResourceSchema {
        match self {
            Self::User => &USER,
            Self::Group => &GROUP,
            Self::Role => &ROLE,
        }
    }
}

/// The service for one request.
pub struct Service<T: Transport> {
    pub(super) session: Session<T>,
    /// The service's own address, without a slash at the end.
    pub(super) base: String,
    pub(super) doors: Doors,
    pub(super) switches: Switches,
    pub(super) account_id: String,
    /// The ways that still let in somebody who was deactivated or deleted.
    pub(super) remains: Option<Remains>,
}

/// The operator's switches that decide how something is done, beside the [`Doors`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switches {
    /// The ways that still let a leaver in, and are no failure.
    pub report_only: ReportOnly,
    /// Whether the connector's own interface is open, below `/v1`.
    pub has_connector: bool,
    /// Whether those who are invited to the account are members at once, without a mail.
    pub without_mail: bool,
    /// Whether the user groups of the account are groups here.
    pub user_groups: bool,
}

/// The answer about one resource.
#[derive(Debug)]
pub struct Answer {
    /// HTTP's status.
    pub status: u16,
    /// The resource, unless the answer has no body.
    pub body: Option<Value>,
    /// The resource's version, for the header `ETag`.
    pub version: Option<String>,
    /// The resource's own address, if it is new.
    pub location: Option<String>,
}

impl<T: Transport> Service<T> {
    /// Makes the service. It asks nothing.
    pub fn new(session: Session<T>, base: String, doors: Doors, switches: Switches) -> Self {
        let account_id = session.account_id().to_owned();
        Self { session, base, doors, switches, account_id, remains: None }
    }

    /// Takes out what still lets in somebody who was deactivated or deleted, if something does.
    pub fn take_remains(&mut self) -> Option<Remains> {
        self.remains.take()
    }

    /// Whether the account's members are people here.
    pub(super) const fn has_members(&self) -> bool {
        self.doors.provisioning
    }

    /// Returns one resource.
    ///
    /// # Errors
    /// There is no such resource, or it can't be read.
    pub fn get(
        &mut self,
        of: Type,
        id: &str,
        projection: &Projection,
        preconditions: &Preconditions,
    ) -> Result<Answer, Problem> {
        let resource = match of {
            Type::User => self.user(id, projection.wants("groups", &USER))?,
            Type::Group if user_groups::is_id(id) => {
                let group = self.user_group(id, user_groups::needs_members(projection, None))?;
                group.render(&self.base)
            }
            Type::Group => {
                let group = self.group(id)?;
                let mut shown = group::render(&self.base, &group, &self.account_id);
                if group::asks_for_effective_members(projection) {
                    let members = self.effective_members(&group).map_err(|error| problem(&error))?;
                    group::add_effective_members(&mut shown, members);
                }
                shown
            }
            Type::Role => {
                let id = Id::asked(id).ok_or_else(|| nothing(of))?;
                let role = self.session.ask(|client, _| role::with_id(client, &id));
                let role = role.map_err(|error| problem(&error))?.ok_or_else(|| nothing(of))?;
                role::render(&self.base, &role)
            }
        };
        // A version is of the resource alone, and not of what the rules of all groups make of it.
        let rests_on_rules = match of {
            Type::User => projection.wants("groups", &USER),
            Type::Group => group::asks_for_effective_members(projection),
            Type::Role => false,
        };
        let anew = Preconditions::default();
        Ok(answer(200, of, resource, projection, if rests_on_rules { &anew } else { preconditions }))
    }

    /// Returns the user with this id, with the groups of the person if they are wanted.
    pub(super) fn user(&mut self, id: &str, with_groups: bool) -> Result<Value, Problem> {
        let (address, person, groups) = self.read_user(id, with_groups)?;
        if !person.is_there() {
            return Err(nothing(Type::User));
        }
        Ok(user::render(&self.base, &address, &person, groups.as_deref()))
    }

    /// Returns the user with this id as [`Service::user`] does, also if the account has nothing under the
    /// address.
    pub(super) fn user_now(&mut self, id: &str, with_groups: bool) -> Result<Value, Problem> {
        let (address, person, groups) = self.read_user(id, with_groups)?;
        Ok(user::render(&self.base, &address, &person, groups.as_deref()))
    }

    fn read_user(
        &mut self,
        id: &str,
        with_groups: bool,
    ) -> Result<(String, Person, Option<Vec<user::GroupOf>>), Problem> {
        let address = user_id::address_of(id).ok_or_else(|| nothing(Type::User))?;
        let (person, groups) = self.person(&address, with_groups).map_err(|error| problem(&error))?;
        Ok((address, person, groups))
    }

    /// Reads what the account has under an address, and the groups if they are wanted.
    fn person(
        &mut self,
        address: &str,
        with_groups: bool,
    ) -> error::Result<(Person, Option<Vec<user::GroupOf>>)> {
        let (members, account_id) = (self.has_members(), self.account_id.clone());
        self.session.ask(|client, facts| {
            if with_groups {
                let mut effective = Effective::learn(client, facts)?;
                let members = members || effective.asks_for_members();
                let mut person = people::with_address(client, address, members)?;
                let (groups, is_named) = effective.of(address, person.standing());
                person.is_named = Some(is_named);
                return Ok((person, Some(groups)));
            }
            let mut person = people::with_address(client, address, members)?;
            if person.is_active().is_none() {
                person.is_named = Some(groups::name(&groups::all(client)?, address, &account_id));
            }
            Ok((person, None))
        })
    }

    /// Counts the people who are in a group, by whatever rule.
    fn effective_members(&mut self, group: &Group) -> error::Result<usize> {
        self.session.ask(|client, facts| {
            let mut effective = Effective::learn(client, facts)?;
            let people = people::everybody(client, true)?;
            let mut count = 0;
            for (address, person) in people.iter() {
                let (groups, _) = effective.of(address, person.standing());
                count += usize::from(groups.iter().any(|it| it.id == group.id.as_str()));
            }
            Ok(count)
        })
    }

    /// Reads a group.
    pub(super) fn group(&mut self, id: &str) -> Result<Group, Problem> {
        let id = Id::asked(id).ok_or_else(|| nothing(Type::Group))?;
        let group = self.session.ask(|client, _| groups::with_id(client, &id));
        group.map_err(|error| problem(&error))?.ok_or_else(|| nothing(Type::Group))
    }

    /// Reads a user group by the id that it has here, with its members if they are wanted.
    pub(super) fn user_group(&mut self, id: &str, with_members: bool) -> Result<user_groups::Known, Problem> {
        let own = user_groups::own_id(id).filter(|_| self.switches.user_groups);
        let own = own.ok_or_else(|| nothing(Type::Group))?;
        let group = self.session.ask(|client, _| user_groups::with_id(client, &own, with_members));
        group.map_err(|error| problem(&error))?.ok_or_else(|| nothing(Type::Group))
    }

    /// Returns the resources of a type that a query asks for.
    ///
    /// # Errors
    /// The query can't be answered, or something can't be read.
    pub fn list(&mut self, of: Type, query: &Query) -> Result<Value, Problem> {
        let mut window = window_of(query, of.schema().name)?;
        self.collect(of, query, "", &mut window)?;
        Ok(page(query, window))
    }

    /// Returns the resources of all types that the body of a search asks for.
    ///
    /// # Errors
    /// The search can't be done for one of the types, or something can't be read.
    pub fn search(&mut self, body: &Value) -> Result<Value, Problem> {
        let [users, groups, roles] = Type::ALL.map(|of| Query::of_search_among_all(body, of.schema()));
        let asked = [users?, groups?, roles?];
        let [first, ..] = &asked;
        let mut window = window_of(first, "")?;
        for ((of, before), query) in Type::ALL.into_iter().zip(["1", "2", "3"]).zip(&asked) {
            self.collect(of, query, before, &mut window)?;
        }
        Ok(page(first, window))
    }

    /// Collects the resources of a type that fit. `before` comes before each key.
    fn collect(&mut self, of: Type, query: &Query, before: &str, window: &mut Window) -> Result<(), Problem> {
        let (filter, projection) = (query.filter.as_ref(), &query.projection);
        if filter.is_some_and(|filter| !filter.can_fit(of.schema())) {
            return Ok(());
        }
        let mut add = |key: &str, render: &mut dyn FnMut() -> Value| {
            let key = [before, key].concat();
            // Without a filter, only those are put together that are given.
            let resource = filter.map(|filter| (filter, render()));
            if resource.as_ref().is_some_and(|(filter, resource)| !filter.matches(resource)) {
                return;
            }
            if window.counts(&key) {
                let mut resource = resource.map_or_else(&mut *render, |(_, resource)| resource);
                projection.apply(&mut resource, of.schema());
                window.give(&key, resource);
            }
        };
        let base = &self.base;
        match of {
            Type::User => {
                let with_groups =
                    projection.asks_for("groups", &USER) || filter.is_some_and(|it| it.reads("groups"));
                let members = self.has_members();
                let wanted = filter.and_then(wanted_address);
                if let Some(None) = wanted {
                    return Ok(());
                }
                let account_id = &self.account_id;
                self.session
                    .ask(|client, facts| {
                        let mut effective =
                            with_groups.then(|| Effective::learn(client, facts)).transpose()?;
                        let members = members || effective.as_ref().is_some_and(Effective::asks_for_members);
                        let mut people: Map<String, Person> = match wanted.flatten() {
                            None => people::everybody(client, members)?,
                            Some(address) => {
                                let mut person = people::with_address(client, &address, members)?;
                                if person.is_active().is_none() && effective.is_none() {
                                    person.is_named =
                                        Some(groups::name(&groups::all(client)?, &address, account_id));
                                }
                                [(address, person)].into_iter().collect()
                            }
                        };
                        let addresses: Vec<String> = people.iter().map(|(it, _)| it.clone()).collect();
                        for address in addresses {
                            let Some(person) = people.get_mut(&address) else { continue };
                            let groups = effective.as_mut().map(|effective| {
                                let (groups, is_named) = effective.of(&address, person.standing());
                                person.is_named = Some(is_named || person.is_named == Some(true));
                                groups
                            });
                            if person.is_there() {
                                add(&address, &mut || {
                                    user::render(base, &address, person, groups.as_deref())
                                });
                            }
                        }
                        Ok(())
                    })
                    .map_err(|error| problem(&error))
            }
            Type::Group => {
                let one = filter.and_then(|filter| filter.requires("id"));
                let one = one.map(|id| Id::asked(id).filter(|_| !user_groups::is_id(id)));
                let account_id = &self.account_id;
                let groups = self.session.ask(|client, _| match one {
                    None => groups::all(client),
                    Some(None) => Ok(Vec::new()),
                    Some(Some(id)) => Ok(groups::with_id(client, &id)?.into_iter().collect()),
                });
                for group in groups.map_err(|error| problem(&error))? {
                    add(group.id.as_str(), &mut || group::render(base, &group, account_id));
                }
                if self.switches.user_groups {
                    let with_members = user_groups::needs_members(projection, filter);
                    let groups = self.session.ask(|client, _| user_groups::all(client, filter, with_members));
                    for group in groups.map_err(|error| problem(&error))? {
                        add(&group.key(), &mut || group.render(base));
                    }
                }
                Ok(())
            }
            Type::Role => {
                let roles = self.session.ask(|client, _| role::all(client));
                for role in roles.map_err(|error| problem(&error))? {
                    add(role.id.as_str(), &mut || role::render(base, &role));
                }
                Ok(())
            }
        }
    }
}

/// Returns the address that all users have who fit: `None` if a filter says nothing of it, and an inner
/// `None` if nobody can fit.
fn wanted_address(filter: &Filter) -> Option<Option<String>> {
    if let Some(id) = filter.requires("id") {
        return Some(user_id::address_of(id));
    }
    let text = filter.requires("userName").or_else(|| filter.requires("emails.value"))?;
    let address = Some(text).filter(|text| is_address(text) && !is_nobodys(text));
    Some(address.map(str::to_ascii_lowercase))
}

/// Begins the answer to a query of the resources with this name; without a name, of all resources.
fn window_of(query: &Query, resources: &str) -> Result<Window, Problem> {
    let most = query.count as usize;
    let list = Digest::new().with(resources).with(&query.filter_text).finish();
    let list = format!("{list:016x}");
    match &query.start {
        Start::Index(start) => Ok(Window::from_number(usize::try_from(*start).unwrap_or(usize::MAX), most)),
        Start::FirstByCursor => Window::from_cursor("", most, &list),
        Start::Cursor(cursor) => Window::from_cursor(cursor, most, &list),
    }
}

fn page(query: &Query, window: Window) -> Value {
    let start = match query.start {
        Start::Index(start) => Some(start),
        Start::FirstByCursor | Start::Cursor(_) => None,
    };
    let (total, next) = (u64::try_from(window.total).ok(), window.next_cursor());
    ListResponse { total, start, resources: window.resources, next }.into_json()
}

/// Returns the answer with a resource.
pub(super) fn answer(
    status: u16,
    of: Type,
    mut resource: Value,
    projection: &Projection,
    preconditions: &Preconditions,
) -> Answer {
    let version = shown(&resource).map(str::to_owned);
    if status == 200 && version.as_deref().is_some_and(|version| preconditions.is_known(version)) {
        return Answer { status: 304, body: None, version, location: None };
    }
    projection.apply(&mut resource, of.schema());
    Answer { status, body: Some(resource), version, location: None }
}

/// The problem of a resource that is known not to be there. A failure of Cloudflare's never is this one.
pub(super) fn nothing(of: Type) -> Problem {
    Problem::new(404, format!("There is no {} with this id.", of.schema().name))
}
