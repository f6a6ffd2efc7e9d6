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
  background: var(--unproven-bg); }`
