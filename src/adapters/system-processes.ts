import type { HolderProcess } from '../model/run-lock.js'
import type { Processes } from '../ports/outside.js'
import { placeHere, startTimeOf, stateOf } from './process-facts.js'

/** The processes of this machine; of another, another boot or another container nothing can be proved. */
export const systemProcesses: Processes = {
  self: () => {
    const startedAt = startTimeOf(process.pid)
    return { ...placeHere(), pid: process.pid, ...(startedAt === undefined ? {} : { startedAt }) }
  },
  stateOf: (holder) => {
    const { pid, startedAt } = holder
    if (!isHere(holder) || !Number.isSafeInteger(pid) || pid <= 0) return 'unknown'
    return stateOf({ pid, ...(startedAt === undefined ? {} : { startTime: startedAt }) })
  },
}

/** The same boot of the same machine, and the same numbering of its processes. */
function isHere({ host, bootId, pidNamespace }: HolderProcess): boolean {
  const here = placeHere()
  return (
    bootId !== undefined && bootId === here.bootId && host === here.host && pidNamespace === here.pidNamespace
  )
}
