"""The country names of ISO 3166-1, which a label set may name instead of listing them."""

from functools import cache

import pycountry


@cache
def countries() -> tuple[str, ...]:
    """Their official names, sorted."""
    return tuple(sorted(country.name for country in pycountry.countries))
