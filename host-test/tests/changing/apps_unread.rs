//! The reasons why it isn't known which applications a change gives and takes.

use super::*;
use host_test::mock::{AccessPolicy, Application, Embedding};

/// Makes an application with a policy for the members of `a1`.
fn app(at: usize, embedding: Embedding, policy: AccessPolicy) -> Application {
    let name = format!("App {at}");
    Application { id: format!("e{at}"), embedding, ..Application::new(&name, "self_hosted") }
        .with_own(policy, 1)
}

fn policy(at: usize) -> AccessPolicy {
    AccessPolicy::new(&format!("Policy {at}"), "allow", vec![inner("a1")])
}

/// Returns the message of the only warning about a grant of `a1`.
async fn told(applications: Vec<Application>) -> String {
    let groups = account([group("a1", json!({"include": [email("bob@corp.example")]}))]);
    let account = Account { applications, ..groups };
    let told = Scene::new(account, [grant("a1", "user:0a")]).run().await;
    told.applied(0, &[]);
    let [warning] = &told.report.warnings[..] else { panic!("{:?}", told.report.warnings) };
    assert_eq!((warning.code.as_str(), warning.incomplete), ("applications-not-seen", true));
    warning.message.clone()
}

#[tokio::test]
async fn a_policy_that_is_not_understood_is_not_one_of_too_many() {
    for embedding in [Embedding::Whole, Embedding::ById, Embedding::Absent] {
        let odd = AccessPolicy { include: None, ..policy(1) };
        let message = told(vec![app(1, embedding, odd)]).await;
        assert!(message.contains("give or take app:e1 isn't known"), "{message}");
        assert!(message.ends_with("They can't be understood."), "{message}");
    }
}

#[tokio::test]
async fn the_policies_of_many_applications_are_not_all_asked_for() {
    let message = told((0..21).map(|at| app(at, Embedding::Absent, policy(at))).collect()).await;
    assert!(message.contains("give or take app:e20 isn't known"), "{message}");
    assert!(message.ends_with("There are too many of them to ask for each."), "{message}");
}
