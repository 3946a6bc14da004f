/** What happens while it happens; renderers decide how it looks. */
export type ProgressEvent =
  | { type: 'stage'; title: string }
  | { type: 'step-started'; index: number; total: number; title: string; timeoutMs?: number }
  | { type: 'step-progress'; message: string; done?: number; total?: number }
  | { type: 'step-done'; title: string; elapsedMs: number }
  | { type: 'step-failed'; title: string; message: string }
  | { type: 'output'; source: string; line: string }
  | { type: 'note'; message: string }
