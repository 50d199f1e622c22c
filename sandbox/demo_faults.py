"""The demo's deals that must be held: each breaks the rules it says, on the deal, its lines, its contact or account."""

from typing import Any

from sandbox.demo_company import EU, EXPANSION, NEW, RENEWAL, SERVICES
from sandbox.demo_org import Org, day, held

GATEWAYS = [("Edge Gateway", "24")]
SEATS = [("Perpetual Licence", "50")]
DAYS = [("Implementation Day", "5")]
LAUNCH = [("Onboarding Package", "1"), ("Perpetual Licence", "25")]
"""What most of these deals sell: nothing is wrong with it."""
LONG_TERMS = held("payment_terms_within_limit_or_approved")
NO_TERMS, NO_KICKOFF = held("terms_details_present"), held("date_details_present")
PAPER_SITES = "Paper line one,Paper line two,Warehouse tablets,Recycling yard"
KNOWN_EMAIL = "keiri@example.net"
"""The e-mail of a customer that is at Stripe already, and that no account names."""

FAULTY_ACCOUNTS = (
    "Weidenbach Papier AG", "Colledoro Moda S.r.l.", "Brisamar Hoteles S.A.", "Redwood Civic Services",
    "Quillfeather Media", "Tidewater Commodities Ltd", "Stonebridge Hospitality", "Beacon Street Publishing",
    "Zandhoven Chemie NV", "Sundial Telecom", "Akatsuki Hoken K.K.",
)  # fmt: skip


def faulty_accounts(org: Org) -> None:
    """Accounts and contacts with a fault: every deal of theirs is held until the account is corrected."""
    for account, field, value, rule, names in (
        ("Colledoro Moda S.r.l.", "Tax_Id__c", org.tax_id("IT", valid=False), "tax_id_well_formed", "Boutiques"),
        ("Brisamar Hoteles S.A.", "Tax_Id__c", None, "tax_id_when_required", "Beach hotels"),
        ("Redwood Civic Services", "Tax_Exempt__c", True, "exemption_certificate_when_exempt", "Permits desk"),
        ("Quillfeather Media", "Industry", "Medai", "sector_is_canonical", "Studio network"),
        ("Tidewater Commodities Ltd", "Customer_Kind__c", "Bussiness", "customer_kind_is_canonical", "Trading floor"),
        ("Stonebridge Hospitality", "BillingCity", None, "account_details_present", "Front desks"),
        ("Beacon Street Publishing", "Name", "Test", "account_name_is_real", "Print room"),
        ("Weidenbach Papier AG", "BillingCountry", "Deutchland", "country_is_canonical", PAPER_SITES),
    ):
        org.row("Account", account)[field] = value
        for name in names.split(","):
            org.deal(account, name, EXPANSION, GATEWAYS, held(rule))
    for account, email, rule in (
        ("Zandhoven Chemie NV", "facturen@example..org", "billing_email_well_formed"),
        ("Sundial Telecom", "caleb.norwood@example.com", "billing_email_not_ours"),
        ("Akatsuki Hoken K.K.", KNOWN_EMAIL, "customer_may_exist"),
    ):
        org.row("Contact", account)["Email"] = email
        org.deal(account, "First roll-out", NEW, LAUNCH, held(rule))


def faulty_deals(org: Org) -> None:
    """Deals of accounts that are in order, each with a fault of its own."""
    _identity(org)
    _labels(org)
    _money(org)
    _terms(org)
    _dates(org)
    _lines(org)
    _several(org)


def _identity(org: Org) -> None:
    gone = org.ids["User", "Ruben Castellanos"]
    org.deal("Halvorsen Freight Systems", "TBD", EXPANSION, SEATS, held("deal_name_is_real"))
    for account in ("Copperline Diagnostics", "Juniper Ridge Outfitters"):
        org.deal(account, "Regional depots", EXPANSION, GATEWAYS, held("rep_is_active"), OwnerId=gone)
    org.deal("Penhallow Marine Ltd", "Third year", RENEWAL, SEATS, held("deal_type_has_workflow"))
    for _ in range(2):
        copy = held("not_a_copy_of_another_deal")
        org.deal("Loxley Circuit Works Ltd", "Assembly hall", EXPANSION, GATEWAYS, copy, closed=-16)
    org.deal(
        "Granite Peak Logistics", "Orphaned order", NEW, LAUNCH,
        held("account_known", "account_details_present", "tax_details_present"), AccountId=None,
    )  # fmt: skip
    org.deal("Carrowmore Foods Ltd", "Cannery", EXPANSION, SEATS, held("deal_details_present"), Region__c=None)
    org.deal(
        "Fernhill Biologics", "Cold rooms", EXPANSION, GATEWAYS,
        held("billing_contact_known", "contact_details_present"), Billing_Contact__c=None,
    )  # fmt: skip


def _labels(org: Org) -> None:
    for account, field, value, rule in (
        ("Cardinal Loop Software", "Type", "Expnasion", "deal_type_is_canonical"),
        ("Kestrel & Vine Insurance plc", "Region__c", "EMAE", "region_is_canonical"),
        ("Tallgrass Foods", "Payment_Terms__c", "Net 33", "payment_terms_is_canonical"),
        ("Atelier Montclar SAS", "Billing_Entity__c", "Handoff SARL", "billing_entity_is_canonical"),
        ("Larkspur Analytics", "StageName", "Signed", "stage_is_canonical"),
        ("Ironwood Precision Parts", "Instalment_Plan__c", "Five parts", "instalment_plan_is_canonical"),
    ):
        wrong: dict[str, Any] = {field: value}
        org.deal(account, "Extension", EXPANSION, SEATS, held(rule), **wrong)
    for account in ("Ponterive Transports SARL", "Kazamori Denryoku K.K."):
        org.deal(account, "New gateways", EXPANSION, [("Edge Gatewy", "10")], held("product_is_canonical"))


def _money(org: Org) -> None:
    org.deal("Ashgrove Capital Partners", "Trading desks", NEW, LAUNCH, held("money_details_present"), Amount=None)
    org.deal("Silverthorn Legal", "Case rooms", EXPANSION, SEATS, held("lines_sum_to_amount"), Amount=15500)
    free = held("amount_above_zero", "discount_within_limit_or_approved")
    org.deal("Lakehurst Medical Group", "Goodwill", SERVICES, DAYS, free, discount="100")
    fits = held("amount_fits_currency")
    org.deal("Hoshikawa Bussan K.K.", "Till points", SERVICES, DAYS, fits, discount="0.001")
    swiss = held("currency_allowed", "billing_entity_invoices_currency")
    org.deal("Kupferkamm Software GmbH", "Zürich branch", EXPANSION, SEATS, swiss, CurrencyIsoCode="CHF")
    org.deal("Sonnwald Energie GmbH", "Solar park", EXPANSION, SEATS, held("currency_known"), CurrencyIsoCode="EUX")
    entity = held("billing_entity_invoices_currency")
    org.deal("Blue Heron Robotics", "Berlin lab", EXPANSION, SEATS, entity, Billing_Entity__c=EU)
    huge = [("Perpetual Licence", "2000")]
    org.deal("Meridian Grid Energy", "All plants", EXPANSION, huge, held("amount_within_limit"))
    for account, discount in (("Hickory Wind Farms", "35"), ("Glendara Cloud Ltd", "20.5")):
        high = held("discount_within_limit_or_approved")
        org.deal(account, "Volume order", EXPANSION, GATEWAYS, high, discount=discount)
    org.deal(
        "Vantage Point Optics", "Lens factory", EXPANSION, GATEWAYS, held("discount_approver_is_not_the_rep"),
        discount="25", OwnerId=org.ids["User", "Jasmine Ortega"], Discount_Approved_By__c="Jasmine Ortega",
    )  # fmt: skip


def _terms(org: Org) -> None:
    org.deal("Yukimura Shuppan K.K.", "Press hall", EXPANSION, GATEWAYS, LONG_TERMS, Payment_Terms__c="Net 90")
    org.deal(
        "Duinzicht Installaties B.V.", "Dock extension", EXPANSION, GATEWAYS, held("terms_approver_is_not_the_rep"),
        Payment_Terms__c="Net 90", OwnerId=org.ids["User", "Lena Hartwig"],
        Terms_Approved_By__c="lena.hartwig@example.com",
    )  # fmt: skip
    org.deal("Edelgrund Versicherung AG", "Claims office", NEW, LAUNCH, NO_TERMS, Payment_Terms__c=None)
    for account in ("Prairie Lantern Utilities", "Marlowe Street Media Ltd"):
        org.deal(account, "Second phase", EXPANSION, SEATS, held("po_number_when_required"), PO_Required__c=True)
    numbered: dict[str, Any] = {"PO_Required__c": True, "PO_Number__c": "tbd."}
    org.deal("Amberley Schools Trust", "Laptops", EXPANSION, SEATS, held("po_number_well_formed"), **numbered)
    for name in ("Ward tablets", "Theatre tablets"):
        twice = held("po_number_not_used_twice")
        org.deal("Brackenfield Health Ltd", name, EXPANSION, GATEWAYS, twice, PO_Number__c="BH-20771")


def _dates(org: Org) -> None:
    org.deal("Shirogane Soft K.K.", "Early bird", EXPANSION, SEATS, held("close_date_not_in_future"), closed=6)
    began = held("close_date_not_before_engagement")
    org.deal("Vallombreuse Santé SA", "Radiology", EXPANSION, GATEWAYS, began, Engage_Date__c=day(-3))
    org.deal(
        "Björkvik Verkstad AB", "Winter order", EXPANSION, GATEWAYS, held("close_date_after_cut_off"),
        CloseDate="2026-02-17", Kickoff_Date__c="2026-03-02", Engage_Date__c="2026-01-12",
    )  # fmt: skip
    early = held("kickoff_not_before_close")
    org.deal("Torrenera Meccanica S.p.A.", "Rush job", EXPANSION, GATEWAYS, early, closed=-20, kickoff=-27)
    org.deal("Nordfjäll Media AB", "New tower", EXPANSION, SEATS, held("kickoff_within_horizon"), kickoff=300)
    backwards: dict[str, Any] = {"Service_From__c": day(30), "Service_Until__c": day(-30)}
    org.deal("Clairvaux Données SAS", "Data hall", SERVICES, DAYS, held("service_period_in_order"), **backwards)
    org.deal("Srebrna Droga Sp. z o.o.", "Trucks", EXPANSION, GATEWAYS, NO_KICKOFF, Kickoff_Date__c=None)


def _lines(org: Org) -> None:
    org.deal("Tallgrass Foods", "Empty basket", EXPANSION, [], held("lines_present"), Amount=4800)
    none = [*GATEWAYS, ("Training Workshop", "0")]
    org.deal("Saltmarsh Insurance", "Branch offices", EXPANSION, none, held("line_quantities_positive"))
    for account in ("Waterkant Handel B.V.", "Tachibana Unyu K.K."):
        lines = [*SEATS, ("Support Subscription", "1")]
        org.deal(account, "Seats with support", EXPANSION, lines, held("needs_subscription"))
    org.deal("Dunmore Civic Council", "Unnamed product", EXPANSION, SEATS, held("line_details_present"))
    org.tables["OpportunityLineItem"][-1]["Product2Id"] = None


def _several(org: Org) -> None:
    """Deals with two or three faults: an owner reads all of them at once."""
    org.deal(
        "Mizutani Iryo K.K.", "Clinic chain", EXPANSION, GATEWAYS,
        held("discount_within_limit_or_approved", "kickoff_not_before_close", "po_number_when_required"),
        discount="30", kickoff=-40, PO_Required__c=True,
    )  # fmt: skip
    org.deal(
        "Oakline Furniture Works", "Showrooms", EXPANSION, [("Edge Gatewy", "10"), ("Support Subscription", "1")],
        held("needs_subscription", "payment_terms_is_canonical", "product_is_canonical"), Payment_Terms__c="later",
    )  # fmt: skip
    org.deal(
        "Alcornoque Vinos S.L.", "unknown", RENEWAL, SEATS,
        held("deal_name_is_real", "deal_type_has_workflow", "payment_terms_within_limit_or_approved"),
        Payment_Terms__c="Net 90",
    )  # fmt: skip
    org.deal(
        "Thistledown Textiles Ltd", "Loom hall", EXPANSION, GATEWAYS,
        held("lines_sum_to_amount", "terms_details_present"), Amount=20000, Billing_Entity__c=None,
    )  # fmt: skip
    org.deal(
        "Fernhill Biologics", "Late lab", EXPANSION, SEATS, held("date_details_present", "rep_is_active"),
        Kickoff_Date__c=None, OwnerId=org.ids["User", "Ruben Castellanos"],
    )  # fmt: skip


def fixes(org: Org) -> dict[str, dict[str, Any]]:
    """The one-field corrections that the demo makes: of a deal, and of an Account that releases all its deals."""
    deal = next(key for key, answer in org.answers.items() if answer == held("po_number_when_required"))
    account = org.ids["Account", "Weidenbach Papier AG"]
    papers = [row["Id"] for row in org.tables["Opportunity"] if row["AccountId"] == account]
    return {
        "fix": {"deal": deal, "object": "Opportunity", "id": deal, "field": "PO_Number__c", "value": "PO-771204"},
        "fix_account": {
            "deals": [deal_id for deal_id in papers if org.answers[deal_id] == held("country_is_canonical")],
            "object": "Account",
            "id": account,
            "field": "BillingCountry",
            "value": "Germany",
        },
    }
