//! Every request of the component is one that Cloudflare's OpenAPI document knows.

use crate::openapi::OpenApi;
use crate::support::{Bench, pairs};
use host_test::mock::{Account, DEMO_EMAIL, DEMO_KEY, Size};

#[tokio::test]
async fn every_request_is_one_that_the_document_knows() {
    let Some(document) = OpenApi::load() else { return };
    for account in
        [Account::company(), Account::generate(3, Size { users: 2100, members: 120, groups: 30, roles: 60 })]
    {
        let bench = Bench::new(account).await;
        bench.session().await.validate().await.unwrap();
        bench.read(&[]).await;
        let account = bench.mock.read(|account| account.id.clone());
        let base_url = bench.mock.base_url();
        let common = [("account-id", account.as_str()), ("base-url", base_url.as_str())];
        let key = [&common[..], &[("email", DEMO_EMAIL), ("api-key", DEMO_KEY)]].concat();
        bench.host.open("api-key", &pairs(&key)).await.unwrap().validate().await.unwrap();
        let requests = bench.mock.requests();
        assert!(requests.len() > 15, "only {} requests", requests.len());
        for request in &requests {
            assert_eq!(request.method, "GET");
            document.check_request(request).unwrap_or_else(|wrong| panic!("{wrong}"));
        }
    }
}
