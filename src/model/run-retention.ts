import type { HistoryItem, RunOutcome } from './run-history.js'

const manyRuns = 20
const muchBytes = 1024 ** 3

/** Bytes as a person reads them: `3.2 MiB`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const power = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const number = bytes / 1024 ** power
  return `${power === 0 || number >= 100 ? Math.round(number) : number.toFixed(1)} ${units[power] ?? ''}`
}

/** What to say where more is kept than anybody needs. */
export function keptTooMuch({ runs, bytes }: { runs: number; bytes: number }): string | undefined {
  if (runs <= manyRuns && bytes <= muchBytes) return undefined
  return `${runs} runs of this release are kept here, ${bytesText(bytes)} with their backups`
}

export interface RetentionRule {
  /** So many of the newest stay. */
  keep?: number
  /** Only those that began before this time (milliseconds since 1970) go. */
  before?: number
}

/** Where nobody says how many. */
export const keepByDefault = manyRuns

/** What becomes of one kept run; `why` it stays. */
export interface PruneChoice {
  item: HistoryItem & Required<Pick<HistoryItem, 'kept'>>
  why?: 'newest' | 'young' | 'open' | 'damaged' | 'last-whole'
}

const open: readonly RunOutcome[] = ['running', 'died', 'interrupted']

/**
 * Chooses which of the runs on this machine go. Never one that has not ended, since resume needs it; never the
 * newest that is whole (`wholeRun`), never one whose files cannot be believed. Where both rules are given, a run
 * goes only by both.
 * @param items newest first
 */
export function choosePruned(
  items: readonly HistoryItem[],
  rule: RetentionRule,
  wholeRun: string | undefined,
): PruneChoice[] {
  const keep = rule.keep ?? (rule.before === undefined ? keepByDefault : 0)
  const here = items.flatMap((item) => (item.kept ? [{ ...item, kept: item.kept }] : []))
  return here.map((item, index) => {
    const why = reasonToKeep(item, { index, keep, wholeRun, isLast: item.run === items[0]?.run, ...rule })
    return why === undefined ? { item } : { item, why }
  })
}

function reasonToKeep(
  { run, outcome, startedAt, kept }: PruneChoice['item'],
  rule: RetentionRule & { index: number; keep: number; wholeRun: string | undefined; isLast: boolean },
): PruneChoice['why'] {
  if (kept.damage !== undefined || outcome === 'unknown') return 'damaged'
  // A failed run can be resumed as long as no other came after it.
  if (open.includes(outcome) || (outcome === 'failed' && rule.isLast)) return 'open'
  if (run === rule.wholeRun) return 'last-whole'
  if (rule.index < rule.keep) return 'newest'
  const began = Date.parse(startedAt ?? '')
  if (rule.before !== undefined && !(began < rule.before)) return 'young'
  return undefined
}
