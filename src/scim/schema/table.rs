//! The one table of what the resources have. The documents, filters, PATCH and projections all read it,
//! so they can't disagree. It has what Cloudflare stores, and nothing else.

use super::attribute::{Attribute, Door, Kind, Returned, Writable};

use Door::Provisioning;

/// A schema: a name for some attributes.
#[derive(Debug)]
pub struct Schema {
    /// The URN.
    pub id: &'static str,
    /// The name for people.
    pub name: &'static str,
    /// A sentence for people.
    pub description: &'static str,
    /// The attributes.
    pub attributes: &'static [Attribute],
}

/// A resource type: its endpoint and its schemas.
#[derive(Debug)]
pub struct ResourceSchema {
    /// The name, which is its id as well.
    pub name: &'static str,
    /// The path of the collection below the service.
    pub endpoint: &'static str,
    /// A sentence for people.
    pub description: &'static str,
    /// The schema that each resource has.
    pub core: &'static Schema,
    /// A schema of this connector's own that each resource may have.
    pub extension: Option<&'static Schema>,
    /// The attributes of every resource: `id`, `schemas` and `meta`. No schema lists them (RFC 7643, 3.1).
    pub common: &'static [Attribute],
    /// Attributes that RFC 7643 (4.1 and 4.2) gives such a resource, and that Cloudflare doesn't store.
    pub not_stored: &'static [&'static str],
}

/// The resource types that are found under these endpoints.
pub const RESOURCES: [&ResourceSchema; 3] = [&USER, &GROUP, &ROLE];

const RESOURCE_TYPE: Attribute = Attribute::exact("resourceType", "The name of the resource type.");
const LOCATION: Attribute = Attribute::new("location", Kind::Reference(&["uri"]), "The resource's URI.");
const VERSION: Attribute = Attribute::exact("version", "The version, which If-Match takes.").incomparable();
const CREATED: Attribute = Attribute::new("created", Kind::DateTime, "The time of its creation.");
const LAST_MODIFIED: Attribute =
    Attribute::new("lastModified", Kind::DateTime, "The time of the last change that Cloudflare tells.");

const ID: Attribute =
    Attribute::exact("id", "The id, which stays the same.").unique().returned(Returned::Always);
const SCHEMAS: Attribute =
    Attribute::new("schemas", Kind::Reference(&["uri"]), "The schemas of the resource.")
        .list()
        .returned(Returned::Always);

/// RFC 7643 (3.1) gives it to every resource. A schema that lists it says that it isn't kept.
const EXTERNAL_ID: Attribute = Attribute::exact(
    "externalId",
    "The client's own id. Cloudflare has no place for it, so it is taken and not kept.",
)
.incomparable()
.writable(Writable::NotKept);

/// A group's times are those of Cloudflare's one object.
const COMMON: [Attribute; 3] = [
    SCHEMAS,
    ID,
    Attribute::complex(
        "meta",
        false,
        &[RESOURCE_TYPE, CREATED, LAST_MODIFIED, LOCATION, VERSION],
        "Facts about the resource.",
    ),
];
/// A person is several objects, or none, so many have no times: a filter would lose those in silence.
const COMMON_WITHOUT_TIMES: [Attribute; 3] = [
    SCHEMAS,
    ID,
    Attribute::complex(
        "meta",
        false,
        &[RESOURCE_TYPE, CREATED.incomparable(), LAST_MODIFIED.incomparable(), LOCATION, VERSION],
        "Facts about the resource.",
    ),
];

/// People. One is an address, whatever has it at Cloudflare.
pub static USER: ResourceSchema = ResourceSchema {
    name: "User",
    endpoint: "/Users",
    description: "A person at Cloudflare Zero Trust: whatever has the same address.",
    core: &USER_CORE,
    extension: Some(&USER_EXTENSION),
    common: &COMMON_WITHOUT_TIMES,
    not_stored: &[
        "nickName",
        "profileUrl",
        "title",
        "userType",
        "preferredLanguage",
        "locale",
        "timezone",
        "password",
        "phoneNumbers",
        "ims",
        "photos",
        "addresses",
        "entitlements",
        "x509Certificates",
    ],
};

static USER_CORE: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:User",
    name: "User",
    description: "A person: an address, and what it has at Cloudflare.",
    attributes: &[
        Attribute::text("userName", "The person's address, in lower case. It is the person's identity here.")
            .required()
            .unique()
            .writable(Writable::AtCreation)
            .returned(Returned::Always),
        Attribute::text("displayName", "The name of the Access user.").writable(Writable::AtCreation),
        Attribute::complex(
            "name",
            false,
            &[
                Attribute::text("formatted", "The display name, once more."),
                Attribute::text("familyName", "The last word, or what stands before a comma."),
                Attribute::text("givenName", "The rest."),
            ],
            "The display name in parts. Cloudflare keeps one text, so the parts are a guess, for clients \
             that can't do without them. For a new user who comes without a display name, they make one.",
        )
        .writable(Writable::Derived),
        EXTERNAL_ID,
        Attribute::new(
            "active",
            Kind::Boolean,
            "Whether the person has something here: a seat, a rule of a group that names the address, a \
             membership of the account, or an Access user who has never logged in. Whoever has nothing can \
             still be let in by a rule for others, such as a domain. With CONNECTOR_LIFECYCLE, false is a \
             wish that is acted upon: the rules that name the address, the sessions and the seat are taken, \
             the membership stays, and an error tells what still lets the person in. True changes nothing.",
        )
        .writable(Writable::Wish(Door::Lifecycle)),
        Attribute::complex(
            "emails",
            true,
            &[
                Attribute::text("value", "The address."),
                Attribute::text("type", "The kind of the address.").one_of(&["work"]),
                Attribute::new("primary", Kind::Boolean, "Whether it is the main address: always."),
            ],
            "The person's address, once more.",
        ),
        Attribute::complex(
            "groups",
            true,
            &[
                Attribute::exact("value", "The group's id."),
                Attribute::new("$ref", Kind::Reference(&["Group"]), "The group's URI."),
                Attribute::text("display", "The group's name."),
                Attribute::text(
                    "type",
                    "Whether the group itself names the address (direct), or another rule lets it in \
                     (indirect).",
                )
                .one_of(&["direct", "indirect"]),
            ],
            "The Access groups that the person is in, as far as that is known before a login. Members of a \
             group are changed at the group. Lists have it if it is asked for.",
        ),
        Attribute::complex(
            "roles",
            true,
            &[
                Attribute::exact("value", "The role's id.").writable(Writable::Part(Provisioning)),
                Attribute::new("$ref", Kind::Reference(&["Role"]), "The role's URI."),
                Attribute::text("display", "The role's name."),
            ],
            "The account roles of the person's membership. With CONNECTOR_LIFECYCLE, somebody without a \
             membership is invited with them, and whoever has nothing else in the account leaves it with the \
             last one.",
        )
        .writable(Writable::With(Provisioning)),
    ],
};

/// The connector's own schema for people.
pub static USER_EXTENSION: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:extension:cloudflare:2.0:User",
    // Clients make names of their own of it, such as options: there is no space in it.
    name: "CloudflareUser",
    description: "What Cloudflare knows about the address.",
    attributes: &[
        Attribute::exact("accessUserId", "The id of the Access user with this address."),
        Attribute::exact("membershipId", "The id of the account member with this address."),
        Attribute::text("membershipStatus", "Whether the account member has accepted the invitation."),
        Attribute::new("accessSeat", Kind::Boolean, "Whether the person takes a seat of Access."),
        Attribute::new("gatewaySeat", Kind::Boolean, "Whether the person takes a seat of Gateway."),
        Attribute::new(
            "twoFactorAuthentication",
            Kind::Boolean,
            "Whether the account member logs in to Cloudflare with a second factor.",
        ),
        Attribute::new("lastLogin", Kind::DateTime, "The last successful login to Access."),
    ],
};

/// Access groups.
pub static GROUP: ResourceSchema = ResourceSchema {
    name: "Group",
    endpoint: "/Groups",
    description: "An Access group. With SCIM_USER_GROUPS, also a user group of the account.",
    core: &GROUP_CORE,
    extension: Some(&GROUP_EXTENSION),
    common: &COMMON,
    not_stored: &[],
};

static GROUP_CORE: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:Group",
    name: "Group",
    description: "An Access group, and the people and groups that it names itself.",
    attributes: &[
        Attribute::text("displayName", "The group's name. No two groups get the same one here.")
            .required()
            .writable(Writable::With(Door::Lifecycle)),
        EXTERNAL_ID,
        Attribute::complex(
            "members",
            true,
            &[
                Attribute::exact("value", "The id of the person or the group.")
                    .writable(Writable::Part(Provisioning)),
                Attribute::new("$ref", Kind::Reference(&["User", "Group"]), "The member's URI.")
                    .writable(Writable::Part(Provisioning)),
                Attribute::text("display", "The person's address. A group has none here."),
                Attribute::text("type", "Whether the member is a person or a group.")
                    .one_of(&["User", "Group"])
                    .writable(Writable::Part(Provisioning)),
            ],
            "The people whose own address stands among the group's include rules, and the groups that \
             stand there. Whoever else a rule lets in is no member here, and can't be removed.",
        )
        .writable(Writable::With(Provisioning)),
    ],
};

/// The connector's own schema for groups.
pub static GROUP_EXTENSION: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:extension:cloudflare:2.0:Group",
    name: "CloudflareGroup",
    description: "What a group has beside its members.",
    attributes: &[
        Attribute::text(
            "kind",
            "Whether it is an Access group (group) or, with SCIM_USER_GROUPS, a user group of the account \
             (user-group), which gives roles.",
        )
        .one_of(&["group", "user-group"])
        .returned(Returned::Request),
        Attribute::complex(
            "rules",
            true,
            &[
                Attribute::text("section", "The section of the group that the rule stands in.")
                    .one_of(&["include", "exclude", "require"]),
                Attribute::text("type", "The kind of the rule, as Cloudflare calls it."),
                Attribute::text("display", "The rule, as Cloudflare has it."),
                Attribute::new("open", Kind::Boolean, "Whether only a login decides the rule."),
            ],
            "The rules of the group, but for those of the include that name an address: these are its \
             members. A nested group stands here and among the members. A user group of the account has \
             none.",
        )
        .returned(Returned::Request),
        Attribute::text(
            "gives",
            "What a user group gives to its members: each role, and on which part of the account.",
        )
        .list()
        .returned(Returned::Request),
        Attribute::new("isDefault", Kind::Boolean, "Whether the group stands in every new policy.")
            .returned(Returned::Request),
        Attribute::new(
            "effectiveMembers",
            Kind::Integer,
            "The number of known people who are in the group, by whatever rule. Only the answer about one \
             Access group has it.",
        )
        .incomparable()
        .returned(Returned::Request),
    ],
};

/// Account roles, as Okta discovers entitlements (developer.okta.com/docs/guides/scim-with-entitlements).
pub static ROLE: ResourceSchema = ResourceSchema {
    name: "Role",
    endpoint: "/Roles",
    description: "A role of the Cloudflare account, which members can have.",
    core: &ROLE_CORE,
    extension: None,
    common: &COMMON_WITHOUT_TIMES,
    not_stored: &[],
};

static ROLE_CORE: Schema = Schema {
    id: "urn:okta:scim:schemas:core:1.0:Role",
    name: "Role",
    description: "A role of the account.",
    attributes: &[
        Attribute::text("displayName", "The role's name.").required(),
        Attribute::text("description", "What the role allows, in Cloudflare's words."),
    ],
};
