"""Floor of a turn: a bare Celery worker on threads whose task commits a reply and reports it through Valkey."""

import os

import psycopg
import redis
from celery import Celery, signals
from psycopg_pool import ConnectionPool

from workers.queue.celery import broker_url

SENT, TASK = "bench:echo", "bench.echo"


def main() -> None:
    url = os.environ["SONA_REDIS_URL"]
    app = Celery("echo", broker=broker_url(url))
    app.conf.update(task_ignore_result=True, worker_enable_remote_control=False, task_default_queue="echo")
    pool: ConnectionPool[psycopg.Connection] = ConnectionPool(
        os.environ["SONA_DATABASE_URL"], min_size=4, max_size=4, kwargs={"autocommit": True}, open=True
    )
    valkey = redis.Redis.from_url(url)

    def echo(name: str, text: str) -> None:
        with pool.connection() as connection:
            connection.execute("INSERT INTO floor_replies VALUES (%s, %s)", (name, text))
        valkey.rpush(SENT, name)

    app.task(echo, name=TASK)

    def close_pool(**_: object) -> None:
        pool.close()

    signals.worker_shutdown.connect(close_pool, weak=False)
    app.worker_main(
        [
            "worker",
            "-P",
            "threads",
            "-c",
            "32",
            "-Q",
            "echo",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            "-l",
            "ERROR",
        ]
    )


if __name__ == "__main__":
    main()
