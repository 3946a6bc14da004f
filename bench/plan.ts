/** The plan of a mesh with 200 policies against what helm and helm-diff say of the same upgrade. */
import { join } from 'node:path'
import { chartsFolder, meshOnBed, notesFolder, type Helm } from '../test/support/mesh-on-bed.js'
import type { Benchmark, Race } from './benchmark.js'
import type { Contender } from './measure.js'
import { bedBinary, ours } from './programs.js'

const values = ['--set', 'OpenServiceMesh.image.registry=registry.example.com/mesh']
const target = join(chartsFolder, '0.10.0')

export const plan: Benchmark = {
  name: 'plan',
  run: async (race) => {
    for (const helm of ['helm3', 'helm4'] satisfies Helm[]) {
      const mesh = await meshOnBed({ helm, chart: join(chartsFolder, '0.9.2'), values })
      try {
        await race(await planRace(helm, mesh.env))
      } finally {
        await mesh.stop()
      }
    }
  },
}

async function planRace(helm: Helm, bedEnv: Record<string, string>): Promise<Race> {
  const binary = await bedBinary(helm)
  const env = { ...bedEnv, HELM_BIN: binary }
  const release = ['osm', target, '-n', 'osm-system']
  const planned = ours(
    `plan (${helm})`,
    ['plan', ...release, '--release-notes', notesFolder, '-o', 'json'],
    env,
  )
  const dryRun: Contender = {
    title: `${helm} upgrade --dry-run=server`,
    command: binary,
    words: ['upgrade', ...release, '--reset-values', ...values, '--dry-run=server'],
    env,
  }
  const diffBinary = process.env['MESH_UPGRADE_HELM_DIFF']
  const diff: Contender[] = diffBinary
    ? [
        {
          title: `helm diff upgrade (${helm})`,
          command: diffBinary,
          words: ['upgrade', ...release, '--reset-values', ...values],
          env: { ...env, HELM_NAMESPACE: 'osm-system' },
        },
      ]
    : []
  return {
    contenders: [planned, dryRun, ...diff],
    limits: [
      { ours: planned.title, theirs: dryRun.title, most: 1 },
      ...diff.map(({ title }) => ({ ours: planned.title, theirs: title, most: 0.8 })),
    ],
    rounds: { counted: 11, warmUp: 2 },
    notes: [
      '0.9.2 → 0.10.0, 200 policies, chart folder and release notes on disk',
      ...(diff.length > 0 ? [] : ['not compared with helm-diff: MESH_UPGRADE_HELM_DIFF names no binary']),
    ],
  }
}
