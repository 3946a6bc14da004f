/** etcd's JSON gateway, for what has to be done to a restored state before an API server sees it. */

interface KeyValue {
  key: string
  value: string
}

const timeoutMs = 10_000
const registry = '/registry'

/** Whether etcd answers that it is healthy. */
export async function etcdHealthy(url: string): Promise<boolean> {
  const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(timeoutMs) })
  return response.ok
}

/** KWOK takes a node's Lease over only when it has expired, 40 s after the saved bed's last renewal. */
export async function deleteNodeLeases(url: string): Promise<void> {
  await deleteRange(url, `${registry}/leases/kube-node-lease/`)
}

/**
 * Moves every Service to another loopback range by replacing the prefix of addresses ("127.120." by "127.131.").
 * Both have the same length, so the protobuf around them stays as it is.
 */
export async function moveServices(url: string, from: string, to: string): Promise<void> {
  for (const kind of ['services/specs', 'ipaddresses', 'servicecidrs']) {
    for (const { key, value } of await readRange(url, `${registry}/${kind}/`)) {
      const moved = { key: replaceText(key, from, to), value: replaceText(value, from, to) }
      if (moved.key !== key) await call(url, 'kv/deleterange', { key: encode(key) })
      await call(url, 'kv/put', { key: encode(moved.key), value: encode(moved.value) })
    }
  }
}

async function readRange(url: string, prefix: string): Promise<KeyValue[]> {
  const answer = (await call(url, 'kv/range', rangeOf(prefix))) as { kvs?: KeyValue[] }
  return (answer.kvs ?? []).map(({ key, value }) => ({ key: decode(key), value: decode(value) }))
}

async function deleteRange(url: string, prefix: string): Promise<void> {
  await call(url, 'kv/deleterange', rangeOf(prefix))
}

/** All keys that begin with a prefix that ends in "/": up to the same prefix ending in "0", the next byte. */
function rangeOf(prefix: string): object {
  return { key: encode(prefix), range_end: encode(prefix.replace(/\/$/, '0')) }
}

async function call(url: string, path: string, body: object): Promise<unknown> {
  const signal = AbortSignal.timeout(timeoutMs)
  const response = await fetch(`${url}/v3/${path}`, { method: 'POST', body: JSON.stringify(body), signal })
  if (!response.ok) throw new Error(`etcd ${path}: ${response.status} ${await response.text()}`)
  return response.json()
}

// Latin-1 keeps each byte as one character.
function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('latin1')
}

function encode(text: string): string {
  return Buffer.from(text, 'latin1').toString('base64')
}

function replaceText(text: string, from: string, to: string): string {
  return text.replaceAll(from, to)
}
