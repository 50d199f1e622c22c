"""The picklist values that a new org comes with."""

PICKLISTS = {
    "StageName": (
        "Prospecting|Qualification|Needs Analysis|Value Proposition|Id. Decision Makers|Perception Analysis|"
        "Proposal/Price Quote|Negotiation/Review|Closed Won|Closed Lost"
    ),
    "Opportunity.Type": (
        "Existing Customer - Upgrade|Existing Customer - Replacement|Existing Customer - Downgrade|New Customer"
    ),
    "Account.Type": "Prospect|Customer - Direct|Customer - Channel|Channel Partner / Reseller|Installation Partner|"
    "Technology Partner|Other",
    "LeadSource": "Web|Phone Inquiry|Partner Referral|Purchased List|Other",
    "ForecastCategoryName": "Omitted|Pipeline|Best Case|Commit|Closed",
    "Industry": "Agriculture|Banking|Consulting|Education|Energy|Engineering|Finance|Government|Healthcare|Insurance|"
    "Manufacturing|Media|Retail|Technology|Telecommunications|Transportation|Utilities|Other",
    "Ownership": "Public|Private|Subsidiary|Other",
    "Rating": "Hot|Warm|Cold",
    "Salutation": "Mr.|Ms.|Mrs.|Dr.|Prof.|Mx.",
    "UserType": "Standard|PowerPartner|Guest",
}
"""`Object.Field` or field -> the values of a new org's picklist, used where the seed has none of its own."""
