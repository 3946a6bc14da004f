import { spawn } from 'node:child_process'
import { messageOf, UpgradeError } from '../errors.js'
import { field, textField } from '../model/kube-object.js'
import { isMapping, type Json } from '../model/values.js'
import { listAt, optionalText } from './json-fields.js'

type Mapping = { [key: string]: Json }

/** What a credential plugin gave. */
export interface ExecCredential {
  token?: string
  certificate?: string
  key?: string
  /** Milliseconds since 1970; absent where it lasts until the server refuses it. */
  expiresAt?: number
}

const timeoutMs = 120_000

/**
 * Runs a kubeconfig's `exec` plugin (client.authentication.k8s.io) once.
 * Throws `ClusterUnreachable` with the plugin's own words and its installHint.
 */
export async function runExecPlugin(
  exec: Mapping,
  cluster: Mapping,
  context: string,
): Promise<ExecCredential> {
  const command = textField(exec, 'command')
  const args = Array.isArray(exec.args) ? exec.args.map(String) : []
  try {
    return readCredential(await run(command, args, environmentOf(exec, cluster)))
  } catch (error) {
    const hint = typeof exec.installHint === 'string' ? `; ${exec.installHint.trim()}` : ''
    const message = `log in with ${command} (exec of the kubeconfig's user): ${messageOf(error)}${hint}`
    throw new UpgradeError(
      'ClusterUnreachable',
      message,
      { kubectl: context === '' ? 'kubectl' : `kubectl --context ${context}` },
      error,
    )
  }
}

function environmentOf(exec: Mapping, cluster: Mapping): NodeJS.ProcessEnv {
  const own = listAt(exec, 'env').map((entry) => [textField(entry, 'name'), textField(entry, 'value')])
  const info = {
    apiVersion: exec.apiVersion,
    kind: 'ExecCredential',
    spec: {
      interactive: process.stdin.isTTY && exec.interactiveMode !== 'Never',
      ...(exec.provideClusterInfo === true ? { cluster: withoutPaths(cluster) } : {}),
    },
  }
  return {
    ...process.env,
    ...(Object.fromEntries(own) as NodeJS.ProcessEnv),
    KUBERNETES_EXEC_INFO: JSON.stringify(info),
  }
}

/** The plugin is given what the API calls a Cluster: data, no files. */
function withoutPaths(cluster: Mapping): Mapping {
  return Object.fromEntries(Object.entries(cluster).filter(([key]) => key !== 'certificate-authority'))
}

function run(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['inherit', 'pipe', 'pipe'], timeout: timeoutMs })
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(stdout)
      else
        reject(
          new Error(
            stderr.trim() || (code === null ? `no answer in ${timeoutMs / 1000} s` : `exit code ${code}`),
          ),
        )
    })
  })
}

function readCredential(stdout: string): ExecCredential {
  let parsed: unknown
  try {
    parsed = JSON.parse(stdout)
  } catch {
    throw new Error('it printed no ExecCredential')
  }
  const status = field(parsed, 'status')
  if (!isMapping(status)) throw new Error('it printed no ExecCredential with a status')
  const [token, certificate, key] = [
    optionalText(status, 'token'),
    optionalText(status, 'clientCertificateData'),
    optionalText(status, 'clientKeyData'),
  ]
  const expiresAt = Date.parse(textField(status, 'expirationTimestamp'))
  return {
    ...(token === undefined ? {} : { token }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
    ...(Number.isNaN(expiresAt) ? {} : { expiresAt }),
  }
}
