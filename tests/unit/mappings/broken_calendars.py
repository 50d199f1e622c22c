"""Ways in which calendars, rotas, leavers and what the desk may do can be wrong, each done to the demo pack."""

from tests.unit.mappings.pack_edits import Broken, Edit, swap

BERLIN = 'hours: {mon-thu: ["09:00-12:30", "13:30-18:00"], fri: ["09:00-12:30", "13:30-17:00"]}'
TURNS = "weekend: {people: [mei_tanaka, kwame_mensah, tomas_ortega], since: 2026-01-03"


def hours(written: str) -> Edit:
    return swap(BERLIN, f"hours: {written}")


def desk(written: str) -> Edit:
    return swap("amount: {money: true, second: finance}", written)


BROKEN: Broken = {
    # what: file, edit, a text on the line that is named, what is wrong, what would be right
    "a zone that does not exist": (
        "owners",
        swap("    zone: Europe/Berlin", "    zone: Europe/Bonn"),
        "    zone: Europe/Bonn",
        "'Europe/Bonn' is no time zone",
        "Write a name such as Europe/Berlin",
    ),
    "a folder of the database as a zone": (
        "owners",
        swap("    zone: Asia/Tokyo", "    zone: Asia"),
        "    zone: Asia",
        "'Asia' is no time zone",
        "Write a name",
    ),
    "hours nobody can read": (
        "owners",
        hours('{mon-fri: ["9 to 5"]}'),
        "9 to 5",
        "'9 to 5' is no period",
        "09:00-12:30",
    ),
    "hours that run backwards": (
        "owners",
        hours('{mon-fri: ["17:00-09:00"]}'),
        "17:00-09:00",
        "'17:00-09:00' ends before it begins",
        "22:00-24:00",
    ),
    "hours beyond the day": ("owners", hours('{mon: ["20:00-24:30"]}'), "24:30", "beyond the day", "End it at 24:00"),
    "hours that share time": (
        "owners",
        hours('{mon-fri: ["09:00-13:00", "12:00-17:00"]}'),
        "12:00-17:00",
        "on mon, 09:00-13:00 and 12:00-17:00 share time",
        "Let one end where the other begins",
    ),
    "a day in two ranges": (
        "owners",
        hours('{mon-fri: ["09:00-13:00"], fri: ["09:00-12:00"]}'),
        "09:00-13:00",
        "on fri, 09:00-12:00 and 09:00-13:00 share time",
        "name the day once",
    ),
    "a day nobody knows": ("owners", hours('{montag: ["09:00-13:00"]}'), "montag", "'montag' is no day", "mon-fri"),
    "a calendar with 0 working hours": (
        "owners",
        hours("{}"),
        "    hours: {}",
        "the calendar berlin has no working hour",
        "mon-fri",
    ),
    "days without hours": ("owners", hours("{mon-fri: []}"), "mon-fri: []", "berlin has no working hour", "Add hours"),
    "an unknown country": (
        "owners",
        swap("holidays: {country: JP}", "holidays: {country: JX}"),
        "country: JX",
        "no public holidays are known for the country 'JX'",
        "two letters",
    ),
    "a country in small letters": (
        "owners",
        swap("holidays: {country: JP}", "holidays: {country: jp}"),
        "country: jp",
        "for the country 'jp'",
        "Write JP",
    ),
    "an unknown subdivision": (
        "owners",
        swap("subdivision: BE}", "subdivision: BX}"),
        "subdivision: BX",
        "DE has no subdivision 'BX'",
        "the subdivisions of DE",
    ),
    "a closed day that is none": (
        "owners",
        swap("closed: [2026-11-27", "closed: [2026-11-31"),
        "2026-11-31",
        "'2026-11-31' is not a day",
        "2026-01-31",
    ),
    "a company calendar nobody described": (
        "owners",
        swap("calendar: berlin\n", "calendar: berln\n"),
        "calendar: berln",
        "no calendar is named 'berln'",
        "Write 'berlin'",
    ),
    "a person's calendar nobody described": (
        "owners",
        swap("mei.tanaka@example.com, calendar: tokyo", "mei.tanaka@example.com, calendar: osaka"),
        "  mei_tanaka:",
        "no calendar is named 'osaka'",
        "Use one of the calendars",
    ),
    "a role's calendar nobody described": (
        "owners",
        swap("person: kwame_mensah, backup", "person: kwame_mensah, calendar: london, backup"),
        "  delivery: {title",
        "no calendar is named 'london'",
        "Use one of the calendars",
    ),
    "an unknown person on a rota": (
        "owners",
        swap(TURNS, TURNS.replace("kwame_mensah", "kwame_mensha")),
        "weekend:",
        "nobody is named 'kwame_mensha'",
        "Write 'kwame_mensah'",
    ),
    "a rota at hours nobody can read": (
        "owners",
        swap('hours: ["10:00-14:00"]', 'hours: ["10-14"]'),
        "weekend:",
        "'10-14' is no period",
        "Write it as 09:00-12:30",
    ),
    "a rota of nobody": (
        "owners",
        swap(TURNS, "weekend: {people: [], since: 2026-01-03"),
        "weekend:",
        "this is an empty list",
        "Name at least one",
    ),
    "a tie-breaker who leaves": (
        "owners",
        swap("helena.brandt@example.com}", "helena.brandt@example.com, left: 2027-01-01}"),
        "tie_breaker:",
        "the tie-breaker, Helena Brandt, leaves the company on 2027-01-01",
        "somebody who stays",
    ),
    "a leaver whom nobody follows": (
        "owners",
        swap("priya.nair@example.com, calendar: new_york}", "priya.nair@example.com, left: 2027-01-01}"),
        "  sales_operations: {title",
        "Priya Nair leaves the company on 2027-01-01, and nobody follows them as sales_operations",
        "Name their successor",
    ),
    "an unknown kind of entry": (
        "owners",
        swap(
            "discount_approver_is_not_the_rep: {role: region_director, kind: approval",
            "discount_approver_is_not_the_rep: {role: region_director, kind: approvel",
        ),
        "discount_approver_is_not_the_rep",
        "is not a word known here",
        "approval",
    ),
    "an unknown reviewer": (
        "owners",
        swap("kind: exception, reviewers: [sales_operations]", "kind: exception, reviewers: [sales_operation]"),
        "needs_subscription",
        "no role is named 'sales_operation'",
        "Write 'sales_operations'",
    ),
    "a reviewer who decides": (
        "owners",
        swap("kind: exception, reviewers: [sales_operations]", "kind: exception, reviewers: [finance]"),
        "needs_subscription",
        "finance decides, and would also be a reviewer",
        "Remove it",
    ),
    "an unknown role that waives": (
        "owners",
        swap("waive: {roles: [delivery], days: 60}", "waive: {roles: [delivry], days: 60}"),
        "kickoff_within_horizon",
        "no role is named 'delivry'",
        "Write 'delivery'",
    ),
    "a waiver for ever": (
        "owners",
        swap("waive: {roles: [delivery], days: 60}", "waive: {roles: [delivery], days: 4000}"),
        "kickoff_within_horizon",
        "'4000' cannot stand here",
        "less than or equal to 366",
    ),
    "a question of approval that is waived": (
        "owners",
        swap(
            'kind: approval, reviewers: [region_director], fix: "Look at the contract',
            'kind: approval, waive: {roles: [finance], days: 14}, fix: "Look at the contract',
        ),
        "  amount_within_limit",
        "amount_within_limit is a question of approval, and a waiver holds for whatever the deal says later",
        "Remove `waive`: have it approved",
    ),
    "a failure that is waived": (
        "owners",
        swap("billing_refused: {role: finance,", "billing_refused: {role: finance, waive: {roles: [finance]},"),
        "billing_refused",
        "only rules can be waived",
        "Remove `waive`",
    ),
    "a note to the customer with an unknown field": (
        "owners",
        swap("Could you send it to us?", "Yours, {rep_nam}"),
        "{rep_nam}",
        "{rep_nam} is no deal field",
        "Write 'rep_name'",
    ),
    "a limit of no hours": (
        "workflow",
        swap("limit: {within_hours: 4}", "limit: {within_hours: 0}"),
        "limit: {within_hours: 0}",
        "'0' cannot stand here",
        "greater than 0",
    ),
    "a task for what we do ourselves": (
        "workflow",
        swap("starts: deal_closed\n    limit: {within_hours: 8}", "limit: {within_hours: 8, task: Send it}"),
        "task: Send it",
        "a step that does invoice is done when its effects are confirmed",
        "Remove `task`",
    ),
    "a task that no project has": (
        "workflow",
        swap(
            "deal_types: [New Business]\n    limit: {within_hours: 4}",
            "deal_types: [Expansion]\n    limit: {within_hours: 4, task: Deliver and tst}",
        ),
        "task: Deliver and tst",
        "no project of these deals has a task 'Deliver and tst'",
        "Write 'Deliver and test'",
    ),
    "a blank fallback": (
        "workflow",
        swap('fallback: "Ask the rep for the contact, and call."', 'fallback: " "'),
        'fallback: " "',
        "the sentence is blank",
        "Write it",
    ),
    "a correction of an unknown field": (
        "policies",
        desk("amuont: {}"),
        "amuont",
        "no deal has a field 'amuont'",
        "Write 'amount'",
    ),
    "a correction of what a deal is": (
        "policies",
        desk("deal_id: {}"),
        "deal_id: {}",
        "cannot be corrected",
        "Remove it",
    ),
    "a correction of whose deal it is": (
        "policies",
        desk("account_id: {}"),
        "account_id: {}",
        "cannot be corrected",
        "Remove it",
    ),
    "corrected money without a second person": (
        "policies",
        desk("amount: {money: true}"),
        "amount: {money",
        "no role confirms a corrected amount",
        "Add `second:`",
    ),
    "an unknown second role": (
        "policies",
        desk("amount: {money: true, second: finanse}"),
        "amount: {money",
        "no role is named 'finanse'",
        "Write 'finance'",
    ),
    "a blank reason to pause": (
        "policies",
        swap("pause_reasons: [waiting for the customer, waiting for legal,", 'pause_reasons: [waiting for legal, " ",'),
        "pause_reasons",
        "the reason is blank",
        "Write a few words",
    ),
    "no reason to reject": (
        "policies",
        swap("[not a real deal, handed off elsewhere, customer withdrew, duplicate]", "[]"),
        "rejection_reasons",
        "the list is empty",
        "at least one",
    ),
}
