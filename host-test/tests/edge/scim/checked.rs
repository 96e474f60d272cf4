//! The check that every answer of SCIM in these tests goes through: it is one that the service describes.

use crate::common::http::Answer;
use crate::described::Description;
use cloudflare_zero_trust::edge::scim_description;
use http::Method;
use std::sync::OnceLock;

pub fn description() -> &'static Description {
    static DESCRIPTION: OnceLock<Description> = OnceLock::new();
    DESCRIPTION.get_or_init(|| Description::new(scim_description()))
}

/// Asserts that an answer is one that the description tells. A path that leads nowhere, and a method that
/// isn't taken, are no answers of a route.
pub fn check(method: &Method, path: &str, answer: &Answer) {
    let status = answer.status.as_u16();
    let path = path.split('?').next().unwrap();
    // A slash at the end makes no difference.
    let path = format!("/scim/v2{}", path.strip_suffix('/').unwrap_or(path));
    let detail = answer.json["detail"].as_str().unwrap_or_default();
    // Where SCIM is off, every path answers the same.
    let nowhere = ["no such path", "isn't switched on", "This service has no /"];
    let is_nowhere = nowhere.iter().any(|told| detail.contains(told));
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
