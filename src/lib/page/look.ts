/**
 * The look of the public pages: a text on paper, with one colour for each state.
 *
 * Colours meet WCAG 2.2 AA on both papers; a state is told by word and sign as well as by colour.
 * Pages of two services share it, and neither may import the other.
 *
 * @module
 */
export const look: string = `
:root {
  color-scheme: light dark;
  --paper: #fbfaf7; --card: #ffffff; --ink: #1d2430; --soft: #586173; --line: #e2ded4;
  --link: #1a4f8b; --proven: #1c6b45; --proven-bg: #e4f1ea; --failing: #b3261e;
  --failing-bg: #fbe6e4; --stale: #855300; --stale-bg: #f9edd7; --unproven: #5a6070;
  --unproven-bg: #edecea; --excepted: #5b4396; --excepted-bg: #ece7f6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171c; --card: #1b1f26; --ink: #e8e6e1; --soft: #a4abb8; --line: #2f343d;
    --link: #8fbdf2; --proven: #74cf9f; --proven-bg: #17301f; --failing: #ff9c94;
    --failing-bg: #43201e; --stale: #ecbd6c; --stale-bg: #38290f; --unproven: #a9b0bd;
    --unproven-bg: #262b33; --excepted: #c0acef; --excepted-bg: #2b2442;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1.0625rem/1.6 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif;
}
.wrap { max-width: 47rem; margin: 0 auto; padding: 0 1.25rem; }
a { color: var(--link); text-underline-offset: .2em; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: .5rem 1rem; z-index: 1; }
.top { border-bottom: 1px solid var(--line); }
.top .wrap {
  display: flex; flex-wrap: wrap; gap: .25rem 1rem; align-items: center;
  justify-content: space-between; padding-top: .8rem; padding-bottom: .8rem;
}
.brand { display: flex; align-items: center; gap: .6rem; font-weight: 650; }
.brand svg { width: 1.5rem; height: 1.5rem; color: var(--proven); flex: none; }
.brand small { color: var(--soft); font-weight: 400; font-size: .9rem; margin-left: .35rem; }
@media (max-width: 30rem) { .brand small { display: block; margin: 0; } }
.langs { display: flex; gap: .25rem; list-style: none; margin: 0; padding: 0; font-size: .95rem; }
.langs a, .langs span { display: block; padding: .3rem .55rem; border-radius: 999px; }
.langs span { background: var(--unproven-bg); font-weight: 600; }
h1, h2, h3 { line-height: 1.2; text-wrap: balance; letter-spacing: -.015em; }
h1 { font-size: 1.15rem; color: var(--soft); font-weight: 500; margin: 3rem 0 .4rem; }
.answer { font-size: clamp(2rem, 6vw, 3.1rem); font-weight: 700; line-height: 1.1;
  letter-spacing: -.03em; margin: 0 0 1rem; text-wrap: balance; }
.count { font-size: 1.25rem; line-height: 1.5; margin: 0 0 1.5rem; text-wrap: pretty; }
.intro { color: var(--soft); text-wrap: pretty; }
.proven { color: var(--proven); } .failing { color: var(--failing); }
.stale { color: var(--stale); } .unproven { color: var(--unproven); }
.excepted { color: var(--excepted); }
.tint.proven { background: var(--proven-bg); } .tint.failing { background: var(--failing-bg); }
.tint.stale { background: var(--stale-bg); } .tint.unproven { background: var(--unproven-bg); }
.tint.excepted { background: var(--excepted-bg); }
.sign { width: 1.75rem; height: 1.75rem; border-radius: 50%; display: grid; place-items: center; }
.sign svg { width: 1rem; height: 1rem; }
.alarm { border: 1px solid currentColor; border-radius: .75rem; padding: .9rem 1.1rem;
  font-weight: 600; margin: 0 0 1.5rem; }
h2 { font-size: 1.5rem; margin: 3.25rem 0 .75rem; scroll-margin-top: 1rem; }
h2.minor { font-size: 1.1rem; margin: 2rem 0 .6rem; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: .2rem 0 0;
  font-size: .92rem; }
.facts dt { color: var(--soft); } .facts dd { margin: 0; overflow-wrap: anywhere; }
code { font: .88em/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, monospace;
  overflow-wrap: anywhere; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: .7rem .9rem; margin: .6rem 0; white-space: pre-wrap; }
.note { border-left: 3px solid var(--line); padding-left: .8rem; color: var(--soft); }
.button { display: inline-block; background: var(--link); color: var(--paper); font-weight: 600;
  text-decoration: none; padding: .6rem 1.1rem; border-radius: .6rem; margin: .4rem .6rem .4rem 0; }
.button.quiet { background: none; color: var(--link); box-shadow: inset 0 0 0 1px var(--line); }
.foot { margin-top: 4rem; border-top: 1px solid var(--line); padding: 1.5rem 0 3rem;
  font-size: .92rem; color: var(--soft); }
`
