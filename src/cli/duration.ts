import { UpgradeError } from '../errors.js'

const unitMs: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}
const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy

/**
 * Milliseconds of a duration as Go writes it: `5m`, `1m30s`, `300s`, `1.5h`, `0`.
 * @throws UpgradeError `Usage`, naming the flag
 */
export function parseDuration(text: string, flag: string): number {
  const ms = durationMs(text)
  if (ms === undefined) {
    throw new UpgradeError('Usage', `${flag}: "${text}" is no duration; write it like 90s, 5m or 1m30s`)
  }
  return ms
}

function durationMs(text: string): number | undefined {
  if (text === '0' || text === '+0') return 0
  const body = text.startsWith('+') ? text.slice(1) : text
  part.lastIndex = 0
  let total = 0
  let end = 0
  for (let match = part.exec(body); match; match = part.exec(body)) {
    total += Number(match[1]) * (unitMs[match[2] ?? ''] ?? NaN)
    end = part.lastIndex
  }
  return end > 0 && end === body.length && Number.isFinite(total) ? Math.round(total) : undefined
}

/** The shortest usual way to write milliseconds: `1m30s`, `300ms`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`
  const seconds = Math.round(ms / 1000)
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'm'],
    [seconds % 60, 's'],
  ] as const
  return parts.flatMap(([count, unit]) => (count > 0 ? [`${count}${unit}`] : [])).join('') || '0s'
}
