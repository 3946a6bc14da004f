/**
 * A slot is what beds side by side must not share: five ports on 127.0.0.1 and a loopback range for the
 * ClusterIPs of Services. It is held by listening on its first port, so the kernel frees it with its holder.
 */
import { createServer, type Server } from 'node:net'
import { once } from 'node:events'

export interface Slot {
  number: number
  ports: { apiServer: number; etcd: number; etcdPeer: number; kubelet: number }
  /** For --service-cluster-ip-range; on Linux every address in it can be listened on. */
  serviceRange: string
  release: () => Promise<void>
}

// Three digits in every number: restoring into another slot replaces "127.120." by a text of equal length.
const firstNumber = 100
const lastNumber = 249
// Below the ports that kernels give to outgoing connections.
const firstPort = 20_000
const portsEach = 16

/**
 * Reserves a free slot; `preferred` is tried first. Throws when none of the 150 is free.
 */
export async function reserveSlot(preferred?: number): Promise<Slot> {
  const count = lastNumber - firstNumber + 1
  const start = Math.floor(Math.random() * count)
  const numbers = Array.from({ length: count }, (_, i) => firstNumber + ((start + i) % count))
  for (const number of preferred === undefined ? numbers : [preferred, ...numbers]) {
    const slot = await tryReserve(number)
    if (slot) return slot
  }
  throw new Error(`no free ports for a test bed between ${firstPort} and ${portOf(lastNumber + 1)}`)
}

/** The loopback prefix of a slot's Services, with its last dot. */
export function servicePrefix(slotNumber: number): string {
  return `127.${slotNumber}.`
}

async function tryReserve(number: number): Promise<Slot | undefined> {
  const base = portOf(number)
  const holder = await listen(base)
  if (!holder) return undefined
  const ports = { apiServer: base + 1, etcd: base + 2, etcdPeer: base + 3, kubelet: base + 4 }
  for (const port of Object.values(ports)) {
    const probe = await listen(port)
    await close(probe ?? holder)
    if (!probe) return undefined
  }
  holder.unref()
  const serviceRange = `${servicePrefix(number)}0.0/16`
  return { number, ports, serviceRange, release: () => close(holder) }
}

function portOf(number: number): number {
  return firstPort + (number - firstNumber) * portsEach
}

async function listen(port: number): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy())
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return server
  } catch {
    return undefined
  }
}

async function close(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve))
}
