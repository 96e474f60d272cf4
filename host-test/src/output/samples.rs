//! Small pages to test with.

use cloudflare_zero_trust::contract::{Page, Progress, Resource, ResourceId};

pub(crate) fn page() -> Page {
    Page {
        resources: vec![],
        entitlements: vec![],
        grants: vec![],
        warnings: vec![],
        progress: Progress { phase: "users".to_owned(), done: 0, total: None },
        requests: 1,
        rate_limit: None,
        next: None,
    }
}

pub(crate) fn group(id: &str, name: &str) -> Resource {
    Resource {
        id: ResourceId { kind: "group".to_owned(), id: id.to_owned() },
        parent: None,
        display_name: name.to_owned(),
        account: None,
        profile: "{}".to_owned(),
    }
}
