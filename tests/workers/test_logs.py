"""Logs contain errors and their place, but nothing that a person wrote."""

import asyncio
import gc
import io
import logging
from collections.abc import Iterator

import pytest
from celery.app.trace import log_policy_unexpected

from workers.logs import RedactingFormatter

SECRET = "my diary says 'hello'"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The output of the two loggers that put exceptions into their messages, and of one of ours."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(RedactingFormatter("%(name)s %(message)s"))
    loggers = [logging.getLogger(name) for name in ("asyncio", "celery.app.trace", "sona.test")]
    for logger in loggers:
        logger.addHandler(handler)
    yield out
    for logger in loggers:
        logger.removeHandler(handler)


def test_an_exception_is_logged_as_type_and_place(log: io.StringIO) -> None:
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        logging.getLogger("sona.test").exception("it broke: %s", error)
    assert "test_logs.py" in log.getvalue()
    assert "it broke: ValueError" in log.getvalue()
    assert "diary" not in log.getvalue()


def test_a_failed_celery_task_is_logged_without_the_message(log: io.StringIO) -> None:
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        context = {"name": "sona.ingest", "id": "1", "description": "raised unexpected", "exc": repr(error)}
        logging.getLogger("celery.app.trace").error(log_policy_unexpected.format.strip(), context, exc_info=True)
    assert "Task sona.ingest[1] raised unexpected: ValueError" in log.getvalue()
    assert "diary" not in log.getvalue()


async def test_an_unretrieved_task_exception_is_logged_without_the_message(log: io.StringIO) -> None:
    async def breaks() -> None:
        raise ValueError(SECRET)

    task = asyncio.create_task(breaks())
    await asyncio.wait([task])
    del task
    gc.collect()
    assert "Task exception was never retrieved" in log.getvalue()
    assert "test_logs.py" in log.getvalue()
    assert "diary" not in log.getvalue()


def test_a_phone_number_keeps_two_digits(log: io.StringIO) -> None:
    logging.getLogger("sona.test").error("Unreachable at sms:+4915112345678 in 12345 ms")
    assert "sms:+…78 in 12345 ms" in log.getvalue()
    assert "4915" not in log.getvalue()
