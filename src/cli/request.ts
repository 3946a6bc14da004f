import { UpgradeError } from '../errors.js'
import { parseHook, type Hook } from '../model/hooks.js'
import type { RetentionRule } from '../model/run-retention.js'
import { withWishes, type GivenWishes } from '../model/run-wishes.js'
import { shellQuote } from '../model/shell-words.js'
import type { ValuesMode } from '../model/plan.js'
import type { ImagesMode, UpgradeRequest } from '../model/upgrade-request.js'
import type { ConnectOptions } from '../adapters/connect.js'
import type { ApplyWish } from '../workflows/apply-plan.js'
import { parseDuration } from './duration.js'
import type { Program } from './program.js'
import type { ReadWords } from './words.js'

type Env = Record<string, string | undefined>

/** Value flags in the order in which helm takes them; within one kind the order is the user's. */
const valueFlags = ['values', 'set-json', 'set', 'set-string', 'set-file', 'set-literal']

/** Flags of `helm upgrade` that we hand on as they are. */
const helmWords = ['no-hooks', 'description', 'history-max', 'take-ownership', 'post-renderer']

/** More of them that only the judge of a helm command takes. */
const judgeWords = [
  'wait',
  'atomic',
  'cert-file',
  'cleanup-on-fail',
  'create-namespace',
  'dependency-update',
  'disable-openapi-validation',
  'enable-dns',
  'force',
  'force-conflicts',
  'force-replace',
  'install',
  'key-file',
  'labels',
  'pass-credentials',
  'post-renderer-args',
  'render-subchart-notes',
  'rollback-on-failure',
  'server-side',
  'skip-crds',
  'skip-schema-validation',
  'wait-for-jobs',
]

/** The request of `upgrade`, `plan` and `values`. */
export function upgradeRequest(read: ReadWords, env: Env = process.env): UpgradeRequest {
  refuseUnbuilt(read)
  if (text(read, 'out') !== undefined && text(read, 'dry-run') === 'none')
    throw new UpgradeError('Usage', '--out goes with plan or --dry-run: a run keeps its plan by itself')
  return {
    ...commonRequest(read),
    executor: 'mesh-upgrade',
    valuesMode: valuesMode(read, 'carry'),
    images: (text(read, 'images') ?? 'keep') as ImagesMode,
    crds: (text(read, 'crds') ?? 'in-place') as UpgradeRequest['crds'],
    ...optional('crdsFrom', text(read, 'crds-from')),
    ...optional('releaseNotes', text(read, 'release-notes')),
    // Only the upgrade itself has --dry-run: everything else only shows.
    permissions: text(read, 'dry-run') === 'none' ? 'to-run' : 'to-know',
    helmArguments: [...wordsOf(read, helmWords), ...read.rest],
    ...withWishes({}, runWishes(read)),
    ...optional('historyMax', historyMaxOf(read, env)),
    ...optional('accepted', list(read, 'accept')),
  }
}

/** What a call of `apply` adds to what the file holds. */
export function applyWish(read: ReadWords): ApplyWish {
  const valueArguments = wordsOf(read, valueFlags)
  const again = shellQuote(['apply', read.args.file ?? '', ...valueArguments])
  return {
    valueArguments,
    // The file of a Job is nowhere else.
    ...(read.flags['resume-if-begun'] === true ? {} : { again }),
    permissions: text(read, 'dry-run') === 'none' ? 'to-run' : 'to-know',
    ...optional('notify', list(read, 'notify')),
  }
}

/** The request of the judge: helm's own semantics, nothing of ours. */
export function judgeRequest(read: ReadWords): UpgradeRequest {
  return {
    ...commonRequest(read),
    executor: 'helm',
    valuesMode: valuesMode(read, 'helm-default'),
    images: 'as-is',
    crds: 'skip',
    // Green means that the same words will do for the same person.
    permissions: 'to-run',
    helmArguments: [...wordsOf(read, [...helmWords, ...judgeWords]), ...read.rest],
  }
}

function commonRequest(
  read: ReadWords,
): Omit<UpgradeRequest, 'executor' | 'valuesMode' | 'images' | 'crds' | 'permissions' | 'helmArguments'> {
  return {
    ...releaseOf(read),
    ...optional('chart', read.args.chart),
    ...optional('repo', text(read, 'repo')),
    ...optional('to', text(read, 'to')),
    devel: read.flags.devel === true,
    valueArguments: wordsOf(read, valueFlags),
    timeoutMs: parseDuration(text(read, 'timeout') ?? '5m', '--timeout'),
    onFailure: onFailure(read),
    ...optional('rollbackTimeoutMs', rollbackTimeoutMs(read)),
  }
}

/** What is to be done besides, where this call says so. */
export function runWishes(read: ReadWords): GivenWishes {
  const hooks = list(read, 'hook')?.filter((words) => words !== 'none')
  const [timeout, deadline] = ['hook-timeout', 'hook-deadline'].map((name) => {
    const given = text(read, name)
    return given === undefined ? undefined : parseDuration(given, `--${name}`)
  })
  return {
    ...optional('hooks', hooks?.map(hookOf)),
    ...optional('timeoutMs', timeout),
    ...optional('deadlineMs', deadline),
    ...optional('notify', list(read, 'notify')),
  }
}

function hookOf(words: string): Hook {
  const hook = parseHook(words)
  if (typeof hook === 'string') throw new UpgradeError('Usage', `--hook: ${hook}`)
  return hook
}

/** Which runs stay when others are deleted. */
export function retentionRule(read: ReadWords, now: number): RetentionRule {
  const [keep, age] = [text(read, 'keep'), text(read, 'older-than')]
  if (keep !== undefined && !/^\d{1,6}$/.test(keep))
    throw new UpgradeError('Usage', `--keep takes a number, not "${keep}"`)
  return {
    ...optional('keep', keep === undefined ? undefined : Number(keep)),
    ...optional('before', age === undefined ? undefined : now - ageMs(age)),
  }
}

/** Days as well: nobody counts the hours of a backup. */
function ageMs(age: string): number {
  const days = /^(\d{1,5})d$/.exec(age)?.[1]
  return days === undefined ? parseDuration(age, '--older-than') : Number(days) * 86_400_000
}

/** As helm reads it: `--history-max`, else its variable, else its own default. */
function historyMaxOf(read: ReadWords, env: Env): number | undefined {
  const at = read.rest.findLastIndex((word) => /^--history-max(=|$)/.test(word))
  const rest = at < 0 ? undefined : (read.rest[at]?.split('=')[1] ?? read.rest[at + 1])
  const given = rest ?? text(read, 'history-max') ?? env.HELM_MAX_HISTORY
  return given !== undefined && /^\d+$/.test(given) ? Number(given) : undefined
}

/** Which release is meant, for commands that take no more. */
export function releaseOf(read: ReadWords): { releaseName?: string; namespace?: string } {
  return { ...optional('releaseName', read.args.release), ...optional('namespace', text(read, 'namespace')) }
}

/** What `troubleshoot --fix` and `restart` are asked to do. */
export function repairWishOf(read: ReadWords): {
  releaseName?: string
  namespace?: string
  crdsFrom?: string
  timeoutMs: number
} {
  const timeoutMs = parseDuration(text(read, 'timeout') ?? '5m', '--timeout')
  return { ...releaseOf(read), ...optional('crdsFrom', text(read, 'crds-from')), timeoutMs }
}

/** Which run of which release is meant. */
export function runWishOf(read: ReadWords): { releaseName?: string; namespace?: string; runId?: string } {
  return { ...releaseOf(read), ...optional('runId', text(read, 'run')) }
}

/** How to reach the cluster and the chart repository: flags, and helm's environment under a helm plugin. */
export function connectOptions(read: ReadWords, program: Program, env: Env): ConnectOptions {
  const requestTimeout = text(read, 'request-timeout')
  return {
    ...(program.mode === 'helm' ? helmEnvironment(env) : {}),
    ...optional('kubeconfig', text(read, 'kubeconfig')),
    ...optional('kubeContext', text(read, 'kube-context')),
    ...optional('token', text(read, 'token')),
    ...optional('asUser', text(read, 'as')),
    ...optional('asGroups', list(read, 'as-group')),
    ...optional(
      'requestTimeoutMs',
      requestTimeout === undefined ? undefined : requestTimeoutMs(requestTimeout),
    ),
    ...optional('username', text(read, 'username')),
    ...optional('password', text(read, 'password')),
    ...optional('caFile', text(read, 'ca-file')),
    ...optional('keyring', text(read, 'keyring')),
    ...switchedOn('insecureSkipTlsVerify', read.flags['insecure-skip-tls-verify']),
    ...switchedOn('plainHttp', read.flags['plain-http']),
    ...switchedOn('verify', read.flags.verify),
  }
}

/** helm eats its global flags and hands them on only here; what was not given is an empty text. */
function helmEnvironment(env: Env): ConnectOptions {
  const groups = env.HELM_KUBEASGROUPS?.split(',').filter((group) => group !== '')
  return {
    ...optional('kubeContext', env.HELM_KUBECONTEXT || undefined),
    ...optional('token', env.HELM_KUBETOKEN || undefined),
    ...optional('asUser', env.HELM_KUBEASUSER || undefined),
    ...optional('asGroups', groups?.length ? groups : undefined),
    ...optional('apiServer', env.HELM_KUBEAPISERVER || undefined),
    ...optional('kubeCaFile', env.HELM_KUBECAFILE || undefined),
    ...optional('kubeTlsServerName', env.HELM_KUBETLS_SERVER_NAME || undefined),
    ...switchedOn('kubeInsecureSkipTlsVerify', env.HELM_KUBEINSECURE_SKIP_TLS_VERIFY === 'true'),
  }
}

/** helm always sets a namespace, so without RELEASE it says nothing. */
export function withHelmNamespace(read: ReadWords, program: Program, env: Env): ReadWords {
  const namespace = env.HELM_NAMESPACE
  const ignored =
    program.mode !== 'helm' || read.flags.namespace !== undefined || read.args.release === undefined
  return ignored || !namespace ? read : { ...read, flags: { ...read.flags, namespace } }
}

/** Whoever says --yes is not asked later either. */
function onFailure(read: ReadWords): UpgradeRequest['onFailure'] {
  if (read.flags.atomic === true || read.flags['rollback-on-failure'] === true) return 'rollback'
  const said = text(read, 'on-failure') as UpgradeRequest['onFailure'] | undefined
  return said ?? (read.flags.yes === true ? 'stop' : 'ask')
}

/** `--rollback-timeout` in milliseconds, where it is given. */
export function rollbackTimeoutMs(read: ReadWords): number | undefined {
  const given = text(read, 'rollback-timeout')
  return given === undefined ? undefined : parseDuration(given, '--rollback-timeout')
}

/** kubectl takes plain seconds as well. */
function requestTimeoutMs(value: string): number {
  return /^\d+$/.test(value) ? Number(value) * 1000 : parseDuration(value, '--request-timeout')
}

/** As in helm the first of these wins. */
function valuesMode(read: ReadWords, otherwise: ValuesMode): ValuesMode {
  if (read.flags['reset-values'] === true) return 'reset'
  if (read.flags['reuse-values'] === true) return 'reuse'
  if (read.flags['reset-then-reuse-values'] === true) return 'reset-then-reuse'
  return otherwise
}

function refuseUnbuilt(read: ReadWords): void {
  if (text(read, 'wait') === 'false') {
    throw new UpgradeError(
      'NotBuilt',
      '--wait=false is not available: the upgrade is verified, so it waits',
      {
        remedy: 'Set how long it waits: --timeout 10m',
      },
    )
  }
}

/** Flags as words again, as a person would type them. */
function wordsOf(read: ReadWords, names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const value = read.flags[name]
    if (value === true) return [`--${name}`]
    if (value === undefined || value === false) return []
    // helm takes the value of these only behind `=`.
    if (name === 'wait') return value === 'true' ? ['--wait'] : [`--wait=${String(value)}`]
    return (Array.isArray(value) ? value : [value]).flatMap((each) => [`--${name}`, each])
  })
}

function text(read: ReadWords, name: string): string | undefined {
  const value = read.flags[name]
  return typeof value === 'string' ? value : undefined
}

function list(read: ReadWords, name: string): string[] | undefined {
  const value = read.flags[name]
  return Array.isArray(value) ? value : undefined
}

function optional<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { [key in K]?: V }
}

function switchedOn<K extends string>(key: K, value: unknown): { [key in K]?: true } {
  return (value === true ? { [key]: true } : {}) as { [key in K]?: true }
}
