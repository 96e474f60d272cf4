//! Pages as JSON, as a journal keeps them: a grant stands there once, with all of its principals.

use cloudflare_zero_trust::contract::{
    Account, AccountStatus, Alternative, Basis, Entitlement, Grant, Page, Progress, Resource, ResourceId,
    Warning,
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::io::{self, BufRead};

/// A kind and an id.
type Id<'a> = (Cow<'a, str>, Cow<'a, str>);
type Text<'a> = Cow<'a, str>;

#[derive(Serialize, Deserialize)]
struct Records<'a> {
    resources: Vec<StoredResource<'a>>,
    entitlements: Vec<StoredEntitlement<'a>>,
    grants: Vec<StoredGrant<'a>>,
    warnings: Vec<StoredWarning<'a>>,
}

#[derive(Serialize, Deserialize)]
struct StoredResource<'a> {
    id: Id<'a>,
    parent: Option<Id<'a>>,
    display_name: Text<'a>,
    account: Option<StoredAccount<'a>>,
    profile: Text<'a>,
}

#[derive(Serialize, Deserialize)]
struct StoredAccount<'a> {
    email: Option<Text<'a>>,
    login: Option<Text<'a>>,
    status: Status,
    last_login: Option<Text<'a>>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
enum Status {
    Enabled,
    Disabled,
    Pending,
    Unknown,
}

#[derive(Serialize, Deserialize)]
struct StoredEntitlement<'a> {
    id: Text<'a>,
    on: Id<'a>,
    slug: Text<'a>,
    display_name: Text<'a>,
    description: Text<'a>,
    grantable_to: Vec<Text<'a>>,
    extra: Text<'a>,
}

#[derive(Serialize, Deserialize)]
struct StoredGrant<'a> {
    entitlement: Text<'a>,
    principals: Vec<Id<'a>>,
    basis: Vec<(Text<'a>, Text<'a>, Option<Id<'a>>)>,
    /// Any of, all of, none of.
    conditions: Vec<[Vec<Text<'a>>; 3]>,
    revocable: bool,
    extra: Text<'a>,
}

#[derive(Serialize, Deserialize)]
struct StoredWarning<'a> {
    code: Text<'a>,
    about: Option<Id<'a>>,
    message: Text<'a>,
    incomplete: bool,
}

/// Returns the records of a page as JSON.
pub(super) fn text(page: &Page) -> io::Result<Vec<u8>> {
    let records = Records {
        resources: page.resources.iter().map(resource).collect(),
        entitlements: page.entitlements.iter().map(entitlement).collect(),
        grants: page.grants.iter().map(grant).collect(),
        warnings: page.warnings.iter().map(warning).collect(),
    };
    Ok(serde_json::to_vec(&records)?)
}

/// Reads one page after the other.
pub(super) fn each(text: impl BufRead, mut take: impl FnMut(&Page) -> io::Result<()>) -> io::Result<()> {
    for records in serde_json::Deserializer::from_reader(text).into_iter::<Records<'static>>() {
        take(&page(records?))?;
    }
    Ok(())
}

fn borrowed(text: &str) -> Text<'_> {
    Cow::Borrowed(text)
}

fn id(of: &ResourceId) -> Id<'_> {
    (borrowed(&of.kind), borrowed(&of.id))
}

fn texts(of: &[String]) -> Vec<Text<'_>> {
    of.iter().map(|text| borrowed(text)).collect()
}

fn resource(of: &Resource) -> StoredResource<'_> {
    StoredResource {
        id: id(&of.id),
        parent: of.parent.as_ref().map(id),
        display_name: borrowed(&of.display_name),
        account: of.account.as_ref().map(|account| StoredAccount {
            email: account.email.as_deref().map(borrowed),
            login: account.login.as_deref().map(borrowed),
            status: match account.status {
                AccountStatus::Enabled => Status::Enabled,
                AccountStatus::Disabled => Status::Disabled,
                AccountStatus::Pending => Status::Pending,
                AccountStatus::Unknown => Status::Unknown,
            },
            last_login: account.last_login.as_deref().map(borrowed),
        }),
        profile: borrowed(&of.profile),
    }
}

fn entitlement(of: &Entitlement) -> StoredEntitlement<'_> {
    StoredEntitlement {
        id: borrowed(&of.id),
        on: id(&of.on),
        slug: borrowed(&of.slug),
        display_name: borrowed(&of.display_name),
        description: borrowed(&of.description),
        grantable_to: texts(&of.grantable_to),
        extra: borrowed(&of.extra),
    }
}

fn basis(of: &Basis) -> (Text<'_>, Text<'_>, Option<Id<'_>>) {
    (borrowed(&of.rule), borrowed(&of.value), of.through.as_ref().map(id))
}

fn alternative(of: &Alternative) -> [Vec<Text<'_>>; 3] {
    [texts(&of.any_of), texts(&of.all_of), texts(&of.none_of)]
}

fn grant(of: &Grant) -> StoredGrant<'_> {
    StoredGrant {
        entitlement: borrowed(&of.entitlement),
        principals: of.principals.iter().map(id).collect(),
        basis: of.basis.iter().map(basis).collect(),
        conditions: of.conditions.iter().map(alternative).collect(),
        revocable: of.revocable,
        extra: borrowed(&of.extra),
    }
}

fn warning(of: &Warning) -> StoredWarning<'_> {
    let Warning { code, about, message, incomplete } = of;
    let about = about.as_ref().map(id);
    StoredWarning { code: borrowed(code), about, message: borrowed(message), incomplete: *incomplete }
}

fn owned((kind, id): Id<'_>) -> ResourceId {
    ResourceId { kind: kind.into_owned(), id: id.into_owned() }
}

fn all_owned(texts: Vec<Text<'_>>) -> Vec<String> {
    texts.into_iter().map(Cow::into_owned).collect()
}

/// Returns a page of these records. How far the read was is the cursor file's to know.
fn page(of: Records<'_>) -> Page {
    let account = |of: StoredAccount<'_>| Account {
        email: of.email.map(Cow::into_owned),
        login: of.login.map(Cow::into_owned),
        status: match of.status {
            Status::Enabled => AccountStatus::Enabled,
            Status::Disabled => AccountStatus::Disabled,
            Status::Pending => AccountStatus::Pending,
            Status::Unknown => AccountStatus::Unknown,
        },
        last_login: of.last_login.map(Cow::into_owned),
    };
    let resource = |of: StoredResource<'_>| Resource {
        id: owned(of.id),
        parent: of.parent.map(owned),
        display_name: of.display_name.into_owned(),
        account: of.account.map(account),
        profile: of.profile.into_owned(),
    };
    let entitlement = |of: StoredEntitlement<'_>| Entitlement {
        id: of.id.into_owned(),
        on: owned(of.on),
        slug: of.slug.into_owned(),
        display_name: of.display_name.into_owned(),
        description: of.description.into_owned(),
        grantable_to: all_owned(of.grantable_to),
        extra: of.extra.into_owned(),
    };
    let basis = |(rule, value, through): (Text<'_>, Text<'_>, Option<Id<'_>>)| Basis {
        rule: rule.into_owned(),
        value: value.into_owned(),
        through: through.map(owned),
    };
    let alternative = |rules: [Vec<Text<'_>>; 3]| {
        let [any_of, all_of, none_of] = rules.map(all_owned);
        Alternative { any_of, all_of, none_of }
    };
    let grant = |of: StoredGrant<'_>| Grant {
        entitlement: of.entitlement.into_owned(),
        principals: of.principals.into_iter().map(owned).collect(),
        basis: of.basis.into_iter().map(basis).collect(),
        conditions: of.conditions.into_iter().map(alternative).collect(),
        revocable: of.revocable,
        extra: of.extra.into_owned(),
    };
    let warning = |of: StoredWarning<'_>| Warning {
        code: of.code.into_owned(),
        about: of.about.map(owned),
        message: of.message.into_owned(),
        incomplete: of.incomplete,
    };
    Page {
        resources: of.resources.into_iter().map(resource).collect(),
        entitlements: of.entitlements.into_iter().map(entitlement).collect(),
        grants: of.grants.into_iter().map(grant).collect(),
        warnings: of.warnings.into_iter().map(warning).collect(),
        progress: Progress { phase: String::new(), done: 0, total: None },
        requests: 0,
        rate_limit: None,
        next: None,
    }
}
