"""Cases of the rules about the deal itself, its account and its contact."""

from tests.unit.checks.cases import Cases, label, presence

CASES: dict[str, Cases] = {
    # identity
    "deal_id_well_formed": Cases(
        good=({"deal_id": "006Aa0000000001AAA"},),
        bad=({"deal_id": "006"}, {"deal_id": "006000000000001AAA\n"}, {"deal_id": "00600000000000١AAA"}),
        empty={"deal_id": None},
        empty_passes=False,
    ),
    "deal_name_is_real": Cases(
        good=({"deal_name": "Test Equipment Ltd"}, {"deal_name": "3M"}, {"deal_name": "東京"}),
        bad=(
            {"deal_name": "TEST"},
            {"deal_name": "- tbd -"},
            {"deal_name": "N/A"},
            {"deal_name": "n.a."},
            {"deal_name": "??"},
        ),
        empty={"deal_name": None},
        empty_passes=True,
    ),
    "rep_known": Cases(
        good=({},),
        bad=({"rep_name": None}, {"rep_id": None}),
        empty={"rep_id": None, "rep_name": None},
        empty_passes=False,
    ),
    "rep_is_active": Cases(
        good=({"rep_active": "true"},),
        bad=({"rep_active": "false"}, {"rep_active": "perhaps"}),
        empty={"rep_active": None},
        empty_passes=False,
    ),
    "deal_type_has_workflow": Cases(
        good=({"deal_type": "Expansion"},),
        bad=({"deal_type": "Renewal"},),
        empty={"deal_type": None},
        empty_passes=False,
        pack={"deal_types": ("New Business", "Expansion")},
    ),
    "stage_is_canonical": label("stage", "Closed Won", "Won"),
    "deal_type_is_canonical": label("deal_type", "Renewal", "renewed"),
    "region_is_canonical": label("region", "East", "Mars"),
    "deal_listed_once": Cases(good=({},), bad=(), empty={"deal_id": None}, empty_passes=True),
    "not_a_copy_of_another_deal": Cases(good=({},), bad=(), empty={"deal_name": None}, empty_passes=True),
    "deal_details_present": presence("rep_manager"),
    # account
    "account_known": Cases(
        good=({},),
        bad=({"account_name": None}, {"account_id": None}),
        empty={"account_id": None, "account_name": None},
        empty_passes=False,
    ),
    "account_name_is_real": Cases(
        good=({"account_name": "Unknown Worlds"},),
        bad=({"account_name": "unknown"}, {"account_name": "XXX!"}, {"account_name": "..."}),
        empty={"account_name": None},
        empty_passes=True,
    ),
    "sector_is_canonical": label("sector", "technology", "technolgy"),
    "customer_kind_is_canonical": label("customer_kind", "business", "B2B"),
    "country_is_canonical": label("billing_country", "Kenya", "Philipines"),
    "account_details_present": presence("billing_city"),
    # contact
    "billing_contact_known": Cases(
        good=({},),
        bad=({"billing_contact_name": None}, {"billing_contact_id": None}),
        empty={"billing_contact_id": None, "billing_contact_name": None},
        empty_passes=False,
    ),
    "billing_email_well_formed": Cases(
        good=(
            {"billing_email": "a@b.co"},
            {"billing_email": "carl.customer+invoices@widgets.example.com"},
            {"billing_email": "jürgen@müller.de"},
            {"billing_email": "o'brien@widgets.com"},
        ),
        bad=(
            {"billing_email": "carl"},
            {"billing_email": "carl@"},
            {"billing_email": "a..b@widgets.com"},
            {"billing_email": "carl@widgets"},
            {"billing_email": "a@b.com; c@d.com"},
            {"billing_email": "a@b.com,c@d.com"},
            {"billing_email": "a@b.com\nBcc: x@y.com"},
            {"billing_email": "a" * 65 + "@widgets.com"},
            {"billing_email": "x" * 10_000 + "@widgets.com"},
        ),
        empty={"billing_email": None},
        empty_passes=True,
    ),
    "billing_email_not_ours": Cases(
        good=({"billing_email": "carl@notours.example.com"}, {"billing_email": "ours.example.com@widgets.com"}),
        bad=({"billing_email": "rita@OURS.example.com"}, {"billing_email": "rita@eu.ours.example.com"}),
        empty={"billing_email": None},
        empty_passes=True,
    ),
    "contact_details_present": presence("billing_email"),
}
