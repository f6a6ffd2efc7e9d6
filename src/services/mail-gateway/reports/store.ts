/**
 * What receivers report, in the control database: sources of mail in our name, and TLS sessions.
 *
 * @module
 */
import type pg from 'pg'
import { DAY_MS } from '../limits.ts'
import type { DmarcReport } from './dmarc-report.ts'
import type { TlsReport } from './tls-report.ts'

type Queryable = Pick<pg.Pool, 'query'> | Pick<pg.PoolClient, 'query'>

const KEPT_MS = 180 * DAY_MS

/** @returns Whether it was new. In a transaction of the caller. */
export async function keepDmarcReport(
  client: Queryable,
  report: DmarcReport,
  nowMs: number,
): Promise<boolean> {
  const id = await keepReport(client, 'dmarc', report, nowMs)
  if (id === undefined) return false
  const of = <T>(part: (row: DmarcReport['rows'][number]) => T): T[] => report.rows.map(part)
  await client.query(
    `insert into dmarc_source (report, source, messages, dkim, spf, disposition, header_from)
     select $1, * from unnest($2::text[], $3::int[], $4::bool[], $5::bool[], $6::text[],
       $7::text[])`,
    [
      id,
      of((row) => row.source),
      of((row) => row.messages),
      of((row) => row.dkim),
      of((row) => row.spf),
      of((row) => row.disposition),
      of((row) => row.headerFrom),
    ],
  )
  return true
}

/** @returns Whether it was new. In a transaction of the caller. */
export async function keepTlsReport(
  client: Queryable,
  report: TlsReport,
  nowMs: number,
): Promise<boolean> {
  const id = await keepReport(client, 'tls', report, nowMs)
  if (id === undefined) return false
  for (const { policy, succeeded, failed, failures } of report.results) {
    await client.query('insert into tls_result values ($1, $2, $3, $4, $5)', [
      id,
      policy,
      succeeded,
      failed,
      JSON.stringify(failures),
    ])
  }
  return true
}

async function keepReport(
  client: Queryable,
  kind: 'dmarc' | 'tls',
  { reporter, reportId, domain, beginsMs, endsMs }: Omit<DmarcReport, 'rows' | 'policy' | 'form'>,
  nowMs: number,
): Promise<string | undefined> {
  const { rows } = await client.query<{ id: string }>(
    `insert into report
       (kind, reporter, report_id, domain, begins_at, ends_at, received_at)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning id`,
    [kind, reporter, reportId, domain, new Date(beginsMs), new Date(endsMs), new Date(nowMs)],
  )
  return rows[0]?.id
}

export async function forgetReports(client: Queryable, nowMs: number): Promise<void> {
  await client.query('delete from report where ends_at < $1', [new Date(nowMs - KEPT_MS)])
}

export type SourceLine = {
  readonly source: string
  readonly messages: number
  /** Of these, those that DMARC passed. */
  readonly passed: number
}

/** Who sent mail in our name since then, as receivers report; the most first. */
export async function sourcesSince(
  client: Queryable,
  sinceMs: number,
  max: number,
): Promise<readonly SourceLine[]> {
  const { rows } = await client.query<SourceLine>(
    `select source, sum(messages)::int as messages,
       coalesce(sum(messages) filter (where dkim or spf), 0)::int as passed
     from dmarc_source join report on report.id = report
     where ends_at > $1 group by source order by 2 desc, 1 limit $2`,
    [new Date(sinceMs), max],
  )
  return rows
}

export type TlsLine = {
  readonly reporter: string
  readonly succeeded: number
  readonly failed: number
}

export async function tlsSince(
  client: Queryable,
  sinceMs: number,
  max: number,
): Promise<readonly TlsLine[]> {
  const { rows } = await client.query<TlsLine>(
    `select reporter, sum(succeeded)::int as succeeded, sum(failed)::int as failed
     from tls_result join report on report.id = report
     where ends_at > $1 group by reporter order by 3 desc, 2 desc limit $2`,
    [new Date(sinceMs), max],
  )
  return rows
}
