/** Whether objects are there all the time: asked for every 50 ms while something else happens. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { apiClient } from '../bed/api.js'
import type { Bed } from '../bed/start.js'

const everyMs = 50

export interface Presence {
  /** How often was looked, and at which looks each path was absent. */
  end(): Promise<{ looks: number; absent: Record<string, number>; uids: Record<string, string[]> }>
}

/** Follows the objects at the given paths of the API server until `end` is called. */
export function followPresence({ apiServerUrl, dir }: Bed, paths: readonly string[]): Presence {
  const api = apiClient(apiServerUrl, join(dir, 'pki'), 'setup')
  const absent: Record<string, number> = Object.fromEntries(paths.map((path) => [path, 0]))
  const uids: Record<string, string[]> = Object.fromEntries(paths.map((path) => [path, []]))
  let looks = 0
  let ended = false
  const look = async (path: string): Promise<void> => {
    const { status, text } = await api.send('GET', path)
    if (status === 404) absent[path] = (absent[path] ?? 0) + 1
    if (status !== 200) return
    const { uid } = (JSON.parse(text) as { metadata: { uid: string } }).metadata
    if (!uids[path]?.includes(uid)) uids[path]?.push(uid)
  }
  const following = (async (): Promise<void> => {
    while (!ended) {
      await Promise.all([...paths.map(look), sleep(everyMs)])
      looks += 1
    }
  })()
  return {
    async end() {
      ended = true
      await following
      return { looks, absent, uids }
    },
  }
}

const group = '/apis/admissionregistration.k8s.io/v1'

/** The webhook configurations of a mesh called osm. */
export const osmWebhooks = [
  `${group}/mutatingwebhookconfigurations/osm-webhook-osm`,
  `${group}/validatingwebhookconfigurations/osm-validator-mesh-osm`,
]
