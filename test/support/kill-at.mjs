/**
 * A preload that ends our program at an exact place: `NODE_OPTIONS=--import=file:///…/kill-at.mjs`.
 *
 * KILL_AT     number of the append to journal.ndjson by this process (from 1), or
 * KILL_LINE   a pattern for the text of the line
 * KILL_WHEN   `before` the write (default), `torn`: half of the line is written, `after`: it is on disk
 * KILL_AFTER  milliseconds to live on after that
 * KILL_AT_MS  milliseconds since it began, wherever it is then
 * WAIT_FOR    a file: the folder of a run is made only once it is there; `<file>.<pid>` says that we wait
 * OTHER_HOST  the name that this machine pretends to have
 */
import { existsSync, promises, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

const {
  KILL_AT,
  KILL_LINE,
  KILL_WHEN = 'before',
  KILL_AFTER = '0',
  KILL_AT_MS,
  WAIT_FOR,
  OTHER_HOST,
} = process.env
const { open, mkdir } = promises
let appends = 0

async function die() {
  const lifeMs = Number(KILL_AFTER)
  if (lifeMs > 0) return void setTimeout(() => process.kill(process.pid, 'SIGKILL'), lifeMs)
  process.kill(process.pid, 'SIGKILL')
  // The signal needs a moment: nothing more may be done in it.
  await new Promise(() => setTimeout(() => undefined, 60_000))
}

function watched(handle) {
  const [write, sync] = [handle.writeFile.bind(handle), handle.sync.bind(handle)]
  let isIt = false
  handle.writeFile = async (content) => {
    appends++
    isIt = KILL_LINE === undefined ? appends === Number(KILL_AT) : new RegExp(KILL_LINE).test(String(content))
    if (isIt && KILL_WHEN === 'before') await die()
    if (!isIt || KILL_WHEN !== 'torn') return write(content)
    await write(String(content).slice(0, String(content).length / 2))
    await sync()
    return die()
  }
  handle.sync = async () => {
    await sync()
    if (isIt && KILL_WHEN === 'after') await die()
  }
  return handle
}

if (KILL_AT_MS !== undefined)
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), Number(KILL_AT_MS)).unref()

promises.open = async (path, flags, mode) => {
  const handle = await open(path, flags, mode)
  const isAppend = typeof flags === 'number' && String(path).endsWith('journal.ndjson')
  return isAppend && (KILL_AT !== undefined || KILL_LINE !== undefined) ? watched(handle) : handle
}

promises.mkdir = async (path, options) => {
  if (WAIT_FOR !== undefined && /[\\/]backup$/.test(String(path))) {
    writeFileSync(`${WAIT_FOR}.${process.pid}`, '')
    while (!existsSync(WAIT_FOR)) await sleep(2)
  }
  return mkdir(path, options)
}

if (OTHER_HOST !== undefined) os.hostname = () => OTHER_HOST

syncBuiltinESMExports()
