//! The schemas of the documents themselves (RFC 7643, 8.7.2; RFC 9865, 4).

use super::attribute::{Attribute, Kind};
use super::table::Schema;

const fn flag(name: &'static str, description: &'static str) -> Attribute {
    Attribute::new(name, Kind::Boolean, description)
}

const fn number(name: &'static str, description: &'static str) -> Attribute {
    Attribute::new(name, Kind::Integer, description)
}

const fn uri(name: &'static str, description: &'static str) -> Attribute {
    Attribute::new(name, Kind::Reference(&["uri"]), description)
}

const SUPPORTED: Attribute = flag("supported", "Whether the service has it.").required();
const SUPPORTED_ALONE: &[Attribute] = &[SUPPORTED];

/// The schema of the service's own description.
pub static SERVICE_PROVIDER_CONFIG: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig",
    name: "Service Provider Configuration",
    description: "What the service can do.",
    attributes: &[
        Attribute::new(
            "documentationUri",
            Kind::Reference(&["external"]),
            "The page that describes the service.",
        ),
        Attribute::complex("patch", false, SUPPORTED_ALONE, "Changes of parts.").required(),
        Attribute::complex(
            "bulk",
            false,
            &[
                SUPPORTED,
                number("maxOperations", "The most operations in a request.").required(),
                number("maxPayloadSize", "The most bytes of a request.").required(),
            ],
            "Several requests in one.",
        )
        .required(),
        Attribute::complex(
            "filter",
            false,
            &[SUPPORTED, number("maxResults", "The most resources in an answer.").required()],
            "Searches.",
        )
        .required(),
        Attribute::complex("changePassword", false, SUPPORTED_ALONE, "Changes of passwords.").required(),
        Attribute::complex("sort", false, SUPPORTED_ALONE, "Answers in an order.").required(),
        Attribute::complex("etag", false, SUPPORTED_ALONE, "Versions of resources.").required(),
        Attribute::complex(
            "pagination",
            false,
            &[
                flag("cursor", "Whether pages are found by a cursor.").required(),
                flag("index", "Whether pages are found by a number.").required(),
                Attribute::text("defaultPaginationMethod", "The way of clients that name none.")
                    .one_of(&["cursor", "index"]),
                number("defaultPageSize", "The resources in a page if a client doesn't say."),
                number("maxPageSize", "The most resources in a page."),
                number("cursorTimeout", "The seconds that a cursor is good for."),
            ],
            "The ways to read a long list (RFC 9865).",
        ),
        Attribute::complex(
            "authenticationSchemes",
            true,
            &[
                Attribute::text("type", "The kind of the scheme.").required().one_of(&[
                    "oauth",
                    "oauth2",
                    "oauthbearertoken",
                    "httpbasic",
                    "httpdigest",
                ]),
                Attribute::text("name", "The name of the scheme.").required(),
                Attribute::text("description", "The scheme in a sentence.").required(),
                Attribute::new("specUri", Kind::Reference(&["external"]), "Its specification."),
                Attribute::new("documentationUri", Kind::Reference(&["external"]), "Its documentation."),
                flag("primary", "Whether it is the main one."),
            ],
            "The ways to log in.",
        )
        .required(),
    ],
};

/// The schema of a resource type.
pub static RESOURCE_TYPE: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:ResourceType",
    name: "Resource Type",
    description: "A kind of resource, its endpoint and its schemas.",
    attributes: &[
        Attribute::text("id", "The id, which is the name."),
        Attribute::text("name", "The name.").required(),
        Attribute::text("description", "The kind in a sentence."),
        uri("endpoint", "The path below the service.").required(),
        uri("schema", "The URI of the main schema.").required(),
        Attribute::complex(
            "schemaExtensions",
            true,
            &[
                uri("schema", "The URI of the extension.").required(),
                flag("required", "Whether each resource has it.").required(),
            ],
            "The extensions of the schema.",
        ),
    ],
};

const OF_ATTRIBUTE: [Attribute; 11] = [
    Attribute::exact("name", "The name.").required(),
    Attribute::text("type", "The type of the values.").required().one_of(&[
        "string",
        "complex",
        "boolean",
        "decimal",
        "integer",
        "dateTime",
        "reference",
    ]),
    flag("multiValued", "Whether it is a list.").required(),
    Attribute::exact("description", "The attribute in a sentence."),
    flag("required", "Whether a resource needs it."),
    Attribute::exact("canonicalValues", "The usual values.").list(),
    flag("caseExact", "Whether upper and lower case make a difference."),
    Attribute::exact("mutability", "When it can be changed.").one_of(&[
        "readOnly",
        "readWrite",
        "immutable",
        "writeOnly",
    ]),
    Attribute::exact("returned", "The answers that it is in.")
        .one_of(&["always", "never", "default", "request"]),
    Attribute::exact("uniqueness", "Whether no two have the same value.")
        .one_of(&["none", "server", "global"]),
    Attribute::exact("referenceTypes", "The kinds of resource that it leads to.").list(),
];

/// The schema of a schema.
pub static SCHEMA: Schema = Schema {
    id: "urn:ietf:params:scim:schemas:core:2.0:Schema",
    name: "Schema",
    description: "The attributes of a kind of resource.",
    attributes: &[
        Attribute::exact("id", "The URI of the schema.").required(),
        Attribute::exact("name", "The name."),
        Attribute::exact("description", "The schema in a sentence."),
        Attribute::complex("attributes", true, &OF_ATTRIBUTE_WITH_SUBS, "The attributes.").required(),
    ],
};

const OF_ATTRIBUTE_WITH_SUBS: [Attribute; 12] = {
    let [a, b, c, d, e, f, g, h, i, j, k] = OF_ATTRIBUTE;
    let subs = Attribute::complex("subAttributes", true, &OF_ATTRIBUTE, "The attributes of its values.");
    [a, b, c, d, e, f, g, h, i, j, k, subs]
};
