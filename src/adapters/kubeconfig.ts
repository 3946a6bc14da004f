import { KubeConfig, type Cluster, type User } from '@kubernetes/client-node'
import { existsSync, readFileSync } from 'node:fs'
import { Agent as HttpAgent } from 'node:http'
import { type AgentOptions, type RequestOptions } from 'node:https'
import { messageOf, UpgradeError } from '../errors.js'
import { isMapping, type Json } from '../model/values.js'
import { runExecPlugin, type ExecCredential } from './exec-credential.js'
import { readKubeconfigFiles, type MergedKubeconfig } from './kubeconfig-file.js'
import { proxyFor } from './proxy-environment.js'

type Mapping = { [key: string]: Json }

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

/** What a request needs to be sent: agent with TLS material, and headers. */
export interface RequestSecurity {
  agent: HttpAgent
  headers: Record<string, string | string[]>
}

/** The cluster of one context and how to be let in. */
export interface ClusterAccess {
  /** Name of the context; empty inside a cluster. */
  kubeContext: string
  server: string
  /** Cached until the credential runs out; `renew` after the server refused it. Throws `ClusterUnreachable`. */
  security(renew?: boolean): Promise<RequestSecurity>
}

const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token'
const maxSockets = 16
/** Token files are rotated; client-go reads them again after a minute. */
const tokenFileLastsMs = 60_000

/**
 * Chooses cluster and user as kubectl does: files merged, context from the flag or the first current-context,
 * single settings overridden by flags, in-cluster only where there is no kubeconfig.
 * @param onSecret is told every text that must appear in no output, also later
 * Throws `KubeconfigUnreadable` and `ContextUnknown`.
 */
export function loadKubeconfig(
  options: KubeconfigOptions,
  env: Record<string, string | undefined>,
  onSecret: (secret: string) => void,
): ClusterAccess {
  const merged = readKubeconfigFiles(options.kubeconfig, env)
  const chosen = chooseContext(merged, options)
  const { name, cluster, user } = chosen ?? inCluster(merged)
  return accessOf({
    kubeContext: name,
    cluster: overriddenCluster(cluster, options),
    user: overriddenUser(user, options),
    env,
    onSecret,
  })
}

interface Chosen {
  name: string
  cluster: Mapping
  user: Mapping
}

function chooseContext(merged: MergedKubeconfig, options: KubeconfigOptions): Chosen | undefined {
  const name = options.kubeContext ?? merged.currentContext
  const where = merged.files.join(', ')
  if (name === undefined) {
    if (options.apiServer !== undefined) return { name: '', cluster: {}, user: {} }
    if (merged.contexts.size === 0 && merged.clusters.size === 0) return undefined
    throw new UpgradeError('ContextUnknown', `no context is chosen: ${where} has no current-context`)
  }
  const context = merged.contexts.get(name)
  if (!context) {
    if (options.kubeContext === undefined && merged.contexts.size === 0 && merged.clusters.size === 0)
      return undefined
    const file = where || merged.searched.join(', ')
    throw new UpgradeError('ContextUnknown', `context ${name} is not in kubeconfig ${file}`, {
      kubeContext: name,
    })
  }
  const cluster = merged.clusters.get(String(context.cluster))
  if (!cluster && options.apiServer === undefined) {
    const message = `context ${name} names cluster ${String(context.cluster)}, which is not in kubeconfig ${where}`
    throw new UpgradeError('ContextUnknown', message, { kubeContext: name })
  }
  const userName = typeof context.user === 'string' ? context.user : ''
  const user = merged.users.get(userName)
  if (!user && userName !== '') {
    const message = `context ${name} names user ${userName}, which is not in kubeconfig ${where}`
    throw new UpgradeError('ContextUnknown', message, { kubeContext: name })
  }
  return { name, cluster: cluster ?? {}, user: user ?? {} }
}

function inCluster(merged: MergedKubeconfig): Chosen {
  if (!existsSync(serviceAccountToken)) {
    const message = `no kubeconfig: ${merged.searched.join(', ')} names no cluster`
    throw new UpgradeError('KubeconfigUnreadable', message)
  }
  const config = new KubeConfig()
  config.loadFromCluster()
  const { server = '', caFile = '' } = config.getCurrentCluster() ?? {}
  const cluster = { server, 'certificate-authority': caFile }
  return { name: '', cluster, user: { tokenFile: serviceAccountToken } }
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

interface AccessParts {
  kubeContext: string
  cluster: Mapping
  user: Mapping
  env: Record<string, string | undefined>
  onSecret: (secret: string) => void
}

function accessOf(parts: AccessParts): ClusterAccess {
  const { kubeContext, cluster, user, onSecret } = parts
  const server = text(cluster.server)?.replace(/\/+$/, '')
  if (server === undefined || !URL.canParse(server)) {
    const message = `the cluster of context ${kubeContext} has no valid server: ${server ?? ''}`
    throw new UpgradeError('KubeconfigUnreadable', message)
  }
  for (const secret of [user.token, user.password]) if (typeof secret === 'string') onSecret(secret)
  let current: Promise<RequestSecurity> | undefined
  let until = Infinity
  const authorize = async (): Promise<RequestSecurity> => {
    until = Infinity
    const exec = isMapping(user.exec) ? await runExecPlugin(user.exec, cluster, kubeContext) : {}
    until = exec.expiresAt ?? (typeof user.tokenFile === 'string' ? Date.now() + tokenFileLastsMs : Infinity)
    if (exec.token !== undefined) onSecret(exec.token)
    return securityOf({ ...parts, server, exec })
  }
  return {
    kubeContext,
    server,
    security(renew = false) {
      if (!renew && current && until > Date.now()) return current
      const asked = authorize()
      current = asked
      // A login that failed is tried again by the next call.
      asked.catch(() => (current = current === asked ? undefined : current))
      return asked
    },
  }
}

interface SecurityParts extends AccessParts {
  server: string
  exec: ExecCredential
}

async function securityOf(parts: SecurityParts): Promise<RequestSecurity> {
  const { kubeContext, server, cluster, user, exec, env } = parts
  const config = new KubeConfig()
  const clientCluster = clientClusterOf(server, cluster, env)
  const clientUser = clientUserOf(user, exec)
  config.loadFromOptions({
    clusters: [clientCluster],
    users: [clientUser],
    contexts: [{ name: 'context', cluster: clientCluster.name, user: clientUser.name }],
    currentContext: 'context',
  })
  const options: RequestOptions = {}
  try {
    await config.applyToHTTPSOptions(options)
  } catch (error) {
    throw new UpgradeError(
      'KubeconfigUnreadable',
      `use context ${kubeContext}: ${messageOf(error)}`,
      {},
      error,
    )
  }
  if (exec.certificate !== undefined) options.cert = exec.certificate
  if (exec.key !== undefined) options.key = exec.key
  return { agent: keepAliveAgent(config, clientCluster, options), headers: headersOf(options, user) }
}

/** client-node makes an agent for each call; the same maker, asked once, for connections that are kept. */
function keepAliveAgent(config: KubeConfig, cluster: Cluster, options: RequestOptions): HttpAgent {
  const { ca, cert, key, rejectUnauthorized, servername } = options
  const kept: AgentOptions = { keepAlive: true, maxSockets, scheduling: 'lifo' }
  for (const [name, value] of Object.entries({ ca, cert, key, rejectUnauthorized, servername })) {
    if (value !== undefined) Object.assign(kept, { [name]: value as unknown })
  }
  if (cluster.server.startsWith('http:') && !cluster.proxyUrl) return new HttpAgent(kept)
  const maker = config as unknown as { createAgent(cluster: Cluster, options: AgentOptions): HttpAgent }
  return maker.createAgent(cluster, kept)
}

function clientClusterOf(server: string, cluster: Mapping, env: Record<string, string | undefined>): Cluster {
  const proxyUrl = text(cluster['proxy-url']) ?? proxyFor(server, env)
  return compact<Cluster>({
    name: 'cluster',
    server,
    skipTLSVerify: cluster['insecure-skip-tls-verify'] === true || server.startsWith('http:'),
    caData: text(cluster['certificate-authority-data']),
    caFile: text(cluster['certificate-authority']),
    tlsServerName: text(cluster['tls-server-name']),
    proxyUrl,
  })
}

function clientUserOf(user: Mapping, exec: ExecCredential): User {
  const tokenFile = text(user.tokenFile)
  // As in client-go, the file outweighs the token.
  const fromFile = tokenFile === undefined ? undefined : readToken(tokenFile)
  return compact<User>({
    name: 'user',
    certData: text(user['client-certificate-data']),
    certFile: text(user['client-certificate']),
    keyData: text(user['client-key-data']),
    keyFile: text(user['client-key']),
    token: exec.token ?? fromFile ?? text(user.token),
    username: text(user.username),
    password: text(user.password),
    authProvider: isMapping(user['auth-provider']) ? user['auth-provider'] : undefined,
    impersonateUser: text(user.as),
  })
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new UpgradeError(
      'KubeconfigUnreadable',
      `read token file ${file}: ${messageOf(error)}`,
      { file },
      error,
    )
  }
}

/** Headers of the login, with the impersonation that client-node leaves out. */
function headersOf(options: RequestOptions, user: Mapping): RequestSecurity['headers'] {
  const headers: RequestSecurity['headers'] = {}
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (value !== undefined && value !== null) headers[name] = value as string | string[]
  }
  if (typeof options.auth === 'string') {
    headers.Authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`
  }
  const groups = user['as-groups']
  if (Array.isArray(groups) && groups.length > 0) headers['Impersonate-Group'] = groups.map(String)
  const uid = text(user['as-uid'])
  if (uid !== undefined) headers['Impersonate-Uid'] = uid
  const extra = isMapping(user['as-user-extra']) ? user['as-user-extra'] : {}
  for (const [key, values] of Object.entries(extra)) {
    headers[`Impersonate-Extra-${encodeURIComponent(key)}`] = Array.isArray(values) ? values.map(String) : []
  }
  return headers
}

function text(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Without the members that are undefined. */
function compact<T extends object>(members: { [key in keyof T]: T[key] | undefined }): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T
}
