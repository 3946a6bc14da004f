import type { ReleaseName } from '../model/release.js'
import type { LockState } from '../model/run-lock.js'
import { themeOf } from './theme.js'
import type { View } from './view.js'

/** Whether a lock was broken, and whose it was. */
export function formatUnlock(
  outcome: {
    result: 'unlocked' | 'nothing-to-do' | 'declined'
    release: ReleaseName
    lock?: LockState
  },
  view: View,
): string {
  const theme = themeOf(view)
  const { name, namespace } = outcome.release
  const holder = outcome.lock?.holder ?? 'somebody'
  switch (outcome.result) {
    case 'unlocked':
      return `${theme.good(`✔ the lock of ${name} in ${namespace} is broken`)}; it was held by ${holder}\n`
    case 'nothing-to-do':
      return `${theme.good('✔ nothing to do')}: nobody holds a lock of ${name} in ${namespace}\n`
    case 'declined':
      return `${theme.warn('declined')}; the lock of ${name} is still held by ${holder}\n`
  }
}
