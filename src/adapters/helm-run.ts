import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { messageOf, UpgradeError } from '../errors.js'
import { parseVersion } from '../model/version.js'
import type { HelmVersion } from '../ports/helm.js'
import type { KubeconfigOptions } from './kubeconfig-context.js'

/** How helm is called. */
export interface HelmRunnerOptions {
  /** HELM_BIN, or `helm` on the PATH. */
  binary: string
  env: NodeJS.ProcessEnv
  kube: KubeconfigOptions
  /** The context that our own client uses: helm is held to it, whatever the kubeconfig says later. */
  kubeContext: string
}

export interface HelmCall {
  env?: NodeJS.ProcessEnv
  /** What helm reads; without it stdin is empty. */
  input?: string
  /** True where helm is to read our own stdin (`-f -`). */
  inheritStdin?: boolean
  timeoutMs?: number
}

export interface HelmResult {
  code: number | null
  stdout: string
  stderr: string
}

const defaultTimeoutMs = 120_000
/** Variables that would send helm to another cluster than our own client, or add debug output. */
const ours = /^HELM_(KUBE\w*|NAMESPACE|DEBUG)$/

/** Runs the helm binary. */
export class HelmRunner {
  private found: Promise<HelmVersion> | undefined

  constructor(private readonly options: HelmRunnerOptions) {}

  get binary(): string {
    return this.options.binary
  }

  /** The version, asked for once. Throws `HelmUnusable` for none and for what is too old. */
  version(): Promise<HelmVersion> {
    this.found ??= this.readVersion()
    return this.found
  }

  /** Runs helm to its end. Throws `HelmUnusable` where it cannot be started or does not end in time. */
  async run(args: readonly string[], call: HelmCall = {}): Promise<HelmResult> {
    const stdin = call.inheritStdin === true ? 'inherit' : call.input === undefined ? 'ignore' : 'pipe'
    const child = this.start(args, { stdio: [stdin, 'pipe', 'pipe'], env: this.environment(call.env) })
    const timeoutMs = call.timeoutMs ?? defaultTimeoutMs
    let timedOut = false
    const deadline = setTimeout(() => {
      timedOut = true
      child.kill('SIGTERM')
    }, timeoutMs)
    try {
      const result = await this.collect(child, call.input)
      if (!timedOut) return result
    } finally {
      clearTimeout(deadline)
    }
    throw new UpgradeError(
      'HelmUnusable',
      `helm ${args[0] ?? ''} gave no answer within ${timeoutMs / 1000} s`,
    )
  }

  /** Starts helm and returns at once. */
  start(args: readonly string[], options: SpawnOptions): ChildProcess {
    return spawn(this.binary, args, { env: this.environment(), ...options })
  }

  /** Global flags that name the cluster; a token goes by the environment, which others cannot read. */
  clusterFlags(): string[] {
    const { kube, kubeContext } = this.options
    return clusterFlagsOf(kubeContext === '' ? kube : { ...kube, kubeContext })
  }

  /** The same as a person would type them: only what was asked for. */
  typedClusterFlags(): string[] {
    return clusterFlagsOf(this.options.kube)
  }

  environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    const { env, kube } = this.options
    const kept = Object.entries(env).filter(([name]) => !ours.test(name))
    const token = kube.token === undefined ? {} : { HELM_KUBETOKEN: kube.token }
    return { ...Object.fromEntries(kept), ...token, ...more }
  }

  /** What cannot be started, in words. */
  unusable(error: unknown): UpgradeError {
    const { code } = error as NodeJS.ErrnoException
    const onPath = /[\\/]/.test(this.binary) ? '' : ' on the PATH'
    const why = code === 'ENOENT' ? `there is no such program${onPath}` : unstartable(code, error)
    return new UpgradeError('HelmUnusable', `run ${this.binary}: ${why}`, {}, error)
  }

  private collect(child: ChildProcess, input: string | undefined): Promise<HelmResult> {
    return new Promise((resolve, reject) => {
      let [stdout, stderr] = ['', '']
      child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text))
      child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
      child.on('error', (error) => reject(this.unusable(error)))
      child.on('close', (code) => resolve({ code, stdout, stderr }))
      // helm may end without having read all of it.
      child.stdin?.on('error', () => undefined).end(input)
    })
  }

  private async readVersion(): Promise<HelmVersion> {
    const { code, stdout, stderr } = await this.run(['version', '--template', '{{.Version}}'])
    const version = stdout.trim()
    const parts = code === 0 ? parseVersion(version) : undefined
    if (!parts) {
      const words = (stderr.trim() || version).split('\n')[0] ?? ''
      throw new UpgradeError(
        'HelmUnusable',
        `${this.binary} does not say its version: ${words || `it ended with exit code ${String(code)}`}`,
      )
    }
    const { major, minor } = parts
    // 4.0 and 4.1 lose objects and nulls (helm/helm v4.1.1 and v4.2.0 release notes).
    const supported = (major === 3 && minor >= 18) || (major === 4 && minor >= 2)
    if (!supported)
      throw new UpgradeError('HelmUnusable', `${this.binary} is helm ${version}, which is not supported`)
    return { major: major, version, binary: this.binary }
  }
}

function unstartable(code: string | undefined, error: unknown): string {
  return code === 'EACCES' ? 'it may not be run (permission denied)' : messageOf(error)
}

function clusterFlagsOf(kube: KubeconfigOptions): string[] {
  const flag = (name: string, value: string | undefined): string[] =>
    value === undefined ? [] : [name, value]
  return [
    ...flag('--kubeconfig', kube.kubeconfig),
    ...flag('--kube-context', kube.kubeContext),
    ...flag('--kube-as-user', kube.asUser),
    ...(kube.asGroups ?? []).flatMap((group) => ['--kube-as-group', group]),
    ...flag('--kube-apiserver', kube.apiServer),
    ...flag('--kube-ca-file', kube.kubeCaFile),
    ...flag('--kube-tls-server-name', kube.kubeTlsServerName),
    ...(kube.kubeInsecureSkipTlsVerify === true ? ['--kube-insecure-skip-tls-verify'] : []),
  ]
}
