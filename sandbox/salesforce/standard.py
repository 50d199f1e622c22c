"""The standard fields of the standard objects, as a real org has them, in a table that reads line by line.

A line is `Name type[:length or scale] [marks] [| label]`. Marks: `!` required, `ro` read-only, `seeded` only there
when a seed has the column, `>Object[.relationship[/children]]` what a reference points to, `cascade` deleted with it.
"""

import re
from functools import cache

from sandbox.salesforce.fields import DEFAULT_LENGTHS, TYPES, Field, choice
from sandbox.salesforce.picklists import PICKLISTS

SYSTEM = """
Id id ro
IsDeleted boolean ro
CreatedDate datetime ro
CreatedById reference ro >User.CreatedBy
LastModifiedDate datetime ro
LastModifiedById reference ro >User.LastModifiedBy
SystemModstamp datetime ro
CurrencyIsoCode picklist:3 seeded | Currency ISO Code
"""

_ADDRESS = """
{0}Street textarea:255
{0}City string:40
{0}State string:80
{0}PostalCode string:20
{0}Country string:80
{0}StateCode picklist:10 seeded
{0}CountryCode picklist:10 seeded
"""

OBJECTS = {
    "Opportunity": """
AccountId reference >Account.Account/Opportunities cascade
RecordTypeId reference >RecordType.RecordType
IsPrivate boolean
Name string:120 !
Description textarea:32000
StageName picklist ! | Stage
Amount currency:2
Probability percent:0
ExpectedRevenue currency:2 ro
TotalOpportunityQuantity double:2
CloseDate date !
Type picklist | Opportunity Type
NextStep string:255
LeadSource picklist
IsClosed boolean ro
IsWon boolean ro
ForecastCategoryName picklist
HasOpportunityLineItem boolean ro
Pricebook2Id reference >Pricebook2
OwnerId reference >User.Owner
ContactId reference >Contact.Contact
LastActivityDate date ro
FiscalQuarter int ro
FiscalYear int ro
""",
    "Account": f"""
Name string:255 ! | Account Name
Type picklist | Account Type
RecordTypeId reference >RecordType.RecordType
ParentId reference >Account.Parent/ChildAccounts
{_ADDRESS.format("Billing")}
{_ADDRESS.format("Shipping")}
Phone phone
Fax phone
AccountNumber string:40
Website url
Industry picklist
AnnualRevenue currency:0
NumberOfEmployees int
Ownership picklist
TickerSymbol string:20
Description textarea:32000
Rating picklist
Site string:80
OwnerId reference >User.Owner
AccountSource picklist
Sic string:20
MasterRecordId reference ro >Account.MasterRecord
LastActivityDate date ro
""",
    "Contact": f"""
AccountId reference >Account.Account/Contacts cascade
Salutation picklist
FirstName string:40
LastName string:80 !
Name string:121 ro | Full Name
{_ADDRESS.format("Mailing")}
Phone phone
Fax phone
MobilePhone phone
ReportsToId reference >Contact.ReportsTo
Email email
Title string:128
Department string:80
LeadSource picklist
Birthdate date
Description textarea:32000
OwnerId reference >User.Owner
MasterRecordId reference ro >Contact.MasterRecord
IsEmailBounced boolean ro
LastActivityDate date ro
""",
    "User": f"""
Username string:80 !
FirstName string:40
LastName string:80 !
Name string:121 ro | Full Name
CompanyName string:80
Division string:80
Department string:80
Title string:80
{_ADDRESS.format("")}
Email email:128 !
Phone phone
Alias string:8
EmployeeNumber string:20
FederationIdentifier string:512
IsActive boolean
TimeZoneSidKey picklist:40 | Time Zone
LocaleSidKey picklist:40 | Locale
UserType picklist:40 ro
ManagerId reference >User.Manager/ManagedUsers
""",
    "Organization": """
Name string:80 ro
IsSandbox boolean ro
OrganizationType picklist:40 ro
""",
    "RecordType": """
Name string:80 ! | Record Type Name
DeveloperName string:80 !
NamespacePrefix string:15 ro
Description textarea:255
SobjectType picklist:40 !
IsActive boolean
""",
    "Product2": """
Name string:255 ! | Product Name
ProductCode string:255
Description textarea:4000
IsActive boolean
Family picklist | Product Family
ExternalId string:255
QuantityUnitOfMeasure picklist
StockKeepingUnit string:180 | Product SKU
""",
    "PricebookEntry": """
Name string:255 ro | Product Name
Pricebook2Id reference >Pricebook2
Product2Id reference ! >Product2.Product2/PricebookEntries
UnitPrice currency:2 ! | List Price
IsActive boolean
UseStandardPrice boolean
ProductCode string:255 ro
""",
    "OpportunityLineItem": """
OpportunityId reference ! >Opportunity.Opportunity/OpportunityLineItems cascade
SortOrder int
PricebookEntryId reference >PricebookEntry.PricebookEntry/OpportunityLineItems
Product2Id reference >Product2.Product2/OpportunityLineItems
ProductCode string:255 ro
Name string:376 ro | Opportunity Product Name
Quantity double:2 !
TotalPrice currency:2
UnitPrice currency:2 | Sales Price
ListPrice currency:2 ro
Discount percent:2
ServiceDate date | Date
Description string:255 | Line Description
""",
}
NEVER_DELETED = frozenset({"Organization", "User", "RecordType"})
"""Objects without IsDeleted: their rows are made inactive instead."""
LABELS = {"Product2": "Product", "PricebookEntry": "Price Book Entry", "OpportunityLineItem": "Opportunity Product"}
PLURALS = {"Opportunity": "Opportunities", "PricebookEntry": "Price Book Entries"}

WRITE_BACK = """
Handoff_Status__c string:255
Handoff_Reason__c textarea:32768
Handoff_Owner__c string:255
Handoff_Due__c datetime
Handoff_Next_Step__c string:255
Handoff_Invoice__c url:255
Handoff_Project__c url:255
Handoff_Page__c url:255
Handoff_Last_Run__c datetime
"""
"""The fields on Opportunity that handoff writes back to, unless the seed's `_schema.json` says they are not there."""

_LINE = re.compile(
    r"(?P<name>\w+) (?P<type>\w+)(?::(?P<size>\d+))?(?P<marks>(?: (?:!|ro|seeded|cascade))*)"
    r"(?: >(?P<to>\w+)(?:\.(?P<parent>\w+)(?:/(?P<children>\w+))?)?)?(?P<more>(?: (?:cascade))*)(?: \| (?P<label>.+))?"
)


@cache
def declared(name: str) -> tuple[tuple[Field, bool], ...]:
    """The object's fields in order, each with whether it is only there when seeded. Fields are shared: copy them."""
    if name == "WRITE_BACK":
        return tuple(_fields(name, WRITE_BACK))
    rows = _fields(name, SYSTEM + OBJECTS[name])
    return tuple(row for row in rows if not (row[0].name == "IsDeleted" and name in NEVER_DELETED))


def label_of(name: str) -> str:
    """A label from an API name: `BillingCountry` -> `Billing Country`, `Engage_Date__c` -> `Engage Date`."""
    bare = name.removesuffix("__c").replace("_", " ")
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", bare)


def _fields(name: str, table: str) -> list[tuple[Field, bool]]:
    found = []
    for line in table.split("\n"):
        if not line.strip():
            continue
        match = _LINE.fullmatch(line)
        assert match is not None, line
        marks = f"{match['marks']}{match['more']}".split()
        kind = match["type"]
        assert kind in TYPES, line
        size = int(match["size"] or 0)
        defaults = PICKLISTS.get(f"{name}.{match['name']}") or PICKLISTS.get(match["name"])
        field = Field(
            name=match["name"],
            type=kind,
            label=match["label"] or label_of(re.sub(r"(?<=\w)Id$", " ID", match["name"])),
            length=size or DEFAULT_LENGTHS[kind] if kind in DEFAULT_LENGTHS else 0,
            scale=0 if kind in DEFAULT_LENGTHS else size,
            required="!" in marks,
            writable="ro" not in marks,
            reference_to=match["to"],
            relationship=match["parent"],
            children_as=match["children"],
            cascade="cascade" in marks,
            picklist=tuple(choice(value) for value in (defaults or "").split("|") if value)
            if kind == "picklist"
            else None,
        )
        found.append((field, "seeded" in marks))
    return found
