/**
 * Owns one bed in the background until it is told to end by SIGTERM. Started by cli.ts, which hears of progress
 * and of the end of starting over the IPC channel; when that closes too early, nobody wants the bed any more.
 */
import { pathToFileURL } from 'node:url'
import { claimEntry, entryFile, writeEntry } from './registry.js'
import { startBed, type Bed, type BedOptions } from './start.js'

export interface SupervisorOptions extends Pick<
  BedOptions,
  'nodes' | 'cpu' | 'memory' | 'audit' | 'restoreFrom'
> {
  name: string
  actor?: string
}

export type Report = { type: 'progress'; line: string } | { type: 'up' } | { type: 'failed'; message: string }

interface Actor {
  stop(): Promise<void>
}

/** By name, the module and the function that starts it; loaded only when asked for. */
const actors: Record<string, (bed: Bed) => Promise<Actor>> = {
  osm: async (bed) => (await import('./actors/osm.js')).startOsmActor(bed),
}

/** The actors that `up --actor` knows. */
export const actorNames = Object.keys(actors)

function report(message: Report): void {
  if (process.connected) process.send?.(message)
}

async function supervise({ name, actor: actorName, ...options }: SupervisorOptions): Promise<void> {
  claimEntry(name)
  const tell = (line: string): void => report({ type: 'progress', line })
  const bed = await startBed({ ...options, name, tell, alsoRemove: [entryFile(name)] })
  const actor = await startActor(actorName, bed)
  const stop = async (): Promise<void> => {
    await actor?.stop().catch(() => undefined)
    await bed.stop()
    process.exit(0)
  }
  process.on('SIGTERM', () => void stop())
  const { dir, apiServerUrl, env } = bed
  const since = new Date().toISOString()
  writeEntry({
    name,
    pid: process.pid,
    bed: { dir, apiServerUrl, env, since, ...(actorName && { actor: actorName }) },
  })
  process.removeAllListeners('disconnect')
  report({ type: 'up' })
  process.disconnect()
  // A bed does not keep its owner alive; this does.
  setInterval(() => undefined, 3_600_000)
}

async function startActor(name: string | undefined, bed: Bed): Promise<Actor | undefined> {
  return name === undefined ? undefined : actors[name]?.(bed)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.on('disconnect', () => process.exit(1))
  try {
    await supervise(JSON.parse(process.argv[2] ?? '{}') as SupervisorOptions)
  } catch (error) {
    report({ type: 'failed', message: (error as Error).message })
    process.exit(1)
  }
}
