"""The demo's invented customers, our invented staff and what we sell: the tables from which the seed is made."""

from dataclasses import dataclass

ACCOUNTS = """
United States
Halvorsen Freight Systems|Transportation|1180 Harbor Point Rd|Seattle|WA|98134
Copperline Diagnostics|Healthcare|400 Longwood Ave|Boston|MA|02115
Juniper Ridge Outfitters|Retail|77 Canyon Blvd|Boulder|CO|80302
Meridian Grid Energy|Energy|2200 Post Oak Blvd|Houston|TX|77056
Ashgrove Capital Partners|Finance|55 Water St|New York|NY|10041
Blue Heron Robotics|Manufacturing|860 Innovation Dr|Pittsburgh|PA|15219
Tallgrass Foods|Retail|310 Prairie Ave|Omaha|NE|68102
Cardinal Loop Software|Technology|5 Market Plaza|San Francisco|CA|94105
Lakehurst Medical Group|Healthcare|900 N Michigan Ave|Chicago|IL|60611
Ironwood Precision Parts|Manufacturing|42 Foundry Ln|Cleveland|OH|44114
Quillfeather Media|Media|1720 Sunset Blvd|Los Angeles|CA|90026
Saltmarsh Insurance|Insurance|18 Bay St|Charleston|SC|29401
Northbend School District|Education|600 Maple St|Portland|OR|97205
Vantage Point Optics|Manufacturing|88 Lens Way|Rochester|NY|14604
Cobalt Harbor Shipping|Transportation|3 Pier Rd|Savannah|GA|31401
Prairie Lantern Utilities|Energy|1400 Grid Rd|Tulsa|OK|74103
Fernhill Biologics|Healthcare|25 Research Pkwy|Durham|NC|27703
Stonebridge Hospitality|Retail|701 Brickell Ave|Miami|FL|33131
Larkspur Analytics|Technology|12 Congress Ave|Austin|TX|78701
Redwood Civic Services|Government|1 Civic Center Plaza|Sacramento|CA|95814
Granite Peak Logistics|Transportation|950 Wasatch Blvd|Salt Lake City|UT|84101
Oakline Furniture Works|Manufacturing|215 Mill St|Grand Rapids|MI|49503
Silverthorn Legal|Finance|1600 Pennsylvania Pkwy|Philadelphia|PA|19103
Hickory Wind Farms|Energy|77 Turbine Rd|Des Moines|IA|50309
Beacon Street Publishing|Media|30 Beacon St|Boston|MA|02108
Sundial Telecom|Technology|4100 Camelback Rd|Phoenix|AZ|85018
Germany
Falkenried Maschinenbau GmbH|Manufacturing|Industriestr. 14|Hamburg||20457
Lindenhof Klinikverbund gGmbH|Healthcare|Lindenallee 3|Leipzig||04109
Rabenstein Logistik AG|Transportation|Am Güterbahnhof 9|Duisburg||47051
Sonnwald Energie GmbH|Energy|Solarweg 21|Freiburg||79110
Kupferkamm Software GmbH|Technology|Torstr. 120|Berlin||10119
Weidenbach Papier AG|Manufacturing|Mühlgasse 5|Augsburg||86150
France
Atelier Montclar SAS|Retail|12 rue des Tisserands|Lyon||69002
Vallombreuse Santé SA|Healthcare|48 avenue Foch|Nantes||44000
Ponterive Transports SARL|Transportation|3 quai du Rhône|Marseille||13002
Clairvaux Données SAS|Technology|9 rue de Sèvres|Paris||75006
Netherlands
Waterkant Handel B.V.|Retail|Keizersgracht 221|Amsterdam||1016 DV
Duinzicht Installaties B.V.|Manufacturing|Havenweg 18|Rotterdam||3011 AA
Ireland
Carrowmore Foods Ltd|Retail|14 Quay St|Galway||H91 X2Y1
Glendara Cloud Ltd|Technology|2 Grand Canal Sq|Dublin||D02 A342
Spain
Alcornoque Vinos S.L.|Retail|Calle Mayor 41|Logroño||26001
Brisamar Hoteles S.A.|Retail|Paseo Marítimo 7|Valencia||46011
Italy
Torrenera Meccanica S.p.A.|Manufacturing|Via Emilia 88|Modena||41121
Colledoro Moda S.r.l.|Retail|Via Montenapo 6|Milano||20121
Sweden
Björkvik Verkstad AB|Manufacturing|Kungsgatan 15|Göteborg||411 19
Nordfjäll Media AB|Media|Sveavägen 44|Stockholm||111 34
Austria
Edelgrund Versicherung AG|Insurance|Ringstr. 10|Wien||1010
Belgium
Zandhoven Chemie NV|Manufacturing|Scheldelaan 60|Antwerpen||2030
Poland
Srebrna Droga Sp. z o.o.|Transportation|ul. Polna 7|Poznań||60-535
United Kingdom
Thistledown Textiles Ltd|Manufacturing|8 Mill Lane|Leeds||LS1 4DL
Penhallow Marine Ltd|Transportation|1 Quay Rd|Plymouth||PL4 0DX
Kestrel & Vine Insurance plc|Insurance|70 Fenchurch St|London||EC3M 4BR
Amberley Schools Trust|Education|33 Abbey Rd|Bath||BA1 1NN
Gorsebank Energy Ltd|Energy|12 Dock St|Dundee||DD1 3DJ
Loxley Circuit Works Ltd|Manufacturing|5 Steel Yard|Sheffield||S3 8NU
Marlowe Street Media Ltd|Media|21 Canal St|Manchester||M1 3HE
Brackenfield Health Ltd|Healthcare|9 Park Row|Nottingham||NG1 6GR
Tidewater Commodities Ltd|Finance|6 Lombard St|London||EC3V 9AA
Wrenfield Software Ltd|Technology|40 Station Rd|Cambridge||CB1 2JH
Ashdown Retail Group plc|Retail|100 High St|Birmingham||B4 7SL
Dunmore Civic Council|Government|1 Council Sq|Edinburgh||EH1 1YJ
Japan
Asahina Seimitsu K.K.|Manufacturing|2-11-3 Meguro|Tokyo||153-0063
Hoshikawa Bussan K.K.|Retail|4-5-6 Honmachi|Osaka||541-0053
Kazamori Denryoku K.K.|Energy|1-8-2 Sakae|Nagoya||460-0008
Mizutani Iryo K.K.|Healthcare|3-2-1 Tenjin|Fukuoka||810-0001
Shirogane Soft K.K.|Technology|5-1-1 Shibaura|Tokyo||108-0023
Tachibana Unyu K.K.|Transportation|7-3 Minato Mirai|Yokohama||220-0012
Yukimura Shuppan K.K.|Media|2-4 Kita 3 Jo|Sapporo||060-0003
Akatsuki Hoken K.K.|Insurance|1-1 Marunouchi|Tokyo||100-0005
"""
"""A line with a country, then its accounts: name, industry, street, city, state, postal code. All invented."""

FIRST_NAMES = {
    "United States": "Avery Jordan Morgan Riley Dana Casey Elena Marcus Tessa Owen Nadia Grant Lucia Victor Paige",
    "United Kingdom": "Alastair Bronwen Callum Imogen Rhys Fiona Gareth Harriet Nigel Priya Duncan Rosalind",
    "Japan": "Haruka Kenji Sayuri Daisuke Naoko Takumi Emi Ryota",
    "": "Anneke Bastian Chiara Dirk Eloise Femke Gilles Henrike Ines Jonas Katarzyna Lukas Matteo Nora Oskar Paula",
}
LAST_NAMES = {
    "United States": "Whitlock Delgado Brandt Okafor Lindqvist Mercer Pruitt Salazar Yoon Tolliver Vance Easton Rhodes",
    "United Kingdom": "Ackroyd Pemberton Llewellyn Strachan Holloway Finch Ravenscroft Bhatt Cargill Winslow",
    "Japan": "Morikawa Shimizu Okabe Nishida Kuroda Hayami Tsukino Arakawa",
    "": "Brinkmann Delacourt Eriksen Falk Giordano Haas Iglesias Jansen Kowalska Laurent Moser Nyberg Peeters Rossi",
}
"""Names of billing contacts, by country; the last row is for all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What deals of a country have in common."""

    country: str
    code: str
    entity: str
    currency: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product; `price`: list price of one in US dollars, in hundreds, so that percentages of it are exact."""

    price: int
    text: str
    quantities: tuple[str, ...] = ("1",)
    recurring: bool = False


US, EU, UK = "Handoff Inc", "Handoff GmbH", "Handoff Ltd"
NEW, EXPANSION, SERVICES, RENEWAL = "New Business", "Expansion", "Services", "Renewal"
RECORD_TYPES = ("Customer_Deal", "Internal_Deal")
EURO_COUNTRIES = {
    "Germany": "DE", "France": "FR", "Netherlands": "NL", "Ireland": "IE", "Spain": "ES", "Italy": "IT",
    "Sweden": "SE", "Austria": "AT", "Belgium": "BE", "Poland": "PL",
}  # fmt: skip
"""Countries that our German company invoices, in euros."""
HOMES = {
    "United States": Home(country="United States", code="US", entity=US, currency="USD", region="Americas"),
    "United Kingdom": Home(country="United Kingdom", code="GB", entity=UK, currency="GBP", region="EMEA"),
    "Japan": Home(country="Japan", code="JP", entity=US, currency="JPY", region="APAC"),
} | {
    name: Home(country=name, code=code, entity=EU, currency="EUR", region="EMEA")
    for name, code in EURO_COUNTRIES.items()
}
PRICE_FACTORS = {"USD": 1, "EUR": 1, "GBP": 1, "JPY": 150, "CHF": 1, "EUX": 1}
"""List prices abroad: the dollar price times this."""
PRODUCTS: dict[str, Product] = {
    "Onboarding Package": Product(price=8000, text="Set-up, data import and hand-over"),
    "Implementation Day": Product(price=1400, text="Implementation on site", quantities=("3", "5", "8", "2.5")),
    "Training Workshop": Product(price=2400, text="Workshop for up to twelve people", quantities=("1", "2")),
    "Data Migration": Product(price=12000, text="Migration of the old system"),
    "Edge Gateway": Product(price=900, text="Gateway, delivered and tested", quantities=("10", "24", "40")),
    "Perpetual Licence": Product(price=300, text="Licence for one seat", quantities=("25", "50", "120")),
    "Support Subscription": Product(price=1200, text="Support, a year", recurring=True),
    "Perpetual License": Product(price=300, text="License for one seat", quantities=("25", "50")),
    "Onboarding": Product(price=8000, text="Set-up, data import and hand-over"),
    "Edge Gatewy": Product(price=900, text="Gateway, delivered and tested"),
}
"""The last three are other spellings: two that the pack translates and one that it does not know."""
REPS = """
Maya Lindgren|Director of Sales, Americas||yes
Stefan Vogt|Director of Sales, EMEA||yes
Rin Takeda|Director of Sales, APAC||yes
Caleb Norwood|Account Executive|Maya Lindgren|yes
Jasmine Ortega|Account Executive|Maya Lindgren|yes
Theo Blackwell|Account Executive|Maya Lindgren|yes
Lena Hartwig|Account Executive|Stefan Vogt|yes
Pierre Auclair|Account Executive|Stefan Vogt|yes
Siobhan Keane|Account Executive|Stefan Vogt|yes
Kaito Endo|Account Executive|Rin Takeda|yes
Ruben Castellanos|Account Executive|Maya Lindgren|no
"""
"""Name, title, manager, whether active."""
SELLERS = {
    "Americas": ("Caleb Norwood", "Jasmine Ortega", "Theo Blackwell"),
    "EMEA": ("Lena Hartwig", "Pierre Auclair", "Siobhan Keane"),
    "APAC": ("Kaito Endo",),
}
