"""What asyncpg, which speaks the protocol itself, sees on one way to the server: JSON, errors included.

The way is in the environment: libpq's variables, which asyncpg reads too. Nothing here knows of the
gateway.
"""
import asyncio
import io
import json
import sys

import asyncpg

seen = []


async def scene(name, act):
    try:
        seen.append([name, await act])
    except asyncpg.PostgresError as error:
        seen.append([name, "error", error.sqlstate])


def values(records):
    return [list(record.values()) for record in records]


async def drained(connection, **options):
    out = io.BytesIO()
    await connection.copy_from_query("select id, note from t order by id limit 300", output=out, **options)
    return len(out.getvalue())


async def rows_of(cursor):
    return [record["id"] async for record in cursor]


async def main():
    connection = await asyncpg.connect()
    await connection.execute("create temp table t (id int primary key, note text, raw bytea, at timestamptz)")
    rows = [(n, f"één {n}", bytes([n % 256]), None) for n in range(400)]
    await scene("execute many", connection.executemany("insert into t values ($1, $2, $3, $4)", rows))
    await scene("fetch", connection.fetchval("select note from t where id = $1", 7))
    statement = await connection.prepare("select id, note, raw from t where id < $1 order by id")
    for limit in range(4):
        seen.append(["prepared", [[row[0], row[1], row[2].hex()] for row in await statement.fetch(limit)]])
    await scene("attributes", asyncio.sleep(0, [(a.name, a.type.name) for a in statement.get_attributes()]))
    async with connection.transaction():
        await scene("cursor", rows_of(connection.cursor("select id from t order by id", prefetch=50)))
        cursor = await connection.cursor("select id from t order by id")
        await cursor.forward(10)
        seen.append(["cursor forward", values(await cursor.fetch(3))])
    await scene("copy out", drained(connection))
    await scene("copy out, binary", drained(connection, format="binary"))
    records = [(n, "copied", None, None) for n in range(400, 9_000)]
    await scene("copy in", connection.copy_records_to_table("t", records=records))
    await scene("copy in, refused", connection.copy_records_to_table("t", records=records[:1]))
    await scene("count", connection.fetchval("select count(*) from t"))
    await scene("violated", connection.execute("insert into t values (1)"))
    await scene("divided", connection.fetchval("select 1 / $1::int", 0))
    await scene("syntax", connection.fetch("selec 1"))
    await scene("several", connection.execute("select 1; select 2; insert into t values (9999)"))
    try:
        await connection.fetch("select pg_sleep(30)", timeout=0.3)  # cancels on a connection of its own
        seen.append(["cancel", "not cancelled"])
    except asyncio.TimeoutError:
        seen.append(["cancel", await connection.fetchval("select 'goes on'")])
    heard = asyncio.get_running_loop().create_future()
    await connection.add_listener("news", lambda _c, _pid, channel, payload: heard.set_result([channel, payload]))
    await connection.execute("notify news, 'hello'")
    await scene("notify", heard)
    await scene("large", connection.fetchval("select length($1::text)", "x" * 3_000_000))
    await connection.reload_schema_state()
    await connection.reset()
    await connection.close()
    other = await asyncpg.connect(server_settings={"application_name": "asyncpg scenes"})
    await scene("settings", other.fetchval("show application_name"))
    await other.close()


asyncio.run(main())
json.dump(seen, sys.stdout, default=str)
