/** What is needed of stdout and stderr. */
interface Output {
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown
}

/** Nobody reads any more: `… | head`, a closed terminal. */
const readerGone = new Set(['EPIPE', 'EIO', 'ENXIO', 'ERR_STREAM_DESTROYED'])

/**
 * Keeps the process alive whatever becomes of its output: what is at work has a journal to write. The result
 * tells what was lost for another reason than that nobody reads: a full disk, say.
 */
export function surviveOutputLoss(outputs: readonly Output[]): () => Error | undefined {
  let lost: Error | undefined
  for (const output of outputs) {
    output.on('error', (error) => {
      if (!readerGone.has(error.code ?? '')) lost ??= error
    })
  }
  return () => lost
}
