"""Registry of group metrics, and the audit built on them.

One file a metric: `evaluate(counts, params) -> Rates`, the rate of every group. A metric's `Params` says, beside what a
person may set, two things about it:

    reads   "predictions": counts[..., t, p] = rows of class t predicted as p, K x K
            "scores": counts[..., t, v] = rows with t = 1 (positive) or 0 and the v-th smallest score, 2 x V
    given   what the permutation test holds fixed when it exchanges group labels: "nothing", "label" or "prediction"
            (backend/statistics/permutation.py)

Leading axes (groups, resamples, models) are free. A rate is `hits` out of `trials`, so that it can be told how much a
value rests on; the last axis runs over the classes that are averaged, of length 1 for a plain proportion.
"""
