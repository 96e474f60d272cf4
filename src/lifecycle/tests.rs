//! Steps and offboardings in an account that is kept here.

mod cloud;
mod faults;
mod offboarding;
mod steps;
