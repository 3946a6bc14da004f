import type { ReadPorts, WritePorts } from '../ports/ports.js'
import type { ProgressSink } from '../ports/outside.js'
import { ApiPaths } from './api-paths.js'
import { chartPacker } from './chart-packer.js'
import { helmCli, type HelmCli } from './helm-cli.js'
import type { RepositoryLogin } from './helm-repositories.js'
import { hookRunner } from './hook-runner.js'
import { kubeApiReader } from './kube-api.js'
import { kubeApiWriter } from './kube-api-writer.js'
import { keptRuns } from './kept-runs.js'
import { loadKubeconfig } from './kubeconfig.js'
import type { KubeconfigOptions } from './kubeconfig-context.js'
import { notifier } from './notifier.js'
import { releaseStorageWriter } from './release-mend.js'
import { releaseStorage } from './release-storage.js'
import { rawObjectWriter } from './raw-writer.js'
import { RestClient } from './rest-client.js'
import { fileRunStores } from './run-store.js'
import { SecretRegistry } from './secret-registry.js'
import { systemClock } from './system-clock.js'
import { systemProcesses } from './system-processes.js'
import { terminalPrompter } from './terminal-prompter.js'
import { texts } from './texts.js'

/** How to reach the cluster, helm and the chart repository: flags, already parsed. */
export interface ConnectOptions extends KubeconfigOptions, RepositoryLogin {
  requestTimeoutMs?: number
  /** Ours, for the User-Agent. */
  version?: string
  /** Ends the waiting for a lost server at once; what waits then fails. */
  signal?: AbortSignal
}

const defaultRequestTimeoutMs = 30_000
/** For how long a server that has answered before is waited for: while reading only, and while changing. */
const patience = { readingMs: 20_000, changingMs: 60_000 }

interface Connection {
  ports: ReadPorts
  client: RestClient
  paths: ApiPaths
  helm: HelmCli
  storage: ReturnType<typeof releaseStorage>
  secrets: SecretRegistry
}

/** Readers only: nothing that planning is given can change the cluster. Throws for a kubeconfig that cannot be used. */
// What goes wrong is to be a rejection like everything else.

export async function connectForReading(
  options: ConnectOptions,
  progress: ProgressSink,
  env: NodeJS.ProcessEnv = process.env,
): Promise<ReadPorts> {
  return connect(options, progress, env, patience.readingMs).ports
}

/** Readers and writers, for an upgrade. Throws for a kubeconfig that cannot be used. */

export async function connectForUpgrade(
  options: ConnectOptions,
  progress: ProgressSink,
  env: NodeJS.ProcessEnv = process.env,
): Promise<WritePorts> {
  const { ports, client, paths, helm, storage, secrets } = connect(
    options,
    progress,
    env,
    patience.changingMs,
  )
  return {
    ...ports,
    helmWriter: helm.writer,
    clusterWriter: kubeApiWriter(client, paths),
    rawStorage: storage,
    releaseWriter: releaseStorageWriter(client, env.HELM_DRIVER, () => systemClock.now()),
    rawWriter: rawObjectWriter(client, paths),
    runs: fileRunStores(env, secrets),
    hookRunner: hookRunner(env),
    notifier: notifier(env),
    prompter: terminalPrompter(),
  }
}

function connect(
  given: ConnectOptions,
  progress: ProgressSink,
  env: NodeJS.ProcessEnv,
  patienceMs: number,
): Connection {
  const options = { ...pluginOptions(env), ...given }
  const secrets = new SecretRegistry()
  secrets.add(options.token, options.password)
  const access = loadKubeconfig(options, env, (secret) => secrets.add(secret))
  const client = new RestClient(access, {
    timeoutMs: options.requestTimeoutMs ?? defaultRequestTimeoutMs,
    userAgent: `kubectl-mesh-upgrade/${options.version ?? 'dev'}`,
    patienceMs,
    tell: (message) => progress({ type: 'note', message: secrets.redact(message) }),
    ...(options.signal ? { signal: options.signal } : {}),
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
    charts: chartPacker(),
    clock: systemClock,
    processes: systemProcesses,
    keptRuns: keptRuns(env),
    progress,
    redact: secrets.redact,
  }
  return { ports, client, paths, helm, storage, secrets }
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
