import { findRelease, type ReleaseWish } from '../discover/find-release.js'
import { UpgradeError } from '../errors.js'
import { lockHeld } from '../execute/lease.js'
import { breakLock, readLock } from '../execute/read-lock.js'
import { markDied } from '../execute/run-record.js'
import type { ReleaseName } from '../model/release.js'
import type { LockState } from '../model/run-lock.js'
import type { WritePorts } from '../ports/ports.js'

export interface UnlockWish extends ReleaseWish {
  /** The run whose lock is to be broken. */
  runId?: string
  /** Nobody is asked, and a holder that lives is no obstacle. */
  yes: boolean
}

/** How it ended; `lock` is the one that was there. */
export interface UnlockOutcome {
  result: 'unlocked' | 'nothing-to-do' | 'declined'
  release: ReleaseName
  lock?: LockState
}

/**
 * Breaks the lock of just the named run. Throws `LockHeld` where it is another run's, or where its process
 * is proved to live and nobody said yes; `NoTerminal` where nobody can be asked.
 */
export async function unlockRelease(wish: UnlockWish, ports: WritePorts): Promise<UnlockOutcome> {
  const release = await nameOf(wish, ports)
  const lock = await readLock(release, ports)
  if (!lock) return { result: 'nothing-to-do', release }
  const runId = namedRun(wish.runId, lock, release)
  if (lock.runId !== runId) throw lockHeld(release, lock)
  if (!wish.yes) {
    if (lock.process === 'alive') throw lockHeld(release, lock)
    if (!ports.prompter.canAsk)
      throw new UpgradeError('NoTerminal', 'ask whether to break the lock: there is no terminal', {
        consents: '--yes',
      })
    if (!(await ports.prompter.confirm(question(release, lock)))) return { result: 'declined', release, lock }
  }
  const broken = await breakLock(release, runId, ports)
  // The lock is gone all the same where this may not be written.
  await markDied(release, ports).catch(() => undefined)
  return broken ? { result: 'unlocked', release, lock: broken } : { result: 'nothing-to-do', release }
}

/** With a namespace the release itself need not be there any more. */
async function nameOf(wish: ReleaseWish, ports: WritePorts): Promise<ReleaseName> {
  const { releaseName: name, namespace } = wish
  if (name !== undefined && namespace !== undefined) return { name, namespace }
  const found = await findRelease(wish, ports)
  return { name: found.name, namespace: found.namespace }
}

function namedRun(runId: string | undefined, lock: LockState, { name, namespace }: ReleaseName): string {
  if (runId !== undefined) return runId
  const command = `{program} unlock ${name} -n ${namespace} --run ${lock.runId ?? 'RUN'}`
  throw new UpgradeError('RunAbsent', `name the run whose lock is to be broken; held by ${lock.holder}`, {
    remedy: `Break it: ${command}`,
  })
}

function question({ name, namespace }: ReleaseName, lock: LockState): string {
  const last = lock.renewedAt === undefined ? '' : `, last heard of ${lock.renewedAt}`
  const state = lock.process === 'gone' ? '; its process is gone' : ''
  const danger =
    lock.state === 'held' && lock.process !== 'gone' ? ' Two runs at once can destroy the release.' : ''
  return `The lock of ${name} in ${namespace} is held by ${lock.holder}${last}${state}.${danger} Break it?`
}
