//! Faults at each place where they can happen: odd and lost answers, failing connections, other
//! writers, used up limits, and inputs that a fuzzer found.

mod answers;
mod at_once;
mod cases;
mod changes;
#[path = "../common"]
mod common {
    pub mod in_process;
    pub mod principal_of;
    pub mod reading;
    pub mod setup;
    pub mod whole;
}
mod corpora;
mod failing_lists;
mod gaps;
mod lists;
mod names_of_roles;
mod reads;
mod refusals;
mod retries;
mod secrets;
mod transport;
mod writers;

use common::in_process;
use common::whole::Whole;

fn is_incomplete(whole: &Whole) -> bool {
    whole.warnings.iter().any(|warning| warning.incomplete)
}
