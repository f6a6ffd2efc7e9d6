/**
 * DMARC by RFC 9989 on thousands of made-up messages, beside a foreign verifier (authheaders) that
 * walks the tree and, by RFC 7489, reads the public suffix list: where they differ is listed.
 *
 * Whole by `VEILIG_CAMPAIGN=1` (10,000 messages); otherwise a slice. The seed is printed.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { dmarc } from 'mailauth'
import { mulberry32 } from '#kit/random.ts'

const MESSAGES = process.env['VEILIG_CAMPAIGN'] === '1' ? 10_000 : 600
const SEED = Number(process.env['VEILIG_SEED'] ?? 9989)
const QUERIES_MAX = 8

type Case = {
  readonly from: string
  readonly dkim: string
  readonly spf: string
  readonly zone: Readonly<Record<string, string>>
}
type Verdict = { readonly result: string; readonly policy: string }
type Foreign = { readonly walk: Verdict; readonly psl: Verdict }

const random = mulberry32(SEED)
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T

const suffixes = ['com', 'nl', 'co.uk', 'github.io', 'bank', 'gov.example']
const labels = ['a', 'mail', 'news', 'x1', 'shop', 'club']
const tags = {
  p: ['none', 'quarantine', 'reject'],
  more: [
    '',
    '; adkim=s',
    '; aspf=s',
    '; sp=reject',
    '; sp=none',
    '; pct=10',
    '; rua=mailto:a@b.nl',
  ],
}

function record(): string {
  const more = Array.from({ length: Math.floor(random() * 3) }, () => pick(tags.more))
  // A tag that stands twice makes a record none, and every verifier reads that in its own way.
  const byName = new Map(more.map((one) => [one.slice(0, 5), one]))
  const psd = random() < 0.06 ? pick(['; psd=y', '; psd=n']) : ''
  const test = random() < 0.08 ? '; t=y' : ''
  return `v=DMARC1; p=${pick(tags.p)}${[...byName.values()].join('')}${psd}${test}`
}

function name(depth: number, suffix: string): string {
  const own = Array.from({ length: depth }, () => pick(labels))
  return [...own, `firm${Math.floor(random() * 50)}`, suffix].join('.')
}

function made(): Case {
  const from = name(Math.floor(random() * (random() < 0.1 ? 9 : 3)), pick(suffixes))
  const parts = from.split('.')
  const parents = parts.map((_, at) => parts.slice(at).join('.'))
  const zone: Record<string, string> = {}
  for (const parent of parents) if (random() < 0.35) zone[`_dmarc.${parent}`] = record()
  const near = (): string =>
    pick([from, pick(parents), `${pick(labels)}.${pick(parents)}`, name(1, pick(suffixes)), ''])
  return { from, dkim: near(), spf: near(), zone }
}

async function ours({ from, dkim, spf, zone }: Case): Promise<Verdict & { queries: number }> {
  const asked = new Set<string>()
  const resolver = async (asking: string, type: string): Promise<string[][]> => {
    if (type === 'TXT') asked.add(asking)
    const found = zone[asking]
    if (found !== undefined && type === 'TXT') return [[found]]
    throw Object.assign(new Error('none'), { code: 'ENODATA' })
  }
  const domains = (one: string): string[] => (one === '' ? [] : [one])
  const found = await dmarc({
    headerFrom: from,
    spfDomains: domains(spf),
    dkimDomains: domains(dkim).map((domain) => ({ domain })),
    resolver,
    strict: true,
  })
  assert(found)
  const alone = await queriesOfAuthor(from, zone)
  return { result: found.status.result, policy: found.policy ?? '', queries: alone }
}

/** How many questions the author's own evaluation asks; each identifier may walk once more. */
async function queriesOfAuthor(from: string, zone: Case['zone']): Promise<number> {
  let queries = 0
  const resolver = async (asking: string): Promise<string[][]> => {
    queries++
    const found = zone[asking]
    if (found !== undefined) return [[found]]
    throw Object.assign(new Error('none'), { code: 'ENODATA' })
  }
  await dmarc({ headerFrom: from, resolver, strict: true })
  return queries
}

const program = `
import sys, json, authheaders
from authheaders import dmarc_lookup
authheaders.check_psddmarc_list = lambda *a, **k: False  # the registry it asks over the network
suffixes = dmarc_lookup.PublicSuffixList(open(dmarc_lookup.get_suffix_list_file_name()))
org = suffixes.get_public_suffix  # it reads the whole list for each name
dmarc_lookup.get_org_domain = authheaders.get_org_domain = org
def judge(case, bis):
    zone = case['zone']
    look = lambda name, kind=None: zone.get(name.rstrip('.')) or ''
    def policy(domain):
        more = {'dmarcbis': bis, 'policy_only': True}
        return authheaders.dmarc_per_from(domain, dnsfunc=look, **more)
    try:
        _, _, _, strength, record, orgdomain = policy(case['from'])
    except Exception as error:
        return {'result': 'error ' + type(error).__name__, 'policy': ''}
    if not record or not record.get('p'): return {'result': 'none', 'policy': ''}
    def root(domain):
        if not bis: return org(domain)
        found = policy(domain)
        return found[5] if found[4] else domain
    def aligned(domain, mode):
        if domain == '': return False
        if domain == case['from']: return True
        return mode != 's' and root(domain) == root(case['from'])
    ok = aligned(case['dkim'], record.get('adkim')) or aligned(case['spf'], record.get('aspf'))
    return {'result': 'pass' if ok else 'fail', 'policy': strength}
cases = json.load(sys.stdin)
json.dump([{'walk': judge(c, True), 'psl': judge(c, False)} for c in cases], sys.stdout)
`

function foreign(cases: readonly Case[]): readonly Foreign[] {
  const input = JSON.stringify(cases)
  const { stdout, stderr, status } = spawnSync('/usr/bin/python3', ['-c', program], {
    input,
    maxBuffer: 64 * 1024 * 1024,
  })
  assert.equal(status, 0, stderr.toString())
  return JSON.parse(stdout.toString()) as Foreign[]
}

/** Where the foreign verifier follows an older draft, or does not know what RFC 9989 added. */
const reasons: readonly (readonly [string, (one: Case) => boolean])[] = [
  [
    'more than five labels: its walk jumps to the last four, RFC 9989 to the last seven',
    (one) => [one.from, one.dkim, one.spf].some((domain) => domain.split('.').length > 5),
  ],
  ['t=y: it does not know the tag', ({ zone }) => /t=y/.test(Object.values(zone).join())],
  [
    'psd=y or psd=n: it takes the parent by another rule',
    ({ zone }) => /psd=/.test(Object.values(zone).join()),
  ],
  [
    'the author’s own record has sp: it applies that to the author itself',
    ({ zone, from }) => /sp=/.test(zone[`_dmarc.${from}`] ?? ''),
  ],
  [
    'several records above: it takes the highest for the policy, RFC 9989 the nearest',
    ({ zone }) => Object.keys(zone).length > 1,
  ],
]

test(`${MESSAGES} messages: RFC 9989’s verdict in at most eight questions`, async (t) => {
  t.diagnostic(`seed ${SEED}`)
  const cases = Array.from({ length: MESSAGES }, made)
  const theirs = foreign(cases)
  const because = new Map<string, number>()
  let same = 0
  let bySuffix = 0
  let most = 0
  const unexplained: unknown[] = []
  for (const [at, one] of cases.entries()) {
    const mine = await ours(one)
    most = Math.max(most, mine.queries)
    const other = theirs[at]
    assert(other)
    const agree = (a: Verdict, b: Verdict): boolean =>
      a.result === b.result && (a.result !== 'fail' || a.policy === b.policy)
    if (!agree(other.psl, mine)) bySuffix++
    if (agree(other.walk, mine)) {
      same++
      continue
    }
    const reason = reasons.find(([, holds]) => holds(one))?.[0]
    if (reason === undefined) unexplained.push({ one, mine, other })
    else because.set(reason, (because.get(reason) ?? 0) + 1)
  }
  for (const [reason, count] of because) t.diagnostic(`${count} differ: ${reason}`)
  t.diagnostic(
    `${same} of ${MESSAGES} as by its walk; ${bySuffix} differ from RFC 7489 and its list; ` +
      `at most ${most} questions`,
  )
  assert.deepEqual(unexplained.slice(0, 3), [])
  assert(most <= QUERIES_MAX, `${most} questions`)
  assert(same > MESSAGES / 2)
})
