import { Flags } from '@oclif/core'
import { consentFlags, upgradeFlags } from './flags.js'

/** What troubleshoot may do about it. */
export const fixFlags = {
  fix: Flags.boolean({
    helpGroup: 'consent',
    description: 'mend what was found, where that can be done, after consent',
  }),
  yes: consentFlags.yes,
  accept: consentFlags.accept,
  'dry-run': consentFlags['dry-run'],
  'crds-from': upgradeFlags['crds-from'],
  timeout: Flags.string({
    helpGroup: 'upgrade',
    default: '5m',
    description: 'longest time for each wait: 5m, 90s',
  }),
}

export const restartFlags = {
  'control-plane': Flags.boolean({ helpGroup: 'upgrade', description: "restart the mesh's own workloads" }),
  'delete-pods': Flags.boolean({
    helpGroup: 'upgrade',
    description: 'let each old pod go before its replacement starts, for where there is no room for both',
  }),
  timeout: Flags.string({
    helpGroup: 'upgrade',
    default: '5m',
    description: 'longest time for each workload: 5m, 90s',
  }),
  yes: consentFlags.yes,
  'dry-run': consentFlags['dry-run'],
}
