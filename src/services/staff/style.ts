/**
 * What the console adds to the look of the public pages.
 *
 * @module
 */
import { look } from '#lib/page/look.ts'

export const stylesheet: string = `${look}
.top .wrap, main.wrap { max-width: 60rem; }
main.wrap { padding-bottom: 4rem; }
.shield { width: 1.5rem; height: 1.5rem; color: var(--proven); flex: none; }
main h1 { color: var(--ink); font-size: 1.75rem; font-weight: 700; margin: 2rem 0 1rem; }
.top nav { display: flex; flex-wrap: wrap; gap: .25rem; margin-right: auto; }
.top nav a { padding: .3rem .7rem; border-radius: .5rem; text-decoration: none; color: var(--ink); }
.top nav a:hover { background: var(--unproven-bg); }
.top nav a[aria-current] { background: var(--unproven-bg); font-weight: 650; }
.top form { margin: 0; }
.door main.wrap { max-width: 27rem; padding-top: 4rem; }
.door .shield { width: 2.5rem; height: 2.5rem; }
.door main h1 { margin: 1rem 0; }
.fields { display: grid; gap: 1rem; margin: 1.25rem 0; }
.fields label { display: grid; gap: .3rem; font-weight: 600; }
.fields small, .requests small, .claims small { display: block; font-weight: 400;
  color: var(--soft); font-size: .92rem; line-height: 1.45; }
input, select { font: inherit; font-weight: 400; height: 2.75rem;
  color: inherit; background: var(--card); width: 100%;
  border: 1px solid var(--soft); border-radius: .5rem; padding: .55rem .7rem; min-height: 2.75rem; }
button { font: inherit; font-weight: 600; color: var(--paper); background: var(--link); border: 0;
  border-radius: .6rem; padding: .6rem 1.1rem; min-height: 2.75rem; cursor: pointer; }
button.quiet { background: none; color: var(--link); box-shadow: inset 0 0 0 1px var(--line); }
button:hover { filter: brightness(1.08); }
button[hidden] { display: none; }
.door button { width: 100%; }
.inline { grid-template-columns: 11rem 8rem 1fr; align-items: end; }
.inline .wide { grid-column: auto / span 1; }
.narrow { max-width: 27rem; } .narrow button { justify-self: start; }
.inline button { justify-self: start; }
.problem { background: var(--failing-bg); color: var(--failing); border-radius: .6rem;
  padding: .7rem .9rem; font-weight: 600; }
.problem.said { margin: .5rem 0 0; } .problem.said:empty { display: none; }
.once { background: var(--proven-bg); border-radius: .75rem; padding: .8rem 1rem;
  margin: 0 0 1rem; }
.once p { margin: 0; }
pre { font: .88rem/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, monospace;
  overflow-wrap: anywhere; }
.tiles { list-style: none; display: flex; flex-wrap: wrap; gap: .6rem; margin: 0; padding: 0; }
.tiles li { padding: .6rem 1rem; border-radius: .75rem; min-width: 7rem; line-height: 1.3; }
.tiles b { display: block; font-size: 1.8rem; font-variant-numeric: tabular-nums; }
table { width: 100%; border-collapse: collapse; font-size: .98rem; }
th { text-align: left; color: var(--soft); font-weight: 500; font-size: .92rem; }
th, td { padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
td:last-child, th:last-child { padding-right: 0; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
td.proven, td.failing, td.stale, td.unproven, td.excepted { font-weight: 600; white-space: nowrap; }
.requests { list-style: none; margin: 0; padding: 0; }
.requests li { display: flex; gap: .75rem 1rem; align-items: center; flex-wrap: wrap;
  justify-content: space-between; padding: .8rem 0; border-bottom: 1px solid var(--line); }
.requests li > div { flex: 1 1 16rem; overflow-wrap: anywhere; }
.requests form { margin: 0; }
.seed { font-size: 1.05rem; }
.codes { columns: 2; list-style: none; padding: 0; font-size: 1.05rem; }
.codes li { margin: .25rem 0; }
@media (max-width: 40rem) {
  .inline { grid-template-columns: 1fr 1fr; } .inline .wide { grid-column: 1 / -1; }
  .codes { columns: 1; } .top nav { order: 3; width: 100%; margin: 0 -.7rem; }
  .door main.wrap { padding-top: 2rem; }
}
.timeline { margin: 1.5rem 0; }
.timeline svg { display: block; width: 100%; min-width: 42rem; }
.timeline path { fill: none; stroke: var(--line); stroke-width: 4; stroke-linecap: round; }
.timeline path.proven { stroke: var(--proven); } .timeline path.tick { stroke-width: 1.5; }
.timeline path.gap { stroke: var(--paper); stroke-linecap: butt; stroke-width: 5; }
.timeline path.chosen { stroke: var(--excepted); stroke-width: 3; }
.timeline text { fill: var(--soft); font-size: 12px; text-anchor: middle; }
.mark { stroke-width: 1.5; stroke: var(--link); fill: var(--paper); }
.mark.filled { fill: var(--link); } .mark.failing { stroke: var(--failing); }
.mark.failing.filled { fill: var(--failing); }
.timeline a:hover .mark { fill: var(--excepted); stroke: var(--excepted); }
.scroll { overflow-x: auto; } .scroll td { white-space: nowrap; }
.scroll td, .scroll th { padding-right: 1.5rem; }
.moment { display: flex; flex-wrap: wrap; gap: 1rem; align-items: end; margin: 1.25rem 0; }
.moment label { display: grid; gap: .3rem; font-weight: 600; flex: 0 1 18rem; }
`
