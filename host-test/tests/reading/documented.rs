//! Every request of the component is one that Cloudflare's OpenAPI document describes.

use crate::common::cloudflare_openapi::CloudflareOpenApi;
use crate::common::setup::{HostAndMock, pairs};
use host_test::mock::{Account, DEMO_EMAIL, DEMO_KEY, Size};

#[tokio::test]
async fn every_request_is_one_that_the_document_knows() {
    let Some(document) = CloudflareOpenApi::load() else { return };
    for account in
        [Account::company(), Account::generate(3, Size { users: 2100, members: 120, groups: 30, roles: 60 })]
    {
        let setup = HostAndMock::new(account).await;
        setup.session().await.validate().await.unwrap();
        setup.read(&[]).await;
        let account = setup.mock.read(|account| account.id.clone());
        let base_url = setup.mock.base_url();
        let common = [("account-id", account.as_str()), ("base-url", base_url.as_str())];
        let key = [&common[..], &[("email", DEMO_EMAIL), ("api-key", DEMO_KEY)]].concat();
        setup.host.open("api-key", &pairs(&key)).await.unwrap().validate().await.unwrap();
        let requests = setup.mock.requests();
        assert!(requests.len() > 15, "only {} requests", requests.len());
        // Some are documented elsewhere: https://developers.cloudflare.com/api/resources/memberships/,
        // https://developers.cloudflare.com/api/resources/user/subresources/tokens/methods/get/, and below
        // https://developers.cloudflare.com/api/resources/zero_trust/subresources/access/ service tokens and
        // the pages of identity providers, which the document gives without pages.
        let is_elsewhere = |path: &str| {
            let token = path.strip_prefix("/client/v4/user/tokens/");
            path == "/client/v4/memberships"
                || token.is_some_and(|token| token != "verify")
                || path.ends_with("/access/service_tokens")
                || path.ends_with("/access/identity_providers")
        };
        for request in &requests {
            assert_eq!(request.method, "GET");
            if is_elsewhere(&request.path) {
                continue;
            }
            document.check_request(request).unwrap_or_else(|wrong| panic!("{wrong}"));
        }
    }
}
