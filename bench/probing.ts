/**
 * What probing costs: CPU of a whole idle ring, with the prober at its beat and with the prober
 * standing still, in turns; and which processes it goes to.
 *
 * `npm run bench -- probing`. VEILIG_BENCH_SECONDS (80) of each turn, VEILIG_BENCH_TURNS (2).
 */
import { readdirSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { temporaryFolder } from '#kit/postgres.ts'
import { freePortBase, startRing } from '#kit/ring.ts'
import { cpuSecondsOfServer, emit } from './kit/bench.ts'

const SECONDS = Number(process.env['VEILIG_BENCH_SECONDS'] ?? 80)
const TURNS = Number(process.env['VEILIG_BENCH_TURNS'] ?? 2)
/** Until what a ring does once at its start is over. */
const SETTLE_MS = 90_000

await using stack = new AsyncDisposableStack()
const folder = await temporaryFolder('bench-probing')
stack.defer(() => rm(folder, { recursive: true, force: true }))
const data = join(folder, 'data')
const ring = await startRing({ data, portBase: await freePortBase() })
stack.defer(async () => void (await ring.interrupt()))
await delay(SETTLE_MS)

/** Each process of the ring's own, by its name. */
function processes(): ReadonlyMap<string, number> {
  const found = readdirSync('/proc').flatMap((entry): [string, number][] => {
    if (!/^\d+$/.test(entry)) return []
    const args = commandLine(entry)
    const at = args.indexOf('run')
    return at > 0 && args.includes(data) ? [[args[at + 1] ?? '', Number(entry)]] : []
  })
  const postgres = ['protected', 'control'].map((name): [string, number] => {
    const file = join(data, 'postgres', name, 'postmaster.pid')
    return [`postgres ${name}`, Number(readFileSync(file, 'utf8').split('\n')[0])]
  })
  return new Map([...found, ...postgres])
}

function commandLine(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0')
  } catch {
    return [] // it ended meanwhile
  }
}

type Spent = ReadonlyMap<string, number>

function spentNow(all: ReadonlyMap<string, number>): Spent {
  return new Map([...all].map(([name, pid]) => [name, cpuSecondsOfServer(pid)]))
}

/** Part of one core that each took, in percent. */
async function shares(): Promise<Spent> {
  const all = processes()
  const before = spentNow(all)
  const fromMs = performance.now()
  await delay(SECONDS * 1000)
  const seconds = (performance.now() - fromMs) / 1000
  const after = spentNow(all)
  return new Map(
    [...after].map(([name, cpu]) => [name, (100 * (cpu - (before.get(name) ?? 0))) / seconds]),
  )
}

const total = (spent: Spent): number => [...spent.values()].reduce((sum, one) => sum + one, 0)
const prober = processes().get('prober') ?? 0
for (let turn = 0; turn < TURNS; turn++) {
  const probing = await shares()
  process.kill(prober, 'SIGSTOP')
  const quiet = await shares().finally(() => process.kill(prober, 'SIGCONT'))
  say('the ring, probing', total(probing))
  say('the ring, not probing', total(quiet))
  for (const [name, share] of [...probing].toSorted(([, a], [, b]) => b - a))
    say(`${name}, of it for probing`, share - (quiet.get(name) ?? 0), share)
}

function say(metric: string, value: number, whole?: number): void {
  const subject = whole === undefined ? 'ring' : `${whole.toFixed(1)} % in all`
  emit({ bench: 'probing', subject, metric, value, unit: '% of a core' })
}
