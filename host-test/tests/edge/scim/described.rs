//! SCIM's routes as the service describes them for programs.

use super::checked::description;
use super::{BASE, Scim, account};
use cloudflare_zero_trust::edge::scim_description;
use http::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn it_is_served_and_names_every_path_and_method() {
    let scim = Scim::new(account()).await;
    let served = scim.get("/openapi.json").await;
    assert_eq!(served, scim_description());
    assert_eq!(served["openapi"], "3.1.0");
    assert_eq!(served["info"]["version"], cloudflare_zero_trust::settings::manifest::VERSION);
    let paths = served["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 16);
    for (path, item) in paths {
        let below = path.strip_prefix(BASE).unwrap().replace("{id}", "x");
        let answer = scim.ask(Method::OPTIONS, &below, &Value::Null).await;
        assert_eq!(answer.status, 405, "{path}");
        let mut allowed: Vec<&str> =
            answer.headers["allow"].split(", ").filter(|method| *method != "HEAD").collect();
        let methods = item.as_object().unwrap().keys().filter(|key| *key != "parameters");
        let mut described: Vec<String> = methods.map(|method| method.to_uppercase()).collect();
        allowed.sort_unstable();
        described.sort_unstable();
        assert_eq!(allowed, described, "{path}");
    }
    let unknown = scim.ask(Method::GET, "/openapi.yaml", &Value::Null).await;
    assert_eq!(unknown.status, 404);
}

#[test]
fn it_names_the_headers_and_the_bodies_that_count() {
    let served = scim_description();
    for (path, item) in served["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap().iter().filter(|(key, _)| *key != "parameters") {
            let parameters = operation["parameters"].as_array().unwrap().iter();
            let headers: Vec<_> =
                parameters.filter(|it| it["in"] == "header").map(|it| &it["name"]).collect();
            let is_one =
                ["Users", "Groups", "Roles"].iter().any(|of| path.ends_with(&format!("/{of}/{{id}}")));
            let expected: &[&str] = match (is_one, method.as_str()) {
                (true, "get") => &["If-None-Match"],
                (true, _) => &["If-Match"],
                (false, _) => &[],
            };
            assert_eq!(headers, expected, "{method} {path}");
            let body = &operation["requestBody"]["content"]["application/scim+json"]["schema"];
            let has_body = ["post", "put", "patch"].contains(&method.as_str());
            assert_eq!(body["$ref"].is_string(), has_body, "{method} {path}: {body}");
        }
    }
    let body = |path: &str, method: &str| {
        served["paths"][format!("{BASE}{path}")][method]["requestBody"]["content"]["application/scim+json"]
            ["schema"]
            .clone()
    };
    assert_eq!(body("/Users", "post")["required"], json!(["userName"]));
    assert_eq!(body("/Groups", "post")["required"], json!(["displayName"]));
    assert_eq!(body("/Groups/{id}", "put"), json!({"$ref": "#/components/schemas/Group"}));
    let user = &served["components"]["schemas"]["User"]["properties"];
    assert_eq!((&user["groups"]["readOnly"], &user["active"]["readOnly"]), (&json!(true), &Value::Null));
    let operation = json!({"op": "add", "path": "members", "value": [{"value": "x"}]});
    for (schema, body, is_right) in [
        ("PatchOp", json!({"Operations": [operation]}), true),
        ("PatchOp", json!({"Operations": []}), false),
        ("PatchOp", json!({"Operations": [{"op": "move"}]}), false),
        ("PatchOp", json!({"operations": [operation]}), false),
        ("SearchRequest", json!({"filter": "id pr", "count": 1, "attributes": ["id"]}), true),
        ("SearchRequest", json!({"filter": 7}), false),
    ] {
        assert_eq!(description().check_schema(schema, &body).is_ok(), is_right, "{body}");
    }
}

#[test]
fn what_it_does_not_tell_is_noticed() {
    let user = json!({"id": "x", "nickName": "not in the table"});
    let content = "application/scim+json";
    let at = ("GET", "/scim/v2/Users/x", 200);
    assert!(description().check_bodies(at, content, &[user]).is_err());
    assert!(description().check_status(("GET", "/scim/v2/Users/x", 418)).is_err());
    assert!(description().check_status(("PATCH", "/scim/v2/Groups/x", 204)).is_ok());
}
