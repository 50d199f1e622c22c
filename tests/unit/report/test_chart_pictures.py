"""The charts as pictures: harmless whatever their text is, readable on both grounds, nothing fetched for them."""

import re
import subprocess
import sys
from collections import Counter
from datetime import date
from xml.etree import ElementTree

import pytest

from handoff.core.money import Money
from handoff.report.answers import Attained
from handoff.report.charts import ageing, attained, flow, pareto, weeks
from handoff.report.charts.chart import Chart
from handoff.report.charts.look import COLOURS, Look, Scheme, Size, shown
from tests.unit.report.hostile import HOSTILE

LOOKS = [Look(scheme=scheme, size=size) for scheme in Scheme for size in Size]
_TEXTS = (*HOSTILE[::9], "\ufffe\uffff", "مرحبا", "=HYPERLINK(1)", "😀" * 40, "x" * 1_000_000)


def made(text: str = "Ada Lovelace") -> list[Chart]:
    """Every chart, with a text of somebody's wherever one can stand."""
    cause = pareto.Held(
        rule="product_is_canonical",
        label=text,
        entries=2,
        amounts=(Money(minor=100_00, currency="USD"),),
        leading=Money(minor=100_00, currency="USD"),
        share=0.6,
        so_far=0.6,
    )
    held = pareto.Pareto(causes=(cause,), blocked=cause.leading, priced=2, entries=2, mixed=False)
    ages = ageing.Ages(text, [3, 0, 2, 0, 1], 2)
    found = flow.Flow(passed=Counter({"never held": 175, "open": 1}), held=Counter({"released": 5, "open": 61}))
    week = weeks.Week(monday=date(2026, 11, 2), judged=9, passed=7)
    return [
        flow.chart(found),
        pareto.chart(held),
        ageing.chart(ageing.Ageing(owners=(ages,), oldest_s=90_000)),
        weeks.chart([week]),
        attained.chart(Attained(met=3, missed=1), {text: Attained(met=3, missed=1)}, {}),
    ]


def tags(svg: str) -> Counter[str]:
    return Counter(node.tag.rpartition("}")[2] for node in ElementTree.fromstring(svg).iter())


def attributes(svg: str) -> dict[str, str]:
    """Every attribute by its name, with all its values in one text."""
    found: dict[str, str] = {}
    for node in ElementTree.fromstring(svg).iter():
        for name, value in node.attrib.items():
            found[name] = f"{found.get(name, '')} {value}"
    return found


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look.scheme}-{look.size}")
def test_each_picture_is_of_the_size_that_was_told_and_has_no_ground_of_its_own(look: Look) -> None:
    for chart in made():
        root = ElementTree.fromstring(chart.svg(look))
        assert (int(root.attrib["width"]), int(root.attrib["height"])) == chart.size(look), chart.name
        assert not [node for node in root if node.tag.endswith("rect")], "a ground would hide the page's"


@pytest.mark.parametrize("text", _TEXTS, ids=lambda text: repr(text[:12]))
def test_a_text_of_somebodys_adds_no_element_no_script_and_no_address(text: str) -> None:
    calm = [tags(chart.svg(Look())) for chart in made()]
    for chart, before in zip(made(text), calm, strict=True):
        svg = chart.svg(Look())
        assert tags(svg) == before, chart.name
        assert not {"script", "foreignObject", "image", "a", "style"} & set(tags(svg))
        assert not {name for name in attributes(svg) if name.startswith(("on", "style")) or "href" in name}
        assert not [value for value in attributes(svg).values() if re.search(r"url\((?!#clip)|script:", value)]
        assert not set(svg) & set("\x00\x1b\u202e\u2066\u200b\u2028\ufffe\uffff")
        assert len(svg) < 60_000


def test_a_long_text_is_cut_to_what_fits() -> None:
    assert shown("x" * 1_000_000, 30) == "x" * 29 + "…"
    assert shown("  two\n lines ", 30) == "two lines"
    assert shown("\ufffe\uffff\ud83d", 30) == "���"


@pytest.mark.parametrize("counts", [{"never held": 1}, {"open": 100_000, "released": 1}, {"rejected": 3}])
def test_a_flow_fits_its_picture_however_uneven_it_is(counts: dict[str, int]) -> None:
    chart = flow.chart(flow.Flow(passed=Counter(), held=Counter(counts)))
    for look in LOOKS:
        assert ElementTree.fromstring(chart.svg(look)) is not None


def _luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", list(Scheme))
def test_text_and_shapes_stand_out_from_their_ground(scheme: Scheme) -> None:
    own = COLOURS[scheme]
    for colour in (own.ink, own.soft):
        assert contrast(colour, own.ground) >= 4.5, colour
    for colour in (own.accent, own.good, own.warn, own.bad, own.grey, *own.steps):
        assert contrast(colour, own.ground) >= 3, colour


def test_nothing_is_fetched_and_nothing_heavy_is_loaded_before_a_chart_is_drawn() -> None:
    import vl_convert  # noqa: PLC0415 - beside its only test

    from handoff.report.charts import look  # noqa: PLC0415

    spec = {"data": {"url": "https://example.com/x.json"}, "mark": "bar", "encoding": {}}
    with pytest.raises(ValueError, match="External data url not allowed"):
        vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    assert "allowed_base_urls=[]" in (look.__loader__.get_source(look.__name__) or "")  # type: ignore[union-attr]
    program = "import sys, handoff.report.charts.every; sys.exit(bool({'altair', 'vl_convert'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
