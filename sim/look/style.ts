/** How a report looks: by light and by dark, from a telephone's width up, on paper too. */
export const STYLE: string = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --card: #f7f8fa; --ink: #1b1f27; --quiet: #59616f; --rule: #dde1e7; --empty: #e9ecf1;
  --accent: #0b63b8; --good: #14713a; --bad: #b3261e; --wait: #7a5600;
  --good-back: #e3f4e8; --bad-back: #fce8e6; --wait-back: #fbf1d5; --heat: 11, 99, 184;
  --line-0: #0b63b8; --line-1: #c2410c; --line-2: #15803d; --line-3: #7e22ce;
  --line-4: #0e7490; --line-5: #be185d; --line-6: #854d0e; --line-7: #475569;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12151b; --card: #191d25; --ink: #e7eaf0; --quiet: #a0a8b6; --rule: #303642; --empty: #232833;
    --accent: #6cb6ff; --good: #6fdc96; --bad: #ff938a; --wait: #f0c75e;
    --good-back: #15301f; --bad-back: #3a1917; --wait-back: #362b10; --heat: 108, 182, 255;
    --line-0: #6cb6ff; --line-1: #ff9d6b; --line-2: #6fdc96; --line-3: #c9a2ff;
    --line-4: #5ad1e3; --line-5: #ff8fc4; --line-6: #e2b65a; --line-7: #aab6c6;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 80rem; padding: 1.5rem clamp(0.75rem, 3vw, 2.5rem) 4rem;
  background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif;
}
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 0.25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 0.75rem; padding-bottom: 0.3rem; border-bottom: 1px solid var(--rule); }
h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
p { margin: 0 0 0.75rem; }
a { color: var(--accent); }
code { font: 0.9em ui-monospace, monospace; overflow-wrap: anywhere; }
.quiet, figcaption, .facts dt { color: var(--quiet); }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; list-style: none; margin: 1rem 0 0; padding: 0; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 0.75rem; margin: 1.25rem 0; }
.facts div { background: var(--card); border: 1px solid var(--rule); border-radius: 0.5rem; padding: 0.5rem 0.75rem; }
.facts dt { font-size: 0.8rem; }
.facts dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.mark { border-radius: 0.4rem; padding: 0.1rem 0.5rem; font-weight: 600; white-space: nowrap; }
.mark.good { color: var(--good); background: var(--good-back); }
.mark.bad { color: var(--bad); background: var(--bad-back); }
.mark.wait { color: var(--wait); background: var(--wait-back); }
.scroll { overflow-x: auto; border: 1px solid var(--rule); border-radius: 0.5rem; }
.scroll.tall { max-height: 32rem; overflow-y: auto; }
.scroll:focus-visible { outline: 2px solid var(--accent); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: 0.5rem 0.75rem; color: var(--quiet); }
th, td { padding: 0.4rem 0.75rem; text-align: left; border-top: 1px solid var(--rule); vertical-align: top; }
thead th { border-top: 0; background: var(--card); font-size: 0.85rem; color: var(--quiet); }
tbody th { font-weight: 400; overflow-wrap: anywhere; min-width: 8rem; }
td code { white-space: nowrap; }
.number { text-align: right; white-space: nowrap; }
.heat .quiet { color: inherit; }
.heat td { text-align: right; white-space: nowrap; border: 1px solid var(--paper); }
${Array.from({ length: 10 }, (_, i) => `.heat-${i} { background: rgba(var(--heat), ${(0.04 + i * 0.055).toFixed(3)}); }`).join('\n')}
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 24rem), 1fr)); gap: 1rem; }
header h3, .scroll + .scroll, .playback + h3 { margin-top: 1rem; }
figure { margin: 0; padding: 0.9rem; min-width: 0; background: var(--card); border: 1px solid var(--rule); border-radius: 0.5rem; }
figcaption { font-size: 0.88rem; margin: 0.15rem 0 0.6rem; overflow-wrap: anywhere; }
.plots figure { display: flex; flex-direction: column; }
.plot { position: relative; height: 17rem; margin-top: auto; }
.player { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1rem; }
.player canvas { display: block; width: 100%; }
.player figure { display: flex; flex-direction: column; }
.player canvas { aspect-ratio: 1; max-width: 40rem; margin: auto auto 0; }
.controls { display: flex; flex-wrap: wrap; align-items: center; gap: 0.6rem 1rem; margin-bottom: 0.5rem; }
.controls .time { flex: 1 1 14rem; min-width: 8rem; accent-color: var(--accent); }
.controls select { max-width: 16rem; }
button, select { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--quiet); border-radius: 0.4rem; padding: 0.2rem 0.7rem; }
button { min-width: 5rem; background: var(--accent); color: var(--paper); border-color: var(--accent); font-weight: 600; cursor: pointer; }
button:focus-visible, select:focus-visible, input:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.words { font-variant-numeric: tabular-nums; min-height: 1.5em; }
.key { display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; list-style: none; margin: 0 0 0.6rem; padding: 0; font-size: 0.88rem; }
.group-0 { color: var(--line-0); } .group-1 { color: var(--line-1); } .group-2 { color: var(--line-2); } .group-3 { color: var(--line-3); }
.group-4 { color: var(--line-4); } .group-5 { color: var(--line-5); } .group-6 { color: var(--line-6); } .group-7 { color: var(--line-7); }
@media print { nav, .controls { display: none; } figure, tr { break-inside: avoid; } }
`
