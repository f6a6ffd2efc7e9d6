/**
 * docs/detectors.md, made from the tables. A test holds the file to it; `bin/node -p` prints it:
 * `import('./src/services/detection/detector-table.ts').then((m) => m.detectorTable())`.
 *
 * @module
 */
import { escalations } from '#protocol/sql/escalations.ts'
import { counterparts, type Counterpart } from './counterparts.ts'
import { detectors, type Detector } from './detectors.ts'

const HEAD = `# Detectors

Every detector, and what Azure SQL, Microsoft Defender for PostgreSQL and Amazon GuardDuty call
the same; an empty cell: none of them looks. Attacks that set each off stand in
\`src/services/detection/watch.test.ts\` and, for escalations, in the table itself. A detector is
switched off by its id in \`detection.off\`, and that is told.

| detector | severity | what happened | elsewhere |
|---|---|---|---|
`

const ESCALATIONS = `
## Ways to more

Found in the parse tree of a statement, also in PREPARE and EXPLAIN, in the bodies of DO blocks and
functions, and in strings that such a body joins and executes. None of the three has a counterpart
for PostgreSQL. What runs inside the server by a function that was there before is seen where
pgaudit writes it down (\`detection.reconcile.serverLog\`); without it its call is.

| detector | severity | what happened | an attack |
|---|---|---|---|
`

const OTHERS = `
## What others look for

Lists of addresses (exits of Tor, hosting companies, known attackers) are the operator's to name in
\`detection.listedNetworks\`, each a file that is read again every hour.

| product | its alert | ours |
|---|---|---|
`

/** The whole file. */
export function detectorTable(): string {
  const own = detectors.filter(({ id }) => !id.startsWith('escalation.'))
  const ways = escalations.map(
    ({ id, gravity, title, attack }) =>
      `| \`escalation.${id}\` | ${gravity} | ${title} | \`${attack}\` |`,
  )
  const rest = OTHERS + counterparts.map(counterpartLine).join('')
  return `${HEAD}${own.map(lineOf).join('\n')}\n${ESCALATIONS}${ways.join('\n')}\n${rest}`
}

function lineOf({ id, severity, title, elsewhere }: Detector): string {
  return `| \`${id}\` | ${severity} | ${title} | ${elsewhere} |`
}

function counterpartLine({ product, type, ours, why }: Counterpart): string {
  const names = ours.map((id) => `\`${id}\``).join(', ')
  return `| ${product} | ${type} | ${why === undefined ? names : `none: ${why}`} |\n`
}
