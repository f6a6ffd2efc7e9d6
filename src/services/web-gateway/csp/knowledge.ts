/**
 * What a gateway process has learned of one site: what its pages bring along, and what browsers
 * said would be refused. Bounded in every direction, and no personal data: counts, hashes,
 * directives, origins, and the beginning of scripts as the application wrote them.
 *
 * @module
 */
import { z } from 'zod'

/** Something seen: how often, when last, and where. */
export type Seen = {
  count: number
  lastMs: number
  /** Path of one page it was seen on, without query, changing pieces as `*`. */
  page: string
  /** The beginning of it, for a person to recognise. */
  sample?: string | undefined
  /** Of these, told by browsers and not seen in a page by ourselves. */
  reported?: number | undefined
  /** Networks that reported it, as short keyed hashes. */
  networks?: string[] | undefined
}

export type SeenMap = Record<string, Seen>

export type SiteKnowledge = {
  sinceMs: number
  /** Pages given to visitors. */
  views: number
  /** Shape of an inline script → sightings. */
  scripts: SeenMap
  /** Hash of an inline style → sightings. */
  styles: SeenMap
  /** Hash of an event handler in an attribute → sightings. */
  handlers: SeenMap
  /** `directive source` → sightings. */
  sources: SeenMap
  /** Inline scripts without a nonce since the policy is enforced, by shape. */
  refused: SeenMap
  /** Where text reaches the page unchecked, by sample: what Trusted Types would stop. */
  sinks: SeenMap
  /** Cookies, by name. */
  cookies: SeenMap
  /** Cookies that scripts of the pages use, by name; the sample says how one knows. */
  readCookies: SeenMap
  /** Pages with `style` attributes. */
  styleAttributes: number
  /** Pages that bring a policy of their own, in a field or in a `meta` element. */
  ownPolicies: number
  /** Pages that could not be read: compressed though not asked to be, or in UTF-16. */
  unreadable: number
  reports: number
  /** Reports thrown away: of extensions and the like, by why. */
  noise: Record<string, number>
  /** Networks from which reports came. */
  networks: string[]
}

/** Entries kept of each kind, and networks of each entry. */
const ENTRIES_MAX = 400
const NETWORKS_MAX = 8
const SAMPLE_MAX = 80

export function newKnowledge(nowMs: number): SiteKnowledge {
  return {
    sinceMs: nowMs,
    views: 0,
    scripts: {},
    styles: {},
    handlers: {},
    sources: {},
    refused: {},
    sinks: {},
    cookies: {},
    readCookies: {},
    styleAttributes: 0,
    ownPolicies: 0,
    unreadable: 0,
    reports: 0,
    noise: {},
    networks: [],
  }
}

export type Sighting = {
  readonly nowMs: number
  readonly page: string
  readonly sample?: string | undefined
  /** When a browser told it: the network it told it from. */
  readonly network?: string | undefined
}

/** Counts one sighting. Beyond the limit, what is new is left out: what came first is the site. */
export function see(map: SeenMap, key: string, sighting: Sighting): void {
  const { nowMs, page, sample, network } = sighting
  let seen = Object.hasOwn(map, key) ? map[key] : undefined
  if (!seen) {
    if (Object.keys(map).length >= ENTRIES_MAX) return
    seen = { count: 0, lastMs: nowMs, page, sample: sample?.slice(0, SAMPLE_MAX) }
    map[key] = seen
  }
  seen.count++
  seen.lastMs = nowMs
  if (network === undefined) return
  seen.reported = (seen.reported ?? 0) + 1
  remember((seen.networks ??= []), network)
}

export function remember(list: string[], item: string): void {
  if (list.length < NETWORKS_MAX && !list.includes(item)) list.push(item)
}

/** Whether the kinds that change from page to page have outgrown the list. */
export function isFull(map: SeenMap): boolean {
  return Object.keys(map).length >= ENTRIES_MAX
}

/** What several processes have learned, as one. */
export function merge(all: readonly SiteKnowledge[]): SiteKnowledge | undefined {
  const [first, ...others] = all.map((each) => structuredClone(each))
  for (const other of others) if (first) mergeInto(first, other)
  return first
}

function mergeInto(into: SiteKnowledge, other: SiteKnowledge): void {
  into.sinceMs = Math.min(into.sinceMs, other.sinceMs)
  for (const name of counters) into[name] += other[name]
  for (const name of maps) mergeMap(into[name], other[name])
  for (const [why, count] of Object.entries(other.noise)) {
    into.noise[why] = (into.noise[why] ?? 0) + count
  }
  for (const network of other.networks) remember(into.networks, network)
}

const counters = ['views', 'styleAttributes', 'ownPolicies', 'unreadable', 'reports'] as const
const maps = [
  'scripts',
  'styles',
  'handlers',
  'sources',
  'refused',
  'sinks',
  'cookies',
  'readCookies',
] as const

function mergeMap(into: SeenMap, other: SeenMap): void {
  for (const [key, seen] of Object.entries(other)) {
    const known = Object.hasOwn(into, key) ? into[key] : undefined
    if (!known) {
      into[key] = seen
      continue
    }
    known.count += seen.count
    known.lastMs = Math.max(known.lastMs, seen.lastMs)
    known.reported = (known.reported ?? 0) + (seen.reported ?? 0)
    for (const network of seen.networks ?? []) remember((known.networks ??= []), network)
  }
}

/** A page's path as it may be kept: no query, and no piece that may name a person or a thing. */
export function pageOf(target: string): string {
  const path = target.split(/[?#]/, 1)[0] ?? '/'
  const pieces = path.split('/').map((piece) => (/^[a-z._-]{0,24}$/i.test(piece) ? piece : '*'))
  return pieces.slice(0, 8).join('/').slice(0, 120)
}

const count = z.int().min(0)
const seen: z.ZodType<Seen> = z.object({
  count,
  lastMs: z.number(),
  page: z.string(),
  sample: z.string().optional(),
  reported: count.optional(),
  networks: z.array(z.string()).optional(),
})
const seenMap = z.record(z.string(), seen)

/** The form of the file, site by site. */
export const knowledgeFile: z.ZodType<Record<string, SiteKnowledge>> = z.record(
  z.string(),
  z.object({
    sinceMs: z.number(),
    views: count,
    scripts: seenMap,
    styles: seenMap,
    handlers: seenMap,
    sources: seenMap,
    refused: seenMap,
    sinks: seenMap,
    cookies: seenMap,
    readCookies: seenMap,
    styleAttributes: count,
    ownPolicies: count,
    unreadable: count,
    reports: count,
    noise: z.record(z.string(), count),
    networks: z.array(z.string()),
  }),
)
