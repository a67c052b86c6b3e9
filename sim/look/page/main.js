import { drawPlots } from './charts.js'
import { Player } from './player.js'

/** @type {import('./page-data.ts').PageData} */
const { plots, playbacks } = JSON.parse(document.getElementById('data')?.textContent ?? '')
drawPlots(plots)
for (const playback of playbacks) new Player(playback)
