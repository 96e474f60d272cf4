//! Writes that Cloudflare refuses: each names the permission, and the role of its owner.

use super::*;

const ANN: &str = "email:ann@corp.example";

#[tokio::test]
async fn a_refused_write_names_the_permission_and_the_role_that_it_takes() {
    let groups = || account([group("a1", json!({"include": [email("carol@other.example")]}))]);
    for (status, code, message) in [
        (403, 10000, "Authentication error"),
        (401, 10000, "Authentication error"),
        (403, 9109, "Unauthorized to access"),
    ] {
        let refuse = |route| {
            let effect = Effect::Status { status, code, message: message.into(), headers: Vec::new() };
            Fault::on("PUT", route, effect)
        };
        let told = Scene::new(groups(), [grant("a1", ANN)]).under(refuse("access/groups/{id}")).run().await;
        let permission = "Access: Organizations, Identity Providers, and Groups Edit";
        let said = [permission, "no more than its owner", "Cloudflare Access"];
        told.failed(0, ErrorKind::PermissionDenied, &said);
        let change = [give("d3", "member:1a")];
        let told = Scene::new(groups(), change).under(refuse("members/{id}")).run().await;
        let said = ["Account Settings Edit", "no more than its owner", "only Super Administrators"];
        told.failed(0, ErrorKind::PermissionDenied, &said);
    }
}

#[tokio::test]
async fn a_page_of_cloudflares_about_a_refusal_is_shown() {
    let page = "https://developers.cloudflare.com/api/resources/accounts/subresources/members/methods/update";
    let error = |page: &str| {
        let error = json!({"code": 10000, "message": "Forbidden", "documentation_url": page});
        let body = json!({"success": false, "errors": [error], "messages": [], "result": null});
        Fault::on("PUT", "members/{id}", Effect::Body { status: 403, body: body.to_string() })
    };
    let run = async |page| {
        let told = Scene::new(account([]), [give("d3", "member:1a")]).under(error(page)).run().await;
        told.report.results[0].as_ref().unwrap_err().message.clone()
    };
    let message = run(page).await;
    assert!(message.contains(&format!("(10000: Forbidden, see {page})")), "{message}");
    for other in ["https://evil.example/cloudflare.com", "http://developers.cloudflare.com/", "x"] {
        let message = run(other).await;
        assert!(message.contains("(10000: Forbidden)") && !message.contains(other), "{message}");
    }
}
