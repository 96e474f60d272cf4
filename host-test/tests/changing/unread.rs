//! Writes whose answers can't be read: encoded, or dripping. A read shows whether they are done.

use super::*;
use host_test::mock::Place;

const ANN: &str = "email:ann@corp.example";

fn simple() -> Account {
    account([group("a1", json!({"include": [email("carol@other.example")]}))])
}

fn gzip() -> Effect {
    Effect::Encoded { encoding: "gzip".to_owned() }
}

#[tokio::test]
async fn a_write_with_an_encoded_answer_is_read_back() {
    let fault = Fault::on("PUT", "access/groups/{id}", gzip());
    let told = Scene::new(simple(), [grant("a1", ANN)]).under(fault).run().await;
    told.applied(0, &[]);
    told.judge(|account| include(account, "a1").push(email("ann@corp.example")), ONE_GROUP);
}

#[tokio::test]
async fn a_write_that_nothing_shows_names_the_encoding() {
    let fault = Fault::on("PUT", "access/groups/{id}", gzip()).carried_out(false);
    let told = Scene::new(simple(), [grant("a1", ANN)]).under(fault).run().await;
    let named = "the answer (status 200) is encoded as \"gzip\". That wasn't asked for";
    told.failed(0, ErrorKind::Indeterminate, &[named]);
    told.judge(|_| (), &[ONE_GROUP, OWNERS].concat());
}

#[tokio::test]
async fn a_write_whose_answer_drips_is_read_back() {
    let drip = Effect::Drip { at: Place::InBody, bytes: 1, milliseconds: 1000 };
    let fault = Fault::on("PUT", "access/groups/{id}", drip);
    let told = Scene::new(simple(), [grant("a1", ANN)]).under(fault).run_with("api-token").await;
    told.applied(0, &[]);
    told.judge(|account| include(account, "a1").push(email("ann@corp.example")), ONE_GROUP);
}

#[tokio::test]
async fn a_write_whose_answer_drips_is_not_sent_again() {
    let drip = Effect::Drip { at: Place::InBody, bytes: 1, milliseconds: 1000 };
    let fault = Fault::on("PUT", "access/groups/{id}", drip).carried_out(false);
    let told = Scene::new(simple(), [grant("a1", ANN)]).under(fault).run_with("api-token").await;
    let error =
        told.failed(0, ErrorKind::Indeterminate, &["the answer comes too slowly", "holds the answer back"]);
    assert!(!error.message.contains("read-ahead"), "{}", error.message);
    told.judge(|_| (), ONE_GROUP);
}
