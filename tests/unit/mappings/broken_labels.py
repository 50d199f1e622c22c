"""Ways in which labels.yaml and trigger.yaml can be wrong, each done to the demo pack."""

from tests.unit.mappings.pack_edits import Broken, append, drop, swap

BROKEN: Broken = {
    # what: file, edit, a text on the line that is named, what is wrong, what would be right
    "an unknown key at the top": (
        "trigger",
        append("\ngolive: 2026-01-01\n"),
        "golive:",
        "unknown key 'golive'",
        "Write 'go_live'",
    ),
    "a missing key": ("trigger", drop("^stop_role"), "", "stop_role is missing", "Add `stop_role:`"),
    "a synonym of two labels": (
        "labels",
        swap("    Banking: Finance\n", "    Banking: Finance\n    Banking: Insurance\n"),
        "Banking: Insurance",
        "the synonym 'Banking' is claimed by two labels",
        "Keep it under one",
    ),
    "a synonym that is a label": (
        "labels",
        swap("    Banking: Finance\n", "    Insurance: Finance\n"),
        "Insurance: Finance",
        "'Insurance' is a canonical label itself",
        "Remove",
    ),
    "a synonym of an unknown label": (
        "labels",
        swap("Upsell: Expansion", "Upsell: Expanson"),
        "Upsell:",
        "'Expanson', which is no label",
        "Expansion",
    ),
    "a canonical label twice": (
        "labels",
        swap("[Americas, EMEA, APAC]", "[Americas, EMEA, APAC, EMEA]"),
        "labels: [Americas",
        "the canonical label 'EMEA' stands 2 times",
        "Keep it once",
    ),
    "a label with a space at its end": (
        "labels",
        swap("[Americas, EMEA, APAC]", '[Americas, EMEA, "APAC ", APAC]'),
        "labels: [Americas",
        "space",
        "",
    ),
    "a group of unknown labels": (
        "labels",
        swap("      - Slovakia\n", "      - Slowakia\n"),
        "- Slowakia",
        "'Slowakia', which is no label",
        "Slov",
    ),
    "a word that stands for no set of labels": (
        "labels",
        swap("labels: iso_3166\n", "labels: iso_3167\n"),
        "iso_3167",
        "is not a word known here",
        "iso_3166",
    ),
    "a stage that nobody knows": (
        "trigger",
        append("stages: [Closed Wone]\n"),
        "stages:",
        "'Closed Wone' is not a canonical",
        "'Closed Won'",
    ),
    "a record type that nobody knows": (
        "trigger",
        swap("[Customer_Deal]", "[Standard]"),
        "record_types:",
        "'Standard' is not a canonical label",
        "",
    ),
    "a trigger that every deal meets": (
        "trigger",
        swap("won: true", "won: false"),
        "won:",
        "every deal would start a handoff",
        "`won: true`",
    ),
    "an unknown role that may stop the line": (
        "trigger",
        swap("stop_role: finance", "stop_role: cfo"),
        "stop_role:",
        "no role is named 'cfo'",
        "Use one of",
    ),
    "YAML that cannot be read": (
        "trigger",
        append("stages: [Won\n"),
        "",
        "not YAML",
        "Check quotes",
    ),
    "an alias": (
        "trigger",
        append("stages: &won [Closed Won]\nmore: *won\n"),
        "stages:",
        "another place of the file",
        "Write",
    ),
    "a key twice": ("trigger", append("won: true\n"), "", "won stands here and on line", "Keep one"),
    "a file that does not say whose decision it is": (
        "trigger",
        lambda t: t[t.index("owner_role") :],
        "",
        "does not open with a comment",
        "# Decision of:",
    ),
}
