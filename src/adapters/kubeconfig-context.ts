import { existsSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { UpgradeError } from '../errors.js'
import { textField } from '../model/kube-object.js'
import type { Json } from '../model/values.js'
import { optionalText } from './json-fields.js'
import type { MergedKubeconfig } from './kubeconfig-file.js'

type Mapping = { [key: string]: Json }
type Env = Record<string, string | undefined>

/** Flags that say which cluster is meant and who asks. */
export interface KubeconfigOptions {
  kubeconfig?: string
  kubeContext?: string
  token?: string
  asUser?: string
  asGroups?: string[]
  apiServer?: string
  kubeCaFile?: string
  kubeInsecureSkipTlsVerify?: boolean
  kubeTlsServerName?: string
}

/** Cluster and user of a context, in the words of a kubeconfig. */
export interface ChosenContext {
  /** Empty inside a cluster. */
  name: string
  cluster: Mapping
  user: Mapping
}

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount'

/**
 * Chooses the context of the flag, else the current one, else the cluster that this process runs in, and
 * puts single flags over its settings. Throws `ContextUnknown` and `KubeconfigUnreadable`.
 */
export function chooseContext(merged: MergedKubeconfig, options: KubeconfigOptions, env: Env): ChosenContext {
  const name = options.kubeContext ?? merged.currentContext
  const isEmpty = merged.contexts.size === 0 && merged.clusters.size === 0
  const chosen =
    name !== undefined && (!isEmpty || options.kubeContext !== undefined)
      ? namedContext(merged, name, options)
      : withoutContext(merged, isEmpty, options, env)
  return {
    name: chosen.name,
    cluster: overriddenCluster(chosen.cluster, options),
    user: overriddenUser(chosen.user, options),
  }
}

function namedContext(merged: MergedKubeconfig, name: string, options: KubeconfigOptions): ChosenContext {
  const where = (merged.files.length > 0 ? merged.files : merged.searched).join(', ')
  const unknown = (message: string): UpgradeError =>
    new UpgradeError('ContextUnknown', `${message} kubeconfig ${where}`, { kubeContext: name })
  const context = merged.contexts.get(name)
  if (merged.files.length === 0) throw noKubeconfig(merged)
  if (!context) throw unknown(`context ${name} is not in`)
  const clusterName = textField(context, 'cluster')
  const cluster = merged.clusters.get(clusterName)
  if (!cluster && options.apiServer === undefined) {
    throw unknown(`context ${name} names cluster ${clusterName}, which is not in`)
  }
  const userName = textField(context, 'user')
  const user = merged.users.get(userName)
  if (!user && userName !== '') throw unknown(`context ${name} names user ${userName}, which is not in`)
  return { name, cluster: cluster ?? {}, user: user ?? {} }
}

function withoutContext(
  merged: MergedKubeconfig,
  isEmpty: boolean,
  options: KubeconfigOptions,
  env: Env,
): ChosenContext {
  if (options.apiServer !== undefined) return { name: '', cluster: {}, user: {} }
  if (!isEmpty) {
    const where = merged.files.join(', ')
    throw new UpgradeError('ContextUnknown', `no context is chosen: ${where} has no current-context`)
  }
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env
  if (host && port && existsSync(`${serviceAccount}/token`)) {
    const server = `https://${isIPv6(host) ? `[${host}]` : host}:${port}`
    const cluster = { server, 'certificate-authority': `${serviceAccount}/ca.crt` }
    return { name: '', cluster, user: { tokenFile: `${serviceAccount}/token` } }
  }
  throw noKubeconfig(merged)
}

function noKubeconfig({ files, searched }: MergedKubeconfig): UpgradeError {
  const where = searched.join(', ')
  const message =
    files.length > 0 ? `kubeconfig ${where} names no cluster` : `there is no kubeconfig ${where}`
  return new UpgradeError('KubeconfigUnreadable', message)
}

function overriddenCluster(cluster: Mapping, options: KubeconfigOptions): Mapping {
  const copy = { ...cluster }
  if (options.apiServer !== undefined) copy.server = options.apiServer
  if (options.kubeCaFile !== undefined) {
    copy['certificate-authority'] = options.kubeCaFile
    delete copy['certificate-authority-data']
  }
  if (options.kubeTlsServerName !== undefined) copy['tls-server-name'] = options.kubeTlsServerName
  if (options.kubeInsecureSkipTlsVerify === true) copy['insecure-skip-tls-verify'] = true
  return copy
}

function overriddenUser(user: Mapping, options: KubeconfigOptions): Mapping {
  const copy = { ...user }
  if (options.token !== undefined) {
    copy.token = options.token
    for (const key of ['exec', 'auth-provider', 'tokenFile', 'username', 'password']) delete copy[key]
  }
  if (options.asUser !== undefined) copy.as = options.asUser
  if (options.asGroups !== undefined) copy['as-groups'] = options.asGroups
  return copy
}

/** The address of a cluster without a slash at its end. Throws `KubeconfigUnreadable` where it is none. */
export function serverOf({ name, cluster }: ChosenContext): string {
  const server = optionalText(cluster, 'server')?.replace(/\/+$/, '')
  if (server !== undefined && URL.canParse(server)) return server
  throw new UpgradeError(
    'KubeconfigUnreadable',
    `the cluster of context ${name} has no valid server: ${server ?? ''}`,
  )
}
