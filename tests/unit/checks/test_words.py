"""What owners read: labels name the nearest, required fields are listed, lines name all that is wrong."""

from checks.rules.labels import nearest
from tests.unit.checks.packs import found, make_line, make_pack, make_row, run


def test_unknown_label_names_the_nearest_canonical_one() -> None:
    violation = found(make_row(sector="technolgy"), "sector_is_canonical")
    assert violation is not None
    assert violation.message == '"technolgy" is not a known sector (nearest: "technology").'
    assert violation.allowed == "one of: technology, medical"
    assert violation.seen == "technolgy"


def test_unknown_products_of_several_lines_are_all_named_once() -> None:
    lines = [make_line(product=product) for product in ("GTX Pro", "GTXPro", "Gtx basic", "GTXPro")]
    violation = found(make_row(lines), "product_is_canonical")
    assert violation is not None
    assert (violation.field, violation.seen) == ("lines.product", "GTXPro")
    assert violation.message == (
        '"GTXPro" is not a known product (nearest: "GTX Pro"); '
        '"Gtx basic" is not a known product (nearest: "GTX Basic").'
    )


def test_label_that_is_part_of_an_official_name_finds_it() -> None:
    names = ("Kenya", "Korea, Democratic People's Republic of", "Korea, Republic of", "Philippines")
    assert nearest("Korea", names) == "Korea, Republic of"
    assert nearest("Philipines", names) == "Philippines"
    assert nearest("anything", ()) is None


def test_field_without_a_label_set_lets_no_label_pass() -> None:
    assert found(make_row(sector="technology"), "sector_is_canonical", without=("sector",)) is not None


def test_quantities_that_are_wrong_are_named_together() -> None:
    lines = [make_line(quantity=quantity) for quantity in ("1", "0", "-2", "0", None)]
    violation = found(make_row(lines), "line_quantities_positive")
    assert violation is not None
    assert violation.seen == "0"
    assert violation.message == 'A line has a quantity of "0", "-2", (empty); it must be a number above zero.'


def test_required_fields_that_are_empty_are_listed() -> None:
    required = {"billing_city": "always", "billing_street": "always", "billing_country": "always", "tax_id": "always"}
    violation = found(make_row(), "account_details_present", required=required)
    assert violation is not None
    assert violation.field == "billing_city"
    assert violation.message == "Required, but are empty: billing city, billing street."


def test_field_is_required_only_under_its_condition_and_groups_count_as_their_labels() -> None:
    required = {"billing_postal_code": {"when": {"billing_country": ["EU", "Kenya"], "customer_kind": ["business"]}}}
    for country, kind, passes in (
        ("Germany", "business", False),
        ("Kenya", "business", False),
        ("Germany", "consumer", True),
        ("Japan", "business", True),
        (None, "business", True),
    ):
        row = make_row(billing_country=country, customer_kind=kind)
        assert (found(row, "account_details_present", required=required) is None) == passes


def test_field_with_a_rule_of_its_own_is_asked_for_by_that_rule_alone() -> None:
    required = {"po_number": "always", "tax_id": "always", "exemption_certificate": "always"}
    found_rules = {violation.rule for violation in run([make_row()], make_pack(required=required)).violations[0]}
    assert found_rules == {"po_number_when_required", "tax_id_when_required", "exemption_certificate_when_exempt"}


def test_condition_of_fields_yaml_replaces_the_usual_one() -> None:
    required = {"tax_id": {"when": {"billing_country": ["Kenya"]}}}
    assert found(make_row(billing_country="Germany"), "tax_id_when_required", required=required) is None
    assert found(make_row(billing_country="Kenya"), "tax_id_when_required", required=required) is not None


def test_flag_that_cannot_be_read_asks_for_more_rather_than_less() -> None:
    required = {"discount_percent": {"when": {"tax_exempt": ["true"]}}}
    assert found(make_row(tax_exempt="vielleicht"), "money_details_present", required=required) is not None
    assert found(make_row(tax_exempt="false"), "money_details_present", required=required) is None


def test_unclear_country_leaves_the_need_of_a_tax_id_open() -> None:
    violation = found(make_row(billing_country="Germnay"), "tax_id_when_required")
    assert violation is not None
    assert not violation.judged
    assert violation.message == "Whether a tax id is needed could not be judged: the billing country is unknown."


def test_line_field_that_is_required_must_stand_on_every_line() -> None:
    required = {"lines.description": "always"}
    lines = [make_line(description="x"), make_line()]
    violation = found(make_row(lines), "line_details_present", required=required)
    assert violation is not None
    assert violation.field == "lines.description"
    assert violation.message == "Required, but is empty: description of a line."
