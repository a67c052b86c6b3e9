/** Preloaded beside tsx, which leaves threads out: there too, sources run without a build. */
import { isMainThread } from 'node:worker_threads'
import { register } from 'tsx/esm/api'

if (!isMainThread) register()
