/** Keeps two processes from building the same binaries at the same time. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const pollMs = 500

/**
 * Waits for the lock in `file`, runs `work` and gives the lock back. A lock whose process is gone is taken
 * over. The lock only saves work: binaries appear by rename, so two builders at once would do no harm.
 */
export async function withBuildLock<T>(
  file: string,
  onWait: (holder: number) => void,
  work: () => Promise<T>,
): Promise<T> {
  let told = false
  while (!tryLock(file)) {
    const holder = readHolder(file)
    if (holder === undefined || !isRunning(holder)) {
      takeAway(file, holder)
      continue
    }
    if (!told) onWait(holder)
    told = true
    await sleep(pollMs)
  }
  try {
    return await work()
  } finally {
    rmSync(file, { force: true })
  }
}

/** Whether a process with this id exists. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** By link, so that nobody sees a lock that names no holder yet. */
function tryLock(file: string): boolean {
  const own = `${file}.${process.pid}.own`
  writeFileSync(own, String(process.pid))
  return linked(own, file)
}

/** Gives a file another name, unless there is one of that name. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(from)
  }
}

function readHolder(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'utf8'))
    return Number.isInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}

/** By rename, which only one of several can do. */
function takeAway(file: string, holder: number | undefined): void {
  const aside = `${file}.${process.pid}`
  try {
    if (readHolder(file) !== holder) return
    renameSync(file, aside)
    // Somebody may have taken it over just before: then it is theirs.
    if (readHolder(aside) === holder) rmSync(aside)
    else linked(aside, file)
  } catch {
    // Somebody else was quicker.
  }
}
