/**
 * The look of the trust page: what it has beyond the look of all public pages.
 *
 * @module
 */
import { look } from '#lib/page/look.ts'

export const stylesheet: string = `${look}
.glance { list-style: none; display: flex; flex-wrap: wrap; gap: .3rem; margin: 0 0 1.5rem;
  padding: 0; }
.glance a { display: grid; place-items: center; width: 2rem; height: 2rem; border-radius: .5rem; }
.glance svg { width: 1.05rem; height: 1.05rem; }
.glance a:hover { outline: 2px solid currentColor; }
.first { display: flex; gap: 1.5rem; align-items: flex-start; justify-content: space-between; }
.ring { width: 9.5rem; height: 9.5rem; flex: none; margin-top: -1rem; }
.ring circle { fill: none; stroke: currentColor; stroke-width: 13; }
.ring text { text-anchor: middle; fill: var(--ink); font-variant-numeric: tabular-nums; }
.ring .big { font-size: 30px; font-weight: 700; } .ring .of { font-size: 13px; fill: var(--soft); }
.legend { display: grid; gap: .55rem; margin: 0; padding: 0; list-style: none; font-size: 1rem; }
.legend li { display: grid; grid-template-columns: 1.75rem 1.75rem 1fr; gap: .5rem;
  align-items: start; }
.legend .number { text-align: right; font-variant-numeric: tabular-nums; line-height: 1.75rem; }
.legend .meaning { line-height: 1.4; padding-top: .15rem; }
.topics { columns: 2; margin: 0; padding: 0; list-style: none; column-gap: 2rem; }
.topics li { break-inside: avoid; }
.topics a { display: flex; justify-content: space-between; gap: 1rem; padding: .35rem 0;
  color: inherit; text-decoration: none; border-bottom: 1px solid var(--line); }
.topics a:hover { color: var(--link); }
.dots { display: flex; gap: .3rem; align-items: center; flex: none; height: 1.7rem; }
.dot { width: .62rem; height: .62rem; border-radius: 50%; background: currentColor; }
.dot.unproven { background: none; box-shadow: inset 0 0 0 2px currentColor; }
.dot.failing { border-radius: 0; }
.dot.stale, .dot.excepted { border-radius: 2px; transform: rotate(45deg); }
.small { font-size: .95rem; color: var(--soft); }
.claim { border-top: 1px solid var(--line); scroll-margin-top: 1rem; }
.claim:last-child { border-bottom: 1px solid var(--line); }
summary { display: grid; grid-template-columns: 1.75rem 1fr 1rem; gap: 0 .75rem;
  padding: 1rem 0; cursor: pointer; list-style: none; align-items: start; }
summary::-webkit-details-marker { display: none; }
summary .sign { margin-top: .05rem; }
.own { display: grid; grid-template-columns: 1.75rem 1fr; gap: 0 .75rem; margin: 1rem 0;
  align-items: start; } .own .sign { margin-top: .05rem; }
.sentence { display: block; font-weight: 550; text-wrap: pretty; }
.state { display: block; font-size: .95rem; color: var(--soft); margin-top: .15rem; }
.state b { font-weight: 650; }
.chevron { width: 1rem; height: 1rem; color: var(--soft); margin-top: .45rem; }
details[open] .chevron { transform: rotate(180deg); }
@media (prefers-reduced-motion: no-preference) { .chevron { transition: transform .15s; } }
summary:hover .sentence { color: var(--link); }
.more { padding: 0 0 1.25rem 2.5rem; font-size: 1rem; }
.more h3 { font-size: .95rem; margin: 1rem 0 .2rem; letter-spacing: 0; }
.more > h3:first-child { margin-top: 0; }
.more .note { margin-top: .8rem; }
.more p, .more ul { margin: 0; text-wrap: pretty; }
.more ul { padding-left: 1.1rem; }
svg.year { display: block; width: 100%; height: 1.25rem; margin: .2rem 0 .3rem; }
.year rect { fill: currentColor; } .unwatched { color: var(--line); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 1rem; }
th, td { text-align: left; vertical-align: top; padding: .45rem 1rem .45rem 0; font-weight: 400;
  border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-size: .92rem; } tbody th { font-weight: 550; }
.plain { padding-left: 1.1rem; } .plain li { margin: .5rem 0; text-wrap: pretty; }
@media (max-width: 30rem) {
  .topics { columns: 1; } .more { padding-left: 0; }
  .first { display: block; } .ring { display: block; margin: 0 auto 1.25rem; }
  .facts { grid-template-columns: 1fr; } .facts dd { margin-bottom: .4rem; }
  h1 { margin-top: 2rem; }
}
@page { margin: 18mm 16mm; }
@media print {
  :root { --paper: #fff; --card: #fff; --ink: #111; --soft: #444; --line: #bbb; }
  body { font-size: 10.5pt; }
  .wrap { max-width: none; padding: 0; }
  .langs, .skip, .chevron, .button, .badge { display: none; }
  /* What a screen opens on a click, paper has open. */
  details::details-content { content-visibility: visible; display: block; height: auto; }
  .claim, tr, .legend { break-inside: avoid; } h2, h3 { break-after: avoid; }
  .more { padding-left: 2.5rem; font-size: 9.5pt; } a { color: inherit; }
  .sign, .tint, .ring, .dot, .year { print-color-adjust: exact; }
}
`
