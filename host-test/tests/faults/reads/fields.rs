//! The fields of the items that routes list, and strange values for them.

use super::scenario::{Request, is_single};
use host_test::mock::Effect;
use serde_json::{Value, json};

/// The way in which a field is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// An item without it is none.
    Id,
    /// A text that may be missing.
    Text,
    /// An address, which is the whole item of a list.
    Value,
    /// A value that is passed on, whatever it is.
    PassedOn,
    /// An object that may be missing.
    Object,
    /// A list that may be missing.
    List,
    /// A list without which an item isn't understood.
    Needed,
    /// A list that may be missing: the member's policies tell the same.
    Roles,
    /// The id of a role that a member has. Without it, a policy still tells the role.
    Role,
    /// A list that may be missing, and that may explain a privilege if it isn't understood.
    Policies,
    /// A word that may be missing, and of which little is known if it is another one.
    Type,
    /// A rule of a group. An object is a rule, if only one of an unknown kind.
    Rule,
}

/// Returns the known fields of the items that routes list. Other routes have no fields to spoil.
pub fn known_fields(route: &str) -> &'static [(&'static str, Field)] {
    match route {
        "access/users" => &[
            ("id", Field::Id),
            ("email", Field::Text),
            ("name", Field::Text),
            ("uid", Field::PassedOn),
            ("active_device_count", Field::PassedOn),
        ],
        "access/groups" => &[
            ("id", Field::Id),
            ("name", Field::Text),
            ("include", Field::List),
            ("include/0", Field::Rule),
            ("exclude", Field::List),
            ("require", Field::List),
            ("is_default", Field::PassedOn),
        ],
        "members" => &[
            ("id", Field::Id),
            ("status", Field::Text),
            ("email", Field::Text),
            ("user", Field::Object),
            ("user/id", Field::PassedOn),
            ("user/email", Field::Text),
            ("roles", Field::Roles),
            ("roles/0/id", Field::Role),
            ("policies", Field::Policies),
        ],
        "roles" => &[
            ("id", Field::Id),
            ("name", Field::Text),
            ("description", Field::Text),
            ("permissions", Field::PassedOn),
        ],
        "iam/user_groups" => &[
            ("id", Field::Id),
            ("name", Field::Text),
            ("policies", Field::Policies),
            ("created_on", Field::PassedOn),
        ],
        // One without a name, or with another, is a role of its own.
        "iam/permission_groups" => {
            &[("id", Field::Id), ("meta", Field::Object), ("meta/scopes", Field::PassedOn)]
        }
        "iam/user_groups/{id}/members" => {
            &[("id", Field::Id), ("email", Field::PassedOn), ("status", Field::Text)]
        }
        "access/policies" => &[
            ("id", Field::Id),
            ("name", Field::Text),
            ("decision", Field::Text),
            ("include", Field::Needed),
            ("require", Field::List),
            ("app_count", Field::PassedOn),
        ],
        "access/apps" => &[
            ("id", Field::Id),
            ("name", Field::Text),
            ("type", Field::Type),
            ("allowed_idps", Field::List),
            ("domain", Field::PassedOn),
        ],
        "access/identity_providers" => &[("id", Field::Id), ("name", Field::Text), ("type", Field::Text)],
        "gateway/lists/{id}/items" => &[("value", Field::Value)],
        _ => &[],
    }
}

/// Returns strange values for otherwise right answers to a request: in the envelope, and in the
/// first item of the page.
pub fn strange_fields(request: &Request) -> Vec<Effect> {
    let strange = || [json!(null), json!(7), json!(["x"]), json!({"x": {}})];
    let spoilt = |pointer: &str, fits: &dyn Fn(&Value) -> bool| {
        let pointer = || pointer.to_owned();
        let strange = strange().into_iter().filter(|value| !fits(value));
        let set = strange.map(|value| Effect::SetField { pointer: pointer(), value });
        set.chain([Effect::DropField { pointer: pointer() }]).collect::<Vec<_>>()
    };
    let mut effects = Vec::new();
    let of_lists = ["/result_info", "/result_info/total_count", "/result_info/per_page"];
    let of_lists = of_lists.into_iter().filter(|_| !is_single(&request.route));
    for pointer in ["/success", "/result", "/errors"].into_iter().chain(of_lists) {
        // A number would be a total, and a list a page.
        effects.extend(spoilt(pointer, &|value| value.is_number() || value.is_array()));
    }
    if !is_single(&request.route) {
        effects.extend(spoilt("/result/0", &Value::is_object));
    }
    for (field, kind) in known_fields(&request.route) {
        let pointer = format!("/result/0/{field}");
        effects.extend(spoilt(&pointer, &|value| match kind {
            Field::Object => value.is_object(),
            Field::List | Field::Needed | Field::Roles => value.is_array(),
            _ => false,
        }));
        effects.push(Effect::HugeField { pointer, bytes: 1 << 20 });
    }
    effects
}
