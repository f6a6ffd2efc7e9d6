/**
 * The console's login page under 200 wrong logins a second over many names and networks: how long
 * the page takes meanwhile, and a known device's login; and whether a name that exists takes
 * another time than one that does not (medians of interleaved pairs).
 */
import { setTimeout as delay } from 'node:timers/promises'
import { askConsole, enrolled, startConsole } from '#kit/console.ts'

const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 10)
const PER_SECOND = 200

await using desk = await startConsole()
const lotte = await enrolled(desk, 'lotte@club.example', 'owner')
await enrolled(desk, 'daan@club.example', 'operator')

const quantile = (list: readonly number[], part: number): number =>
  list.toSorted((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * part))] ?? NaN
const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

const idle: number[] = []
for (let at = 0; at < 100; at++) idle.push(await timed(() => askConsole(desk, 'GET', '/login')))

const statuses = new Map<number, number>()
const pending = new Set<Promise<void>>()
const flood = async (): Promise<void> => {
  const begun = performance.now()
  for (let at = 0; at < SECONDS * PER_SECOND; at++) {
    const address = `100.${64 + (at % 60)}.${at % 251}.${(at * 16) % 256}`
    const fields = { name: `name${at % 5000}@club.example`, password: 'wrong' }
    const one = askConsole(desk, 'POST', '/login', { fields, address }).then(({ status }) => {
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    })
    pending.add(one)
    void one.finally(() => pending.delete(one))
    await delay(Math.max(0, begun + ((at + 1) * 1000) / PER_SECOND - performance.now()))
  }
  await Promise.all(pending)
}
const page: number[] = []
const owner: number[] = []
let going = true
const look = async (): Promise<void> => {
  while (going) {
    page.push(await timed(() => askConsole(desk, 'GET', '/login')))
    const fields = { name: lotte.name, password: lotte.password }
    const more = { fields, cookie: lotte.cookie }
    owner.push(await timed(() => askConsole(desk, 'POST', '/login', more)))
    await delay(50)
  }
}
const cpu = process.cpuUsage()
const begun = performance.now()
const looking = look()
await flood()
going = false
await looking
const { user, system } = process.cpuUsage(cpu)

const [there, away]: [number[], number[]] = [[], []]
for (let at = 0; at < 40; at++) {
  const ask = (name: string): Promise<unknown> => {
    const more = { fields: { name, password: 'wrong' }, address: `172.${16 + (at % 16)}.${at}.9` }
    return askConsole(desk, 'POST', '/login', more)
  }
  if (at < 3) there.push(await timed(() => ask('daan@club.example')))
  away.push(await timed(() => ask(`nobody${at}@club.example`)))
}
console.log(
  JSON.stringify({
    bench: 'login',
    perSecond: Math.round((SECONDS * PER_SECOND * 1000) / (performance.now() - begun)),
    pageIdleP95Ms: quantile(idle, 0.95),
    pageFloodP50Ms: quantile(page, 0.5),
    pageFloodP95Ms: quantile(page, 0.95),
    ownerFloodP95Ms: quantile(owner, 0.95),
    cpuSeconds: (user + system) / 1e6,
    statuses: Object.fromEntries(statuses),
    existsP50Ms: quantile(there, 0.5),
    unknownP50Ms: quantile(away, 0.5),
  }),
)
