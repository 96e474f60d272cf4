//! Steps and offboardings in an account that is kept here.

mod calls;
mod cloud;
mod doubts;
mod faults;
mod keeping;
mod kept_out;
mod offboarding;
mod steps;
mod told;
