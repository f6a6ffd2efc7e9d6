/**
 * The figures as one page that needs nothing but itself: to look at, or to send on.
 *
 * @module
 */
import { chartStyle, parts, sourcesChart, tlsChart, volumeChart } from './charts.ts'
import type { Figures } from './questions.ts'

/** What the pictures show, each under its heading; for any page. */
export function chartsSection(figures: Figures): string {
  const { days, sources, tls, queued, suppressed } = figures
  const total = (part: 'accepted' | 'delivered' | 'bounced' | 'complaints'): number =>
    days.reduce((sum, day) => sum + day[part], 0)
  const accepted = total('accepted')
  const part = (count: number): string =>
    accepted === 0 ? '' : ` (${((100 * count) / accepted).toFixed(2)} %)`
  const ends = parts.map(([kind, name]) => `<span class="bar-${kind}"></span> ${name}`)
  return `
<h2>Mail in thirty days</h2>
<p>${accepted} accepted, ${total('delivered')} delivered,
${total('bounced')} bounced${part(total('bounced'))},
${total('complaints')} complaints${part(total('complaints'))};
${queued} wait, ${suppressed} addresses are silent.</p>
<p class="key">${ends.join(' ')} <span class="bar-open"></span> not ended</p>
${volumeChart(days)}
<h2>Who sends in our name</h2>
${sources.length === 0 ? '<p>No receiver has reported yet.</p>' : sourcesChart(sources)}
<h2>TLS on the way to us</h2>
${tls.length === 0 ? '<p>No sender has reported yet.</p>' : tlsChart(tls)}
`
}

/** @param look Style of the page around the pictures. */
export function chartsPage(figures: Figures, look: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mail</title><style>${look}${chartStyle}</style></head>
<body><main class="wrap"><h1>Mail</h1>${chartsSection(figures)}</main></body></html>
`
}
