/**
 * Lodestone: downloads from magnet links without any tracker. `open` starts a node of the Mainline DHT; `add` gives it a
 * torrent. This is the only entry of the library, and the only place that knows both the session and the host.
 */
import type { Metainfo } from './codec/metainfo.ts'
import { parseMetainfo } from './codec/metainfo.ts'
import { usageError } from './core/errors.ts'
import type { CreatedTorrent, CreateTorrentOptions } from './face/create-torrent.ts'
import {
  buildTorrent,
  checkContent,
  checkNames,
  inOrder,
  pieceLengthFor,
  torrentVersion,
} from './face/create-torrent.ts'
import { type DownloadPlan, downloadPlan } from './face/download-plan.ts'
import type { Host } from './face/host.ts'
import { Lodestone } from './face/lodestone.ts'
import { checkOptions, checkText } from './face/option-shapes.ts'
import type { OpenOptions, ProbeOptions } from './face/options.ts'
import { ProbeRun } from './face/probe-run.ts'
import { proxyOf } from './face/proxy.ts'
import type { OpenRecord } from './face/run-record.ts'
import { boundTo } from './host/bound-to.ts'
import { hashContent, listContent } from './host/content.ts'
import { ContentHasher } from './host/content-hasher.ts'
import { nodeCrypto } from './host/crypto.ts'
import { surveyFolder } from './host/folder-survey.ts'
import { NodeHost } from './host/host.ts'
import { RecordFile } from './host/record-file.ts'
import { saveFile } from './host/save-file.ts'
import { readSmallFile } from './host/small-file.ts'
import { defaultStateFolder } from './host/state-folder.ts'

export type { BencodeValue, EncodableValue } from './codec/bencode.ts'
export type { Magnet } from './codec/magnet.ts'
export { formatMagnet, parseMagnet } from './codec/magnet.ts'
export type { FileEntry, Info, Metainfo } from './codec/metainfo.ts'
export type { ItemPlace } from './codec/mutable-torrent.ts'
export { formatItemLink, parseItemLink } from './codec/mutable-torrent.ts'
export type { ErrorCode, ErrorKind } from './core/errors.ts'
export { LodestoneError } from './core/errors.ts'
export type { CreatedTorrent, CreateTorrentOptions, TorrentFormat } from './face/create-torrent.ts'
export type { DownloadPlan, PlannedFile } from './face/download-plan.ts'
export type {
  DoneSummary,
  Endpoint,
  EventOf,
  EventStream,
  FilePlan,
  Hop,
  ListenAddress,
  LodestoneEvent,
  LookupSummary,
  MappedSummary,
  MetadataSummary,
  NetworkSummary,
  ScrapeSummary,
  SeededSummary,
  Walk,
} from './face/events.ts'
export { followTorrent, type TorrentVersion } from './face/follow-torrent.ts'
export type { FoundItem, GetOptions } from './face/found-item.ts'
export type { Host } from './face/host.ts'
export type { Items } from './face/items.ts'
export { Lodestone } from './face/lodestone.ts'
export type { Lookup } from './face/lookup.ts'
export type { NodeSample } from './face/node-sample.ts'
export type {
  AddTorrentOptions,
  FileSelection,
  Limits,
  LookupOptions,
  OpenOptions,
  ProbeOptions,
} from './face/options.ts'
export { planFiles } from './face/plan-files.ts'
export type { ProbeRun, RuleResult, Score, Tally, Verdict } from './face/probe-run.ts'
export type { Connections, Progress, Why } from './face/progress.ts'
export type { PutOptions, PutSummary } from './face/put-item.ts'
export type { RangeRead, ReadOptions } from './face/range-read.ts'
export type { NodeStats } from './face/stats.ts'
export type { RemoveOptions, Torrent } from './face/torrent.ts'
export type { TorrentInput } from './face/torrent-input.ts'
export type { KnownVersions, Versions } from './face/versions.ts'
export { SEED_CHOKINGS, type SeedChoking } from './session/commands.ts'
export type { Priority } from './session/file-change.ts'
export { ENCRYPTIONS, type EncryptionMode, TRANSPORTS, type Transport } from './session/options.ts'
export type { Finding, FindingCode, Spent } from './session/why/finding.ts'

/** What a `.torrent` file may have. */
const LONGEST_TORRENT = 32 * 1024 * 1024

/**
 * Starts a node. Rejects with a `LodestoneError` when an option is wrong or a port cannot be had. `between` puts something
 * between the node and its machine, for who wants to measure or to disturb what passes; by default nothing.
 */
export async function open(
  options: OpenOptions = {},
  between: (host: Host) => Host = (host) => host,
): Promise<Lodestone> {
  checkOptions('open', options)
  const placed = boundTo(options)
  const { state = defaultStateFolder(), record, memory, bind } = placed
  const stateFolder = state === false ? undefined : state
  const host = between(new NodeHost({ stateFolder, memory, bind, proxy: proxyOf(options) }))
  const openRecord: OpenRecord | undefined =
    record === undefined ? undefined : (failed) => RecordFile.create(record, failed)
  return await Lodestone.open(host, placed, openRecord)
}

/**
 * Grades a DHT node, of any program, by what it answers: against the rules of the protocol (BEP 5, 32, 33, 42, 43, 51) that can
 * be seen from outside. `host` is an address or a name. Throws a usage error when an option is wrong.
 */
export function probe(host: string, port: number, options: ProbeOptions = {}): ProbeRun {
  checkOptions('probe', options)
  checkText(host, 'host')
  return new ProbeRun(new NodeHost({ stateFolder: undefined }), host, port, boundTo(options))
}

/** Makes a torrent of a file or a folder. Rejects with a usage error when there is nothing to make it of, or names that cannot be kept. */
export async function createTorrent(
  path: string,
  options: CreateTorrentOptions = {},
): Promise<CreatedTorrent> {
  checkOptions('createTorrent', options)
  checkText(path, 'path')
  const version = torrentVersion(options.version)
  const content = inOrder(await listContent(path), version)
  checkContent(content)
  const pieceLength = pieceLengthFor(content.length, options.pieceLength)
  checkNames(content, pieceLength, version, nodeCrypto)
  const hasher = new ContentHasher(pieceLength, version)
  await hashContent(content, hasher, options)
  return buildTorrent(content, pieceLength, hasher.finish(), options, nodeCrypto)
}

/** Parses the bytes of a `.torrent` file. Throws a `LodestoneError` of kind `remote` that names what is wrong. */
export function parseTorrent(bytes: Uint8Array): Metainfo {
  return parseMetainfo(bytes, nodeCrypto)
}

/** Reads and parses a `.torrent` file. */
export async function readTorrent(path: string): Promise<Metainfo> {
  checkText(path, 'path')
  return parseTorrent(await readSmallFile(path, LONGEST_TORRENT))
}

/**
 * Writes the bytes of a `.torrent` file, in place of what may be at `path`: whole, or after a failure not at all. Rejects with a
 * storage error.
 */
export async function saveTorrent(path: string, bytes: Uint8Array): Promise<void> {
  checkText(path, 'path')
  await saveFile(path, bytes)
}

/**
 * What a download of `metainfo` into the folder `out` would write: where each file goes, what is there already, and whether there is room for the
 * rest. Looks only, and makes nothing.
 */
export async function planDownload(metainfo: Metainfo, out: string): Promise<DownloadPlan> {
  if (metainfo?.info?.files === undefined)
    throw usageError('options/metainfo', 'A plan is made of what readTorrent or parseTorrent gives.')
  checkText(out, 'out')
  return downloadPlan(
    metainfo,
    out,
    await surveyFolder({ out, files: metainfo.info.files, infoHash: metainfo.info.infoHash }),
  )
}
