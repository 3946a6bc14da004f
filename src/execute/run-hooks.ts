import { messageOf, UpgradeError } from '../errors.js'
import {
  hookDocument,
  hookEnvironment,
  hookName,
  hooksFor,
  notYet,
  retryAfterMs,
  shownCommand,
  type Hook,
  type HookEvent,
  type HookFacts,
  type HookOutcome,
  type HookSettings,
} from '../model/hooks.js'
import { plainText } from '../model/plain-text.js'
import type { Step } from '../model/step.js'
import type { HookResult, HookRunner } from '../ports/hooks.js'
import type { Clock, ProgressSink } from '../ports/outside.js'

export interface HookPorts {
  hookRunner: HookRunner
  clock: Pick<Clock, 'now' | 'sleep'>
  progress: ProgressSink
  redact: (text: string) => string
}

/** Notes in the journal that a hook begins, and how it ended. */
export type HookNote = (message: string, evidence: Record<string, unknown>) => Promise<void>

export interface HookRun {
  settings: HookSettings | undefined
  note: HookNote
  /** Ends what runs. */
  signal: AbortSignal
}

/** What a hook is about, besides what does not change within a part of the run. */
export interface HookMoment {
  step?: Step
  outcome?: HookOutcome
  message?: string
  /** Here the run may not be held up. */
  mayNotStop?: true
}

/** The hooks of a part of a run. Throws `HookFailed`. */
export type PartHooks = (event: HookEvent, moment: HookMoment) => Promise<void>

/** Lines of one hook that are shown, and those of its end that an error repeats. */
const mostLines = 200
const lastLines = 20

/**
 * Runs the hooks of an event, one after the other. Throws `HookFailed` with the output of the first that fails;
 * one that runs before something may say "not yet" (exit code 75) and is then asked again.
 */
export async function runHooks(
  event: HookEvent,
  facts: HookFacts,
  run: HookRun,
  ports: HookPorts,
): Promise<void> {
  for (const hook of hooksFor(run.settings?.hooks ?? [], event, facts.step?.type)) {
    await askUntilReady(hook, facts, { ...run, settings: run.settings ?? noHooks }, ports)
  }
}

const noHooks: HookSettings = { hooks: [], timeoutMs: 0, deadlineMs: 0 }

type WithSettings = HookRun & { settings: HookSettings }

async function askUntilReady(
  hook: Hook,
  facts: HookFacts,
  run: WithSettings,
  ports: HookPorts,
): Promise<void> {
  const { clock, progress } = ports
  const deadline = clock.now() + run.settings.deadlineMs
  for (let attempt = 1; ; attempt++) {
    const asked = await ask(hook, facts, { ...run, attempt }, ports)
    if (asked.exitCode === 0 && asked.ending === 'exited') return
    if (asked.exitCode !== notYet || !hook.event.startsWith('before-'))
      throw failed(hook, endingText(asked, run), asked.lines)
    const waitMs = retryAfterMs(asked.lastLine)
    if (clock.now() + waitMs > deadline)
      throw failed(hook, `it was not ready within ${seconds(run.settings.deadlineMs)}`, asked.lines)
    const until = new Date(deadline).toISOString().replace(/\.\d+/, '')
    const message = `hook ${hookName(hook)} is not ready; it is asked again in ${seconds(waitMs)}, until ${until}`
    progress({ type: 'step-progress', message })
    await clock.sleep(waitMs, run.signal)
    if (run.signal.aborted) throw failed(hook, 'stopped while it was waited for', asked.lines)
  }
}

interface Asked extends HookResult {
  lines: string[]
}

async function ask(
  hook: Hook,
  facts: HookFacts,
  { settings, note, signal, attempt }: WithSettings & { attempt: number },
  ports: HookPorts,
): Promise<Asked> {
  const { hookRunner, clock, progress, redact } = ports
  const [name, command] = [hookName(hook), shownCommand(hook.command, redact)]
  const call = {
    command: hook.command,
    environment: hookEnvironment(hook.event, facts),
    input: `${JSON.stringify(hookDocument(hook.event, facts))}\n`,
    timeoutMs: settings.timeoutMs,
  }
  await note(`hook ${name} begins`, { hook: name, command, attempt })
  if (!facts.step) progress({ type: 'stage', title: `hook ${name}: ${plainText(command, 200)}` })
  const startedAt = clock.now()
  const told = listener(ports)
  const result = await hookRunner.run(call, told.onLine, signal)
  told.finish()
  const { exitCode, ending } = result
  const elapsedMs = clock.now() - startedAt
  const evidence = { hook: name, command, attempt, exitCode, ending, elapsedMs }
  // What it was is told by how it ended, even where the disk takes no more journal.
  const noted = note(`hook ${name} ended: ${endingText(result, { settings })}`, evidence)
  await noted.catch((error: unknown) => progress({ type: 'note', message: messageOf(error) }))
  return { ...result, lines: told.lines }
}

/** Shows what a hook writes, redacted and within bounds, and keeps its end. */
function listener({ progress, redact }: HookPorts): {
  lines: string[]
  onLine: (line: string) => void
  finish(): void
} {
  const lines: string[] = []
  let told = 0
  return {
    lines,
    onLine(text) {
      const line = plainText(redact(text))
      told += 1
      if (told <= mostLines) progress({ type: 'output', source: 'hook', line })
      if (line === '') return
      lines.push(line)
      if (lines.length > lastLines) lines.shift()
    },
    finish() {
      const rest = told - mostLines
      if (rest > 0) progress({ type: 'output', source: 'hook', line: `… ${rest} more lines are not shown` })
    },
  }
}

function endingText(
  { ending, exitCode, reason }: HookResult,
  { settings }: Pick<WithSettings, 'settings'>,
): string {
  switch (ending) {
    case 'exited':
      return `exit code ${String(exitCode)}`
    case 'timed-out':
      return `it was ended after ${seconds(settings.timeoutMs)} (--hook-timeout)`
    case 'stopped':
      return 'it was stopped'
    case 'killed':
      return 'it was killed by a signal'
    case 'not-started':
      return `it could not be started: ${reason ?? ''}`
  }
}

function failed(hook: Hook, why: string, lines: readonly string[]): UpgradeError {
  const output = lines.map((line) => `\n  ${line}`).join('')
  return new UpgradeError('HookFailed', `hook ${hookName(hook)} failed: ${why}${output}`)
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${Math.round(ms / 1000)} s`
}
