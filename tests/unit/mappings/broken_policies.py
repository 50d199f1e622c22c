"""Ways in which policies.yaml can be wrong, each done to the demo pack."""

from tests.unit.mappings.pack_edits import Broken, append, drop, swap

BROKEN: Broken = {
    # what: file, edit, a text on the line that is named, what is wrong, what would be right
    "a rule neither used nor off": (
        "policies",
        drop("- rep_is_active"),
        "rules:",
        "rep_is_active is neither used nor declared off",
        "why not",
    ),
    "a rule used and off": (
        "policies",
        swap("off: {}", "off: {rep_is_active: we have no such field}"),
        "- rep_is_active",
        "is used, and declared off on line",
        "Keep one",
    ),
    "a rule off without a reason": (
        "policies",
        lambda t: swap("off: {}", 'off: {rep_is_active: " "}')(drop("- rep_is_active")(t)),
        "off:",
        "no reason is given",
        "Say why",
    ),
    "an unknown rule": (
        "policies",
        swap("- rep_is_active", "- rep_is_activ"),
        "- rep_is_activ",
        "there is no rule",
        "'rep_is_active'",
    ),
    "a rule twice": (
        "policies",
        swap("  - service_period_in_order\n", "  - service_period_in_order\n  - rep_known  # again\n"),
        "# again",
        "the rule rep_known stands 2 times",
        "Keep it once",
    ),
    "a currency that is none": (
        "policies",
        swap("currencies: [USD, EUR, GBP, JPY]", "currencies: [USD, EUR, GBP, JPY, EURO]"),
        "currencies:",
        "'EURO' is no currency",
        "such as USD",
    ),
    "a currency in lower case": (
        "policies",
        swap("currencies: [USD, EUR, GBP, JPY]", "currencies: [USD, EUR, GBP, JPY, chf]"),
        "currencies:",
        "'chf' is no currency",
        "Write CHF",
    ),
    "a limit in a currency we do not sell in": (
        "policies",
        swap("JPY: 75000000}", "JPY: 75000000, CHF: 5}"),
        "maximum:",
        "does not sell in CHF",
        "Use one of",
    ),
    "a recurring product that is no label": (
        "policies",
        swap("recurring_products: [Support Sub", "recurring_products: [Suport Sub"),
        "recurring_products:",
        "'Suport Subscription' is not a canonical label",
        "Write 'Support Subscription'",
    ),
    "a rule whose limit is not stated": (
        "policies",
        drop("^discount:"),
        "",
        "discount_within_limit_or_approved is used",
        "Add `discount:`",
    ),
    "a pattern that does not compile": (
        "policies",
        append('deal_id: "006[a-z"\n'),
        "deal_id:",
        "is no regular expression",
        "18 letters",
    ),
    "a pattern that looks ahead": (
        "policies",
        append('deal_id: "(?=006).*"\n'),
        "deal_id:",
        "looks around or back",
        "plain groups",
    ),
    "a domain with an @": (
        "policies",
        swap("own_domains: [example.com]", 'own_domains: ["@example.com"]'),
        "own_domains",
        "no domain",
        "@",
    ),
    "a day that is none": (
        "policies",
        swap("invoice_cut_off: 2026-03-31", "invoice_cut_off: 31.3.2026"),
        "invoice_cut_off",
        "'31.3.2026' is not a day",
        "2026-01-31",
    ),
    "a number that is none": (
        "policies",
        swap("limit_percent: 20", "limit_percent: 20 %"),
        "discount:",
        "'20 %' is not a number",
        "12.5",
    ),
    "a list that is none": (
        "policies",
        swap("own_domains: [example.com]", "own_domains: example.com"),
        "own_domains:",
        "'example.com' is not a list",
        "in brackets",
    ),
}
