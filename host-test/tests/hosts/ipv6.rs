//! An API on an address of IPv6.

use crate::example::Example;
use crate::for_each_example;
use crate::on_ipv6;
use crate::setup::MockAndOwnHost;
use host_test::mock::Account;

for_each_example!(an_account_on_ipv6_is_read_where_the_package_can);

fn an_account_on_ipv6_is_read_where_the_package_can(example: Example) {
    let Some(options) = on_ipv6::options() else { return };
    let setup = MockAndOwnHost::with(Account::company(), options);
    let done = setup.command(example, &["validate"]).run();
    match example {
        Example::Python => assert_eq!(done.code, Some(0), "{done:?}"),
        // preview2-shim 0.26.1 refuses the address (`setAuthority` in `http.js`). The README says so.
        Example::Node => {
            assert_eq!(done.code, Some(1), "{done:?}");
            assert!(
                done.stderr.contains("the host that runs this component refuses the address"),
                "{done:?}"
            );
            assert_eq!(setup.requests(), []);
        }
    }
}
