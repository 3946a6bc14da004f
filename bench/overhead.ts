/** A whole upgrade, with backup, checks and verification, against bare `helm upgrade --wait` of the same release. */
import { join } from 'node:path'
import { chartsFolder, meshOnBed, notesFolder, type Helm } from '../test/support/mesh-on-bed.js'
import type { Benchmark, Race } from './benchmark.js'
import { bedBinary, program } from './programs.js'

const chart = join(chartsFolder, '0.10.0')
const root = 'OpenServiceMesh'
/** Every run rolls the controller's pod: its label is another one each time. */
const changed = `--set ${root}.osmController.podLabels.round=r$(date +%s%N)`
const kept = `--set ${root}.image.registry=registry.example.com/mesh`

export const overhead: Benchmark = {
  name: 'overhead',
  run: async (race) => {
    for (const helm of ['helm3', 'helm4'] satisfies Helm[]) {
      const mesh = await meshOnBed({ helm, chart, values: kept.split(' '), policies: 100 })
      try {
        await race(await overheadRace(helm, mesh.env))
      } finally {
        await mesh.stop()
      }
    }
  },
}

async function overheadRace(helm: Helm, bedEnv: Record<string, string>): Promise<Race> {
  const binary = await bedBinary(helm)
  const env = { ...bedEnv, HELM_BIN: binary }
  const shell = (title: string, line: string): Race['contenders'][number] => ({
    ...{ title, env, command: '/bin/sh' },
    words: ['-c', `exec ${line} ${changed}`],
  })
  const release = `osm '${chart}' -n osm-system`
  const whole = shell(
    `kubectl mesh-upgrade --yes (${helm})`,
    `'${process.execPath}' '${program}' ${release} --yes --release-notes '${notesFolder}' -o json`,
  )
  const bare = shell(`${helm} upgrade --wait`, `'${binary}' upgrade ${release} --reset-values --wait ${kept}`)
  return {
    contenders: [whole, bare],
    limits: [{ ours: whole.title, theirs: bare.title, most: 1.1, plusMs: 2000 }],
    rounds: { counted: 7, warmUp: 1 },
    notes: ['the same version with another pod label each time, 100 custom resources'],
  }
}
