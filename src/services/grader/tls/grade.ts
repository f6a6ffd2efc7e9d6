/**
 * All that is said of a server's TLS: what it speaks, what it shows, and how that is rated.
 *
 * @module
 */
import type { TlsAddress } from './ask.ts'
import { inspectCertificate, type CertificateReport } from './certificate.ts'
import { findFaults, type FaultFinding } from './faults.ts'
import { rateByLabs, type LabsGrade } from './labs.ts'
import { outdatedFault } from './outdated.ts'
import { scanTls, type TlsScan } from './scan.ts'
import type { KnownLogs } from './transparency.ts'

export type TlsReport = {
  readonly scan: TlsScan
  readonly certificate: CertificateReport
  readonly faults: readonly FaultFinding[]
  /** By the newest edition of the guide first. */
  readonly grades: readonly LabsGrade[]
}

export type TlsTarget = {
  readonly address: TlsAddress
  /** Undefined for an address without a name. */
  readonly serverName: string | undefined
  readonly ca: string | undefined
  readonly ctLogs?: KnownLogs | undefined
  readonly nowMs: number
  /** As its HTTP answers say; see `hstsSeconds`. */
  readonly hstsMaxAgeSeconds: number | undefined
}

/** @throws {FaultError} GRADE_NOT_REACHED, GRADE_OUTDATED. */
export async function gradeTls(target: TlsTarget, signal: AbortSignal): Promise<TlsReport> {
  const { address, serverName, ca, ctLogs, nowMs, hstsMaxAgeSeconds } = target
  const how = { serverName, ca, ctLogs }
  const certificate = await inspectCertificate(address, how, signal).catch(async (error) => {
    throw (await outdatedFault(address, serverName, signal)) ?? error
  })
  const scan = await scanTls(address, serverName, signal)
  const input = { scan, certificate, nowMs, hstsMaxAgeSeconds }
  return {
    scan,
    certificate,
    faults: findFaults(scan),
    grades: [rateByLabs(input, '2009r'), rateByLabs(input, '2009q')],
  }
}

/** The age in a Strict-Transport-Security field; undefined when it is invalid. */
export function hstsSeconds(field: string | undefined): number | undefined {
  if (field === undefined || field.includes(',')) return undefined
  const age = /(?:^|;)\s*max-age\s*=\s*"?(\d+)"?\s*(?:;|$)/i.exec(field)?.[1]
  return age === undefined ? undefined : Number(age)
}
