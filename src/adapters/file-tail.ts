import {
  appendFileSync,
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'

/** Told at most in one look; what comes faster is left out, since nobody can read it. */
const mostBytesPerLook = 64 * 1024
const afterSkippingBytes = 8 * 1024
const keptCharacters = 64 * 1024
/** A file on disk is not let grow beyond this, give or take what is written between two looks. */
const largestFile = 8 * 1024 * 1024
/** Of a file that is too large when its writer has ended. */
const keptBytes = 1024 * 1024

/** Reads what is appended to a file from now on, line by line, within bounds whatever the writer does. */
export class FileTail {
  private text = ''
  private position: number
  private readonly file: number
  private pending: Buffer = Buffer.alloc(0)
  private isCut = false

  constructor(
    private readonly path: string,
    private readonly onLine: (line: string) => void,
  ) {
    this.file = openSync(path, 'r')
    this.position = fstatSync(this.file).size
  }

  /** The last lines that were told. */
  get lastText(): string {
    return this.text
  }

  /** Tells what came since the last look. */
  read(): void {
    if (this.readOn() <= largestFile) return
    // What came while the last was told would go with the rest.
    this.readOn()
    this.beginAgain()
  }

  /** Tells the rest, also of a line that was not ended. */
  finish(): void {
    const size = this.readOn()
    if (this.pending.length > 0) this.take(Buffer.concat([this.pending, Buffer.from('\n')]))
    if (size > largestFile) this.keepEnd(size)
    closeSync(this.file)
  }

  /** The size is what the file had before. */
  private readOn(): number {
    const { size } = fstatSync(this.file)
    if (size < this.position) this.position = 0
    if (size - this.position > mostBytesPerLook) this.skipTo(size - afterSkippingBytes)
    const buffer = Buffer.alloc(mostBytesPerLook)
    const count = readSync(this.file, buffer, 0, buffer.length, this.position)
    this.position += count
    this.take(Buffer.concat([this.pending, buffer.subarray(0, count)]))
    return size
  }

  private skipTo(position: number): void {
    const skipped = position - this.position
    this.position = position
    this.pending = Buffer.alloc(0)
    this.isCut = true
    this.tell([`… ${skipped} bytes of output left out here`])
  }

  /** Keeps what was told last. A writer that appends goes on at the new end. */
  private beginAgain(): void {
    const note = '… this file had grown too large and was begun again here\n'
    const kept = Buffer.from(note + this.text)
    truncateSync(this.path, 0)
    appendFileSync(this.path, kept)
    // What came in between is before it: rather twice than never.
    this.position = fstatSync(this.file).size === kept.length ? kept.length : 0
  }

  private keepEnd(size: number): void {
    const end = Buffer.alloc(keptBytes)
    const count = readSync(this.file, end, 0, keptBytes, size - keptBytes)
    const note = `… ${size - keptBytes} bytes before this were too many to be kept\n`
    writeFileSync(this.path, Buffer.concat([Buffer.from(note), end.subarray(0, count)]), { mode: 0o600 })
  }

  /** Only whole lines become text: a character may be cut in two. */
  private take(bytes: Buffer): void {
    const lineEnd = bytes.lastIndexOf(10) + 1
    // A line without end is told in pieces.
    const end = lineEnd === 0 && bytes.length >= mostBytesPerLook ? bytes.length : lineEnd
    this.pending = Buffer.from(bytes.subarray(end))
    if (end === 0) return
    const lines = bytes.subarray(0, end).toString('utf8').replace(/\n$/, '').split('\n')
    // What is left of a line whose beginning was left out says nothing.
    if (this.isCut && lines.length > 1) lines.shift()
    this.isCut = false
    this.tell(lines)
  }

  private tell(lines: readonly string[]): void {
    this.text = `${this.text}${lines.join('\n')}\n`.slice(-keptCharacters)
    for (const line of lines) this.onLine(line)
  }
}

/** Hides secrets in files that nobody appends to any more; what they had grown to is bounded by `FileTail`. */
export function redactFiles(paths: readonly string[], redact: (text: string) => string): void {
  for (const path of paths.filter((file) => existsSync(file))) {
    writeFileSync(path, redact(readFileSync(path, 'utf8')), { mode: 0o600 })
  }
}
