"""A small export for the pack crm_sales_opportunities: five files, written as a test wants them."""

from pathlib import Path

PIPELINE = "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value"
CLEAN = "OPP00001,Anna Snelling,GTX Basic,Acme,Won,2016-10-20,2017-03-01,550"
FILES = {
    "accounts.csv": (
        "account,sector,year_established,revenue,employees,office_location,subsidiary_of\n"
        "Acme,software,1996,1100.04,2822,United States,\nOdd,technolgy,1996,1100.04,2822,United States,\n"
    ),
    "products.csv": "product,series,sales_price\nGTX Basic,GTX,550\nGTX Pro,GTX,4821\n",
    "sales_teams.csv": "sales_agent,manager,regional_office\nAnna Snelling,Dustin Brinkmann,Central\n",
}


def write_export(folder: Path, *deals: str, header: str = PIPELINE, **files: str | bytes) -> Path:
    """The folder with these lines of deals (default: one clean deal); `files` replace a file by its stem."""
    folder.mkdir()
    pipeline = "\n".join((header, *(deals or (CLEAN,)))) + "\n"
    contents: dict[str, str | bytes] = {**FILES, "sales_pipeline.csv": pipeline}
    contents.update({f"{stem}.csv": content for stem, content in files.items()})
    for name, content in contents.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def deal(number: int = 1, **cells: str) -> str:
    """A line of the pipeline, clean apart from the given cells."""
    names = PIPELINE.split(",")
    values = dict(zip(names, CLEAN.split(","), strict=True)) | {"opportunity_id": f"OPP{number:05}"} | cells
    return ",".join(values[name] for name in names)
