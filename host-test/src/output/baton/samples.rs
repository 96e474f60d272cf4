//! A manifest with one of everything, to test with.

use cloudflare_zero_trust::contract::{AuthMethod, Field, Manifest, Permission, ResourceType};

fn field(id: &str, label: &str, format: &str) -> Field {
    Field {
        id: id.to_owned(),
        label: label.to_owned(),
        help: String::new(),
        format: format.to_owned(),
        choices: vec![],
        secret: false,
        required: false,
        default: None,
        operator_only: false,
    }
}

fn method(id: &str, label: &str, help: &str, field: Field) -> AuthMethod {
    AuthMethod { id: id.to_owned(), label: label.to_owned(), help: help.to_owned(), fields: vec![field] }
}

fn resource_type(id: &str, display_name: &str, word: &str) -> ResourceType {
    ResourceType {
        id: id.to_owned(),
        display_name: display_name.to_owned(),
        traits: vec![word.to_owned()],
        can_sync: true,
        opt_in: false,
        can_provision: false,
        permissions: vec![],
    }
}

pub(super) fn permission(name: &str, provision_only: bool) -> Permission {
    Permission { name: name.to_owned(), also: vec![], provision_only, without: String::new() }
}

pub(super) fn manifest() -> Manifest {
    let account =
        Field { help: "Which one.".to_owned(), required: true, ..field("account", "Account", "text") };
    let pace =
        Field { default: Some("10".to_owned()), operator_only: true, ..field("pace", "Pace", "integer") };
    let choices = vec!["eu".to_owned(), "us".to_owned()];
    let region = Field { choices, default: Some("eu".to_owned()), ..field("region", "Region", "choice") };
    let careful = Field { default: Some("true".to_owned()), ..field("careful", "Careful", "boolean") };
    let token = Field { secret: true, required: true, ..field("token", "Token", "text") };
    let email = Field { required: true, ..field("email", "Email", "email") };
    let permissions = vec![permission("Groups Read", false), permission("Groups Edit", true)];
    Manifest {
        id: "sample".to_owned(),
        display_name: "Sample".to_owned(),
        version: "1.2.3".to_owned(),
        documentation_url: "https://docs.example/".to_owned(),
        origins: vec![],
        fields: vec![account, pace, region, careful],
        auth_methods: vec![
            method("token", "A token", "The better choice.", token),
            method("login", "A login", "", email),
        ],
        resource_types: vec![
            resource_type("thing", "Thing", "unheard-of"),
            ResourceType { can_provision: true, permissions, ..resource_type("group", "Group", "group") },
        ],
        steps: vec![],
        extra: "{}".to_owned(),
    }
}
