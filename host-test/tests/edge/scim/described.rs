//! SCIM's routes as the service describes them for programs. Every answer in these tests is checked against
//! that.

use super::{BASE, Scim, account};
use crate::common::http::Answer;
use crate::described::Description;
use cloudflare_zero_trust::edge::scim_description;
use http::Method;
use serde_json::Value;
use std::sync::OnceLock;

fn description() -> &'static Description {
    static DESCRIPTION: OnceLock<Description> = OnceLock::new();
    DESCRIPTION.get_or_init(|| Description::new(scim_description()))
}

/// Asserts that an answer is one that the description tells. A path that leads nowhere, and a method that
/// isn't taken, are no answers of a route.
pub fn check(method: &Method, path: &str, answer: &Answer) {
    let status = answer.status.as_u16();
    let path = format!("{BASE}{}", path.split('?').next().unwrap());
    let detail = answer.json["detail"].as_str().unwrap_or_default();
    // Where SCIM is off, every path answers the same.
    let is_nowhere = detail.contains("no such path") || detail.contains("isn't switched on");
    if status == 405 || is_nowhere {
        return;
    }
    let method = if *method == Method::HEAD { "GET" } else { method.as_str() };
    let at = (method, path.as_str(), status);
    let checked = match answer.body.is_empty() {
        true => description().check_status(at),
        false => {
            let bodies = std::slice::from_ref(&answer.json);
            description().check_bodies(at, &answer.headers["content-type"], bodies)
        }
    };
    checked.unwrap_or_else(|wrong| panic!("{wrong}"));
}

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
fn what_it_does_not_tell_is_noticed() {
    let user = serde_json::json!({"id": "x", "nickName": "not in the table"});
    let content = "application/scim+json";
    let at = ("GET", "/scim/v2/Users/x", 200);
    assert!(description().check_bodies(at, content, &[user]).is_err());
    assert!(description().check_status(("GET", "/scim/v2/Users/x", 418)).is_err());
    assert!(description().check_status(("PATCH", "/scim/v2/Groups/x", 204)).is_ok());
}
