import type { JournalEntry } from './journal.js'

/** For how long custom resources were away, from the first deletion to the last object back. */
export interface ResourcesAway {
  ms: number
  objects: number
}

/** Evidence of the journal entry before the first deletion. */
export function goneEvidence(now: number): Record<string, unknown> {
  return { awayFrom: new Date(now).toISOString() }
}

/** Since when custom resources are away, in milliseconds since 1970; undefined where none are. Pure and total. */
export function awaySince(entries: readonly JournalEntry[]): number | undefined {
  let since: number | undefined
  for (const { evidence } of entries) {
    const from = typeof evidence?.['awayFrom'] === 'string' ? Date.parse(evidence['awayFrom']) : NaN
    if (Number.isFinite(from)) since ??= from
    if (evidence?.['awayMs'] !== undefined) since = undefined
  }
  return since
}

/** Sums up what a run's journal tells of interruptions; undefined where there was none. Pure and total. */
export function resourcesAway(entries: readonly JournalEntry[]): ResourcesAway | undefined {
  const found = entries.flatMap(({ evidence }) => {
    const [ms, objects] = [evidence?.['awayMs'], evidence?.['awayObjects']]
    return typeof ms === 'number' && typeof objects === 'number' ? [{ ms, objects }] : []
  })
  if (found.length === 0) return undefined
  return {
    ms: found.reduce((sum, { ms }) => sum + ms, 0),
    objects: found.reduce((sum, { objects }) => sum + objects, 0),
  }
}
