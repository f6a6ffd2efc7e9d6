/**
 * What the console adds to the look of the public pages.
 *
 * @module
 */
import { look } from '#lib/page/look.ts'
import { mailPictures } from './watch/mail-pictures-style.ts'

export const stylesheet: string = `${look}
main.wrap { max-width: 60rem; padding-bottom: 4rem; }
main:focus { outline: none; }
.shield { width: 1.5rem; height: 1.5rem; color: var(--proven); flex: none; }
main h1 { color: var(--ink); font-size: 1.75rem; font-weight: 700; margin: 2rem 0 1rem; }
.side { border-bottom: 1px solid var(--line); background: var(--card); display: flex;
  flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .5rem 1rem;
  padding: .8rem 1.25rem 0; }
.side form { margin: 0; order: 1; }
.side .quiet { min-height: 2.25rem; padding: .3rem .9rem; }
.side nav { order: 2; display: flex; overflow-x: auto; margin: 0 -1.25rem; padding: 0 .6rem .5rem;
  min-width: 0; flex: 1 0 calc(100% + 2.5rem); scrollbar-width: thin; }
.side ul { list-style: none; margin: 0; padding: 0; display: flex; }
.side nav a { display: block; white-space: nowrap; padding: .45rem .65rem; border-radius: .5rem;
  text-decoration: none; color: var(--ink); }
.side nav a:hover { background: var(--unproven-bg); }
.side nav a[aria-current] { background: var(--unproven-bg); font-weight: 650; }
.chapter > span { display: none; }
.waiting { display: inline-block; background: var(--failing); color: var(--paper);
  border-radius: 999px; min-width: 1.4rem; padding: 0 .4rem; margin-left: .45rem; font-size: .82rem;
  line-height: 1.4rem; text-align: center; }
.waiting[hidden] { display: none; }
@media (min-width: 64rem) {
  body.inside { display: grid; grid-template-columns: 15rem 1fr; min-height: 100vh; }
  .inside .wrap { margin: 0; padding-left: 3rem; padding-right: 3rem; }
  .side { border: 0; border-right: 1px solid var(--line); flex-direction: column;
    align-items: stretch; justify-content: flex-start; gap: 1.25rem; padding: 1.5rem 1rem;
    flex-wrap: nowrap;
    position: sticky; top: 0; height: 100vh; overflow-y: auto; }
  .side .brand { padding: 0 .65rem; }
  .side nav { order: 0; flex: none; flex-direction: column; gap: 1.25rem; margin: 0; padding: 0; }
  .side ul { flex-direction: column; } .side form { margin-top: auto; }
  .side form button { width: 100%; }
  .chapter > span { display: block; padding: 0 .65rem .2rem; font-size: .85rem;
    color: var(--soft); }
  .keys { grid-column: 2; }
}
@media (min-width: 64rem) and (max-height: 54rem) { .side, .side nav { gap: .7rem; }
  .side { padding: 1rem; } .side nav a { padding: .28rem .65rem; } }
.inside main.wrap { padding-bottom: 1.5rem; }
.door main.wrap { max-width: 27rem; padding-top: 4rem; }
.door .shield { width: 2.5rem; height: 2.5rem; }
.door main h1 { margin: 1rem 0; }
.fields { display: grid; gap: 1rem; margin: 1.25rem 0; }
.fields label { display: grid; gap: .3rem; font-weight: 600; }
.fields small, .requests small, .claims small { display: block; font-weight: 400;
  color: var(--soft); font-size: .92rem; line-height: 1.45; }
input, select, textarea { font: inherit; font-weight: 400; height: 2.75rem;
  color: inherit; background: var(--card); width: 100%;
  border: 1px solid var(--soft); border-radius: .5rem; padding: .55rem .7rem; min-height: 2.75rem; }
button { font: inherit; font-weight: 600; color: var(--paper); background: var(--link); border: 0;
  border-radius: .6rem; padding: .6rem 1.1rem; min-height: 2.75rem; cursor: pointer; }
a.button.quiet { background: none; color: var(--link);
  box-shadow: inset 0 0 0 1px var(--line); }
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
.qr { display: block; width: 13rem; height: auto; border-radius: .5rem; }
.qr rect { fill: #fff; } .qr path { fill: #000; }
.seed { font: 1.05rem/1.7 ui-monospace, monospace; overflow-wrap: anywhere; }
.codes { columns: 2; list-style: none; padding: 0; font-size: 1.05rem; }
.codes li { margin: .25rem 0; }
@media (max-width: 40rem) {
  .inline { grid-template-columns: 1fr 1fr; } .inline .wide { grid-column: 1 / -1; }
  .codes { columns: 1; }
  .door main.wrap { padding-top: 2rem; }
}
.timeline { margin: .75rem 0 1.5rem; }
.timeline svg { display: block; width: 100%; } .timeline svg.narrow { display: none; }
@media (max-width: 40rem) { .timeline svg.wide { display: none; }
  .timeline svg.narrow { display: block; } }
.timeline text { fill: var(--soft); font-size: 12px; text-anchor: middle;
  font-variant-numeric: tabular-nums; } .timeline text.day { fill: var(--ink); font-weight: 600; }
.bar.ground { fill: var(--unproven-bg); } .bar.kept { fill: var(--proven); }
.bar.destroyed { fill: var(--line); }
.bar.gap.wide { fill: url(#gap-wide); } .bar.gap.narrow { fill: url(#gap-narrow); }
.bar.unsure.wide { fill: url(#unsure-wide); } .bar.unsure.narrow { fill: url(#unsure-narrow); }
.gap.ground { fill: var(--failing-bg); } .gap.stripe { fill: var(--failing); }
.unsure.ground { fill: var(--stale-bg); } .unsure.stripe { fill: var(--stale); }
.timeline .held { fill: none; stroke: var(--excepted); stroke-width: 3; }
.mark { stroke-width: 1.5; stroke: var(--link); fill: var(--paper); }
.mark.filled { fill: var(--link); } .mark.failing { stroke: var(--failing); }
.mark.failing.filled { fill: var(--failing); }
.timeline a:hover .mark, .timeline a:focus-visible .mark { fill: var(--excepted);
  stroke: var(--excepted); }
.picked path { fill: none; stroke: var(--excepted); stroke-width: 2; }
.picked rect, .picked circle { fill: var(--excepted); }
.picked circle { stroke: var(--paper); stroke-width: 2; }
.timeline .picked text { fill: var(--paper); font-weight: 600; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: .4rem 0 0;
  padding: 0; color: var(--soft); font-size: .92rem; }
.legend li { display: flex; align-items: center; gap: .45rem; }
.legend i { width: 1.1rem; height: .6rem; border-radius: .3rem; flex: none; }
.legend .kept { background: var(--proven); } .legend .destroyed { background: var(--line); }
.legend .held { background: var(--excepted); height: 3px; }
.legend .gap { background: repeating-linear-gradient(45deg, var(--failing) 0 3px,
  var(--failing-bg) 3px 6px); }
.legend .unsure { background: repeating-linear-gradient(-45deg, var(--stale) 0 3px,
  var(--stale-bg) 3px 6px); }
.legend [class^=mark-] { width: .4rem; height: 1rem; border-radius: .1rem;
  background: var(--link); border: 1.5px solid var(--link); }
.legend .mark-part { height: .55rem; } .legend .mark-hollow { background: none; }
.legend .mark-failing { background: var(--failing); border-color: var(--failing); }
.spans { display: flex; gap: .25rem; margin: 1.25rem 0 0; }
.spans a { padding: .3rem .9rem; border-radius: 999px; text-decoration: none; color: var(--ink); }
.spans a:hover { background: var(--unproven-bg); }
.spans a[aria-current] { background: var(--unproven-bg); font-weight: 650; }
.takes pre { margin: .15rem 0 0; } .takes pre span { white-space: nowrap; }
.takes p + p, .takes pre + p { margin-top: .8rem; }
.scroll { overflow-x: auto; } .scroll td { white-space: nowrap; }
.scroll td, .scroll th { padding-right: 1.5rem; }
.scroll td.not-yet { color: var(--soft); }
.damage { display: block; color: var(--failing); font-weight: 600; font-size: .92rem; }
@media (max-width: 40rem) { .scroll table { font-size: .92rem; }
  .scroll td, .scroll th { padding-right: .45rem; }
  .scroll td:nth-child(2) { white-space: normal; } }
.moment { display: flex; flex-wrap: wrap; gap: 1rem; align-items: end; margin: 1.25rem 0; }
.moment label { display: grid; gap: .3rem; font-weight: 600; flex: 0 1 18rem; }
.small { color: var(--soft); font-size: .95rem; }
textarea { height: auto; }
.time { font-variant-numeric: tabular-nums; white-space: nowrap; color: var(--soft); }
.verdict { font-size: clamp(1.5rem, 4vw, 2.1rem); font-weight: 700; line-height: 1.2;
  letter-spacing: -.02em; border-radius: 1rem; padding: 1.1rem 1.4rem; margin: 0 0 1rem; }
.calm { border-radius: .75rem; padding: .8rem 1.1rem; font-weight: 600; margin: 0 0 1rem; }
.lead { font-size: 1.15rem; line-height: 1.5; text-wrap: pretty; }
.badge { display: inline-block; border-radius: 999px; padding: .1rem .7rem; font-weight: 600;
  font-size: .88rem; white-space: nowrap; flex: none; }
.rows { list-style: none; margin: 0; padding: 0; border: 1px solid var(--line);
  border-radius: .9rem; overflow: hidden; background: var(--card); }
.rows li + li { border-top: 1px solid var(--line); }
.rows li > a, .rows li.flat { display: flex; gap: 1rem; align-items: center; padding: .85rem 1.1rem;
  color: inherit; text-decoration: none; }
.rows li > a:hover { background: var(--paper); }
.rows .badge { min-width: 5.9rem; text-align: center; }
.rows :focus-visible, .hits :focus-visible { outline-offset: -3px; }
.what { flex: 1 1 auto; min-width: 0; overflow-wrap: anywhere; }
.what b { font-weight: 600; display: block; line-height: 1.35; }
.what small { display: block; color: var(--soft); font-size: .92rem; line-height: 1.45; }
.bounds { text-align: right; font-variant-numeric: tabular-nums; font-weight: 600; flex: none; }
.bounds small { display: block; font-weight: 400; color: var(--soft); font-size: .86rem; }
.advice { background: var(--card); border: 1px solid var(--line); border-radius: 1rem;
  padding: .2rem 1.4rem 1rem; margin: 1.5rem 0; }
.advice h2 { margin: 1rem 0 .4rem; font-size: 1.2rem; }
.acts { display: flex; flex-wrap: wrap; gap: .7rem; align-items: center; }
.acts form { margin: 0; } .acts .button { margin: 0; }
.line { list-style: none; margin: .5rem 0; padding: 0; }
.line li { display: flex; flex-wrap: wrap; gap: .1rem 1rem; padding: .35rem 0 .35rem 1.4rem;
  position: relative; border-left: 2px solid var(--line); margin-left: .35rem; }
.line li::before { content: ''; position: absolute; left: -.4rem; top: .95rem; width: .65rem;
  height: .65rem; border-radius: 50%; background: var(--link); }
.line span { flex: 1 1 16rem; overflow-wrap: anywhere; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 1rem;
  padding: 1rem 1.4rem; margin: 0 0 1rem; }
.card .minor { margin: 0; line-height: 1.5; } .card p.small { margin: .4rem 0; }
.card .badge { margin-right: .4rem; vertical-align: .1em; }
.pair { display: flex; flex-wrap: wrap; gap: 1rem; align-items: end; }
.pair label { flex: 0 1 12rem; }
summary { cursor: pointer; font-weight: 600; padding: .3rem 0; border-radius: .4rem; }
.past { border-bottom: 1px solid var(--line); padding: .5rem 0; }
.past summary small { font-weight: 400; color: var(--soft); }
.duties { list-style: none; margin: .5rem 0; padding: 0; }
.duties li { display: flex; justify-content: space-between; gap: 1rem; padding: .45rem 0;
  border-top: 1px solid var(--line); }
.search { display: grid; grid-template-columns: repeat(3, 1fr); gap: 1rem; align-items: end;
  margin: 0 0 1.5rem; }
.search label { display: grid; gap: .3rem; font-weight: 600; min-width: 0; }
.search button { justify-self: start; }
@media (max-width: 40rem) { .search { grid-template-columns: 1fr 1fr; }
  .search label:first-child, .search label:nth-child(4), .search label:nth-child(5) {
    grid-column: 1 / -1; }
  .rows li > a, .rows li.flat { flex-wrap: wrap; gap: .4rem 1rem; }
  .rows .what { flex-basis: 100%; } .bounds { text-align: left; } }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 1rem;
  margin: 0 0 1rem; }
.tiles div { background: var(--card); border: 1px solid var(--line); border-radius: .9rem;
  padding: .8rem 1.1rem; display: flex; flex-direction: column-reverse;
  justify-content: flex-end; }
.tiles dt { color: var(--soft); font-size: .92rem; } .tiles dd { margin: 0; font-size: 1.4rem;
  font-weight: 700; font-variant-numeric: tabular-nums; }
${mailPictures}
.what details { margin-top: .3rem; } .what summary { cursor: pointer; color: var(--link); }
.what details pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .4rem 0 0;
  padding: .7rem .9rem; border-radius: .5rem; background: var(--unproven-bg); }
.stack { display: grid; gap: 1rem; max-width: 30rem; margin: 1.25rem 0; }
.stack label { display: grid; gap: .3rem; font-weight: 600; } .stack button { justify-self: start; }
.hits { list-style: none; margin: 0; padding: 0; }
.hits li { padding: .6rem 0; border-bottom: 1px solid var(--line); }
.hits p { margin: 0; } .hits b { color: var(--ink); } .hits pre { margin: .35rem 0 0; }
.diff { margin: 0; border: 1px solid var(--line); border-radius: .9rem; background: var(--card); }
.diff > div { padding: .8rem 1.1rem; } .diff > div + div { border-top: 1px solid var(--line); }
.diff dd { margin: .25rem 0 0; padding: .1rem .6rem; border-radius: .4rem; width: fit-content;
  max-width: 100%; overflow-wrap: anywhere; }
.was { background: var(--failing-bg); color: var(--failing); }
.is { background: var(--proven-bg); color: var(--proven); }
.diff ins { text-decoration: none; }
.keys { padding: 0 1.25rem 2rem; }
#live-said { color: var(--soft); font-size: .92rem; margin: 0; min-height: 1.5rem; }
.keys .quiet { min-height: 2.25rem; padding: .3rem .9rem; }
@media (min-width: 64rem) { .keys { padding: 0 3rem 1.5rem; } }
@media (hover: none) { #help-open { display: none; } }
kbd { font: .9em ui-monospace, Menlo, Consolas, monospace; border: 1px solid var(--line);
  border-bottom-width: 2px; border-radius: .3rem; padding: 0 .4rem; background: var(--paper); }
dialog { border: 1px solid var(--line); border-radius: 1rem; padding: 1.2rem 1.6rem 1.4rem;
  background: var(--card); color: var(--ink); max-width: 24rem; }
dialog h2 { margin: 0 0 .8rem; } dialog::backdrop { background: rgb(0 0 0 / 45%); }
.check { display: flex; gap: .6rem; align-items: center; margin: 1rem 0; }
.check input { width: 1.25rem; height: 1.25rem; min-height: 0; }
`
