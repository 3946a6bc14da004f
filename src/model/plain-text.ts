/** Text of others on one line: no control characters that would drive a terminal, and not without end. */
export function plainText(text: string, longest = 500): string {
  const line = text.replace(/[\u0000-\u001F\u007F-\u009F\u2028\u2029]+/g, ' ').trim()
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line
}

/** RFC 3339 of a time in milliseconds; undefined where it is none. */
export function timeText(ms: number): string | undefined {
  const date = new Date(ms)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}
