import type { ApplyResult } from '../model/api-result.js'
import type { WritePorts } from '../ports/ports.js'

const pauseMs = 1_000

/**
 * A write that is tried again until `deadline` while an admission webhook does not answer, as with a control plane
 * that is restarting; tells which. A webhook that says no is a refusal like any other, and is named by the server.
 */
export async function patientWrite(
  write: () => Promise<ApplyResult>,
  { clock, progress }: Pick<WritePorts, 'clock' | 'progress'>,
  deadline: number,
): Promise<ApplyResult> {
  for (;;) {
    const result = await write()
    const webhook = result.ok ? undefined : silentWebhook(result.refusal)
    if (result.ok || webhook === undefined) return result
    if (clock.now() >= deadline) {
      const { refusal } = result
      const message = `webhook ${webhook} does not answer: ${refusal.message}`
      return { ok: false, refusal: { ...refusal, message } }
    }
    progress({ type: 'step-progress', message: `waiting for webhook ${webhook}, which does not answer` })
    await clock.sleep(pauseMs)
  }
}

/** The webhook that the API server could not ask; undefined for any other refusal. */
export function silentWebhook({ status, message }: { status: number; message: string }): string | undefined {
  return status >= 500 ? /failed calling webhook "([^"]*)"/.exec(message)?.[1] : undefined
}
