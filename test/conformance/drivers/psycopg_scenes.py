"""What psycopg2 and psycopg 3 see on one way to the server: printed as JSON, errors included.

The way is in libpq's own environment variables. Nothing here knows of the gateway.
"""
import io
import json
import sys
import threading

import psycopg
import psycopg2

seen = []


def scene(name, act):
    try:
        seen.append([name, act()])
    except (psycopg.Error, psycopg2.Error) as error:
        code = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
        seen.append([name, "error", code])


def old(connection):
    cursor = connection.cursor()
    cursor.execute("create temp table t (id int primary key, note text, raw bytea)")
    scene("insert", lambda: cursor.execute("insert into t values (%s, %s, %s)", (1, "één", b"\0\1")))
    scene("select", lambda: (cursor.execute("select id, note from t"), cursor.fetchall())[1])
    scene("copy in", lambda: cursor.copy_from(io.StringIO("2\ttwo\t\\\\x00\n"), "t"))
    out = io.StringIO()
    scene("copy out", lambda: (cursor.copy_to(out, "t", columns=("id", "note")), out.getvalue())[1])
    connection.commit()
    named = connection.cursor("rows")
    named.itersize = 100
    named.execute("select n from generate_series(1, 1000) n")
    scene("server cursor", lambda: sum(row[0] for row in named))
    connection.commit()
    scene("error", lambda: cursor.execute("select 1/0"))
    scene("failed block", lambda: cursor.execute("select 1"))
    connection.rollback()
    threading.Timer(0.3, connection.cancel).start()
    scene("cancel", lambda: cursor.execute("select pg_sleep(30)"))
    connection.rollback()
    cursor.execute("listen news")
    cursor.execute("notify news, 'hello'")
    connection.commit()
    connection.poll()
    scene("notify", lambda: [note.payload for note in connection.notifies])


def new(connection):
    with connection.cursor() as cursor:
        cursor.execute("create temp table s (id int primary key, note text, at timestamptz)")
        rows = [(n, f"note {n}", "2026-01-01T00:00:00Z") for n in range(500)]
        scene("many, pipelined", lambda: cursor.executemany("insert into s values (%s, %s, %s)", rows))
        for turn in range(8):  # prepared on the server from the sixth on
            cursor.execute("select note from s where id = %s", (turn,))
            scene("prepared", cursor.fetchone)
        cursor.execute("select id, at::text from s where id < 3 order by id", binary=True)
        scene("binary", cursor.fetchall)
        with cursor.copy("copy s (id, note) from stdin") as copy:
            for n in range(500, 5_000):
                copy.write_row((n, "x" * 50))
        with cursor.copy("copy s (id) to stdout (format binary)") as copy:
            scene("binary copy", lambda: sum(len(part) for part in copy))
        with connection.pipeline():
            first = connection.execute("select 1")
            second = connection.execute("select 2")
        scene("pipeline", lambda: [first.fetchone(), second.fetchone()])
        scene("violated", lambda: cursor.execute("insert into s values (1, 'again', null)"))
    connection.rollback()
    scene("two-phase", lambda: connection.execute("prepare transaction 'x'"))


with psycopg2.connect() as connection:
    old(connection)
connection.close()
with psycopg.connect() as connection:
    new(connection)
json.dump(seen, sys.stdout, default=str)
