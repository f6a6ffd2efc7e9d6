/**
 * How the report looks: by day and by night, on a telephone and on paper.
 *
 * @module
 */
export const htmlStyle = `
:root { color-scheme: light dark; --line: #e2e8f0; --soft: #475569; --paper: #f8fafc; --card: #fff;
  --ink: #0f172a; --good: #15803d; --fair: #b45309; --bad: #b91c1c; --calm: #475569;
  --track: #e2e8f0; --shade: 0 1px 2px rgb(15 23 42 / .06), 0 4px 16px rgb(15 23 42 / .05) }
@media (prefers-color-scheme: dark) {
  :root { --line: #1e293b; --soft: #94a3b8; --paper: #0b1120; --card: #111a2e; --ink: #e2e8f0;
    --good: #4ade80; --fair: #fbbf24; --bad: #f87171; --calm: #94a3b8; --track: #1e293b;
    --shade: none } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif }
main { max-width: 62rem; margin: 0 auto; padding: 3rem 1.25rem 4rem }
header { display: flex; flex-wrap: wrap; gap: 1.5rem; align-items: center;
  justify-content: space-between; margin-bottom: 2rem }
h1 { margin: 0; font-size: clamp(1.6rem, 5vw, 2.4rem); line-height: 1.15; overflow-wrap: anywhere;
  letter-spacing: -.02em }
h2 { margin: 0 0 1rem; font-size: 1.1rem; display: flex; gap: .75rem; align-items: baseline;
  flex-wrap: wrap }
h2 small { font-weight: 400 }
h3 { margin: 0; font-size: 1rem }
p { margin: 0 }
.over { text-transform: uppercase; letter-spacing: .08em; font-size: .75rem; margin-bottom: .3rem }
.over, .when, small, .soft { color: var(--soft) }
.when { margin-top: .3rem; font-size: .875rem }
.badge { border-radius: 6px; flex: none }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 14px;
  box-shadow: var(--shade); padding: 1.5rem; margin: 0 0 1.25rem }
.marks { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: 1.25rem;
  margin-bottom: 1.25rem }
.marks .card { margin: 0; display: grid; grid-template-columns: auto 1fr; gap: .25rem 1.1rem;
  align-content: start }
.marks h3 { align-self: end } .marks .card > p { align-self: start }
.letter { grid-row: span 2; width: 4.25rem; height: 4.25rem; border-radius: 14px; color: #fff;
  font-size: 1.9rem; font-weight: 700; display: grid; place-items: center }
.marks p { font-size: .875rem; color: var(--soft); line-height: 1.4 }
.bars { grid-column: 1 / -1; display: grid; gap: .45rem; margin-top: .9rem; font-size: .8125rem;
  color: var(--soft) }
.bar { display: grid; grid-template-columns: 5.5rem 1fr 2.25rem; gap: .6rem; align-items: center }
.bar i { display: block; height: .4rem; border-radius: 1rem; background: var(--track);
  overflow: hidden }
.bar i b { display: block; height: 100%; border-radius: 1rem; background: currentColor }
.bar span:last-child { text-align: right; font-variant-numeric: tabular-nums }
.A { --tone: var(--good) } .B { --tone: var(--fair) } .F { --tone: var(--bad) }
.bar i { color: var(--tone) }
.dots { display: grid; gap: .3rem }
.dots span::before { content: "✓ "; color: var(--good); font-weight: 700 }
.dots .gone::before { content: "✗ "; color: var(--bad) }
.finding { border-left: 4px solid var(--tone); padding: .1rem 0 .1rem 1rem; margin: 0 0 1.4rem }
.finding:last-child { margin-bottom: 0 }
.finding h3 { display: flex; flex-wrap: wrap; gap: .3rem .7rem; align-items: center }
.chip { font-size: .6875rem; font-weight: 700; letter-spacing: .06em; text-transform: uppercase;
  color: var(--tone); border: 1px solid currentColor; border-radius: 1rem; padding: .05rem .55rem }
.costs { color: var(--soft); font-size: .8125rem; font-weight: 400 }
.finding p { margin-top: .3rem; overflow-wrap: anywhere }
.mend::before { content: "→ "; color: var(--good); font-weight: 700 }
.critical, .serious { --tone: var(--bad) } .moderate { --tone: var(--fair) }
.minor { --tone: var(--calm) }
.fine { border-left: 4px solid var(--good) }
ul { margin: 0; padding-left: 1.25rem } li { margin: .2rem 0 }
dl { display: grid; grid-template-columns: 9rem 1fr; gap: .5rem 1rem; margin: 0 }
dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
table { width: 100%; border-collapse: collapse }
td { padding: .5rem .75rem .5rem 0; border-top: 1px solid var(--line); vertical-align: top }
tr:first-child td { border-top: 0 }
td:first-child { width: 3.25rem; text-align: right; font-variant-numeric: tabular-nums }
td:nth-child(2) { white-space: nowrap; color: var(--soft) }
.good { color: var(--good) } .bad { color: var(--bad); font-weight: 700 }
details { margin: .4rem 0 } summary { cursor: pointer } code { font-size: .8125rem;
  overflow-wrap: anywhere }
@media (max-width: 40rem) {
  main { padding-top: 2rem } .card { padding: 1.1rem }
  dl { grid-template-columns: 1fr; gap: 0 } dd { margin-bottom: .75rem }
  tr { display: grid; grid-template-columns: 3rem 1fr; border-top: 1px solid var(--line);
    padding: .5rem 0 } tr:first-child { border-top: 0 }
  td, td:nth-child(2) { border: 0; padding: 0 .6rem 0 0; white-space: normal }
  td:first-child { grid-row: span 2; width: auto } }
@media print { body { background: #fff } .card { box-shadow: none; break-inside: avoid } }
`
