import { digestOfJson } from './digest.js'
import { isMapping } from './values.js'

export const journalApiVersion = 'mesh-upgrade.dev/v1alpha1'

/** A run's parts, each with steps of its own: `hop-1`, `hop-2`, …, `rollback`; `run` is the whole. */
export type RunPart = string

export type JournalPhase =
  | 'started'
  | 'progress'
  | 'succeeded'
  /** A resumed run found the step's work done already. */
  | 'skipped'
  | 'failed'
  | 'interrupted'
  | 'resumed'

/** What a step has to say; the store makes it an entry. */
export interface JournalLine {
  runId: string
  /** RFC 3339. */
  at: string
  part: RunPart
  /** A step's id; `run` for the part as a whole. */
  stepId: string
  phase: JournalPhase
  message: string
  evidence?: Record<string, unknown>
}

/** One line of a run's journal, chained to the one before it. */
export interface JournalEntry extends JournalLine {
  apiVersion: typeof journalApiVersion
  /** Counts from 1. */
  number: number
  /** Hash of the entry before; empty for the first. */
  previous: string
  hash: string
}

/** The entry that follows `last`. */
export function chainEntry(last: JournalEntry | undefined, line: JournalLine): JournalEntry {
  const entry = {
    apiVersion: journalApiVersion,
    number: (last?.number ?? 0) + 1,
    previous: last?.hash ?? '',
    ...line,
  } as const
  return { ...entry, hash: digestOfJson(entry) }
}

export interface JournalReading {
  entries: JournalEntry[]
  /** True where the last line is half a line: the process or machine died while writing it. */
  isTorn: boolean
  /** What is wrong with it, where a line is not as it was written; `entries` ends before that line. */
  damage?: string
}

/** Reads a journal: total, whatever the text. Only the last line may be torn; every other must fit the chain. */
export function readJournal(text: string): JournalReading {
  const lines = text.split('\n')
  const tail = lines.pop() ?? ''
  const entries: JournalEntry[] = []
  for (const [index, line] of lines.entries()) {
    const read = entryAfter(entries.at(-1), line)
    if (typeof read === 'string') {
      return { entries, isTorn: false, damage: `line ${index + 1} of the journal ${read}` }
    }
    entries.push(read)
  }
  return { entries, isTorn: tail !== '' }
}

function entryAfter(last: JournalEntry | undefined, line: string): JournalEntry | string {
  const entry = parse(line)
  if (!isMapping(entry)) return 'is no JSON object'
  if (entry.apiVersion !== journalApiVersion)
    return `has the apiVersion ${JSON.stringify(entry.apiVersion ?? null)}, which this program does not know`
  const { hash, ...rest } = entry
  if (hash !== digestOfJson(rest)) return 'was changed after it was written'
  if (rest.previous !== (last?.hash ?? '') || rest.number !== (last?.number ?? 0) + 1)
    return 'does not follow the line before it'
  // The hash says that this program wrote it, so that its shape is ours.
  return entry as unknown as JournalEntry
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** What a journal says of a run. */
export interface RunProgress {
  /** Ids of the steps that are done, by part. */
  done: Record<RunPart, string[]>
  /** Ids of the steps that were begun. */
  begun: string[]
  /** Parts that were begun, in order, and how each ended; undefined while it goes on. */
  parts: { part: RunPart; ended?: 'succeeded' | 'failed' | 'interrupted' }[]
  /** The step that was begun last and has not ended. */
  open?: { part: RunPart; stepId: string; at: string }
}

/** Sums up a journal: pure, and total for any entries. */
export function runProgress(entries: readonly JournalEntry[]): RunProgress {
  const progress: RunProgress = { done: {}, begun: [], parts: [] }
  for (const entry of entries) {
    if (entry.stepId === 'run') notePart(progress, entry)
    else noteStep(progress, entry)
  }
  return progress
}

function notePart({ parts }: RunProgress, { part, phase }: JournalEntry): void {
  const known = parts.find((other) => other.part === part)
  if (phase === 'started' && !known) parts.push({ part })
  if (!known) return
  if (phase === 'resumed' || phase === 'started') delete known.ended
  if (phase === 'succeeded' || phase === 'failed' || phase === 'interrupted') known.ended = phase
}

function noteStep(progress: RunProgress, { part, stepId, phase, at }: JournalEntry): void {
  if (phase === 'started') {
    progress.open = { part, stepId, at }
    progress.begun.push(stepId)
  }
  if (phase === 'progress') return
  if (phase !== 'started') delete progress.open
  if (phase === 'succeeded' || phase === 'skipped') (progress.done[part] ??= []).push(stepId)
}
