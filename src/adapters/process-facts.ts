import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { hostname, platform } from 'node:os'

/** What tells one process from another that has its pid later. */
export interface ProcessIdentity {
  pid: number
  startTime?: string
}

/** Fields of `/proc/PID/stat`, counted from the state, which follows the name. */
const statField = { state: 0, session: 3, startTime: 19 } as const

/** Where pids mean something: a machine, its present boot and its container. */
export interface ProcessPlace {
  host: string
  /** Absent, like `pidNamespace`, where the system has no name for it (all but Linux). */
  bootId?: string
  pidNamespace?: string
}

/** Where this process runs. */
export function placeHere(): ProcessPlace {
  const boot = readText('/proc/sys/kernel/random/boot_id')?.trim()
  const pids = readLink('/proc/self/ns/pid')
  return {
    host: hostname(),
    ...(boot === undefined ? {} : { bootId: boot }),
    ...(pids === undefined ? {} : { pidNamespace: pids }),
  }
}

/** When a process began, in the kernel's own words; undefined where it is gone or nothing tells. */
export function startTimeOf(pid: number): string | undefined {
  if (platform() === 'linux') return statOf(pid)?.[statField.startTime]
  if (platform() === 'win32') return undefined
  try {
    const words = ['-o', 'lstart=', '-p', String(pid)]
    const text = execFileSync('ps', words, { encoding: 'utf8', timeout: 5_000, stdio: 'pipe' })
    return text.trim() || undefined
  } catch {
    return undefined
  }
}

/** Whether this very process runs: a zombie does not, and neither does another one under its pid. */
export function stateOf({ pid, startTime }: ProcessIdentity): 'alive' | 'gone' | 'unknown' {
  if (!isThere(pid) || statOf(pid)?.[statField.state] === 'Z') return 'gone'
  const now = startTimeOf(pid)
  if (startTime === undefined || now === undefined) return isThere(pid) ? 'unknown' : 'gone'
  return now === startTime ? 'alive' : 'gone'
}

/**
 * The session leader whose environment has the variable and whose command line has the words: a child that we
 * started and never came to know. Undefined where there is none; null where this system cannot tell.
 */
export function findLeader(variable: string, words: readonly string[]): ProcessIdentity | undefined | null {
  if (platform() !== 'linux') return null
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid) || !readText(`/proc/${pid}/environ`)?.split('\0').includes(variable)) continue
    const stat = statOf(pid)
    const typed = readText(`/proc/${pid}/cmdline`)?.split('\0') ?? []
    // What helm starts itself (credential plugins, post-renderers) inherits the variable.
    if (stat?.[statField.session] !== name || !words.every((word) => typed.includes(word))) continue
    const startTime = stat[statField.startTime]
    return { pid, ...(startTime === undefined ? {} : { startTime }) }
  }
  return undefined
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The name may hold spaces and brackets: what follows its last bracket is counted. */
function statOf(pid: number): string[] | undefined {
  const text = readText(`/proc/${pid}/stat`)
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}
