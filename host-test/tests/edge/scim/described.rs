//! SCIM's routes as the service describes them for programs.

use super::checked::description;
use super::{BASE, Scim, account};
use cloudflare_zero_trust::edge::scim_description;
use http::Method;
use serde_json::Value;

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
