"""SOQL that Salesforce refuses, with its code and a message that says where."""

import pytest

from tests.unit.sandbox.salesforce_calls import Client, client


@pytest.fixture(scope="module")
def org() -> Client:
    return client()


@pytest.mark.parametrize(
    ("soql", "code", "message"),
    [
        ("SELECT Foo FROM Opportunity", "INVALID_FIELD", "No such column 'Foo' on entity 'Opportunity'"),
        ("SELECT Account.Foo FROM Opportunity", "INVALID_FIELD", "No such column 'Foo' on entity 'Account'"),
        ("SELECT Id FROM Opportunity WHERE Foo = 1", "INVALID_FIELD", "No such column 'Foo'"),
        ("SELECT Id FROM Opportunity ORDER BY Foo", "INVALID_FIELD", "No such column 'Foo'"),
        ("SELECT Boss.Name FROM Opportunity", "INVALID_FIELD", "Didn't understand relationship 'Boss' in field path"),
        ("SELECT Id FROM Lead", "INVALID_TYPE", "sObject type 'Lead' is not supported"),
        ("SELECT (SELECT Id FROM Tasks) FROM Opportunity", "INVALID_TYPE", "relationship 'Tasks' in FROM part"),
        ("SELECT (SELECT Foo FROM Contacts) FROM Account", "INVALID_FIELD", "'Foo' on entity 'Contact'"),
        ("SELECT (SELECT Id FROM Contacts WHERE Foo = 1) FROM Account", "INVALID_FIELD", "'Foo' on entity 'Contact'"),
        ("SELECT Id, id FROM Opportunity", "INVALID_FIELD", "duplicate field selected: id"),
        ("SELECT CurrencyIsoCode FROM Opportunity", "INVALID_FIELD", "No such column 'CurrencyIsoCode'"),
        ("SELECT IsDeleted FROM User", "INVALID_FIELD", "No such column 'IsDeleted' on entity 'User'"),
    ],
)
def test_a_name_that_the_org_does_not_have_fails_the_whole_query(
    org: Client, soql: str, code: str, message: str
) -> None:
    told = org.refusal(soql)
    assert told[0] == code
    assert message in told[1]


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("CloseDate = '2026-01-01'", "'CloseDate' must be of type date and should not be enclosed in quotes"),
        ("CloseDate > 2026-01-01T00:00:00Z", "must be of type date and"),
        ("SystemModstamp > 2026-01-01", "must be of type dateTime and should not be enclosed"),
        ("SystemModstamp > '2026-01-01T00:00:00Z'", "must be of type dateTime"),
        ("Amount = '5'", "must be of type currency and should not be enclosed in quotes"),
        ("IsWon = 'true'", "must be of type boolean"),
        ("Name = 5", "must be of type string and should be enclosed in quotes"),
        ("Name IN ('a', 5)", "must be of type string"),
        ("Description = 'x'", "field 'Description' can not be filtered in a query call"),
        ("AccountId IN (SELECT Name FROM Account)", "must be an id field"),
        ("Name IN (SELECT Id FROM Account)", "must be an id field"),
    ],
)
def test_a_literal_that_does_not_fit_its_field_is_refused(org: Client, where: str, message: str) -> None:
    code, told = org.refusal(f"SELECT Id FROM Opportunity WHERE {where}")
    assert code == "INVALID_FIELD"
    assert message in told


@pytest.mark.parametrize(
    "where", ["IsWon > true", "Amount < null", "CloseDate LIKE '2026%'", "AccountId = '12'", "Id IN ('x')"]
)
def test_an_operator_that_does_not_fit_its_field_is_refused(org: Client, where: str) -> None:
    assert org.refusal(f"SELECT Id FROM Opportunity WHERE {where}")[0] == "INVALID_QUERY_FILTER_OPERATOR"


@pytest.mark.parametrize(
    ("soql", "message"),
    [
        ("SELEC Id FROM Opportunity", "unexpected token: 'SELEC'"),
        ("SELECT FROM Opportunity", "unexpected token: 'FROM'"),
        ("SELECT Id Opportunity", "unexpected token: 'Opportunity'"),
        ("SELECT Id FROM", "unexpected token: '<EOF>'"),
        ("SELECT * FROM Opportunity", "no viable alternative at character '*'"),
        ("SELECT Id, FROM Opportunity", "unexpected token: 'FROM'"),
        ("SELECT Id FROM Opportunity WHERE", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Opportunity WHERE IsWon", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Opportunity WHERE IsWon = ", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Opportunity WHERE IsWon = maybe", "unexpected token: 'maybe'"),
        ("SELECT Id FROM Opportunity WHERE Amount = 1 AND IsWon = true OR IsWon = false", "unexpected token: 'OR'"),
        ("SELECT Id FROM Opportunity WHERE Amount = 1 OR IsWon = true AND IsWon = false", "unexpected token: 'AND'"),
        ("SELECT Id FROM Opportunity WHERE (Amount = 1", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Opportunity WHERE Name = 'open", "no viable alternative at character '''"),
        ("SELECT Id FROM Opportunity WHERE Name = 'a\\z'", "Illegal character sequence '\\z'"),
        ("SELECT Id FROM Opportunity WHERE Name IN ()", "unexpected token: ')'"),
        ("SELECT Id FROM Opportunity WHERE CloseDate = 2026-02-30", "Invalid date: 2026-02-30"),
        ("SELECT Id FROM Opportunity WHERE SystemModstamp > 2026-01-01T00:00:00 00:00", "no viable alternative"),
        ("SELECT Id FROM Opportunity LIMIT -1", "unexpected token: '-1'"),
        ("SELECT Id FROM Opportunity LIMIT 1.5", "unexpected token: '1.5'"),
        ("SELECT Id FROM Opportunity ORDER BY", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Opportunity FOR VIEW", "unexpected token: 'FOR'"),
        ("SELECT COUNT(Id) FROM Opportunity", "unexpected token: '('"),
        ("SELECT Id FROM Opportunity GROUP BY Name", "unexpected token: 'GROUP'"),
        ("SELECT A.B.C.D.E.F.G FROM Opportunity", "only 5 levels of parent relationships"),
        ("SELECT (SELECT (SELECT Id FROM X) FROM Contacts) FROM Account", "unexpected token: '('"),
        (
            "SELECT Id FROM Opportunity WHERE Name = 'a' OR AccountId IN (SELECT Id FROM Account)",
            "Semi join sub-selects are only allowed at the top level",
        ),
        ("SELECT Id FROM Opportunity; DELETE", "no viable alternative at character ';'"),
        (f"SELECT Id FROM Opportunity WHERE Name = '{'x' * 4001}'", "cannot be longer than 4000"),
    ],
)
def test_what_is_no_soql_is_a_malformed_query(org: Client, soql: str, message: str) -> None:
    code, told = org.refusal(soql)
    assert code == "MALFORMED_QUERY"
    assert message in told


def test_the_message_shows_row_and_column(org: Client) -> None:
    _, told = org.refusal("SELECT Id\nFROM Opportunity WHERE Foo = 1")
    assert "^\nERROR at Row:2:Column:24\n" in told


def test_an_offset_beyond_2000_is_refused(org: Client) -> None:
    assert org.refusal("SELECT Id FROM Opportunity OFFSET 2001")[0] == "NUMBER_OUTSIDE_VALID_RANGE"


def test_without_a_query_string_the_query_is_malformed(org: Client) -> None:
    answer = org.ask("GET", "/query/")
    assert answer.json() == [{"message": "A query string has to be specified", "errorCode": "MALFORMED_QUERY"}]


def test_a_plus_that_was_not_encoded_loses_the_zone_and_is_refused(org: Client) -> None:
    path = "/query?q=SELECT+Id+FROM+Opportunity+WHERE+SystemModstamp+>+2026-01-01T00:00:00+00:00"
    assert org.ask("GET", path).json()[0]["errorCode"] == "MALFORMED_QUERY"
