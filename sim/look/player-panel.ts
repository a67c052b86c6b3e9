import { type Html, html } from './html.ts'
import { showNumber } from './naming.ts'
import type { PagePlayback } from './page/page-data.ts'

/** Seconds of the run in a second of the reader's. */
const SPEEDS = [0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1_800, 7_200, 43_200]
const SHAPES = ['●', '■', '▲', '◆']
/** More look-ups than this make a list in which nobody finds one. */
const MOST_CHOICES = 500

/** The controls and canvases that `Player` brings to life. */
export function playerPanel({ id, groups, hosts, walks, pieces }: PagePlayback, leftOut: number): Html {
  const choices = walks.slice(0, MOST_CHOICES).map(({ begun, asker, hops }, i) => {
    return html`<option value="${i}">${i + 1}: at ${showNumber(begun)} s by ${hosts[asker]!.name}, ${hops.length} messages</option>`
  })
  return html`<div id="${id}" class="playback">
<div class="controls">
<button type="button" class="play">Play</button>
<input type="range" class="time" min="0" max="1" step="any" value="0" aria-label="Virtual time">
<label>Speed <select class="speed">${SPEEDS.map((speed) => html`<option value="${speed}">${showNumber(speed)} s a second</option>`)}</select></label>
${walks.length === 0 ? html`` : html`<label>Look-up <select class="walk"><option value="-1">all, as they come</option>${choices}</select></label>`}
</div>
<p class="words"></p>
<ul class="key">${groups.map((group, i) => html`<li><span class="group-${i % 8}" aria-hidden="true">${SHAPES[i % SHAPES.length]!}</span> ${group}</li>`)}</ul>
<div class="player">
<figure><h3>The nodes on the ring of all ids</h3>
<figcaption>Small and hollow: down. A thin line is a message, dashed when it asks; the dot on it moves from sender to receiver; the thick line is the way from the asker, who has a circle around, to ever nearer nodes; the diamond outside is the target.</figcaption>
<canvas class="ring" role="img" aria-label="The nodes on the ring of all ids; the line of text above says what happens"></canvas></figure>
${
  pieces.length === 0
    ? html``
    : html`<figure><h3>The pieces spread</h3>
<figcaption>A row is a host, from the first to the last; a column a piece. A cell fills when the host has verified the piece.</figcaption>
<canvas class="pieces" role="img" aria-label="Which host has which piece; the line of text above says how many"></canvas></figure>`
}
</div>
${leftOut === 0 ? html`` : html`<p class="quiet">${showNumber(leftOut)} entries had no room in the recording and are not shown.</p>`}
</div>`
}
