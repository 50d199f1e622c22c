"""What the reports need is in the wheel."""

from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[3]


def test_every_template_is_in_the_wheel() -> None:
    shipped = {file.distribution_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    templates = {str(p.relative_to(ROOT)) for p in (ROOT / "handoff" / "report" / "templates").iterdir()}
    assert len(templates) >= 5
    assert templates <= shipped
