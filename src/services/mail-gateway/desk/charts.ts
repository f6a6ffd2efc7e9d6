/**
 * The pictures of the mail, as SVG: no script, no style attribute, so that the strictest policy of
 * a page shows them. Every picture says in words what it shows. Pure.
 *
 * Colours come from the page by class; bars differ by place and word as well as by colour.
 *
 * @module
 */
import type { DayLine } from './questions.ts'
import { escapeMarkup } from '#lib/markup.ts'
import type { SourceLine, TlsLine } from '../reports/store.ts'

const WIDTH = 720
const HEIGHT = 200
const LEFT = 44
const BOTTOM = 26
const TOP = 12

/** What becomes of a mail, by class and word. */
export const parts = [
  ['delivered', 'delivered'],
  ['bounced', 'bounced'],
  ['complaints', 'complaints'],
] as const

/** Bars of each day, one part upon the other; what is not ended yet stands on top. */
export function volumeChart(days: readonly DayLine[]): string {
  const most = niceCeiling(Math.max(1, ...days.map((day) => day.accepted)))
  const room = HEIGHT - TOP - BOTTOM
  const step = (WIDTH - LEFT) / Math.max(1, days.length)
  const bars = days.map((day, at) => {
    const x = LEFT + at * step
    let y = HEIGHT - BOTTOM
    const rects = [...parts, ['open', 'not ended'] as const].map(([kind]) => {
      const count = kind === 'open' ? openOf(day) : day[kind]
      const height = (count / most) * room
      y -= height
      return count === 0 ? '' : rect(kind, x + step * 0.15, y, step * 0.7, height)
    })
    return `<g><title>${titleOf(day)}</title>${rects.join('')}</g>`
  })
  const ends = [days[0], days.at(-1)].map((day) => day?.day.slice(5) ?? '')
  const axis =
    line(LEFT, HEIGHT - BOTTOM, WIDTH, HEIGHT - BOTTOM) +
    text(LEFT - 6, TOP + 8, String(most), 'end') +
    text(LEFT - 6, HEIGHT - BOTTOM, '0', 'end') +
    text(LEFT, HEIGHT - 8, ends[0] ?? '', 'start') +
    text(WIDTH, HEIGHT - 8, ends[1] ?? '', 'end')
  const total = (kind: 'accepted' | 'delivered' | 'bounced' | 'complaints'): number =>
    days.reduce((sum, day) => sum + day[kind], 0)
  const words =
    `${days.length} days: ${total('accepted')} mails accepted, ${total('delivered')} delivered, ` +
    `${total('bounced')} bounced, ${total('complaints')} complaints`
  return svg(HEIGHT, words, axis + bars.join(''))
}

function openOf(day: DayLine): number {
  return Math.max(0, day.accepted - day.delivered - day.bounced - day.complaints)
}

function titleOf({ day, accepted, delivered, bounced, complaints }: DayLine): string {
  const rest = `${delivered} delivered, ${bounced} bounced, ${complaints} complaints`
  return `${day}: ${accepted} accepted, ${rest}`
}

type Row = { readonly name: string; readonly good: number; readonly bad: number }

/** Who sends mail in our name, and how much of it passes: strangers stand out in red. */
export function sourcesChart(sources: readonly SourceLine[]): string {
  const rows = sources.map(({ source, messages, passed }) => ({
    name: source,
    good: passed,
    bad: messages - passed,
  }))
  return rowsChart(rows, 'Mail in our name by source: how much passes DMARC', 'pass', 'fail')
}

export function tlsChart(lines: readonly TlsLine[]): string {
  const rows = lines.map(({ reporter, succeeded, failed }) => ({
    name: reporter,
    good: succeeded,
    bad: failed,
  }))
  return rowsChart(rows, 'TLS sessions by reporter', 'safe', 'failed')
}

const ROW = 26
const NAME = 190
const FIGURE = 130

function rowsChart(rows: readonly Row[], what: string, good: string, bad: string): string {
  const most = Math.max(1, ...rows.map((row) => row.good + row.bad))
  const room = WIDTH - NAME - FIGURE
  const bars = rows.map((row, at) => {
    const y = at * ROW
    const [a, b] = [(row.good / most) * room, (row.bad / most) * room]
    const figure = row.bad === 0 ? `${row.good} ${good}` : `${row.good} ${good}, ${row.bad} ${bad}`
    return (
      text(NAME - 8, y + 17, row.name.slice(0, 26), 'end') +
      (row.good > 0 ? rect('delivered', NAME, y + 4, a, ROW - 8) : '') +
      (row.bad > 0 ? rect('bounced', NAME + a, y + 4, b, ROW - 8) : '') +
      text(NAME + a + b + 8, y + 17, figure, 'start')
    )
  })
  const said = rows.map((row) => `${row.name}: ${row.good} ${good}, ${row.bad} ${bad}`).join('; ')
  return svg(
    Math.max(ROW, rows.length * ROW),
    `${what}. ${said || 'No reports yet.'}`,
    bars.join(''),
  )
}

function svg(height: number, words: string, content: string): string {
  return (
    `<div class="chart-room" tabindex="0">` +
    `<svg class="chart" viewBox="0 0 ${WIDTH} ${height}" role="img" ` +
    `aria-label="${escapeMarkup(words)}" xmlns="http://www.w3.org/2000/svg">${content}</svg></div>`
  )
}

function rect(kind: string, x: number, y: number, width: number, height: number): string {
  const place = [x, y, Math.max(width, 1), Math.max(height, 1)].map((value) => value.toFixed(1))
  const [left, top, wide, high] = place
  return `<rect class="bar-${kind}" x="${left}" y="${top}" width="${wide}" height="${high}"/>`
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  return `<line class="axis" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`
}

function text(x: number, y: number, words: string, anchor: 'start' | 'end'): string {
  const place = `x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"`
  return `<text class="label" ${place}>${escapeMarkup(words)}</text>`
}

/** The next of 1, 2, 5, 10, 20, … */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 5, 10].map((step) => step * power).find((one) => one >= value) ?? value
}

/** For the page that shows them. */
export const chartStyle = `
.chart-room { overflow-x: auto }
.chart { width: 100%; min-width: 36rem; height: auto; display: block }
.chart .axis { stroke: currentColor; stroke-opacity: .35 }
.chart .label { font: 12px system-ui, sans-serif; fill: currentColor }
.key span { display: inline-block; width: .8rem; height: .8rem; border-radius: .2rem }
.key .bar-delivered { background: #2f7d55 } .key .bar-bounced { background: #c2410c }
.key .bar-complaints { background: #9f1239 } .key .bar-open { background: #8a93a3 }
.chart .bar-delivered { fill: #2f7d55 } .chart .bar-bounced { fill: #c2410c }
.chart .bar-complaints { fill: #9f1239 } .chart .bar-open { fill: #8a93a3 }
@media (prefers-color-scheme: dark) {
  .key .bar-delivered { background: #74cf9f } .key .bar-bounced { background: #fb923c }
  .key .bar-complaints { background: #fda4af }
  .chart .bar-delivered { fill: #74cf9f } .chart .bar-bounced { fill: #fb923c }
  .chart .bar-complaints { fill: #fda4af }
}
`
