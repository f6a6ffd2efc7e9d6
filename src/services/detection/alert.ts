/**
 * An alert: one detector, one account, one address; what happened and what to do, in words.
 *
 * @module
 */
import { detectorOf, type Severity } from './detectors.ts'

/** What a detector saw. */
export type Finding = {
  readonly detector: string
  readonly role: string
  readonly address: string
  readonly session: string
  readonly database: string
  /** The evidence in a few words, without data of anybody. */
  readonly evidence: string
  /** Milliseconds since the Unix epoch, of the event on the wire. */
  readonly atMs: number
  /** Of a synthetic attack: the number by which the prober knows its own. */
  readonly drill?: string | undefined
  /** What it is about, where account and address do not say it: a region, a kind of backup. */
  readonly subject?: string | undefined
  /** The detector whose incident about the same is over with this: what it says next is new. */
  readonly ends?: string | undefined
}

export type Alert = Finding & {
  /** Of the incident it belongs to. */
  readonly id: string
  readonly severity: Severity
  readonly title: string
  readonly sentence: string
  readonly advice: string
  /** Alerts of this incident so far. */
  readonly count: number
}

export function alertOf(finding: Finding, id: string, count: number): Alert {
  const { severity, title, advice } = detectorOf(finding.detector)
  const time = new Date(finding.atMs).toISOString().replace('T', ' ').slice(0, 19)
  const who = finding.role === '' ? '' : `, by the account ${finding.role}`
  const where = finding.address === '' ? '' : ` from ${finding.address}`
  const evidence = finding.evidence === '' ? '' : ` (${finding.evidence})`
  const sentence = `${title}${who}${where}, ${time} UTC${evidence}.`
  return { ...finding, id, severity, title, sentence, advice, count }
}

/** What makes two alerts one incident. Each drill is one of its own. */
export function incidentKey({ detector, role, address, drill, subject }: Finding): string {
  return [detector, role, address, drill ?? '', subject ?? ''].join('\u0000')
}
