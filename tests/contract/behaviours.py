"""How Stripe, Salesforce and Asana really behave: each behaviour with the tests that show it, or why it cannot occur.

The numbers are those that the code cites as `services.md`. The tests are pytest node ids without parameters.
"""

from dataclasses import dataclass

BILLING = "tests/contract/test_billing.py::"
DEALS = "tests/contract/test_deal_source.py::"
TRACKER = "tests/contract/test_tracker.py::"
LIMITS = "tests/contract/test_limits.py::"
STRIPE = "tests/contract/test_unkind_stripe.py::"
SALESFORCE = "tests/contract/test_unkind_salesforce.py::"
ASANA = "tests/contract/test_unkind_asana.py::"
BAD = "tests/contract/test_bad_replies.py::"
UNIT = "tests/unit/"
TRANSITIONS = UNIT + "sandbox/test_stripe_transitions.py::"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One behaviour: `tests` show it, or `never` says why no call of ours can meet it."""

    number: int
    what: str
    tests: tuple[str, ...] = ()
    never: str = ""


BEHAVIOURS = (
    # Stripe
    Behaviour(
        1,
        "the same key and parameters replay the first answer, a 500 too",
        (
            BILLING + "test_the_same_key_makes_one_object",
            STRIPE + "test_a_500_that_stripe_keeps_is_replayed_as_such_and_nothing_is_made",
            STRIPE + "test_a_lost_reply_is_asked_for_again_under_its_key",
        ),
    ),
    Behaviour(
        2,
        "a replay says so in a header",
        (STRIPE + "test_a_500_that_stripe_keeps_is_replayed_as_such_and_nothing_is_made",),
    ),
    Behaviour(
        3,
        "the same key with other parameters is an idempotency_error",
        (BILLING + "test_a_key_with_another_request_is_refused_as_our_defect",),
    ),
    Behaviour(
        4,
        "a key still at work is 409",
        (
            STRIPE + "test_a_call_that_hangs_keeps_its_key_and_a_second_one_is_told_so",
            BILLING + "test_threads_with_one_key_get_one_customer",
        ),
    ),
    Behaviour(
        5,
        "an answer is kept once the endpoint began: a business 400 is, a 429 and most 400s are not",
        (
            STRIPE + "test_a_refusal_of_the_endpoint_is_replayed_though_its_cause_is_gone_and_a_new_key_helps",
            STRIPE + "test_what_is_refused_before_the_work_may_be_corrected_under_its_key",
            STRIPE + "test_a_500_before_the_work_is_not_kept_and_the_same_key_does_it",
        ),
    ),
    Behaviour(
        6,
        "keys are pruned after 24 hours",
        (BILLING + "test_a_key_is_forgotten_after_a_day_and_a_look_finds_the_first_object",),
    ),
    Behaviour(
        7,
        "keys have at most 255 characters and mean nothing on GET",
        (STRIPE + "test_keys_are_ours_and_short_enough",),
    ),
    Behaviour(
        8,
        "the SDK's own key protects one call only",
        (
            STRIPE + "test_keys_are_ours_and_short_enough",
            UNIT + "connectors/test_stripe_billing.py::"
            "test_each_answer_says_what_to_do_and_is_sent_again_only_if_that_can_help",
        ),
    ),
    Behaviour(
        9,
        "a 429 is not retried by the SDK; 25 requests a second in test mode",
        (
            LIMITS + "test_stripe_tells_a_connector_that_is_too_fast_to_wait",
            LIMITS + "test_a_connector_that_keeps_to_the_rate_is_never_told_to_wait",
            STRIPE + "test_a_lock_and_a_rate_limit_are_transient",
        ),
    ),
    Behaviour(10, "lock_timeout is a 429", (STRIPE + "test_a_lock_and_a_rate_limit_are_transient",)),
    Behaviour(
        11,
        "Stripe-Should-Retry outranks the status in the SDK",
        (STRIPE + "test_what_stripe_says_of_a_retry_does_not_overrule_ours",),
    ),
    Behaviour(
        12,
        "currencies without decimals are sent undivided, those with three end in 0",
        (
            STRIPE + "test_a_lower_case_currency_is_taken_and_yen_are_not_divided",
            UNIT + "mappings/test_stripe_money.py::test_one_of_each_currency_in_minor_units",
            UNIT + "mappings/test_stripe_billing.py::test_yen_are_sent_undivided",
        ),
    ),
    Behaviour(
        13, "currencies are in lower case", (STRIPE + "test_a_lower_case_currency_is_taken_and_yen_are_not_divided",)
    ),
    Behaviour(
        14,
        "money is an integer of minor units; decimals are texts",
        (BILLING + "test_decimals_of_stripe_are_decimals",),
    ),
    Behaviour(
        15, "metadata: 50 keys of 40 characters, values of 500", (STRIPE + "test_metadata_comes_back_as_it_was_sent",)
    ),
    Behaviour(16, "Search lags", (BILLING + "test_search_is_never_used",)),
    Behaviour(
        17,
        "lists hold at most 100, newest first, from an exclusive cursor",
        (
            BILLING + "test_customers_carry_their_tax_ids_newest_first_page_after_page",
            BAD + "test_a_list_that_goes_round_in_a_circle_is_not_followed_for_ever",
        ),
    ),
    Behaviour(18, "Search pages by next_page", never="Search is never called (16)"),
    Behaviour(
        19,
        "an invoice shows its first lines only",
        (BILLING + "test_an_invoice_of_many_lines_is_told_whole_and_one_of_ten_in_one_call",),
    ),
    Behaviour(
        20,
        "pending items are left out of a new invoice",
        (UNIT + "mappings/test_stripe_billing.py::test_an_invoice_is_a_draft_that_nothing_finalises_by_itself",),
    ),
    Behaviour(
        21,
        "a draft with auto_advance is finalised by itself",
        (
            STRIPE + "test_a_draft_waits_for_us_however_long",
            TRANSITIONS + "test_a_draft_with_auto_advance_is_finalised_and_mailed_after_an_hour",
        ),
    ),
    Behaviour(
        22,
        "a second finalise is a 400; only drafts can be deleted",
        (BILLING + "test_a_second_finalising_under_a_new_key_is_refused",),
    ),
    Behaviour(
        23,
        "a final invoice has a number and is frozen",
        (
            BILLING + "test_an_invoice_is_finalised_once_however_often_it_is_asked",
            TRANSITIONS + "test_the_money_and_the_texts_of_a_finalised_invoice_are_frozen",
        ),
    ),
    Behaviour(
        24,
        "send_invoice requires its days",
        (STRIPE + "test_an_invoice_to_be_sent_needs_its_days_and_a_due_date_to_come",),
    ),
    Behaviour(
        25,
        "a due date lies in the future",
        (STRIPE + "test_an_invoice_to_be_sent_needs_its_days_and_a_due_date_to_come",),
    ),
    Behaviour(
        26,
        "parameters that this API version no longer has",
        (
            STRIPE + "test_an_empty_text_and_a_parameter_of_an_older_version_are_refused_by_name",
            UNIT + "mappings/test_stripe_billing.py::test_every_parameter_exists_at_stripe",
        ),
    ),
    Behaviour(
        27,
        "an unknown parameter and an empty text are refused by name",
        (
            BILLING + "test_a_refusal_names_the_parameter_and_not_the_value",
            STRIPE + "test_an_empty_text_and_a_parameter_of_an_older_version_are_refused_by_name",
        ),
    ),
    Behaviour(
        28,
        "bodies are forms: true and false, a[0], a[b]",
        (
            BILLING + "test_a_draft_holds_the_lines_that_were_added",
            STRIPE + "test_at_most_four_custom_fields",
        ),
    ),
    Behaviour(
        29,
        "every success is 200; a delete answers {id, object, deleted}",
        (
            BILLING + "test_a_tax_id_is_taken_off_its_customer_however_often",
            BAD + "test_a_write_at_stripe_whose_answer_is_worthless_may_have_been_done_and_its_key_tells",
        ),
    ),
    Behaviour(
        30,
        "a deleted customer is answered with 200",
        (STRIPE + "test_a_customer_that_was_deleted_is_none_though_stripe_answers_200",),
    ),
    Behaviour(
        31,
        "a missing object is 404 in the path, 400 in a parameter",
        (STRIPE + "test_a_missing_object_is_none_in_a_path_and_refused_in_a_parameter",),
    ),
    Behaviour(
        32,
        "an error is {error: {type, code, param, message}}",
        (
            BILLING + "test_a_refusal_names_the_parameter_and_not_the_value",
            BAD + "test_a_write_at_stripe_whose_answer_is_worthless_may_have_been_done_and_its_key_tells",
        ),
    ),
    Behaviour(
        33,
        "a tax id's form is checked at once, its truth later",
        (
            STRIPE + "test_a_tax_id_is_judged_by_its_form_at_once_and_verified_later",
            BILLING + "test_a_tax_id_that_cannot_be_one_is_refused",
        ),
    ),
    Behaviour(
        34,
        "the version is pinned by each request",
        (
            UNIT + "connectors/test_stripe_billing.py::test_requests_carry_version_time_outs_and_are_counted",
            UNIT + "connectors/test_stripe_billing.py::test_the_pinned_version_is_the_one_the_sdk_is_typed_for",
        ),
    ),
    Behaviour(35, "at most four custom fields", (STRIPE + "test_at_most_four_custom_fields",)),
    Behaviour(36, "nothing is unique", (BILLING + "test_another_key_makes_another_even_with_the_same_address",)),
    # Salesforce
    Behaviour(
        37,
        "errors are an array; a session ends in mid-run",
        (
            SALESFORCE + "test_a_session_that_ends_at_any_call_of_a_read_loses_nothing",
            DEALS + "test_an_expired_session_is_renewed_without_notice",
        ),
    ),
    Behaviour(
        38,
        "the daily limit is a 403",
        (SALESFORCE + "test_a_used_up_day_is_transient_for_an_hour_and_asked_about_once",),
    ),
    Behaviour(
        39,
        "a page holds up to 2,000 rows, child rows among them, and perhaps fewer",
        (
            SALESFORCE + "test_child_rows_count_towards_a_page_and_none_is_lost",
            DEALS + "test_all_lines_of_a_deal_are_one_list_however_many_pages_they_took",
        ),
    ),
    Behaviour(
        40,
        "a locator lives for two days",
        (
            SALESFORCE + "test_a_read_that_sleeps_for_three_days_between_two_pages_goes_on",
            SALESFORCE + "test_a_forgotten_page_is_read_again_and_no_deal_is_told_twice",
        ),
    ),
    Behaviour(
        41,
        "rows change while pages are read",
        (
            DEALS + "test_pages_come_in_the_order_of_their_stamps",
            SALESFORCE + "test_a_deal_that_changes_while_pages_are_read_is_told_as_it_is_then",
            "tests/integration/test_extraction_stories.py::"
            "test_a_deal_that_moves_ahead_while_pages_are_read_does_not_carry_the_watermark_past_the_others",
        ),
    ),
    Behaviour(
        42,
        "SystemModstamp moves with every change",
        (
            DEALS + "test_a_read_since_a_stamp_includes_it_and_nothing_older",
            DEALS + "test_a_change_of_an_account_or_a_line_touches_the_won_deals_that_hang_on_it",
        ),
    ),
    Behaviour(43, "moments have a zone, days have none", (SALESFORCE + "test_moments_have_a_zone_and_days_have_none",)),
    Behaviour(
        44,
        "date-time literals are unquoted, their + encoded",
        (
            DEALS + "test_a_read_since_a_stamp_includes_it_and_nothing_older",
            UNIT + "connectors/test_salesforce.py::"
            "test_a_forgotten_page_restarts_at_the_last_stamp_and_tells_no_row_twice",
        ),
    ),
    Behaviour(45, "amounts are JSON numbers", (DEALS + "test_amounts_are_decimals",)),
    Behaviour(
        46, "an unset parent is null", (DEALS + "test_a_parent_is_a_dict_of_its_own_and_none_where_there_is_none",)
    ),
    Behaviour(
        47,
        "only queryAll tells deleted and merged rows",
        (
            DEALS + "test_a_later_read_tells_deleted_deals_and_those_no_longer_won",
            SALESFORCE + "test_deals_of_an_account_that_was_merged_away_are_touched",
        ),
    ),
    Behaviour(48, "a hidden field is No such column", (DEALS + "test_a_field_the_org_does_not_have_is_named",)),
    Behaviour(
        49,
        "URI and headers have 16,384 bytes",
        (
            DEALS + "test_many_ids_are_all_found",
            UNIT + "connectors/test_soql.py::test_queries_by_id_fit_into_a_url_and_name_each_id_once",
        ),
    ),
    Behaviour(
        50,
        "OFFSET ends at 2,000, FIELDS(ALL) needs a LIMIT, AND with OR needs parentheses",
        never="our queries have no OFFSET, no FIELDS() and no OR: connectors.soql joins conditions by AND alone",
    ),
    Behaviour(
        51,
        "collections: 200 rows in order, failures inside a 200",
        (
            DEALS + "test_more_rows_than_a_collection_holds_are_all_written",
            DEALS + "test_rows_are_written_each_for_itself",
            SALESFORCE + "test_a_row_that_the_org_refuses_is_told_and_the_others_are_written",
        ),
    ),
    Behaviour(52, "composite requests of 25 parts", never="we make none: collections are all that we write by"),
    Behaviour(
        53,
        "UNABLE_TO_LOCK_ROW can be tried again",
        (
            SALESFORCE + "test_locked_rows_are_written_again_and_only_those",
            SALESFORCE + "test_rows_that_stay_locked_are_transient_and_the_others_are_written",
        ),
    ),
    Behaviour(
        54,
        "ids of 15 characters differ by case alone",
        (
            DEALS + "test_who_we_are_is_one_sentence_and_the_org_has_a_stable_id",
            UNIT + "connectors/test_salesforce.py::test_check_digits_tell_ids_apart_that_differ_by_case",
        ),
    ),
    Behaviour(
        55,
        "CurrencyIsoCode is no field of an org with one currency",
        (SALESFORCE + "test_an_org_with_one_currency_has_no_field_for_it_and_says_so",),
    ),
    Behaviour(56, "upsert answers 201 or 300", never="we upsert nothing: a deal is written by its Id"),
    Behaviour(
        57,
        "a single update answers 204 without a body, a create 201",
        never="we write by collections alone, which answer 200, and create nothing",
    ),
    # Asana
    Behaviour(
        58,
        "429 with Retry-After; 150 or 1,500 requests a minute; five jobs at once",
        (
            LIMITS + "test_asana_tells_for_how_long_and_nothing_more_is_sent_before",
            ASANA + "test_a_rate_limit_is_waited_for_and_the_project_made_once",
            ASANA + "test_a_long_wait_is_told_and_nothing_is_sent_before",
        ),
    ),
    Behaviour(
        59,
        "everything is wrapped in data; gids are digits",
        (
            TRACKER + "test_a_project_is_found_by_its_gid_and_among_those_of_its_team",
            BAD + "test_a_read_at_asana_whose_answer_is_worthless_is_unknown_and_can_be_asked_again",
        ),
    ),
    Behaviour(60, "answers are compact", (ASANA + "test_only_what_is_asked_for_is_told",)),
    Behaviour(
        61,
        "offsets are tokens of the page before",
        (
            TRACKER + "test_all_projects_of_a_team_are_told_page_after_page",
            ASANA + "test_a_page_that_fails_in_the_middle_of_a_list_loses_nothing",
        ),
    ),
    Behaviour(
        62,
        "there are no idempotency keys",
        (
            TRACKER + "test_nothing_is_unique_so_a_second_create_makes_a_second_project",
            ASANA + "test_a_project_that_may_be_there_is_looked_for_and_never_made_twice",
        ),
    ),
    Behaviour(63, "external belongs to one app", (TRACKER + "test_a_task_is_found_by_the_id_we_gave_it",)),
    Behaviour(
        64,
        "a template becomes a project by a job, which may fail",
        (
            TRACKER + "test_a_template_becomes_a_project_by_a_job",
            ASANA + "test_a_job_that_fails_says_so_and_what_it_began_is_there",
            ASANA + "test_a_job_whose_answer_was_lost_is_not_started_again",
        ),
    ),
    Behaviour(
        65,
        "a template wants its dates, an organisation a team",
        (ASANA + "test_a_template_wants_its_dates_and_a_team",),
    ),
    Behaviour(
        66,
        "a start needs an end; due_on and due_at exclude each other",
        (ASANA + "test_a_start_needs_an_end_and_an_end_is_told_once",),
    ),
    Behaviour(
        67,
        "a 500 carries a phrase; a create is 201, an update 200",
        (
            ASANA + "test_a_failure_of_asanas_own_is_asked_again_by_a_read",
            TRACKER + "test_a_project_is_changed_in_place",
        ),
    ),
    Behaviour(
        68, "a batch of n counts as n", never="we send no batches: each effect is a call with an answer of its own"
    ),
    Behaviour(
        69,
        "projects carry no external id, and their search lags",
        (
            ASANA + "test_an_external_id_is_a_tasks_and_not_a_projects",
            ASANA + "test_a_look_may_come_too_early",
        ),
    ),
)
