/** The main job on a throw-away control plane: installs an old mesh and upgrades it (`npm run demo`). */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import {
  addRepository,
  chartsFolder,
  chosenValues,
  installPlugin,
  notesFolder,
  meshOnBed,
  type MeshOnBed,
} from './support/mesh-on-bed.js'

function say(line: string): void {
  process.stderr.write(`demo: ${line}\n`)
}

async function demo(words: string[]): Promise<number> {
  const startedAt = Date.now()
  const mesh = await meshOnBed({
    helm: 'helm4',
    chart: join(chartsFolder, '0.9.2'),
    values: chosenValues,
    say,
  })
  const repository = await addRepository(mesh, ['0.9.2', '0.10.0', '0.11.1'])
  try {
    say(
      `Open Service Mesh 0.9.2 is ready after ${seconds(startedAt)} s; now the upgrade, as a user would type it:`,
    )
    const asks = process.stdin.isTTY === true && process.stdout.isTTY === true
    const yes = asks || words.includes('--yes') || words.includes('-y') ? [] : ['--yes']
    const notes = ['--release-notes', notesFolder]
    const exitCode = await upgrade(mesh, [...notes, ...words, ...yes])
    say(
      `ended with exit code ${exitCode} after ${seconds(startedAt)} s; the control plane is taken away again`,
    )
    return exitCode
  } finally {
    await repository.close()
    await mesh.stop()
  }
}

/** Runs `kubectl mesh-upgrade` in this terminal. */
function upgrade(mesh: MeshOnBed, words: string[]): Promise<number> {
  const env = { ...process.env, ...installPlugin(mesh) }
  delete env.NO_COLOR
  process.stderr.write(`
$ kubectl mesh-upgrade ${words.join(' ')}\n`)
  const child = spawn('kubectl', ['mesh-upgrade', ...words], { stdio: 'inherit', env })
  // Ctrl-C reaches the child too; it decides when to end.
  process.on('SIGINT', () => undefined)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode) => resolve(exitCode ?? 1))
  })
}

function seconds(since: number): string {
  return ((Date.now() - since) / 1000).toFixed(0)
}

process.exitCode = await demo(process.argv.slice(2)).catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error))
  return 1
})
