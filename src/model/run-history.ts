import type { JournalEntry } from './journal.js'
import { runProgress } from './journal.js'
import { field, textField } from './kube-object.js'
import { plainText } from './plain-text.js'

export const runOutcomes = [
  ...(['succeeded', 'failed', 'rolled-back', 'interrupted', 'died', 'running', 'unknown'] as const),
]
/** How a run is or ended. */
export type RunOutcome = (typeof runOutcomes)[number]

/** One run of a release, for its history. */
export interface RunSummary {
  run: string
  outcome: RunOutcome
  from?: string
  to?: string
  /** `user@host pid 123`. */
  holder?: string
  startedAt?: string
  finishedAt?: string
  /** When it was taken back; the end of the upgrade itself is `finishedAt`. */
  rolledBackAt?: string
  /** `host:/folder`. */
  location?: string
}

/** A ConfigMap holds 1 MiB; this list is only a part of ours. */
const mostRuns = 20
const mostBytes = 16 * 1024
const texts = ['from', 'to', 'holder', 'startedAt', 'finishedAt', 'rolledBackAt', 'location'] as const
const longestText = 300

/** The list with a run's newest state; newest run first, and within bounds. */
export function historyWith(before: readonly RunSummary[], entry: RunSummary): RunSummary[] {
  const known = before.find(({ run }) => run === entry.run)
  const others = before.filter(({ run }) => run !== entry.run)
  const ordered = known ? before.map((each) => (each.run === entry.run ? entry : each)) : [entry, ...others]
  return withinBounds(ordered)
}

function withinBounds(runs: readonly RunSummary[]): RunSummary[] {
  const kept = runs.slice(0, mostRuns)
  while (kept.length > 1 && new TextEncoder().encode(historyText(kept)).length > mostBytes) kept.pop()
  return kept
}

/** The list as the ConfigMap holds it. */
export function historyText(runs: readonly RunSummary[]): string {
  return JSON.stringify(runs)
}

/** Reads it back: total, and what is not ours is left out. */
export function parseHistory(text: string): RunSummary[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return []
  }
  return Array.isArray(parsed) ? withinBounds(parsed.slice(0, mostRuns).flatMap(summaryOf)) : []
}

function summaryOf(value: unknown): RunSummary[] {
  const run = plainText(textField(value, 'run'), longestText)
  if (run === '') return []
  const outcome = runOutcomes.find((each) => each === field(value, 'outcome')) ?? 'unknown'
  const found = texts.map((key) => [key, plainText(textField(value, key), longestText)] as const)
  return [{ run, outcome, ...Object.fromEntries(found.filter(([, text]) => text !== '')) }]
}

/** A run whose folder is on this machine. */
export interface KeptRun {
  runId: string
  /** `host:/folder`. */
  location: string
  folder: string
  bytes: number
  /** Absent where the plan cannot be read. */
  path?: { from: string; to: string; hops: number }
  entries: JournalEntry[]
  /** Why its files cannot be believed. */
  damage?: string
}

/** A kept run as its journal has it; one that has not ended is running only where the lock says so. */
export function summaryOfKept(
  { runId, location, path, entries, damage }: KeptRun,
  held: boolean,
): HistoryItem {
  const { parts } = runProgress(entries)
  const back = parts.find(({ part }) => part === 'rollback')
  const ended = (part: string): JournalEntry | undefined =>
    entries.findLast((entry) => entry.part === part && entry.stepId === 'run' && isEnd(entry))
  const begun = entries.find(({ part, stepId, phase }) => {
    return part === 'run' && stepId === 'run' && phase === 'started'
  })
  const holder = begun?.evidence?.holder
  const outcome = damage === undefined ? outcomeOf(parts, held) : 'unknown'
  const [end, backEnd] = [ended('run'), ended('rollback')]
  return {
    ...{ run: runId, outcome, location: plainText(location, longestText) },
    ...(path ?? {}),
    ...(typeof holder === 'string' ? { holder: plainText(holder, longestText) } : {}),
    ...(begun ? { startedAt: begun.at } : {}),
    ...(end ? { finishedAt: end.at } : {}),
    ...(back?.ended === 'succeeded' && backEnd ? { rolledBackAt: backEnd.at } : {}),
  }
}

function isEnd({ phase }: JournalEntry): boolean {
  return phase === 'succeeded' || phase === 'failed' || phase === 'interrupted'
}

function outcomeOf(parts: ReturnType<typeof runProgress>['parts'], held: boolean): RunOutcome {
  const back = parts.find(({ part }) => part === 'rollback')
  const { ended } = back ?? parts.find(({ part }) => part === 'run') ?? {}
  if (ended === undefined) return held ? 'running' : 'died'
  return back && ended === 'succeeded' ? 'rolled-back' : ended
}

/** A line of `history`. */
export interface HistoryItem extends RunSummary {
  durationMs?: number
  /** How many hops were planned. */
  hops?: number
  /** What this machine keeps of it. */
  kept?: { folder: string; bytes: number; damage?: string }
}

/** What the cluster tells and what this machine keeps, together; newest first. */
export function joinHistory(
  recorded: readonly RunSummary[],
  kept: readonly KeptRun[],
  { heldRun, lastRun }: { heldRun?: string; lastRun?: { run: string; outcome: RunOutcome } },
): HistoryItem[] {
  const byRun = new Map<string, HistoryItem>()
  for (const run of kept) byRun.set(run.runId, summaryOfKept(run, run.runId === heldRun))
  for (const summary of recorded) {
    const isOpen = summary.outcome === 'running'
    // Only the last run can still go on: another began after it had the lock.
    const outcome = summary.run === lastRun?.run ? lastRun.outcome : isOpen ? 'died' : summary.outcome
    byRun.set(summary.run, { ...byRun.get(summary.run), ...summary, outcome })
  }
  for (const { runId, folder, bytes, entries, damage: seen } of kept) {
    const item = byRun.get(runId)
    // The journal is begun before the cluster is told.
    const isEmptied = entries.length === 0 && recorded.some(({ run }) => run === runId)
    const damage = seen ?? (isEmptied ? 'its journal is empty' : undefined)
    const facts = { folder, bytes, ...(damage === undefined ? {} : { damage }) }
    if (item) byRun.set(runId, { ...item, kept: facts })
  }
  const items = [...byRun.values()].map((item) => ({ ...item, ...durationOf(item) }))
  return items.sort((left, right) => (keyOf(left) < keyOf(right) ? 1 : -1))
}

/** Ids begin with the time. */
function keyOf({ startedAt, run }: RunSummary): string {
  return startedAt ?? isoOfRunId(run) ?? ''
}

function isoOfRunId(run: string): string | undefined {
  const found = /^(\d{4})(\d\d)(\d\d)t(\d\d)(\d\d)(\d\d)z/.exec(run)?.slice(1)
  return found && `${found.slice(0, 3).join('-')}T${found.slice(3).join(':')}Z`
}

function durationOf({ startedAt, finishedAt }: RunSummary): { durationMs?: number } {
  const durationMs = Date.parse(finishedAt ?? '') - Date.parse(startedAt ?? '')
  return Number.isFinite(durationMs) && durationMs >= 0 ? { durationMs } : {}
}
