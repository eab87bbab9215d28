"""Registry of group metrics of a number: what a model's errors are like in each group.

One file a metric: `evaluate(sums, params) -> values`. The error of a row is what was predicted less what is true, in
the unit of the target. `sums` (..., 4) are over a group's rows of 1, the error, its absolute value and its square;
leading axes (groups, resamples, models) are free. `Params.positive_only` says that the metric is never below 0: its
interval is then made on the log scale; `Params.of_a_variance` that it is the root of a variance, whose estimates are
skewed in small groups.
"""
