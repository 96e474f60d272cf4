//! The endpoints of applications.

use crate::mock::account::Account;
use crate::mock::api::{Call, Failure, Limits, Outcome, Reply, contains, equals, find, raw};

use super::{Application, Attached};

/// `OpenAPI: GET /accounts/{account_id}/access/apps`. `exact` is about `name` and `domain` (inferred),
/// which are always compared whole here.
pub(super) fn list(account: &Account, call: &Call) -> Outcome {
    let (name, domain, aud) = (call.query("name"), call.query("domain"), call.query("aud"));
    let is_wanted = |application: &&Application| {
        let text = |field: &str| application.extra.get(field).and_then(|text| text.as_str());
        equals(name, application.name.as_deref())
            && equals(domain, text("domain"))
            && equals(aud, text("aud"))
            && contains(call.query("search"), &[application.name.as_deref(), text("domain")])
    };
    let found: Vec<_> = account.applications.iter().filter(is_wanted).collect();
    let write = |application: &&Application| raw(&account.application_json(application));
    Ok(Reply::page(call.paging(Limits::ACCESS)?.listing(&found, write)))
}

/// `OpenAPI: GET /accounts/{account_id}/access/apps/{app_id}`.
pub(super) fn get(account: &Account, call: &Call) -> Outcome {
    let application = application(account, call)?;
    Ok(Reply::single(&account.application_json(application)))
}

/// `OpenAPI: GET /accounts/{account_id}/access/apps/{app_id}/policies`. It has the application's own
/// policies and the reusable ones, whole, whatever the application itself shows of them.
pub(super) fn policies(account: &Account, call: &Call) -> Outcome {
    let attached = &application(account, call)?.policies;
    let write = |attached: &Attached| raw(&account.attached_json(attached));
    Ok(Reply::page(call.paging(Limits::APP_POLICIES)?.listing(attached, write)))
}

fn application<'a>(account: &'a Account, call: &Call) -> Result<&'a Application, Failure> {
    find(&account.applications, |application| application.id == call.id, "Application")
}
