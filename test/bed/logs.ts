/**
 * What `kubectl logs` answers on a bed. All containers share `logs/default.log`, unless setPodLog gave a pod's
 * container its own, or the pod's annotation `bed.mesh-upgrade.dev/log: NAME` names a text that setLog wrote.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { apiClient, type ApiClient } from './api.js'
import type { Bed } from './start.js'

const group = 'kwok.x-k8s.io'

/** Writes the text of `logs/<name>.log` in the bed's folder, for pods annotated with that name; also `default`. */
export function setLog(bed: Pick<Bed, 'dir'>, name: string, text: string): void {
  writeLog(join(bed.dir, 'logs'), `${name}.log`, text)
}

/**
 * Sets the log of one container of one existing or coming pod, also for `--previous`.
 * Throws when the API server refuses it.
 */
export async function setPodLog(
  bed: Bed,
  pod: { namespace: string; name: string; container: string },
  text: string,
): Promise<void> {
  const file = `${pod.namespace}_${pod.name}_${pod.container}.log`
  writeLog(join(bed.dir, 'logs'), file, text)
  const api = apiClient(bed.apiServerUrl, join(bed.dir, 'pki'), 'setup')
  const collection = `/apis/${group}/v1alpha1/namespaces/${pod.namespace}/logs`
  const answer = await api.send('GET', `${collection}/${pod.name}`)
  const before = answer.status === 200 ? (JSON.parse(answer.text) as LogsObject).spec.logs : []
  const others = before.filter(({ containers }) => !containers?.includes(pod.container))
  const entry = { containers: [pod.container], ...logFiles(file) }
  const spec = { logs: [entry, ...(others.length > 0 ? others : [logFiles('default.log')])] }
  if (answer.status === 200) await api.expect('PATCH', `${collection}/${pod.name}`, { spec })
  else await api.expect('POST', collection, { ...logsObject, metadata: { name: pod.name }, spec })
}

/** Writes the default log and makes `Logs` objects known to the API server. */
export async function prepareLogs(dir: string, api: ApiClient): Promise<void> {
  // A restored state brings its own.
  if (!existsSync(join(dir, 'logs', 'default.log'))) {
    setLog({ dir }, 'default', 'log of a container in the test bed\n')
  }
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
  // It may have the definition too.
  await api.expect('POST', path, logsDefinition, [409])
}

interface LogsObject {
  spec: { logs: { containers?: string[]; logsFile: string; previousLogsFile: string }[] }
}

/** Relative: KWOK works in the bed's folder, and a restored bed has another. */
function logFiles(file: string): { logsFile: string; previousLogsFile: string } {
  return { logsFile: `logs/${file}`, previousLogsFile: `logs/${file}` }
}

/** In the format of container runtimes, which is what KWOK reads. */
function writeLog(folder: string, file: string, text: string): void {
  const now = new Date().toISOString()
  const lines = text.replace(/\n$/, '').split('\n')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, file), lines.map((line) => `${now} stdout F ${line}\n`).join(''))
}

const logsObject = { apiVersion: `${group}/v1alpha1`, kind: 'Logs' }

const logsDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `logs.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { kind: 'Logs', listKind: 'LogsList', plural: 'logs', singular: 'logs' },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}
