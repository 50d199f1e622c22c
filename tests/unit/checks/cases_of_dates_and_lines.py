"""Cases of the rules about dates and lines."""

from tests.unit.checks.cases import Cases, lines, presence

CASES: dict[str, Cases] = {
    # dates
    "close_date_readable": Cases(
        good=({"closed_on": "2024-02-29"},),
        bad=(
            {"closed_on": "31/02/2026"},
            {"closed_on": "2026-02-30"},
            {"closed_on": "2026-2-3"},
            {"closed_on": "+2026-2-3"},
            {"closed_on": "20260203"},
            {"closed_on": "2026-02-03T00:00:00Z"},
            {"closed_on": "２０２６-02-03"},
            {"closed_on": "tomorrow"},
        ),
        empty={"closed_on": None},
        empty_passes=True,
    ),
    "close_date_not_in_future": Cases(
        good=({"closed_on": "2026-11-24"},),
        bad=({"closed_on": "2026-11-25"},),
        empty={"closed_on": None},
        empty_passes=True,
    ),
    "close_date_not_before_engagement": Cases(
        good=({"engaged_on": "2026-11-20"}, {"engaged_on": None}),
        bad=({"engaged_on": "2026-11-21"}, {"engaged_on": "last week"}),
        empty={"closed_on": None},
        empty_passes=True,
    ),
    "close_date_not_too_early": Cases(
        good=({"closed_on": "2020-01-01"},),
        bad=({"closed_on": "0017-01-01"},),
        empty={"closed_on": None},
        empty_passes=True,
    ),
    "close_date_after_cut_off": Cases(
        good=({"closed_on": "2026-07-01"},),
        bad=({"closed_on": "2026-06-30"},),
        empty={"closed_on": None},
        empty_passes=True,
    ),
    "kickoff_date_readable": Cases(
        good=({"kickoff_on": "2026-12-01"},),
        bad=({"kickoff_on": "soon"},),
        empty={"kickoff_on": None},
        empty_passes=True,
    ),
    "kickoff_not_before_close": Cases(
        good=({"kickoff_on": "2026-11-20"}, {"closed_on": None}),
        bad=({"kickoff_on": "2026-11-19"},),
        empty={"kickoff_on": None},
        empty_passes=True,
    ),
    "kickoff_within_horizon": Cases(
        good=({"kickoff_on": "2027-02-18"},),
        bad=({"kickoff_on": "2027-02-19"},),
        empty={"kickoff_on": None},
        empty_passes=True,
    ),
    "service_period_in_order": Cases(
        good=({"service_from": "2026-12-01", "service_until": "2026-12-01"}, {"service_until": None}),
        bad=(
            {"service_from": "2026-12-02", "service_until": "2026-12-01"},
            {"service_from": "x"},
            {"service_from": None, "service_until": "31/02/2026"},
        ),
        empty={"service_from": None, "service_until": None},
        empty_passes=True,
    ),
    "date_details_present": presence("closed_on"),
    # lines
    "lines_present": Cases(good=({},), bad=({"lines": []},), empty={"lines": []}, empty_passes=False),
    "lines_within_limit": Cases(
        good=(lines({}, {}),),
        bad=(lines({}, {}, {}),),
        empty={"lines": []},
        empty_passes=True,
        pack={"lines": {"maximum": 2}},
    ),
    "line_quantities_positive": Cases(
        good=(lines({"quantity": "0.5"}, {}),),
        bad=(lines({"quantity": "0"}), lines({}, {"quantity": "-1"}), lines({"quantity": "ten"})),
        empty=lines({}, {"quantity": None}),
        empty_passes=False,
    ),
    "line_prices_readable": Cases(
        good=(lines({"line_total": None}), lines({"unit_price": None, "quantity": None})),
        bad=(
            lines({"list_price": "1,000"}),
            lines({}, {"line_total": "NaN"}),
            lines({"unit_price": "1e3"}),
            lines({"line_total": None, "unit_price": None}),
            lines({"line_total": None, "quantity": None}),
        ),
        empty={"lines": []},
        empty_passes=True,
    ),
    "lines_sum_to_amount": Cases(
        good=(
            lines({"line_total": "600"}, {"line_total": "400.00"}),
            lines({"line_total": None, "quantity": "3", "unit_price": "333.333333"}) | {"amount": "999.999999"},
            {"lines": []},
        ),
        bad=(
            lines({"line_total": "999.99"}),
            lines({}, {}),
            lines({}, {"line_total": "x"}),
            lines({}, {"line_total": None, "unit_price": None}),
        ),
        empty={"amount": None},
        empty_passes=True,
    ),
    "product_is_canonical": Cases(
        good=(lines({"product": "GTX Pro"}, {"product": "MG Special"}),),
        bad=(lines({"product": "GTXPro"}), lines({}, {"product": "gtx pro"})),
        empty=lines({"product": None}),
        empty_passes=True,
    ),
    "needs_subscription": Cases(
        good=(lines({"recurring": "false"}, {"recurring": None}),),
        bad=(lines({}, {"recurring": "true"}), lines({"recurring": "monthly"}), lines({"product": "MG Special"})),
        empty=lines({"product": None, "recurring": None}),
        empty_passes=True,
        pack={"recurring_products": ("MG Special",)},
    ),
    "line_details_present": Cases(
        good=(lines({"description": "Widgets"}),),
        bad=(lines({"description": "Widgets"}, {"description": None}),),
        empty=lines({"description": None}),
        empty_passes=False,
        pack={"required": {"lines.description": "always"}},
    ),
}
