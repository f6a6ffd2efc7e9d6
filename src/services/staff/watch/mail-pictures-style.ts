/**
 * How the pictures of the mail look: colours of the page, words beside every one of them.
 *
 * @module
 */

export const mailPictures: string = `.volume { margin: 0 0 1.5rem; background: var(--card);
  border: 1px solid var(--line); border-radius: .9rem; padding: 1rem 1.1rem .8rem; }
.volume .plot { display: grid; grid-template-columns: auto 1fr; gap: 0 .6rem; }
.volume .scale { display: flex; flex-direction: column; justify-content: space-between;
  text-align: right; margin: -.55rem 0; }
.volume svg { width: 100%; height: 11rem; display: block; overflow: visible; }
.volume .scale, .volume .ends { color: var(--soft); font-size: .85rem; line-height: 1.1rem;
  font-variant-numeric: tabular-nums; }
.volume .ends { grid-column: 2; display: flex; justify-content: space-between;
  padding-top: .8rem; }
.volume line { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.volume g:hover rect { filter: brightness(1.12); }
.volume .room { fill: transparent; }
.volume figcaption, .shares figcaption { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem;
  padding-top: .8rem; color: var(--soft); font-size: .92rem; }
.volume i, .shares i { display: inline-block; width: .75rem; height: .75rem;
  border-radius: .2rem; margin-right: .4rem; }
.volume .arrived, .shares .pass { fill: var(--link); background: var(--link); }
.volume .open { fill: var(--soft); background: var(--soft); }
.volume .bounced { fill: var(--stale); background: var(--stale); }
.volume .complaint, .shares .fail { fill: var(--failing); background: var(--failing); }
.shares { margin: 0 0 1.5rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .9rem; padding: .9rem 1.1rem .8rem; }
.shares ol { list-style: none; margin: 0; padding: 0; display: grid; gap: .8rem; }
.shares p { margin: 0 0 .3rem; display: flex; flex-wrap: wrap; justify-content: space-between;
  gap: 0 1rem; }
.shares b { font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.shares p span { color: var(--soft); font-variant-numeric: tabular-nums; }
.shares svg { width: 100%; height: .7rem; display: block; border-radius: .35rem;
  background: var(--unproven-bg); }
.ask { display: flex; flex-wrap: wrap; gap: .8rem 1rem; align-items: end; margin: 0 0 1rem; }
.ask label { display: grid; gap: .3rem; font-weight: 600; flex: 1 1 12rem; max-width: 26rem; }
.choices { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; }
.choices .spans { margin: 0; }
.mail-head { margin: 1rem 0; }
.wrap:has(.faces) { max-width: 84rem; }
.faces { display: grid; grid-template-columns: 21rem minmax(0, 1fr); gap: 1.5rem; }
.face { margin: 0; min-width: 0; }
.face figcaption { color: var(--soft); font-size: .92rem; padding-bottom: .4rem; }
.face div { border: 1px solid var(--line); border-radius: .9rem; overflow: hidden;
  height: 36rem; background: var(--card); }
.face iframe { border: 0; width: 100%; height: 100%; display: block; }
@media (max-width: 72rem) { .faces { grid-template-columns: minmax(0, 1fr); }
  .face.phone { max-width: 22.5rem; } }
@media (max-width: 45rem) { .face.desk div { height: 24rem; }
  .face.desk iframe { width: 200%; height: 200%; transform-origin: 0 0; transform: scale(.5); } }
.plain { white-space: pre-wrap; margin: 0; padding: 1rem 1.2rem; border: 1px solid var(--line);
  border-radius: .9rem; background: var(--card); max-width: 46rem; }`
