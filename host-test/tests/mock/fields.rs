//! Fields that are missing, null, of another type or huge; and headers beyond all limits.

use host_test::mock::{Effect, Fault, Mock};
use serde_json::{Value, json};

use super::client::Answer;
use super::{company, get};

async fn with(effect: Effect) -> (Mock, Answer) {
    let mock = company().await;
    mock.inject(Fault::on("GET", "access/users", effect));
    let answer = get(&mock, "access/users?per_page=3").await;
    (mock, answer)
}

async fn right() -> Value {
    get(&company().await, "access/users?per_page=3").await.json
}

#[tokio::test]
async fn any_value_of_an_answer_can_be_another() {
    for (pointer, value) in [
        ("/result/1/email", json!(null)),
        ("/result/2/name", json!(["x"])),
        ("/result/0", json!("text")),
        ("/result", json!(null)),
        ("/result_info/total_count", json!("many")),
    ] {
        let (mock, answer) = with(Effect::SetField { pointer: pointer.into(), value: value.clone() }).await;
        let mut expected = right().await;
        *expected.pointer_mut(pointer).unwrap() = value;
        assert_eq!((answer.json, mock.fired()), (expected, vec![1]), "{pointer}");
    }
}

#[tokio::test]
async fn any_value_of_an_answer_can_be_missing() {
    let drop = async |pointer: &str| with(Effect::DropField { pointer: pointer.into() }).await.1.json;
    let mut expected = right().await;
    expected["result"][1].as_object_mut().unwrap().remove("email");
    assert_eq!(drop("/result/1/email").await, expected);
    let mut expected = right().await;
    expected["result"].as_array_mut().unwrap().remove(0);
    assert_eq!(drop("/result/0").await, expected);
    let mut expected = right().await;
    expected.as_object_mut().unwrap().remove("result");
    assert_eq!(drop("/result").await, expected);
}

#[tokio::test]
async fn a_text_can_be_huge() {
    let (_, answer) = with(Effect::HugeField { pointer: "/result/1/name".into(), bytes: 1 << 20 }).await;
    assert_eq!(answer.json["result"][1]["name"].as_str().unwrap().len(), 1 << 20);
}

#[tokio::test]
async fn what_is_not_there_is_left_alone() {
    let mock = company().await;
    let pointer = "/result/9/email".to_owned();
    mock.inject(Fault::always(Effect::SetField { pointer: pointer.clone(), value: Value::Null }));
    mock.inject(Fault::always(Effect::DropField { pointer: pointer.clone() }));
    mock.inject(Fault::always(Effect::DropField { pointer: "/result/9".into() }));
    mock.inject(Fault::always(Effect::HugeField { pointer, bytes: 3 }));
    assert_eq!(get(&mock, "access/users?per_page=3").await.json, right().await);
    assert_eq!(mock.fired(), [0; 4]);
}

#[tokio::test]
async fn headers_can_be_many_and_long() {
    let (mock, answer) = with(Effect::MoreHeaders { count: 50, bytes: 1000 }).await;
    let more: Vec<_> = answer.headers.iter().filter(|(name, _)| name.starts_with("x-more-")).collect();
    assert!(more.len() == 50 && more.iter().all(|(_, value)| value.len() == 1000));
    assert_eq!((answer.json, mock.fired()), (right().await, vec![1]));
}
