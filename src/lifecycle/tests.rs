//! Steps and offboardings in an account that is kept here.

mod cloud;
mod doubts;
mod faults;
mod offboarding;
mod steps;
