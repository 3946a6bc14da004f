import { Args, Flags } from '@oclif/core'
import * as flags from './flags.js'

/** Flags that write a frozen plan, and those of `apply`. */

export const freezeFlags = {
  out: Flags.string({
    helpGroup: 'output',
    helpValue: 'FILE',
    description: 'keep the plan in a file that apply executes later; it holds no secret',
  }),
}

export const applyArgs = {
  file: Args.string({ required: true, description: 'file that plan --out wrote' }),
}

const { namespace: _namespace, ...cluster } = flags.clusterFlags
const { to: _to, devel: _devel, repo: _repo, ...chartLogin } = flags.chartFlags
const {
  'reset-values': _reset,
  'reuse-values': _reuse,
  'reset-then-reuse-values': _resetThenReuse,
  ...values
} = flags.valueFlags
const { troubleshoot: _troubleshoot, ...consent } = flags.consentFlags

const inCluster = { helpGroup: 'in-cluster' }
const inClusterFlags = {
  'in-cluster': Flags.boolean({
    ...inCluster,
    description: 'run it as a Job with just the rights that it needs, and follow its log',
  }),
  image: Flags.string({ ...inCluster, description: 'image with this program and helm' }),
  'service-account': Flags.string({
    ...inCluster,
    description: 'let it run as this one, which is there; one is made if left out',
  }),
  'namespace-of-job': Flags.string({
    ...inCluster,
    description: 'where Job and Secret go; the namespace of the release if left out',
  }),
  cleanup: Flags.boolean({
    ...inCluster,
    description: 'take away what an earlier --in-cluster of this plan made, and stop',
  }),
  // What the Job's own command line has besides.
  'resume-if-begun': Flags.boolean({ hidden: true }),
  'give-back': Flags.string({ hidden: true }),
}

/** Which release is meant and what is to be done is in the file. */
export const applyFlags = {
  ...cluster,
  ...chartLogin,
  ...values,
  ...consent,
  ...inClusterFlags,
  ...flags.planFlags,
  notify: flags.hookFlags.notify,
  ...flags.outputFlags,
}
