"""The collector of circular garbage, told what is worth looking at in a process that serves for long."""

import gc

_THRESHOLD_0, _THRESHOLD_1, _THRESHOLD_2 = 20_000, 20, 20


def tune_gc() -> None:
    """To be called once a process has started: what start-up made stays, and is looked at no more.

    Python would walk through all of it again and again while many requests or turns are under way, whose objects live
    long enough to look like more of the same; that took a fifth of the time of a webhook. Nothing is freed later
    that counts its references.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_THRESHOLD_0, _THRESHOLD_1, _THRESHOLD_2)
