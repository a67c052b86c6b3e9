import type { Info, Metainfo } from '../codec/metainfo.ts'
import type { FilePlan } from './events.ts'

/** Where each file of a torrent would be written below `out`; padding is left out (BEP 47). */
export function planFiles(metainfo: Metainfo, out: string): FilePlan[] {
  return plannedFiles(metainfo.info, out)
}

export function plannedFiles(info: Info, out: string): FilePlan[] {
  return info.files
    .map(({ path, length, pad }, index) => ({ index, path: below(out, path), length, pad }))
    .filter(({ pad }) => !pad)
    .map(({ index, path, length }) => ({ index, path, length, selected: true, priority: 'normal' }))
}

/** A path below a folder as the user gave it. */
export function below(out: string, path: readonly string[]): string {
  return [out.replace(/(?<=.)[/\\]+$/, ''), ...path].join('/')
}
