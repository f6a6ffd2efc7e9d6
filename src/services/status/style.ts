/**
 * The look of the status page: what it has beyond the look of all public pages.
 *
 * @module
 */
import { look } from '#lib/page/look.ts'

export const stylesheet: string = `${look}
.made { color: var(--soft); font-size: .95rem; margin: 0 0 1.5rem; }
.line { color: var(--line); }
.component { border-top: 1px solid var(--line); padding: 1.1rem 0 .9rem; }
.component:last-of-type { border-bottom: 1px solid var(--line); }
.component .row { display: grid; grid-template-columns: 1.75rem 1fr auto; gap: 0 .75rem;
  align-items: center; }
.component h3 { margin: 0; font-size: 1.1rem; letter-spacing: 0; }
.component .word { font-weight: 650; }
.share { display: flex; justify-content: space-between; gap: 1rem; font-size: .9rem;
  color: var(--soft); font-variant-numeric: tabular-nums; }
.share b { font-weight: 550; text-align: center; }
.bars { display: block; width: 100%; height: 2.25rem; margin: .7rem 0 .3rem; }
details.more { font-size: 1rem; margin-top: .35rem; }
details.more summary { cursor: pointer; color: var(--link); font-size: .95rem; list-style: none;
  display: inline-flex; gap: .4rem; align-items: center; padding: .2rem 0; }
details.more summary::-webkit-details-marker { display: none; }
.chevron { width: .8rem; height: .8rem; }
details[open] .chevron { transform: rotate(180deg); }
.took { margin: .9rem 0 .4rem; }
.took figcaption { font-size: .92rem; color: var(--soft); display: flex; flex-wrap: wrap;
  justify-content: space-between; gap: 0 1rem; }
.took svg { display: block; width: 100%; height: auto; }
.took .line { fill: none; stroke: var(--link); stroke-width: 1.6; stroke-linejoin: round;
  stroke-linecap: round; }
.took .axis { stroke: var(--line); fill: none; }
table { border-collapse: collapse; font-size: .92rem; width: 100%; margin: .4rem 0 .6rem;
  font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding: .6rem 0 .2rem; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line);
  font-weight: 400; }
thead th { color: var(--soft); }
.incident { border: 1px solid var(--line); background: var(--card); border-radius: .75rem;
  padding: 1rem 1.15rem; margin: 0 0 1rem; scroll-margin-top: 1rem; }
.incident.open { border-color: var(--failing); border-left-width: 5px; }
.incident.planned { border-left: 5px solid var(--excepted); }
.incident h3 { margin: 0; font-size: 1.1rem; letter-spacing: 0; }
.incident .when { color: var(--soft); font-size: .92rem; margin: .15rem 0 0; }
.updates { list-style: none; margin: .8rem 0 0; padding: 0 0 0 1rem;
  border-left: 2px solid var(--line); }
.updates li { margin: 0 0 .7rem; } .updates li:last-child { margin: 0; }
.updates p { margin: 0; text-wrap: pretty; overflow-wrap: anywhere; }
.updates time { color: var(--soft); font-size: .88rem; }
.rehearsal { font-size: .98rem; }
.subscribe { background: var(--card); border: 1px solid var(--line); border-radius: .9rem;
  padding: 1.2rem 1.3rem; margin: 0 0 1rem; }
.subscribe h3 { margin: 0 0 .3rem; font-size: 1.1rem; }
.subscribe .intro { margin: 0 0 .9rem; font-size: .98rem; }
.subscribe label { display: block; font-weight: 600; font-size: .98rem; margin-bottom: .3rem; }
.ask { display: flex; flex-wrap: wrap; gap: .6rem; }
.ask input { flex: 1 1 16rem; min-width: 0; font: inherit; color: inherit;
  background: var(--paper); border: 1px solid var(--soft); border-radius: .6rem;
  padding: .6rem .8rem; }
button.button { font: inherit; font-weight: 600; border: 0; cursor: pointer; margin: 0; }
.more .subscribe { background: none; border: 0; padding: 0; }
.said { padding: 2rem 0 1rem; } h1.answer { color: inherit; margin-top: 0; }
@media (max-width: 30rem) {
  .facts { grid-template-columns: 1fr; } .facts dd { margin-bottom: .4rem; }
  h1 { margin-top: 2rem; }
  .share { flex-wrap: wrap; gap: 0 1rem; } .share b { order: 3; width: 100%; text-align: left; }
  .bars { height: 2rem; }
}
@media print { .langs, .skip, .chevron, .button { display: none; } }
`
