import { textField } from '../model/kube-object.js'
import type { ContainerLog, PodFacts, RolloutFacts } from './rollout-facts.js'

const longestLine = 400
const terminalCodes = /\u001B\[[0-9;?]*[A-Za-z]|[\u0000-\u0008\u000B-\u001F\u007F]/g

/** The lines of a log for reading: no terminal codes, none empty. */
export function logLines({ text }: Pick<ContainerLog, 'text'>): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(terminalCodes, '').trim())
    .filter((line) => line !== '')
}

/** A text that fits a report. */
export function shortened(text: string): string {
  return text.length > longestLine ? `${text.slice(0, longestLine - 1)}…` : text
}

/** A line that a program wrote, and where. */
export interface LogLine {
  pod: PodFacts
  container: string
  line: string
}

/** Every line of the logs of stalled pods, newest container first. */
export function linesOf({ stalled, logs }: Pick<RolloutFacts, 'stalled' | 'logs'>): LogLine[] {
  return stalled.flatMap((pod) => {
    const own = logs.filter((log) => log.pod.name === pod.ref.name && log.pod.namespace === pod.ref.namespace)
    return own.flatMap((log) => logLines(log).map((line) => ({ pod, container: log.container, line })))
  })
}

/** The last lines before a program ended: from the first fatal one on, if one is near the end. */
export function lastWords(lines: readonly string[], count = 5): string[] {
  const end = lines.slice(-20)
  const fatal = end.findIndex((line) => /\b(panic:|fatal\b|"level":"fatal")/i.test(line))
  return (fatal >= 0 ? end.slice(fatal, fatal + count) : lines.slice(-count)).map(shortened)
}

/** A line of zerolog's JSON, as OSM writes it; undefined for any other line. */
export function jsonLine(line: string): { error: string; reason: string; message: string } | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const parsed: unknown = JSON.parse(line)
    return {
      error: textField(parsed, 'error'),
      reason: textField(parsed, 'reason'),
      message: textField(parsed, 'message'),
    }
  } catch {
    return undefined
  }
}
