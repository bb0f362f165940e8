"""Tuning of Python's cyclic garbage collector for long-running processes."""

import gc

_THRESHOLD_0, _THRESHOLD_1, _THRESHOLD_2 = 20_000, 20, 20


def tune_gc() -> None:
    """Exempt all objects created so far from collection and collect the rest less often; call after start-up.

    With many concurrent requests or turns, the default thresholds trigger frequent full collections, which took a
    fifth of a webhook's time. Reference counting is unaffected.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_THRESHOLD_0, _THRESHOLD_1, _THRESHOLD_2)
