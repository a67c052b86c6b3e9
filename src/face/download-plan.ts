import type { Metainfo } from '../codec/metainfo.ts'
import type { FilePlan } from './events.ts'
import { planFiles } from './plan-files.ts'

/** A file that a download would write, and what is in its place. */
export interface PlannedFile extends FilePlan {
  /** The name that its author gave it, where that cannot be kept: it is forbidden, or another file has it. */
  readonly named: string | undefined
  /** Bytes of the file that is there; `undefined`: there is none. */
  readonly existing: number | undefined
  /** A sentence about what stands in its place and is no file that could be written. */
  readonly obstacle: string | undefined
}

/** What a download would write, seen before anything is. */
export interface DownloadPlan {
  /** The out folder, absolute. */
  readonly folder: string
  /** In the order of the torrent; padding and links are left out. */
  readonly files: readonly PlannedFile[]
  /** Bytes of all these files. */
  readonly length: number
  /** Bytes of them for which the disk has still to find room. */
  readonly needed: number
  /** Bytes that the disk has left; `undefined` where the system does not tell. */
  readonly free: number | undefined
  /** Whether there is room for what is needed; `undefined` where that cannot be told. */
  readonly fits: boolean | undefined
}

/** What the host found: in the place of each file of the torrent, and how much is free. */
export interface FolderSurvey {
  readonly root: string
  readonly found: readonly (
    | { readonly length: number; readonly allocated: number }
    | { readonly obstacle: string }
    | undefined
  )[]
  readonly free: number | undefined
}

/** Joins where the files would go below `out` with what the host found there. */
export function downloadPlan(metainfo: Metainfo, out: string, survey: FolderSurvey): DownloadPlan {
  let length = 0
  let needed = 0
  const files = planFiles(metainfo, out).map((plan): PlannedFile => {
    const found = survey.found[plan.index]
    const there = found !== undefined && 'length' in found ? found : undefined
    length += plan.length
    needed += Math.max(0, plan.length - (there?.allocated ?? 0))
    return {
      ...plan,
      named: originalName(metainfo, plan.index),
      existing: there?.length,
      obstacle: found !== undefined && 'obstacle' in found ? found.obstacle : undefined,
    }
  })
  const { root, free } = survey
  return { folder: root, files, length, needed, free, fits: free === undefined ? undefined : needed <= free }
}

/** `undefined`: it is kept. Of several files the name of their folder is no part of it. */
function originalName({ info }: Metainfo, index: number): string | undefined {
  const { path, rawPath } = info.files[index]!
  const kept = path.length === 1 ? path[0] : path.slice(1).join('/')
  return kept === rawPath ? undefined : rawPath
}
