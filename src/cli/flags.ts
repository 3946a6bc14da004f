import { Args, Flags } from '@oclif/core'
import { runPhases } from '../model/run-record.js'

export { hookFlags, planHookFlags, pruneFlags } from './hook-flags.js'

/** All flags, in the groups in which help lists them. What they mean is in `request.ts`. */

/** Words that every command on a release takes. */
export const releaseArg = {
  release: Args.string({
    description: 'name of the Helm release; found by itself where one known mesh is installed',
  }),
}

/** Words of an upgrade. */
export const upgradeArgs = {
  ...releaseArg,
  chart: Args.string({
    description: 'what helm takes: folder, .tgz, repo/name, oci://… or URL; known meshes know their own',
  }),
}

const output = { helpGroup: 'output' }
export const outputFlags = {
  output: Flags.string({
    ...output,
    char: 'o',
    options: ['text', 'json', 'yaml'],
    default: 'text',
    description: 'form of the result on stdout',
  }),
  'no-color': Flags.boolean({ ...output, description: 'no colours; also by NO_COLOR' }),
  quiet: Flags.boolean({ ...output, char: 'q', description: 'no progress on stderr' }),
  debug: Flags.boolean({ ...output, description: 'show where an error comes from' }),
  help: Flags.boolean({ ...output, char: 'h', description: 'show this page' }),
}

const cluster = { helpGroup: 'cluster' }
export const clusterFlags = {
  namespace: Flags.string({
    ...cluster,
    char: 'n',
    description: 'namespace of the release; without it all are searched',
  }),
  'kube-context': Flags.string({
    ...cluster,
    aliases: ['context'],
    description: 'context of the kubeconfig',
  }),
  kubeconfig: Flags.string({ ...cluster, description: 'kubeconfig file, instead of KUBECONFIG' }),
  token: Flags.string({ ...cluster, description: 'bearer token for the API server' }),
  as: Flags.string({ ...cluster, description: 'user to impersonate' }),
  'as-group': Flags.string({ ...cluster, multiple: true, description: 'group to impersonate (repeatable)' }),
  'request-timeout': Flags.string({ ...cluster, description: 'longest time for one request, such as 30s' }),
}

const chart = { helpGroup: 'chart' }
export const chartFlags = {
  to: Flags.string({
    ...chart,
    aliases: ['version'],
    description: 'version or range to upgrade to; without it the newest that the mesh recommends',
  }),
  devel: Flags.boolean({ ...chart, description: 'consider prereleases as well' }),
  repo: Flags.string({ ...chart, description: 'URL of the chart repository' }),
  username: Flags.string({ ...chart, description: 'user for the chart repository' }),
  password: Flags.string({ ...chart, description: 'password for the chart repository' }),
  'ca-file': Flags.string({ ...chart, description: 'CA bundle for the chart repository' }),
  'insecure-skip-tls-verify': Flags.boolean({ ...chart, description: 'do not verify the chart repository' }),
  'plain-http': Flags.boolean({ ...chart, description: 'plain HTTP to an OCI registry' }),
  verify: Flags.boolean({ ...chart, description: "verify the chart's signature" }),
  keyring: Flags.string({ ...chart, description: 'public keys for --verify' }),
}

const values = { helpGroup: 'values' }
const several = { ...values, multiple: true } as const
export const valueFlags = {
  values: Flags.string({ ...several, char: 'f', description: 'values file or URL (repeatable)' }),
  set: Flags.string({ ...several, description: 'set a value: key=value (repeatable)' }),
  'set-string': Flags.string({ ...several, description: 'set a value as text (repeatable)' }),
  'set-file': Flags.string({ ...several, description: "set a value to a file's content (repeatable)" }),
  'set-json': Flags.string({ ...several, description: 'set a value as JSON (repeatable)' }),
  'set-literal': Flags.string({ ...several, description: 'set a value as it stands (repeatable)' }),
  'reset-values': Flags.boolean({
    ...values,
    description: "only the chart's defaults and this call's values",
  }),
  'reuse-values': Flags.boolean({
    ...values,
    description: "all of the last release's values, old defaults included",
  }),
  'reset-then-reuse-values': Flags.boolean({
    ...values,
    description: "new defaults, then the last release's own values as they are",
  }),
}

export const imageFlags = {
  images: Flags.string({
    ...values,
    options: ['keep', 'chart', 'as-is'],
    default: 'keep',
    description: "images: keep a private registry, not an old tag; the chart's own; or touch nothing",
  }),
}

const upgrade = { helpGroup: 'upgrade' }
const upgradeCommon = {
  timeout: Flags.string({
    ...upgrade,
    default: '5m',
    description: 'longest time for helm and each wait: 5m, 90s',
  }),
  'no-hooks': Flags.boolean({ ...upgrade, description: 'do not run hooks of the chart' }),
  description: Flags.string({ ...upgrade, description: "text for the release's history" }),
  'history-max': Flags.string({ ...upgrade, description: 'revisions that helm keeps' }),
  'take-ownership': Flags.boolean({ ...upgrade, description: 'let helm take objects that others own' }),
  'post-renderer': Flags.string({ ...upgrade, description: 'a path under helm 3, a plugin under helm 4' }),
}

export const rollbackTimeoutFlag = {
  'rollback-timeout': Flags.string({
    ...upgrade,
    description: 'longest time for helm and each wait on the way back; as --timeout if left out',
  }),
}

export const upgradeFlags = {
  ...upgradeCommon,
  wait: Flags.string({
    ...upgrade,
    options: ['true', 'false'],
    default: 'true',
    description: 'wait until all workloads run; always done',
  }),
  crds: Flags.string({
    ...upgrade,
    options: ['in-place', 'recreate', 'skip'],
    default: 'in-place',
    description: 'how CRDs are brought up to date',
  }),
  'crds-from': Flags.string({
    ...upgrade,
    description: 'folder, file or URL with the CRDs, for charts that carry none',
  }),
  'release-notes': Flags.string({ ...upgrade, description: 'file, folder or URL with the release notes' }),
  'on-failure': Flags.string({
    ...upgrade,
    options: ['ask', 'stop', 'rollback'],
    description:
      'go back to before the run when it fails: ask (stop where nobody can be asked), never, or always',
  }),
  ...rollbackTimeoutFlag,
  atomic: Flags.boolean({ ...upgrade, hidden: true, description: 'as --on-failure rollback' }),
  'rollback-on-failure': Flags.boolean({
    ...upgrade,
    hidden: true,
    description: 'as --on-failure rollback',
  }),
}

const consent = { helpGroup: 'consent' }
export const consentFlags = {
  yes: Flags.boolean({ ...consent, char: 'y', aliases: ['confirm'], description: 'do not ask' }),
  accept: Flags.string({
    ...consent,
    multiple: true,
    description: 'consent to one dangerous step by its id (repeatable)',
  }),
  'dry-run': Flags.string({
    ...consent,
    options: ['none', 'client', 'server'],
    default: 'none',
    description: 'show the plan and stop',
  }),
  troubleshoot: Flags.boolean({ ...consent, description: 'diagnose the rollout as it is now' }),
}

export const planFlags = {
  'detailed-exitcode': Flags.boolean({
    ...output,
    description: 'exit code 2 where there is something to do',
  }),
  'show-diff': Flags.boolean({ ...output, description: 'show the differences of all objects' }),
}

/** Of every command that plans an upgrade of its own. */
export const planningFlags = {
  ...clusterFlags,
  ...chartFlags,
  ...valueFlags,
  ...imageFlags,
  ...upgradeFlags,
  ...planFlags,
}

const helm = { helpGroup: 'helm', hidden: true }
/** The rest of `helm upgrade`'s flags: the judge takes a helm command as typed. */
export const helmFlags = {
  ...upgradeCommon,
  wait: Flags.string({
    ...upgrade,
    options: ['true', 'false', 'watcher', 'hookOnly', 'legacy'],
    description: 'as in helm',
  }),
  'dry-run': Flags.string({ ...helm, options: ['none', 'client', 'server'] }),
  atomic: Flags.boolean(helm),
  'cert-file': Flags.string(helm),
  'cleanup-on-fail': Flags.boolean(helm),
  'create-namespace': Flags.boolean(helm),
  'dependency-update': Flags.boolean(helm),
  'disable-openapi-validation': Flags.boolean(helm),
  'enable-dns': Flags.boolean(helm),
  force: Flags.boolean(helm),
  'force-conflicts': Flags.boolean(helm),
  'force-replace': Flags.boolean(helm),
  'hide-notes': Flags.boolean(helm),
  'hide-secret': Flags.boolean(helm),
  install: Flags.boolean({ ...helm, char: 'i' }),
  'key-file': Flags.string(helm),
  labels: Flags.string({ ...helm, char: 'l', multiple: true }),
  'pass-credentials': Flags.boolean(helm),
  'post-renderer-args': Flags.string({ ...helm, multiple: true }),
  'render-subchart-notes': Flags.boolean(helm),
  'rollback-on-failure': Flags.boolean(helm),
  'server-side': Flags.string({ ...helm, options: ['true', 'false', 'auto'] }),
  'skip-crds': Flags.boolean(helm),
  'skip-schema-validation': Flags.boolean(helm),
  'wait-for-jobs': Flags.boolean(helm),
}

export const statusFlags = {
  wait: Flags.string({
    ...output,
    options: ['true', 'false', ...runPhases],
    description: 'wait until the last run is over, or is in this phase',
  }),
  timeout: Flags.string({ ...output, default: '10m', description: 'longest time for --wait: 10m, 90s' }),
}

export const unlockFlags = {
  run: Flags.string({ ...consent, description: 'id of the run whose lock is to be broken' }),
  yes: Flags.boolean({
    ...consent,
    char: 'y',
    aliases: ['confirm'],
    description: 'do not ask, and break it even where its holder lives',
  }),
}

/** Which run is meant. */
export const runFlags = {
  run: Flags.string({
    helpGroup: 'upgrade',
    helpValue: 'RUN_ID',
    description: 'which run; the newest of the release if left out',
  }),
}

export const crdBackupFlags = {
  to: Flags.string({
    ...output,
    helpValue: 'FOLDER',
    description: 'folder that the backup is written to; it must be empty or not there',
  }),
  group: Flags.string({
    ...cluster,
    multiple: true,
    description: 'API group whose CRDs are meant, instead of those of a release (repeatable)',
  }),
}

export const crdRestoreFlags = {
  yes: consentFlags.yes,
  'dry-run': consentFlags['dry-run'],
  overwrite: Flags.boolean({
    ...upgrade,
    description: 'replace live custom resources that differ from the backup',
  }),
}

/** For what was consented to before. */
export const unattendedFlags = {
  yes: Flags.boolean({
    ...consent,
    char: 'y',
    aliases: ['confirm'],
    description: 'do not ask: stop where something comes up that was not consented to',
  }),
}
