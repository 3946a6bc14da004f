/** Laying out text: widths count what is seen, not colour codes. */

// Colour codes begin with the control character ESC.
const colourCode = /\u001B\[[0-9;]*m/g

/** Columns that a text takes. */
export function visibleLength(text: string): number {
  return [...text.replace(colourCode, '')].length
}

/** Fills a text up to a number of columns. */
export function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - visibleLength(text)))
}

/** `1 object`, `2 objects`; `plural` where an s will not do. */
export function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`
}

export interface WrapOptions {
  /** Columns before the first line. */
  indent?: number
  /** Columns before every further line, besides the indent. */
  hang?: number
}

/** Breaks lines at spaces so that none is wider than the terminal; a word that is too long stays whole. */
export function wrap(text: string, width: number, options: WrapOptions = {}): string {
  const indent = ' '.repeat(options.indent ?? 0)
  const hang = indent + ' '.repeat(options.hang ?? 0)
  const lines = text.split('\n').flatMap((line) => {
    const first = line.length - line.trimStart().length
    return wrapLine(line, Math.max(20, width - hang.length), ' '.repeat(first))
  })
  return lines.map((line, index) => (line === '' ? '' : (index === 0 ? indent : hang) + line)).join('\n')
}

function wrapLine(line: string, width: number, lead: string): string[] {
  if (visibleLength(line) <= width) return [line.trimEnd()]
  const lines: string[] = []
  let current = ''
  for (const word of line.trim().split(/ +/)) {
    const joined = current === '' ? lead + word : `${current} ${word}`
    if (current !== '' && visibleLength(joined) > width) {
      lines.push(current)
      current = lead + word
    } else current = joined
  }
  return [...lines, current]
}

/** Rows as columns; the last one is wrapped to what is left of the width. Gives the lines of each row. */
export function tableRows(rows: readonly (readonly string[])[], width: number, indent = 0): string[][] {
  const columns = Math.max(1, ...rows.map((row) => row.length))
  const widths = Array.from({ length: columns - 1 }, (_, column) =>
    Math.max(...rows.map((row) => visibleLength(row[column] ?? ''))),
  )
  const taken = widths.reduce((sum, each) => sum + each + 2, indent)
  const longest = Math.max(...rows.map((row) => visibleLength(row[columns - 1] ?? '')))
  const lastFits = width - taken >= Math.min(24, longest)
  return rows.map((row) => {
    const cells = widths.map((each, column) => `${pad(row[column] ?? '', each)}  `).join('')
    const first = ' '.repeat(indent) + cells
    const last = row[columns - 1] ?? ''
    if (last === '') return [first.trimEnd()]
    if (!lastFits) return [first.trimEnd(), ...wrap(last, width, { indent: indent + 4 }).split('\n')]
    const lines = wrap(last, width - taken).split('\n')
    return lines.map((line, index) => (index === 0 ? first : ' '.repeat(taken)) + line)
  })
}

/** The same as one list of lines. */
export function table(rows: readonly (readonly string[])[], width: number, indent = 0): string[] {
  return tableRows(rows, width, indent).flat()
}

/** A command on lines that fit; what is broken can still be pasted, since breaks stand outside quotes. */
export function commandLines(command: string, width: number, indent: number): string[] {
  const words = command.match(/(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"])+|\n/g) ?? [command]
  const lines: string[] = []
  let current = ''
  for (const word of words) {
    if (word === '\n') {
      lines.push(current)
      current = ''
    } else if (current !== '' && indent + visibleLength(current) + 3 + visibleLength(word) > width) {
      lines.push(`${current} \\`)
      current = `    ${word}`
    } else current = current === '' ? word : `${current} ${word}`
  }
  return [...lines, current].map((line) => ' '.repeat(indent) + line)
}
