import { KubeConfig, type Cluster, type User } from '@kubernetes/client-node'
import { readFileSync } from 'node:fs'
import { Agent as HttpAgent } from 'node:http'
import { type AgentOptions, type RequestOptions } from 'node:https'
import { createSecureContext } from 'node:tls'
import { messageOf, UpgradeError } from '../errors.js'
import { isMapping, type Json } from '../model/values.js'
import { fileReason } from './file-reason.js'
import { runExecPlugin, type ExecCredential } from './exec-credential.js'
import { listAt, optionalText } from './json-fields.js'
import { chooseContext, serverOf, type ChosenContext, type KubeconfigOptions } from './kubeconfig-context.js'
import { readKubeconfigFiles } from './kubeconfig-file.js'
import { shellQuote } from '../model/shell-words.js'
import { proxyFor } from './proxy-environment.js'

type Mapping = { [key: string]: Json }
type Env = Record<string, string | undefined>

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
  /** `kubectl` with the words that reach the same cluster, for a person. */
  kubectl: string
  /** Cached until the credential runs out; `renew` after the server refused it. Throws `ClusterUnreachable`. */
  security(renew?: boolean): Promise<RequestSecurity>
}

/** More connections cost more handshakes than they save. */
const maxSockets = 8
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
  env: Env,
  onSecret: (secret: string) => void,
): ClusterAccess {
  const context = chooseContext(readKubeconfigFiles(options.kubeconfig, env), options, env)
  const { user, cluster } = context
  const server = serverOf(context)
  for (const secret of [user.token, user.password]) if (typeof secret === 'string') onSecret(secret)
  let current: Promise<RequestSecurity> | undefined
  let until = Infinity
  const authorize = async (): Promise<RequestSecurity> => {
    until = Infinity
    const exec = isMapping(user.exec) ? await runExecPlugin(user.exec, cluster, context.name) : {}
    until =
      exec.expiresAt ??
      (optionalText(user, 'tokenFile') === undefined ? Infinity : Date.now() + tokenFileLastsMs)
    if (exec.token !== undefined) onSecret(exec.token)
    return securityOf({ context, server, exec, env })
  }
  return {
    kubeContext: context.name,
    server,
    kubectl: kubectlWords(options, context.name),
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

function kubectlWords({ kubeconfig }: KubeconfigOptions, context: string): string {
  const file = kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]
  return shellQuote(['kubectl', ...file, ...(context === '' ? [] : ['--context', context])])
}

interface SecurityParts {
  context: ChosenContext
  server: string
  exec: ExecCredential
  env: Env
}

async function securityOf({ context, server, exec, env }: SecurityParts): Promise<RequestSecurity> {
  const { name, cluster, user } = context
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
    throw new UpgradeError('KubeconfigUnreadable', `use context ${name}: ${messageOf(error)}`, {}, error)
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
    if (value !== undefined) Object.assign(kept, { [name]: value })
  }
  if (cluster.server.startsWith('http:') && !cluster.proxyUrl) return new HttpAgent(kept)
  // Without this every connection would read certificates and key anew. A proxy's agent makes its own.
  if (!cluster.proxyUrl) kept.secureContext = createSecureContext({ ca, cert, key })
  const maker = config as unknown as { createAgent(cluster: Cluster, options: AgentOptions): HttpAgent }
  return maker.createAgent(cluster, kept)
}

function clientClusterOf(server: string, cluster: Mapping, env: Env): Cluster {
  const proxyUrl = optionalText(cluster, 'proxy-url') ?? proxyFor(server, env)
  return compact<Cluster>({
    name: 'cluster',
    server,
    skipTLSVerify: cluster['insecure-skip-tls-verify'] === true || server.startsWith('http:'),
    caData: optionalText(cluster, 'certificate-authority-data'),
    caFile: optionalText(cluster, 'certificate-authority'),
    tlsServerName: optionalText(cluster, 'tls-server-name'),
    proxyUrl,
  })
}

function clientUserOf(user: Mapping, exec: ExecCredential): User {
  const tokenFile = optionalText(user, 'tokenFile')
  // As in client-go, the file outweighs the token.
  const fromFile = tokenFile === undefined ? undefined : readToken(tokenFile)
  return compact<User>({
    name: 'user',
    certData: optionalText(user, 'client-certificate-data'),
    certFile: optionalText(user, 'client-certificate'),
    keyData: optionalText(user, 'client-key-data'),
    keyFile: optionalText(user, 'client-key'),
    token: exec.token ?? fromFile ?? optionalText(user, 'token'),
    username: optionalText(user, 'username'),
    password: optionalText(user, 'password'),
    authProvider: isMapping(user['auth-provider']) ? user['auth-provider'] : undefined,
    impersonateUser: optionalText(user, 'as'),
  })
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new UpgradeError(
      'KubeconfigUnreadable',
      `read token file ${file}: ${fileReason(error)}`,
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
  const groups = listAt(user, 'as-groups').map(String)
  if (groups.length > 0) headers['Impersonate-Group'] = groups
  const uid = optionalText(user, 'as-uid')
  if (uid !== undefined) headers['Impersonate-Uid'] = uid
  const extra = isMapping(user['as-user-extra']) ? user['as-user-extra'] : {}
  for (const [key, values] of Object.entries(extra)) {
    headers[`Impersonate-Extra-${encodeURIComponent(key)}`] = Array.isArray(values) ? values.map(String) : []
  }
  return headers
}

/** Without the members that are undefined. */
function compact<T extends object>(members: { [key in keyof T]: T[key] | undefined }): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T
}
