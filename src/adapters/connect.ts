import type { ReadPorts, WritePorts } from '../ports/ports.js'
import type { ProgressSink } from '../ports/outside.js'
import { ApiPaths } from './api-paths.js'
import { helmCli, type HelmCli } from './helm-cli.js'
import type { RepositoryLogin } from './helm-repositories.js'
import { kubeApiReader } from './kube-api.js'
import { kubeApiWriter } from './kube-api-writer.js'
import { loadKubeconfig } from './kubeconfig.js'
import type { KubeconfigOptions } from './kubeconfig-context.js'
import { releaseStorage } from './release-storage.js'
import { RestClient } from './rest-client.js'
import { fileRunStores } from './run-store.js'
import { SecretRegistry } from './secret-registry.js'
import { systemClock } from './system-clock.js'
import { terminalPrompter } from './terminal-prompter.js'
import { texts } from './texts.js'

/** How to reach the cluster, helm and the chart repository: flags, already parsed. */
export interface ConnectOptions extends KubeconfigOptions, RepositoryLogin {
  requestTimeoutMs?: number
  /** Ours, for the User-Agent. */
  version?: string
}

const defaultRequestTimeoutMs = 30_000

interface Connection {
  ports: ReadPorts
  client: RestClient
  paths: ApiPaths
  helm: HelmCli
  storage: ReturnType<typeof releaseStorage>
}

/** Readers only: nothing that planning is given can change the cluster. Throws for a kubeconfig that cannot be used. */
// What goes wrong is to be a rejection like everything else.

export async function connectForReading(
  options: ConnectOptions,
  progress: ProgressSink,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ReadPorts> {
  return connect(options, progress, env).ports
}

/** Readers and writers, for an upgrade. Throws for a kubeconfig that cannot be used. */

export async function connectForUpgrade(
  options: ConnectOptions,
  progress: ProgressSink,
  env: NodeJS.ProcessEnv = process.env,
): Promise<WritePorts> {
  const { ports, client, paths, helm, storage } = connect(options, progress, env)
  return {
    ...ports,
    helmWriter: helm.writer,
    clusterWriter: kubeApiWriter(client, paths),
    rawStorage: storage,
    runs: fileRunStores(env),
    prompter: terminalPrompter(),
  }
}

function connect(given: ConnectOptions, progress: ProgressSink, env: NodeJS.ProcessEnv): Connection {
  const options = { ...pluginOptions(env), ...given }
  const secrets = new SecretRegistry()
  secrets.add(options.token, options.password)
  const access = loadKubeconfig(options, env, (secret) => secrets.add(secret))
  const client = new RestClient(access, {
    timeoutMs: options.requestTimeoutMs ?? defaultRequestTimeoutMs,
    userAgent: `kubectl-mesh-upgrade/${options.version ?? 'dev'}`,
  })
  const paths = new ApiPaths(client)
  const { kubeContext } = access
  const binary = env.HELM_BIN || 'helm'
  const helm = helmCli({ binary, env, kube: options, kubeContext, login: options, secrets })
  const storage = releaseStorage(client, env.HELM_DRIVER, secrets)
  const ports: ReadPorts = {
    helm: helm.reader,
    cluster: kubeApiReader(client, paths, secrets),
    releases: storage,
    texts,
    clock: systemClock,
    progress,
    redact: secrets.redact,
  }
  return { ports, client, paths, helm, storage }
}

/** As a plugin we see these global flags of helm only in the environment (load_plugins.go). */
function pluginOptions(env: NodeJS.ProcessEnv): ConnectOptions {
  if (!env.HELM_PLUGIN_NAME) return {}
  const { HELM_KUBEAPISERVER: apiServer, HELM_KUBECAFILE: kubeCaFile } = env
  const { HELM_KUBETLS_SERVER_NAME: kubeTlsServerName, HELM_KUBEINSECURE_SKIP_TLS_VERIFY: insecure } = env
  return {
    ...(apiServer ? { apiServer } : {}),
    ...(kubeCaFile ? { kubeCaFile } : {}),
    ...(kubeTlsServerName ? { kubeTlsServerName } : {}),
    ...(insecure === 'true' ? { kubeInsecureSkipTlsVerify: true } : {}),
  }
}
