//! The cases of the other files, with `host-test serve` in the place of wasmtime's own implementation.
//!
//! Left out are cases with settings that our own service refuses when it starts, and those that are about
//! the description or the component alone.

use crate::asking::with_ours;

macro_rules! ours {
    ($($room:ident $(in $outer:ident)?: $($case:ident),+;)+) => {
        $(mod $room {
            use crate::$($outer::)?$room as cases;

            $(#[test]
            fn $case() {
                super::with_ours(cases::$case);
            })+
        })+
    };
}

ours! {
    apply:
        what_was_asked_is_applied_and_nothing_else, a_plan_needs_no_switch_and_sends_reads_alone,
        a_failure_upstream_is_the_changes_own;
    authentication: without_the_right_token_only_two_paths_answer, changes_need_the_operators_word_too;
    failures:
        cloudflares_failures_have_fitting_statuses, an_upstream_that_is_gone_is_unavailable,
        a_key_with_its_address_does_as_well_as_a_token;
    from_windows: a_body_may_have_a_byte_order_mark_and_utf_16_is_named;
    held: it_is_what_a_sync_says_of_the_principal, a_head_has_no_body;
    page: its_commands_work_as_they_stand;
    resources: each_kind_as_a_sync_has_it;
    secrets:
        a_canary_shows_nowhere, a_credential_in_the_place_of_an_id_is_not_repeated,
        what_acts_on_a_terminal_is_not_logged_as_it_is;
    steps: steps_need_the_operators_switch_and_a_plan_does_not;
    dialects in scim:
        entra_adds_and_removes_in_capitals, okta_pushes_a_group_and_deactivates,
        sailpoint_discovers_and_aggregates, midpoint_puts_only_what_changed;
    judged in scim:
        scim2_tester_finds_nothing_with_everything_on,
        scim2_tester_finds_nothing_in_what_is_told_of_a_service_that_only_reads,
        scim_sanity_finds_only_what_is_refused_on_purpose,
        scim2_client_reads_everybody_and_changes_a_group,
        scim2_cli_makes_a_group_changes_it_and_deletes_it;
    replayed in scim: each_request_of_each_client_does_what_it_is_for;
    sync: a_page_is_out_before_the_next_one_is_there, many_people_take_no_more_memory;
}
