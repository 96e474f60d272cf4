use super::{Attribute, Documents, Doors, Found, GROUP, Kind, RESOURCES, ROLE, USER};
use serde_json::Value;

const BASE: &str = "https://scim.corp.example/scim/v2";
const DOORS: [Doors; 4] = [
    Doors { provisioning: false, lifecycle: false },
    Doors { provisioning: true, lifecycle: false },
    Doors { provisioning: false, lifecycle: true },
    Doors { provisioning: true, lifecycle: true },
];

fn documents(doors: Doors) -> Documents<'static> {
    Documents { base: BASE, doors }
}

/// Returns the attribute of a schema's document, by a path such as `members.value`.
fn at<'v>(schema: &'v Value, path: &str) -> &'v Value {
    let (name, sub) = path.split_once('.').map_or((path, None), |(name, sub)| (name, Some(sub)));
    let find = |list: &'v Value, name: &str| {
        list.as_array().unwrap().iter().find(|it| it["name"] == name).unwrap_or_else(|| panic!("{path}"))
    };
    let attribute = find(&schema["attributes"], name);
    sub.map_or(attribute, |sub| find(&attribute["subAttributes"], sub))
}

#[test]
fn a_path_leads_to_its_attribute() {
    let path = |schema: &super::ResourceSchema, text: &str| schema.attribute(text).map(|it| it.path());
    let own = "urn:ietf:params:scim:schemas:extension:cloudflare:2.0:User";
    for (text, expected) in [
        ("userName", Some("userName")),
        ("USERNAME", Some("userName")),
        ("emails.VALUE", Some("emails.value")),
        ("meta.location", Some("meta.location")),
        ("groups.$ref", Some("groups.$ref")),
        ("urn:ietf:params:scim:schemas:core:2.0:User:emails.value", Some("emails.value")),
        ("urn:ietf:params:scim:schemas:core:2.0:User:", None),
        ("urn:ietf:params:scim:schemas:core:2.0:Group:members", None),
        ("members", None),
        ("externalId", Some("externalId")),
        ("name.givenName", Some("name.givenName")),
        ("userName.value", None),
        ("emails.", None),
        ("", None),
        (":", None),
        (".", None),
    ] {
        assert_eq!(path(&USER, text).as_deref(), expected, "{text}");
    }
    let seat = format!("{own}:accessSeat");
    assert_eq!(path(&USER, &seat.to_uppercase()), Some(seat));
    assert!(matches!(USER.find(own), Some(Found::Extension(_))));
    for (text, is_not_stored) in [
        ("nickName", true),
        ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", true),
        ("URN:a:b:c", true),
        ("nope", false),
        (&format!("{own}:nope"), false),
        (&format!("{own}:accessSeat:nope"), false),
        ("urn:ietf:params:scim:schemas:core:2.0:User:nope", false),
        ("http://x:y", false),
    ] {
        assert_eq!(matches!(USER.find(text), Some(Found::NotStored)), is_not_stored, "{text}");
        assert_eq!(USER.find(text).is_none(), !is_not_stored, "{text}");
    }
}

/// A document says of an attribute just as much as the table answers to its path.
#[test]
fn documents_and_table_agree() {
    for doors in DOORS {
        for schema in RESOURCES {
            for (urn, is_extension) in
                [(schema.core.id, false)].into_iter().chain(schema.extension.map(|it| (it.id, true)))
            {
                let document = documents(doors).schema(urn).unwrap();
                let name = document["name"].as_str().unwrap();
                assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "clients make names of it");
                let listed = document["attributes"].as_array().unwrap();
                assert!(!listed.is_empty());
                for described in listed {
                    let name = described["name"].as_str().unwrap();
                    let target = schema.attribute(&format!("{urn}:{name}")).unwrap();
                    assert_eq!(target.extension.is_some(), is_extension);
                    agrees(described, target.attribute, doors);
                }
            }
        }
    }
}

fn agrees(described: &Value, attribute: &Attribute, doors: Doors) {
    assert_eq!(described["mutability"], attribute.mutability(doors).word());
    assert_eq!(described["multiValued"], attribute.is_list);
    assert_eq!(described["type"], attribute.kind.word());
    assert_eq!(described.get("subAttributes").is_some(), matches!(attribute.kind, Kind::Complex(_)));
    assert_eq!(described.get("referenceTypes").is_some(), matches!(attribute.kind, Kind::Reference(_)));
    assert!(described["description"].as_str().is_some_and(|it| it.ends_with('.')), "{described}");
    for sub in described["subAttributes"].as_array().into_iter().flatten() {
        agrees(sub, attribute.sub(sub["name"].as_str().unwrap()).unwrap(), doors);
    }
}

#[test]
fn mutability_follows_the_doors() {
    let user = USER.core.id;
    let group = GROUP.core.id;
    for (urn, path, expected) in [
        (user, "userName", ["readOnly", "readOnly", "immutable", "immutable"]),
        (user, "displayName", ["readOnly"; 4]),
        (user, "externalId", ["readOnly"; 4]),
        (user, "active", ["readOnly"; 4]),
        (user, "emails", ["readOnly"; 4]),
        (user, "groups", ["readOnly"; 4]),
        (user, "roles", ["readOnly", "readWrite", "readOnly", "readWrite"]),
        (user, "roles.value", ["readOnly", "immutable", "readOnly", "immutable"]),
        (user, "roles.display", ["readOnly"; 4]),
        (group, "displayName", ["readOnly", "readOnly", "readWrite", "readWrite"]),
        (group, "externalId", ["readOnly"; 4]),
        (group, "members", ["readOnly", "readWrite", "readOnly", "readWrite"]),
        (group, "members.value", ["readOnly", "immutable", "readOnly", "immutable"]),
        (ROLE.core.id, "displayName", ["readOnly"; 4]),
    ] {
        let found = DOORS.map(|doors| documents(doors).schema(urn).unwrap());
        let found = found.each_ref().map(|schema| at(schema, path)["mutability"].as_str().unwrap());
        assert_eq!(found, expected, "{path}");
    }
}

#[test]
fn documents_have_an_id_and_a_place() {
    let documents = documents(DOORS[3]);
    let types = documents.resource_types();
    let names: Vec<_> = types.iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(names, ["User", "Group", "Role"]);
    for (kind, listed) in [("ResourceType", types), ("Schema", documents.schemas())] {
        for document in listed {
            let id = document["id"].as_str().unwrap();
            assert_eq!(document["meta"]["resourceType"], kind);
            assert_eq!(document["meta"]["location"], format!("{BASE}/{kind}s/{id}"));
            let alone = if kind == "Schema" { documents.schema(id) } else { documents.resource_type(id) };
            assert_eq!(alone, Some(document));
        }
    }
    assert_eq!(documents.resource_type("user"), None);
    assert_eq!(documents.schema("urn:none"), None);
    let urns = documents.schemas();
    let urns: Vec<_> = urns.iter().map(|it| it["id"].as_str().unwrap()).collect();
    for (kind, of) in
        [("", "User"), ("", "Group"), ("", "Schema"), ("", "ResourceType"), ("", "ServiceProviderConfig")]
    {
        assert!(urns.contains(&format!("urn:ietf:params:scim:schemas:core:2.0:{kind}{of}").as_str()), "{of}");
    }
}

/// Each document has only what its own schema tells, with values of the types that it tells.
#[test]
fn documents_follow_their_own_schemas() {
    let documents = documents(DOORS[1]);
    let all = [documents.service_provider_config()];
    for document in all.into_iter().chain(documents.resource_types()).chain(documents.schemas()) {
        let urn = document["schemas"][0].as_str().unwrap();
        let schema = documents.schema(urn).unwrap_or_else(|| panic!("{urn}"));
        follows(&document, &schema["attributes"], urn);
    }
}

fn follows(object: &Value, attributes: &Value, at: &str) {
    let attributes = attributes.as_array().unwrap();
    for (name, value) in object.as_object().unwrap() {
        if matches!(name.as_str(), "schemas" | "meta") || (name == "id" && at.ends_with("Config")) {
            continue;
        }
        let at = format!("{at}.{name}");
        // The schema of schemas tells attributes of attributes to this depth (RFC 7643, 8.7.2).
        if at.ends_with(".subAttributes.subAttributes") {
            continue;
        }
        let attribute = attributes.iter().find(|it| it["name"] == name.as_str());
        let attribute = attribute.unwrap_or_else(|| panic!("{at} is in no schema"));
        assert_eq!(value.is_array(), attribute["multiValued"] == true, "{at}");
        let items = value.as_array().map_or_else(|| vec![value], |items| items.iter().collect());
        for item in items {
            let is_right = match attribute["type"].as_str().unwrap() {
                "string" | "reference" => item.is_string(),
                "boolean" => item.is_boolean(),
                "integer" => item.is_u64(),
                "complex" => {
                    follows(item, &attribute["subAttributes"], &at);
                    true
                }
                _ => false,
            };
            assert!(is_right, "{at}: {item}");
            if let Some(words) = attribute["canonicalValues"].as_array() {
                assert!(words.contains(item), "{at}: {item}");
            }
        }
    }
    for attribute in attributes.iter().filter(|it| it["required"] == true) {
        let name = attribute["name"].as_str().unwrap();
        assert!(object.get(name).is_some(), "{at} lacks {name}");
    }
}
